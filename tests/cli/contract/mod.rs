//! What `--json` prints: a contract with scripts. Each story here is a file of command lines, each with what it prints; they
//! are run from the first line to the last, and no command is without one.

mod commands;
mod still;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

use authr_testkit::{Home, Ran, TestServer};
use serde_json::Value;

use self::still::still;
use crate::{ADA, AUTHR, BOB, PASSWORD};

/// The stories: their file names, and what is written there.
const STORIES: [(&str, &str); 4] = [
    ("accounts.txt", include_str!("accounts.txt")),
    ("copies.txt", include_str!("copies.txt")),
    ("failures.txt", include_str!("failures.txt")),
    ("server.txt", include_str!("server.txt")),
];
const PHONE: &str = "+12015550123";

/// The machine and the words of a line that is a command, as in `laptop$ authr list`, or `$ authr list` where there is one machine.
fn command(line: &str) -> Option<(&str, Vec<&str>)> {
    let (machine, words) = line.split_once("$ authr")?;
    let named = machine.chars().all(|c| c.is_ascii_lowercase());
    named.then(|| (machine, words.split_whitespace().collect()))
}

/// All command lines of all stories.
fn command_lines() -> impl Iterator<Item = Vec<&'static str>> {
    STORIES
        .iter()
        .flat_map(|(_, text)| text.lines())
        .filter_map(|line| command(line).map(|(_, words)| words))
}

/// The world of a story.
struct World {
    server: TestServer,
    /// How many messages were asked for.
    messages: usize,
    machines: BTreeMap<String, Home>,
    /// The id of the other device, as the list of devices told it last.
    other: String,
}

impl World {
    fn new() -> Self {
        let settings = "[messages.registration]\ngap_seconds = 0\nan_hour = 50\na_day = 50\nkept_for_new_networks = 2\n";
        let server = TestServer::with_settings(settings);
        let _ = server.application("drchrono");
        Self {
            server,
            messages: 0,
            machines: BTreeMap::new(),
            other: String::new(),
        }
    }

    /// Runs a command line, with the password unless it names another way in.
    fn run(&mut self, machine: &str, words: &[&str]) -> Ran {
        let home = (self.machines.entry(machine.to_owned())).or_insert_with(furnished);
        let mut program = home.program(AUTHR).arg("--json");
        let names =
            |word: &&str| word.starts_with("--password-f") || word.starts_with("--recovery-code-f");
        if !words.iter().any(names) {
            program = program.args(["--password-file", "password"]);
        }
        for word in words {
            program = program.arg(match *word {
                "$ADA" => ADA.to_owned(),
                "$BOB" => BOB.to_owned(),
                "$URL" => self.server.url(),
                "$CODE" => self.server.code_of_message(PHONE, self.messages),
                "$OTHER" => self.other.clone(),
                word => word.to_owned(),
            });
        }
        let ran = program.run();
        self.messages += usize::from(ran.code == Some(7));
        // What is shown is kept for the command that wants it.
        let shown = serde_json::from_str::<Value>(&ran.stdout).unwrap_or_default();
        let rows = shown.as_array().into_iter().flatten();
        let other = rows
            .filter(|row| row["this"] == false)
            .find_map(|row| row["id"].as_str());
        self.other = other.map_or(std::mem::take(&mut self.other), str::to_owned);
        if let Some(code) = shown["recovery_code"].as_str() {
            home.file("recovery-code", code);
        }
        ran
    }

    /// What came of a command line, with nothing in it that differs from run to run.
    fn told(&mut self, machine: &str, words: &[&str]) -> String {
        let ran = self.run(machine, words);
        let mut told = String::new();
        let code = ran.code.unwrap_or_else(|| panic!("a signal: {ran}"));
        if code != 0 {
            let _ = writeln!(told, "exit {code}");
        }
        let url = self.server.url();
        let mut show = |json: &str| {
            let value = serde_json::from_str(json);
            let value = value.unwrap_or_else(|_| panic!("{words:?} printed no JSON: {ran}"));
            let names_a_time = words.contains(&"--at");
            let shown = serde_json::to_string_pretty(&still(value, names_a_time));
            let shown = shown.expect("because it was JSON");
            let home = self.machines[machine].path().to_string_lossy().into_owned();
            let shown = shown.replace(&home, "$HOME").replace(&url, "$URL");
            told.push_str(&format!("{shown}\n"));
        };
        if code == 0 || !ran.stdout.is_empty() {
            show(&ran.stdout);
        }
        if code != 0 {
            // Notes and warnings come before it.
            show(ran.stderr.lines().last().unwrap_or_default());
        }
        told
    }

    /// A story as it goes this time.
    fn tell(&mut self, story: &str) -> String {
        let mut told = String::new();
        let mut in_answer = false;
        for line in story.lines() {
            if let Some((machine, words)) = command(line) {
                let answer = self.told(machine, &words);
                told.push_str(&format!("{line}\n{answer}"));
                in_answer = true;
            } else if line.is_empty() || line.starts_with('#') {
                in_answer = false;
                told.push_str(&format!("{line}\n"));
            } else {
                assert!(in_answer, "neither a command nor what one printed: {line}");
            }
        }
        told
    }
}

/// A home with the files that the stories name.
fn furnished() -> Home {
    let home = Home::new();
    home.file("password", PASSWORD);
    home.file("wrong", "another-password-entirely-5");
    home.file("new", "velvet-compass-otter-plinth-73");
    home.file(
        "list.txt",
        format!("{ADA}\notpauth://totp/x?secret=JBSWY3DPEHPK3PXP&algorithm=MD5\n{BOB}\n"),
    );
    home.file("damaged.authr", "authr-vault\n");
    std::fs::create_dir(home.path().join("pictures")).expect("a folder");
    home
}

/// What is wrong with a story.
fn complaint(name: &str, written: &str) -> Option<String> {
    let told = World::new().tell(written);
    if told == written {
        return None;
    }
    let place = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    #[expect(
        clippy::disallowed_methods,
        reason = "for whoever reads the failure, and compares"
    )]
    std::fs::write(&place, &told).expect("a folder for tests");
    let mut both = told.lines().zip(written.lines());
    let differs = both.find(|(told, written)| told != written);
    let place = place.display();
    Some(format!("{name}: now it goes as in {place}: {differs:?}"))
}

#[test]
fn every_command_prints_the_json_that_is_written_here() {
    let complaints: Vec<String> = std::thread::scope(|scope| {
        let told = STORIES.map(|(name, written)| scope.spawn(move || complaint(name, written)));
        let told = told.into_iter();
        told.filter_map(|told| told.join().expect("a story that is told to its end"))
            .collect()
    });
    assert_eq!(complaints, [""; 0]);
}

#[test]
fn no_command_is_without_its_json() {
    let commands = commands::all();
    assert!(
        commands.contains("code") && commands.contains("backup verify"),
        "{commands:?}"
    );
    let told: BTreeSet<String> = command_lines()
        .map(|words| commands::named_by(&words, &commands))
        .collect();
    let untold: Vec<_> = commands.difference(&told).collect();
    assert!(
        untold.is_empty(),
        "no story in tests/cli/contract tells what these print: {untold:?}"
    );
}

#[test]
fn every_exit_code_of_the_table_is_one_that_a_story_ends_with() {
    let ends = |text: &'static str| text.lines().filter_map(|line| line.strip_prefix("exit "));
    let told: BTreeSet<&str> = STORIES.iter().flat_map(|(_, text)| ends(text)).collect();
    let help = commands::help(&[]);
    let (_, table) = help.split_once("Exit codes:\n").expect("a table");
    let codes = table
        .lines()
        .filter_map(|line| line.split_whitespace().next());
    let codes: BTreeSet<&str> = codes.filter(|code| *code != "0").collect();
    assert_eq!(told, codes);
}

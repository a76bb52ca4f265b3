//! Commands that save, through the agent: no password, nothing lost, and no secret that comes out again.

use std::fs::File;
use std::io::{Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::{DONE, PASSWORD, SECRET, USE, Watched, asked, frame, hello, rest, text};

const EVE: &str = "otpauth://totp/Zoo:eve?secret=MFRGGZDFMZTWQ2LK&issuer=Zoo";
const VERSION: &str = env!("CARGO_PKG_VERSION");
/// The answer about an account that there is once or not at all.
const NO_TWIN: u8 = 3;
/// The largest request, in bytes.
const MOST: usize = 32 * 1024 * 1024;

impl Watched {
    /// What a command that opens the vault by its password prints.
    fn seen(&self, arguments: &[&str]) -> Value {
        let ran = self.with_password(&["--json"]).args(arguments).run();
        serde_json::from_str(&ran.succeeded()).expect("--json prints JSON")
    }

    fn labels(&self, command: &str) -> Vec<String> {
        let listed = self.seen(&[command]);
        let label = |account: &Value| account["label"].as_str().expect("a label").to_owned();
        listed
            .as_array()
            .expect("a list")
            .iter()
            .map(label)
            .collect()
    }
}

#[test]
fn every_command_that_saves_asks_for_no_password_and_has_saved() {
    let home = Watched::unlocked();
    let agent = home.agent();
    let added = home.program().args(["add", "-"]).stdin(EVE).run();
    added.succeeded();
    assert_eq!(home.labels("list"), ["bob", "ada", "eve"]);
    home.0
        .file("uris", "otpauth://totp/Inn:ivy?secret=MFRGGZDFMZTWQ2LM\n");
    let import = home.authr(&["import", "uris", "--yes"]);
    assert!(import.stderr.contains("Imported 1 account."), "{import}");
    assert_eq!(home.labels("list"), ["bob", "ada", "ivy", "eve"]);
    home.authr(&["rename", "ivy", "--label", "jade"])
        .succeeded();
    let note = ["edit", "jade", "--note", "by the sea", "--icon", "inn"];
    home.authr(&note).succeeded();
    home.authr(&["tag", "jade", "+work"]).succeeded();
    home.authr(&["pin", "jade", "eve"]).succeeded();
    home.authr(&["unpin", "eve"]).succeeded();
    let jade = home.seen(&["show", "jade"]);
    assert_eq!(
        (&jade["note"], &jade["icon"]),
        (&"by the sea".into(), &"inn".into())
    );
    assert_eq!(
        (&jade["tags"][0], &jade["pinned"]),
        (&"work".into(), &true.into())
    );
    assert_eq!(home.seen(&["show", "eve"])["pinned"], false);
    home.authr(&["remove", "jade", "eve", "--yes"]).succeeded();
    home.authr(&["undo", "--yes"]).succeeded();
    assert_eq!(home.labels("list"), ["jade", "bob", "ada", "eve"]);
    home.authr(&["remove", "jade", "eve", "--yes"]).succeeded();
    assert_eq!(home.labels("list"), ["bob", "ada"]);
    home.authr(&["trash", "restore", "jade"]).succeeded();
    assert_eq!(home.labels("list"), ["jade", "bob", "ada"]);
    assert_eq!(home.json(&["trash"])[0]["label"], "eve");
    home.authr(&["trash", "empty", "--yes"]).succeeded();
    assert_eq!(home.labels("trash"), [""; 0]);
    home.authr(&["backup", "create", "copy"]).succeeded();
    let copy = home.seen(&["backup", "verify", "copy"]);
    assert_eq!(copy["accounts"], 3);
    assert!(home.seen(&["backup", "list"])["last_backup"]["at"].is_string());
    assert_eq!(home.agent(), agent, "one agent did it all");
}

#[test]
fn a_backup_through_the_agent_replaces_nothing_by_itself() {
    let home = Watched::unlocked();
    home.0.file("copy", "something of the person's");
    home.authr(&["backup", "create", "copy"]).failed(3);
    let copy = home.0.path().join("copy");
    assert_eq!(std::fs::read(copy).unwrap(), b"something of the person's");
}

#[test]
fn questions_are_asked_before_the_agent_saves() {
    let home = Watched::unlocked();
    let twin = crate::ADA.replace("drchrono:ada", "drchrono:twin");
    for (arguments, stdin) in [
        (["add", "-"], &*twin),
        (["remove", "ada"], ""),
        (["undo", "-q"], ""),
    ] {
        let ran = home.program().args(arguments).stdin(stdin).run();
        assert!(ran.failed(3).contains("--yes"), "{arguments:?}");
    }
    assert_eq!(home.labels("list"), ["bob", "ada"]);
}

#[test]
fn clients_that_save_at_once_through_the_agent_and_without_it_lose_nothing() {
    let home = Watched::unlocked();
    std::thread::scope(|scope| {
        let add = |at: usize| {
            let uri = format!("otpauth://totp/Many:n{at}?secret=MFRGGZDFMZTWQ2LK");
            let program = match at % 3 {
                0 => home.with_password(&["--yes", "add", "-"]),
                _ => home.program().args(["--yes", "add", "-"]),
            };
            program.stdin(uri).run().succeeded();
        };
        for at in 0..24 {
            scope.spawn(move || add(at));
        }
    });
    let labels = home.labels("list");
    assert_eq!(labels.len(), 26);
    for at in 0..24 {
        assert!(labels.contains(&format!("n{at}")), "{labels:?}");
    }
}

#[test]
fn a_vault_that_locks_between_question_and_answer_is_opened_by_its_password() {
    let home = Watched::unlocked();
    let mut sitting = home.program().args(["remove", "ada"]).sit(80);
    sitting.wait_for("Remove drchrono:ada?");
    home.authr(&["lock"]).succeeded();
    sitting.type_line("y");
    sitting.wait_for("The agent has locked.");
    sitting.wait_for("Backups password");
    assert_eq!(home.labels("list"), ["bob", "ada"]);
    sitting.type_line(PASSWORD);
    sitting.wait_for("Removed drchrono:ada");
    assert_eq!(sitting.end().code, Some(0));
    assert_eq!(home.labels("list"), ["bob"]);
}

#[test]
fn an_agent_that_is_killed_while_it_saves_leaves_a_command_that_says_what_it_does_not_know() {
    let home = Watched::unlocked();
    let agent = home.agent();
    let vault = home.0.authr().join("vault.lock");
    // It waits for the right to save, until it is killed.
    let lock = File::open(vault).unwrap();
    lock.lock().unwrap();
    let ran = std::thread::scope(|scope| {
        let pin = scope.spawn(|| home.authr(&["pin", "ada"]));
        // The thread that waits for the right to save is its third.
        let threads = format!("/proc/{agent}/task");
        while !waits_for_a_lock(&threads) {
            assert!(!pin.is_finished());
        }
        let kill = Command::new("kill").args(["-9", &agent]).status();
        assert!(kill.unwrap().success());
        pin.join().unwrap()
    });
    drop(lock);
    let said = ran.failed(1);
    assert!(
        said.contains("whether the change was saved is not known"),
        "{said}"
    );
    assert!(said.contains("authr list"), "{said}");
    assert_eq!(home.seen(&["show", "ada"])["pinned"], false);
}

/// Whether one of these threads is in flock.
fn waits_for_a_lock(threads: &str) -> bool {
    let mut threads = std::fs::read_dir(threads).expect("a process that runs");
    threads.any(|thread| {
        let call = std::fs::read_to_string(thread.expect("an entry").path().join("wchan"));
        call.is_ok_and(|call| call.contains("flock") || call.contains("locks_lock"))
    })
}

/// An agent at this socket that is asked so many times, answers each question but the last, and hangs up on that.
fn broken(socket: &Path, answers: Vec<&'static [u8]>) -> std::thread::JoinHandle<usize> {
    let listener = UnixListener::bind(socket).expect("a socket that nobody has");
    std::thread::spawn(move || {
        let mut asked = 0;
        for answer in answers.iter().map(Some).chain([None]) {
            let (mut stream, _) = listener.accept().expect("a client");
            message(&mut stream);
            let hello = [b"AUTHRAGT\x01", VERSION.as_bytes()].concat();
            stream
                .write_all(&frame(&hello))
                .expect("a client that reads");
            message(&mut stream);
            asked += 1;
            if let Some(answer) = answer {
                stream
                    .write_all(&frame(answer))
                    .expect("a client that reads");
            }
        }
        asked
    })
}

fn message(stream: &mut UnixStream) {
    let mut length = [0; 4];
    stream.read_exact(&mut length).expect("a message");
    let length = usize::try_from(u32::from_be_bytes(length)).expect("a length");
    stream.read_exact(&mut vec![0; length]).expect("a message");
}

#[test]
fn a_change_that_was_not_answered_is_asked_for_once() {
    let home = Watched::unlocked();
    let socket = home.socket();
    home.authr(&["lock"]).succeeded();
    let agent = broken(&socket, vec![&[DONE, NO_TWIN, 0]]);
    let add = home.program().args(["add", "-"]).stdin(EVE).run();
    let said = add.failed(1);
    assert!(
        said.contains("is not known: the agent ended before it answered"),
        "{said}"
    );
    assert_eq!(agent.join().unwrap(), 2);
    assert_eq!(home.labels("list"), ["bob", "ada"]);
}

#[test]
fn a_question_that_was_not_answered_is_asked_anew_without_the_agent() {
    let home = Watched::unlocked();
    let socket = home.socket();
    home.authr(&["lock"]).succeeded();
    let agent = broken(&socket, Vec::new());
    let said = home.authr(&["pin", "ada"]).failed(3);
    assert!(said.contains("The agent has locked."), "{said}");
    assert_eq!(agent.join().unwrap(), 1);
}

#[test]
fn a_request_above_its_limit_is_hung_up_on_and_one_at_it_is_read() {
    let home = Watched::unlocked();
    for (length, heard) in [(MOST, true), (MOST + 1, false)] {
        let stream = hello(&home.socket(), VERSION);
        let mut rest_of_it = length;
        let mut writer = &stream;
        while rest_of_it > 0 {
            let body = rest_of_it.min(64 * 1024 - 4);
            rest_of_it -= body;
            let more = if rest_of_it > 0 { 1 << 31 } else { 0 };
            let head = (u32::try_from(body).unwrap() | more).to_be_bytes();
            // One who hangs up does not read on.
            let _ = writer.write_all(&[&head[..], &vec![b' '; body]].concat());
        }
        let said = String::from_utf8_lossy(&rest(stream)).into_owned();
        assert_eq!(said.contains("is no message"), heard, "{length}: {said}");
    }
    home.authr(&["pin", "ada"]).succeeded();
}

#[test]
fn ten_thousand_accounts_are_imported_through_the_agent() {
    let home = Watched::unlocked();
    let line = |at: usize| {
        format!(
            "otpauth://totp/Site{at}:ada?secret=MFRGGZDFMZTWQ2LK{}\n",
            "A".repeat(16)
        )
    };
    let list: String = (0..9_998).map(line).collect();
    home.0.file("uris", &list);
    let import = home.authr(&["--quiet", "--json", "--yes", "import", "uris"]);
    import.succeeded();
    assert_eq!(home.labels("list").len(), 10_000);
    // There is room for no more, and the agent says so.
    let one = home.program().args(["--yes", "add", "-"]).stdin(EVE).run();
    assert!(one.failed(1).contains("10000"));
}

#[test]
fn an_import_above_the_limit_of_a_request_is_done_without_the_agent() {
    let home = Watched::unlocked();
    let label = "x".repeat(250);
    let tags: String = (0..32).map(|at| format!("&tags={at:064}")).collect();
    let line = format!("otpauth://totp/{label}:{label}?secret=MFRGGZDFMZTWQ2LK{tags}\n");
    home.0.file("uris", line.repeat(5_400));
    let import = ["--quiet", "--yes", "import", "uris", "uris", "uris"];
    let said = home.authr(&import).failed(3);
    assert!(
        said.contains("no terminal to ask on: Backups password"),
        "{said}"
    );
}

#[test]
fn no_answer_to_a_request_that_brings_a_secret_has_one() {
    let home = Watched::unlocked();
    let id = home.json(&["show", "ada"])["id"]
        .as_str()
        .map(|id| data_encoding::HEXLOWER.decode(id.as_bytes()).unwrap())
        .unwrap();
    let (issuer, label, secret) = (
        text("Zoo"),
        text("eve"),
        text("MTIzNDU2Nzg5MDEyMzQ1Njc4OTA="),
    );
    // A Steam account without a PIN, without tags; an entry without a note, without an icon, in no way special.
    let account = [&*issuer, &label, &[3, 0], &secret, &[0]].concat();
    let entry = [&[1][..], &account, &[0, 0, 0, 0]].concat();
    let requests: [(&str, Vec<u8>); 11] = [
        ("twin", [&[4], &*account].concat()),
        ("plan import", [&[5], &*entry].concat()),
        ("import", [&[9, 1], &*entry].concat()),
        ("add", [&[9, 0], &*account].concat()),
        ("pin", [&[9, 3, 1], &*id, &[1]].concat()),
        ("remove", [&[9, 6, 1], &*id].concat()),
        ("trash", vec![6]),
        ("restore from trash", [&[9, 7, 1], &*text("ada")].concat()),
        ("plan undo", vec![7]),
        ("undo", vec![9, 9]),
        ("backup", vec![8]),
    ];
    for (name, request) in requests {
        let (kind, answer) = asked(&home.socket(), &[&[USE], &*request].concat());
        let answer = String::from_utf8_lossy(&answer).into_owned();
        assert_eq!(kind, DONE, "{name}: {answer}");
        let hex = "3132333435363738393031323334353637383930";
        let digits = "12345678901234567890";
        for secret in ["GEZDGNBVGY3T", SECRET, hex, "MTIzNDU2Nzg5", digits] {
            assert!(!answer.contains(secret), "{name}: {answer}");
        }
    }
}

//! A code in the clipboard: of a desktop that nobody sees, or of the terminal.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use authr_testkit::{Home, Program, Sitting};

use crate::{AUTHR, PASSWORD, authr, home_with_two, program};

/// RFC 6238, appendix B, in six digits: the code of `ada` at second 59.
const CODE: &str = "287082";
const COPY: [&str; 5] = ["code", "ada", "--at", "@59", "--copy"];
/// What asks a terminal to take the code, and to hold nothing.
const TAKE: &str = "\x1b]52;c;Mjg3MDgy\x07";
const GIVE_BACK: &str = "\x1b]52;c;\x07";

/// A desktop that ends with the test.
pub(crate) struct Desktop {
    server: Child,
    pub(crate) display: String,
}

impl Desktop {
    pub(crate) fn start() -> Self {
        let mut server = Command::new("Xvfb")
            .args([
                "-displayfd",
                "1",
                "-nolisten",
                "tcp",
                "-screen",
                "0",
                "64x64x8",
            ])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("Xvfb, which tests/run installs");
        let mut said = BufReader::new(server.stdout.take().expect("because it is piped"));
        let mut number = String::new();
        said.read_line(&mut number).expect("a display");
        let display = format!(":{}", number.trim());
        Self { server, display }
    }

    pub(crate) fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.env_clear().env("PATH", "/usr/bin:/bin");
        command.env("DISPLAY", &self.display);
        command
    }

    /// What a program that pastes gets.
    fn clipboard(&self) -> String {
        let paste = ["-selection", "clipboard", "-o", "-t", "UTF8_STRING"];
        let output = self.command("xclip").args(paste).output();
        let output = output.expect("xclip, which tests/run installs");
        String::from_utf8(output.stdout).expect("text in UTF-8")
    }

    fn copy_something_else(&self) {
        let mut copy = self.command("xclip");
        let copy = copy.args(["-selection", "clipboard", "-i"]);
        let copy = copy.stdin(Stdio::piped()).stdout(Stdio::null());
        let mut copying = copy.spawn().expect("xclip");
        let mut stdin = copying.stdin.take().expect("because it is piped");
        stdin.write_all(b"something else").expect("a reader");
        drop(stdin);
        copying.wait().expect("it ends, and goes on behind");
    }

    /// The process that holds a text, as a command starts it, once it does.
    fn holder(&self, seconds: u32) -> Child {
        let (mut ours, theirs) = UnixStream::pair().expect("two ends");
        let mut holder = self.command(AUTHR);
        let holder = holder.arg("clipboard-process");
        let holder = holder.stdin(OwnedFd::from(theirs)).spawn();
        let mut yes = [0; 2];
        ours.read_exact(&mut yes).expect("an answer");
        assert_eq!(&yes, b"+\n", "there is a clipboard");
        writeln!(ours, "{seconds} {CODE}").expect("a reader");
        ours.read_exact(&mut yes).expect("an answer");
        assert_eq!(&yes, b"+\n", "it has the text");
        holder.expect("the program starts")
    }
}

impl Drop for Desktop {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

fn copying(home: &Home) -> Program {
    program(home, PASSWORD).args(COPY)
}

/// What every process of a home was started with, and their number.
fn command_lines(home: &Home) -> (String, usize) {
    let (mut text, mut processes) = (String::new(), 0);
    for entry in fs::read_dir("/proc").expect("processes") {
        let folder = entry.expect("a process").path();
        // Not all can be read, and some have ended meanwhile.
        let read = |name: &str| fs::read(folder.join(name)).unwrap_or_default();
        let (line, environment) = (read("cmdline"), read("environ"));
        let home = home.path().to_str().expect("a path in UTF-8");
        let line = String::from_utf8_lossy(&line);
        let environment = String::from_utf8_lossy(&environment);
        if environment.contains(home) || line.contains("clipboard-process") {
            text.push_str(&format!("{line}\n{environment}\n"));
            processes += 1;
        }
    }
    (text, processes)
}

#[test]
fn a_copied_code_is_pasted_for_30_seconds_and_stands_in_no_command_line() {
    let (home, desktop) = (home_with_two(), Desktop::start());
    let began = Instant::now();
    let ran = copying(&home).env("DISPLAY", &desktop.display).run();
    assert_eq!(
        ran.stderr,
        "Copied the code of drchrono:ada; cleared in 30 s.\n"
    );
    assert_eq!(ran.succeeded(), "", "it is copied, not shown");
    assert!(began.elapsed() < Duration::from_secs(25), "nobody waits");
    assert_eq!(desktop.clipboard(), CODE);
    let (lines, processes) = command_lines(&home);
    assert!(processes > 0 && !lines.contains(CODE), "{lines}");
    while desktop.clipboard() == CODE {
        assert!(began.elapsed() < Duration::from_secs(60), "it stays");
        std::thread::sleep(Duration::from_millis(200));
    }
    assert!(began.elapsed() >= Duration::from_secs(30));
    assert_eq!(desktop.clipboard(), "");
}

#[test]
fn the_clipboard_is_cleared_after_the_time_that_is_set() {
    let (home, desktop) = (home_with_two(), Desktop::start());
    let _ = authr(&home, &["config", "set", "clipboard.clear_after", "5s"]).succeeded();
    let ran = copying(&home).env("DISPLAY", &desktop.display).run();
    let began = Instant::now();
    assert!(ran.stderr.ends_with("; cleared in 5 s.\n"), "{ran}");
    let _ = ran.succeeded();
    assert_eq!(desktop.clipboard(), CODE);
    while desktop.clipboard() == CODE {
        assert!(
            began.elapsed() < Duration::from_secs(25),
            "as if none was set"
        );
        std::thread::sleep(Duration::from_millis(200));
    }
    assert!(began.elapsed() >= Duration::from_secs(4));
    let mut sitting = remote(&home, &[]);
    sitting.wait_for("cleared in 5 s");
    let began = Instant::now();
    sitting.wait_for(GIVE_BACK);
    assert!(began.elapsed() < Duration::from_secs(25));
    assert_eq!(sitting.end().code, Some(0));
}

#[test]
fn what_the_person_copied_meanwhile_stays() {
    let desktop = Desktop::start();
    let mut holder = desktop.holder(1);
    desktop.copy_something_else();
    assert!(holder.wait().expect("it ends").success());
    assert_eq!(desktop.clipboard(), "something else");
}

#[test]
fn the_code_goes_with_the_process_that_holds_it_however_that_ends() {
    let desktop = Desktop::start();
    assert!(desktop.holder(1).wait().expect("it ends").success());
    assert_eq!(desktop.clipboard(), "");
    for signal in ["-TERM", "-HUP", "-INT", "-KILL"] {
        let mut holder = desktop.holder(600);
        assert_eq!(desktop.clipboard(), CODE);
        let kill = Command::new("kill")
            .args([signal, &holder.id().to_string()])
            .status();
        assert!(kill.expect("it runs").success());
        let ended = holder.wait().expect("it ends");
        assert_eq!(ended.success(), signal != "-KILL", "{signal}");
        assert_eq!(desktop.clipboard(), "", "{signal}");
    }
}

#[test]
fn a_holder_that_gets_no_code_ends() {
    let desktop = Desktop::start();
    let (ours, theirs) = UnixStream::pair().expect("two ends");
    let mut holder = desktop.command(AUTHR);
    let holder = holder.arg("clipboard-process").stdin(OwnedFd::from(theirs));
    let mut holder = holder.spawn().expect("the program starts");
    drop(ours);
    holder.wait().expect("it ends");
}

#[test]
fn json_tells_the_code_and_when_it_is_cleared() {
    let (home, desktop) = (home_with_two(), Desktop::start());
    let ran = copying(&home)
        .arg("--json")
        .env("DISPLAY", &desktop.display)
        .run();
    let shown: serde_json::Value = serde_json::from_str(&ran.succeeded()).expect("JSON");
    assert_eq!(
        (&shown["code"], &shown["cleared_in"]),
        (&CODE.into(), &30.into())
    );
    assert_eq!(desktop.clipboard(), CODE);
}

#[test]
fn without_a_clipboard_no_counter_moves_and_nothing_is_shown() {
    let home = home_with_two();
    for display in [None, Some(":4095")] {
        let mut program = program(&home, PASSWORD).args(["code", "bob", "--copy"]);
        if let Some(display) = display {
            program = program.env("DISPLAY", display);
        }
        let said = program.run().failed(1);
        assert!(
            said.contains("clipboard") && said.contains("hint:"),
            "{said}"
        );
    }
    assert_eq!(authr(&home, &["code", "bob"]).succeeded(), "969429\n");
}

#[test]
fn one_code_is_copied_and_not_several_or_a_stream_of_them() {
    let home = home_with_two();
    let _ = authr(&home, &["code", "ada", "bob", "--copy"]).failed(2);
    let _ = authr(&home, &["code", "ada", "--watch", "--copy"]).failed(2);
}

/// A terminal over SSH that was given the code, and waits.
fn remote(home: &Home, variables: &[(&str, &str)]) -> Sitting {
    let mut program = copying(home).env("SSH_CONNECTION", "192.0.2.1 50000 192.0.2.2 22");
    // A forwarded display is not the one that the person sits at.
    program = program.env("DISPLAY", ":4095");
    for (name, value) in variables {
        program = program.env(name, value);
    }
    program.sit(100)
}

#[test]
fn over_ssh_the_terminal_takes_the_code_and_any_key_clears_it() {
    let home = home_with_two();
    let mut sitting = remote(&home, &[]);
    sitting.wait_for(TAKE);
    sitting.wait_for("any key:");
    sitting.press(b"x");
    let ended = sitting.end();
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(
        ended.echoes && ended.text.ends_with(&format!("{GIVE_BACK}cleared.\n")),
        "{ended:?}"
    );
    assert!(!ended.text.contains(CODE), "copied, not shown: {ended:?}");
    assert!(!ended.text.contains("\x1b]0;") && !ended.text.contains("\x1b]2;"));
}

#[test]
fn a_signal_that_ends_the_wait_clears_the_code_first() {
    let home = home_with_two();
    for (key, signal) in [(b"\x03", 2), (b"\x1c", 3)] {
        let mut sitting = remote(&home, &[]);
        sitting.wait_for("any key:");
        sitting.press(key);
        let ended = sitting.end();
        assert_eq!((ended.signal, ended.echoes), (Some(signal), true));
        assert!(ended.text.contains(GIVE_BACK), "{ended:?}");
    }
    let mut sitting = remote(&home, &[]);
    sitting.wait_for("any key:");
    let kill = Command::new("kill")
        .arg(sitting.process().to_string())
        .status();
    assert!(kill.expect("it runs").success());
    let ended = sitting.end();
    assert_eq!(ended.signal, Some(15), "{ended:?}");
    assert!(ended.text.contains(GIVE_BACK), "{ended:?}");
}

#[test]
fn the_terminal_is_asked_to_clear_the_code_after_30_seconds() {
    let home = home_with_two();
    let mut sitting = remote(&home, &[]);
    sitting.wait_for(TAKE);
    let began = Instant::now();
    sitting.wait_for(GIVE_BACK);
    assert!(began.elapsed() >= Duration::from_secs(29));
    assert_eq!(sitting.end().code, Some(0));
}

#[test]
fn tmux_and_screen_hand_the_sequence_on() {
    let home = home_with_two();
    for (variable, take, give_back) in [
        (
            ("TMUX", "/tmp/tmux-0/default,1,0"),
            "\x1bPtmux;\x1b\x1b]52;c;Mjg3MDgy\x07\x1b\\",
            "\x1bPtmux;\x1b\x1b]52;c;\x07\x1b\\",
        ),
        (
            ("STY", "1.pts-0.host"),
            "\x1bP\x1b]52;c;Mjg3MDgy\x07\x1b\\",
            "\x1bP\x1b]52;c;\x07\x1b\\",
        ),
    ] {
        let mut sitting = remote(&home, &[variable]);
        sitting.wait_for(take);
        sitting.wait_for("any key:");
        sitting.press(b"\n");
        sitting.wait_for(give_back);
        assert_eq!(sitting.end().code, Some(0));
    }
}

#[test]
fn a_dumb_terminal_is_not_asked_to_take_a_code() {
    let ended = remote(&home_with_two(), &[("TERM", "dumb")]).end();
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert!(!ended.text.contains('\x1b') && ended.text.contains("there is no clipboard"));
}

//! `register --finish` and `sync`, killed at each step and run again: done once, nothing lost, nothing twice.

use std::process::{Command, Stdio};

use super::*;

/// The system calls at which a step begins or ends: to the server and back, and onto the disk.
const CALLS: [&str; 5] = ["connect", "sendto", "recvfrom", "rename", "fsync"];
/// More calls of one kind than a command makes.
const MOST_CALLS: u32 = 60;

/// Runs a command that is killed at a call; whether it came to its end all the same.
fn killed(machine: &Machine, words: &[&str], call: &str, when: u32) -> bool {
    let password = machine.home.file("password", PASSWORD);
    let status = Command::new("strace")
        .args(["-f", "-qq", "-o", "/dev/null", "-e"])
        .arg(format!("inject={call}:signal=KILL:when={when}"))
        .args([AUTHR, "--quiet", "--home"])
        .arg(machine.home.authr())
        .arg("--password-file")
        .arg(password)
        .args(words)
        .env_clear()
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .expect("strace is installed");
    status.success()
}

/// Tries every point of a command, each on a stage of its own; how many there were.
fn at_every_step(mut attempt: impl FnMut(&str, u32) -> bool) -> u32 {
    let mut points = 0;
    for call in CALLS {
        let mut undisturbed = false;
        for when in 1..=MOST_CALLS {
            points += 1;
            if attempt(call, when) {
                undisturbed = true;
                break;
            }
        }
        assert!(
            undisturbed,
            "{call} was disturbed at each of {MOST_CALLS} calls"
        );
    }
    points
}

#[test]
fn a_finish_killed_at_every_step_is_done_by_the_same_command() {
    let points = at_every_step(|call, when| {
        let server = server();
        let site = Site::new(&server);
        let ada = site.create();
        let laptop = Machine::new(&server);
        let code = laptop.start(&server, "register");
        let finish = ["register", "--finish", &code];
        let undisturbed = killed(&laptop, &finish, call, when);
        let ran = laptop.authr(&finish);
        assert_eq!(ran.code, Some(0), "{call} {when}: {ran}");
        assert_eq!(
            site.verify(ada, &laptop.native_code()),
            200,
            "{call} {when}"
        );
        assert_eq!(laptop.devices().1, None, "{call} {when}: one device");
        undisturbed
    });
    assert!(points > 10, "{points}");
}

#[test]
fn a_push_killed_at_every_step_is_stored_once_by_the_next_sync() {
    let server = server();
    let (laptop, phone) = (Machine::new(&server), Machine::new(&server));
    laptop.enrol(&server, "register");
    phone.enrol(&server, "restore");
    let mut number = 0;
    let points = at_every_step(|call, when| {
        number += 1;
        let label = format!("account-{number}");
        let uri = format!(
            "otpauth://totp/Acme:{label}?secret={}&issuer=Acme",
            secret(number)
        );
        laptop
            .program(PASSWORD, &["add", "-"])
            .stdin(uri)
            .run()
            .succeeded();
        let undisturbed = killed(&laptop, &["sync"], call, when);
        laptop.authr(&["sync"]).succeeded();
        undisturbed
    });
    assert!(points > 10, "{points}");
    phone.authr(&["sync"]).succeeded();
    let labels = |machine: &Machine| {
        let listed = machine.json(&["list"]);
        let accounts = listed.as_array().expect("a list").iter();
        let mut labels: Vec<String> = accounts
            .map(|account| account["label"].as_str().expect("a label").to_owned())
            .collect();
        labels.sort();
        labels
    };
    let mut all: Vec<String> = (1..=number)
        .map(|number| format!("account-{number}"))
        .collect();
    all.sort();
    assert_eq!(labels(&laptop), all);
    assert_eq!(labels(&phone), all);
}

/// A secret of its own for each account.
fn secret(number: u32) -> String {
    let digit = |value: u32| {
        char::from(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"[usize::try_from(value % 32).expect("small")])
    };
    let tail: String = [number, number / 32].map(digit).iter().collect();
    format!("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQO{tail}")
}

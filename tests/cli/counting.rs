//! An account that counts: each of its codes is shown once, whatever happens to the program that shows it.

use std::collections::HashSet;
use std::process::{Command, Output, Stdio};

use authr_testkit::Home;

use crate::{AUTHR, home_with_two};

/// More calls of one kind than showing a code makes.
const MOST_CALLS: u32 = 60;

/// Runs `authr code bob` under strace's fault injection.
fn code_under(home: &Home, fault: &str) -> Output {
    Command::new("strace")
        .args(["-f", "-qq", "-o", "/dev/null", "-e", fault])
        .args([AUTHR, "--quiet", "--home"])
        .arg(home.authr())
        .arg("--password-file")
        .arg(home.path().join("password"))
        .args(["code", "bob"])
        .env_clear()
        .stdin(Stdio::null())
        .output()
        .expect("strace is installed")
}

#[test]
fn no_code_is_shown_twice_wherever_the_program_is_killed_or_the_disk_refuses() {
    let home = home_with_two();
    let mut shown = HashSet::new();
    let mut points = 0;
    for call in ["write", "fsync", "link,linkat", "rename"] {
        for fault in ["signal=KILL", "error=ENOSPC"] {
            for when in 1..=MOST_CALLS {
                let inject = format!("inject={call}:{fault}:when={when}");
                let output = code_under(&home, &inject);
                let code = String::from_utf8(output.stdout).expect("a code is text");
                points += 1;
                if !code.is_empty() {
                    assert!(shown.insert(code.clone()), "{code} twice, after {inject}");
                }
                if output.status.success() && !code.is_empty() {
                    break;
                }
            }
        }
    }
    assert!(points > 30 && shown.len() >= 8, "{points} {shown:?}");
}

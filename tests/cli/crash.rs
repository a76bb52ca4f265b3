//! A save that is killed, or that the disk refuses, at each of its calls: the vault opens, old or new.

use std::process::Command;

use authr_testkit::Home;

use crate::{AUTHR, home_with_two, json};

/// More calls of one kind than a save makes.
const MOST_CALLS: u32 = 60;

/// Renames an account under strace's fault injection; whether the program said that it succeeded.
fn rename_under(home: &Home, label: &str, fault: &str) -> bool {
    let status = Command::new("strace")
        .args([
            "-f",
            "-qq",
            "-o",
            "/dev/null",
            "-e",
            fault,
            AUTHR,
            "--quiet",
            "--home",
        ])
        .arg(home.authr())
        .arg("--password-file")
        .arg(home.path().join("password"))
        .args(["rename", "drchrono", "--label", label])
        .env_clear()
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .status()
        .expect("strace is installed");
    status.success()
}

fn label(home: &Home) -> String {
    let accounts = json(home, &["list"]);
    let accounts = accounts.as_array().expect("a list");
    let account = accounts
        .iter()
        .find(|account| account["issuer"] == "drchrono")
        .expect("the account is there");
    account["label"].as_str().expect("a text").to_owned()
}

fn old_or_new_at_every_call(calls: &[&str], fault: &str) -> u32 {
    let home = home_with_two();
    let (mut points, mut old) = (0, label(&home));
    for call in calls {
        let mut undisturbed = false;
        for when in 1..=MOST_CALLS {
            let new = format!("{call}{when}");
            let succeeded =
                rename_under(&home, &new, &format!("inject={call}:{fault}:when={when}"));
            let now = label(&home);
            assert!(
                now == old || now == new,
                "{call} {when}: neither {old} nor {new} but {now}"
            );
            assert!(
                !succeeded || now == new,
                "{call} {when}: said to be saved, and is not"
            );
            points += 1;
            old = now;
            if succeeded {
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
fn a_save_that_is_killed_leaves_the_old_vault_or_the_new_one() {
    let points = old_or_new_at_every_call(
        &["openat", "write", "fsync", "link,linkat", "rename", "flock"],
        "signal=KILL",
    );
    assert!(points > 20, "only {points} points were tried");
}

#[test]
fn a_full_disk_and_a_failing_one_leave_the_old_vault_or_the_new_one() {
    let full =
        old_or_new_at_every_call(&["write", "fsync", "link,linkat", "rename"], "error=ENOSPC");
    let failing = old_or_new_at_every_call(&["write", "fsync", "rename", "flock"], "error=EIO");
    assert!(
        full + failing > 10,
        "only {full} and {failing} points were tried"
    );
}

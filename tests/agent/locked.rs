//! The ends of an agent.

use std::process::Command;
use std::time::{Duration, Instant};

use crate::Watched;

#[test]
fn locking_ends_the_process_and_takes_its_socket_away() {
    let home = Watched::unlocked();
    let (process, socket) = (home.agent(), home.socket());
    assert!(socket.exists());
    let said = home.authr(&["lock"]).to_string();
    assert_eq!(said, "exit 0\n--- stderr\nLocked.\n");
    assert!(!runs(&process));
    assert!(!socket.exists());
    home.authr(&["code", "ada"]).failed(3);
    let said = home.authr(&["agent", "stop"]).to_string();
    assert_eq!(said, "exit 0\n--- stderr\nThe vault is locked already.\n");
    assert_eq!(home.authr(&["agent"]).succeeded(), "locked\n");
}

/// Whether a process is there and no zombie.
fn runs(process: &str) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{process}/status"));
    status.is_ok_and(|status| !status.contains("State:\tZ"))
}

#[test]
fn an_agent_that_nobody_uses_ends_though_its_status_is_asked_all_the_time() {
    let home = Watched::locked();
    let unlock = ["unlock", "--idle", "2s", "--longest", "10m"];
    home.with_password(&unlock).run().succeeded();
    let process = home.agent();
    let begun = Instant::now();
    while home.is_unlocked() {
        assert!(begun.elapsed() < Duration::from_secs(30));
    }
    assert!(begun.elapsed() > Duration::from_secs(1));
    home.authr(&["code", "ada"]).failed(3);
    assert!(!runs(&process));
}

#[test]
fn an_agent_that_is_used_all_the_time_ends_at_its_longest() {
    let home = Watched::locked();
    let unlock = ["unlock", "--idle", "10m", "--longest", "2s"];
    home.with_password(&unlock).run().succeeded();
    let begun = Instant::now();
    while home.authr(&["code", "ada"]).code == Some(0) {
        assert!(begun.elapsed() < Duration::from_secs(30));
    }
    assert!(!home.is_unlocked());
}

#[test]
fn an_agent_that_was_killed_leaves_everything_working() {
    let home = Watched::unlocked();
    let kill = Command::new("kill").args(["-9", &home.agent()]).status();
    assert!(kill.unwrap().success());
    let socket = home.socket();
    assert!(socket.exists(), "it had no time to take it away");
    assert!(home.authr(&["code", "ada"]).failed(3).contains("password"));
    let code = home.with_password(&["code", "ada"]).run();
    assert_eq!(code.succeeded().trim().len(), 6);
    assert!(!home.is_unlocked());
    home.unlock();
    home.authr(&["code", "ada"]).succeeded();
}

#[test]
fn a_changed_password_ends_an_agent_that_was_opened_with_the_old_one() {
    let home = Watched::unlocked();
    let new = home.0.file("new", "another-harbour-quarry-lemon-42");
    let change = [
        "password",
        "change",
        "--new-password-file",
        new.to_str().unwrap(),
    ];
    home.with_password(&change).run().succeeded();
    let refused = home.authr(&["code", "ada"]).failed(3);
    assert!(refused.contains("locked"), "{refused}");
    assert!(!home.is_unlocked());
}

#[test]
fn times_that_are_none_are_wrong_usage() {
    let home = Watched::locked();
    for time in ["0s", "25h", "15", "-1m"] {
        let unlock = format!("--idle={time}");
        home.authr(&["unlock", &unlock]).failed(2);
    }
}

#[test]
fn an_agent_locks_when_the_settings_say_and_a_flag_says_otherwise() {
    let home = Watched::locked();
    home.authr(&["config", "set", "agent.idle_lock", "2s"])
        .succeeded();
    home.authr(&["config", "set", "agent.lock_after", "10m"])
        .succeeded();
    let said = home.with_password(&["unlock"]).run();
    assert!(
        said.stderr
            .contains("not used for 2 s, or for 10 min at most"),
        "{said}"
    );
    let begun = Instant::now();
    while home.is_unlocked() {
        assert!(begun.elapsed() < Duration::from_secs(30));
    }
    let unlock = ["unlock", "--idle", "1h", "--longest", "2h"];
    let said = home.with_password(&unlock).run();
    assert!(
        said.stderr.contains("not used for 1 h, or for 2 h at most"),
        "{said}"
    );
    home.authr(&["lock"]).succeeded();
    home.authr(&["config", "set", "agent.idle_lock", "25h"])
        .failed(2);
}

#[test]
fn an_agent_keeps_as_many_generations_as_are_set_where_settings_lie_apart_from_the_vault() {
    let home = Watched::locked();
    // Without --home the two are in folders of their own.
    let apart = |arguments: &[&str]| {
        let program = home.program().env("AUTHR_HOME", "").args(arguments);
        program.run()
    };
    let password = home.0.path().join("password");
    let password = ["--password-file", password.to_str().unwrap()];
    let added = home.program().env("AUTHR_HOME", "").args(password);
    let added = added.args(["add", crate::ADA]).run();
    added.succeeded();
    apart(&["config", "set", "vault.generations", "3"]).succeeded();
    let path = apart(&["config", "path"]).succeeded();
    assert!(path.contains("/.config/"), "{path}");
    apart(&[&password[..], &["unlock", "--longest", "10m"]].concat()).succeeded();
    for label in ["a", "b", "c", "d", "e"] {
        apart(&["rename", "drchrono", "--label", label]).succeeded();
    }
    let kept = apart(&["backup", "list"]).succeeded();
    apart(&["lock"]).succeeded();
    assert_eq!(kept.lines().count(), 3, "{kept}");
}

//! What is wrong with an installation is found, and the command that is named beside it mends it.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use authr_testkit::{Home, Program};
use serde_json::Value;

use crate::{AUTHR, PASSWORD, authr, home_with_two, json, vault};

/// What is found, and where that is damage, the exit code of it.
fn findings(home: &Home) -> Vec<Value> {
    let ran = authr(home, &["doctor", "--json"]);
    let found: Vec<Value> = serde_json::from_str(&ran.stdout).expect("a list");
    let is_damaged = found.iter().any(|one| one["finding"] == "damaged-vault");
    assert_eq!(ran.code, Some(if is_damaged { 5 } else { 0 }), "{ran}");
    found
}

fn names(home: &Home) -> Vec<String> {
    let name = |finding: Value| finding["finding"].as_str().expect("a text").to_owned();
    findings(home).into_iter().map(name).collect()
}

/// A home in which nothing is wrong, with a recovery code and with a copy.
fn healthy_home() -> Home {
    let home = home_with_two();
    home.file("password", PASSWORD);
    let _ = authr(&home, &["recovery", "new"]).succeeded();
    let _ = authr(&home, &["backup", "create", "FILE"]).succeeded();
    assert_eq!(names(&home), [""; 0]);
    home
}

/// A shell, about to run a command as a person would who answers every question with yes.
fn shell(home: &Home, command: &str) -> Program {
    let script = "authr() { \"$0\" --password-file password --yes \"$@\"; }; eval \"$1\"";
    let shell = home.program("/bin/sh");
    shell.args(["-c", script, AUTHR, command])
}

/// This is found and nothing else, with these words; its command mends it.
#[track_caller]
fn is_found_and_mended(home: &Home, name: &str, words: &[&str]) {
    let found = findings(home);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0]["finding"], name);
    let message = found[0]["message"].as_str().expect("a text");
    for word in words {
        assert!(message.contains(word), "{message}");
    }
    let command = found[0]["command"].as_str().expect("a text");
    let mended = shell(home, command).env("EDITOR", "sed -i s/25h/24h/");
    let _ = mended.run().succeeded();
    assert_eq!(names(home), [""; 0], "after {command}");
    assert!(authr(home, &["list"]).succeeded().contains("ada"));
}

#[test]
fn what_is_missing_is_named_until_it_is_there() {
    let home = Home::new();
    assert_eq!(names(&home), ["no-vault"]);
    assert!(!home.authr().exists(), "looking makes nothing");
    let home = home_with_two();
    assert_eq!(names(&home), ["no-recovery-code", "no-copy"]);
    let _ = authr(&home, &["recovery", "new"]).succeeded();
    let _ = authr(&home, &["backup", "create", "copy"]).succeeded();
    let ran = authr(&home, &["doctor"]);
    assert_eq!(ran.stderr, "Nothing is wrong here.\n");
    assert_eq!(ran.succeeded(), "");
}

#[test]
fn files_that_are_not_as_they_should_be_are_mended_by_the_command_beside() {
    let home = healthy_home();
    fs::set_permissions(vault(&home), PermissionsExt::from_mode(0o644)).unwrap();
    is_found_and_mended(&home, "open-to-others", &["vault.authr"]);

    home.file("authr/config.toml", "[agent]\nidle_lock = \"25h\"\n");
    is_found_and_mended(&home, "bad-settings", &["config.toml, line 2"]);

    home.file("authr/.vault.authr.tmp", "half a vau");
    is_found_and_mended(&home, "leftover", &[".vault.authr.tmp"]);

    home.file("authr/registration.json", "{");
    is_found_and_mended(&home, "damaged-registration", &["registration.json"]);

    let state = home.authr().join("state.json");
    let mut facts: Value = serde_json::from_slice(&fs::read(&state).unwrap()).unwrap();
    facts["backup_at"] = 1_700_000_000.into();
    home.file("authr/state.json", facts.to_string());
    fs::remove_file(home.path().join("FILE")).unwrap();
    is_found_and_mended(&home, "old-copy", &["2023-11-14"]);
}

#[test]
fn what_was_seen_here_and_is_not_there_is_told_apart_from_damage() {
    let home = healthy_home();
    let older = fs::read(vault(&home)).unwrap();
    let _ = authr(&home, &["pin", "ada"]).succeeded();
    home.file("authr/vault.authr", &older);
    is_found_and_mended(&home, "older-than-seen", &["generation 3", "4 was seen"]);

    home.file("authr/state.json", "{");
    let found = names(&home);
    assert_eq!(found, ["damaged-state"]);
    let _ = shell(&home, "authr list --accept-rollback")
        .run()
        .succeeded();
    // When a copy was made is lost with it.
    assert_eq!(names(&home), ["no-copy"]);
}

#[test]
fn a_damaged_vault_goes_back_to_the_newest_generation_that_is_whole() {
    let home = healthy_home();
    let _ = authr(&home, &["rename", "ada", "--label", "ada2"]).succeeded();
    let _ = authr(&home, &["pin", "bob"]).succeeded();
    // The newest of them is damaged too.
    let generations = fs::read_dir(home.authr().join("generations")).unwrap();
    let of_vault = generations
        .map(|entry| entry.unwrap().path())
        .next()
        .unwrap();
    let mut kept: Vec<_> = fs::read_dir(of_vault)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    kept.sort();
    let newest = kept.pop().unwrap();
    fs::remove_file(&newest).unwrap();
    home.file(
        newest.strip_prefix(home.path()).unwrap().to_str().unwrap(),
        "AUTHRVLT",
    );
    let cut = &fs::read(vault(&home)).unwrap()[..100];
    home.file("authr/vault.authr", cut);
    let said = authr(&home, &["list"]).failed(5);
    assert!(said.contains("hint: authr doctor"), "{said}");

    // No consent, no change.
    let _ = authr(&home, &["undo"]).failed(3);
    assert_eq!(fs::read(vault(&home)).unwrap(), cut);
    let found = findings(&home);
    assert_eq!(found[0]["command"], "authr undo");
    let undone = json(&home, &["undo", "--yes"]);
    assert_eq!(undone["returned"], 2);
    assert_eq!(names(&home), ["damaged-generations"]);
    // It is the vault itself and not a new one: the recovery code is still there, and the damaged file too.
    let listed = authr(&home, &["list"]).succeeded();
    assert!(
        listed.contains("ada") && !listed.contains("ada2"),
        "{listed}"
    );
    let aside = fs::read_dir(home.authr())
        .unwrap()
        .map(|entry| entry.unwrap());
    let aside = aside.filter(|entry| {
        entry
            .file_name()
            .to_string_lossy()
            .starts_with("vault-damaged-")
    });
    assert_eq!(aside.count(), 1);
    let _ = authr(&home, &["pin", "ada"]).succeeded();
}

#[test]
fn a_damaged_vault_without_a_generation_makes_place_for_a_backup() {
    let home = healthy_home();
    fs::remove_dir_all(home.authr().join("generations")).unwrap();
    home.file("authr/vault.authr", "a shopping list");
    let found = findings(&home);
    assert_eq!(found[0]["command"], "authr restore FILE");
    let _ = authr(&home, &["undo", "--yes"]).failed(5);
    let _ = authr(&home, &["restore", "FILE"]).failed(3);
    assert_eq!(fs::read(vault(&home)).unwrap(), b"a shopping list");
    let _ = shell(&home, "authr restore FILE").run().succeeded();
    assert!(authr(&home, &["list"]).succeeded().contains("ada"));
    assert_eq!(names(&home), ["no-recovery-code"]);
}

#[test]
fn a_vault_of_no_server_asks_nobody() {
    let home = healthy_home();
    let ran = authr(&home, &["doctor", "--online"]);
    assert!(ran.stderr.contains("nobody was asked"), "{ran}");
    assert_eq!(ran.succeeded(), "");
}

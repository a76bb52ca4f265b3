use std::os::unix::fs::PermissionsExt;

use authr_testkit::Home;
use serde_json::Value;

use crate::{authr, home_with_two, vault};

#[test]
fn what_was_removed_stands_in_the_trash_and_comes_back() {
    let home = home_with_two();
    let _ = authr(&home, &["--yes", "remove", "ada"]).succeeded();
    assert!(!authr(&home, &["list"]).succeeded().contains("ada"));
    assert!(authr(&home, &["trash"]).succeeded().contains("ada"));
    let listed = authr(&home, &["trash", "list", "--json"]).succeeded();
    let listed: Value = serde_json::from_str(&listed).unwrap();
    assert_eq!(listed[0]["label"], "ada");
    assert_eq!(listed[1], Value::Null);
    // An account that is not in the trash is not found there.
    let _ = authr(&home, &["trash", "restore", "bob"]).failed(4);
    let _ = authr(&home, &["trash", "restore", "drchrono"]).succeeded();
    assert!(authr(&home, &["list"]).succeeded().contains("ada"));
    assert_eq!(authr(&home, &["trash"]).succeeded(), "");
}

#[test]
fn the_trash_is_emptied_with_consent_alone_and_nothing_else_goes() {
    let home = home_with_two();
    let _ = authr(&home, &["--yes", "remove", "ada"]).succeeded();
    let _ = authr(&home, &["trash", "empty"]).failed(3);
    assert!(authr(&home, &["trash"]).succeeded().contains("ada"));
    let _ = authr(&home, &["--yes", "trash", "empty"]).succeeded();
    let _ = authr(&home, &["trash", "restore", "ada"]).failed(4);
    assert!(authr(&home, &["list"]).succeeded().contains("bob"));
}

fn findings(home: &Home) -> Vec<String> {
    let said = authr(home, &["doctor", "--json"]).succeeded();
    let said: Value = serde_json::from_str(&said).expect("JSON");
    let name = |finding: &Value| finding["finding"].as_str().expect("a text").to_owned();
    said.as_array().expect("a list").iter().map(name).collect()
}

#[test]
fn the_doctor_names_what_is_wrong_until_it_is_mended() {
    let home = Home::new();
    assert_eq!(findings(&home), ["no-vault"]);
    let home = home_with_two();
    assert_eq!(findings(&home), ["no-recovery-code", "no-copy"]);
    let _ = authr(&home, &["recovery", "new"]).succeeded();
    let _ = authr(&home, &["backup", "create", "copy"]).succeeded();
    assert_eq!(findings(&home), [""; 0]);
    assert_eq!(authr(&home, &["doctor"]).succeeded(), "");
    std::fs::set_permissions(vault(&home), PermissionsExt::from_mode(0o644)).unwrap();
    assert_eq!(findings(&home), ["open-to-others"]);
    std::fs::set_permissions(vault(&home), PermissionsExt::from_mode(0o600)).unwrap();
    let state = home.authr().join("state.json");
    let mut facts: Value = serde_json::from_slice(&std::fs::read(&state).unwrap()).unwrap();
    facts["backup_at"] = 1_700_000_000.into();
    home.file("authr/state.json", facts.to_string());
    assert_eq!(findings(&home), ["old-copy"]);
    home.file("authr/vault.authr", "AUTHRVLT");
    let _ = authr(&home, &["doctor"]).failed(5);
}

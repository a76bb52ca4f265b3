use serde_json::Value;

use crate::{authr, home_with_two};

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

//! What `--json` prints: a contract with scripts. Ids and times, which differ each time, stand as `…`.

use authr_testkit::Home;
use serde_json::{Value, json as expected};

use crate::{AUTHR, authr, home_with_two, json};

/// The value with what differs from run to run taken out.
fn still(mut value: Value) -> Value {
    match &mut value {
        Value::Object(fields) => {
            for (name, value) in fields.iter_mut() {
                let differs = name == "id" || name.ends_with("_at") || name == "last_used";
                *value = if differs && value.is_string() {
                    "…".into()
                } else if matches!(&**name, "removed" | "restored") {
                    let ids = value.as_array().expect("a list of ids");
                    assert!(ids.iter().all(|id| id.as_str().map(str::len) == Some(32)));
                    ids.len().into()
                } else {
                    still(value.take())
                };
            }
        }
        Value::Array(values) => values
            .iter_mut()
            .for_each(|value| *value = still(value.take())),
        _ => {}
    }
    value
}

fn of(home: &Home, arguments: &[&str]) -> Value {
    still(json(home, arguments))
}

#[test]
fn an_account_is_shown_with_these_fields_by_every_command_that_changes_it() {
    let home = home_with_two();
    let ada = |label: &str, tags: Value, pinned: bool, note: &str| {
        expected!({
            "id": "…", "issuer": "drchrono", "label": label, "kind": "totp", "native": false,
            "tags": tags, "pinned": pinned, "last_used": null, "uses": 0, "algorithm": "SHA1",
            "digits": 6, "period": 30, "counter": null, "note": note, "icon": "",
            "created_at": "…", "changed_at": "…",
        })
    };
    let none = expected!([]);
    assert_eq!(
        of(&home, &["show", "ada"]),
        ada("ada", none.clone(), false, "")
    );
    assert_eq!(
        of(&home, &["edit", "ada", "--note", "n"]),
        ada("ada", none.clone(), false, "n")
    );
    assert_eq!(
        of(&home, &["rename", "ada", "--label", "eve"]),
        ada("eve", none.clone(), false, "n")
    );
    assert_eq!(
        of(&home, &["pin", "eve"]),
        expected!([ada("eve", none.clone(), true, "n")])
    );
    assert_eq!(
        of(&home, &["tag", "eve", "+work"]),
        ada("eve", expected!(["work"]), true, "n")
    );
}

#[test]
fn removing_restoring_and_undoing_tell_what_they_did() {
    let home = home_with_two();
    assert_eq!(
        of(&home, &["remove", "ada", "bob", "--yes"]),
        expected!({ "removed": 2 })
    );
    let removed = |issuer: &str, label: &str, kind: &str| {
        expected!({
            "id": "…", "issuer": issuer, "label": label, "kind": kind, "removed_at": "…", "gone_at": "…",
        })
    };
    let mut trash = of(&home, &["trash"]);
    let trash = trash.as_array_mut().expect("a list");
    trash.sort_by_key(ToString::to_string);
    assert_eq!(
        *trash,
        [
            removed("Acme", "bob", "hotp"),
            removed("drchrono", "ada", "totp")
        ]
    );
    assert_eq!(
        of(&home, &["trash", "restore", "bob"]),
        expected!({ "restored": 1 })
    );
    assert_eq!(
        of(&home, &["trash", "empty", "--yes"]),
        expected!({ "dropped": 1 })
    );
    assert_eq!(
        of(&home, &["trash", "empty", "--yes"]),
        expected!({ "dropped": 0 })
    );
    let undone = json(&home, &["undo", "--yes"]);
    for field in ["returned", "reverted", "trashed"] {
        assert!(!undone[field].is_null(), "{undone}");
    }
}

#[test]
fn a_code_beside_is_told_as_a_code_is() {
    let home = home_with_two();
    assert_eq!(
        of(&home, &["code", "ada", "--at", "@29", "--next"]),
        expected!({
            "issuer": "drchrono", "label": "ada", "kind": "totp", "code": "287082", "next": "359152",
            "digits": 6, "period": 30, "remaining": 1, "valid_until": "1970-01-01T00:01:00Z",
        })
    );
}

#[test]
fn what_is_written_elsewhere_and_brought_back_is_told_in_numbers() {
    let home = home_with_two();
    let written = expected!({ "file": "copy.authr", "accounts": 2 });
    assert_eq!(of(&home, &["export", "-o", "copy.authr"]), written);
    let paper = ["export", "--format", "paper", "-o", "kit.html"];
    let written = expected!({ "file": "kit.html", "accounts": 2 });
    assert_eq!(of(&home, &paper), written);
    assert_eq!(
        of(&home, &["backup", "verify", "kit.html"]),
        expected!({ "accounts": 2, "saved_at": "…" })
    );
    assert_eq!(
        of(&home, &["restore", "kit.html"]),
        expected!({ "returned": 0, "kept_both": 0 })
    );
    let plain = ["export", "--plaintext", "--format", "ente", "-o", "out"];
    assert_eq!(
        of(&home, &plain),
        expected!({
            "file": "out", "format": "ente", "encrypted": false, "accounts": 2, "left_out": [],
        })
    );
    let resynced = of(&home, &["resync", "bob", "--codes", "254676", "287922"]);
    assert_eq!(resynced["counter"], 7);
}

#[test]
fn a_changed_password_says_whether_there_is_a_new_recovery_code() {
    let home = home_with_two();
    let new = home.file("new", "a-longer-and-newer-password-7");
    let new = new.to_str().expect("a path in UTF-8");
    let changed = json(&home, &["password", "change", "--new-password-file", new]);
    assert_eq!(changed, expected!({ "recovery_code": null }));
}

#[test]
fn shells_take_the_completions_and_every_command_has_a_page() {
    let home = Home::new();
    let said = |arguments: &[&str]| home.program(AUTHR).args(arguments).run().succeeded();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = said(&["completions", shell]);
        assert!(script.contains("min-remaining"), "{shell}");
    }
    let bash = home.file("authr.bash", said(&["completions", "bash"]));
    let ran = home.program("/bin/bash").arg("-n").arg(bash).run();
    assert_eq!(ran.succeeded(), "");
    assert!(said(&["man"]).contains("Exit codes:"));
    let page = said(&["man", "code"]);
    assert!(page.starts_with(".ie"), "{page}");
    for option in ["min\\-remaining", "password\\-file"] {
        assert!(page.contains(option), "{option}");
    }
    assert!(said(&["man", "backup", "verify"]).contains("authr\\-backup\\-verify"));
    let _ = authr(&home, &["man", "cod"]).failed(2);
    assert!(!home.authr().exists());
}

use authr_testkit::Home;

use crate::{ADA, AUTHR, add, authr, authr_with, home_with_two, json, vault};

#[test]
fn without_a_vault_every_command_says_how_to_begin() {
    let home = Home::new();
    for command in [
        &["code", "x"][..],
        &["list"],
        &["undo"],
        &["backup", "create", "b"],
        &["rename", "x"],
    ] {
        let ran = authr(&home, command);
        assert!(ran.stderr.contains("there is no vault"), "{ran}");
        assert!(ran.stderr.contains("authr add"), "{ran}");
        let _ = ran.failed(4);
    }
    assert!(!home.authr().exists());
}

#[test]
fn without_a_terminal_nothing_is_asked_and_the_exit_code_is_3() {
    let home = home_with_two();
    let ran = home.program(AUTHR).arg("list").run();
    assert!(ran.stderr.contains("--password-file"), "{ran}");
    let _ = ran.failed(3);
    let ran = authr(&home, &["remove", "ada"]);
    assert!(ran.stderr.contains("--yes"), "{ran}");
    let _ = ran.failed(3);
    assert!(authr(&home, &["list"]).succeeded().contains("ada"));
}

#[test]
fn a_name_is_never_guessed() {
    let home = home_with_two();
    let several = authr(&home, &["code", "a"]);
    assert!(
        several.stderr.contains("drchrono:ada") && several.stderr.contains("Acme:bob"),
        "{several}"
    );
    let _ = several.failed(4);
    let near = authr(&home, &["code", "drchorno"]);
    assert!(near.stderr.contains("authr code 'drchrono'"), "{near}");
    let _ = near.failed(4);
}

#[test]
fn a_counter_is_saved_before_its_code_is_shown_and_looking_does_not_move_it() {
    let home = home_with_two();
    // RFC 4226 appendix D, counters 3, 4 and 5.
    assert_eq!(authr(&home, &["code", "bob"]).succeeded(), "969429\n");
    assert_eq!(
        authr(&home, &["code", "bob", "--at", "@0"]).succeeded(),
        "338314\n"
    );
    let _ = authr(&home, &["list", "--codes", "--json"]).succeeded();
    assert_eq!(authr(&home, &["code", "bob"]).succeeded(), "338314\n");
    let _ = authr(&home, &["rename", "bob", "--label", "rob"]).succeeded();
    let _ = authr(&home, &["undo", "--yes"]).succeeded();
    assert_eq!(authr(&home, &["code", "bob"]).succeeded(), "254676\n");
}

#[test]
fn what_was_removed_comes_back_by_undo() {
    let home = home_with_two();
    let _ = authr(&home, &["remove", "ada", "--yes"]).succeeded();
    let _ = authr(&home, &["code", "ada"]).failed(4);
    let _ = authr(&home, &["undo", "--yes"]).succeeded();
    assert_eq!(
        authr(&home, &["code", "ada", "--at", "@1111111109"]).succeeded(),
        "081804\n"
    );
}

#[test]
fn a_backup_restores_into_an_empty_home_and_beside_what_is_there() {
    let home = home_with_two();
    let _ = authr(&home, &["backup", "create", "copy.authr"]).succeeded();
    let _ = authr(&home, &["backup", "verify", "copy.authr"]).succeeded();
    let _ = authr(&home, &["remove", "ada", "--yes"]).succeeded();
    let _ = authr(&home, &["restore", "copy.authr", "--yes"]).succeeded();
    assert!(authr(&home, &["list"]).succeeded().contains("ada"));

    std::fs::remove_dir_all(home.authr()).unwrap();
    let _ = authr_with(&home, "wrong", &["restore", "copy.authr"]).failed(3);
    assert!(!vault(&home).exists());
    let _ = authr(&home, &["restore", "copy.authr"]).succeeded();
    assert_eq!(
        authr(&home, &["code", "ada", "--at", "@1111111109"]).succeeded(),
        "081804\n"
    );
}

#[test]
fn after_a_password_change_the_old_password_opens_the_backup_alone() {
    let home = home_with_two();
    let _ = authr(&home, &["backup", "create", "copy.authr"]).succeeded();
    let new = home.file("new", "a-longer-and-newer-password-7");
    let _ = authr(
        &home,
        &[
            "password",
            "change",
            "--new-password-file",
            new.to_str().unwrap(),
        ],
    )
    .succeeded();
    let _ = authr(&home, &["list"]).failed(3);
    assert!(
        authr_with(&home, "a-longer-and-newer-password-7", &["list"])
            .succeeded()
            .contains("ada")
    );
    let _ = authr(&home, &["backup", "verify", "copy.authr"]).succeeded();
    let kept = json(&home, &["backup", "list"]);
    assert_eq!(kept["generations"].as_array().unwrap().len(), 0);
}

#[test]
fn what_is_exported_imports_again_and_a_second_time_finds_all_there() {
    let home = home_with_two();
    let refused = authr(&home, &["export", "-o", "list.txt", "--format", "csv"]);
    assert!(refused.stderr.contains("--plaintext"), "{refused}");
    let _ = refused.failed(2);
    let _ = authr(&home, &["export", "-o", "list.txt", "--plaintext"]).succeeded();
    use std::os::unix::fs::PermissionsExt;
    let mode = std::fs::metadata(home.path().join("list.txt"))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);

    let again = authr(&home, &["import", "list.txt"]);
    assert!(again.stderr.contains("nothing was changed"), "{again}");
    let _ = again.succeeded();
    std::fs::remove_dir_all(home.authr()).unwrap();
    let _ = authr(&home, &["import", "list.txt", "--yes"]).succeeded();
    assert_eq!(
        authr(&home, &["list"]).succeeded(),
        "Acme      bob    hotp\ndrchrono  ada    totp\n"
    );
}

#[test]
fn a_dry_run_names_every_entry_and_needs_no_vault() {
    let home = Home::new();
    home.file(
        "list.txt",
        format!("{ADA}\notpauth://totp/x?secret=JBSWY3DPEHPK3PXP&algorithm=MD5\n{ADA}\n"),
    );
    let ran = home
        .program(AUTHR)
        .args(["import", "list.txt", "--dry-run", "--json", "--secrets"])
        .run();
    let read: serde_json::Value = serde_json::from_str(&ran.succeeded()).unwrap();
    assert_eq!(
        read["accounts"][0]["secret"],
        "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
    );
    assert_eq!(read["accounts"][1]["status"], "same");
    assert_eq!(read["rejected"][0]["position"], 2);
    assert!(!home.authr().exists());
}

#[test]
fn hostile_uris_are_refused_without_a_panic_and_without_an_echo() {
    let home = Home::new();
    let huge = format!("otpauth://totp/x?secret={}", "A".repeat(5000));
    for uri in [
        "otpauth://totp/x?secret=SECRET0SECRET1",
        "otpauth://totp/x?secret=",
        "otpauth://totp/x?secret=JBSWY3DPEHPK3PXP&digits=99",
        "otpauth://totp/x?secret=JBSWY3DPEHPK3PXP&period=0",
        "otpauth://totp/x?secret=JBSWY3DPEHPK3PXP&algorithm=MD5",
        "otpauth://hotp/x?secret=JBSWY3DPEHPK3PXP&counter=-9",
        "otpauth://%ff%fe/?secret",
        "otpauth:",
        huge.as_str(),
    ] {
        let ran = home.program(AUTHR).args(["add", "-"]).stdin(uri).run();
        assert!(
            !ran.stderr.contains("JBSWY3DP") && !ran.stderr.contains("SECRET0"),
            "{ran}"
        );
        assert!(!ran.stderr.contains("panicked"), "{ran}");
        let _ = ran.failed(1);
    }
    assert!(!home.authr().exists());
}

#[test]
fn a_hostile_name_cannot_steer_the_terminal() {
    let home = Home::new();
    let uri =
        "otpauth://totp/%E2%80%AEevil%C2%9b31m:a%1b%5B2J?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
    let _ = add(&home, uri).succeeded();
    let listed = authr(&home, &["list"]).succeeded();
    assert!(listed.contains("evil"), "{listed:?}");
    assert!(
        !listed.contains(['\u{1b}', '\u{9b}', '\u{202e}']),
        "{listed:?}"
    );
}

#[test]
fn eight_processes_at_once_lose_no_account() {
    let home = home_with_two();
    std::thread::scope(|scope| {
        for number in 0..8u8 {
            let home = &home;
            scope.spawn(move || {
                let secret = [
                    "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQO",
                    &char::from(b'A' + number).to_string(),
                    "A",
                ]
                .concat();
                let uri = format!("otpauth://totp/n{number}?secret={secret}");
                let _ = add(home, &uri).succeeded();
            });
        }
    });
    assert_eq!(authr(&home, &["list"]).succeeded().lines().count(), 10);
}

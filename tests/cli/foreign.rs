//! Other programs' files, from the command line.

use std::fs;

use authr_testkit::Home;

use crate::{AUTHR, add, authr, home_with_two, json};

const FILE_PASSWORD: &str = "the file's own";

/// A home with three accounts, and their copy as Aegis encrypts it.
fn home_with_an_aegis_file() -> Home {
    let home = home_with_two();
    let motp = "motp://VPN:me?secret=30edcc8edae50a60&pin=1234";
    assert_eq!(add(&home, motp).succeeded(), "");
    home.file("file-password", FILE_PASSWORD);
    let arguments = [
        "export",
        "-o",
        "aegis.json",
        "--format",
        "aegis",
        "--file-password-file",
        "file-password",
    ];
    let _ = authr(&home, &arguments).succeeded();
    home
}

#[test]
fn a_file_without_its_password_asks_for_it_and_a_wrong_one_is_exit_3() {
    let home = home_with_an_aegis_file();
    let asked = home
        .program(AUTHR)
        .args(["import", "aegis.json", "--dry-run"])
        .run();
    assert!(
        asked.stderr.contains("--file-password-file FILE"),
        "{asked}"
    );
    let _ = asked.failed(3);
    home.file("file-password", "another");
    let arguments = [
        "import",
        "aegis.json",
        "--dry-run",
        "--file-password-file",
        "file-password",
    ];
    let wrong = home.program(AUTHR).args(arguments).run();
    assert!(wrong.stderr.contains("wrong password"), "{wrong}");
    let _ = wrong.failed(3);
}

#[test]
fn what_was_exported_encrypted_holds_no_name_and_comes_back_whole() {
    let home = home_with_an_aegis_file();
    let file = fs::read(home.path().join("aegis.json")).unwrap();
    assert!(!String::from_utf8(file).unwrap().contains("drchrono"));
    let arguments = [
        "import",
        "aegis.json",
        "--dry-run",
        "--json",
        "--secrets",
        "--file-password-file",
        "file-password",
    ];
    let read = home.program(AUTHR).args(arguments).run().succeeded();
    let read: serde_json::Value = serde_json::from_str(&read).unwrap();
    assert_eq!(read["format"], "aegis");
    assert_eq!(read["rejected"], serde_json::json!([]));
    let motp = &read["accounts"][2];
    assert_eq!(
        (&motp["kind"], &motp["secret"], &motp["pin"]),
        (&"motp".into(), &"30edcc8edae50a60".into(), &"1234".into())
    );
    let arguments = [
        "import",
        "aegis.json",
        "--file-password-file",
        "file-password",
    ];
    let again = authr(&home, &arguments);
    assert!(again.stderr.contains("nothing was changed"), "{again}");
    let _ = again.succeeded();
}

#[test]
fn what_a_target_cannot_hold_is_named_and_the_rest_is_written() {
    let home = home_with_an_aegis_file();
    let arguments = [
        "export",
        "-o",
        "google.txt",
        "--format",
        "google",
        "--plaintext",
    ];
    let ran = authr(&home, &arguments);
    assert!(
        ran.stderr
            .contains("VPN:me is left out: Google's batches hold TOTP and HOTP accounts only"),
        "{ran}"
    );
    let _ = ran.succeeded();
    let read = json(&home, &["import", "google.txt", "--dry-run"]);
    assert_eq!(read["accounts"].as_array().unwrap().len(), 2);
}

#[test]
fn steam_and_motp_accounts_are_added_at_the_prompts_flags() {
    let home = home_with_two();
    home.file("secret", "63BEDWCQZKTQWPESARIERL5DTTQFCJTK");
    home.file("key", "30edcc8edae50a60");
    home.file("pin", "1234\n");
    let names = ["--issuer", "Steam", "--label", "me"];
    let steam = [
        &["add", "--kind", "steam", "--secret-file", "secret"],
        &names[..],
    ]
    .concat();
    let _ = authr(&home, &steam).succeeded();
    let at = ["code", "Steam", "--at", "@1511200518"];
    assert_eq!(authr(&home, &at).succeeded(), "FR8RV\n");
    let motp = [
        "add",
        "--kind",
        "motp",
        "--secret-file",
        "key",
        "--pin-file",
        "pin",
        "--issuer",
        "VPN",
        "--label",
        "me",
    ];
    let _ = authr(&home, &motp).succeeded();
    let read = json(&home, &["list"]);
    assert_eq!(read.as_array().unwrap().len(), 4);
}

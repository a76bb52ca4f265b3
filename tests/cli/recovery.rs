use authr_testkit::{Home, Ran};

use crate::{AUTHR, PASSWORD, authr, authr_with, home_with_two, json, vault};

/// Runs `authr` with a recovery code in the place of the password.
fn with_code(home: &Home, code: &str, arguments: &[&str]) -> Ran {
    let code = home.file("code", code);
    home.program(AUTHR)
        .arg("--recovery-code-file")
        .arg(code)
        .args(arguments)
        .run()
}

fn new_code(home: &Home) -> String {
    let code = authr(home, &["--yes", "recovery", "new"]).succeeded();
    code.trim().to_owned()
}

#[test]
fn a_recovery_code_is_shown_once_and_opens_the_vault_without_the_password() {
    let home = home_with_two();
    let code = new_code(&home);
    assert_eq!(code.len(), 41, "{code}");
    assert!(
        with_code(&home, &code, &["list"])
            .succeeded()
            .contains("ada")
    );
    let typed = code.to_lowercase().replace('-', " ").replace('0', "O");
    let _ = with_code(&home, &typed, &["recovery", "check"]).succeeded();
    // It saves too: the key is the same.
    let _ = with_code(&home, &code, &["rename", "ada", "--label", "eve"]).succeeded();
    assert!(authr(&home, &["list"]).succeeded().contains("eve"));
    // And it stands nowhere on the disk.
    let bytes = std::fs::read(vault(&home)).unwrap();
    assert!(!bytes.windows(4).any(|four| four == &code.as_bytes()[..4]));
}

#[test]
fn a_typing_error_in_a_code_is_told_from_a_wrong_code_and_both_are_exit_3() {
    let home = home_with_two();
    let code = new_code(&home);
    let other = if code.starts_with('0') { "1" } else { "0" };
    let ran = with_code(&home, &format!("{other}{}", &code[1..]), &["list"]);
    assert!(ran.stderr.contains("typing error"), "{ran}");
    let _ = ran.failed(3);
    let ran = with_code(
        &home,
        "0000-0000-0000-0000-0000-0000-0000-0000-0",
        &["list"],
    );
    assert!(
        ran.stderr.contains("the recovery code opens no slot"),
        "{ran}"
    );
    let _ = ran.failed(3);
}

#[test]
fn a_new_code_ends_the_one_before_and_is_not_made_without_consent() {
    let home = home_with_two();
    let first = new_code(&home);
    let ran = authr(&home, &["recovery", "new"]);
    assert!(ran.stderr.contains("--yes"), "{ran}");
    let _ = ran.failed(3);
    let second = new_code(&home);
    assert_ne!(first, second);
    let _ = with_code(&home, &first, &["recovery", "check"]).failed(3);
    let _ = with_code(&home, &second, &["recovery", "check"]).succeeded();
}

#[test]
fn who_forgot_the_password_sets_a_new_one_with_the_code_and_gets_a_new_code() {
    let home = home_with_two();
    let code = new_code(&home);
    let new = home.file("new", "granite-lagoon-orchid-77");
    let new = new.to_str().unwrap();
    let change = ["password", "change", "--new-password-file", new];
    let renewed = with_code(&home, &code, &change).succeeded();
    let renewed = renewed.trim();
    assert_eq!(renewed.len(), 41, "{renewed}");
    let _ = authr_with(&home, PASSWORD, &["list"]).failed(3);
    let _ = with_code(&home, &code, &["list"]).failed(3);
    let opened = authr_with(&home, "granite-lagoon-orchid-77", &["list"]);
    assert!(opened.succeeded().contains("ada"));
    assert!(
        with_code(&home, renewed, &["list"])
            .succeeded()
            .contains("bob")
    );
}

#[test]
fn without_a_recovery_code_a_password_change_makes_none() {
    let home = home_with_two();
    let new = home.file("new", "granite-lagoon-orchid-77");
    let ran = authr(
        &home,
        &["password", "--new-password-file", new.to_str().unwrap()],
    );
    assert_eq!(ran.succeeded(), "");
}

#[test]
fn a_password_slot_that_became_cheap_is_made_anew_at_the_next_unlock() {
    use authr_core::vault::{Vault, VaultFile};
    use authr_crypto::kdf::{Argon2id, KdfParams};
    use authr_crypto::random::OsRandom;
    use authr_crypto::secret::Password;

    let home = Home::new();
    let password = Password::new(PASSWORD);
    let content = authr_core::content::Content::default();
    let vault_of = |home: &Home| std::fs::read(vault(home)).unwrap();
    let cheap = Vault::create(&password, KdfParams::FLOOR, content, &Argon2id, &OsRandom).unwrap();
    std::fs::create_dir(home.authr()).unwrap();
    home.file("authr/vault.authr", cheap.seal(1, &OsRandom).unwrap().bytes);
    let cost = || {
        let bytes = vault_of(&home);
        let file = VaultFile::parse(&bytes, &Argon2id).unwrap();
        (
            file.header().generation.number(),
            file.header().slots[0].params(),
        )
    };
    assert_eq!(cost(), (1, Some(KdfParams::FLOOR)));
    let _ = authr_with(&home, "another", &["list"]).failed(3);
    assert_eq!(cost(), (1, Some(KdfParams::FLOOR)));
    let is_found = || {
        json(&home, &["doctor"])
            .to_string()
            .contains("\"cheap-password\"")
    };
    assert!(is_found(), "the doctor names it");
    let _ = authr(&home, &["list"]).succeeded();
    assert!(!is_found(), "and it is mended");
    assert_eq!(cost(), (2, Some(KdfParams::DEFAULT)));
    let _ = authr(&home, &["list"]).succeeded();
    assert_eq!(cost(), (2, Some(KdfParams::DEFAULT)));
}

use crate::{AUTHR, authr, authr_with, home_with_two, vault};

#[test]
fn damage_is_exit_5_and_a_wrong_password_is_exit_3() {
    let home = home_with_two();
    let whole = std::fs::read(vault(&home)).unwrap();
    let wrong = authr_with(&home, "wrong", &["list"]);
    assert!(!wrong.stderr.contains("damaged"), "{wrong}");
    let _ = wrong.failed(3);
    let last = whole.len() - 1;
    for at in [0, 9, 20, 60, 200, 300, 350, last / 2, last] {
        let mut changed = whole.clone();
        changed[at] ^= 0x40;
        home.file("authr/vault.authr", &changed);
        let ran = authr(&home, &["list"]);
        assert!(
            !ran.stderr.contains("wrong password") && !ran.stderr.contains("panicked"),
            "byte {at}: {ran}"
        );
        let _ = ran.failed(5);
    }
    for length in [0, 7, 8, 100, 400, last] {
        home.file("authr/vault.authr", &whole[..length]);
        let ran = authr(&home, &["list"]);
        assert!(
            !ran.stderr.contains("wrong password") && !ran.stderr.contains("panicked"),
            "cut {length}: {ran}"
        );
        let _ = ran.failed(5);
    }
    home.file("authr/vault.authr", &whole);
    assert!(authr(&home, &["list"]).succeeded().contains("ada"));
}

#[test]
fn the_payload_of_another_vault_is_tampered() {
    let (ours, theirs) = (home_with_two(), home_with_two());
    let (one, other) = (
        std::fs::read(vault(&ours)).unwrap(),
        std::fs::read(vault(&theirs)).unwrap(),
    );
    assert_eq!(one.len(), other.len());
    let middle = one.len() - 1040 - 40;
    ours.file(
        "authr/vault.authr",
        [&one[..middle], &other[middle..]].concat(),
    );
    let ran = authr(&ours, &["list"]);
    assert!(ran.stderr.contains("payload was changed"), "{ran}");
    let _ = ran.failed(5);
}

#[test]
fn an_older_vault_is_refused_until_it_is_accepted() {
    let home = home_with_two();
    let older = std::fs::read(vault(&home)).unwrap();
    let _ = authr(&home, &["rename", "ada", "--label", "eve"]).succeeded();
    home.file("authr/vault.authr", &older);
    let ran = authr(&home, &["list"]);
    assert!(ran.stderr.contains("--accept-rollback"), "{ran}");
    let _ = ran.failed(5);
    assert!(
        authr(&home, &["list", "--accept-rollback"])
            .succeeded()
            .contains("ada")
    );
    assert!(authr(&home, &["list"]).succeeded().contains("ada"));
}

#[test]
fn a_damaged_state_is_named_and_begun_anew_on_request() {
    let home = home_with_two();
    home.file("authr/state.json", "{");
    let _ = authr(&home, &["list"]).failed(1);
    let _ = authr(&home, &["list", "--accept-rollback"]).succeeded();
    let _ = authr(&home, &["list"]).succeeded();
}

#[test]
fn what_is_no_vault_and_what_is_too_large_for_one_are_named() {
    let home = home_with_two();
    for (bytes, named) in [
        (b"a shopping list".to_vec(), "not a vault file"),
        (vec![0; 17 << 20], "larger than a vault can be"),
    ] {
        let file = home.file("copy.authr", &bytes);
        let ran = authr(&home, &["backup", "verify", file.to_str().unwrap()]);
        assert!(ran.stderr.contains(named), "{ran}");
        let _ = ran.failed(5);
        home.file("authr/vault.authr", &bytes);
        let ran = authr(&home, &["list"]);
        assert!(ran.stderr.contains(named), "{ran}");
        let _ = ran.failed(5);
    }
}

#[test]
fn too_little_memory_for_the_password_is_neither_damage_nor_a_wrong_password() {
    let home = home_with_two();
    // Less address space than the key derivation takes, and more than the program.
    let script = "ulimit -v 100000; exec \"$0\" --password-file password list";
    let ran = home.program("/bin/sh").args(["-c", script, AUTHR]).run();
    assert!(ran.stderr.contains("not enough memory"), "{ran}");
    let _ = ran.failed(1);
}

use std::path::PathBuf;

use authr_testkit::Home;

use crate::{AUTHR, authr, authr_with, home_with_two, json, vault};

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

/// Where the header of a vault ends: what follows are its hash, its MAC and the payload's commitment, 32 bytes each, then 8 of the
/// payload's length.
fn header_end(vault: &[u8]) -> usize {
    16 + usize::from(u16::from_be_bytes([vault[14], vault[15]]))
}

/// A vault of which one byte is another.
fn flipped(vault: &[u8], at: usize) -> Vec<u8> {
    let mut changed = vault.to_vec();
    changed[at] ^= 0x40;
    changed
}

/// A bit in each part that nothing but the key can check.
fn places_that_need_the_key(vault: &[u8]) -> [usize; 4] {
    let end = header_end(vault);
    [end + 32, end + 95, end + 104, vault.len() - 1]
}

/// Where damaged files were put aside.
fn paths_aside(home: &Home) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(home.authr()).expect("a folder");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    paths
        .filter(|path| path.to_string_lossy().contains("vault-damaged-"))
        .collect()
}

/// What was put aside.
fn aside(home: &Home) -> Vec<Vec<u8>> {
    let paths = paths_aside(home).into_iter();
    paths
        .map(|path| std::fs::read(path).expect("a file"))
        .collect()
}

#[test]
fn damage_that_only_the_key_shows_goes_back_to_the_newest_generation_that_opens() {
    let home = home_with_two();
    let _ = authr(&home, &["rename", "ada", "--label", "eve"]).succeeded();
    let _ = authr(&home, &["pin", "bob"]).succeeded();
    let whole = std::fs::read(vault(&home)).unwrap();
    for (count, at) in places_that_need_the_key(&whole).into_iter().enumerate() {
        // The newest of them is damaged in the same way.
        let folder = std::fs::read_dir(home.authr().join("generations"));
        let folder = folder.unwrap().next().unwrap().unwrap().path();
        let newest = folder.join("00000000000000000003.authr");
        let bytes = std::fs::read(&newest).unwrap();
        if count == 0 {
            std::fs::remove_file(&newest).unwrap();
            let name = newest.strip_prefix(home.path()).unwrap();
            home.file(name.to_str().unwrap(), flipped(&bytes, bytes.len() - 1));
        }
        let damaged = flipped(&whole, at);
        std::fs::remove_file(vault(&home)).unwrap();
        home.file("authr/vault.authr", &damaged);
        let said = authr(&home, &["list"]).failed(5);
        assert!(said.contains("hint: authr undo"), "byte {at}: {said}");
        // No consent, no change.
        let _ = authr(&home, &["undo"]).failed(3);
        assert_eq!(std::fs::read(vault(&home)).unwrap(), damaged, "byte {at}");
        assert_eq!(json(&home, &["undo", "--yes"])["returned"], 2);
        let listed = authr(&home, &["list"]).succeeded();
        assert!(
            listed.contains("ada") && !listed.contains("eve"),
            "{listed}"
        );
        assert_eq!(aside(&home), [damaged], "byte {at}");
        // Two that are put aside in one second would have one name.
        for path in paths_aside(&home) {
            std::fs::remove_file(path).unwrap();
        }
    }
}

#[test]
fn a_backup_takes_the_place_of_a_vault_whose_damage_only_the_key_shows() {
    let home = home_with_two();
    let _ = authr(&home, &["backup", "create", "copy.authr"]).succeeded();
    let whole = std::fs::read(vault(&home)).unwrap();
    let damaged = flipped(&whole, whole.len() - 1);
    home.file("authr/vault.authr", &damaged);
    let _ = authr(&home, &["restore", "copy.authr"]).failed(3);
    assert_eq!(std::fs::read(vault(&home)).unwrap(), damaged);
    let restored = json(&home, &["restore", "copy.authr", "--yes"]);
    assert_eq!(restored["returned"], 2);
    assert_eq!(aside(&home), [damaged]);
    assert!(authr(&home, &["list"]).succeeded().contains("ada"));
}

#[test]
fn a_recovery_code_goes_back_from_damage_too() {
    let home = home_with_two();
    let code = authr(&home, &["recovery", "new"]).succeeded();
    home.file("code", &code);
    let _ = authr(&home, &["pin", "bob"]).succeeded();
    let whole = std::fs::read(vault(&home)).unwrap();
    home.file("authr/vault.authr", flipped(&whole, whole.len() - 1));
    let undo = ["--recovery-code-file", "code", "undo", "--yes"];
    let _ = home.program(AUTHR).args(undo).run().succeeded();
    assert!(authr(&home, &["list"]).succeeded().contains("ada"));
}

#[test]
fn a_wrong_password_or_an_older_vault_is_no_damage_to_go_back_from() {
    let home = home_with_two();
    let _ = authr(&home, &["backup", "create", "copy.authr"]).succeeded();
    let older = std::fs::read(vault(&home)).unwrap();
    let _ = authr(&home, &["pin", "bob"]).succeeded();
    let whole = std::fs::read(vault(&home)).unwrap();
    let damaged = flipped(&whole, whole.len() - 1);
    let from_copy = [
        "restore",
        "copy.authr",
        "--yes",
        "--file-password-file",
        "password-of-copy",
    ];
    home.file("password-of-copy", crate::PASSWORD);
    for (bytes, password, code) in [
        (&whole, "wrong", 3),
        (&damaged, "wrong", 3),
        (&older, crate::PASSWORD, 5),
    ] {
        std::fs::remove_file(vault(&home)).unwrap();
        home.file("authr/vault.authr", bytes);
        for command in [&["undo", "--yes"][..], &from_copy] {
            let _ = authr_with(&home, password, command).failed(code);
            assert_eq!(&std::fs::read(vault(&home)).unwrap(), bytes);
            assert_eq!(aside(&home), [[0; 0]; 0]);
        }
    }
}

#[test]
fn doctor_finds_each_byte_that_is_checked_without_the_key() {
    let home = home_with_two();
    let whole = std::fs::read(vault(&home)).unwrap();
    let end = header_end(&whole);
    let prefix = 0..16;
    let header = (16..end + 32).step_by(29);
    let length = end + 96..end + 104;
    for at in prefix.chain(header).chain(length) {
        home.file("authr/vault.authr", flipped(&whole, at));
        let ran = authr(&home, &["doctor"]);
        assert!(ran.stdout.contains(": authr undo"), "byte {at}: {ran}");
        assert_eq!(ran.code, Some(5), "byte {at}: {ran}");
    }
    for length in [0, 15, end, end + 40, end + 103, whole.len() - 1] {
        home.file("authr/vault.authr", &whole[..length]);
        let ran = authr(&home, &["doctor"]);
        assert_eq!(ran.code, Some(5), "cut {length}: {ran}");
    }
    // A version that is another by damage: the rest is as this one wrote it.
    home.file("authr/vault.authr", flipped(&whole, 9));
    let _ = authr(&home, &["undo", "--yes"]).succeeded();
    assert!(authr(&home, &["list"]).succeeded().contains("ada"));
}

#[test]
fn doctor_that_opens_the_vault_finds_what_only_the_key_shows() {
    let home = home_with_two();
    let whole = std::fs::read(vault(&home)).unwrap();
    home.file("authr/vault.authr", flipped(&whole, whole.len() - 1));
    // What it cannot know, it does not say.
    let ran = authr(&home, &["doctor"]);
    assert!(!ran.stdout.contains("damaged"), "{ran}");
    let ran = authr(&home, &["doctor", "--online"]);
    assert!(
        ran.stdout.contains("payload was changed") && ran.stdout.contains(": authr undo"),
        "{ran}"
    );
    assert_eq!(ran.code, Some(5), "{ran}");
}

//! What may stand where one of authr's files belongs, and what a person may name instead of a file.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use authr_testkit::{Home, Ran};
use tempfile::TempDir;

use crate::{ADA, AUTHR, BOB, PASSWORD, authr, home_with_two, vault};

/// Runs `authr`, which is not to wait for what never comes.
fn in_time(home: &Home, arguments: &[&str]) -> Ran {
    home.file("password", PASSWORD);
    let program = home.program("timeout").args(["20", AUTHR, "--yes"]);
    let program = program.args(["--password-file", "password"]);
    program.args(arguments).run()
}

fn make_pipe(home: &Home, path: &Path) {
    home.program("mkfifo").arg(path).run().succeeded();
}

fn is_a_file(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|about| about.is_file())
}

/// Has the vault lie elsewhere, and a link in its place.
fn move_vault(home: &Home, to: &Path) {
    fs::copy(vault(home), to).expect("a copy");
    fs::remove_file(vault(home)).expect("a vault that is there");
    symlink(to, vault(home)).expect("a free place");
}

#[test]
fn a_pipe_a_folder_or_a_device_in_a_files_place_is_named_and_never_waited_for() {
    let (with_vault, empty) = (home_with_two(), Home::new());
    fs::create_dir(empty.authr()).unwrap();
    let rename: &[&str] = &["rename", "ada", "--label", "eve"];
    for (home, name, arguments) in [
        (&with_vault, "vault.authr", &["list"][..]),
        (&with_vault, "state.json", &["list"]),
        (&with_vault, "config.toml", rename),
        (&with_vault, "vault.lock", rename),
        (
            &empty,
            "registration.json",
            &["register", "--finish", "1234567"],
        ),
    ] {
        let place = home.authr().join(name);
        let before = fs::read(&place).ok();
        for what in ["pipe", "folder", "device"] {
            let _ = fs::remove_file(&place);
            match what {
                "pipe" => make_pipe(home, &place),
                "folder" => fs::create_dir(&place).unwrap(),
                _ => symlink("/dev/zero", &place).unwrap(),
            }
            let ran = in_time(home, arguments);
            let named = format!("{} is a {what}, not a file", place.display());
            assert!(ran.stderr.contains(&named), "{named}: {ran}");
            let _ = ran.failed(1);
            assert!(!is_a_file(&place), "the {what} at {name} was replaced");
            let _ = fs::remove_dir(&place);
        }
        let _ = fs::remove_file(&place);
        if let Some(bytes) = before {
            home.file(&format!("authr/{name}"), bytes);
        }
    }
    assert!(authr(&with_vault, &["list"]).succeeded().contains("ada"));
}

#[test]
fn a_pipe_in_the_place_of_what_is_only_nice_to_have_holds_nobody_up() {
    let home = home_with_two();
    let place = home.authr().join("usage.authr");
    let _ = fs::remove_file(&place);
    make_pipe(&home, &place);
    in_time(&home, &["code", "drchrono"]).succeeded();
    assert!(!is_a_file(&place));
}

#[test]
fn a_vault_that_is_a_link_stays_one_and_is_saved_where_it_lies() {
    // On this disk and on another.
    for folder in [TempDir::new(), TempDir::new_in("/dev/shm")] {
        let (home, folder) = (home_with_two(), folder.unwrap());
        let place = folder.path().join("vault.authr");
        move_vault(&home, &place);
        let before = fs::read(&place).unwrap();
        authr(&home, &["rename", "ada", "--label", "eve"]).succeeded();
        assert!(vault(&home).is_symlink());
        assert_ne!(fs::read(&place).unwrap(), before);
        let files: Vec<_> = fs::read_dir(folder.path()).unwrap().collect();
        assert_eq!(files.len(), 1, "nothing else is left there: {files:?}");
        // The generation before is a file of its own, and not a link to the present one.
        authr(&home, &["undo", "--yes"]).succeeded();
        let listed = authr(&home, &["list"]).succeeded();
        assert!(
            listed.contains("ada") && !listed.contains("eve"),
            "{listed}"
        );
    }
}

#[test]
fn a_vault_that_is_a_link_to_nothing_is_neither_absent_nor_made_anew() {
    let home = home_with_two();
    let place = home.path().join("elsewhere");
    move_vault(&home, &place);
    fs::rename(&place, home.path().join("not mounted")).unwrap();
    for arguments in [&["list"][..], &["doctor"], &["import", "uris"]] {
        home.file("uris", ADA);
        let ran = in_time(&home, arguments);
        let named = format!("is a link to {}, and nothing is there", place.display());
        assert!(ran.stderr.contains(&named), "{arguments:?}: {ran}");
        let _ = ran.failed(1);
    }
    fs::rename(home.path().join("not mounted"), &place).unwrap();
    assert!(authr(&home, &["list"]).succeeded().contains("ada"));
}

#[test]
fn nothing_is_written_in_the_place_of_a_pipe_or_a_device() {
    let home = home_with_two();
    let (pipe, device) = (home.path().join("pipe"), home.path().join("device"));
    make_pipe(&home, &pipe);
    symlink("/dev/null", &device).unwrap();
    for (place, what) in [(&pipe, "pipe"), (&device, "device")] {
        for command in [
            &["backup", "create"][..],
            &["export", "--format", "otpauth", "--plaintext", "-o"],
        ] {
            let ran = in_time(&home, &[command, &[place.to_str().unwrap()]].concat());
            let named = format!("is a {what}, not a file");
            assert!(ran.stderr.contains(&named), "{command:?}: {ran}");
            let _ = ran.failed(1);
            assert!(!is_a_file(place));
        }
    }
}

#[test]
fn what_a_person_names_may_come_through_a_pipe() {
    let home = home_with_two();
    authr(&home, &["backup", "create", "copy"]).succeeded();
    let (one, other) = (Home::new(), Home::new());
    let bash = |home: &Home, script: &str| {
        home.file("uris", format!("{ADA}\n{BOB}\n"));
        let bash = home.program("bash").args(["-c", script, AUTHR, PASSWORD]);
        bash.run().succeeded()
    };
    bash(
        &one,
        "cat uris | \"$0\" --yes --password-file <(printf %s \"$1\") import /dev/stdin",
    );
    bash(
        &other,
        "\"$0\" --yes --password-fd 3 import <(cat uris) 3< <(printf %s \"$1\")",
    );
    fs::copy(home.path().join("copy"), other.path().join("copy")).unwrap();
    bash(
        &other,
        "\"$0\" --password-file <(printf %s \"$1\") restore <(cat copy) --yes --file-password-file <(printf %s \"$1\")",
    );
    for home in [&one, &other] {
        assert!(authr(home, &["list"]).succeeded().contains("bob"));
    }
}

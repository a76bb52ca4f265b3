//! What a script relies on: streams, exit codes, and that nothing waits for a person.

use authr_testkit::Home;

use crate::{ADA, AUTHR, PASSWORD, add, authr, home_with_two, json, program};

#[test]
fn every_question_that_nobody_can_answer_is_exit_3_and_says_what_to_pass() {
    let home = home_with_two();
    let _ = authr(&home, &["backup", "create", "copy.authr"]).succeeded();
    let _ = authr(&home, &["remove", "bob", "--yes"]).succeeded();
    home.file("list.txt", "otpauth://totp/eve?secret=GEZDGNBVGY3TQOJS\n");
    let before = std::fs::read(crate::vault(&home)).unwrap();
    for (arguments, pass) in [
        (&["add"][..], "--issuer NAME"),
        (&["add", "--issuer", "a"], "--label NAME"),
        (
            &["add", "--issuer", "a", "--label", "b"],
            "--secret-file FILE",
        ),
        (&["add", ADA], "--yes"),
        (&["remove", "ada"], "--yes"),
        (&["undo"], "--yes"),
        (&["rename", "ada"], "--issuer NAME or --label NAME"),
        (&["edit", "ada"], "--issuer, --label, --note or --icon"),
        (&["import", "list.txt"], "--yes"),
        (&["export", "--plaintext", "-o", "list.txt"], "--yes"),
        (&["backup", "create", "copy.authr"], "--yes"),
        (&["restore", "copy.authr"], "--yes"),
        (&["password", "change"], "--new-password-file FILE"),
    ] {
        let ran = authr(&home, arguments);
        assert!(
            ran.stderr.contains(&format!("hint: pass {pass}\n")),
            "{ran}"
        );
        assert_eq!(ran.code, Some(3), "{ran}");
    }
    let password = "--password-file FILE or --password-fd N";
    for arguments in [&["list"][..], &["backup", "verify", "copy.authr"]] {
        let ran = home.program(AUTHR).args(arguments).run();
        assert!(
            ran.stderr.contains(&format!("hint: pass {password}\n")),
            "{ran}"
        );
        let _ = ran.failed(3);
    }
    let empty = Home::new();
    let ran = empty.program(AUTHR).args(["add", "-"]).stdin(ADA).run();
    assert!(
        ran.stderr.contains(&format!("hint: pass {password}\n")),
        "{ran}"
    );
    let _ = ran.failed(3);
    assert!(!empty.authr().exists());
    assert_eq!(std::fs::read(crate::vault(&home)).unwrap(), before);
}

#[test]
fn the_password_comes_from_any_descriptor() {
    let home = home_with_two();
    let script = "exec \"$0\" --password-fd 7 list 7<password";
    let ran = home.program("/bin/sh").args(["-c", script, AUTHR]).run();
    assert!(ran.succeeded().contains("ada"));
    let stdin = home
        .program(AUTHR)
        .args(["--password-fd", "0", "list"])
        .stdin(format!("{PASSWORD}\n"));
    assert!(stdin.run().succeeded().contains("ada"));
    let closed = home.program(AUTHR).args(["--password-fd", "7", "list"]);
    let ran = closed.run();
    assert!(ran.stderr.contains("file descriptor 7"), "{ran}");
    let _ = ran.failed(1);
}

#[test]
fn home_names_the_folder_of_every_file_whatever_the_environment_says() {
    let home = Home::new();
    let there = home.path().join("there");
    for arguments in [
        &["add", ADA][..],
        &["code", "ada"],
        &["rename", "ada", "--label", "eve"],
    ] {
        let run = program(&home, PASSWORD).arg("--home").arg(&there);
        let _ = run.args(arguments).run().succeeded();
    }
    let mut made: Vec<_> = std::fs::read_dir(home.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    made.sort();
    assert_eq!(made, ["password", "there"]);
    use std::os::unix::fs::PermissionsExt;
    let mode = std::fs::metadata(&there).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
}

#[test]
fn without_home_the_files_lie_where_the_platform_keeps_them() {
    let home = Home::new();
    let run = program(&home, PASSWORD).env("AUTHR_HOME", "");
    let _ = run.args(["add", "-"]).stdin(ADA).run().succeeded();
    let folder = home.path().join(".local/share/authr");
    assert!(folder.join("vault.authr").exists() || cfg!(not(target_os = "linux")));
}

#[test]
fn a_result_that_cannot_be_written_is_a_failure_and_a_reader_that_left_is_none() {
    let home = home_with_two();
    let sh = |script| home.program("/bin/sh").args(["-c", script, AUTHR]).run();
    let ran = sh("exec \"$0\" --password-file password list > /dev/full");
    assert!(ran.stderr.contains("cannot write the results"), "{ran}");
    let _ = ran.failed(1);
    let ran = sh("{ \"$0\" --password-file password list; echo $? >&2; } | true");
    assert_eq!(ran.stderr, "0\n");
    let _ = ran.succeeded();
}

#[test]
fn quiet_leaves_out_notes_and_keeps_results_and_warnings() {
    let home = Home::new();
    let weak = "otpauth://totp/a?secret=GEZDGNBV";
    let run = program(&home, PASSWORD).args(["--quiet", "add", "-"]);
    let ran = run.stdin(weak).run();
    assert_eq!(
        ran.stderr,
        "warning: the secret is shorter than 80 bits: it can be found by trying\n"
    );
    assert_eq!(ran.succeeded(), "");
    let ran = authr(&home, &["-q", "code", "a", "--at", "@0"]);
    assert_eq!(ran.stderr, "");
    assert_eq!(ran.succeeded().len(), "000000\n".len());
}

#[test]
fn json_has_the_fields_that_scripts_were_promised() {
    let home = home_with_two();
    let keys = |value: &serde_json::Value| {
        let object = value.as_object().expect("an object");
        object.keys().cloned().collect::<Vec<_>>().join(" ")
    };
    assert_eq!(
        keys(&json(&home, &["code", "ada"])),
        "code digits issuer kind label next period remaining valid_until"
    );
    assert_eq!(
        keys(&json(&home, &["list"])[0]),
        "id issuer kind label last_used native pinned tags"
    );
    let with_codes = keys(&json(&home, &["list", "--codes"])[1]);
    assert!(with_codes.contains("code") && with_codes.contains("valid_until"));
    let ran = authr(&home, &["--json", "code", "nobody"]);
    let said: serde_json::Value = serde_json::from_str(&ran.failed(4)).unwrap();
    assert_eq!(keys(&said["error"]), "hints kind message");
    assert_eq!(said["error"]["kind"], "not-found");
    let uri = json(&home, &["qr", "ada"])["uri"].clone();
    let other = Home::new();
    let _ = add(&other, uri.as_str().unwrap()).succeeded();
    assert_eq!(
        authr(&other, &["code", "ada", "--at", "@1111111109"]).succeeded(),
        "081804\n"
    );
}

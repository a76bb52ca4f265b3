use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use authr_testkit::{Ended, Home, Sitting};

use crate::{ADA, AUTHR, PASSWORD, authr, home_with_two, program};

type Words = &'static [&'static str];
/// Questions, and what is answered.
type Answers = &'static [(&'static str, &'static str)];

/// A question, and how one comes to it.
struct Question {
    arguments: Words,
    before: Answers,
    asked: &'static str,
    echoes: bool,
}

impl Question {
    /// Sits down at a terminal and answers until the question is asked.
    fn reach(&self, home: &Home, password: Option<&str>) -> Sitting {
        let program = match password {
            Some(password) => program(home, password),
            None => home.program(AUTHR),
        };
        let mut sitting = program.args(self.arguments).sit(80);
        for (asked, answer) in self.before {
            sitting.wait_for(asked);
            sitting.type_line(answer);
        }
        sitting.wait_for(self.asked);
        assert_eq!(sitting.echoes(), self.echoes, "{:?}", self.arguments);
        sitting
    }

    /// Presses Ctrl-C in the middle of an answer. The program ends as the signal ends any program (130 in a shell), the
    /// echo is back, and no file was changed, made or removed.
    fn give_up(&self, home: &Home, password: Option<&str>) {
        let before = files(home.path());
        let mut sitting = self.reach(home, password);
        sitting.press(b"halfway");
        sitting.press(b"\x03");
        let ended = sitting.end();
        let about = format!("{:?} {} {ended:?}", self.arguments, self.asked);
        assert_eq!((ended.signal, ended.echoes), (Some(2), true), "{about}");
        let after = files(home.path());
        assert_eq!(
            before.keys().collect::<Vec<_>>(),
            after.keys().collect::<Vec<_>>(),
            "{about}"
        );
        assert!(before == after, "a file was changed: {about}");
    }
}

/// Every file under a folder, with what it holds.
fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut all = BTreeMap::new();
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry of it").path();
        if path.is_dir() {
            all.append(&mut files(&path));
        } else {
            all.insert(path.clone(), std::fs::read(&path).expect("a file of it"));
        }
    }
    all
}

/// Two accounts, a copy of them, a change since then, and a list of others.
fn home_with_everything() -> Home {
    let home = home_with_two();
    let _ = authr(&home, &["backup", "create", "copy.authr"]).succeeded();
    let _ = authr(&home, &["rename", "bob", "--label", "rob"]).succeeded();
    let _ = authr(&home, &["remove", "rob", "--yes"]).succeeded();
    let _ = authr(&home, &["recovery", "new"]).succeeded();
    home.file(
        "list.txt",
        "otpauth://totp/Bank:eve?secret=GEZDGNBVGY3TQOJS\n",
    );
    home
}

const CONFIRMATIONS: [Question; 9] = [
    shown(&["remove", "ada"], &[], "Remove drchrono:ada? [y/N]: "),
    shown(&["undo"], &[], "Undo the last change? [y/N]: "),
    shown(&["import", "list.txt"], &[], "Import 1 account? [y/N]: "),
    shown(
        &["backup", "create", "copy.authr"],
        &[],
        "Replace copy.authr? [y/N]: ",
    ),
    shown(
        &["export", "--plaintext", "-o", "list.txt"],
        &[],
        "Replace list.txt? [y/N]: ",
    ),
    shown(&["restore", "copy.authr"], &[], "Bring them back? [y/N]: "),
    shown(&["add", ADA], &[], "Add it all the same? [y/N]: "),
    shown(&["trash", "empty"], &[], "Drop 1 account for good? [y/N]: "),
    // The question is longer than a line.
    shown(&["recovery", "new"], &[], "[y/N]: "),
];
/// What is asked where the vault is damaged.
const CONFIRMATIONS_OF_DAMAGE: [Question; 2] = [
    shown(&["undo"], &[], "Go back to that generation? [y/N]: "),
    shown(&["restore", "copy.authr"], &[], "[y/N]: "),
];

/// A question whose answer is shown while it is typed.
const fn shown(arguments: Words, before: Answers, asked: &'static str) -> Question {
    Question {
        arguments,
        before,
        asked,
        echoes: true,
    }
}

/// A question whose answer is a secret.
const fn hidden(arguments: Words, before: Answers, asked: &'static str) -> Question {
    Question {
        arguments,
        before,
        asked,
        echoes: false,
    }
}

#[test]
fn ctrl_c_at_each_confirmation_gives_the_echo_back_and_changes_no_file() {
    let home = home_with_everything();
    for question in &CONFIRMATIONS {
        question.give_up(&home, Some(PASSWORD));
    }
    home.file("authr/vault.authr", "a shopping list");
    for question in &CONFIRMATIONS_OF_DAMAGE {
        question.give_up(&home, Some(PASSWORD));
    }
}

#[test]
fn no_and_enter_alone_and_a_closed_input_are_each_a_no() {
    let home = home_with_everything();
    for (question, answer) in CONFIRMATIONS
        .iter()
        .zip(["n\n", "\n", "no\n", "\x04"].iter().cycle())
    {
        let before = files(home.path());
        let mut sitting = question.reach(&home, Some(PASSWORD));
        sitting.press(answer.as_bytes());
        let ended = sitting.end();
        assert_eq!(ended.code, Some(1), "{answer:?} {ended:?}");
        let said = ended.text.to_lowercase();
        assert!(
            said.contains("nothing was ") || said.contains("stays as it is"),
            "{ended:?}"
        );
        assert!(files(home.path()) == before, "{answer:?} {ended:?}");
    }
}

#[test]
fn ctrl_c_at_each_question_of_a_vault_gives_the_echo_back_and_changes_no_file() {
    let home = home_with_everything();
    const ISSUER: &str = "New issuer (Enter keeps drchrono): ";
    const NEW: &str = "New backups password (Enter makes one): ";
    const RENAME: Words = &["rename", "ada"];
    const CHANGE: Words = &["password", "change"];
    for question in [
        shown(RENAME, &[], ISSUER),
        shown(
            RENAME,
            &[(ISSUER, "other")],
            "New label (Enter keeps ada): ",
        ),
        hidden(CHANGE, &[], NEW),
        hidden(CHANGE, &[(NEW, "a-longer-and-newer-password-7")], "again: "),
        hidden(CHANGE, &[(NEW, "")], "written down: "),
        shown(CHANGE, &[(NEW, "weak")], "Use it all the same? [y/N]: "),
    ] {
        question.give_up(&home, Some(PASSWORD));
    }
    for arguments in [
        &["list"][..],
        &["code", "ada"],
        &["backup", "create", "new.authr"],
    ] {
        hidden(arguments, &[], "Backups password: ").give_up(&home, None);
    }
    let verify = &["backup", "verify", "copy.authr"];
    hidden(verify, &[], "Password of copy.authr: ").give_up(&home, None);
}

#[test]
fn ctrl_c_at_each_question_of_the_first_run_leaves_no_file() {
    let home = Home::new();
    const ISSUER: &str = "Issuer (such as GitHub): ";
    const LABEL: &str = "Label (your name or address there): ";
    const SECRET: &str = "Secret (Base32, as the site shows it): ";
    const NEW: &str = "New backups password (Enter makes one): ";
    const BASE32: &str = "GEZDGNBVGY3TQOJQ";
    const ADD: Words = &["add"];
    for question in [
        shown(ADD, &[], ISSUER),
        shown(ADD, &[(ISSUER, "Acme")], LABEL),
        hidden(ADD, &[(ISSUER, "Acme"), (LABEL, "ada")], SECRET),
        hidden(ADD, &[(ISSUER, ""), (LABEL, "ada"), (SECRET, BASE32)], NEW),
        hidden(&["add", ADA], &[(NEW, PASSWORD)], "again: "),
        hidden(&["add", ADA], &[(NEW, "")], "written down: "),
        shown(
            &["add", ADA],
            &[(NEW, "weak")],
            "Use it all the same? [y/N]: ",
        ),
    ] {
        question.give_up(&home, None);
    }
    assert!(!home.authr().exists());
}

#[test]
fn the_first_add_asks_twice_for_a_password_and_shows_a_code() {
    let home = Home::new();
    let mut sitting = home.program(AUTHR).args(["add", ADA]).sit(80);
    sitting.wait_for("makes one): ");
    sitting.type_line(PASSWORD);
    sitting.wait_for("again: ");
    sitting.type_line(PASSWORD);
    let ended = sitting.end();
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(ended.text.contains("Added drchrono:ada."), "{ended:?}");
    assert!(authr(&home, &["list"]).succeeded().contains("ada"));
}

#[test]
fn a_wrong_password_may_be_typed_again() {
    let home = home_with_two();
    let mut sitting = home.program(AUTHR).args(["list"]).sit(40);
    sitting.wait_for("Backups password: ");
    sitting.type_line("wrong");
    sitting.wait_for("try again");
    sitting.wait_for("Backups password: ");
    sitting.type_line(PASSWORD);
    let ended = sitting.end();
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(ended.text.contains("drchrono"), "{ended:?}");
}

#[test]
fn a_passphrase_that_was_made_opens_the_vault_and_is_shown_once() {
    let home = Home::new();
    let mut sitting = home.program(AUTHR).args(["add", ADA]).sit(80);
    sitting.wait_for("makes one): ");
    sitting.type_line("");
    sitting.wait_for("written down: ");
    sitting.type_line("");
    let Ended { code, text, .. } = sitting.end();
    assert_eq!(code, Some(0), "{text}");
    let made: Vec<&str> = (text.lines().map(str::trim))
        .filter(|line| line.len() == 29 && line.matches('-').count() == 4)
        .collect();
    let [made] = made[..] else {
        panic!("not one passphrase in {text}")
    };
    let listed = program(&home, made).arg("list").run().succeeded();
    assert!(listed.contains("ada"), "{listed}");
}

#[test]
fn a_secret_that_is_none_is_asked_for_again() {
    let home = home_with_two();
    let arguments = ["add", "--issuer", "Acme", "--label", "eve"];
    let mut sitting = program(&home, PASSWORD).args(arguments).sit(80);
    for secret in ["", "not base32!", "gezd gnbv gy3t qojq"] {
        sitting.wait_for("shows it): ");
        sitting.type_line(secret);
    }
    let ended = sitting.end();
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(!ended.text.contains("gezd"), "{ended:?}");
    assert!(ended.text.contains("Added Acme:eve."), "{ended:?}");
}

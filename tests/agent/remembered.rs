//! A vault that the keyring of a desktop opens.

use std::fs;
use std::path::PathBuf;

use authr_testkit::{Desktop, Home, Program, Ran};

use crate::{PASSWORD, Watched};

/// A home that was told to be remembered, and the desktop it is on. Its vault is locked.
struct Remembered {
    home: Watched,
    desktop: Desktop,
}

impl Remembered {
    fn new() -> Self {
        let (home, desktop) = (Watched::locked(), Desktop::new());
        let remembered = Self { home, desktop };
        remembered.remember().succeeded();
        remembered.lock();
        remembered
    }

    /// The program, in this session.
    fn on_desktop(&self, program: Program) -> Program {
        program.env("DBUS_SESSION_BUS_ADDRESS", self.desktop.address())
    }

    /// `authr` that has nobody to ask.
    fn authr(&self, arguments: &[&str]) -> Ran {
        self.on_desktop(self.home.program()).args(arguments).run()
    }

    fn with_password(&self, arguments: &[&str]) -> Ran {
        self.on_desktop(self.home.with_password(arguments)).run()
    }

    fn remember(&self) -> Ran {
        self.with_password(&["unlock", "--remember", "--longest", "10m"])
    }

    fn lock(&self) {
        self.authr(&["lock"]).succeeded();
    }

    fn vault(&self) -> PathBuf {
        vault(&self.home)
    }

    /// Another home with the same vault, on the same desktop.
    fn copy(&self) -> Home {
        let copy = Home::new();
        fs::create_dir(copy.authr()).expect("a folder of the test");
        fs::create_dir(copy.path().join("run")).expect("a folder of the test");
        fs::copy(self.vault(), copy.authr().join("vault.authr")).expect("a folder of the test");
        copy.file("password", PASSWORD);
        copy
    }

    fn in_copy(&self, copy: &Home, arguments: &[&str]) -> Ran {
        let program = self.on_desktop(copy.program(crate::AUTHR));
        let run = copy.path().join("run");
        program.env("XDG_RUNTIME_DIR", run).args(arguments).run()
    }
}

fn vault(home: &Watched) -> PathBuf {
    home.0.authr().join("vault.authr")
}

/// Nobody to ask: the keyring alone can have opened it.
fn asks_for_the_password(ran: Ran) -> String {
    let said = ran.failed(3);
    assert!(said.contains("--password-file"), "{said}");
    said
}

#[test]
fn a_remembered_vault_is_unlocked_without_a_question() {
    let remembered = Remembered::new();
    assert!(!remembered.home.is_unlocked());
    remembered.authr(&["unlock"]).succeeded();
    assert!(remembered.home.is_unlocked());
    // And the agent needs no keyring.
    let code = remembered.home.authr(&["code", "ada"]).succeeded();
    assert_eq!(code.trim().len(), 6);
}

#[test]
fn a_remembered_vault_shows_codes_without_an_agent_and_asks_before_it_shows_a_secret() {
    let remembered = Remembered::new();
    let code = remembered.authr(&["code", "ada"]).succeeded();
    assert_eq!(code.trim().len(), 6);
    remembered
        .authr(&["rename", "ada", "--label", "eve"])
        .succeeded();
    assert!(!remembered.home.is_unlocked());
    for secret in [
        &["show", "eve", "--secret"][..],
        &["qr", "eve"],
        &["export", "-o", "list.txt", "--plaintext"],
        &["--yes", "recovery", "new"],
        &["password", "change"],
    ] {
        asks_for_the_password(remembered.authr(secret));
    }
}

#[test]
fn who_names_a_password_is_not_answered_by_the_keyring() {
    let remembered = Remembered::new();
    let wrong = remembered.home.0.file("wrong", "not-the-password-at-all");
    let wrong = wrong.to_str().unwrap();
    let said = remembered
        .authr(&["--password-file", wrong, "code", "ada"])
        .failed(3);
    assert!(said.contains("wrong password"), "{said}");
}

#[test]
fn without_a_keyring_nothing_is_changed_and_nobody_is_asked() {
    let home = Watched::locked();
    let before = fs::read(vault(&home)).unwrap();
    let remember = ["unlock", "--remember"];
    let desktop = Desktop::without_keyring();
    let refused = home
        .program()
        .env("DBUS_SESSION_BUS_ADDRESS", desktop.address())
        .args(remember)
        .run()
        .failed(1);
    assert!(refused.contains("no keyring is within reach"), "{refused}");
    let refused = home.authr(&remember).failed(1);
    assert_eq!(
        refused,
        "error: no keyring is within reach: there is no D-Bus session here\n"
    );
    let gone = "unix:path=/nonexistent/bus";
    let program = home.program().env("DBUS_SESSION_BUS_ADDRESS", gone);
    let refused = program.args(remember).run().failed(1);
    assert!(refused.contains("no keyring is within reach"), "{refused}");
    assert_eq!(fs::read(vault(&home)).unwrap(), before);
    assert!(!home.is_unlocked());
}

#[test]
fn a_remembered_vault_out_of_the_keyrings_reach_opens_with_the_password_after_one_warning() {
    let remembered = Remembered::new();
    let home = &remembered.home;
    let said = asks_for_the_password(home.authr(&["unlock"]));
    assert_eq!(said.matches("warning").count(), 1, "{said}");
    // Who names the password is not told of it.
    let unlocked = home.with_password(&["unlock", "--longest", "10m"]).run();
    assert!(!unlocked.stderr.contains("keyring"), "{unlocked}");
    unlocked.succeeded();
}

#[test]
fn forgetting_takes_the_slot_and_the_entry_away() {
    let remembered = Remembered::new();
    let copy = remembered.copy();
    assert_eq!(remembered.desktop.entries(), 1);
    let opened = remembered.in_copy(&copy, &["code", "ada"]).succeeded();
    assert_eq!(opened.trim().len(), 6);

    // It needs no password: it gives nothing away.
    remembered.authr(&["unlock", "--forget"]).succeeded();
    assert_eq!(remembered.desktop.entries(), 0);
    let said = asks_for_the_password(remembered.authr(&["unlock"]));
    assert!(!said.contains("keyring"), "{said}");
    // Nor does it open what was copied before.
    let said = asks_for_the_password(remembered.in_copy(&copy, &["code", "ada"]));
    assert!(said.contains("keeps nothing for this vault"), "{said}");

    let again = remembered.authr(&["unlock", "--forget"]);
    assert!(again.stderr.contains("nothing to forget"), "{again}");
    again.succeeded();
    let opened = remembered.with_password(&["code", "ada"]).succeeded();
    assert_eq!(opened.trim().len(), 6);
}

#[test]
fn forgetting_without_the_keyring_ends_the_slot_and_says_what_may_stay() {
    let remembered = Remembered::new();
    let home = &remembered.home;
    let said = home.with_password(&["unlock", "--forget"]).run().failed(1);
    assert!(said.contains("may still be there"), "{said}");
    assert_eq!(remembered.desktop.entries(), 1);
    asks_for_the_password(remembered.authr(&["unlock"]));
    // Once the keyring is there again, the rest goes, without a password.
    remembered.authr(&["unlock", "--forget"]).succeeded();
    assert_eq!(remembered.desktop.entries(), 0);
}

#[test]
fn a_wrong_entry_leads_to_the_question_after_one_warning() {
    let remembered = Remembered::new();
    // The same vault, remembered elsewhere: the keyring has one entry for both.
    let copy = remembered.copy();
    let password = copy.path().join("password");
    let password = ["--password-file", password.to_str().unwrap()];
    let remember = [&password[..], &["unlock", "--remember"]].concat();
    remembered.in_copy(&copy, &remember).succeeded();
    remembered.in_copy(&copy, &["lock"]).succeeded();
    assert_eq!(remembered.desktop.entries(), 1);

    let said = asks_for_the_password(remembered.authr(&["unlock"]));
    assert_eq!(said.matches("warning").count(), 1, "{said}");
    assert!(
        said.contains("what the keyring keeps opens no slot"),
        "{said}"
    );
    let mut sitting = remembered
        .on_desktop(remembered.home.program())
        .args(["code", "ada"])
        .sit(80);
    sitting.wait_for("Backups password");
    sitting.type_line(PASSWORD);
    assert_eq!(sitting.end().code, Some(0));
}

#[test]
fn two_vaults_of_one_person_do_not_disturb_each_other() {
    let remembered = Remembered::new();
    let other = Watched::locked();
    let program = remembered.on_desktop(other.with_password(&["unlock", "--remember"]));
    program.run().succeeded();
    assert_eq!(remembered.desktop.entries(), 2);
    let forget = remembered.on_desktop(other.program());
    forget.args(["unlock", "--forget"]).run().succeeded();
    assert_eq!(remembered.desktop.entries(), 1);
    remembered.authr(&["code", "ada"]).succeeded();
}

#[test]
fn a_new_password_is_remembered_with_a_new_secret() {
    let remembered = Remembered::new();
    let copy = remembered.copy();
    let new = remembered.home.0.file("new", "granite-lagoon-orchid-77");
    let new = new.to_str().unwrap();
    let change = ["password", "change", "--new-password-file", new];
    remembered.with_password(&change).succeeded();
    assert_eq!(remembered.desktop.entries(), 1);
    remembered.authr(&["code", "ada"]).succeeded();
    // The copy from before is of the old password and of the old secret.
    let said = asks_for_the_password(remembered.in_copy(&copy, &["code", "ada"]));
    assert!(said.contains("opens no slot"), "{said}");
}

#[test]
fn a_password_changed_out_of_the_keyrings_reach_ends_it_and_says_so() {
    let remembered = Remembered::new();
    let home = &remembered.home;
    let new = home.0.file("new", "granite-lagoon-orchid-77");
    let change = ["password", "change", "--new-password-file"];
    let change = [&change[..], &[new.to_str().unwrap()]].concat();
    let changed = home.with_password(&change).run();
    assert!(
        changed.stderr.contains("authr unlock --remember"),
        "{changed}"
    );
    changed.succeeded();
    let said = asks_for_the_password(remembered.authr(&["unlock"]));
    assert!(!said.contains("warning"), "{said}");
}

#[test]
fn a_new_recovery_code_leaves_the_keyring_as_it_is() {
    let remembered = Remembered::new();
    remembered
        .with_password(&["--yes", "recovery", "new"])
        .succeeded();
    remembered.authr(&["code", "ada"]).succeeded();
}

#[test]
fn remembering_beside_an_agent_leaves_the_agent_as_it_is() {
    let remembered = Remembered::new();
    remembered.authr(&["unlock"]).succeeded();
    let agent = remembered.home.agent();
    remembered.remember().succeeded();
    assert_eq!(remembered.home.agent(), agent);
    remembered.authr(&["unlock", "--forget"]).succeeded();
    assert_eq!(remembered.home.agent(), agent);
    remembered.home.authr(&["code", "ada"]).succeeded();
}

#[test]
fn remembering_hands_nothing_secret_to_another_program() {
    let remembered = Remembered::new();
    let trace = remembered.home.0.path().join("trace");
    let password = remembered.home.0.path().join("password");
    let traced = remembered
        .on_desktop(remembered.home.0.program("strace"))
        .env("XDG_RUNTIME_DIR", remembered.home.0.path().join("run"))
        .args(["-f", "-v", "-s", "4096", "-e", "trace=execve", "-o"])
        .arg(&trace)
        .args([crate::AUTHR, "--password-file"])
        .arg(password)
        .args(["unlock", "--remember", "--longest", "2s"]);
    traced.run().succeeded();
    let trace = fs::read_to_string(trace).unwrap();
    let started: Vec<_> = trace
        .lines()
        .filter(|line| line.contains("execve("))
        .collect();
    let [command, agent] = started[..] else {
        panic!("{trace}");
    };
    assert!(!command.contains(PASSWORD), "{command}");
    assert!(agent.contains(r#""agent-process"], []"#), "{agent}");
}

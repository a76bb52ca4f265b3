//! The commands that save, each with how it is seen whether it did.

use std::fs;
use std::path::Path;

use authr_core::vault::{VaultFile, recovery};
use authr_crypto::kdf::Argon2id;
use authr_testkit::{Home, Program, Ran};
use serde_json::Value;

use crate::served::{self, Running, Served};
use crate::{AUTHR, NEW_PASSWORD, PASSWORD};

const ADA: &str =
    "otpauth://totp/drchrono:ada?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=drchrono";
const BOB: &str =
    "otpauth://hotp/Acme:bob?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Acme&counter=3";
const EVE: &str = "otpauth://totp/Zoo:eve?secret=MFRGGZDFMZTWQ2LK&issuer=Zoo";

/// Files by their path in a home.
pub(crate) type Files = Vec<(String, Vec<u8>)>;

/// What is left after a run.
pub(crate) enum State {
    /// The old one; with a server also what one of several saves left, in which nothing is lost.
    Old,
    New,
    /// Neither; how it looks.
    Lost(String),
}

/// How old and new are told apart.
enum Look {
    /// By what this command prints, as JSON.
    Prints(&'static [&'static str]),
    /// The code opens the old vault, this password the new one.
    Password(&'static str),
    /// There was no vault; now it has the accounts of these names.
    First(&'static [&'static str]),
    /// By the list, which several saves make new.
    Steps,
    /// A copy is there and opens.
    Copy,
    /// The vault was damaged; now one opens, and what was damaged is kept.
    Mended,
}

/// A command that saves.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    arguments: &'static [&'static str],
    stdin: &'static str,
    look: Look,
    /// The home before it.
    before: Files,
    /// What it prints, before and after.
    prints: (Value, Value),
    /// What it talks to.
    served: Option<Served>,
}

/// A home as it is before a command, and the server of the command.
pub(crate) struct Stage<'a> {
    pub(crate) home: Home,
    running: Option<Running<'a>>,
}

const VAULT: &str = "authr/vault.authr";
const LIST: &[&str] = &["list", "--json"];

/// Those with a server come first: they take longest.
pub(crate) fn cases() -> Vec<Case> {
    let mut cases = with_a_server();
    cases.extend(without_a_server());
    cases
}

fn with_a_server() -> Vec<Case> {
    let case = |name, arguments, look, (before, served)| {
        Case::new(name, arguments, "", look, before, Some(served))
    };
    vec![
        case(
            "register",
            &["register", "--finish"],
            Look::First(&[served::SITE]),
            served::unregistered(),
        ),
        case(
            "restore a number",
            &["restore", "--finish"],
            Look::First(&[served::SITE, served::FIRST]),
            served::lost(),
        ),
        case("sync", &["sync"], Look::Steps, served::behind()),
    ]
}

fn without_a_server() -> Vec<Case> {
    let template = files(template().path(), "");
    let (list, trash): (&[&str], &[&str]) = (LIST, &["trash", "--json"]);
    let case = |name, arguments, stdin, look| {
        let mut before = template.clone();
        match look {
            Look::First(_) => before.retain(|(path, _)| !path.contains('/')),
            Look::Mended => damage(&mut before),
            _ => {}
        }
        Case::new(name, arguments, stdin, look, before, None)
    };
    vec![
        case("first add", &["add", "-"], ADA, Look::First(&["ada"])),
        case("add", &["add", "-"], EVE, Look::Prints(list)),
        case(
            "rename",
            &["rename", "ada", "--label", "eve"],
            "",
            Look::Prints(list),
        ),
        case(
            "edit",
            &["edit", "bob", "--issuer", "Bell", "--note", "by the door"],
            "",
            Look::Prints(list),
        ),
        case("remove", &["remove", "ada"], "", Look::Prints(list)),
        case(
            "code of a counter",
            &["code", "bob"],
            "",
            Look::Prints(&["code", "bob", "--at", "@0"]),
        ),
        case("import", &["import", "uris"], "", Look::Prints(list)),
        case("backup", &["backup", "create", "copy"], "", Look::Copy),
        case(
            "restore",
            &["restore", "other", "--file-password-file", "password"],
            "",
            Look::Prints(list),
        ),
        case("undo", &["undo"], "", Look::Prints(list)),
        case("undo of damage", &["undo"], "", Look::Mended),
        case(
            "restore over damage",
            &["restore", "other", "--file-password-file", "password"],
            "",
            Look::Mended,
        ),
        case(
            "trash restore",
            &["trash", "restore", "zoe"],
            "",
            Look::Prints(trash),
        ),
        case("trash empty", &["trash", "empty"], "", Look::Prints(trash)),
        case(
            "recovery new",
            &["recovery", "new"],
            "",
            Look::Password(PASSWORD),
        ),
        case(
            "password change",
            &["password", "change", "--new-password-file", "new"],
            "",
            Look::Password(NEW_PASSWORD),
        ),
    ]
}

/// A home with two accounts, one in the trash, a recovery code, and files to import and to restore.
fn template() -> Home {
    let home = Home::new();
    home.file("password", PASSWORD);
    home.file("new", NEW_PASSWORD);
    home.file("uris", format!("{EVE}\n"));
    let with_password = |arguments: &[&str], stdin: &str| {
        let program = home
            .program(AUTHR)
            .args(["--yes", "--password-file", "password"]);
        program.args(arguments).stdin(stdin).run().succeeded()
    };
    with_password(&["add", "-"], ADA);
    let code = with_password(&["recovery", "new"], "");
    home.file("code", code);
    let with_code = |arguments: &[&str], stdin: &str| run(&home, arguments, stdin).succeeded();
    with_code(&["add", "-"], &EVE.replace("eve", "zoe"));
    with_code(&["backup", "create", "other"], "");
    with_code(&["remove", "zoe"], "");
    with_code(&["add", "-"], BOB);
    home
}

/// Runs the program in a home, opened by the recovery code.
fn run(home: &Home, arguments: &[&str], stdin: &str) -> Ran {
    let program = home
        .program(AUTHR)
        .args(["--yes", "--recovery-code-file", "code"]);
    program.args(arguments).stdin(stdin).run()
}

impl Case {
    fn new(
        name: &'static str,
        arguments: &'static [&'static str],
        stdin: &'static str,
        look: Look,
        before: Files,
        served: Option<Served>,
    ) -> Self {
        let mut case = Self {
            name,
            arguments,
            stdin,
            look,
            before,
            prints: (Value::Null, Value::Null),
            served,
        };
        let shown = match case.look {
            Look::Prints(arguments) => arguments,
            Look::Steps => LIST,
            Look::Password(_) | Look::First(_) | Look::Copy | Look::Mended => return case,
        };
        let stage = case.prepared();
        let old = printed(&stage.home, shown).unwrap();
        case.undisturbed(&stage).succeeded();
        let new = printed(&stage.home, shown).unwrap();
        assert_ne!(old, new, "{name} changes nothing that shows");
        drop(stage);
        case.prints = (old, new);
        case
    }

    /// What is there before the command.
    pub(crate) fn prepared(&self) -> Stage<'_> {
        let home = home(&self.before);
        let running = self.served.as_ref().map(|served| served.start(&home));
        Stage { home, running }
    }

    /// Runs the command under a fault.
    pub(crate) fn run_under(&self, stage: &Stage<'_>, injection: &str) -> Ran {
        self.strace(stage, &["-o", "/dev/null", "-e", injection])
    }

    /// Runs the command under strace.
    pub(crate) fn strace(&self, stage: &Stage<'_>, options: &[&str]) -> Ran {
        let program = stage.home.program("strace").args(["-f", "-qq"]);
        self.run(stage, program.args(options).arg(AUTHR))
    }

    /// Runs the command.
    pub(crate) fn undisturbed(&self, stage: &Stage<'_>) -> Ran {
        self.run(stage, stage.home.program(AUTHR))
    }

    fn run(&self, stage: &Stage<'_>, program: Program) -> Ran {
        let program = program.arg("--yes");
        let program = match self.look {
            Look::First(_) | Look::Mended => program.args(["--password-file", "password"]),
            _ => program.args(["--recovery-code-file", "code"]),
        };
        let code = stage
            .running
            .as_ref()
            .and_then(|running| running.code.as_ref());
        let program = program.args(self.arguments).args(code);
        program.stdin(self.stdin).run()
    }

    /// Whether the same command again goes on with what it began.
    pub(crate) fn is_resumed(&self) -> bool {
        self.served.is_some()
    }

    /// Whether it is, and a password is derived from again and again, which takes longer than all else.
    pub(crate) fn is_slow(&self) -> bool {
        self.is_resumed() && matches!(self.look, Look::First(_))
    }

    /// What is left: looked at by the program, which must open the vault.
    pub(crate) fn state(&self, stage: &Stage<'_>) -> State {
        let home = &stage.home;
        let lost = |ran: &Ran| State::Lost(format!("does not open any more: {ran}"));
        let neither = |shown| State::Lost(format!("neither old nor new: {shown}"));
        let (old, new) = &self.prints;
        match self.look {
            Look::First(_) if !home.authr().join("vault.authr").exists() => State::Old,
            Look::First(names) => match with_password(home, PASSWORD) {
                ran if ran.code != Some(0) => lost(&ran),
                ran if names.iter().all(|name| ran.stdout.contains(name)) => State::New,
                // A device's keys are in the vault before its accounts are.
                _ if self.is_resumed() => State::Old,
                ran => lost(&ran),
            },
            Look::Prints(arguments) => match printed(home, arguments) {
                Ok(shown) if shown == *old => State::Old,
                Ok(shown) if shown == *new => State::New,
                Ok(shown) => neither(shown),
                Err(ran) => lost(&ran),
            },
            Look::Steps => match printed(home, LIST) {
                Ok(shown) if shown == *new => State::New,
                Ok(shown) if is_between(old, &shown, new) => State::Old,
                Ok(shown) => neither(shown),
                Err(ran) => lost(&ran),
            },
            Look::Password(password) => match run(home, &["list"], "") {
                ran if ran.code == Some(0) => State::Old,
                ran if ran.code != Some(3) => lost(&ran),
                _ => match with_password(home, password) {
                    ran if ran.code == Some(0) && ran.stdout.contains("bob") => State::New,
                    ran => lost(&ran),
                },
            },
            Look::Mended => self.mended(home),
            Look::Copy => match run(home, &["list"], "") {
                ran if ran.code != Some(0) => lost(&ran),
                _ => copy(home),
            },
        }
    }

    /// What is left of a damaged vault, which is under its own name or another as long as there is a home.
    fn mended(&self, home: &Home) -> State {
        let damaged = (self.before.iter())
            .find(|(path, _)| path == VAULT)
            .map(|(_, bytes)| bytes);
        let left = files(&home.authr(), "");
        if !left.iter().any(|(_, bytes)| Some(bytes) == damaged) {
            return State::Lost("what was damaged is gone".to_owned());
        }
        match left.iter().find(|(name, _)| name == "vault.authr") {
            None => State::Old,
            Some((_, bytes)) if Some(bytes) == damaged => State::Old,
            // It is older than what was seen, until the command has said that this is meant.
            Some(_) => match with_password_and(home, PASSWORD, &["--accept-rollback"]) {
                ran if ran.code == Some(0) && ran.stdout.contains("ada") => State::New,
                ran => State::Lost(format!("does not open any more: {ran}")),
            },
        }
    }

    /// What is left when the same command ran again, undisturbed: what that lists in the end is what it saved.
    pub(crate) fn ended(&self, stage: &Stage<'_>, again: &Ran) -> State {
        match self.look {
            Look::First(names) if names.iter().all(|name| again.stdout.contains(name)) => {
                State::New
            }
            Look::First(_) => State::Lost("an account is missing".to_owned()),
            _ => self.state(stage),
        }
    }

    /// What of the new state another device does not see.
    pub(crate) fn missing_elsewhere(&self, stage: &Stage<'_>) -> Option<String> {
        let Look::Steps = self.look else { return None };
        let seen = stage.running.as_ref()?.seen_by_the_other();
        match read(&seen) {
            Some(shown) if shown == self.prints.1 => None,
            _ => Some(format!("the other device sees something else: {seen}")),
        }
    }
}

/// Whether each account is the old one or the new one, and none that both have is missing.
fn is_between(old: &Value, shown: &Value, new: &Value) -> bool {
    let has = |list: &Value, one: &Value| list.as_array().is_some_and(|list| list.contains(one));
    let each = |list: &Value| list.as_array().cloned().unwrap_or_default().into_iter();
    each(shown).all(|one| has(old, &one) || has(new, &one))
        && each(old).all(|one| has(shown, &one) || !has(new, &one))
}

fn with_password(home: &Home, password: &str) -> Ran {
    with_password_and(home, password, &[])
}

fn with_password_and(home: &Home, password: &str, options: &[&str]) -> Ran {
    let file = home.file("typed", password);
    let program = home.program(AUTHR).arg("--password-file").arg(file);
    program.args(options).arg("list").run()
}

/// Cuts the vault short.
fn damage(files: &mut Files) {
    let (_, bytes) = files.iter_mut().find(|(path, _)| path == VAULT).unwrap();
    bytes.truncate(bytes.len() / 2);
}

/// What a command prints, without what differs in each run.
fn printed(home: &Home, arguments: &[&str]) -> Result<Value, Ran> {
    let ran = run(home, arguments, "");
    read(&ran).ok_or(ran)
}

fn read(ran: &Ran) -> Option<Value> {
    if ran.code != Some(0) {
        return None;
    }
    let mut shown: Value = serde_json::from_str(&ran.stdout).unwrap_or(Value::Null);
    for account in shown.as_array_mut().into_iter().flatten() {
        for volatile in ["id", "last_used", "removed_at", "gone_at"] {
            account.as_object_mut().unwrap().remove(volatile);
        }
    }
    Some(shown)
}

/// The copy that a backup writes.
fn copy(home: &Home) -> State {
    let Ok(bytes) = fs::read(home.path().join("copy")) else {
        return State::Old;
    };
    let code = recovery::from_text(&fs::read_to_string(home.path().join("code")).unwrap()).unwrap();
    let opened = VaultFile::parse(&bytes, &Argon2id)
        .and_then(|file| file.unlock_with_recovery(&code))
        .and_then(|unlocked| unlocked.open(None));
    match opened {
        Ok(vault) if vault.content.listed().count() == 2 => State::New,
        Ok(_) => State::Lost("the copy lacks an account".to_owned()),
        Err(error) => State::Lost(format!("the copy does not open: {error}")),
    }
}

/// A home with these files.
pub(crate) fn home(files: &Files) -> Home {
    let home = Home::new();
    for (path, bytes) in files {
        fs::create_dir_all(home.path().join(path).parent().unwrap()).unwrap();
        home.file(path, bytes);
    }
    home
}

/// Every file under a folder, by its path from there.
pub(crate) fn files(folder: &Path, prefix: &str) -> Files {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = format!("{prefix}{}", path.file_name().unwrap().to_str().unwrap());
        if path.is_dir() {
            found.extend(files(&path, &format!("{name}/")));
        } else {
            found.push((name, fs::read(&path).unwrap()));
        }
    }
    found
}

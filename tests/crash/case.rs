//! The commands that save, each with how it is seen whether it did.

use std::fs;
use std::path::Path;

use authr_core::vault::{VaultFile, recovery};
use authr_crypto::kdf::Argon2id;
use authr_testkit::{Home, Ran};
use serde_json::Value;

use crate::{AUTHR, NEW_PASSWORD, PASSWORD};

const ADA: &str =
    "otpauth://totp/drchrono:ada?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=drchrono";
const BOB: &str =
    "otpauth://hotp/Acme:bob?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Acme&counter=3";
const EVE: &str = "otpauth://totp/Zoo:eve?secret=MFRGGZDFMZTWQ2LK&issuer=Zoo";

/// What is left after a run.
pub(crate) enum State {
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
    /// There was no vault.
    First,
    /// A copy is there and opens.
    Copy,
}

/// A command that saves.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    arguments: &'static [&'static str],
    stdin: &'static str,
    look: Look,
    /// The home before it, file by file; none: an empty one.
    before: Vec<(String, Vec<u8>)>,
    /// What it prints, before and after.
    prints: (Value, Value),
}

pub(crate) fn cases() -> Vec<Case> {
    let template = template();
    let list: &[&str] = &["list", "--json"];
    let trash: &[&str] = &["trash", "--json"];
    let case = |name, arguments, stdin, look| Case::new(name, arguments, stdin, look, &template);
    vec![
        case(
            "first add",
            &["--password-file", "password", "add", "-"],
            ADA,
            Look::First,
        ),
        case("add", &["add", "-"], EVE, Look::Prints(list)),
        case(
            "rename",
            &["rename", "ada", "--label", "eve"],
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
        template: &Home,
    ) -> Self {
        let mut before = files(template.path(), "");
        if matches!(look, Look::First) {
            before.retain(|(path, _)| !path.contains('/'));
        }
        let mut case = Self {
            name,
            arguments,
            stdin,
            look,
            before,
            prints: (Value::Null, Value::Null),
        };
        if let Look::Prints(arguments) = case.look {
            let home = case.prepared();
            let old = printed(&home, arguments).unwrap();
            assert_eq!(run(&home, case.arguments, stdin).code, Some(0), "{name}");
            case.prints = (old, printed(&home, arguments).unwrap());
            assert_ne!(
                case.prints.0, case.prints.1,
                "{name} changes nothing that shows"
            );
        }
        case
    }

    /// A home as it is before the command.
    pub(crate) fn prepared(&self) -> Home {
        let home = Home::new();
        for (path, bytes) in &self.before {
            fs::create_dir_all(home.path().join(path).parent().unwrap()).unwrap();
            home.file(path, bytes);
        }
        home
    }

    /// Runs the command under a fault.
    pub(crate) fn run_under(&self, home: &Home, injection: &str) -> Ran {
        self.strace(home, &["-o", "/dev/null", "-e", injection])
    }

    /// Runs the command under strace.
    pub(crate) fn strace(&self, home: &Home, options: &[&str]) -> Ran {
        let program = home.program("strace").args(["-f", "-qq"]).args(options);
        let program = program.args([AUTHR, "--yes"]);
        let program = match self.look {
            Look::First => program,
            _ => program.args(["--recovery-code-file", "code"]),
        };
        program.args(self.arguments).stdin(self.stdin).run()
    }

    pub(crate) fn is_new(&self, home: &Home) -> bool {
        matches!(self.state(home), State::New)
    }

    /// What is left: looked at by the program, which must open the vault.
    pub(crate) fn state(&self, home: &Home) -> State {
        let lost = |ran: &Ran| State::Lost(format!("does not open any more: {ran}"));
        match self.look {
            Look::First if !home.authr().join("vault.authr").exists() => State::Old,
            Look::First => match with_password(home, PASSWORD) {
                ran if ran.code == Some(0) && ran.stdout.contains("ada") => State::New,
                ran => lost(&ran),
            },
            Look::Prints(arguments) => match printed(home, arguments) {
                Ok(shown) if shown == self.prints.0 => State::Old,
                Ok(shown) if shown == self.prints.1 => State::New,
                Ok(shown) => State::Lost(format!("neither old nor new: {shown}")),
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
            Look::Copy => match run(home, &["list"], "") {
                ran if ran.code != Some(0) => lost(&ran),
                _ => copy(home),
            },
        }
    }
}

fn with_password(home: &Home, password: &str) -> Ran {
    let file = home.file("typed", password);
    home.program(AUTHR)
        .arg("--password-file")
        .arg(file)
        .arg("list")
        .run()
}

/// What a command prints, without what differs in each run.
fn printed(home: &Home, arguments: &[&str]) -> Result<Value, Ran> {
    let ran = run(home, arguments, "");
    if ran.code != Some(0) {
        return Err(ran);
    }
    let mut shown: Value = serde_json::from_str(&ran.stdout).unwrap_or(Value::Null);
    for account in shown.as_array_mut().into_iter().flatten() {
        for volatile in ["id", "last_used", "removed_at", "gone_at"] {
            account.as_object_mut().unwrap().remove(volatile);
        }
    }
    Ok(shown)
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

/// Every file under a folder, by its path from there.
fn files(folder: &Path, prefix: &str) -> Vec<(String, Vec<u8>)> {
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

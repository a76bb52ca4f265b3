//! The main job, narrated: the real commands with their real output, in a home of their own.
//!
//! `cargo run --example quickstart` adds an account, shows its code, makes a backup, loses the home, restores it, shows
//! the same code again, and tries a wrong password. It ends with 0 only if every step held.

#![expect(
    clippy::print_stdout,
    reason = "an example narrates on standard output"
)]

use std::cell::RefCell;
use std::ffi::OsString;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::rc::Rc;

use authr::{Context, Terminal};

const URI: &str =
    "otpauth://totp/drchrono:ada?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=drchrono";
/// A fixed time, so that the code before the loss and the code after it can be compared.
const AT: &str = "@1111111109";
/// What RFC 6238 appendix B gives for that secret and time, in six digits.
const CODE: &str = "081804";

fn main() -> ExitCode {
    match story() {
        Ok(()) => {
            println!("\nEvery step held.");
            ExitCode::SUCCESS
        }
        Err(reason) => {
            println!("\nA step did not hold: {reason}");
            ExitCode::FAILURE
        }
    }
}

fn story() -> Result<(), String> {
    let folder = Folder::new()?;
    let password = folder.file("password", "sunlit-harbour-quarry-lemon-41\n")?;
    let wrong = folder.file("wrong", "sunlit-harbour-quarry-lemon-42\n")?;
    let (home, backup) = (folder.0.join("home"), folder.0.join("backup.authr"));
    let with = |password: &Path, words: &[&str]| {
        let mut line = vec!["authr".to_owned(), "--home".to_owned(), shown(&home)];
        line.extend(["--password-file".to_owned(), shown(password)]);
        line.extend(words.iter().map(|word| (*word).to_owned()));
        run(line)
    };

    say("A site shows its secret; the first account creates the encrypted vault.");
    with(&password, &["add", URI])?.exits(0)?;

    say("Its code, at a fixed time so that it can be compared later.");
    with(&password, &["code", "drchrono", "--at", AT])?
        .exits(0)?
        .says(CODE)?;
    say("And now.");
    with(&password, &["code", "drchrono"])?.exits(0)?;

    say("An encrypted copy, which is opened again before the command says so.");
    with(&password, &["backup", "create", &shown(&backup)])?.exits(0)?;

    say("The machine is lost.");
    std::fs::remove_dir_all(&home).map_err(|error| error.to_string())?;
    println!("$ rm -r {}", home.display());
    with(&password, &["code", "drchrono"])?.exits(4)?;

    say("A wrong password opens nothing.");
    with(&wrong, &["restore", &shown(&backup)])?.exits(3)?;
    if home.join("vault.authr").exists() {
        return Err("the refused restore left a vault".to_owned());
    }

    say("The copy and the backups password bring everything back.");
    with(&password, &["restore", &shown(&backup)])?.exits(0)?;
    with(&password, &["list"])?.exits(0)?.says("drchrono")?;

    say("The same code as before.");
    with(&password, &["code", "drchrono", "--at", AT])?
        .exits(0)?
        .says(CODE)?;

    say("And still no way in with a wrong password.");
    with(&wrong, &["code", "drchrono"])?.exits(3)?;
    Ok(())
}

fn say(text: &str) {
    println!("\n# {text}");
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}

/// What a command printed, and how it ended.
struct Ran {
    printed: String,
    code: u8,
}

impl Ran {
    fn exits(self, code: u8) -> Result<Self, String> {
        if self.code == code {
            Ok(self)
        } else {
            Err(format!("exit code {}, expected {code}", self.code))
        }
    }

    fn says(self, text: &str) -> Result<Self, String> {
        // On a terminal a code is grouped for the eye.
        let bare: String = self.printed.chars().filter(|c| *c != ' ').collect();
        if bare.contains(text) {
            Ok(self)
        } else {
            Err(format!("it did not print {text}"))
        }
    }
}

/// Runs the real command line in front of an 80-column terminal at which nobody sits.
fn run(line: Vec<String>) -> Result<Ran, String> {
    println!("$ {}", line.join(" "));
    let printed = Printed::default();
    let context = Context::new(
        Terminal::unattended(80, printed.clone(), printed.clone()),
        None,
    );
    let code = authr::run(line.into_iter().map(OsString::from), &context);
    let printed =
        String::from_utf8(printed.0.borrow().clone()).map_err(|error| error.to_string())?;
    print!("{printed}");
    io::stdout().flush().map_err(|error| error.to_string())?;
    Ok(Ran { printed, code })
}

#[derive(Clone, Default)]
struct Printed(Rc<RefCell<Vec<u8>>>);

impl Write for Printed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A folder of its own, removed at the end.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Result<Self, String> {
        let path = std::env::temp_dir().join(format!("authr-quickstart-{}", std::process::id()));
        std::fs::create_dir(&path)
            .map_err(|error| format!("cannot create {}: {error}", path.display()))?;
        Ok(Self(path))
    }

    fn file(&self, name: &str, text: &str) -> Result<PathBuf, String> {
        use std::os::unix::fs::OpenOptionsExt;
        let path = self.0.join(name);
        std::fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&path)
            .and_then(|mut file| file.write_all(text.as_bytes()))
            .map_err(|error| format!("cannot write {}: {error}", path.display()))?;
        Ok(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What cannot be removed lies in the temporary directory, and holds the accounts of an example.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

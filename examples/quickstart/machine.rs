//! A machine: one home, and the real command line in front of an 80-column terminal at which nobody sits.

use std::cell::RefCell;
use std::ffi::OsString;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::{Duration, Instant};

use authr::{Context, Machine as Names, Terminal};

use super::Step;

/// A machine with its home, and the password that its person types.
pub(crate) struct Machine {
    home: PathBuf,
    password: PathBuf,
}

/// What a command printed, and how it ended.
pub(crate) struct Ran {
    printed: String,
    code: u8,
}

impl Machine {
    pub(crate) fn new(home: PathBuf, password: PathBuf) -> Self {
        Self { home, password }
    }

    pub(crate) fn use_password(&mut self, password: PathBuf) {
        self.password = password;
    }

    /// Runs a command and shows what it prints.
    pub(crate) fn run(&self, words: &[&str]) -> Step<Ran> {
        println!("$ authr --home {} {}", self.name(), words.join(" "));
        let ran = self.quietly(words)?;
        print!("{}", ran.printed);
        io::stdout().flush().map_err(|error| error.to_string())?;
        Ok(ran)
    }

    fn quietly(&self, words: &[&str]) -> Step<Ran> {
        let mut line: Vec<OsString> = vec!["authr".into(), "--home".into()];
        line.push(self.home.clone().into());
        line.extend(["--password-file".into(), self.password.clone().into()]);
        line.extend(words.iter().map(OsString::from));
        let printed = Printed::default();
        let terminal = Terminal::unattended(80, printed.clone(), printed.clone());
        let mut context = Context::new(terminal, None);
        context.machine = Names::new(&self.name(), "Linux");
        let code = authr::run(line, &context);
        let printed = printed.0.borrow().clone();
        let printed = String::from_utf8(printed).map_err(|error| error.to_string())?;
        Ok(Ran { printed, code })
    }

    fn name(&self) -> String {
        let name = self.home.file_name().unwrap_or_default();
        name.to_string_lossy().into_owned()
    }

    /// The present code of an account, as shown: digits alone.
    pub(crate) fn code(&self, account: &str) -> Step<String> {
        let shown = self.run(&["code", account])?.exits(0)?;
        let line = shown.printed.lines().next().unwrap_or_default();
        let digits: String = line
            .chars()
            .take_while(|c| c.is_ascii_digit() || *c == ' ')
            .filter(char::is_ascii_digit)
            .collect();
        // The seconds left stand after the code and its bar.
        if digits.len() == 7 {
            Ok(digits)
        } else {
            Err(format!("no seven digits in {line:?}"))
        }
    }

    /// The code after one that was used up.
    pub(crate) fn later_code(&self, account: &str, used: &str) -> Step<String> {
        let until = Instant::now() + Duration::from_secs(15);
        loop {
            let shown = self.quietly(&["code", account, "--json"])?.exits(0)?;
            let json: serde_json::Value =
                serde_json::from_str(&shown.printed).map_err(|error| error.to_string())?;
            // A code that lives on for a moment only is not worth typing.
            if json["code"] != used && json["remaining"].as_u64() > Some(2) {
                return self.code(account);
            }
            if Instant::now() > until {
                return Err("the code does not change".to_owned());
            }
            std::thread::sleep(Duration::from_millis(200));
        }
    }

    /// The id of the device that this one is not.
    pub(crate) fn other_device(&self) -> Step<String> {
        let listed = self.quietly(&["devices", "list", "--json"])?.exits(0)?;
        let devices: Vec<serde_json::Value> =
            serde_json::from_str(&listed.printed).map_err(|error| error.to_string())?;
        devices
            .iter()
            .find(|device| device["this"] == false)
            .and_then(|device| device["id"].as_str())
            .map(ToOwned::to_owned)
            .ok_or_else(|| "there is no other device".to_owned())
    }

    /// The home goes to somebody else, with the password: what a device alone can still do shows then.
    pub(crate) fn stolen(self, by: PathBuf) -> Step<Self> {
        println!("$ mv {} {}", self.home.display(), by.display());
        std::fs::rename(&self.home, &by).map_err(|error| error.to_string())?;
        if self.home.exists() {
            return Err("the home is still there".to_owned());
        }
        Ok(Self {
            home: by,
            password: self.password,
        })
    }
}

impl Ran {
    /// Holds when the command ended with this code.
    pub(crate) fn exits(self, code: u8) -> Step<Self> {
        if self.code == code {
            Ok(self)
        } else {
            Err(format!("exit code {}, expected {code}", self.code))
        }
    }

    /// Holds when it printed this text.
    pub(crate) fn says(self, text: &str) -> Step<Self> {
        // On a terminal a code is grouped for the eye.
        let bare: String = self.printed.chars().filter(|c| *c != ' ').collect();
        if bare.contains(text) {
            Ok(self)
        } else {
            Err(format!("it did not print {text}"))
        }
    }
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
pub(crate) struct Folder(pub(crate) PathBuf);

impl Folder {
    pub(crate) fn new() -> Step<Self> {
        let path = std::env::temp_dir().join(format!("authr-quickstart-{}", std::process::id()));
        std::fs::create_dir(&path)
            .map_err(|error| format!("cannot create {}: {error}", path.display()))?;
        Ok(Self(path))
    }

    /// Writes a file that its owner alone reads.
    pub(crate) fn file(&self, name: &str, text: &str) -> Step<PathBuf> {
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

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What cannot be removed lies in the temporary directory, and holds the accounts of an example.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

//! A home that a test has for itself, and programs that run in it and see nothing else.

use std::fmt;
use std::fs::OpenOptions;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use tempfile::TempDir;

use crate::sitting::Sitting;

/// A folder that goes away with the test.
#[derive(Debug)]
pub struct Home(TempDir);

impl Home {
    /// A new, empty one.
    ///
    /// # Panics
    /// Where no temporary folder can be made.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "it makes a folder")]
    pub fn new() -> Self {
        Self(TempDir::new().expect("a temporary folder"))
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// Where authr keeps its files in it, as `--home` or `AUTHR_HOME` would say.
    #[must_use]
    pub fn authr(&self) -> PathBuf {
        self.path().join("authr")
    }

    /// Writes a file of mode 0600 and returns its path.
    ///
    /// # Panics
    /// Where it cannot be written.
    pub fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path().join(name);
        OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&path)
            .and_then(|mut file| file.write_all(content.as_ref()))
            .expect("a file in the home of the test");
        path
    }

    /// A program that sees this home and nothing of the person who runs the tests.
    #[must_use]
    pub fn program(&self, path: impl AsRef<Path>) -> Program {
        let mut command = Command::new(path.as_ref());
        command
            .env_clear()
            .env("HOME", self.path())
            .env("AUTHR_HOME", self.authr())
            .env("XDG_RUNTIME_DIR", self.path())
            .env("PATH", "/usr/bin:/bin")
            .env("LANG", "C.UTF-8")
            .env("TERM", "xterm")
            .env("TZ", "UTC")
            .current_dir(self.path());
        Program {
            command,
            stdin: Vec::new(),
            home: self.path().to_owned(),
        }
    }
}

/// A program about to run.
#[derive(Debug)]
pub struct Program {
    command: Command,
    stdin: Vec<u8>,
    home: PathBuf,
}

impl Program {
    /// Adds an argument.
    #[must_use]
    pub fn arg(mut self, argument: impl AsRef<std::ffi::OsStr>) -> Self {
        self.command.arg(argument);
        self
    }

    /// Adds arguments.
    #[must_use]
    pub fn args<A: AsRef<std::ffi::OsStr>>(
        mut self,
        arguments: impl IntoIterator<Item = A>,
    ) -> Self {
        self.command.args(arguments);
        self
    }

    /// Sets a variable.
    #[must_use]
    pub fn env(mut self, name: &str, value: impl AsRef<std::ffi::OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// What it reads from standard input; nothing, unless said here.
    #[must_use]
    pub fn stdin(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.stdin = bytes.into();
        self
    }

    /// Runs it to its end. Its three streams are pipes.
    ///
    /// # Panics
    /// Where it cannot be started.
    pub fn run(mut self) -> Ran {
        let mut child = self
            .command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let mut stdin = child.stdin.take().expect("because it is piped");
        let bytes = self.stdin;
        // In a thread of its own: the program may fill its output before it reads. It may also end without
        // reading, which is its right.
        let writer = thread::spawn(move || drop(stdin.write_all(&bytes)));
        let output = child.wait_with_output().expect("the program ends");
        writer.join().expect("because writing does not panic");
        Ran {
            stdout: String::from_utf8(output.stdout).expect("stdout is UTF-8"),
            stderr: String::from_utf8(output.stderr).expect("stderr is UTF-8"),
            code: output.status.code(),
            home: self.home,
        }
    }
}

impl Program {
    /// Starts it on a terminal of its own, so many columns wide, for a test to sit at.
    ///
    /// # Panics
    /// Where there is no pseudo-terminal, or the program cannot be started.
    #[must_use]
    pub fn sit(self, columns: u16) -> Sitting {
        // A program started by setsid --ctty has its standard input for a terminal, and nobody else's.
        let mut command = Command::new("/usr/bin/setsid");
        command
            .args(["--ctty", "--"])
            // Tests that run in the background of a script inherit that Ctrl-C is ignored; a person's shell does not.
            .args(["/usr/bin/env", "--default-signal=INT,QUIT"])
            .arg(self.command.get_program())
            .args(self.command.get_args())
            .env_clear()
            .current_dir(&self.home);
        for (name, value) in self.command.get_envs() {
            if let Some(value) = value {
                command.env(name, value);
            }
        }
        Sitting::start(command, columns)
    }
}

/// What a program did. Shown ([`fmt::Display`]), it is a snapshot: exit code, stdout, stderr, with the folder
/// of the test replaced by `$HOME`.
#[derive(Debug)]
#[must_use = "a run that nobody looks at proves nothing"]
pub struct Ran {
    /// Results.
    pub stdout: String,
    /// Everything else.
    pub stderr: String,
    /// The exit code; none where a signal ended it.
    pub code: Option<i32>,
    home: PathBuf,
}

impl Ran {
    /// Insists on success, and gives the results.
    ///
    /// # Panics
    /// Where the exit code is not 0.
    #[track_caller]
    pub fn succeeded(self) -> String {
        assert_eq!(self.code, Some(0), "{self}");
        self.stdout
    }

    /// Insists on this exit code and no results, and gives what was said instead.
    ///
    /// # Panics
    /// Where the exit code is another, or something stands on stdout.
    #[track_caller]
    pub fn failed(self, code: i32) -> String {
        assert_eq!(self.code, Some(code), "{self}");
        assert_eq!(self.stdout, "", "{self}");
        self.stderr
    }
}

impl fmt::Display for Ran {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.code {
            Some(code) => writeln!(f, "exit {code}")?,
            None => writeln!(f, "ended by a signal")?,
        }
        let home = self.home.to_string_lossy();
        for (name, text) in [("stdout", &self.stdout), ("stderr", &self.stderr)] {
            if !text.is_empty() {
                writeln!(f, "--- {name}")?;
                f.write_str(&text.replace(&*home, "$HOME"))?;
                if !text.ends_with('\n') {
                    writeln!(f, "(no line end)")?;
                }
            }
        }
        Ok(())
    }
}

/// A writer whose text can be looked at while and after it is written to.
#[derive(Debug, Clone, Default)]
pub struct Captured(Arc<Mutex<Vec<u8>>>);

impl Captured {
    /// What was written since the last time.
    #[must_use]
    pub fn take(&self) -> String {
        let mut bytes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&std::mem::take(&mut *bytes)).into_owned()
    }
}

impl Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut written = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        written.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_sees_its_home_and_nothing_of_the_person() {
        let home = Home::new();
        let ran = home
            .program("/bin/sh")
            .args(["-c", "env | cut -d= -f1 | sort; pwd"])
            .run();
        let shown = ran.to_string();
        for expected in ["exit 0\n--- stdout\n", "\nHOME\n", "\n$HOME\n"] {
            assert!(shown.contains(expected), "{shown}");
        }
        for foreign in ["CARGO", "USER", "SSH", "XDG_CONFIG"] {
            assert!(!shown.contains(foreign), "{shown}");
        }
    }

    #[test]
    fn more_input_and_output_than_a_pipe_holds_blocks_nobody() {
        let home = Home::new();
        let input = vec![b'x'; 1 << 20];
        let ran = home.program("/bin/cat").stdin(input).run();
        assert_eq!(ran.succeeded().len(), 1 << 20);
    }

    #[test]
    fn a_failure_and_a_signal_are_told_apart() {
        let home = Home::new();
        let sh = |script| home.program("/bin/sh").args(["-c", script]).run();
        assert_eq!(sh("echo no >&2; exit 3").failed(3), "no\n");
        assert_eq!(
            sh("printf half; kill -9 $$").to_string(),
            "ended by a signal\n--- stdout\nhalf(no line end)\n"
        );
    }

    #[test]
    fn captured_text_is_taken_once() {
        let captured = Captured::default();
        captured.clone().write_all(b"482019\n").unwrap();
        assert_eq!(captured.take(), "482019\n");
        assert_eq!(captured.take(), "");
    }
}

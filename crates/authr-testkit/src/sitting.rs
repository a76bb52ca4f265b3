//! A test that sits at a terminal: it reads what a program shows, types, and looks at the echo.

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rustix::fs::OFlags;
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{LocalModes, Winsize, tcgetattr, tcsetwinsize};

/// Longer than any program takes to say the next thing, even where a test shares the machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// A program on a terminal.
#[derive(Debug)]
pub struct Sitting {
    child: Child,
    keyboard: File,
    terminal: File,
    screen: Receiver<Vec<u8>>,
    reader: JoinHandle<()>,
    seen: Vec<u8>,
    /// How much of it was waited for already.
    passed: usize,
}

/// How a program on a terminal ended.
#[derive(Debug)]
#[must_use = "an end that nobody looks at proves nothing"]
pub struct Ended {
    /// The exit code; none where a signal ended it.
    pub code: Option<i32>,
    /// The signal that ended it.
    pub signal: Option<i32>,
    /// Whether the terminal shows again what is typed.
    pub echoes: bool,
    /// All that the terminal showed, with plain line ends.
    pub text: String,
}

impl Sitting {
    pub(crate) fn start(mut command: Command, columns: u16) -> Self {
        let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC;
        let master = openpt(flags).expect("a pseudo-terminal");
        grantpt(&master).expect("a pseudo-terminal of our own");
        unlockpt(&master).expect("a pseudo-terminal that opens");
        let name = ptsname(&master, Vec::new()).expect("a pseudo-terminal with a name");
        let terminal = OpenOptions::new()
            .read(true)
            .write(true)
            .custom_flags(i32::try_from(OFlags::NOCTTY.bits()).expect("because it is a flag"))
            .open(name.to_str().expect("because it is a path in ASCII"))
            .expect("the terminal opens");
        let size = Winsize {
            ws_row: 24,
            ws_col: columns,
            ws_xpixel: 0,
            ws_ypixel: 0,
        };
        tcsetwinsize(&terminal, size).expect("a terminal that takes a size");
        let stream = || Stdio::from(terminal.try_clone().expect("a second handle"));
        let child = command
            .stdin(stream())
            .stdout(stream())
            .stderr(stream())
            .spawn()
            .expect("the program starts");
        let keyboard = File::from(master);
        let mut shown = keyboard.try_clone().expect("a second handle");
        let (sender, screen) = mpsc::channel();
        let reader = thread::spawn(move || {
            let mut buffer = [0; 4096];
            // It ends with an error once nobody holds the terminal any more.
            while let Ok(count @ 1..) = shown.read(&mut buffer) {
                if sender.send(buffer[..count].to_vec()).is_err() {
                    break;
                }
            }
        });
        Self {
            child,
            keyboard,
            terminal,
            screen,
            reader,
            seen: Vec::new(),
            passed: 0,
        }
    }

    /// Waits until the program shows this text, after the text that was waited for last.
    ///
    /// # Panics
    /// Where it does not come.
    #[track_caller]
    pub fn wait_for(&mut self, text: &str) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let fresh = &self.seen[self.passed..];
            let found = fresh
                .windows(text.len())
                .position(|window| window == text.as_bytes());
            if let Some(at) = found {
                self.passed += at + text.len();
                return;
            }
            let patience = deadline.saturating_duration_since(Instant::now());
            match self.screen.recv_timeout(patience) {
                Ok(bytes) => self.seen.extend(bytes),
                Err(_) => panic!("no {text:?} came after:\n{}", self.text()),
            }
        }
    }

    /// Types a line and Enter.
    ///
    /// # Panics
    /// Where the terminal takes no more.
    pub fn type_line(&mut self, line: &str) {
        self.press(format!("{line}\n").as_bytes());
    }

    /// Presses keys: `b"\x03"` is Ctrl-C.
    ///
    /// # Panics
    /// Where the terminal takes no more.
    pub fn press(&mut self, keys: &[u8]) {
        (self.keyboard.write_all(keys)).expect("a terminal that takes keys");
    }

    /// Whether the terminal shows what is typed.
    ///
    /// # Panics
    /// Where it is none.
    #[must_use]
    pub fn echoes(&self) -> bool {
        let modes = tcgetattr(&self.terminal).expect("a terminal").local_modes;
        modes.contains(LocalModes::ECHO)
    }

    /// The number of the process, for signals.
    #[must_use]
    pub fn process(&self) -> u32 {
        self.child.id()
    }

    /// Waits for the program to end.
    ///
    /// # Panics
    /// Where it cannot be waited for.
    pub fn end(mut self) -> Ended {
        let status = self.child.wait().expect("the program ends");
        let echoes = self.echoes();
        // The last handle: without it the reader sees the end.
        drop(self.terminal);
        self.reader.join().expect("because reading does not panic");
        while let Ok(bytes) = self.screen.try_recv() {
            self.seen.extend(bytes);
        }
        Ended {
            code: status.code(),
            signal: status.signal(),
            echoes,
            text: text(&self.seen),
        }
    }

    fn text(&self) -> String {
        text(&self.seen)
    }
}

fn text(seen: &[u8]) -> String {
    String::from_utf8_lossy(seen).replace("\r\n", "\n")
}

#[cfg(test)]
mod tests {
    use crate::Home;

    #[test]
    fn what_is_typed_reaches_the_program_and_what_it_shows_is_seen() {
        let home = Home::new();
        let script = "read -r name < /dev/tty; echo hello $name; tput cols; exit 7";
        let mut sitting = home.program("/bin/sh").args(["-c", script]).sit(40);
        sitting.type_line("ada");
        sitting.wait_for("hello ada");
        let ended = sitting.end();
        assert_eq!((ended.code, ended.signal), (Some(7), None));
        assert_eq!(ended.text, "ada\nhello ada\n40\n");
    }

    #[test]
    fn a_program_that_leaves_the_echo_off_is_caught() {
        let home = Home::new();
        let script = "stty -echo; echo ready; read -r secret";
        let mut sitting = home.program("/bin/sh").args(["-c", script]).sit(80);
        assert!(sitting.echoes());
        sitting.wait_for("ready");
        assert!(!sitting.echoes());
        sitting.press(b"\x03");
        let ended = sitting.end();
        assert_eq!((ended.signal, ended.echoes), (Some(2), false));
    }
}

//! The terminal of the person, and its echo: off while a secret is typed, back whatever happens.
//!
//! Ctrl-C, Ctrl-\, Ctrl-Z, a hang-up or a termination at a prompt gives the terminal back as it was, and
//! then does what it always does. SIGKILL is the one way to leave the echo off.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use rustix::termios::{
    LocalModes, OptionalActions, QueueSelector, SpecialCodeIndex, Termios, tcflush, tcgetattr,
    tcsetattr,
};
use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP};
use signal_hook::iterator::Signals;
use signal_hook::low_level::emulate_default_handler;
use zeroize::Zeroizing;

/// The longest line that is taken, in bytes: what a terminal takes, too.
pub(super) const MAX_LINE_BYTES: usize = 4096;

/// Whether a typed line is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Echo {
    Shown,
    Hidden,
}

/// The terminal that the person sits at, wherever the streams go.
#[derive(Debug)]
pub(super) struct Tty(File);

impl Tty {
    pub(super) fn open() -> io::Result<Self> {
        OpenOptions::new()
            .read(true)
            .write(true)
            .open("/dev/tty")
            .map(Self)
    }

    pub(super) fn say(&self, text: &str) -> io::Result<()> {
        (&self.0).write_all(text.as_bytes())
    }

    /// Asks, and reads one line, without its end. None: the person closed the input (Ctrl-D).
    pub(super) fn ask(&self, question: &str, echo: Echo) -> io::Result<Option<Zeroizing<String>>> {
        let asked = Asked::begin(&self.0, question, "", |during| {
            during.local_modes |= LocalModes::ICANON | LocalModes::ECHO;
            if echo == Echo::Hidden {
                during.local_modes -= LocalModes::ECHO;
                // The end of the line is no secret, and the next line must not stand behind the question.
                during.local_modes |= LocalModes::ECHONL;
            }
        })?;
        let line = self.read_line();
        drop(asked);
        let line = line?;
        if line.is_none() {
            self.say("\n")?;
        }
        Ok(line)
    }

    /// Says something that holds for so long, or until a key is pressed. The farewell follows whatever happens: a signal that
    /// ends the program, too.
    pub(super) fn hold(&self, said: &str, farewell: &str, time: Duration) -> io::Result<()> {
        // A key of before is no answer to this.
        tcflush(&self.0, QueueSelector::IFlush)?;
        let end = Instant::now() + time;
        let held = Asked::begin(&self.0, said, farewell, |during| {
            during.local_modes -= LocalModes::ICANON | LocalModes::ECHO;
            // A read ends with the first key, or after a second without one.
            during.special_codes[SpecialCodeIndex::VMIN] = 0;
            during.special_codes[SpecialCodeIndex::VTIME] = 10;
        })?;
        let mut key = [0];
        while Instant::now() < end {
            match (&self.0).read(&mut key) {
                Ok(0) => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                // A key, or a terminal that is gone.
                _ => break,
            }
        }
        drop(held);
        Ok(())
    }

    fn read_line(&self) -> io::Result<Option<Zeroizing<String>>> {
        // One buffer that never grows: a growing one would leave copies behind.
        let mut buffer = Zeroizing::new([0; MAX_LINE_BYTES]);
        let mut length = 0;
        let end = loop {
            let room = buffer.get_mut(length..).unwrap_or_default();
            if room.is_empty() {
                return Err(io::Error::other("the line is too long"));
            }
            let count = match (&self.0).read(room) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                count => count?,
            };
            length += count;
            match buffer.iter().take(length).position(|byte| *byte == b'\n') {
                Some(end) => break end,
                None if count == 0 && length == 0 => return Ok(None),
                None if count == 0 => break length,
                None => {}
            }
        };
        let line = buffer.get(..end).unwrap_or_default();
        let line = str::from_utf8(line).map_err(|_| io::Error::other("the line is not UTF-8"))?;
        Ok(Some(Zeroizing::new(line.to_owned())))
    }
}

/// A question that stands on the terminal. Dropped: the terminal is as it was.
struct Asked;

/// What a signal must put right.
struct Open {
    tty: File,
    question: Zeroizing<String>,
    /// What is said when it is over.
    farewell: String,
    before: Termios,
    during: Termios,
}

static OPEN: Mutex<Option<Open>> = Mutex::new(None);

fn open() -> MutexGuard<'static, Option<Open>> {
    OPEN.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Asked {
    fn begin(
        tty: &File,
        question: &str,
        farewell: &str,
        change: impl FnOnce(&mut Termios),
    ) -> io::Result<Self> {
        watch_signals()?;
        let before = tcgetattr(tty)?;
        let mut during = before.clone();
        during.local_modes |= LocalModes::ISIG;
        change(&mut during);
        let asked = Open {
            tty: tty.try_clone()?,
            question: Zeroizing::new(question.to_owned()),
            farewell: farewell.to_owned(),
            before,
            during,
        };
        let mut open = open();
        // From here on a signal finds what to put right, before there is anything to put right.
        let asked = open.insert(asked);
        let begun = tcsetattr(&asked.tty, OptionalActions::Drain, &asked.during)
            .map_err(io::Error::from)
            .and_then(|()| asked.tty.write_all(question.as_bytes()));
        drop(open);
        // Built before the error is looked at: its drop puts the terminal right.
        let asked = Self;
        begun.map(|()| asked)
    }
}

impl Drop for Asked {
    fn drop(&mut self) {
        if let Some(asked) = open().take() {
            // A terminal that is gone needs no farewell and no echo.
            let _ = (&asked.tty).write_all(asked.farewell.as_bytes());
            let _ = tcsetattr(&asked.tty, OptionalActions::Drain, &asked.before);
        }
    }
}

/// Starts the thread that puts the terminal right, once in the life of the process.
///
/// It stays: a signal whose handler was taken away again would be ignored rather than end the program.
fn watch_signals() -> io::Result<()> {
    static WATCHING: OnceLock<()> = OnceLock::new();
    if WATCHING.get().is_some() {
        return Ok(());
    }
    let mut signals = Signals::new([SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP])?;
    thread::Builder::new()
        .name("signals".to_owned())
        .spawn(move || {
            for signal in signals.forever() {
                deliver(signal);
            }
        })?;
    // A second thread, started at the same moment, would do no harm.
    let _ = WATCHING.set(());
    Ok(())
}

/// Puts the terminal right, then does what the signal does when nobody catches it: end the process by it, or
/// stop it until it is continued, and ask anew.
fn deliver(signal: i32) {
    let mut open = open();
    if let Some(asked) = open.as_mut() {
        let _ = asked.tty.write_all(asked.farewell.as_bytes());
        let _ = tcsetattr(&asked.tty, OptionalActions::Now, &asked.before);
        let _ = asked.tty.write_all(b"\n");
    }
    // It fails for signals that it does not know; these it knows.
    let _ = emulate_default_handler(signal);
    if let Some(asked) = open.as_mut() {
        let _ = tcsetattr(&asked.tty, OptionalActions::Now, &asked.during);
        let _ = asked.tty.write_all(asked.question.as_bytes());
    }
}

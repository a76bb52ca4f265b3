//! The process that holds a text in the desktop's clipboard, and takes it back.
//!
//! It is this program, started with a hidden argument. The text comes over a socket, so that no list of processes shows
//! it; the process closes itself to others first, and lives as long as the text is to stay. Ended before, by whatever, it
//! takes the text along.
//!
//! ```text
//! process → command    "+\n", or "-" and why not: whether there is a clipboard
//! command → process    seconds, a space, the text, "\n"
//! process → command    the same again: whether the clipboard has the text
//! ```

use std::ffi::OsString;
use std::io::{self, Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::Duration;

use arboard::Clipboard;
#[cfg(target_os = "macos")]
use arboard::SetExtApple;
#[cfg(not(target_os = "macos"))]
use arboard::SetExtLinux;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use zeroize::Zeroizing;

/// The argument by which the program becomes this process.
const ARGUMENT: &str = "clipboard-process";
/// The longest line of either side.
const MAX_LINE_BYTES: usize = 512;
/// The longest that a desktop may take to answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// Why the clipboard does not take the text.
#[derive(Debug, thiserror::Error)]
pub(crate) enum HolderError {
    /// The process could not be started, or ended without a word.
    #[error("cannot start the process that holds the clipboard")]
    Process(#[from] io::Error),
    /// The desktop refused.
    #[error("the desktop's clipboard cannot be used: {0}")]
    Desktop(String),
}

/// A process that has found the clipboard, and waits for the text.
#[derive(Debug)]
pub(crate) struct Holder(UnixStream);

impl Holder {
    /// Starts it.
    pub(crate) fn start(program: &Path) -> Result<Self, HolderError> {
        let (ours, theirs) = UnixStream::pair()?;
        ours.set_read_timeout(Some(PATIENCE))?;
        authr_sys::keep_descriptors()?;
        // The environment goes with it: it says where the desktop is.
        Command::new(program)
            .arg(ARGUMENT)
            .current_dir("/")
            .stdin(Stdio::from(OwnedFd::from(theirs)))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        let mut holder = Self(ours);
        holder.hear()?;
        Ok(holder)
    }

    /// Hands over the text, for so long.
    pub(crate) fn hold(mut self, text: &str, time: Duration) -> Result<(), HolderError> {
        let order = Zeroizing::new(format!("{} {text}\n", time.as_secs()));
        self.0.write_all(order.as_bytes())?;
        self.hear()
    }

    fn hear(&mut self) -> Result<(), HolderError> {
        let line = read_line(&mut self.0)?;
        let line = line.ok_or_else(|| io::Error::from(io::ErrorKind::UnexpectedEof))?;
        match line.strip_prefix('-') {
            None => Ok(()),
            Some(why) => Err(HolderError::Desktop(why.to_owned())),
        }
    }
}

/// Whether a command line asks for this process.
pub(crate) fn is_meant(arguments: &[OsString]) -> bool {
    matches!(arguments, [_, argument] if argument == ARGUMENT)
}

/// Is this process, until the text is gone; the exit code.
pub(crate) fn run() -> u8 {
    match hold() {
        Ok(()) => 0,
        // There is nobody to tell.
        Err(_) => 1,
    }
}

fn hold() -> io::Result<()> {
    // Before there is anything to be read.
    authr_sys::close_to_others()?;
    let mut starter = authr_sys::given_socket()?;
    // The end of the terminal that it was started from is not its own.
    rustix::process::setsid()?;
    let mut clipboard = tell(&mut starter, Clipboard::new())?;
    let Some(order) = read_line(&mut starter)? else {
        // There was no code after all.
        return Ok(());
    };
    let (time, text) = parse(&order).ok_or(io::ErrorKind::InvalidData)?;
    let ends = ends()?;
    let set = clipboard.set().exclude_from_history().text(text);
    tell(&mut starter, set)?;
    // Whichever comes first: the time, or a signal.
    let _ = ends.recv_timeout(time);
    let unchanged = clipboard
        .get_text()
        .is_ok_and(|present| *Zeroizing::new(present) == *text);
    if unchanged {
        clipboard.clear().map_err(io::Error::other)?;
    }
    Ok(())
}

/// Tells the command what came of a step, and goes on where it succeeded.
fn tell<T>(starter: &mut UnixStream, outcome: Result<T, arboard::Error>) -> io::Result<T> {
    match outcome {
        Ok(done) => starter.write_all(b"+\n").map(|()| done),
        Err(error) => {
            let mut why = error.to_string().replace('\n', " ");
            // Room for the sign and the line's end.
            while why.len() > MAX_LINE_BYTES - 2 {
                why.pop();
            }
            starter.write_all(format!("-{why}\n").as_bytes())?;
            Err(io::Error::other(error))
        }
    }
}

fn parse(order: &str) -> Option<(Duration, &str)> {
    let (seconds, text) = order.split_once(' ')?;
    Some((Duration::from_secs(seconds.parse().ok()?), text))
}

/// Says when a signal comes that would end the process.
fn ends() -> io::Result<Receiver<i32>> {
    let mut signals = Signals::new([SIGHUP, SIGINT, SIGTERM])?;
    let (sender, ends) = mpsc::channel();
    thread::Builder::new().spawn(move || {
        for signal in signals.forever() {
            // After the first, it is ending already.
            let _ = sender.send(signal);
        }
    })?;
    Ok(ends)
}

/// One line without its end, in a buffer that never grows; none where the other side has gone.
fn read_line(stream: &mut impl Read) -> io::Result<Option<Zeroizing<String>>> {
    let mut buffer = Zeroizing::new([0; MAX_LINE_BYTES]);
    for at in 0..MAX_LINE_BYTES {
        let (line, rest) = buffer.split_at_mut(at);
        let byte = rest.get_mut(..1).unwrap_or_default();
        match stream.read_exact(byte) {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof && at == 0 => {
                return Ok(None);
            }
            read => read?,
        }
        if *byte == *b"\n" {
            let line = str::from_utf8(line).map_err(io::Error::other)?;
            return Ok(Some(Zeroizing::new(line.to_owned())));
        }
    }
    Err(io::Error::other("the line is too long"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_names_its_seconds_and_keeps_every_space_of_the_text() {
        let second = Duration::from_secs(1);
        assert_eq!(parse("1 482019"), Some((second, "482019")));
        assert_eq!(parse("1  a b "), Some((second, " a b ")));
        for broken in ["", "482019", "x 482019", "-1 482019", "1.5 482019"] {
            assert_eq!(parse(broken), None, "{broken}");
        }
    }

    #[test]
    fn a_line_has_an_end_and_a_limit() {
        let read = |bytes: &[u8]| read_line(&mut &*bytes).map(|line| line.map(|l| l.to_string()));
        assert_eq!(read(b"30 482019\nmore").unwrap(), Some("30 482019".into()));
        assert_eq!(read(b"").unwrap(), None);
        assert!(read(b"30 48").is_err());
        assert!(read(b"\xff\n").is_err());
        assert!(read(&[b'1'; MAX_LINE_BYTES + 1]).is_err());
    }

    #[test]
    fn a_reason_is_told_within_the_limit_of_a_line() {
        let (mut ours, theirs) = UnixStream::pair().unwrap();
        let refused: Result<(), _> = Err(arboard::Error::Unknown {
            description: "é\n".repeat(MAX_LINE_BYTES),
        });
        assert!(tell(&mut ours, refused).is_err());
        let why = Holder(theirs).hear().unwrap_err();
        assert!(matches!(why, HolderError::Desktop(why) if why.contains("é é")));
    }
}

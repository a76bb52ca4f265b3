//! The three streams of a run, and what is known of the terminal behind them. Only `cli/output` writes to
//! them, and only `cli/prompt` asks.

use std::cell::{RefCell, RefMut};
use std::fmt;
use std::io::{self, BufWriter, IsTerminal, Read, Write};
use std::os::fd::AsFd;

use crate::config::Environment;

/// Narrower than this is taken for a terminal that does not know its width.
const NARROWEST: usize = 20;
/// The width of a terminal that does not tell it.
const USUAL_WIDTH: usize = 80;

/// The streams of one run.
#[derive(Debug)]
pub struct Terminal {
    /// What is read when a command takes `-`.
    pub stdin: Input,
    /// Where results go.
    pub stdout: Stream,
    /// Where everything else goes.
    pub stderr: Stream,
    /// What the terminal can draw.
    pub glyphs: Glyphs,
    /// Whether a person can be asked: then questions go to `/dev/tty`.
    pub asks: bool,
}

/// What a terminal can draw.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Glyphs {
    /// Bars, ellipses and dashes.
    Unicode,
    /// Plain ASCII, for `TERM=dumb` and locales without UTF-8.
    Ascii,
}

/// Where a run reads from.
pub struct Input(RefCell<Box<dyn Read>>);

/// Where a run writes to.
pub struct Stream {
    writer: RefCell<Box<dyn Write>>,
    /// The width of the terminal that shows it; none for a file or a pipe.
    columns: Option<usize>,
    colour: bool,
    erases: bool,
}

impl Terminal {
    /// The streams of this process.
    #[must_use]
    pub fn of_this_process(environment: &Environment) -> Self {
        let (stdout, stderr) = (io::stdout(), io::stderr());
        let asks = io::stdin().is_terminal() || stderr.is_terminal();
        Self {
            stdin: Input::new(io::stdin()),
            stdout: if stdout.is_terminal() {
                Stream::terminal(io::stdout(), columns(&stdout, environment), environment)
            } else {
                // A long list to a pipe is not written line by line.
                Stream::pipe(BufWriter::new(stdout))
            },
            stderr: if stderr.is_terminal() {
                Stream::terminal(io::stderr(), columns(&stderr, environment), environment)
            } else {
                Stream::pipe(stderr)
            },
            glyphs: if environment.utf8 && !environment.dumb {
                Glyphs::Unicode
            } else {
                Glyphs::Ascii
            },
            asks,
        }
    }

    /// A terminal of that width which shows what is written to two writers, without colour, and in front of
    /// which nobody sits: nothing asks.
    #[must_use]
    pub fn unattended(
        columns: usize,
        stdout: impl Write + 'static,
        stderr: impl Write + 'static,
    ) -> Self {
        let stream = |writer: Box<dyn Write>| Stream {
            writer: RefCell::new(writer),
            columns: Some(columns),
            colour: false,
            erases: false,
        };
        Self {
            stdin: Input::new(io::empty()),
            stdout: stream(Box::new(stdout)),
            stderr: stream(Box::new(stderr)),
            glyphs: Glyphs::Unicode,
            asks: false,
        }
    }
}

fn columns(terminal: impl AsFd, environment: &Environment) -> usize {
    rustix::termios::tcgetwinsize(terminal)
        .ok()
        .map(|size| usize::from(size.ws_col))
        .filter(|columns| *columns > 0)
        .or(environment.columns)
        .unwrap_or(USUAL_WIDTH)
        .max(NARROWEST)
}

impl Input {
    /// Reads from a reader.
    #[must_use]
    pub fn new(reader: impl Read + 'static) -> Self {
        Self(RefCell::new(Box::new(reader)))
    }

    /// The reader.
    pub(crate) fn reader(&self) -> RefMut<'_, Box<dyn Read>> {
        self.0.borrow_mut()
    }
}

impl Stream {
    fn terminal(writer: impl Write + 'static, columns: usize, environment: &Environment) -> Self {
        Self {
            writer: RefCell::new(Box::new(writer)),
            columns: Some(columns),
            colour: !environment.no_color && !environment.dumb,
            erases: !environment.dumb,
        }
    }

    /// A pipe or file that is written to a writer.
    #[must_use]
    pub fn pipe(writer: impl Write + 'static) -> Self {
        Self {
            writer: RefCell::new(Box::new(writer)),
            columns: None,
            colour: false,
            erases: false,
        }
    }

    /// Whether a terminal shows it.
    #[must_use]
    pub fn is_terminal(&self) -> bool {
        self.columns.is_some()
    }

    /// The width of the terminal that shows it; none for a file or a pipe.
    #[must_use]
    pub fn columns(&self) -> Option<usize> {
        self.columns
    }

    /// Whether escape sequences for colour are welcome.
    #[must_use]
    pub fn colour(&self) -> bool {
        self.colour
    }

    /// Whether a line that was written can be taken back.
    pub(crate) fn erases(&self) -> bool {
        self.erases
    }

    /// Writes all of it.
    pub(crate) fn write(&self, bytes: &[u8]) -> io::Result<()> {
        self.writer.borrow_mut().write_all(bytes)
    }

    /// Hands on what is still held back.
    pub(crate) fn flush(&self) -> io::Result<()> {
        self.writer.borrow_mut().flush()
    }
}

impl fmt::Debug for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Input(..)")
    }
}

impl fmt::Debug for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stream")
            .field("columns", &self.columns)
            .field("colour", &self.colour)
            .field("erases", &self.erases)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::rc::Rc;

    use super::*;

    impl Stream {
        /// A terminal that takes back what it shows.
        pub(crate) fn erasing(writer: impl Write + 'static) -> Self {
            Self {
                columns: Some(USUAL_WIDTH),
                erases: true,
                ..Self::pipe(writer)
            }
        }
    }

    /// A writer whose text can be looked at afterwards.
    #[derive(Clone, Default)]
    pub(crate) struct Captured(Rc<RefCell<Vec<u8>>>);

    impl Captured {
        pub(crate) fn text(&self) -> String {
            String::from_utf8(self.0.borrow().clone()).unwrap()
        }
    }

    impl Write for Captured {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.borrow_mut().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
}

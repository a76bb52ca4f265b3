//! All that a run takes from the world around it: built once, passed down.

use std::fmt;
use std::path::PathBuf;

use authr_crypto::kdf::{Argon2id, PasswordKdf};
use authr_crypto::random::{OsRandom, Random};

use crate::clock::{Clock, SystemClock};
use crate::config::Environment;
use crate::terminal::Terminal;

/// What a run is given: time, randomness, a terminal, a place for its files.
///
/// The program builds it with [`Context::of_this_process`]; tests and examples replace parts of it.
pub struct Context {
    /// The time of day.
    pub clock: Box<dyn Clock>,
    /// Where keys and salts come from.
    pub random: Box<dyn Random>,
    /// What a password becomes a key with. The program passes Argon2id and nothing else.
    pub kdf: Box<dyn PasswordKdf>,
    /// Where results, notes and questions go.
    pub terminal: Terminal,
    /// The folder of this installation; none: where the platform keeps a person's files.
    pub home: Option<PathBuf>,
}

impl Context {
    /// The context of this process.
    #[must_use]
    pub fn of_this_process() -> Self {
        let environment = Environment::of_this_process();
        Self::new(
            Terminal::of_this_process(&environment),
            environment.home.clone(),
        )
    }

    /// The real clock, randomness and KDF, with another terminal and folder.
    #[must_use]
    pub fn new(terminal: Terminal, home: Option<PathBuf>) -> Self {
        Self {
            clock: Box::new(SystemClock),
            random: Box::new(OsRandom),
            kdf: Box::new(Argon2id),
            terminal,
            home,
        }
    }
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context")
            .field("terminal", &self.terminal)
            .field("home", &self.home)
            .finish_non_exhaustive()
    }
}

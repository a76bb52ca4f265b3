//! All that a run takes from the world around it: built once, passed down.

use std::fmt;
use std::path::PathBuf;

use authr_crypto::kdf::{Argon2id, PasswordKdf};
use authr_crypto::random::{OsRandom, Random};

use crate::clipboard::Clipboard;
use crate::clock::{Clock, SystemClock};
use crate::config::Environment;
use crate::keyring::Keyring;
use crate::screen::Screen;
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
    /// The program that becomes the agent; none: this is no process of its own, and starts none.
    pub program: Option<PathBuf>,
    /// The folder of the agent's sockets; none: no agent is looked for.
    pub sockets: Option<PathBuf>,
    /// The clipboards within reach.
    pub clipboard: Clipboard,
    /// The screen within reach.
    pub screen: Screen,
    /// The operating system's keyring within reach.
    pub keyring: Keyring,
    /// What this device is called in its user's list.
    pub machine: Machine,
}

/// What a machine calls itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Machine {
    /// Its name: at most 64 bytes.
    pub name: String,
    /// Its operating system: at most 32 bytes.
    pub system: String,
}

impl Machine {
    /// The longest name, in bytes.
    const NAME_BYTES: usize = 64;
    /// The longest system, in bytes.
    const SYSTEM_BYTES: usize = 32;

    /// A machine with these names, shortened where they are longer than a list of devices has room for.
    #[must_use]
    pub fn new(name: &str, system: &str) -> Self {
        Self {
            name: shortened(name, Self::NAME_BYTES),
            system: shortened(system, Self::SYSTEM_BYTES),
        }
    }

    /// This machine.
    #[must_use]
    pub fn of_this_process() -> Self {
        let names = rustix::system::uname();
        let host = names.nodename().to_string_lossy();
        // The first part of a full name is what its owner calls it.
        let host = host.split('.').next().unwrap_or_default();
        let system = names.sysname().to_string_lossy();
        Self::new(if host.is_empty() { "unnamed" } else { host }, &system)
    }
}

fn shortened(text: &str, bytes: usize) -> String {
    let mut end = text.len().min(bytes);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text[..end].to_owned()
}

impl Context {
    /// The context of this process.
    #[must_use]
    pub fn of_this_process() -> Self {
        let environment = Environment::of_this_process();
        let terminal = Terminal::of_this_process(&environment);
        Self {
            program: std::env::current_exe().ok(),
            sockets: Some(environment.sockets()),
            clipboard: Clipboard::of(&environment),
            screen: Screen::of(&environment),
            keyring: Keyring::of(&environment),
            ..Self::new(terminal, environment.home)
        }
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
            program: None,
            sockets: None,
            clipboard: Clipboard::default(),
            screen: Screen::default(),
            keyring: Keyring::default(),
            machine: Machine::of_this_process(),
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

#[cfg(test)]
mod tests {
    use super::*;

    impl Context {
        /// A context with nobody at its terminal.
        pub(crate) fn unattended() -> Self {
            let terminal = Terminal::unattended(80, std::io::sink(), std::io::sink());
            Self::new(terminal, None)
        }
    }

    #[test]
    fn a_long_name_of_a_machine_is_cut_between_characters() {
        let machine = Machine::new(&"é".repeat(40), &"x".repeat(33));
        assert_eq!(machine.name, "é".repeat(32));
        assert_eq!(machine.system.len(), 32);
        assert_eq!(
            Machine::new(&format!("x{}", "é".repeat(40)), "").name.len(),
            63
        );
    }
}

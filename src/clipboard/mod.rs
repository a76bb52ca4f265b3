//! The clipboard: where it is for this run, and the two ways to it.
//!
//! On a desktop the clipboard has no content of its own: the program that copied serves it for as long as it lives. So a
//! process of this program holds it ([`holder`]), takes it back, and takes it along when it is ended. Elsewhere the terminal is
//! asked to take it ([`escape`]).

pub(crate) mod escape;
pub(crate) mod holder;
mod read;

use crate::config::Environment;

/// The clipboards within reach.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Clipboard {
    /// Whether a desktop is shown on the machine that the person sits at.
    pub desktop: bool,
    /// What stands between the program and its terminal; none: the terminal understands no escape sequence.
    pub terminal: Option<Through>,
}

/// What stands between a program and its terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Through {
    /// Nothing.
    Nothing,
    /// tmux.
    Tmux,
    /// GNU screen.
    Screen,
}

impl Clipboard {
    /// Those of an environment. A desktop that a connection forwards is not asked: it may be anyone's.
    #[must_use]
    pub fn of(environment: &Environment) -> Self {
        let through = match (environment.tmux, environment.screen) {
            (true, _) => Through::Tmux,
            (_, true) => Through::Screen,
            _ => Through::Nothing,
        };
        Self {
            desktop: environment.display && !environment.remote,
            terminal: (!environment.dumb).then_some(through),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn over_ssh_the_terminal_alone_leads_to_the_person() {
        let desktop = Environment {
            display: true,
            ..Environment::default()
        };
        assert!(Clipboard::of(&desktop).desktop);
        let remote = Environment {
            remote: true,
            ..desktop
        };
        assert!(!Clipboard::of(&remote).desktop);
        assert_eq!(Clipboard::of(&remote).terminal, Some(Through::Nothing));
    }

    #[test]
    fn a_terminal_without_escape_sequences_has_no_clipboard() {
        let dumb = Environment {
            dumb: true,
            tmux: true,
            ..Environment::default()
        };
        assert_eq!(Clipboard::of(&dumb), Clipboard::default());
    }
}

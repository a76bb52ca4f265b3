//! Asks the person, on the terminal that they sit at. Nothing else in the program does.
//!
//! Every question has something to pass that answers it; without a terminal the failure names it.

mod new_password;
mod source;
mod tty;

use std::io;
use std::time::Duration;

use authr_crypto::random::Random;
use authr_crypto::secret::Password;
use zeroize::Zeroizing;

pub(crate) use self::new_password::{Weak, refuse_weak};
pub(crate) use self::source::PasswordSource;
use self::tty::{Echo, Tty};
use super::output::{clean, wrapped};
use crate::context::Context;
use crate::failure::{Failure, Kind};
use crate::terminal::Terminal;

/// Whether a question about going on is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Consent {
    /// Asked.
    Ask,
    /// `--yes`: given beforehand.
    Given,
}

/// Who is asked, if anybody is there.
#[derive(Clone, Copy)]
pub(crate) struct Prompt<'a> {
    terminal: &'a Terminal,
    random: &'a dyn Random,
    consent: Consent,
}

impl<'a> Prompt<'a> {
    pub(crate) fn new(context: &'a Context, consent: Consent) -> Self {
        Self {
            terminal: &context.terminal,
            random: &*context.random,
            consent,
        }
    }

    /// Whether there is a person to ask.
    pub(crate) fn can_ask(&self) -> bool {
        self.terminal.asks
    }

    /// A line of text. `instead` is what answers the question without asking, as in `--issuer NAME`.
    pub(crate) fn line(&self, question: &str, instead: &str) -> Result<String, Failure> {
        let answer = self.ask(question, instead, Echo::Shown)?;
        Ok(answer.trim().to_owned())
    }

    /// A secret that is typed or pasted, and not shown.
    pub(crate) fn secret(
        &self,
        question: &str,
        instead: &str,
    ) -> Result<Zeroizing<String>, Failure> {
        self.ask(question, instead, Echo::Hidden)
    }

    /// Whether to go on. `--yes` says so; Enter alone says no.
    pub(crate) fn confirm(&self, question: &str) -> Result<bool, Failure> {
        if self.consent == Consent::Given {
            return Ok(true);
        }
        loop {
            let question = format!("{question} [y/N]");
            let answer = self.ask(&question, "--yes", Echo::Shown)?;
            match answer.trim().to_lowercase().as_str() {
                "y" | "yes" => return Ok(true),
                "" | "n" | "no" => return Ok(false),
                _ => self.say("Please answer y or n.")?,
            }
        }
    }

    /// Has the terminal take a text for so long, or until a key is pressed; `take` and `give_back` are what it understands.
    pub(super) fn hold(
        &self,
        notice: &str,
        take: &str,
        give_back: &str,
        time: Duration,
    ) -> Result<(), Failure> {
        let tty = Tty::open().map_err(unreadable)?;
        let notice = clean(notice, self.terminal.glyphs);
        let notice = wrapped(&notice, self.columns());
        let said = Zeroizing::new(format!("{take}{notice} "));
        (tty.hold(&said, give_back, time))
            .and_then(|()| tty.say("cleared.\n"))
            .map_err(unreadable)
    }

    /// A password that exists already.
    pub(super) fn password(&self, question: &str, instead: &str) -> Result<Password, Failure> {
        let typed = self.ask(question, instead, Echo::Hidden)?;
        Ok(Password::new(&typed))
    }

    fn ask(&self, question: &str, instead: &str, echo: Echo) -> Result<Zeroizing<String>, Failure> {
        let question = format!("{}: ", clean(question, self.terminal.glyphs));
        let tty = self.tty(&question, instead)?;
        let question = wrapped(&question, self.columns());
        tty.ask(&question, echo)
            .map_err(unreadable)?
            .ok_or_else(|| Failure::new(Kind::Failed, "no answer; nothing was changed"))
    }

    /// Says something to the person who is being asked.
    fn say(&self, text: &str) -> Result<(), Failure> {
        let tty = self.tty("", source::INSTEAD)?;
        text.lines()
            .try_for_each(|line| {
                let line = clean(line, self.terminal.glyphs);
                tty.say(&wrapped(&line, self.columns()))?;
                tty.say("\n")
            })
            .map_err(unreadable)
    }

    /// The width of the terminal that the person sits at.
    fn columns(&self) -> Option<usize> {
        let Terminal { stdout, stderr, .. } = self.terminal;
        stderr.columns().or(stdout.columns())
    }

    fn tty(&self, question: &str, instead: &str) -> Result<Tty, Failure> {
        let nobody = || {
            let question = question.trim_end_matches([':', ' ']);
            Failure::new(
                Kind::Locked,
                format!("there is no terminal to ask on: {question}"),
            )
            .hint(format!("pass {instead}"))
        };
        if !self.can_ask() {
            return Err(nobody());
        }
        Tty::open().map_err(|_| nobody())
    }
}

fn unreadable(error: io::Error) -> Failure {
    Failure::new(Kind::Failed, format!("cannot ask on /dev/tty: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nobody() -> Context {
        Context::new(Terminal::unattended(80, io::sink(), io::sink()), None)
    }

    #[test]
    fn without_a_terminal_every_question_says_what_to_pass() {
        let context = nobody();
        let prompt = Prompt::new(&context, Consent::Ask);
        let failures = [
            prompt.line("Issuer", "--issuer NAME").unwrap_err(),
            prompt.secret("Secret", "the otpauth URI as -").unwrap_err(),
            prompt.confirm("Remove GitHub?").unwrap_err(),
            prompt
                .password("Backups password", source::INSTEAD)
                .unwrap_err(),
        ];
        let said: Vec<_> = failures
            .iter()
            .map(|failure| (failure.kind(), failure.message(), failure.hints().join(" ")))
            .collect();
        let no_terminal = |question: &str| format!("there is no terminal to ask on: {question}");
        assert_eq!(
            said,
            [
                ("Issuer", "pass --issuer NAME"),
                ("Secret", "pass the otpauth URI as -"),
                ("Remove GitHub? [y/N]", "pass --yes"),
                (
                    "Backups password",
                    "pass --password-file FILE or --password-fd N"
                ),
            ]
            .map(|(question, hint)| (
                Kind::Locked,
                no_terminal(question),
                hint.to_owned()
            ))
        );
    }

    #[test]
    fn consent_given_beforehand_answers_without_a_terminal() {
        let context = nobody();
        let prompt = Prompt::new(&context, Consent::Given);
        assert!(prompt.confirm("Remove GitHub?").unwrap());
    }
}

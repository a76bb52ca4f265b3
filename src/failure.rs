//! What a run that did not succeed says and ends with: kind, cause, and commands to try next.

use std::error::Error;
use std::fmt::Write as _;
use std::io;

/// Why a run did not succeed. The table of exit codes is [`Kind::exit_code`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Whoever read the results stopped reading: success, and nothing to say.
    PipeClosed,
    /// The person was asked, and said no: nothing went wrong, and nothing was done.
    Declined,
    /// Anything that has no kind of its own.
    Failed,
    /// The command line makes no sense.
    Usage,
    /// The vault is locked: wrong password, or nobody to ask for it.
    Locked,
    /// No account of that name, or more than one.
    NotFound,
    /// The vault, or a backup, is not as it was written.
    Damaged,
    /// The server cannot be reached, or refuses.
    Server,
    /// Something must happen elsewhere first.
    Waiting,
}

impl Kind {
    /// The kinds that have an exit code of their own, in its order.
    pub(crate) const ALL: [Self; 7] = [
        Self::Failed,
        Self::Usage,
        Self::Locked,
        Self::NotFound,
        Self::Damaged,
        Self::Server,
        Self::Waiting,
    ];

    /// The exit code. It is a contract with scripts.
    pub(crate) fn exit_code(self) -> u8 {
        match self {
            Self::PipeClosed => 0,
            Self::Failed | Self::Declined => 1,
            Self::Usage => 2,
            Self::Locked => 3,
            Self::NotFound => 4,
            Self::Damaged => 5,
            Self::Server => 6,
            Self::Waiting => 7,
        }
    }

    /// The kind of an exit code that another process of ours gave.
    pub(crate) fn of_exit_code(code: u8) -> Self {
        let mut kinds = Self::ALL.into_iter();
        kinds
            .find(|kind| kind.exit_code() == code)
            .unwrap_or(Self::Failed)
    }

    /// The word for it in JSON. It is a contract with scripts.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::PipeClosed => "pipe-closed",
            Self::Declined => "declined",
            Self::Failed => "failed",
            Self::Usage => "usage",
            Self::Locked => "locked",
            Self::NotFound => "not-found",
            Self::Damaged => "damaged",
            Self::Server => "server",
            Self::Waiting => "waiting",
        }
    }

    /// What the exit code means, for the help.
    pub(crate) fn meaning(self) -> &'static str {
        match self {
            Self::PipeClosed => "ok",
            Self::Failed | Self::Declined => "failed",
            Self::Usage => "wrong usage",
            Self::Locked => "locked: wrong password, or nobody to ask for it",
            Self::NotFound => "not found, or ambiguous",
            Self::Damaged => "the vault or backup is damaged",
            Self::Server => "the server is unreachable or refuses",
            Self::Waiting => "waiting for approval",
        }
    }
}

/// A run that did not succeed.
#[derive(Debug)]
pub(crate) struct Failure {
    kind: Kind,
    source: Box<dyn Error + Send + Sync>,
    hints: Vec<String>,
}

impl Failure {
    /// A failure with its cause: an error, or a message (lower case, no full stop).
    pub(crate) fn new(kind: Kind, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self {
            kind,
            source: source.into(),
            hints: Vec::new(),
        }
    }

    /// The person said no; `what` as in "Nothing was removed.": an answer is no error.
    pub(crate) fn declined(what: &'static str) -> Self {
        Self::new(Kind::Declined, what)
    }

    /// Adds a command to try, or what to pass (imperative, no full stop).
    #[must_use]
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// Results that could not be written: a closed pipe is no failure, a full disk is.
    pub(crate) fn writing_results(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            Self::new(Kind::PipeClosed, error)
        } else {
            Self::new(Kind::Failed, format!("cannot write the results: {error}"))
        }
    }

    pub(crate) fn kind(&self) -> Kind {
        self.kind
    }

    pub(crate) fn hints(&self) -> &[String] {
        &self.hints
    }

    /// The message and its causes, each said once: many errors already name theirs.
    pub(crate) fn message(&self) -> String {
        let mut message = self.source.to_string();
        let mut cause = self.source.source();
        while let Some(error) = cause {
            let text = error.to_string();
            if !message.ends_with(&text) {
                // Writing to a String does not fail.
                let _ = write!(message, ": {text}");
            }
            cause = error.source();
        }
        message
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("cannot open /vault")]
    struct Outer(#[source] Inner);

    #[derive(Debug, thiserror::Error)]
    #[error("the disk is on fire")]
    struct Inner;

    #[derive(Debug, thiserror::Error)]
    #[error("cannot open /vault: {0}")]
    struct Says(#[source] Inner);

    #[test]
    fn exit_codes_are_the_documented_table() {
        let table: Vec<_> = Kind::ALL
            .iter()
            .map(|kind| (kind.exit_code(), kind.name()))
            .collect();
        assert_eq!(
            table,
            [
                (1, "failed"),
                (2, "usage"),
                (3, "locked"),
                (4, "not-found"),
                (5, "damaged"),
                (6, "server"),
                (7, "waiting"),
            ]
        );
        assert_eq!(Kind::PipeClosed.exit_code(), 0);
        assert_eq!(Kind::Declined.exit_code(), 1);
    }

    #[test]
    fn a_cause_is_said_once_whether_or_not_the_error_says_it() {
        let expected = "cannot open /vault: the disk is on fire";
        assert_eq!(Failure::new(Kind::Failed, Outer(Inner)).message(), expected);
        assert_eq!(Failure::new(Kind::Failed, Says(Inner)).message(), expected);
    }

    #[test]
    fn a_closed_pipe_is_success_and_a_full_disk_is_not() {
        let closed = Failure::writing_results(io::ErrorKind::BrokenPipe.into());
        let full = Failure::writing_results(io::ErrorKind::StorageFull.into());
        assert_eq!(closed.kind().exit_code(), 0);
        assert_eq!(full.kind().exit_code(), 1);
    }
}

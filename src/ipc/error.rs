//! What went wrong on the way to the agent.

use std::io;
use std::path::PathBuf;

/// A message that did not get through.
#[derive(Debug, thiserror::Error)]
pub(crate) enum IpcError {
    /// Nobody holds the vault open.
    #[error("no agent runs")]
    NoAgent,
    /// The agent got a whole message, and ended before it answered.
    #[error("the agent ended before it answered")]
    Ended,
    /// The folder of the sockets is not this person's alone.
    #[error("{} {problem}: it cannot hold the agent's socket", path.display())]
    UnsafeFolder {
        /// Which folder.
        path: PathBuf,
        /// As in "is a symbolic link".
        problem: &'static str,
    },
    /// Whoever answers is another user.
    #[error("the process at {} belongs to another user", path.display())]
    OtherUser {
        /// Which socket.
        path: PathBuf,
    },
    /// Another version of the program answers.
    #[error("the agent is of authr {theirs}")]
    OtherVersion {
        /// Its version.
        theirs: String,
    },
    /// What came is not of this protocol.
    #[error("the agent sent what is no message")]
    Nonsense,
    /// A message above its limit.
    #[error("a message to or from the agent is too large")]
    TooLarge,
    /// The system.
    #[error("cannot {doing} the agent")]
    Io {
        /// `reach`, `talk to`, …
        doing: &'static str,
        /// Why.
        source: io::Error,
    },
}

/// A request that was not answered.
#[derive(Debug)]
pub(crate) enum AskError {
    /// It did not get there, not all of it, or nobody was found to have heard it: nothing was changed.
    NotAsked(IpcError),
    /// It was sent, and nobody knows what came of it.
    NotAnswered(IpcError),
}

impl IpcError {
    /// An agent that ended before it had heard all is none.
    pub(super) fn or_no_agent(self) -> Self {
        if self.is_end() { Self::NoAgent } else { self }
    }

    /// One that had heard all may have done it.
    pub(super) fn or_ended(self) -> Self {
        if self.is_end() { Self::Ended } else { self }
    }

    /// Whether the other side hung up.
    pub(super) fn is_end(&self) -> bool {
        use io::ErrorKind::{BrokenPipe, ConnectionReset, UnexpectedEof};
        match self {
            Self::Io { source, .. } => {
                matches!(source.kind(), BrokenPipe | ConnectionReset | UnexpectedEof)
            }
            _ => false,
        }
    }

    /// Wraps an error of the system: `.map_err(IpcError::io("reach"))`.
    pub(crate) fn io(doing: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { doing, source }
    }
}

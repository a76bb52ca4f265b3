//! What the operator does, beside a running server or without one.

use std::io::Write;
use std::str::FromStr;
use std::sync::Arc;

use clap::ValueEnum;

use crate::keys::KeyRing;
use crate::storage::{ForcedSms, Storage, StorageError};

mod applications;
mod users;

/// The operator's view of what is kept.
pub(crate) struct Admin {
    pub(crate) storage: Arc<dyn Storage>,
    pub(crate) keys: KeyRing,
}

/// What is unlocked of a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unlock {
    /// The codes, at every application.
    Codes,
    /// The locker.
    Locker,
}

/// Why it was not done.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum AdminError {
    /// The name is taken.
    #[error("there is an application of that name already")]
    NameTaken,
    /// The name is none.
    #[error("a name has 1 to 64 characters, none of them a control character")]
    BadName,
    /// The text is no phone number.
    #[error("not a phone number in international form (+1 201 555 0123)")]
    BadPhone,
    /// Nobody has this number.
    #[error("no user has this number")]
    NoUser,
    /// The question was not answered with yes.
    #[error("nothing was removed: answer yes, or pass --yes")]
    NotConfirmed,
    /// The database.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// Standard output or input.
    #[error("cannot write the result")]
    Output(#[from] std::io::Error),
}

impl AdminError {
    pub(crate) fn exit_code(&self) -> u8 {
        match self {
            Self::BadName | Self::BadPhone | Self::NotConfirmed => 2,
            Self::NoUser => 4,
            _ => 1,
        }
    }
}

/// How long a token lives, as it is typed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TokenLifetime(Option<u32>);

impl FromStr for TokenLifetime {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const LONGEST: u32 = 30 * 24 * 3600;
        match (text, text.parse::<u32>()) {
            ("non-expiring", _) => Ok(Self(None)),
            (_, Ok(seconds)) if (30..=LONGEST).contains(&seconds) => Ok(Self(Some(seconds))),
            _ => Err("30 to 2592000 seconds, or non-expiring"),
        }
    }
}

/// What `force` may do, as it is typed.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum ForcedSmsChoice {
    Allow,
    Refuse,
}

impl From<ForcedSmsChoice> for ForcedSms {
    fn from(choice: ForcedSmsChoice) -> Self {
        match choice {
            ForcedSmsChoice::Allow => Self::Allow,
            ForcedSmsChoice::Refuse => Self::Refuse,
        }
    }
}

fn json_line(out: &mut dyn Write, value: &serde_json::Value) -> Result<(), AdminError> {
    Ok(writeln!(out, "{value}")?)
}

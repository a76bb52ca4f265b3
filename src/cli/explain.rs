//! From what failed for the user to what the program says and ends with: the one map.

use authr_core::vault::OpenError;

use crate::app::Error;
use crate::failure::{Failure, Kind};

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let kind = kind(&error);
        let hints = hints(&error);
        hints.into_iter().fold(Self::new(kind, error), Self::hint)
    }
}

fn kind(error: &Error) -> Kind {
    match error {
        Error::NotFound { .. }
        | Error::Ambiguous { .. }
        | Error::NoVault { .. }
        | Error::Vanished => Kind::NotFound,
        Error::PasswordChanged => Kind::Locked,
        Error::Open { source, .. } => match source {
            OpenError::NoSlotOpened => Kind::Locked,
            OpenError::OutOfMemory => Kind::Failed,
            _ => Kind::Damaged,
        },
        _ => Kind::Failed,
    }
}

fn hints(error: &Error) -> Vec<String> {
    let one = |hint: &str| vec![hint.to_owned()];
    match error {
        Error::NoVault { .. } => vec!["authr add".to_owned(), "authr restore FILE".to_owned()],
        Error::NotFound { nearest, .. } if nearest.is_empty() => one("authr list"),
        Error::NotFound { nearest, .. } => nearest
            .iter()
            .map(|name| format!("authr code '{name}'"))
            .collect(),
        Error::Ambiguous { .. } => one("name it as issuer:label, or by the beginning of its id"),
        Error::PasswordChanged => one("run the command again with the new password"),
        Error::VaultAppeared { .. } => one("run the command again"),
        Error::Open { source, .. } => match source {
            OpenError::NoSlotOpened => one("type the backups password of this vault"),
            OpenError::Rollback { .. } => {
                one("pass --accept-rollback if you put the older vault there yourself")
            }
            OpenError::UnsupportedVersion { .. } => one("update authr"),
            OpenError::Malformed { .. } | OpenError::Tampered { .. } | OpenError::NotAVault => {
                vec![
                    "authr backup list".to_owned(),
                    "authr restore FILE".to_owned(),
                ]
            }
            _ => Vec::new(),
        },
        error if error.is_damaged_state() => {
            one("pass --accept-rollback to begin it anew, if you trust the vault that is there")
        }
        _ => Vec::new(),
    }
}

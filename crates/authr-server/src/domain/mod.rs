//! The rules: no HTTP in here, and no SQL.

pub mod accounts;
pub mod codes;
pub mod identity;
pub mod native;
pub mod phone;
pub(crate) mod registration;
pub mod throttle;
pub mod tokens;

use crate::keys::KeyError;
use crate::storage::StorageError;

/// The server could not do what it should: the caller is told that, and the log why.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// The database.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// An encrypted column.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// What was decrypted is not what was encrypted once.
    #[error("a decrypted {0} is none")]
    Content(&'static str),
}

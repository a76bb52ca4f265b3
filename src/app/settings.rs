//! What a person can set, and has.

use super::error::Error;
use crate::store::Store;
pub(crate) use crate::store::{Setting, Settings};

/// Sets a value, for every command and agent from now on. (An agent that runs locks as it was told when it began.)
pub(crate) fn set(store: &Store, setting: Setting, value: u64) -> Result<(), Error> {
    let lock = store.lock()?;
    Ok(store.write_setting(&lock, setting, value)?)
}

/// What is set.
pub(crate) fn settings(store: &Store) -> Result<Settings, Error> {
    Ok(store.settings()?)
}

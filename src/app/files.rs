//! Files that the person names.

use std::path::Path;

use super::error::Error;
pub(crate) use crate::store::Store;
use crate::store::atomic;
pub(crate) use crate::store::atomic::Existing;

/// Reads a file of at most `limit` bytes.
pub(crate) fn read(path: &Path, limit: usize) -> Result<Vec<u8>, Error> {
    Ok(atomic::read(path, limit)?)
}

/// Writes a file whole, readable by its owner alone.
pub(crate) fn write(path: &Path, bytes: &[u8], existing: Existing) -> Result<(), Error> {
    Ok(atomic::write(path, bytes, existing)?)
}

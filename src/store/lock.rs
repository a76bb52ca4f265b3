//! One saving process at a time: an exclusive `flock` on a file beside the vault.

use std::fs::{File, OpenOptions, TryLockError};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::Duration;

use super::error::StoreError;

/// How often a lock that is held is tried again, and how long to wait between.
const TRIES: u32 = 500;
const BETWEEN: Duration = Duration::from_millis(20);

/// The right to save; given back when dropped, also by the death of the process.
#[must_use]
pub(crate) struct Lock {
    _file: File,
}

impl Lock {
    /// The lock, where nobody has it at the moment.
    pub(crate) fn take_if_free(path: &Path) -> Option<Self> {
        let file = open(path).ok()?;
        file.try_lock().ok()?;
        Some(Self { _file: file })
    }

    /// Waits up to 10 seconds for the lock.
    pub(crate) fn take(path: &Path) -> Result<Self, StoreError> {
        let failed = || StoreError::io("lock", path);
        let file = open(path).map_err(failed())?;
        for _ in 0..TRIES {
            match file.try_lock() {
                Ok(()) => return Ok(Self { _file: file }),
                Err(TryLockError::WouldBlock) => std::thread::sleep(BETWEEN),
                Err(TryLockError::Error(error)) => return Err(failed()(error)),
            }
        }
        Err(StoreError::InUse {
            path: path.to_owned(),
        })
    }
}

fn open(path: &Path) -> std::io::Result<File> {
    OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(path)
}

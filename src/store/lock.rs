//! One saving process at a time: an exclusive `flock` on a file beside the vault.

use std::fs::{File, OpenOptions, TryLockError};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use super::error::StoreError;
use super::place;

/// The longest wait for a lock that is held.
const LONGEST: Duration = Duration::from_secs(10);

/// The right to save; given back when dropped, also by the death of the process.
#[must_use]
pub(crate) struct Lock {
    _file: File,
}

impl Lock {
    /// The lock, where nobody has it at the moment.
    pub(crate) fn take_if_free(path: &Path) -> Result<Option<Self>, StoreError> {
        let file = open(path)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Self { _file: file })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(StoreError::io("lock", path)(error)),
        }
    }

    /// Waits up to 10 seconds for the lock.
    pub(crate) fn take(path: &Path) -> Result<Self, StoreError> {
        let failed = || StoreError::io("lock", path);
        let file = open(path)?;
        match file.try_lock() {
            Ok(()) => return Ok(Self { _file: file }),
            Err(TryLockError::WouldBlock) => {}
            Err(TryLockError::Error(error)) => return Err(failed()(error)),
        }
        // The system lets those who wait have it in their order; who asks again and again may never get it. Waiting has no
        // end of its own, so that another thread does it: where it is given up, that thread gives the lock back.
        let (sender, receiver) = mpsc::channel();
        let wait = move || {
            let locked = file.lock().map(|()| file);
            let _ = sender.send(locked);
        };
        thread::Builder::new().spawn(wait).map_err(failed())?;
        match receiver.recv_timeout(LONGEST) {
            Ok(locked) => locked.map(|file| Self { _file: file }).map_err(failed()),
            Err(_) => Err(StoreError::InUse {
                path: path.to_owned(),
            }),
        }
    }
}

fn open(path: &Path) -> Result<File, StoreError> {
    place::look_at(path)?;
    let opened = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(path);
    opened.map_err(StoreError::io("lock", path))
}

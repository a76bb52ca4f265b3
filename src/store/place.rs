//! What stands in a file's place is looked at before it is taken for one: a pipe would be waited on for ever, a device would
//! do what it does, and a link is followed, so that a vault which a person keeps elsewhere stays there.
//!
//! This is for files of authr's own. What a person names to be read may be a pipe: `authr import /dev/stdin`.

use std::fs::FileType;
use std::io::ErrorKind;
use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};

use super::error::StoreError;

/// Refuses what is neither a file nor absent, without opening it.
pub(super) fn look_at(path: &Path) -> Result<(), StoreError> {
    match std::fs::metadata(path) {
        Ok(about) if about.is_file() => Ok(()),
        Ok(about) => Err(StoreError::NotAFile {
            path: path.to_owned(),
            what: name(about.file_type()),
        }),
        Err(error) if error.kind() == ErrorKind::NotFound => match std::fs::read_link(path) {
            Ok(target) => Err(StoreError::LinkToNothing {
                path: path.to_owned(),
                target,
            }),
            Err(_) => Ok(()),
        },
        // Opening it fails too, and says at what.
        Err(_) => Ok(()),
    }
}

/// Where a file lies that is to be replaced: itself, or what the link is to.
pub(super) fn of(path: &Path) -> Result<PathBuf, StoreError> {
    look_at(path)?;
    if !path.is_symlink() {
        return Ok(path.to_owned());
    }
    // The system itself must be willing to follow it: another user's link in a folder that is everybody's is not followed.
    std::fs::metadata(path)
        .and_then(|_| std::fs::canonicalize(path))
        .map_err(StoreError::io("write", path))
}

fn name(kind: FileType) -> &'static str {
    if kind.is_dir() {
        "folder"
    } else if kind.is_fifo() {
        "pipe"
    } else if kind.is_socket() {
        "socket"
    } else {
        "device"
    }
}

//! Files are replaced whole or not at all.
//!
//! A new file is written beside the old one with mode 0600, brought to the disk, and renamed over it; then the folder is
//! brought to the disk. Whoever dies in between leaves the old file, and at most a temporary one. Where a link stands in the place
//! of the old file, the file that it leads to is the old one.

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use super::error::StoreError;
use super::place;

/// What happens to a file that is already there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Existing {
    /// It is replaced.
    Replace,
    /// It stays, and writing is an error.
    Refuse,
}

/// A temporary file that is removed unless it was put in place.
struct Temporary<'a> {
    path: &'a Path,
    in_place: bool,
}

impl Drop for Temporary<'_> {
    fn drop(&mut self) {
        if !self.in_place {
            // It holds ciphertext or what the person asked to write; the error that led here is what counts.
            let _ = std::fs::remove_file(self.path);
        }
    }
}

/// Writes a file whole, readable by its owner alone.
pub(crate) fn write(path: &Path, bytes: &[u8], existing: Existing) -> Result<(), StoreError> {
    write_then(path, bytes, existing, |_| Ok(()))
}

/// As [`write()`]; `before_rename` runs once the new file is safe on the disk and the old one still in place, and is told where
/// that lies.
pub(crate) fn write_then(
    path: &Path,
    bytes: &[u8],
    existing: Existing,
    before_rename: impl FnOnce(&Path) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let path = &match existing {
        Existing::Replace => place::of(path)?,
        Existing::Refuse => path.to_owned(),
    };
    let temporary = temporary_path(path);
    let failed = || StoreError::io("write", path);
    // One that a killed process left behind.
    if let Err(error) = std::fs::remove_file(&temporary)
        && error.kind() != std::io::ErrorKind::NotFound
    {
        return Err(StoreError::io("remove", &temporary)(error));
    }
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&temporary)
        .map_err(failed())?;
    let mut guard = Temporary {
        path: &temporary,
        in_place: false,
    };
    file.write_all(bytes).map_err(failed())?;
    file.sync_all().map_err(failed())?;
    drop(file);
    before_rename(path)?;
    match existing {
        Existing::Replace => {
            std::fs::rename(&temporary, path).map_err(failed())?;
            guard.in_place = true;
        }
        // A link fails where the name is taken, a rename would not; the guard removes the temporary name.
        Existing::Refuse => {
            std::fs::hard_link(&temporary, path).map_err(|error| match error.kind() {
                std::io::ErrorKind::AlreadyExists => StoreError::Exists {
                    path: path.to_owned(),
                },
                _ => failed()(error),
            })?
        }
    }
    sync_folder_of(path)
}

/// Brings the names in a file's folder to the disk.
pub(crate) fn sync_folder_of(path: &Path) -> Result<(), StoreError> {
    let folder = folder_of(path);
    File::open(&folder)
        .and_then(|folder| folder.sync_all())
        .map_err(StoreError::io("write", &folder))
}

/// Reads a file of authr's own of at most `limit` bytes.
pub(super) fn read_own(path: &Path, limit: usize) -> Result<Vec<u8>, StoreError> {
    place::look_at(path)?;
    read(path, limit)
}

/// Reads what a person named, a pipe also, of at most `limit` bytes.
pub(crate) fn read(path: &Path, limit: usize) -> Result<Vec<u8>, StoreError> {
    let failed = || StoreError::io("read", path);
    let file = File::open(path).map_err(failed())?;
    let length = file.metadata().map_err(failed())?.len();
    let length = usize::try_from(length).unwrap_or(usize::MAX);
    if length > limit {
        return Err(StoreError::TooLarge {
            path: path.to_owned(),
            limit,
        });
    }
    // What metadata says of a pipe or a growing file is no promise.
    let mut bytes = Vec::with_capacity(length + 1);
    let most = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    file.take(most).read_to_end(&mut bytes).map_err(failed())?;
    if bytes.len() > limit {
        return Err(StoreError::TooLarge {
            path: path.to_owned(),
            limit,
        });
    }
    Ok(bytes)
}

/// The folders in a folder; none where it is not there.
pub(super) fn folders(path: &Path) -> Result<Vec<PathBuf>, StoreError> {
    let failed = || StoreError::io("read", path);
    let entries = match std::fs::read_dir(path) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(failed()(error)),
    };
    let paths = entries.map(|entry| Ok(entry.map_err(failed())?.path()));
    let folders = paths.filter(|path| path.as_ref().map_or(true, |path| path.is_dir()));
    folders.collect()
}

fn folder_of(path: &Path) -> PathBuf {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
        _ => PathBuf::from("."),
    }
}

/// `.NAME.tmp` beside the file. The vault's is written under its lock; for any other file two writers at once would each
/// fail or win as a whole, since the temporary file is created anew.
pub(super) fn temporary_path(path: &Path) -> PathBuf {
    let mut name = std::ffi::OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(".tmp");
    folder_of(path).join(name)
}

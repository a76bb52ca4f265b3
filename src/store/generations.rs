//! Earlier generations of the vault: encrypted as they were, for `undo` and for the day when the newest is damaged.

use std::path::{Path, PathBuf};

use authr_core::vault::Generation;

use super::error::StoreError;
use super::paths::create_private_dir;

/// How many earlier generations are kept.
pub(crate) const KEPT: usize = 10;
const SUFFIX: &str = ".authr";

/// One earlier generation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Kept {
    /// Which one.
    pub(crate) generation: Generation,
    /// Its file.
    pub(crate) path: PathBuf,
}

/// The kept generations, newest first.
pub(crate) fn list(folder: &Path) -> Result<Vec<Kept>, StoreError> {
    let failed = || StoreError::io("read", folder);
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(failed()(error)),
    };
    let mut kept = Vec::new();
    for entry in entries {
        let path = entry.map_err(failed())?.path();
        let number = path
            .file_name()
            .and_then(|name| name.to_str())
            .and_then(|name| name.strip_suffix(SUFFIX));
        let generation = number
            .and_then(|number| number.parse().ok())
            .and_then(Generation::new);
        if let Some(generation) = generation {
            kept.push(Kept { generation, path });
        }
    }
    kept.sort_by_key(|kept| std::cmp::Reverse(kept.generation));
    Ok(kept)
}

/// Keeps the present vault file as this generation, by a second name for it: nothing is copied.
pub(crate) fn keep(vault: &Path, folder: &Path, generation: Generation) -> Result<(), StoreError> {
    create_private_dir(folder)?;
    let path = folder.join(format!("{generation:020}{SUFFIX}"));
    match std::fs::hard_link(vault, &path) {
        Ok(()) => Ok(()),
        // A save that was killed after this step is made again.
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(StoreError::io("write", &path)(error)),
    }
}

/// Removes all but the newest [`KEPT`].
pub(crate) fn thin(folder: &Path) -> Result<(), StoreError> {
    for old in list(folder)?.into_iter().skip(KEPT) {
        remove(&old.path)?;
    }
    Ok(())
}

/// Removes every kept generation.
pub(crate) fn remove_all(folder: &Path) -> Result<(), StoreError> {
    list(folder)?.iter().try_for_each(|kept| remove(&kept.path))
}

fn remove(path: &Path) -> Result<(), StoreError> {
    std::fs::remove_file(path).map_err(StoreError::io("remove", path))
}

//! The vault's file with what belongs to it: lock, state, earlier generations.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use authr_core::vault::{Generation, MAX_FILE_BYTES, SealedVault, VaultId};

use super::atomic::{self, Existing};
use super::error::StoreError;
use super::generations::{self, Kept};
use super::lock::Lock;
use super::paths::{self, Paths, create_private_dir};
use super::request::RequestFile;
use super::settings::{self, Setting, Settings};
use super::state::State;

/// The largest file that says when codes were last shown: that of the most accounts, and some room.
const MAX_USAGE_BYTES: usize = 512 * 1024;

/// Which file it is, and when it was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stamp([i64; 7]);

/// The files of one vault.
pub(crate) struct Store {
    paths: Paths,
}

impl Store {
    /// The vault of these folders.
    pub(crate) fn new(paths: Paths) -> Self {
        Self { paths }
    }

    /// The folder that all of it is in.
    pub(crate) fn folder(&self) -> &Path {
        self.paths.data()
    }

    /// What the person has set.
    pub(crate) fn settings(&self) -> Result<Settings, StoreError> {
        Settings::read(&self.paths.settings())
    }

    /// Where that is.
    pub(crate) fn settings_path(&self) -> PathBuf {
        self.paths.settings()
    }

    /// The folder that it is in.
    pub(crate) fn settings_folder(&self) -> &Path {
        self.paths.config()
    }

    /// Sets a value.
    pub(crate) fn write_setting(
        &self,
        _lock: &Lock,
        setting: Setting,
        value: u64,
    ) -> Result<(), StoreError> {
        settings::write(&self.paths.settings(), setting, value)
    }

    /// The same files once more, for a second owner.
    pub(crate) fn again(&self) -> Self {
        Self::new(self.paths.clone())
    }

    /// What tells the present file from any that takes its place; none where it cannot be looked at.
    pub(crate) fn stamp(&self) -> Option<Stamp> {
        let found = std::fs::metadata(self.paths.vault()).ok()?;
        Some(Stamp([
            i64::try_from(found.dev()).ok()?,
            i64::try_from(found.ino()).ok()?,
            i64::try_from(found.len()).ok()?,
            found.mtime(),
            found.mtime_nsec(),
            found.ctime(),
            found.ctime_nsec(),
        ]))
    }

    /// Where the vault's file lies.
    pub(crate) fn vault_path(&self) -> PathBuf {
        self.paths.vault()
    }

    /// Whether there is a vault, or something in its place: what that is, reading it tells.
    pub(crate) fn exists(&self) -> bool {
        std::fs::symlink_metadata(self.paths.vault()).is_ok()
    }

    /// The bytes of the vault's file.
    pub(crate) fn read(&self) -> Result<Vec<u8>, StoreError> {
        read_own_vault(&self.paths.vault())
    }

    /// The right to save; the folder is made where there is none.
    pub(crate) fn lock(&self) -> Result<Lock, StoreError> {
        create_private_dir(self.paths.data())?;
        Lock::take(&self.paths.lock())
    }

    /// The registration under way, if there is one.
    pub(crate) fn request(&self) -> Result<Option<RequestFile>, StoreError> {
        RequestFile::read(&self.paths.request())
    }

    /// Where it is kept.
    pub(crate) fn request_path(&self) -> PathBuf {
        self.paths.request()
    }

    /// The request that was sent, or was about to be, and not answered, if there is one.
    pub(crate) fn unanswered_request(&self) -> Result<Option<RequestFile>, StoreError> {
        RequestFile::read(&self.paths.unanswered_request())
    }

    /// Keeps a request: one that was answered takes the place of the one before, which is good until then.
    pub(crate) fn write_request(
        &self,
        lock: &Lock,
        request: &RequestFile,
    ) -> Result<(), StoreError> {
        if request.answer.is_none() {
            return request.write(&self.paths.unanswered_request());
        }
        request.write(&self.paths.request())?;
        self.remove_unanswered_request(lock)
    }

    /// The registration is over.
    pub(crate) fn remove_request(&self, _lock: &Lock) -> Result<(), StoreError> {
        remove(&self.paths.request())
    }

    /// The request was refused.
    pub(crate) fn remove_unanswered_request(&self, _lock: &Lock) -> Result<(), StoreError> {
        remove(&self.paths.unanswered_request())
    }

    /// The right to save, where nobody has it at the moment.
    pub(crate) fn lock_if_free(&self) -> Option<Lock> {
        Lock::take_if_free(&self.paths.lock()).ok().flatten()
    }

    /// The right to talk to the server for this device, where nobody has it at the moment.
    pub(crate) fn lock_for_server(&self) -> Result<Option<Lock>, StoreError> {
        create_private_dir(self.paths.data())?;
        Lock::take_if_free(&self.paths.server_lock())
    }

    /// When codes were last shown, encrypted, as far as there is such a file.
    pub(crate) fn usage(&self) -> Option<Vec<u8>> {
        atomic::read_own(&self.paths.usage(), MAX_USAGE_BYTES).ok()
    }

    /// Writes that file.
    pub(crate) fn write_usage(&self, _lock: &Lock, sealed: &[u8]) -> Result<(), StoreError> {
        atomic::write(&self.paths.usage(), sealed, Existing::Replace)
    }

    /// What is remembered beside the vault.
    pub(crate) fn state(&self) -> Result<State, StoreError> {
        State::read(&self.paths.state())
    }

    /// Remembers it.
    pub(crate) fn write_state(&self, _lock: &Lock, state: &State) -> Result<(), StoreError> {
        state.write(&self.paths.state())
    }

    /// Writes the first generation, where there is no vault yet.
    pub(crate) fn create(
        &self,
        _lock: &Lock,
        id: VaultId,
        sealed: &SealedVault,
    ) -> Result<(), StoreError> {
        atomic::write(&self.paths.vault(), &sealed.bytes, Existing::Refuse)?;
        self.see(id, sealed.generation).map_err(after_save)
    }

    /// Replaces the vault's file and keeps the one before, which has the generation `before`.
    pub(crate) fn replace(
        &self,
        _lock: &Lock,
        id: VaultId,
        before: Generation,
        sealed: &SealedVault,
    ) -> Result<(), StoreError> {
        // Before anything is touched.
        let kept = self.settings()?.value(Setting::Generations);
        let kept = usize::try_from(kept).unwrap_or(usize::MAX);
        let (vault, folder) = (self.paths.vault(), self.paths.generations(id));
        atomic::write_then(&vault, &sealed.bytes, Existing::Replace, |present| {
            generations::keep(present, &folder, before)
        })?;
        self.see(id, sealed.generation)
            .and_then(|()| generations::thin(&folder, kept))
            .map_err(after_save)
    }

    /// Earlier generations, newest first.
    pub(crate) fn generations(&self, id: VaultId) -> Result<Vec<Kept>, StoreError> {
        generations::list(&self.paths.generations(id))
    }

    /// Earlier generations of whatever vault.
    pub(crate) fn all_generations(&self) -> Result<Vec<Kept>, StoreError> {
        let mut kept = Vec::new();
        for folder in atomic::folders(&self.paths.all_generations())? {
            kept.extend(generations::list(&folder)?);
        }
        Ok(kept)
    }

    /// Puts other bytes in the place of a damaged vault, which keeps a second name.
    pub(crate) fn replace_damaged(
        &self,
        _lock: &Lock,
        bytes: &[u8],
        at: u64,
    ) -> Result<(), StoreError> {
        atomic::write_then(&self.paths.vault(), bytes, Existing::Replace, |present| {
            let aside = free_name(present, at);
            std::fs::hard_link(present, &aside).map_err(StoreError::io("write", &aside))
        })
    }

    /// Puts a damaged vault aside: from then on there is none.
    pub(crate) fn put_damaged_aside(&self, _lock: &Lock, at: u64) -> Result<(), StoreError> {
        let vault = self.paths.vault();
        let aside = free_name(&vault, at);
        std::fs::rename(&vault, &aside).map_err(StoreError::io("write", &aside))?;
        atomic::sync_folder_of(&vault)
    }

    /// Temporary files that a killed process left behind. Whoever has the lock knows that they are nobody's at the moment.
    pub(crate) fn leftovers(&self) -> Vec<PathBuf> {
        let of_lock = [
            self.paths.vault(),
            self.paths.state(),
            self.paths.usage(),
            self.paths.request(),
            self.paths.unanswered_request(),
            self.paths.settings(),
        ];
        let temporary = of_lock.iter().map(|path| atomic::temporary_path(path));
        temporary.filter(|path| path.exists()).collect()
    }

    /// Removes every earlier generation.
    pub(crate) fn remove_generations(&self, _lock: &Lock, id: VaultId) -> Result<(), StoreError> {
        generations::remove_all(&self.paths.generations(id))
    }

    // A state that cannot be read must not undo the save that was made: it is begun anew.
    fn see(&self, id: VaultId, generation: Generation) -> Result<(), StoreError> {
        let path = self.paths.state();
        let mut state = match State::read(&path) {
            Ok(state) => state,
            Err(StoreError::StateDamaged { .. }) => State::default(),
            Err(error) => return Err(error),
        };
        if state.see(id, generation) {
            state.write(&path)
        } else {
            Ok(())
        }
    }
}

fn after_save(source: StoreError) -> StoreError {
    StoreError::AfterSave {
        source: Box::new(source),
    }
}

/// Removes a file that may be gone already.
fn remove(path: &Path) -> Result<(), StoreError> {
    match std::fs::remove_file(path) {
        Ok(()) => atomic::sync_folder_of(path),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(StoreError::io("remove", path)(error)),
    }
}

/// The bytes of a vault file that a person named.
pub(crate) fn read_vault(path: &Path) -> Result<Vec<u8>, StoreError> {
    atomic::read(path, MAX_FILE_BYTES)
}

/// The bytes of the vault, or of an earlier generation.
pub(crate) fn read_own_vault(path: &Path) -> Result<Vec<u8>, StoreError> {
    atomic::read_own(path, MAX_FILE_BYTES)
}

/// What a damaged vault of this time is called: by the next second that no other one beside it has.
fn free_name(vault: &Path, at: u64) -> PathBuf {
    let mut names = (at..=u64::MAX).map(|at| vault.with_file_name(paths::damaged(at)));
    let free = names.find(|path| std::fs::symlink_metadata(path).is_err());
    free.expect("because a folder has fewer files than there are seconds")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vault_damaged_in_the_same_second_as_another_has_a_name_of_its_own() {
        let folder = tempfile::tempdir().unwrap();
        let vault = folder.path().join("vault.authr");
        for second in [7, 8, 9] {
            let free = free_name(&vault, 7);
            assert!(free.ends_with(paths::damaged(second)), "{}", free.display());
            std::os::unix::fs::symlink("nowhere", free).unwrap();
        }
    }
}

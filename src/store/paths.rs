//! Where the files of this installation lie.

use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use authr_core::vault::VaultId;
use data_encoding::HEXLOWER;
use directories::ProjectDirs;

use super::error::StoreError;

/// The folders of this installation.
#[derive(Debug, Clone)]
pub(crate) struct Paths {
    data: PathBuf,
    config: PathBuf,
}

impl Paths {
    /// Everything under `home`, else where the platform keeps a person's files.
    pub(crate) fn new(home: Option<&Path>) -> Result<Self, StoreError> {
        if let Some(home) = home {
            return Ok(Self::of(home, home));
        }
        let dirs = ProjectDirs::from("", "", "authr").ok_or(StoreError::NoHome)?;
        Ok(Self::of(dirs.data_dir(), dirs.config_dir()))
    }

    /// The vault and what belongs to it in one folder, what a person has set in another.
    pub(crate) fn of(data: &Path, config: &Path) -> Self {
        Self {
            data: data.to_owned(),
            config: config.to_owned(),
        }
    }

    /// The folder of what a person has set.
    pub(crate) fn config(&self) -> &Path {
        &self.config
    }

    /// What a person has set.
    pub(crate) fn settings(&self) -> PathBuf {
        self.config.join("config.toml")
    }

    /// The folder that holds the vault.
    pub(crate) fn data(&self) -> &Path {
        &self.data
    }

    /// The encrypted vault.
    pub(crate) fn vault(&self) -> PathBuf {
        self.data.join("vault.authr")
    }

    /// What a saving process locks.
    pub(crate) fn lock(&self) -> PathBuf {
        self.data.join("vault.lock")
    }

    /// What a process locks while it talks to the server for this device.
    pub(crate) fn server_lock(&self) -> PathBuf {
        self.data.join("server.lock")
    }

    /// The highest generation seen, and other facts that are no secret.
    pub(crate) fn state(&self) -> PathBuf {
        self.data.join("state.json")
    }

    /// A registration under way.
    pub(crate) fn request(&self) -> PathBuf {
        self.data.join("registration.json")
    }

    /// When codes were last shown, encrypted.
    pub(crate) fn usage(&self) -> PathBuf {
        self.data.join("usage.authr")
    }

    /// A request that was not answered yet.
    pub(crate) fn unanswered_request(&self) -> PathBuf {
        self.data.join("registration-asked.json")
    }

    /// Earlier generations of a vault: a folder for each, since a vault that is made anew counts from 1 again.
    pub(crate) fn generations(&self, id: VaultId) -> PathBuf {
        self.all_generations().join(HEXLOWER.encode(&id.0))
    }

    /// The folder of those folders.
    pub(crate) fn all_generations(&self) -> PathBuf {
        self.data.join("generations")
    }
}

/// What a vault file is called that was damaged, and put aside at a time.
pub(super) fn damaged(at: u64) -> String {
    format!("vault-damaged-{at}.authr")
}

/// Makes a folder that only its owner enters; one that is there keeps its mode.
pub(crate) fn create_private_dir(path: &Path) -> Result<(), StoreError> {
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .map_err(StoreError::io("create the folder", path))
}

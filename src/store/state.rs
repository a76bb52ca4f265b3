//! What this installation remembers beside the vault: no secret, no name, no absolute path.

use std::path::Path;

use authr_core::vault::{Generation, VaultId};
use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};

use super::atomic::{self, Existing};
use super::error::StoreError;

const MAX_BYTES: usize = 64 * 1024;

/// The state file.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct State {
    /// Which vault the generation belongs to, in hexadecimal.
    vault_id: String,
    /// The highest generation seen; 0 for none.
    generation: u64,
    /// When a backup was last made, in seconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) backup_at: Option<u64>,
    /// How many accounts it held.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) backup_accounts: Option<usize>,
    /// How this machine's clock stands to the server's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) server_time: Option<ServerTime>,
}

/// How this machine's clock stood to the server's, for as long as nobody sets it and the machine runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ServerTime {
    /// The server's time less this machine's, in seconds.
    pub(crate) offset: i64,
    /// When the machine was started, by its own clock: another value is another start, or another setting.
    pub(crate) started: u64,
}

impl State {
    /// Reads the file; where there is none, nothing was seen.
    pub(crate) fn read(path: &Path) -> Result<Self, StoreError> {
        match atomic::read_own(path, MAX_BYTES) {
            Ok(bytes) => serde_json::from_slice(&bytes).map_err(|_| StoreError::StateDamaged {
                path: path.to_owned(),
            }),
            Err(StoreError::Io { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => {
                Ok(Self::default())
            }
            Err(error) => Err(error),
        }
    }

    /// The highest generation of this vault that was seen.
    pub(crate) fn highest(&self, vault_id: VaultId) -> Option<Generation> {
        if self.vault_id == HEXLOWER.encode(&vault_id.0) {
            Generation::new(self.generation)
        } else {
            None
        }
    }

    /// Remembers a generation; whether that changed anything.
    pub(crate) fn see(&mut self, vault_id: VaultId, generation: Generation) -> bool {
        if self
            .highest(vault_id)
            .is_some_and(|highest| highest >= generation)
        {
            return false;
        }
        self.set(vault_id, generation);
        true
    }

    /// Makes a generation the highest, also where a higher one was seen.
    pub(crate) fn set(&mut self, vault_id: VaultId, generation: Generation) {
        self.vault_id = HEXLOWER.encode(&vault_id.0);
        self.generation = generation.number();
    }

    /// Writes the file.
    pub(crate) fn write(&self, path: &Path) -> Result<(), StoreError> {
        let text =
            serde_json::to_vec(self).expect("because the state holds numbers and text alone");
        atomic::write(path, &text, Existing::Replace)
    }
}

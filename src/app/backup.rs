//! Encrypted copies elsewhere, and the way back from them.

use std::path::{Path, PathBuf};

use authr_core::account::AccountId;
use authr_core::content::{BroughtBack, Content};
use authr_core::vault::{Generation, MAGIC, Vault, VaultFile};
use authr_crypto::secret::Password;
use authr_formats::paper::{self, About, PaperError, Parts};
use serde::{Deserialize, Serialize};

use super::error::Error;
use super::session::Session;
use super::wire;
use crate::context::Context;
use crate::store::{self, atomic};

/// An opened backup.
pub(crate) struct Backup {
    vault: Vault,
}

/// An earlier generation that is kept beside the vault.
pub(crate) struct KeptGeneration {
    /// Which one.
    pub(crate) generation: Generation,
    /// When it was saved, in seconds since 1970; none where the file cannot be read as a vault.
    pub(crate) saved_at: Option<u64>,
    /// Its size in bytes.
    pub(crate) bytes: usize,
}

/// The last copy that was made elsewhere.
pub(crate) struct LastBackup {
    /// When, in seconds since 1970.
    pub(crate) at: u64,
    /// How many accounts it holds.
    pub(crate) accounts: usize,
}

/// A backup that was made and not written yet: encrypted, and known to open.
#[derive(Serialize, Deserialize)]
pub(crate) struct Sealed {
    #[serde(with = "wire::bytes")]
    bytes: Vec<u8>,
    /// How many accounts it holds.
    pub(crate) accounts: usize,
    /// When, in seconds since 1970.
    pub(crate) made_at: u64,
}

/// In which form a backup is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form<'a> {
    /// As a vault file.
    File,
    /// As a page to print.
    Paper {
        /// When it is made, as a person reads it.
        made: &'a str,
    },
}

impl Sealed {
    /// What is written.
    pub(crate) fn to_bytes(&self, form: Form<'_>) -> Result<Vec<u8>, Error> {
        let accounts = self.accounts;
        match form {
            Form::File => Ok(self.bytes.clone()),
            Form::Paper { made } => {
                let page = paper::page(&self.bytes, &About { made, accounts })?;
                Ok(page.into_bytes())
            }
        }
    }

    /// Writes it, looks whether it is what lies on the disk, and remembers that it was made.
    pub(crate) fn write(
        &self,
        store: &store::Store,
        path: &Path,
        form: Form<'_>,
        existing: atomic::Existing,
    ) -> Result<(), Error> {
        atomic::write(path, &self.to_bytes(form)?, existing)?;
        let written = Stored::read(&[path.to_owned()])?;
        if written.bytes != self.bytes {
            return Err(Error::WrittenOtherwise {
                path: path.to_owned(),
            });
        }
        let lock = store.lock()?;
        let mut state = store.state()?;
        state.backup_at = Some(self.made_at);
        state.backup_accounts = Some(self.accounts);
        Ok(store.write_state(&lock, &state)?)
    }
}

/// A backup as it was found, not opened yet.
pub(crate) struct Stored {
    path: PathBuf,
    bytes: Vec<u8>,
}

impl Stored {
    /// Reads a backup: one file, or the pictures of a kit on paper, in any order.
    pub(crate) fn read(paths: &[PathBuf]) -> Result<Self, Error> {
        let mut kit = Parts::default();
        let mut without_code = Vec::new();
        let mut first = None;
        for path in paths {
            let bytes = store::read_vault(path).map_err(Error::reading_vault)?;
            let path = path.clone();
            if bytes.starts_with(MAGIC) || !paper::is_recognised(&bytes) {
                return match paths.len() {
                    1 => Ok(Self { path, bytes }),
                    _ => Err(Error::NoPicture { path }),
                };
            }
            match kit.take_file(&bytes) {
                Ok(()) => {}
                // Where the others hold every code, it was not needed.
                Err(PaperError::NoPart) => without_code.push(path.clone()),
                Err(source) => return Err(Error::Paper { path, source }),
            }
            first.get_or_insert(path);
        }
        let bytes = kit.file().map_err(|source| match without_code.pop() {
            Some(path) if source == PaperError::NoPart => Error::Paper { path, source },
            last => Error::Kit {
                source,
                without_code: without_code.into_iter().chain(last).collect(),
            },
        })?;
        let path = first.unwrap_or_default();
        Ok(Self { path, bytes })
    }

    /// Its file, or the first of its pictures.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

impl Backup {
    /// Opens a backup, or any vault file.
    pub(crate) fn open(
        context: &Context,
        stored: &Stored,
        password: &Password,
    ) -> Result<Self, Error> {
        let vault = VaultFile::parse(&stored.bytes, &*context.kdf)
            .and_then(|file| file.unlock(password, &*context.kdf))
            .and_then(|unlocked| unlocked.open(None))
            .map_err(|source| Error::Open {
                path: stored.path.clone(),
                source,
            })?;
        Ok(Self { vault })
    }

    /// What it holds.
    pub(crate) fn content(&self) -> &Content {
        &self.vault.content
    }

    /// When it was made, in seconds since 1970.
    pub(crate) fn saved_at(&self) -> u64 {
        self.vault.header().saved_at
    }
}

impl Session<'_> {
    /// Makes a backup, and opens it again.
    pub(crate) fn seal_backup(&self) -> Result<Sealed, Error> {
        let made_at = self.now().0;
        let sealed = self.vault.seal_backup(made_at, &*self.context.random)?;
        let opened = VaultFile::parse(&sealed.bytes, &*self.context.kdf)
            .and_then(|file| {
                file.unlock_with_key(self.vault.key().duplicate())
                    .open(None)
            })
            .map_err(|source| Error::WouldNotOpen { source })?;
        Ok(Sealed {
            bytes: sealed.bytes,
            accounts: opened.content.listed().count(),
            made_at,
        })
    }

    /// What bringing back a backup would do.
    pub(crate) fn plan_restore(&self, backup: &Backup) -> BroughtBack {
        let mut trial = self.content().duplicate();
        let mut number = 0u128;
        trial.bring_back(backup.content(), 0, || {
            number += 1;
            AccountId(number.to_be_bytes())
        })
    }

    /// Brings back the accounts of a backup, as a new edit.
    pub(crate) fn restore(&mut self, backup: &Backup) -> Result<BroughtBack, Error> {
        self.edit(|content, planning| {
            Ok(content.bring_back(backup.content(), planning.now.0, || {
                AccountId(planning.random.bytes())
            }))
        })
    }
}

/// The kept generations, newest first. No password is needed: their headers are in clear.
pub(crate) fn generations(
    context: &Context,
    store: &store::Store,
) -> Result<Vec<KeptGeneration>, Error> {
    let failed = |source| Error::Open {
        path: store.vault_path(),
        source,
    };
    let bytes = store.read().map_err(Error::reading_vault)?;
    let id = VaultFile::parse(&bytes, &*context.kdf)
        .map_err(failed)?
        .header()
        .vault_id;
    let mut kept = Vec::new();
    for file in store.generations(id)? {
        let bytes = store::read_own_vault(&file.path).map_err(Error::reading_vault)?;
        let parsed = VaultFile::parse(&bytes, &*context.kdf).ok();
        kept.push(KeptGeneration {
            generation: file.generation,
            saved_at: parsed.map(|parsed| parsed.header().saved_at),
            bytes: bytes.len(),
        });
    }
    Ok(kept)
}

/// The last copy that was made elsewhere, if one was.
pub(crate) fn last_backup(store: &store::Store) -> Result<Option<LastBackup>, Error> {
    let state = store.state()?;
    Ok(state.backup_at.map(|at| LastBackup {
        at,
        accounts: state.backup_accounts.unwrap_or_default(),
    }))
}

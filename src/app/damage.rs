//! A vault whose file is not what was written any more, and the way back to an earlier generation of it.

use std::path::PathBuf;

use authr_core::vault::{Generation, MAGIC, MAJOR, OpenError, Section, UnlockedVault};
use authr_core::vault::{VaultFile, VaultId};
use authr_crypto::kdf::PasswordKdf;
use authr_crypto::secret::{Password, RecoveryCode, VaultKey};

use super::error::Error;
use super::session::{Rollback, Session};
use crate::context::Context;
use crate::store::{Store, read_own_vault};

/// What is wrong with a vault's file.
pub(crate) struct Damage {
    /// What.
    pub(crate) source: OpenError,
    path: PathBuf,
    /// The earlier generations that are whole as far as it shows without a key, newest first.
    whole: Vec<Whole>,
}

/// An earlier generation whose clear part is as it was written.
struct Whole {
    id: VaultId,
    generation: Generation,
    saved_at: u64,
    path: PathBuf,
}

/// What a person opens a vault with.
pub(crate) enum Opener<'s> {
    /// The backups password.
    Password(&'s Password),
    /// The recovery code.
    Code(&'s RecoveryCode),
}

/// What opening the vault that is there gave.
pub(crate) enum Opened<'a> {
    /// It is whole.
    Whole(Box<Session<'a>>),
    /// It is not what was written.
    Damaged(Damage),
}

/// An earlier generation that has opened.
pub(crate) struct Earlier {
    /// When it was saved, in seconds since 1970.
    pub(crate) saved_at: u64,
    bytes: Vec<u8>,
    key: VaultKey,
}

/// Whether a vault that does not open for this reason is not what was written. Of a newer authr, older than one that was seen, or
/// for another password or a larger machine, it is whole.
pub(super) fn is_damage(source: OpenError) -> bool {
    matches!(
        source,
        OpenError::NotAVault
            | OpenError::TooLarge
            | OpenError::Malformed { .. }
            | OpenError::Tampered { .. }
            | OpenError::KdfTooWeak
            | OpenError::KdfTooExpensive
    )
}

/// Checks everything that needs no key, and tells a version that was damaged from a newer one.
pub(super) fn parse<'b>(
    bytes: &'b [u8],
    kdf: &dyn PasswordKdf,
) -> Result<VaultFile<'b>, OpenError> {
    VaultFile::parse(bytes, kdf).map_err(|error| match error {
        OpenError::UnsupportedVersion { .. } if was_of_this_version(bytes, kdf) => {
            let section = Section::Header;
            OpenError::Tampered { section }
        }
        error => error,
    })
}

/// The hash covers the version too: where it fits with ours, another was not written there.
fn was_of_this_version(bytes: &[u8], kdf: &dyn PasswordKdf) -> bool {
    let mut ours = bytes.to_vec();
    match ours.get_mut(MAGIC.len()..MAGIC.len() + 2) {
        Some(version) => version.copy_from_slice(&MAJOR.to_be_bytes()),
        None => return false,
    }
    VaultFile::parse(&ours, kdf).is_ok()
}

/// Looks at the vault that is there, without a key; none where nothing is wrong as far as that shows, or there is no vault.
pub(crate) fn damage(context: &Context, store: &Store) -> Result<Option<Damage>, Error> {
    if !store.exists() {
        return Ok(None);
    }
    let looked = match store.read().map_err(Error::reading_vault) {
        Ok(bytes) => parse(&bytes, &*context.kdf).map(|_| ()),
        Err(Error::Open { source, .. }) => Err(source),
        Err(error) => return Err(error),
    };
    match looked {
        Err(source) if is_damage(source) => Damage::of(context, store, source).map(Some),
        _ => Ok(None),
    }
}

/// Opens the vault that is there, and sees what only its key shows. A wrong password shows nothing, and is an error.
pub(crate) fn open<'a>(
    context: &'a Context,
    store: &Store,
    opener: &Opener<'_>,
    rollback: Rollback,
) -> Result<Opened<'a>, Error> {
    let ours = store.again();
    let session = match opener {
        Opener::Password(password) => Session::open(context, ours, password, rollback),
        Opener::Code(code) => Session::open_with_recovery(context, ours, code, rollback),
    };
    match session {
        Ok(session) => Ok(Opened::Whole(Box::new(session))),
        Err(Error::Damaged { source, .. }) => {
            Damage::of(context, store, source).map(Opened::Damaged)
        }
        Err(error) => Err(error),
    }
}

/// Puts a damaged vault aside, under another name in its folder: from then on there is none.
pub(crate) fn put_aside(context: &Context, store: &Store) -> Result<(), Error> {
    let lock = store.lock()?;
    Ok(store.put_damaged_aside(&lock, context.clock.now())?)
}

impl Damage {
    fn of(context: &Context, store: &Store, source: OpenError) -> Result<Self, Error> {
        let kdf = &*context.kdf;
        let bytes = store.read().ok();
        let id = bytes.and_then(|bytes| Some(parse(&bytes, kdf).ok()?.header().vault_id));
        let kept = match id {
            Some(id) => store.generations(id)?,
            // The file does not say whose generations are its own: any that are kept here may be.
            None => store.all_generations()?,
        };
        let whole = |path: PathBuf| {
            let bytes = read_own_vault(&path).ok()?;
            let file = parse(&bytes, kdf).ok()?;
            let header = file.header();
            Some(Whole {
                id: header.vault_id,
                generation: header.generation,
                saved_at: header.saved_at,
                path,
            })
        };
        let mut whole: Vec<_> = kept
            .into_iter()
            .filter_map(|kept| whole(kept.path))
            .collect();
        whole.sort_by_key(|whole| std::cmp::Reverse((whole.saved_at, whole.generation)));
        Ok(Self {
            source,
            path: store.vault_path(),
            whole,
        })
    }

    /// When the newest earlier generation was saved that is whole as far as it shows without a key, in seconds since 1970.
    pub(crate) fn whole_of(&self) -> Option<u64> {
        self.whole.first().map(|whole| whole.saved_at)
    }

    /// The newest earlier generation that opens.
    pub(crate) fn earlier(&self, context: &Context, opener: &Opener<'_>) -> Result<Earlier, Error> {
        let kdf = &*context.kdf;
        let mut wrong: Vec<(VaultId, Error)> = Vec::new();
        for whole in &self.whole {
            // What does not open one generation opens none before: a new password leaves none.
            if wrong.iter().any(|(id, _)| *id == whole.id) {
                continue;
            }
            let Ok(bytes) = read_own_vault(&whole.path) else {
                continue;
            };
            let Ok(file) = parse(&bytes, kdf) else {
                continue;
            };
            match opener.unlock(file, kdf).and_then(|file| file.open(None)) {
                Ok(vault) => {
                    let (saved_at, key) = (whole.saved_at, vault.key().duplicate());
                    return Ok(Earlier {
                        saved_at,
                        bytes,
                        key,
                    });
                }
                Err(source) if is_damage(source) => {}
                Err(source) => {
                    let path = whole.path.clone();
                    wrong.push((whole.id, Error::Open { path, source }));
                }
            }
        }
        match wrong.into_iter().next() {
            Some((_, error)) => Err(error),
            None => Err(self.error()),
        }
    }

    /// That the vault does not open.
    pub(crate) fn error(&self) -> Error {
        Error::Damaged {
            path: self.path.clone(),
            source: self.source,
        }
    }
}

impl Opener<'_> {
    fn unlock<'f>(
        &self,
        file: VaultFile<'f>,
        kdf: &dyn PasswordKdf,
    ) -> Result<UnlockedVault<'f>, OpenError> {
        match self {
            Self::Password(password) => file.unlock(password, kdf),
            Self::Code(code) => file.unlock_with_recovery(code),
        }
    }
}

impl Earlier {
    /// Puts this generation in the place of the damaged file, which stays beside it under another name.
    pub(crate) fn put_in_place<'a>(
        self,
        context: &'a Context,
        store: Store,
    ) -> Result<Session<'a>, Error> {
        let lock = store.lock()?;
        store.replace_damaged(&lock, &self.bytes, context.clock.now())?;
        drop(lock);
        // It is older than what was seen here: that is what was asked for.
        Session::open_with_key(context, store, self.key, Rollback::Accept)
    }
}

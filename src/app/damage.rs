//! A vault whose file is not what was written any more, and the way back to an earlier generation of it.

use std::path::PathBuf;

use authr_core::vault::{Generation, OpenError, VaultFile};
use authr_crypto::secret::Password;

use super::error::Error;
use super::session::{Rollback, Session};
use crate::context::Context;
use crate::store::{Store, read_own_vault};

/// What is wrong with a vault's file, as far as it shows without the password.
pub(crate) struct Damage {
    /// What.
    pub(crate) source: OpenError,
    /// The newest earlier generation whose file is whole.
    pub(crate) whole: Option<Whole>,
}

/// An earlier generation whose file is as it was written.
pub(crate) struct Whole {
    /// Which one.
    pub(crate) generation: Generation,
    /// When it was saved, in seconds since 1970.
    pub(crate) saved_at: u64,
    path: PathBuf,
}

/// Looks at the vault that is there; none where its file is whole, or cannot be read at all.
pub(crate) fn damage(context: &Context, store: &Store) -> Result<Option<Damage>, Error> {
    let parsed = match store.read().map_err(Error::reading_vault) {
        Ok(bytes) => VaultFile::parse(&bytes, &*context.kdf).map(|_| ()),
        Err(Error::Open { source, .. }) => Err(source),
        Err(error) => return Err(error),
    };
    match parsed {
        // Of a newer authr, or for a larger machine: nothing is damaged.
        Ok(()) | Err(OpenError::UnsupportedVersion { .. } | OpenError::OutOfMemory) => Ok(None),
        Err(source) => {
            let whole = newest_whole(context, store)?;
            Ok(Some(Damage { source, whole }))
        }
    }
}

/// The damaged file does not say whose generations are its own: of all that are kept here, the one that was saved last.
fn newest_whole(context: &Context, store: &Store) -> Result<Option<Whole>, Error> {
    let whole = |path: PathBuf| {
        let bytes = read_own_vault(&path).ok()?;
        let file = VaultFile::parse(&bytes, &*context.kdf).ok()?;
        let header = file.header();
        Some(Whole {
            generation: header.generation,
            saved_at: header.saved_at,
            path,
        })
    };
    let kept = store.all_generations()?.into_iter();
    let whole = kept.filter_map(|kept| whole(kept.path));
    Ok(whole.max_by_key(|whole| (whole.saved_at, whole.generation)))
}

/// Puts a damaged vault aside, under another name in its folder: from then on there is none.
pub(crate) fn put_aside(context: &Context, store: &Store) -> Result<(), Error> {
    let lock = store.lock()?;
    Ok(store.put_damaged_aside(&lock, context.clock.now())?)
}

impl Whole {
    /// Puts this generation in the place of the damaged file, which stays beside it under another name. Nothing is touched
    /// before the generation has opened.
    pub(crate) fn put_in_place<'a>(
        &self,
        context: &'a Context,
        store: Store,
        password: &Password,
    ) -> Result<Session<'a>, Error> {
        let bytes = read_own_vault(&self.path).map_err(Error::reading_vault)?;
        VaultFile::parse(&bytes, &*context.kdf)
            .and_then(|file| file.unlock(password, &*context.kdf))
            .and_then(|unlocked| unlocked.open(None))
            .map_err(|source| Error::Open {
                path: self.path.clone(),
                source,
            })?;
        let lock = store.lock()?;
        store.replace_damaged(&lock, &bytes, context.clock.now())?;
        drop(lock);
        // It is older than what was seen here: that is what was asked for.
        Session::open(context, store, password, Rollback::Accept)
    }
}

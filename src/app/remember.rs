//! A vault that the operating system's keyring opens: 32 random bytes that it keeps, and a slot for them.
//!
//! The password opens the vault at every moment of this, since its slot is never touched. What the keyring keeps without
//! a slot opens nothing; a slot without it costs the person the question for the password.

use authr_core::vault::{SlotKind, VaultFile, VaultId};
use authr_crypto::secret::KeyringSecret;

use super::error::Error;
use super::session::{Rollback, Session};
use crate::context::Context;
use crate::store::Store;

/// What a vault says of itself without being opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Told {
    /// Which vault it is.
    pub(crate) vault: VaultId,
    /// Whether a keyring opens it.
    pub(crate) remembered: bool,
}

/// Looks at the clear part of the vault.
pub(crate) fn look(context: &Context, store: &Store) -> Result<Told, Error> {
    let bytes = store.read().map_err(Error::reading_vault)?;
    let file = VaultFile::parse(&bytes, &*context.kdf).map_err(|source| Error::Open {
        path: store.vault_path(),
        source,
    })?;
    let mut slots = file.header().slots.iter();
    Ok(Told {
        vault: file.header().vault_id,
        remembered: slots.any(|slot| slot.kind() == SlotKind::Keyring),
    })
}

/// Opens a vault with what the keyring keeps for it.
pub(crate) fn open<'a>(
    context: &'a Context,
    store: Store,
    vault: VaultId,
) -> Result<Session<'a>, Error> {
    let secret = context.keyring.secret(vault)?.ok_or(Error::NothingKept)?;
    Session::open_by(context, store, Rollback::Refuse, |file| {
        file.unlock_with_keyring(&secret)
    })
}

/// Whether a keyring is within reach, before the person is asked for anything.
pub(crate) fn can_remember(context: &Context, vault: VaultId) -> Result<(), Error> {
    context.keyring.secret(vault)?;
    Ok(())
}

impl Session<'_> {
    /// Whether a keyring opens the vault.
    pub(crate) fn is_remembered(&self) -> bool {
        let mut slots = self.vault.header().slots.iter();
        slots.any(|slot| slot.kind() == SlotKind::Keyring)
    }

    /// Has the keyring keep a new secret, and then the vault open with it. A keyring that does not keep it leaves the vault
    /// as it is.
    pub(crate) fn keep_in_keyring(&mut self) -> Result<(), Error> {
        let (keyring, vault) = (&self.context.keyring, self.vault.header().vault_id);
        let before = keyring.secret(vault)?;
        let secret = KeyringSecret::new(&self.context.random.bytes());
        let saved = keyring.keep(vault, &secret).map_err(Error::from);
        let saved = saved.and_then(|()| {
            self.edit_vault(
                |vault, planning| Ok(vault.set_keyring(Some(&secret), planning.random)?),
            )
        });
        if saved.is_err() {
            // The error is what counts: what stays in the keyring opens nothing.
            let _ = match before {
                Some(before) => keyring.keep(vault, &before),
                None => keyring.forget(vault).map(drop),
            };
        }
        saved
    }

    /// Ends it in the vault. What the keyring keeps opens nothing from then on but copies made before.
    pub(crate) fn drop_keyring_slot(&mut self) -> Result<(), Error> {
        self.edit_vault(|vault, planning| Ok(vault.set_keyring(None, planning.random)?))
    }
}

/// Takes away what the keyring keeps for a vault that has no slot for it; whether there was anything.
pub(crate) fn forget(context: &Context, vault: VaultId) -> Result<bool, Error> {
    context.keyring.forget(vault).map_err(Error::StillKept)
}

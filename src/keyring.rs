//! The operating system's keyring: the Secret Service of a desktop, the Keychain of a Mac.
//!
//! What it keeps opens a vault. It is reached only where a person said `--remember`.

use std::path::PathBuf;
use std::time::Duration;

use authr_core::vault::VaultId;
use authr_crypto::secret::KeyringSecret;

use crate::config::Environment;

/// The longest wait. A locked keyring asks the person for its own password, on the desktop, which may be far from where
/// they sit.
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// The keyring within reach.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Keyring(Reach);

#[derive(Debug, Clone, Default, PartialEq, Eq)]
enum Reach {
    #[default]
    None,
    /// Where this socket is there, if that was not said otherwise.
    Through(PathBuf),
    Sure,
}

/// Why a keyring does not do what it is asked to.
#[derive(Debug, thiserror::Error)]
pub(crate) enum KeyringError {
    /// The cargo feature is off.
    #[error("this authr was built without the keyring")]
    #[cfg_attr(feature = "keyring", expect(dead_code, reason = "the other build"))]
    NotBuilt,
    /// A console, a container, a service.
    #[error("no keyring is within reach: there is no D-Bus session here")]
    NoSession,
    /// A session without one, or one that refuses.
    #[error("no keyring is within reach")]
    #[cfg_attr(
        not(feature = "keyring"),
        expect(dead_code, reason = "the other build")
    )]
    NoService(#[source] Cause),
    /// It is there, and did something else.
    #[error("the keyring refuses")]
    #[cfg_attr(
        not(feature = "keyring"),
        expect(dead_code, reason = "the other build")
    )]
    Refuses(#[source] Cause),
    /// It waits for the person, or for good.
    #[error("the keyring has not answered for {} s", LONGEST_WAIT.as_secs())]
    Silent,
    /// What was written is not what is read.
    #[error("the keyring does not give back what it was given")]
    Forgetful,
}

type Cause = Box<dyn std::error::Error + Send + Sync>;

impl Keyring {
    /// That of an environment.
    #[must_use]
    pub fn of(environment: &Environment) -> Self {
        Self(match &environment.runtime {
            _ if environment.session_bus || cfg!(target_os = "macos") => Reach::Sure,
            Some(runtime) => Reach::Through(runtime.join("bus")),
            None => Reach::None,
        })
    }

    /// What it keeps for a vault.
    pub(crate) fn secret(&self, vault: VaultId) -> Result<Option<KeyringSecret>, KeyringError> {
        self.ask(move || service::secret(vault))
    }

    /// Has it keep this for a vault, in the place of anything before.
    pub(crate) fn keep(&self, vault: VaultId, secret: &KeyringSecret) -> Result<(), KeyringError> {
        let kept = KeyringSecret::new(secret.expose_secret());
        self.ask(move || service::keep(vault, &kept))?;
        match self.secret(vault)? {
            Some(kept) if kept.ct_eq(secret) => Ok(()),
            _ => Err(KeyringError::Forgetful),
        }
    }

    /// Takes away what it keeps for a vault; whether there was anything.
    pub(crate) fn forget(&self, vault: VaultId) -> Result<bool, KeyringError> {
        self.ask(move || service::forget(vault))
    }

    /// Asks it from a thread of its own, since nobody can tell it to hurry.
    fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce() -> Result<T, KeyringError> + Send + 'static,
    ) -> Result<T, KeyringError> {
        let within_reach = match &self.0 {
            Reach::None => false,
            Reach::Through(socket) => socket.exists(),
            Reach::Sure => true,
        };
        if !within_reach {
            return Err(KeyringError::NoSession);
        }
        let (sender, receiver) = std::sync::mpsc::channel();
        // Nobody may wait for the answer by now.
        std::thread::spawn(move || drop(sender.send(question())));
        receiver
            .recv_timeout(LONGEST_WAIT)
            .unwrap_or(Err(KeyringError::Silent))
    }
}

#[cfg(feature = "keyring")]
mod service {
    use authr_core::vault::VaultId;
    use authr_crypto::secret::KeyringSecret;
    use data_encoding::HEXLOWER;
    use keyring::{Entry, Error};
    use zeroize::Zeroizing;

    use super::KeyringError;

    /// Who keeps it, as the keyring's own programs show it.
    const SERVICE: &str = "authr";

    /// The entry of a vault: two vaults of one person do not disturb each other.
    fn entry(vault: VaultId) -> Result<Entry, KeyringError> {
        if let Err(error) = Entry::store_status() {
            return Err(KeyringError::NoService(error.to_string().into()));
        }
        Entry::new(SERVICE, &HEXLOWER.encode(&vault.0)).map_err(refuses)
    }

    pub(super) fn secret(vault: VaultId) -> Result<Option<KeyringSecret>, KeyringError> {
        match entry(vault)?.get_secret().map(Zeroizing::new) {
            // Of another length it is none of ours: nothing opens with it.
            Ok(secret) => Ok(KeyringSecret::from_slice(&secret)),
            Err(Error::NoEntry) => Ok(None),
            Err(error) => Err(refuses(error)),
        }
    }

    pub(super) fn keep(vault: VaultId, secret: &KeyringSecret) -> Result<(), KeyringError> {
        let entry = entry(vault)?;
        entry.set_secret(secret.expose_secret()).map_err(refuses)
    }

    pub(super) fn forget(vault: VaultId) -> Result<bool, KeyringError> {
        match entry(vault)?.delete_credential() {
            Ok(()) => Ok(true),
            Err(Error::NoEntry) => Ok(false),
            // In several of its collections: none of them is to stay.
            Err(Error::Ambiguous(entries)) => {
                let mut entries = entries.iter();
                entries
                    .try_for_each(|entry| entry.delete_credential())
                    .map_err(refuses)?;
                Ok(true)
            }
            Err(error) => Err(refuses(error)),
        }
    }

    fn refuses(error: Error) -> KeyringError {
        KeyringError::Refuses(Box::new(error))
    }
}

#[cfg(not(feature = "keyring"))]
mod service {
    use authr_core::vault::VaultId;
    use authr_crypto::secret::KeyringSecret;

    use super::KeyringError::{self, NotBuilt};

    pub(super) fn secret(_: VaultId) -> Result<Option<KeyringSecret>, KeyringError> {
        Err(NotBuilt)
    }

    pub(super) fn keep(_: VaultId, _: &KeyringSecret) -> Result<(), KeyringError> {
        Err(NotBuilt)
    }

    pub(super) fn forget(_: VaultId) -> Result<bool, KeyringError> {
        Err(NotBuilt)
    }
}

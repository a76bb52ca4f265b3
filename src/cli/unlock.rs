//! Opening the vault for a command.

use std::path::{Path, PathBuf};

use authr_core::vault::OpenError;
use authr_crypto::secret::Password;

use super::Invocation;
use super::prompt::PasswordSource;
use crate::app::backup::Backup;
use crate::app::files::Store;
use crate::app::{Error, Rollback, Session};
use crate::failure::Failure;

/// How often a wrong password may be typed.
const TRIES: usize = 3;

impl<'a> Invocation<'a> {
    /// The files of this installation.
    pub(super) fn store(&self) -> Result<Store, Failure> {
        Ok(Session::store(self.home.as_deref())?)
    }

    /// The vault that is there, opened with the backups password.
    pub(super) fn unlock(&self) -> Result<Session<'a>, Failure> {
        self.unlock_and_tell().map(|(session, _)| session)
    }

    /// The vault that is there, and the password that opened it.
    pub(super) fn unlock_and_tell(&self) -> Result<(Session<'a>, Password), Failure> {
        let store = self.store()?;
        if !store.exists() {
            return Err(Error::NoVault {
                path: store.vault_path(),
            }
            .into());
        }
        self.tries("Backups password", |password| {
            Session::open(self.context, self.store_again()?, password, self.rollback())
        })
    }

    /// The vault that is there, or one that the first edit creates.
    pub(super) fn unlock_or_create(&self) -> Result<Session<'a>, Failure> {
        let store = self.store()?;
        if store.exists() {
            return self.unlock();
        }
        self.output
            .note("Your accounts will be kept in a vault, encrypted under a backups password.");
        self.output
            .note("Nobody can reset it: whoever forgets it loses the accounts.");
        let password = self.new_password("New backups password")?;
        let create = || Session::create(self.context, store, &password);
        Ok(self.output.meanwhile("Creating the vault", create)?)
    }

    /// A backup, with the password that opened it: `--file-password-file`, else as the vault's own.
    pub(super) fn open_backup(
        &self,
        path: &Path,
        own: Option<&PathBuf>,
    ) -> Result<(Backup, Password), Failure> {
        let open = |password: &Password| Backup::open(self.context, path, password);
        match own {
            Some(file) => {
                let source = PasswordSource::File(file.clone());
                let password = source.existing("", &self.prompt, &self.output)?;
                let opened = self.output.meanwhile("Unlocking", || open(&password))?;
                Ok((opened, password))
            }
            None => self.tries(&format!("Password of {}", path.display()), open),
        }
    }

    /// Asks for a password until it opens, where a person types it.
    fn tries<T>(
        &self,
        question: &str,
        open: impl Fn(&Password) -> Result<T, Error>,
    ) -> Result<(T, Password), Failure> {
        for tries_left in (0..TRIES).rev() {
            let password = self.password(question)?;
            match self.output.meanwhile("Unlocking", || open(&password)) {
                Ok(opened) => return Ok((opened, password)),
                Err(Error::Open {
                    source: OpenError::NoSlotOpened,
                    ..
                }) if tries_left > 0 && self.source.can_ask_again() => {
                    self.output.warning("wrong password, try again");
                }
                Err(error) => return Err(error.into()),
            }
        }
        unreachable!("because the last try returns")
    }

    fn store_again(&self) -> Result<Store, Error> {
        Session::store(self.home.as_deref())
    }

    fn rollback(&self) -> Rollback {
        if self.accept_rollback {
            Rollback::Accept
        } else {
            Rollback::Refuse
        }
    }
}

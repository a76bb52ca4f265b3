//! Opening the vault for a command.

use std::path::PathBuf;

use authr_core::vault::{OpenError, recovery};
use authr_crypto::secret::{Password, RecoveryCode};

use super::Invocation;
use super::prompt::PasswordSource;
use crate::app::backup::{Backup, Stored};
use crate::app::damage::{self, Earlier, Opened, Opener};
use crate::app::files::Store;
use crate::app::remember;
use crate::app::{Error, Rollback, Session};
use crate::failure::{Failure, Kind};

/// How often a wrong password may be typed.
const TRIES: usize = 3;
/// What answers the question for the recovery code without asking.
const INSTEAD_OF_CODE: &str = "--recovery-code-file FILE or --recovery-code-fd N";

impl<'a> Invocation<'a> {
    /// The files of this installation.
    pub(super) fn store(&self) -> Result<Store, Failure> {
        Ok(Session::store(self.home.as_deref())?)
    }

    /// The vault that is there, opened with the backups password or the recovery code.
    pub(super) fn unlock(&self) -> Result<Session<'a>, Failure> {
        self.unlock_either_way().map(|(session, _)| session)
    }

    /// The vault that is there, opened with what the keyring keeps for it, where the person wanted that and the command line
    /// names no other way; else as [`Self::unlock`]. For what the agent might do too, and what the network needs: what shows a
    /// secret asks for the password, so that an unattended session gives no account away for good.
    pub(super) fn unlock_unasked(&self) -> Result<Session<'a>, Failure> {
        match self.unlock_with_keyring()? {
            Some(session) => Ok(session),
            None => self.unlock(),
        }
    }

    /// The vault that is there, opened with what the keyring keeps for it; none where the password is to be asked for.
    pub(super) fn unlock_with_keyring(&self) -> Result<Option<Session<'a>>, Failure> {
        if !self.agent_may_answer() {
            return Ok(None);
        }
        let store = self.existing_store()?;
        // What is wrong with the vault is said by who opens it with the password.
        let Ok(told) = remember::look(self.context, &store) else {
            return Ok(None);
        };
        // No keyring is asked for a vault that none opens: that takes longer than the rest of the start.
        if !told.remembered {
            return Ok(None);
        }
        let opened = self.output.meanwhile("Asking the keyring", || {
            remember::open(self.context, store, told.vault)
        });
        match opened {
            Ok(session) => Ok(Some(session)),
            Err(
                error @ (Error::Keyring(_)
                | Error::NothingKept
                | Error::Open {
                    source: OpenError::NoKeyringSlotOpened,
                    ..
                }),
            ) => {
                let message = Failure::from(error).message();
                self.output
                    .warning(&format!("{message}; the password opens the vault"));
                Ok(None)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// The vault that is there, and the password that opened it, unless a recovery code did.
    pub(super) fn unlock_either_way(&self) -> Result<(Session<'a>, Option<Password>), Failure> {
        match &self.recovery {
            None => {
                let (session, password) = self.unlock_and_tell()?;
                Ok((session, Some(password)))
            }
            Some(source) => {
                let code = self.recovery_code(source)?;
                Ok((self.unlock_with_code(&code)?, None))
            }
        }
    }

    /// The vault that is there, opened with this recovery code.
    pub(super) fn unlock_with_code(&self, code: &RecoveryCode) -> Result<Session<'a>, Failure> {
        let store = self.existing_store()?;
        let rollback = self.rollback();
        Ok(Session::open_with_recovery(
            self.context,
            store,
            code,
            rollback,
        )?)
    }

    /// The recovery code that a source holds, or that the person types.
    pub(super) fn recovery_code(&self, source: &PasswordSource) -> Result<RecoveryCode, Failure> {
        let typed = match source {
            PasswordSource::Prompt { .. } => {
                self.prompt.secret("Recovery code", INSTEAD_OF_CODE)?
            }
            source => source.text("recovery code", &self.prompt, &self.output)?,
        };
        recovery::from_text(&typed).map_err(|error| Failure::new(Kind::Locked, error))
    }

    /// The vault that is there, and the password that opened it.
    pub(super) fn unlock_and_tell(&self) -> Result<(Session<'a>, Password), Failure> {
        if self.recovery.is_some() {
            let message = "this needs the backups password itself, not the recovery code";
            return Err(Failure::new(Kind::Locked, message).hint("authr password change"));
        }
        self.existing_store()?;
        self.tries("Backups password", |password| {
            Session::open(self.context, self.store_again()?, password, self.rollback())
        })
    }

    /// The vault that is there, or what is wrong with it.
    pub(super) fn unlock_or_damage(&self) -> Result<Opened<'a>, Failure> {
        self.open_by(|opener| {
            damage::open(self.context, &self.store_again()?, opener, self.rollback())
        })
    }

    /// The vault that is there; where it is damaged, the newest earlier generation that opens.
    pub(super) fn unlock_or_earlier(&self) -> Result<Result<Session<'a>, Earlier>, Failure> {
        self.open_by(|opener| {
            let store = self.store_again()?;
            match damage::open(self.context, &store, opener, self.rollback())? {
                Opened::Whole(session) => Ok(Ok(*session)),
                Opened::Damaged(damage) => damage.earlier(self.context, opener).map(Err),
            }
        })
    }

    fn open_by<T>(&self, open: impl Fn(&Opener<'_>) -> Result<T, Error>) -> Result<T, Failure> {
        self.existing_store()?;
        match &self.recovery {
            Some(source) => Ok(open(&Opener::Code(&self.recovery_code(source)?))?),
            None => {
                let open = |password: &Password| open(&Opener::Password(password));
                let (opened, _) = self.tries("Backups password", open)?;
                Ok(opened)
            }
        }
    }

    /// A vault that the first edit creates.
    pub(super) fn create(&self) -> Result<Session<'a>, Failure> {
        let store = self.store()?;
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
        paths: &[PathBuf],
        own: Option<&PathBuf>,
    ) -> Result<(Backup, Password), Failure> {
        let stored = self.output.meanwhile("Reading", || Stored::read(paths))?;
        let open = |password: &Password| Backup::open(self.context, &stored, password);
        match own {
            Some(file) => {
                let source = PasswordSource::File(file.clone());
                let password = source.existing("", &self.prompt, &self.output)?;
                let opened = self.output.meanwhile("Unlocking", || open(&password))?;
                Ok((opened, password))
            }
            None => self.tries(&format!("Password of {}", stored.path().display()), open),
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

    pub(super) fn existing_store(&self) -> Result<Store, Failure> {
        let store = self.store()?;
        if !store.exists() {
            let path = store.vault_path();
            return Err(Error::NoVault { path }.into());
        }
        Ok(store)
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

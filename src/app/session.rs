//! An unlocked vault: opened with the password, edited under the lock, saved whole.

use std::path::Path;

use authr_core::content::Content;
use authr_core::find::Names;
use authr_core::vault::{
    Generation, Header, OpenError, SealedVault, Section, Slot, SlotKind, UnlockedVault, Vault,
    VaultFile,
};
use authr_crypto::kdf::{KdfParams, PasswordKdf};
use authr_crypto::mac;
use authr_crypto::random::Random;
use authr_crypto::secret::{Password, RecoveryCode, VaultKey};
use authr_otp::UnixSeconds;

use super::damage::parse;
use super::error::Error;
use crate::context::Context;
use crate::store::{Lock, Paths, Store, StoreError};

/// Whether a vault older than the one last seen here is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rollback {
    /// It is an error.
    Refuse,
    /// `--accept-rollback`: it becomes the one last seen.
    Accept,
}

/// An unlocked vault and what it takes to save it.
pub(crate) struct Session<'a> {
    pub(super) context: &'a Context,
    pub(super) store: Store,
    pub(super) vault: Vault,
    on_disk: OnDisk,
    /// The names of the accounts, and of which vault.
    names: Option<([u8; 32], Names)>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum OnDisk {
    /// Created in memory: the first edit writes it.
    NotYet,
    /// The file as it was opened has this hash.
    Saved([u8; 32]),
    /// What is in memory is of an edit that failed, and is not to be saved.
    Differs,
}

/// What a file is to the vault in memory.
enum Whose {
    SameKey,
    OtherKey,
    OtherVault,
}

impl<'a> Session<'a> {
    /// The store of a home.
    pub(crate) fn store(home: Option<&Path>) -> Result<Store, Error> {
        Ok(Store::new(Paths::new(home)?))
    }

    /// Opens the vault that is there with the backups password. Where a guess at it has become cheaper than in a new vault,
    /// the password's slot is made anew.
    pub(crate) fn open(
        context: &'a Context,
        store: Store,
        password: &Password,
        rollback: Rollback,
    ) -> Result<Self, Error> {
        let kdf = &*context.kdf;
        let mut session =
            Self::open_by(context, store, rollback, |file| file.unlock(password, kdf))?;
        if session.vault.is_cheaper_than(KdfParams::DEFAULT) {
            // Nobody asked for this: on a disk that cannot be written, the vault is open all the same.
            let _ = session.rewrap(password);
        }
        Ok(session)
    }

    /// Opens the vault that is there with its recovery code.
    pub(crate) fn open_with_recovery(
        context: &'a Context,
        store: Store,
        code: &RecoveryCode,
        rollback: Rollback,
    ) -> Result<Self, Error> {
        Self::open_by(context, store, rollback, |file| {
            file.unlock_with_recovery(code)
        })
    }

    /// Opens the vault that is there with its key, which another process was given by whoever opened it.
    pub(crate) fn open_with_key(
        context: &'a Context,
        store: Store,
        key: VaultKey,
        rollback: Rollback,
    ) -> Result<Self, Error> {
        Self::open_by(context, store, rollback, |file| {
            Ok(file.unlock_with_key(key))
        })
    }

    pub(super) fn open_by(
        context: &'a Context,
        store: Store,
        rollback: Rollback,
        unlock: impl for<'f> FnOnce(VaultFile<'f>) -> Result<UnlockedVault<'f>, OpenError>,
    ) -> Result<Self, Error> {
        if !store.exists() {
            return Err(Error::NoVault {
                path: store.vault_path(),
            });
        }
        // The state first: a process that saves meanwhile makes the vault newer than what was seen, never older.
        let seen = match rollback {
            Rollback::Refuse => Some(store.state()?),
            Rollback::Accept => None,
        };
        let bytes = store.read().map_err(Error::reading_own_vault)?;
        let failed = |source| Error::opening(store.vault_path(), source);
        let file = parse(&bytes, &*context.kdf).map_err(failed)?;
        let highest = seen.and_then(|seen| seen.highest(file.header().vault_id));
        let vault = unlock(file)
            .and_then(|unlocked| unlocked.open(highest))
            .map_err(failed)?;
        let session = Self {
            context,
            store,
            vault,
            on_disk: OnDisk::Saved(mac::sha256(&[&bytes])),
            names: None,
        };
        if rollback == Rollback::Accept {
            session.accept_as_newest()?;
        }
        Ok(session)
    }

    /// Begins a vault. Nothing is written before the first edit.
    pub(crate) fn create(
        context: &'a Context,
        store: Store,
        password: &Password,
    ) -> Result<Self, Error> {
        let random = &*context.random;
        let vault = Vault::create(
            password,
            KdfParams::DEFAULT,
            Content::default(),
            &*context.kdf,
            random,
        )?;
        Ok(Self {
            context,
            store,
            vault,
            on_disk: OnDisk::NotYet,
            names: None,
        })
    }

    /// What the vault holds.
    pub(crate) fn content(&self) -> &Content {
        &self.vault.content
    }

    /// Has the names of the accounts at hand: for who finds more than one.
    pub(super) fn know_names(&mut self) {
        if self.names().is_none() {
            self.names = Some((*self.vault.header_mac(), Names::of(self.content())));
        }
    }

    /// The names of the accounts, where they are at hand and those of what is on the disk.
    pub(super) fn names(&self) -> Option<&Names> {
        let (of, names) = self.names.as_ref()?;
        let is_saved = matches!(self.on_disk, OnDisk::Saved(_));
        let current = of == self.vault.header_mac() && is_saved;
        current.then_some(names)
    }

    /// The time of day.
    pub(crate) fn now(&self) -> UnixSeconds {
        UnixSeconds(self.context.clock.now())
    }

    /// Applies an edit to the newest content and saves it. Where another process saved since this session
    /// opened the vault, the edit is planned on what that process wrote: nothing of either is lost. An edit that fails
    /// saves nothing.
    pub(crate) fn edit<T>(
        &mut self,
        edit: impl FnOnce(&mut Content, &Planning<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        self.edit_vault(|vault, planning| edit(&mut vault.content, planning))
    }

    /// As [`Self::edit`], with the vault's slots and key.
    pub(super) fn edit_vault<T>(
        &mut self,
        edit: impl FnOnce(&mut Vault, &Planning<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let lock = self.store.lock()?;
        self.reload()?;
        let planning = Planning {
            now: self.now(),
            random: &*self.context.random,
        };
        let (key, usage) = (self.vault.key().duplicate(), self.usage());
        let done = match edit(&mut self.vault, &planning) {
            Ok(done) => done,
            Err(error) => {
                self.disown(&key);
                return Err(error);
            }
        };
        self.vault.content.empty_old_trash(planning.now.0);
        if let Err(error) = self.save(&lock) {
            self.disown(&key);
            return Err(error);
        }
        if !self.vault.key().ct_eq(&key) {
            // When codes were last shown is no reason to call the change a failure.
            let _ = self.store.write_usage(&lock, &self.seal_usage(&usage));
        }
        Ok(done)
    }

    /// Takes a new password and, with it, a new vault key; where there was a recovery code, a new one comes back. The
    /// generations that the old password opens are removed once the new vault is in place.
    pub(crate) fn change_password(
        &mut self,
        password: &Password,
    ) -> Result<Option<RecoveryCode>, Error> {
        let (kdf, had_code) = (&*self.context.kdf, self.has_recovery_code());
        let code = self.edit_vault(|vault, planning| {
            vault.change_password(password, KdfParams::DEFAULT, kdf, planning.random)?;
            let code = had_code.then(|| draw_recovery_code(vault, planning));
            code.transpose()
        })?;
        self.remove_generations()?;
        Ok(code)
    }

    /// Whether a recovery code opens the vault.
    pub(crate) fn has_recovery_code(&self) -> bool {
        let mut slots = self.vault.header().slots.iter();
        slots.any(|slot| slot.kind() == SlotKind::Recovery)
    }

    /// Makes a recovery code; one that was made before opens the vault no more.
    pub(crate) fn new_recovery_code(&mut self) -> Result<RecoveryCode, Error> {
        self.edit_vault(draw_recovery_code)
    }

    fn rewrap(&mut self, password: &Password) -> Result<(), Error> {
        let kdf = &*self.context.kdf;
        // Where another process saved meanwhile, nothing is known of which slot opened, and nothing is done.
        self.edit_vault(|vault, planning| {
            Ok(vault.rewrap(password, KdfParams::DEFAULT, kdf, planning.random)?)
        })
    }

    /// Removes the earlier generations: they open with an earlier password.
    pub(super) fn remove_generations(&self) -> Result<(), Error> {
        let lock = self.store.lock()?;
        let id = self.vault.header().vault_id;
        Ok(self.store.remove_generations(&lock, id)?)
    }

    /// An edit failed: what it left in memory must never be saved.
    fn disown(&mut self, key: &VaultKey) {
        if self.on_disk == OnDisk::NotYet {
            return;
        }
        self.on_disk = OnDisk::Differs;
        if let Ok(Some((vault, on_disk))) = self.read_again(key) {
            self.vault = vault;
            self.on_disk = on_disk;
        }
    }

    /// Brings the vault in memory to what is on the disk.
    pub(super) fn reload(&mut self) -> Result<(), Error> {
        if self.on_disk == OnDisk::NotYet {
            return Ok(());
        }
        if let Some((vault, on_disk)) = self.read_again(self.vault.key())? {
            self.vault = vault;
            self.on_disk = on_disk;
        }
        Ok(())
    }

    /// The vault on the disk, unless it is the one in memory.
    fn read_again(&self, key: &VaultKey) -> Result<Option<(Vault, OnDisk)>, Error> {
        let seen = self.store.state()?;
        let bytes = self.store.read().map_err(Error::reading_own_vault)?;
        // Of the whole file: a payload that was damaged leaves the header as it was.
        let on_disk = OnDisk::Saved(mac::sha256(&[&bytes]));
        if self.on_disk == on_disk {
            return Ok(None);
        }
        let path = self.store.vault_path();
        let file = match parse(&bytes, &*self.context.kdf) {
            Ok(file) => file,
            Err(source) => return Err(Error::opening(path, source)),
        };
        let highest = seen.highest(file.header().vault_id);
        let whose = self.whose(file.header());
        let section = Section::Header;
        match file.unlock_with_key(key.duplicate()).open(highest) {
            Ok(vault) => Ok(Some((vault, on_disk))),
            // The header is intact (its hash was checked), and this key has not made its MAC.
            Err(source) if source == (OpenError::Tampered { section }) => Err(match whose {
                Whose::SameKey => Error::Damaged { path, source },
                Whose::OtherKey => Error::PasswordChanged,
                Whose::OtherVault => Error::OtherVault { path },
            }),
            Err(source) => Err(Error::opening(path, source)),
        }
    }

    /// Whose a file is by its header. A new password comes with a new key, and leaves no slot that wraps the old one.
    fn whose(&self, header: &Header) -> Whose {
        let ours = self.vault.header();
        let is_ours = |slot: &Slot| {
            let mut slots = ours.slots.iter();
            slots.any(|ours| ours.as_bytes() == slot.as_bytes())
        };
        if header.vault_id != ours.vault_id {
            Whose::OtherVault
        } else if header.slots.iter().any(is_ours) {
            Whose::SameKey
        } else {
            Whose::OtherKey
        }
    }

    /// Seals the vault, opens what was sealed, and only then puts it in place.
    fn save(&mut self, lock: &Lock) -> Result<(), Error> {
        let before = self.vault.header().generation;
        let sealed = self.vault.seal(self.now().0, &*self.context.random)?;
        let reopened = self.open_again(&sealed, before)?;
        let id = reopened.header().vault_id;
        match self.on_disk {
            OnDisk::Saved(_) | OnDisk::Differs => self.store.replace(lock, id, before, &sealed)?,
            OnDisk::NotYet => {
                self.store
                    .create(lock, id, &sealed)
                    .map_err(|error| match error {
                        StoreError::Exists { path } => Error::VaultAppeared { path },
                        error => Error::Store(error),
                    })?
            }
        }
        self.vault = reopened;
        self.on_disk = OnDisk::Saved(mac::sha256(&[&sealed.bytes]));
        Ok(())
    }

    pub(super) fn open_again(
        &self,
        sealed: &SealedVault,
        older: Generation,
    ) -> Result<Vault, Error> {
        let kdf: &dyn PasswordKdf = &*self.context.kdf;
        VaultFile::parse(&sealed.bytes, kdf)
            .and_then(|file| {
                file.unlock_with_key(self.vault.key().duplicate())
                    .open(Some(older))
            })
            .map_err(|source| Error::WouldNotOpen { source })
    }

    fn accept_as_newest(&self) -> Result<(), Error> {
        let lock = self.store.lock()?;
        let mut state = match self.store.state() {
            Ok(state) => state,
            Err(StoreError::StateDamaged { .. }) => crate::store::State::default(),
            Err(error) => return Err(error.into()),
        };
        let header = self.vault.header();
        state.set(header.vault_id, header.generation);
        Ok(self.store.write_state(&lock, &state)?)
    }
}

fn draw_recovery_code(vault: &mut Vault, planning: &Planning<'_>) -> Result<RecoveryCode, Error> {
    let code = RecoveryCode::new(&planning.random.bytes());
    vault.set_recovery(&code, planning.random)?;
    Ok(code)
}

/// What an edit may use besides the content.
pub(crate) struct Planning<'a> {
    /// The time of day.
    pub(crate) now: UnixSeconds,
    /// Where ids come from.
    pub(crate) random: &'a dyn Random,
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;
    use std::sync::atomic::{AtomicBool, Ordering};

    use authr_crypto::kdf::KdfError;
    use authr_crypto::secret::PasswordKey;
    use authr_testkit::{CheapKdf, Home};

    use super::*;

    /// A KDF during whose first look at a vault another process saves it.
    struct Overtaken {
        home: PathBuf,
        armed: AtomicBool,
    }

    impl PasswordKdf for Overtaken {
        fn check(&self, params: KdfParams) -> Result<(), KdfError> {
            if self.armed.swap(false, Ordering::SeqCst) {
                save(&self.home);
            }
            CheapKdf.check(params)
        }

        fn derive(
            &self,
            password: &Password,
            salt: &[u8; 32],
            params: KdfParams,
        ) -> Result<PasswordKey, KdfError> {
            CheapKdf.derive(password, salt, params)
        }
    }

    fn context(kdf: Box<dyn PasswordKdf>) -> Context {
        Context {
            kdf,
            ..Context::unattended()
        }
    }

    fn open<'a>(context: &'a Context, home: &Path) -> Result<Session<'a>, Error> {
        let store = Session::store(Some(home)).unwrap();
        Session::open(context, store, &Password::new("password"), Rollback::Refuse)
    }

    fn save(home: &Path) {
        let context = context(Box::new(CheapKdf));
        open(&context, home).unwrap().edit(|_, _| Ok(())).unwrap();
    }

    #[test]
    fn a_vault_saved_by_another_process_while_it_is_opened_is_no_older_one() {
        let home = Home::new();
        let home = home.authr();
        let cheap = context(Box::new(CheapKdf));
        let store = Session::store(Some(&home)).unwrap();
        let mut session = Session::create(&cheap, store, &Password::new("password")).unwrap();
        session.edit(|_, _| Ok(())).unwrap();
        let overtaken = context(Box::new(Overtaken {
            home: home.clone(),
            armed: AtomicBool::new(true),
        }));
        assert!(open(&overtaken, &home).is_ok());
    }
}

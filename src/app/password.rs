//! The backups password: it opens the vault, and on a registered device the locker at the server too.

use authr_api::answer::LockerContent;
use authr_api::append::Append;
use authr_api::list::{Author, Body, Draft};
use authr_api::locker::{Contents, LockerError};
use authr_core::sync::SeenLocker;
use authr_crypto::kdf::KdfParams;
use authr_crypto::secret::Password;

use super::error::Error;
use super::registration::seen;
use super::session::Session;
use super::sync::{NewPassword, Run, Synced, connected};

/// How a password came to be the one of vault and locker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Changed {
    /// This device set it in both.
    Everywhere,
    /// Another device has set it in the locker before, and the vault follows.
    FollowedOthers,
}

/// Changes the password of vault and locker. `old` is the vault's, unless it was opened without it. Where the server cannot
/// be reached, nothing is changed. `None`: this is no device of a server, nothing was done, and the vault is the
/// person's own to change.
pub(crate) fn change(
    session: &mut Session<'_>,
    synced: &mut Synced,
    old: Option<&Password>,
    new: &Password,
) -> Result<Option<Changed>, Error> {
    if session.content().identity.is_none() {
        return Ok(None);
    }
    match connected(session, synced, |run| run.change_password(old, new)) {
        Err(Error::DeviceRemoved { .. }) => Ok(None),
        other => other.map(Some),
    }
}

impl Run<'_, '_> {
    /// Sync-protocol.md section 10, "Password change".
    fn change_password(
        &mut self,
        old: Option<&Password>,
        new: &Password,
    ) -> Result<Changed, Error> {
        let content = self.locker()?;
        if !self.opens(&content, old)? {
            if self.opens(&content, Some(new))? {
                let locker = seen(content.version, content.params);
                self.set_vault(new, locker)?;
                return Ok(Changed::FollowedOthers);
            }
            if old.is_some() {
                return Err(Error::OtherPassword);
            }
        }
        let append = self.setting(new)?;
        let version = self.list.locker().version + 1;
        match old {
            Some(old) => self.append(append, Some(NewPassword { new, old }))?,
            // Should this run die in between, the next one finds the locker's password to be the new one already.
            None => {
                self.append(append, None)?;
                self.set_vault(new, seen(version, KdfParams::DEFAULT))?;
            }
        }
        self.synced.password_change = None;
        Ok(Changed::Everywhere)
    }

    fn opens(&self, content: &LockerContent, password: Option<&Password>) -> Result<bool, Error> {
        let Some(password) = password else {
            return Ok(false);
        };
        match self.open_locker(content, password) {
            Ok(_) => Ok(true),
            Err(Error::Locker(LockerError::WrongPassword)) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// The locker has this password: the vault takes it too.
    fn set_vault(&mut self, new: &Password, locker: SeenLocker) -> Result<(), Error> {
        let (link, kdf) = (self.link, &*self.link.context.kdf);
        self.session.edit_vault(|vault, planning| {
            vault.change_password(new, KdfParams::DEFAULT, kdf, planning.random)?;
            link.identity(&mut vault.content)?.sync.locker = Some(locker);
            Ok(())
        })?;
        self.session.remove_generations()?;
        self.synced.password_changed_elsewhere = false;
        Ok(())
    }

    fn setting(&self, new: &Password) -> Result<Append, Error> {
        let link = self.link;
        let locker = self.new_locker(new)?;
        let newest = self.keys.newest();
        let data_key = self.keys.key(newest).ok_or(Error::NotOurs)?;
        let after = self.list.head();
        let contents = Contents {
            epoch: newest,
            data_key: data_key.duplicate(),
            server: link.place.server,
            genesis: self.list.genesis(),
            before: after,
        };
        let version = self.list.locker().version + 1;
        let (set, entry) = locker.wrap(version, &contents, &*link.context.random);
        let mut draft = Draft::after(Some(after), self.status.time);
        draft.sign(
            Author::Device(link.device),
            Body::Locker(entry),
            &link.signer,
        );
        Ok(Append {
            after: Some(after),
            entries: draft.finish(),
            locker: Some(set),
        })
    }
}

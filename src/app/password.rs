//! The backups password: it opens the vault, and on a registered device the locker at the server too.

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

/// What a change of the password reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Changed {
    /// The vault alone: this is no device of a server.
    Here,
    /// The vault and the locker.
    Everywhere,
    /// The vault: it is the locker's password already, set by another device.
    FollowedOthers,
}

/// Changes the password. On a registered device the server must consent: where it cannot be reached nothing is changed.
pub(crate) fn change(
    session: &mut Session<'_>,
    synced: &mut Synced,
    old: &Password,
    new: &Password,
) -> Result<Changed, Error> {
    if session.content().identity.is_none() {
        session.change_password(new)?;
        return Ok(Changed::Here);
    }
    match connected(session, synced, |run| run.change_password(old, new)) {
        // To the server it is no device any more; the vault stays the person's own.
        Err(Error::DeviceRemoved { .. }) => {
            session.change_password(new)?;
            Ok(Changed::Here)
        }
        other => other,
    }
}

impl Run<'_, '_> {
    /// Sync-protocol.md section 10, "Password change".
    fn change_password(&mut self, old: &Password, new: &Password) -> Result<Changed, Error> {
        let content = self.locker()?;
        match self.open_locker(&content, old) {
            Ok(_) => {}
            Err(Error::Locker(LockerError::WrongPassword)) => {
                return match self.open_locker(&content, new) {
                    Ok(_) => self.follow(new, seen(content.version, content.params)),
                    Err(Error::Locker(LockerError::WrongPassword)) => Err(Error::OtherPassword),
                    Err(error) => Err(error),
                };
            }
            Err(error) => return Err(error),
        }
        let append = self.setting(new)?;
        self.append(append, Some(NewPassword { new, old }))?;
        Ok(Changed::Everywhere)
    }

    /// Another device has changed the locker already: the vault follows.
    fn follow(&mut self, new: &Password, locker: SeenLocker) -> Result<Changed, Error> {
        let (link, kdf) = (self.link, &*self.link.context.kdf);
        self.session.edit_vault(|vault, planning| {
            vault.change_password(new, KdfParams::DEFAULT, kdf, planning.random)?;
            link.identity(&mut vault.content)?.sync.locker = Some(locker);
            Ok(())
        })?;
        self.session.remove_generations()?;
        self.synced.password_changed_elsewhere = false;
        Ok(Changed::FollowedOthers)
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

//! New entries for the device list, written ahead, with the locker that they name; and the locker itself.

use authr_api::answer::LockerContent;
use authr_api::append::{Append, Caller};
use authr_api::id::{Hash, IdempotencyKey};
use authr_api::locker::{LockerError, LockerKeys, Opened};
use authr_core::identity::{Pending, WrittenAhead};
use authr_core::vault::Stays;
use authr_crypto::kdf::KdfParams;
use authr_crypto::secret::Password;

use super::push::is_for_later;
use super::{Ended, Run};
use crate::app::error::Error;
use crate::app::registration::seen;
use crate::remote::{Change, RemoteError};

/// A password that takes the place of another, in the vault and in the locker.
#[derive(Clone, Copy)]
pub(in crate::app) struct NewPassword<'a> {
    pub(in crate::app) new: &'a Password,
    pub(in crate::app) old: &'a Password,
}

impl Run<'_, '_> {
    /// The locker as the server keeps it, which must be the one that the list names.
    pub(in crate::app) fn locker(&self) -> Result<LockerContent, Error> {
        let sealed = self.client.locker()?;
        let content: LockerContent = sealed
            .open(&self.link.opener, &self.link.route_to_us())
            .map_err(|_| Error::BadAnswer("a locker that is not sealed to this device"))?;
        let named = self.list.locker();
        if content.version != named.version || Hash::of(&content.blob) != named.blob {
            return Err(Error::BadAnswer("another locker than the list names"));
        }
        Ok(content)
    }

    /// Opens the locker with a password, to be sure that it is the right one.
    pub(in crate::app) fn open_locker(
        &self,
        content: &LockerContent,
        password: &Password,
    ) -> Result<Opened, Error> {
        let seen = self.session.identity()?.sync.locker;
        let remembered = seen.map(|seen| KdfParams {
            memory_kib: seen.memory_kib,
            passes: seen.passes,
            lanes: seen.lanes,
        });
        let (kdf, place) = (&*self.link.context.kdf, self.link.place);
        let (salt, params) = (content.salt, content.params);
        let keys = LockerKeys::derive(kdf, password, place, salt, params, remembered)?;
        let opened = keys.open(content)?;
        let epoch = self.list.epoch();
        let belongs = opened.contents.genesis == self.list.genesis()
            && opened.contents.epoch == epoch.number
            && epoch
                .check(self.list.user(), &opened.contents.data_key)
                .is_ok();
        if belongs {
            Ok(opened)
        } else {
            Err(LockerError::ListForged.into())
        }
    }

    /// The keys of a new locker: a fresh salt, at today's cost.
    pub(in crate::app) fn new_locker(&self, password: &Password) -> Result<LockerKeys, Error> {
        let context = self.link.context;
        let salt = Hash(context.random.bytes());
        let params = KdfParams::DEFAULT;
        let place = self.link.place;
        Ok(LockerKeys::derive(
            &*context.kdf,
            password,
            place,
            salt,
            params,
            None,
        )?)
    }

    /// Writes an append ahead and sends it. With a new password, the vault opens with both until the server has
    /// answered.
    pub(in crate::app) fn append(
        &mut self,
        append: Append,
        password: Option<NewPassword<'_>>,
    ) -> Result<(), Error> {
        let kdf = &*self.link.context.kdf;
        let caller = Caller::Device(self.link.device);
        append
            .check(Some(&self.list), &caller, kdf)
            .map_err(Error::Append)?;
        let locker = append.locker.as_ref();
        let (version, blob) = locker
            .map(|set| (set.version, Hash::of(&set.blob)))
            .ok_or(Error::NotOurs)?;
        let request = WrittenAhead {
            idempotency_key: self.link.context.random.bytes(),
            body: self.link.seal(&append)?,
        };
        self.session.edit_vault(|vault, planning| {
            if let Some(NewPassword { new, old }) = password {
                let params = KdfParams::DEFAULT;
                vault.begin_password_change(new, old, params, kdf, planning.random)?;
            }
            vault.content.pending = Some(Pending::Append {
                locker_version: version,
                locker_hash: blob.0,
                request,
            });
            Ok(())
        })?;
        self.send_append()
    }

    /// Sends what is written ahead, perhaps not for the first time, and ends it as the server says.
    pub(super) fn send_append(&mut self) -> Result<(), Error> {
        let Some(Pending::Append {
            request,
            locker_version,
            locker_hash,
        }) = &self.session.content().pending
        else {
            return Ok(());
        };
        let (version, blob) = (*locker_version, *locker_hash);
        let change = Change {
            key: IdempotencyKey(request.idempotency_key),
            body: &request.body,
        };
        match self.client.append(change) {
            Ok(_) => {
                self.end_append(Some(version))?;
                self.fetch_list()
            }
            Err(RemoteError::Refused(body)) if !is_for_later(body.code) => {
                // After a day the server has forgotten its answer, but not what it did.
                self.fetch_list()?;
                if self.has_locker(version, &blob)? {
                    return self.end_append(Some(version));
                }
                self.end_append(None)?;
                Err(RemoteError::Refused(body).into())
            }
            Err(error) => Err(error.into()),
        }
    }

    /// The append is made, with this version of the locker, or it never will be.
    fn end_append(&mut self, made: Option<u64>) -> Result<(), Error> {
        let link = self.link;
        let (stays, ended) = match made {
            Some(_) => (Stays::New, Ended::Made),
            None => (Stays::Old, Ended::Refused),
        };
        let changing = self.session.edit_vault(|vault, _| {
            vault.content.pending = None;
            let changing = vault.is_changing_password();
            vault.end_password_change(stays);
            if let Some(version) = made {
                let identity = link.identity(&mut vault.content)?;
                identity.sync.locker = Some(seen(version, KdfParams::DEFAULT));
            }
            Ok(changing)
        })?;
        if changing {
            self.synced.password_change = Some(ended);
            // Those of before the change, and of the change itself, open with the password that goes.
            self.session.remove_generations()?;
        }
        Ok(())
    }
}

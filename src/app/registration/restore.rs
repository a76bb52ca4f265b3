//! Restore: the locker is opened with the backups password, and the restore key adds this device.

use authr_api::append::{Append, Caller as AppendCaller};
use authr_api::error::ErrorCode;
use authr_api::id::IdempotencyKey;
use authr_api::list::{Author, Body, DeviceList, Draft, ENTRIES, Expect};
use authr_api::locker::{LockerKeys, Opened, Place};
use authr_api::registration::{LockerTerms, OpenLocker};
use authr_api::sealed::{Route, Sealed};
use authr_core::identity::{EpochKey, Identity};
use authr_crypto::kdf::KdfParams;
use authr_crypto::seal::Opener;
use authr_crypto::secret::{DerivedKey, Password};

use super::finish::{NewKeys, Registered, seen, wires};
use super::{Proven, Registration};
use crate::app::error::Error;
use crate::app::session::Session;
use crate::remote::{Change, RemoteError};

/// How often the device is added to a list that moves on meanwhile.
const ATTEMPTS: usize = 3;

/// A locker that the backups password opened, and the list that it vouches for.
pub(crate) struct Unlocked {
    opened: Opened,
    list: DeviceList,
    entries: Vec<Vec<u8>>,
    params: KdfParams,
}

impl Registration<'_> {
    /// Tries a backups password on the locker. A wrong one is counted by the server. What a vault remembers of this user
    /// (it was a device, and was removed) must still hold: the server, the price of a guess, the list.
    pub(crate) fn open_locker(
        &self,
        proven: &Proven,
        password: &Password,
        remembered: Option<&Identity>,
    ) -> Result<Unlocked, Error> {
        let remembered = remembered.filter(|identity| identity.user == proven.user.0);
        if remembered.is_some_and(|identity| identity.server.sealing_key != self.file.server_key) {
            let url = self.file.url.clone();
            return Err(RemoteError::OtherServer { url }.into());
        }
        let terms = proven.locker.as_ref().ok_or(Error::NoRequest)?;
        let place = Place {
            server: self.server(),
            user: proven.user,
        };
        let params = terms.params();
        let kdf = &*self.context.kdf;
        let before = remembered.and_then(|identity| identity.sync.locker);
        let before = before.map(|locker| KdfParams {
            memory_kib: locker.memory_kib,
            passes: locker.passes,
            lanes: locker.lanes,
        });
        let keys = LockerKeys::derive(kdf, password, place, terms.salt, params, before)?;
        let sealed = self.ask_locker(terms, keys.auth())?;
        let opener = Opener::new(&self.file.sealing);
        let route = Route::ToDevice {
            server: &place.server,
            user: &place.user,
            recipient: &opener.sealing_key(),
        };
        let content = sealed
            .open(&opener, &route)
            .map_err(|_| Error::BadAnswer("a locker that is not sealed to this request"))?;
        let opened = keys.open(&content)?;
        let entries = self.fetch_list()?;
        let list = opened.verify_list(&place, &entries)?;
        if let Some(identity) = remembered {
            let seen = DeviceList::verify(&identity.entries(), &Expect::Nothing)?;
            let (genesis, newest) = (seen.genesis(), seen.head());
            DeviceList::verify(&entries, &Expect::Pinned { genesis, newest })?;
        }
        Ok(Unlocked {
            opened,
            list,
            entries,
            params,
        })
    }

    fn ask_locker(&self, terms: &LockerTerms, auth: &DerivedKey) -> Result<Sealed, Error> {
        let open = OpenLocker {
            version: terms.version,
            auth: auth.duplicate(),
        };
        let body = self.seal(&open)?;
        let change = Change {
            key: IdempotencyKey(self.context.random.bytes()),
            body: &body,
        };
        self.call(|client| client.open(&self.id, change))
    }

    /// Every entry of the user's list.
    fn fetch_list(&self) -> Result<Vec<Vec<u8>>, Error> {
        let mut entries: Vec<Vec<u8>> = Vec::new();
        loop {
            let after = u64::try_from(entries.len()).unwrap_or(u64::MAX);
            let page = self.call(|client| client.list_of(&self.id, after))?;
            let whole = page.head.sequence;
            let came = page.entries.len();
            entries.extend(
                page.entries
                    .into_iter()
                    .map(authr_api::bytes::Bytes::into_vec),
            );
            if u64::try_from(entries.len()).unwrap_or(u64::MAX) >= whole {
                return Ok(entries);
            }
            if came == 0 || entries.len() > ENTRIES {
                return Err(Error::BadAnswer("a device list without an end"));
            }
        }
    }

    /// Adds this device with the restore key. Where the list moved on meanwhile, it is fetched and verified again.
    pub(crate) fn finish_restore(
        &self,
        session: &mut Session<'_>,
        proven: &Proven,
        mut unlocked: Unlocked,
    ) -> Result<Registered, Error> {
        for _ in 1..ATTEMPTS {
            match self.add(session, proven, &unlocked) {
                Err(error) if error.server_code() == Some(ErrorCode::ListMoved) => {
                    let place = Place {
                        server: self.server(),
                        user: proven.user,
                    };
                    unlocked.entries = self.fetch_list()?;
                    unlocked.list = unlocked.opened.verify_list(&place, &unlocked.entries)?;
                }
                other => return other,
            }
        }
        self.add(session, proven, &unlocked)
    }

    fn add(
        &self,
        session: &mut Session<'_>,
        proven: &Proven,
        unlocked: &Unlocked,
    ) -> Result<Registered, Error> {
        let (context, user) = (self.context, proven.user);
        let contents = &unlocked.opened.contents;
        let keys = NewKeys::make(context);
        let device = keys.described(context, &user, &contents.data_key);
        let proof = keys.signer.sign(&device.possession(&user));
        let after = unlocked.list.head();
        let mut draft = Draft::after(Some(after), context.clock.now());
        let add = Body::Add { device, proof };
        draft.sign(Author::Restore, add, &unlocked.opened.restore.0);
        let append = Append {
            after: Some(after),
            entries: draft.finish(),
            locker: None,
        };
        // Ten devices are the most; the list says so before the server does.
        append
            .check(Some(&unlocked.list), &AppendCaller::Restore, &*context.kdf)
            .map_err(Error::Append)?;
        let mut list = unlocked.entries.clone();
        list.extend(wires(&append.entries));
        let data_key = EpochKey {
            epoch: contents.epoch,
            key: contents.data_key.duplicate(),
        };
        let locker = seen(unlocked.list.locker().version, unlocked.params);
        self.finish(session, user, keys, &list, append, data_key, locker)
    }
}

//! What a new device sends: the list that it begins or joins, the locker, removals.

use std::sync::Arc;

use authr_api::append::{Append, LockerSet};
use authr_api::chain::ChainHead;
use authr_api::id::{DeviceId, Hash, UserId};
use authr_api::list::{
    Author, Body, Description, DeviceList, Draft as ListDraft, Epoch, Expect, Head, LockerEntry,
    NewDevice,
};
use authr_api::locker::{Contents, Opened, Place};
use authr_api::registration::Finished;
use authr_api::sealed::Content;
use authr_crypto::random::OsRandom;
use authr_crypto::secret::DataKey;

use super::device::Device;
use super::request::{Keys, PASSWORD, Terms, unseal};
use crate::running::{Reply, Running, random};

/// What a device will be once its finish is answered.
pub(crate) struct Joining {
    pub(crate) keys: Keys,
    pub(crate) append: Append,
    list: DeviceList,
    data_key: DataKey,
    user: UserId,
}

pub(super) fn wires(append: &Append) -> Vec<Vec<u8>> {
    append.entries.iter().map(|entry| entry.to_wire()).collect()
}

/// A duplicate, since an append is sent once.
pub(crate) fn copy(append: &Append) -> Append {
    Append::decode(&append.encode()).unwrap()
}

impl Joining {
    /// `genesis`, `epoch`, `locker`.
    pub(crate) fn first(running: &Running, user: UserId) -> Self {
        Self::first_with(running, user, Keys::new())
    }

    pub(crate) fn first_with(running: &Running, user: UserId, keys: Keys) -> Self {
        let place = Place {
            server: running.info.server,
            user,
        };
        let data_key = DataKey::new(&random());
        let author = Author::Device(keys.device());
        let mut draft = ListDraft::after(None, running.now());
        let device = described(&keys, user, &data_key);
        let genesis = Body::Genesis { user, device };
        let genesis = draft.sign(author, genesis, &keys.signer);
        let to = [(keys.device(), keys.opener.sealing_key())];
        let epoch = Epoch::make(&user, 1, &data_key, None, to.into_iter(), &OsRandom).unwrap();
        let before = draft.sign(author, Body::Epoch(epoch), &keys.signer);
        let (set, entry) = locker(place, 1, 1, &data_key, genesis.hash, before, PASSWORD);
        draft.sign(author, Body::Locker(entry), &keys.signer);
        let append = Append {
            after: None,
            entries: draft.finish(),
            locker: Some(set),
        };
        let list = DeviceList::verify(&wires(&append), &Expect::Nothing).unwrap();
        Self {
            keys,
            append,
            list,
            data_key,
            user,
        }
    }

    /// `add`, signed by the restore key.
    pub(crate) fn restore(
        running: &Running,
        terms: &Terms,
        opened: &Opened,
        list: &[Vec<u8>],
    ) -> Self {
        let user = terms.place.user;
        let mut list = opened.verify_list(&terms.place, list).unwrap();
        let keys = Keys::new();
        let data_key = opened.contents.data_key.duplicate();
        let append = Self::add(running, user, opened, &list, &keys);
        list.extend(&wires(&append)).unwrap();
        Self {
            keys,
            append,
            list,
            data_key,
            user,
        }
    }

    /// The entry of a device more than a list takes.
    pub(crate) fn over_the_limit(
        running: &Running,
        terms: &Terms,
        opened: &Opened,
        list: &[Vec<u8>],
    ) -> Append {
        let list = opened.verify_list(&terms.place, list).unwrap();
        Self::add(running, terms.place.user, opened, &list, &Keys::new())
    }

    fn add(
        running: &Running,
        user: UserId,
        opened: &Opened,
        list: &DeviceList,
        keys: &Keys,
    ) -> Append {
        let device = described(keys, user, &opened.contents.data_key);
        let proof = keys.signer.sign(&device.possession(&user));
        let mut draft = ListDraft::after(Some(list.head()), running.now());
        let add = Body::Add { device, proof };
        draft.sign(Author::Restore, add, &opened.restore.0);
        Append {
            after: Some(list.head()),
            entries: draft.finish(),
            locker: None,
        }
    }

    /// Removes devices in the same append.
    pub(crate) fn removing(mut self, running: &Running, lost: &[(DeviceId, ChainHead)]) -> Self {
        let removal = Removal {
            running,
            user: self.user,
            keys: &self.keys,
            list: &self.list,
            data_key: &self.data_key,
        };
        let (removal, data_key) = removal.of(lost, PASSWORD);
        self.list.extend(&wires(&removal)).unwrap();
        self.append.entries.extend(removal.entries);
        self.append.locker = removal.locker;
        self.data_key = data_key;
        self
    }

    pub(crate) fn joined(self, running: &Arc<Running>, reply: &Reply) -> Device {
        let finished: Finished = reply.json();
        assert_eq!(finished.device, self.keys.device());
        assert_eq!(finished.head, self.list.head());
        let open = |answer| unseal(running, &self.keys, self.user, answer);
        Device {
            running: Arc::clone(running),
            accounts: finished.accounts.iter().map(open).collect(),
            keys: self.keys,
            user: self.user,
            list: self.list,
            data_key: self.data_key,
            chain: ChainHead::EMPTY,
        }
    }
}

fn described(keys: &Keys, user: UserId, key: &DataKey) -> NewDevice {
    let description = Description::new("laptop", "Linux").unwrap();
    NewDevice {
        signing: keys.signer.verifying_key(),
        sealing: keys.opener.sealing_key(),
        description: description.seal(&user, &keys.device(), key, &OsRandom),
    }
}

fn locker(
    place: Place,
    version: u64,
    epoch: u32,
    data_key: &DataKey,
    genesis: Hash,
    before: Head,
    password: &str,
) -> (LockerSet, LockerEntry) {
    let terms = Terms {
        place,
        version,
        salt: Hash(random()),
    };
    let contents = Contents {
        epoch,
        data_key: data_key.duplicate(),
        server: place.server,
        genesis,
        before,
    };
    terms.keys(password).wrap(version, &contents, &OsRandom)
}

/// What a device signs to remove others: `remove`…, `epoch`, `locker`; without others a new locker alone.
pub(super) struct Removal<'a> {
    pub(super) running: &'a Running,
    pub(super) user: UserId,
    pub(super) keys: &'a Keys,
    pub(super) list: &'a DeviceList,
    pub(super) data_key: &'a DataKey,
}

impl Removal<'_> {
    pub(super) fn of(&self, lost: &[(DeviceId, ChainHead)], password: &str) -> (Append, DataKey) {
        let (user, list) = (self.user, self.list);
        let author = Author::Device(self.keys.device());
        let signer = &self.keys.signer;
        let mut draft = ListDraft::after(Some(list.head()), self.running.now());
        let mut data_key = self.data_key.duplicate();
        let mut number = list.epoch().number;
        let mut before = list.head();
        for (device, last) in lost {
            let (device, last) = (*device, *last);
            draft.sign(author, Body::Remove { device, last }, signer);
        }
        if !lost.is_empty() {
            data_key = DataKey::new(&random());
            number += 1;
            let rest = list
                .active()
                .filter(|(id, _)| !lost.iter().any(|(gone, _)| gone == *id))
                .map(|(id, device)| (*id, device.sealing));
            let old = Some(self.data_key);
            let epoch = Epoch::make(&user, number, &data_key, old, rest, &OsRandom).unwrap();
            before = draft.sign(author, Body::Epoch(epoch), signer);
        }
        let place = Place {
            server: self.running.info.server,
            user,
        };
        let version = list.locker().version + 1;
        let genesis = list.genesis();
        let (set, entry) = locker(place, version, number, &data_key, genesis, before, password);
        draft.sign(author, Body::Locker(entry), signer);
        let append = Append {
            after: Some(list.head()),
            entries: draft.finish(),
            locker: Some(set),
        };
        (append, data_key)
    }
}

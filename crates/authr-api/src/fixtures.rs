//! A user with devices, made as the app makes them, for the tests of this crate.

use std::sync::atomic::{AtomicU8, Ordering};

use authr_crypto::derive::{self, Info};
use authr_crypto::kdf::{KdfError, KdfParams, PasswordKdf};
use authr_crypto::random::Random;
use authr_crypto::seal::{Opener, SealingKey};
use authr_crypto::secret::{DataKey, Password, PasswordKey, SealingSecret, SigningSeed};
use authr_crypto::sign::Signer;

use crate::answer::LockerContent;
use crate::append::{Append, Caller, LockerSet};
use crate::chain::ChainHead;
use crate::id::{DeviceId, Hash, ServerId, UserId};
use crate::list::{
    Author, Body, Description, DeviceList, Draft, Epoch, EpochKeys, NewDevice, SignedEntry,
};
use crate::locker::{Contents, LockerKeys, Opened, Place};

pub(crate) const NOW: u64 = 1_800_000_000;
pub(crate) const PASSWORD: &str = "correct horse battery staple";
pub(crate) const PARAMS: KdfParams = KdfParams {
    memory_kib: 8,
    passes: 1,
    lanes: 1,
};

/// A cheap KDF with a floor of 8 KiB.
pub(crate) struct CheapKdf;

impl PasswordKdf for CheapKdf {
    fn check(&self, params: KdfParams) -> Result<(), KdfError> {
        if params.memory_kib < PARAMS.memory_kib {
            return Err(KdfError::TooWeak);
        }
        Ok(())
    }

    fn derive(
        &self,
        password: &Password,
        salt: &[u8; 32],
        params: KdfParams,
    ) -> Result<PasswordKey, KdfError> {
        self.check(params)?;
        let info = Info::new("cheap").number(params.memory_kib.into());
        let key = derive::expand::<32>(password.expose_secret().as_bytes(), salt, &info);
        Ok(PasswordKey::new(&key))
    }
}

/// Random bytes that are the same in every run: each call has its own byte.
pub(crate) struct Counting(AtomicU8);

impl Counting {
    pub(crate) fn new() -> Self {
        Self::from(1)
    }

    pub(crate) fn from(first: u8) -> Self {
        Self(AtomicU8::new(first))
    }
}

impl Random for Counting {
    fn fill(&self, buffer: &mut [u8]) {
        buffer.fill(self.0.fetch_add(1, Ordering::Relaxed));
    }
}

pub(crate) fn place() -> Place {
    Place {
        server: ServerId([0x5e; 32]),
        user: UserId([0x05; 16]),
    }
}

pub(crate) fn keys_of(password: &str) -> LockerKeys {
    let password = Password::new(password);
    LockerKeys::derive(&CheapKdf, &password, place(), Hash([7; 32]), PARAMS, None).unwrap()
}

pub(crate) struct TestDevice {
    pub(crate) signer: Signer,
    pub(crate) opener: Opener,
    pub(crate) id: DeviceId,
}

impl TestDevice {
    pub(crate) fn new(number: u8) -> Self {
        let signer = Signer::new(&SigningSeed::new(&[number; 32]));
        let opener = Opener::new(&SealingSecret::new(&[number; 32]));
        let id = DeviceId::of(&signer.verifying_key(), &opener.sealing_key());
        Self { signer, opener, id }
    }

    pub(crate) fn described(&self, name: &str, key: &DataKey) -> NewDevice {
        let description = Description::new(name, "Linux").unwrap();
        NewDevice {
            signing: self.signer.verifying_key(),
            sealing: self.opener.sealing_key(),
            description: description.seal(&place().user, &self.id, key, &Counting::new()),
        }
    }

    pub(crate) fn add(&self, key: &DataKey) -> Body {
        let device = self.described("second", key);
        let proof = self.signer.sign(&device.possession(&place().user));
        Body::Add { device, proof }
    }

    pub(crate) fn author(&self) -> Author {
        Author::Device(self.id)
    }
}

/// A user's list and locker, as the server has them, and the data key, as the devices have it.
pub(crate) struct TestUser {
    pub(crate) list: DeviceList,
    pub(crate) entries: Vec<Vec<u8>>,
    pub(crate) data_key: DataKey,
    pub(crate) locker: LockerSet,
}

impl TestUser {
    pub(crate) fn new(first: &TestDevice) -> Self {
        let (append, data_key) = first_append(first);
        let caller = Caller::First(place().user);
        let list = append.check(None, &caller, &CheapKdf).unwrap().list;
        Self {
            list,
            entries: wires(&append.entries),
            data_key,
            locker: append.locker.unwrap(),
        }
    }

    /// Takes an append in as the server does.
    pub(crate) fn take(&mut self, append: Append, caller: &Caller) {
        let appended = append.check(Some(&self.list), caller, &CheapKdf).unwrap();
        self.list = appended.list;
        self.entries.extend(wires(&append.entries));
        if let Some(locker) = append.locker {
            self.locker = locker;
        }
    }

    pub(crate) fn locker_content(&self) -> LockerContent {
        LockerContent {
            version: self.locker.version,
            salt: self.locker.salt,
            params: self.locker.params,
            share: self.locker.share.clone(),
            blob: self.locker.blob.clone(),
        }
    }

    pub(crate) fn open(&self) -> Opened {
        keys_of(PASSWORD).open(&self.locker_content()).unwrap()
    }

    pub(crate) fn epoch_keys(&self) -> EpochKeys {
        self.list.epoch_keys(self.data_key.duplicate()).unwrap()
    }

    pub(crate) fn draft(&self) -> Draft {
        Draft::after(Some(self.list.head()), NOW)
    }

    pub(crate) fn append(&self, draft: Draft, locker: Option<LockerSet>) -> Append {
        Append {
            after: Some(self.list.head()),
            entries: draft.finish(),
            locker,
        }
    }

    pub(crate) fn restore(&self, device: &TestDevice) -> Append {
        let mut draft = self.draft();
        let body = device.add(&self.data_key);
        draft.sign(Author::Restore, body, &self.open().restore.0);
        self.append(draft, None)
    }

    pub(crate) fn join(&mut self, device: &TestDevice) {
        self.take(self.restore(device), &Caller::Restore);
    }

    /// What a device signs to remove another: `remove`, `epoch`, `locker`.
    pub(crate) fn removal(&self, by: &TestDevice, device: &DeviceId) -> (Append, DataKey) {
        let mut draft = self.draft();
        let last = ChainHead::EMPTY;
        let remove = Body::Remove {
            device: *device,
            last,
        };
        draft.sign(by.author(), remove, &by.signer);
        let key = DataKey::new(&[0xd2; 32]);
        let rest = self.list.active().filter(|(id, _)| *id != device);
        let number = self.list.epoch().number + 1;
        let epoch = Epoch::make(
            &place().user,
            number,
            &key,
            Some(&self.data_key),
            rest.map(|(id, device)| (*id, device.sealing)),
            &Counting::new(),
        );
        let before = draft.sign(by.author(), Body::Epoch(epoch.unwrap()), &by.signer);
        let contents = contents(number, &key, self.list.genesis(), before);
        let version = self.list.locker().version + 1;
        // Another share for each version.
        let random = Counting::from(u8::try_from(version * 16).unwrap());
        let (set, entry) = keys_of(PASSWORD).wrap(version, &contents, &random);
        draft.sign(by.author(), Body::Locker(entry), &by.signer);
        (self.append(draft, Some(set)), key)
    }

    pub(crate) fn remove(&mut self, by: &TestDevice, device: &DeviceId) {
        let (append, key) = self.removal(by, device);
        self.take(append, &Caller::Device(by.id));
        self.data_key = key;
    }
}

pub(crate) fn contents(
    epoch: u32,
    key: &DataKey,
    genesis: Hash,
    before: crate::list::Head,
) -> Contents {
    Contents {
        epoch,
        data_key: key.duplicate(),
        server: place().server,
        genesis,
        before,
    }
}

/// What a first device sends: genesis, epoch, locker.
pub(crate) fn first_append(first: &TestDevice) -> (Append, DataKey) {
    let key = DataKey::new(&[0xd1; 32]);
    let mut draft = Draft::after(None, NOW);
    let genesis = Body::Genesis {
        user: place().user,
        device: first.described("first", &key),
    };
    let genesis = draft.sign(first.author(), genesis, &first.signer);
    let sealing: SealingKey = first.opener.sealing_key();
    let devices = [(first.id, sealing)].into_iter();
    let epoch = Epoch::make(&place().user, 1, &key, None, devices, &Counting::new()).unwrap();
    let before = draft.sign(first.author(), Body::Epoch(epoch), &first.signer);
    let contents = contents(1, &key, genesis.hash, before);
    let (set, entry) = keys_of(PASSWORD).wrap(1, &contents, &Counting::new());
    draft.sign(first.author(), Body::Locker(entry), &first.signer);
    let append = Append {
        after: None,
        entries: draft.finish(),
        locker: Some(set),
    };
    (append, key)
}

pub(crate) fn wires(entries: &[SignedEntry]) -> Vec<Vec<u8>> {
    entries.iter().map(SignedEntry::to_wire).collect()
}

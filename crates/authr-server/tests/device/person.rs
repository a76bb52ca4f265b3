//! A person with requests and devices, as the app makes them.

use std::sync::Arc;

use authr_api::answer::{LockerContent, NativeAccount};
use authr_api::append::{Append, Finish, LockerSet};
use authr_api::chain::ChainHead;
use authr_api::id::{DeviceId, Hash, PublicKey, RecordId, RegistrationId, UserId};
use authr_api::list::{
    Author, Body, Description, DeviceList, Draft as ListDraft, Epoch, EpochKeys, Expect, Head,
    NewDevice,
};
use authr_api::locker::{Contents, LockerKeys, Opened, Place};
use authr_api::path;
use authr_api::record::{NewRecord, Presence, RecordKind, SealedRecord};
use authr_api::registration::{
    Channel, Finished, NewRegistration, OpenLocker, Prove, RegistrationStatus, Requested,
};
use authr_api::sealed::{Route, Sealed};
use authr_api::signature::{KeyId, Method};
use authr_api::sync::{ListPage, Push, PushRecord, Pushed};
use authr_crypto::derive::{self, Info};
use authr_crypto::kdf::{Argon2id, KdfError, KdfParams, PasswordKdf};
use authr_crypto::random::OsRandom;
use authr_crypto::seal::Opener;
use authr_crypto::secret::{DataKey, Password, PasswordKey, SealingSecret, SigningSeed};
use authr_crypto::sign::Signer;
use serde::Serialize;

use crate::running::{Draft, Reply, Running, random, sealed};

pub(crate) const PHONE: &str = "+12015550123";
pub(crate) const PASSWORD: &str = "correct horse battery staple";

/// The parameters of a real locker, without its price.
pub(crate) struct CheapKdf;

impl PasswordKdf for CheapKdf {
    fn check(&self, params: KdfParams) -> Result<(), KdfError> {
        Argon2id.check(params)
    }

    fn derive(
        &self,
        password: &Password,
        salt: &[u8; 32],
        params: KdfParams,
    ) -> Result<PasswordKey, KdfError> {
        self.check(params)?;
        let typed = password.expose_secret().as_bytes();
        let key = derive::expand::<32>(typed, salt, &Info::new("cheap"));
        Ok(PasswordKey::new(&key))
    }
}

/// Two key pairs: of a request, or of a device.
pub(crate) struct Keys {
    pub(crate) signer: Signer,
    pub(crate) opener: Opener,
}

impl Keys {
    pub(crate) fn new() -> Self {
        Self {
            signer: Signer::new(&SigningSeed::new(&random())),
            opener: Opener::new(&SealingSecret::new(&random())),
        }
    }

    pub(crate) fn request_id(&self) -> KeyId {
        KeyId::Request(self.signer.verifying_key())
    }

    pub(crate) fn device(&self) -> DeviceId {
        DeviceId::of(&self.signer.verifying_key(), &self.opener.sealing_key())
    }
}

/// A registration of a number.
pub(crate) struct Request {
    pub(crate) running: Arc<Running>,
    pub(crate) keys: Keys,
    pub(crate) id: RegistrationId,
    pub(crate) asked: Requested,
}

pub(crate) fn ask(keys: &Keys, phone: &str) -> NewRegistration {
    NewRegistration {
        phone: phone.into(),
        via: Channel::Sms,
        signing_key: keys.signer.verifying_key().into(),
        sealing_key: PublicKey::from(keys.opener.sealing_key()),
    }
}

impl Request {
    pub(crate) async fn new(running: &Arc<Running>, phone: &str) -> Self {
        let keys = Keys::new();
        let draft = Self::draft_of(running, &keys, &ask(&keys, phone));
        let asked: Requested = draft.send(running, &keys.signer).await.json();
        Self {
            running: Arc::clone(running),
            id: asked.registration,
            keys,
            asked,
        }
    }

    pub(crate) fn draft_of(running: &Running, keys: &Keys, body: &impl Serialize) -> Draft {
        let mut draft = Draft::new(
            running,
            keys.request_id(),
            Method::Post,
            path::REGISTRATIONS,
        );
        draft.body = serde_json::to_vec(body).unwrap();
        draft
    }

    /// A request whose number is proven.
    pub(crate) async fn proven(running: &Arc<Running>, phone: &str) -> (Self, RegistrationStatus) {
        let request = Self::new(running, phone).await;
        let code = running.code().await;
        let status = request.prove(&code).await.json();
        (request, status)
    }

    pub(crate) fn draft(&self, method: Method, template: &str) -> Draft {
        let target = path::of(template, &self.id);
        Draft::new(&self.running, self.keys.request_id(), method, &target)
    }

    pub(crate) async fn send(&self, draft: &Draft) -> Reply {
        draft.send(&self.running, &self.keys.signer).await
    }

    pub(crate) async fn get(&self, template: &str) -> Reply {
        self.send(&self.draft(Method::Get, template)).await
    }

    pub(crate) async fn status(&self) -> RegistrationStatus {
        self.get(path::REGISTRATION).await.json()
    }

    pub(crate) fn prove_draft(&self, code: &str) -> Draft {
        let mut draft = self.draft(Method::Post, path::PROVE);
        let content = Prove::new(code).unwrap();
        draft.body = sealed(&self.running, self.keys.request_id(), &content);
        draft
    }

    pub(crate) async fn prove(&self, code: &str) -> Reply {
        self.send(&self.prove_draft(code)).await
    }

    pub(crate) fn open_draft(&self, terms: &Terms, password: &str) -> Draft {
        let mut draft = self.draft(Method::Post, path::OPEN);
        let keys = terms.keys(password);
        let content = OpenLocker {
            version: terms.version,
            auth: keys.auth().duplicate(),
        };
        draft.body = sealed(&self.running, self.keys.request_id(), &content);
        draft
    }

    pub(crate) async fn open(&self, terms: &Terms, password: &str) -> Reply {
        self.send(&self.open_draft(terms, password)).await
    }

    pub(crate) fn finish_draft(&self, append: Append) -> Draft {
        let mut draft = self.draft(Method::Post, path::FINISH);
        draft.body = sealed(&self.running, self.keys.request_id(), &Finish(append));
        draft
    }

    pub(crate) async fn finish(&self, append: Append) -> Reply {
        self.send(&self.finish_draft(append)).await
    }

    /// Opens what the server answered to a right password.
    pub(crate) fn opened(&self, terms: &Terms, reply: &Reply) -> Opened {
        let content: LockerContent = self.unseal(terms.place.user, reply);
        terms.keys(PASSWORD).open(&content).unwrap()
    }

    fn unseal<C: authr_api::sealed::Content>(&self, user: UserId, reply: &Reply) -> C {
        let answer: Sealed = reply.json();
        unseal(&self.running, &self.keys, user, &answer)
    }
}

pub(crate) fn unseal<C: authr_api::sealed::Content>(
    running: &Running,
    keys: &Keys,
    user: UserId,
    answer: &Sealed,
) -> C {
    let route = Route::ToDevice {
        server: &running.info.server,
        user: &user,
        recipient: &keys.opener.sealing_key(),
    };
    answer.open(&keys.opener, &route).unwrap()
}

/// What a status says of the locker.
#[derive(Clone, Copy)]
pub(crate) struct Terms {
    pub(crate) place: Place,
    pub(crate) version: u64,
    pub(crate) salt: Hash,
}

impl Terms {
    pub(crate) fn of(running: &Running, status: &RegistrationStatus) -> Self {
        let proven = status.proven.as_ref().unwrap();
        let locker = proven.locker.as_ref().unwrap();
        assert_eq!(locker.params(), KdfParams::DEFAULT);
        Self {
            place: Place {
                server: running.info.server,
                user: proven.user,
            },
            version: locker.version,
            salt: locker.salt,
        }
    }

    pub(crate) fn keys(&self, password: &str) -> LockerKeys {
        let (password, params) = (Password::new(password), KdfParams::DEFAULT);
        LockerKeys::derive(&CheapKdf, &password, self.place, self.salt, params, None).unwrap()
    }
}

/// An active device, and what it knows of its user.
pub(crate) struct Device {
    pub(crate) running: Arc<Running>,
    pub(crate) keys: Keys,
    pub(crate) user: UserId,
    pub(crate) list: DeviceList,
    pub(crate) data_key: DataKey,
    pub(crate) chain: ChainHead,
    pub(crate) accounts: Vec<NativeAccount>,
}

/// What a device will be once its finish is answered.
pub(crate) struct Joining {
    pub(crate) keys: Keys,
    pub(crate) append: Append,
    list: DeviceList,
    data_key: DataKey,
    user: UserId,
}

fn wires(append: &Append) -> Vec<Vec<u8>> {
    append.entries.iter().map(|entry| entry.to_wire()).collect()
}

/// A duplicate, since an append is sent once.
pub(crate) fn copy(append: &Append) -> Append {
    use authr_api::sealed::Content;

    Append::decode(&append.encode()).unwrap()
}

impl Joining {
    /// `genesis`, `epoch`, `locker`.
    pub(crate) fn first(running: &Running, user: UserId) -> Self {
        let place = Place {
            server: running.info.server,
            user,
        };
        let keys = Keys::new();
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
        let device = described(&keys, user, &data_key);
        let proof = keys.signer.sign(&device.possession(&user));
        let mut draft = ListDraft::after(Some(list.head()), running.now());
        let after = Some(list.head());
        draft.sign(
            Author::Restore,
            Body::Add { device, proof },
            &opened.restore.0,
        );
        let append = Append {
            after,
            entries: draft.finish(),
            locker: None,
        };
        list.extend(&wires(&append)).unwrap();
        Self {
            keys,
            append,
            list,
            data_key,
            user,
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
) -> (LockerSet, authr_api::list::LockerEntry) {
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
struct Removal<'a> {
    running: &'a Running,
    user: UserId,
    keys: &'a Keys,
    list: &'a DeviceList,
    data_key: &'a DataKey,
}

impl Removal<'_> {
    fn of(&self, lost: &[(DeviceId, ChainHead)], password: &str) -> (Append, DataKey) {
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

impl Device {
    /// Registers the first device of a number.
    pub(crate) async fn first(running: &Arc<Running>, phone: &str) -> Self {
        let (request, status) = Request::proven(running, phone).await;
        let joining = Joining::first(running, status.proven.unwrap().user);
        let reply = request.finish(copy(&joining.append)).await;
        joining.joined(running, &reply)
    }

    /// Restores on a new device; the clock has moved on, so that a message goes out.
    pub(crate) async fn restored(running: &Arc<Running>, phone: &str) -> Self {
        let (request, terms) = Self::asks(running, phone).await;
        let opened = request.opened(&terms, &request.open(&terms, PASSWORD).await);
        let joining = Joining::restore(running, &terms, &opened, &request_list(&request).await);
        let reply = request.finish(copy(&joining.append)).await;
        joining.joined(running, &reply)
    }

    /// A proven request of a number that has devices.
    pub(crate) async fn asks(running: &Arc<Running>, phone: &str) -> (Request, Terms) {
        running.clock.advance(1200);
        let (request, status) = Request::proven(running, phone).await;
        let terms = Terms::of(running, &status);
        (request, terms)
    }

    pub(crate) fn id(&self) -> DeviceId {
        self.keys.device()
    }

    pub(crate) fn key_id(&self) -> KeyId {
        KeyId::Device(self.id())
    }

    pub(crate) fn draft(&self, method: Method, target: &str) -> Draft {
        Draft::new(&self.running, self.key_id(), method, target)
    }

    pub(crate) async fn send(&self, draft: &Draft) -> Reply {
        draft.send(&self.running, &self.keys.signer).await
    }

    pub(crate) async fn get(&self, target: &str) -> Reply {
        self.send(&self.draft(Method::Get, target)).await
    }

    /// Takes in what others appended.
    pub(crate) async fn refresh(&mut self) {
        let after = path::after(self.list.head().sequence);
        let page: ListPage = self.get(&format!("{}?{after}", path::LIST)).await.json();
        self.list.extend(&page.entries).unwrap();
    }

    /// Entries that remove devices, and the key of the epoch then.
    pub(crate) fn removal(
        &self,
        lost: &[(DeviceId, ChainHead)],
        password: &str,
    ) -> (Append, DataKey) {
        let removal = Removal {
            running: &self.running,
            user: self.user,
            keys: &self.keys,
            list: &self.list,
            data_key: &self.data_key,
        };
        removal.of(lost, password)
    }

    pub(crate) fn append_draft(&self, append: Append) -> Draft {
        let mut draft = self.draft(Method::Post, path::LIST);
        draft.body = sealed(&self.running, self.key_id(), &append);
        draft
    }

    pub(crate) async fn append(&self, append: Append) -> Reply {
        self.send(&self.append_draft(append)).await
    }

    /// Removes devices, and knows the new key.
    pub(crate) async fn remove(&mut self, lost: &[(DeviceId, ChainHead)]) {
        let (append, data_key) = self.removal(lost, PASSWORD);
        let entries = wires(&append);
        let head: Head = self.append(append).await.json();
        self.list.extend(&entries).unwrap();
        assert_eq!(head, self.list.head());
        self.data_key = data_key;
    }

    pub(crate) fn epoch_keys(&self) -> EpochKeys {
        self.list.epoch_keys(self.data_key.duplicate()).unwrap()
    }

    /// A record that follows a chain; the device's own does not move.
    pub(crate) fn record(&self, id: u8, chain: ChainHead, text: &str) -> SealedRecord {
        let new = NewRecord {
            id: RecordId([id; 16]),
            kind: RecordKind::Account,
            presence: Presence::Present,
            device: self.id(),
            chain,
        };
        let (keys, signer) = (self.epoch_keys(), &self.keys.signer);
        SealedRecord::seal(&self.user, &new, text.as_bytes(), &keys, signer, &OsRandom).unwrap()
    }

    pub(crate) fn push_draft(&self, records: &[(u64, &SealedRecord)]) -> Draft {
        let mut draft = self.draft(Method::Post, path::RECORDS);
        let records = records.iter().map(|(base, record)| PushRecord {
            base: *base,
            record: authr_api::bytes::Bytes::new(record.to_wire()).unwrap(),
        });
        let push = Push {
            records: records.collect(),
        };
        draft.body = serde_json::to_vec(&push).unwrap();
        draft
    }

    pub(crate) async fn push(&self, records: &[(u64, &SealedRecord)]) -> Reply {
        self.send(&self.push_draft(records)).await
    }

    /// Pushes one record and moves on.
    pub(crate) async fn write(&mut self, id: u8, base: u64, text: &str) -> u64 {
        let record = self.record(id, self.chain, text);
        let pushed: Pushed = self.push(&[(base, &record)]).await.json();
        self.chain = record.header().chain_after(&record.hash());
        pushed.revisions[0]
    }

    /// The code of its first native account.
    pub(crate) fn native_code(&self, now: i64) -> String {
        let otp = authr_otp::Otp {
            secret: self.accounts[0].seed.duplicate(),
            kind: authr_otp::Kind::Native,
        };
        let now = authr_otp::UnixSeconds(now.try_into().unwrap());
        otp.code_at(now).expose_secret().to_owned()
    }
}

/// The whole list, for a request that opened the locker.
pub(crate) async fn request_list(request: &Request) -> Vec<Vec<u8>> {
    let target = format!("{}?{}", path::REGISTRATION_LIST, path::after(0));
    let page: ListPage = request.get(&target).await.json();
    page.entries
        .into_iter()
        .map(|entry| entry.into_vec())
        .collect()
}

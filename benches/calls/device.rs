//! A device as the protocol has it, with as little around it as can be.

use std::cell::Cell;

use authr_api::answer::NativeAccount;
use authr_api::append::{Append, Finish};
use authr_api::bytes::Bytes;
use authr_api::chain::ChainHead;
use authr_api::id::{DeviceId, Hash, IdempotencyKey, Nonce, RecordId, ServerId, UserId};
use authr_api::list::{
    Author, Body, Description, DeviceList, Draft, Epoch, EpochKeys, Expect, NewDevice,
};
use authr_api::locker::{Contents, LockerKeys, Place};
use authr_api::path;
use authr_api::record::{NewRecord, Presence, RecordKind, SealedRecord};
use authr_api::registration::{
    Channel, Finished, NewRegistration, Prove, RegistrationStatus, Requested, ServerInfo,
};
use authr_api::sealed::{Content, Route, Sealed};
use authr_api::signature::{self, Claim, KeyId, Method, Parts};
use authr_api::sync::{Push, PushRecord};
use authr_crypto::kdf::KdfParams;
use authr_crypto::random::{OsRandom, Random};
use authr_crypto::seal::Opener;
use authr_crypto::secret::{DataKey, Password, SealingSecret, SigningSeed};
use authr_crypto::sign::Signer;
use authr_otp::{Kind, Otp, UnixSeconds};
use authr_testkit::CheapKdf;
use serde::Serialize;

fn now() -> u64 {
    authr::Clock::now(&authr::SystemClock)
}

fn random<const N: usize>() -> [u8; N] {
    let random: &dyn Random = &OsRandom;
    random.bytes()
}

/// What signs, and where to.
struct Caller {
    url: String,
    http: ureq::Agent,
    signer: Signer,
    key_id: KeyId,
}

impl Caller {
    fn send(&self, method: Method, target: &str, body: &[u8]) -> Vec<u8> {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let parts = Parts {
            method,
            authority: &signature::authority(&self.url).unwrap(),
            path,
            query,
            body,
        };
        let claim = Claim {
            key_id: self.key_id,
            created: now(),
            nonce: Nonce(random()),
            idempotency_key: method.changes().then(|| IdempotencyKey(random())),
        };
        let mut request = ureq::http::Request::builder()
            .method(method.as_str())
            .uri(format!("{}{target}", self.url));
        for (name, value) in signature::sign(&parts, &claim, &self.signer) {
            request = request.header(name, value);
        }
        let answer = match method {
            Method::Get => self.http.run(request.body(()).unwrap()),
            _ => self.http.run(request.body(body).unwrap()),
        };
        let mut answer = answer.unwrap();
        let text = answer.body_mut().read_to_vec().unwrap();
        assert_eq!(answer.status(), 200, "{}", String::from_utf8_lossy(&text));
        text
    }

    fn post(&self, path: &str, body: &impl Serialize) -> Vec<u8> {
        self.send(Method::Post, path, &serde_json::to_vec(body).unwrap())
    }

    fn seal(&self, server: &ServerInfo, content: &impl Content) -> Sealed {
        let route = Route::ToServer {
            server: &server.server,
            signer: &self.key_id,
        };
        Sealed::seal(content, &server.sealing_key.sealing(), &route, &OsRandom).unwrap()
    }
}

/// A request for a registration.
pub(crate) struct Request {
    caller: Caller,
    server: ServerInfo,
    opener: Opener,
}

impl Request {
    pub(crate) fn new(url: &str, http: &ureq::Agent) -> Self {
        let mut answer = http.get(format!("{url}{}", path::SERVER)).call().unwrap();
        let server = serde_json::from_slice(&answer.body_mut().read_to_vec().unwrap()).unwrap();
        let signer = Signer::new(&SigningSeed::new(&random()));
        Self {
            server,
            opener: Opener::new(&SealingSecret::new(&random())),
            caller: Caller {
                url: url.to_owned(),
                http: http.clone(),
                key_id: KeyId::Request(signer.verifying_key()),
                signer,
            },
        }
    }

    pub(crate) fn ask(&self, phone: &str) -> Requested {
        let asked = NewRegistration {
            phone: phone.to_owned(),
            via: Channel::Sms,
            signing_key: self.caller.signer.verifying_key().into(),
            sealing_key: self.opener.sealing_key().into(),
        };
        serde_json::from_slice(&self.caller.post(path::REGISTRATIONS, &asked)).unwrap()
    }

    pub(crate) fn prove(&self, registration: &Requested, code: &str) -> RegistrationStatus {
        let path = path::of(path::PROVE, &registration.registration);
        let sealed = self.caller.seal(&self.server, &Prove::new(code).unwrap());
        serde_json::from_slice(&self.caller.post(&path, &sealed)).unwrap()
    }

    /// Makes genesis, epoch and locker; what is slow about it is not the server's.
    pub(crate) fn finish(&self, proven: &RegistrationStatus) -> ReadyFinish<'_> {
        let user = proven.proven.as_ref().unwrap().user;
        let place = Place {
            server: self.server.server,
            user,
        };
        let signer = Signer::new(&SigningSeed::new(&random()));
        let opener = Opener::new(&SealingSecret::new(&random()));
        let id = DeviceId::of(&signer.verifying_key(), &opener.sealing_key());
        let key = DataKey::new(&random());
        let description = Description::new("bench", "Linux").unwrap();
        let device = NewDevice {
            signing: signer.verifying_key(),
            sealing: opener.sealing_key(),
            description: description.seal(&user, &id, &key, &OsRandom),
        };
        let mut draft = Draft::after(None, now());
        let author = Author::Device(id);
        let genesis = draft.sign(author, Body::Genesis { user, device }, &signer);
        let devices = [(id, opener.sealing_key())].into_iter();
        let epoch = Epoch::make(&user, 1, &key, None, devices, &OsRandom).unwrap();
        let before = draft.sign(author, Body::Epoch(epoch), &signer);
        let password = Password::new("sunlit-harbour-quarry-lemon-41");
        let (salt, params) = (Hash(random()), KdfParams::DEFAULT);
        let locker = LockerKeys::derive(&CheapKdf, &password, place, salt, params, None).unwrap();
        let contents = Contents {
            epoch: 1,
            data_key: key.duplicate(),
            server: place.server,
            genesis: genesis.hash,
            before,
        };
        let (set, entry) = locker.wrap(1, &contents, &OsRandom);
        draft.sign(author, Body::Locker(entry), &signer);
        let append = Append {
            after: None,
            entries: draft.finish(),
            locker: Some(set),
        };
        let wires: Vec<_> = append.entries.iter().map(|entry| entry.to_wire()).collect();
        let list = DeviceList::verify(&wires, &Expect::Nothing).unwrap();
        let sealed = self.caller.seal(&self.server, &Finish(append));
        ReadyFinish {
            request: self,
            sealed,
            user,
            signer,
            opener,
            keys: list.epoch_keys(key).unwrap(),
        }
    }
}

/// A finish that is ready to be sent.
pub(crate) struct ReadyFinish<'a> {
    request: &'a Request,
    sealed: Sealed,
    user: UserId,
    signer: Signer,
    opener: Opener,
    keys: EpochKeys,
}

impl ReadyFinish<'_> {
    pub(crate) fn send(self, registration: &Requested) -> Device {
        let path = path::of(path::FINISH, &registration.registration);
        let caller = &self.request.caller;
        let finished: Finished = serde_json::from_slice(&caller.post(&path, &self.sealed)).unwrap();
        Device {
            caller: Caller {
                url: caller.url.clone(),
                http: caller.http.clone(),
                key_id: KeyId::Device(finished.device),
                signer: self.signer,
            },
            server: self.request.server.server,
            user: self.user,
            id: finished.device,
            opener: self.opener,
            keys: self.keys,
            accounts: finished.accounts,
            chain: Cell::new(ChainHead::EMPTY),
        }
    }
}

/// An active device.
pub(crate) struct Device {
    caller: Caller,
    server: ServerId,
    user: UserId,
    id: DeviceId,
    opener: Opener,
    keys: EpochKeys,
    accounts: Vec<Sealed>,
    chain: Cell<ChainHead>,
}

impl Device {
    pub(crate) fn get(&self, target: &str) -> Vec<u8> {
        self.caller.send(Method::Get, target, &[])
    }

    /// New records, the next ones of this device.
    pub(crate) fn records(&self, count: usize) -> Push {
        let record = |_| {
            let new = NewRecord {
                id: RecordId(random()),
                kind: RecordKind::Account,
                presence: Presence::Present,
                device: self.id,
                chain: self.chain.get(),
            };
            let (keys, signer) = (&self.keys, &self.caller.signer);
            let sealed = SealedRecord::seal(&self.user, &new, &[7; 240], keys, signer, &OsRandom);
            let sealed = sealed.unwrap();
            self.chain.set(sealed.header().chain_after(&sealed.hash()));
            PushRecord {
                base: 0,
                record: Bytes::new(sealed.to_wire()).unwrap(),
            }
        };
        Push {
            records: (0..count).map(record).collect(),
        }
    }

    pub(crate) fn push(&self, push: &Push) {
        self.caller.post(path::RECORDS, push);
    }

    /// The present code of the one native account.
    pub(crate) fn code(&self) -> String {
        let route = Route::ToDevice {
            server: &self.server,
            user: &self.user,
            recipient: &self.opener.sealing_key(),
        };
        let account: NativeAccount = self.accounts[0].open(&self.opener, &route).unwrap();
        let otp = Otp {
            secret: account.seed,
            kind: Kind::Native,
        };
        otp.code_at(UnixSeconds(now())).expose_secret().to_owned()
    }
}

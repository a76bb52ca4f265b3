//! A registration, from the number to the opened locker.

use std::sync::Arc;

use authr_api::answer::LockerContent;
use authr_api::append::{Append, Finish};
use authr_api::id::{DeviceId, Hash, PublicKey, RegistrationId, UserId};
use authr_api::locker::{LockerKeys, Opened, Place};
use authr_api::path;
use authr_api::registration::{
    Channel, NewRegistration, OpenLocker, Prove, RegistrationStatus, Requested,
};
use authr_api::sealed::{Content, Route, Sealed};
use authr_api::signature::{KeyId, Method};
use authr_api::sync::ListPage;
use authr_crypto::derive::{self, Info};
use authr_crypto::kdf::{Argon2id, KdfError, KdfParams, PasswordKdf};
use authr_crypto::seal::Opener;
use authr_crypto::secret::{Password, PasswordKey, SealingSecret, SigningSeed};
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

    fn unseal<C: Content>(&self, user: UserId, reply: &Reply) -> C {
        let answer: Sealed = reply.json();
        unseal(&self.running, &self.keys, user, &answer)
    }
}

pub(crate) fn unseal<C: Content>(
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

/// The whole list, for a request that opened the locker.
pub(crate) async fn request_list(request: &Request) -> Vec<Vec<u8>> {
    let target = format!("{}?{}", path::REGISTRATION_LIST, path::after(0));
    let page: ListPage = request.get(&target).await.json();
    page.entries
        .into_iter()
        .map(|entry| entry.into_vec())
        .collect()
}

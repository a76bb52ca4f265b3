//! A signed request: who asks, proven before anything it says is looked at.

use std::future::Future;
use std::net::IpAddr;
use std::sync::Arc;

use authr_api::bytes::Bytes;
use authr_api::error::ErrorCode;
use authr_api::id::{Hash, RegistrationId};
use authr_api::path;
use authr_api::sealed::{Content, Route, Sealed, SealedError};
use authr_api::signature::{Announced, Claim, KeyId, Method, Parts, Refusal};
use authr_crypto::derive::Info;
use authr_crypto::sign::VerifyingKey;
use axum::body::Body;
use axum::extract::{FromRequest, Request};
use axum::http::request;
use axum::response::Response;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::answer;
use super::error::DeviceError;
use crate::Server;
use crate::body::{self, BodyError, Received};
use crate::serve::ClientAddress;
use crate::storage::{Change, Changed, KnownDevice, Recalled, SeenRequest, UnixSeconds};

/// A request whose signature is right.
pub(crate) struct Signed {
    pub(super) server: Arc<Server>,
    /// The machine that it came from, where that is known.
    pub(super) client: Option<IpAddr>,
    seen: SeenRequest,
    claim: Claim,
    signer: Signer,
    request: Hash,
    query: String,
    body: Received,
}

/// Who signed.
enum Signer {
    Request(VerifyingKey),
    Device(KnownDevice),
}

impl FromRequest<Arc<Server>> for Signed {
    type Rejection = DeviceError;

    async fn from_request(request: Request, server: &Arc<Server>) -> Result<Self, DeviceError> {
        let (head, body) = request.into_parts();
        let method = match head.method.as_str() {
            "GET" => Method::Get,
            "POST" => Method::Post,
            "DELETE" => Method::Delete,
            _ => return Err(ErrorCode::MethodNotAllowed.into()),
        };
        let headers = head.headers.iter();
        let headers = headers.map(|(name, value)| (name.as_str(), value.as_bytes()));
        let announced = match Announced::read(method, headers) {
            Ok(announced) => announced,
            Err(refusal) => {
                body::discard(server, body).await;
                return Err(DeviceError::unsigned(&refusal));
            }
        };
        let body = received(server, &head, method, announced.key_id(), body).await?;
        let parts = Parts {
            method,
            authority: &server.authority,
            path: head.uri.path(),
            query: head.uri.query().unwrap_or_default(),
            body: body.bytes(),
        };
        let now = server.clock.now();
        let unverified = announced
            .with_body(&parts, seconds(now))
            .map_err(|refusal| DeviceError::unsigned(&refusal))?;
        let signer = signer(server, unverified.key_id(), &parts).await?;
        let verified = unverified
            .verify(Some(&signer.key()))
            .map_err(|refusal| DeviceError::unsigned(&refusal))?;
        let claim = *verified.claim();
        if let KeyId::Device(device) = claim.key_id {
            tracing::Span::current().record("device", tracing::field::display(device));
        }
        Ok(Self {
            server: Arc::clone(server),
            client: head
                .extensions
                .get::<ClientAddress>()
                .and_then(|client| client.0),
            seen: SeenRequest {
                signer: claim.key_id,
                nonce: claim.nonce,
                now,
            },
            claim,
            signer,
            request: request_hash(&parts),
            query: parts.query.to_owned(),
            body,
        })
    }
}

impl Signed {
    /// When it came.
    pub(super) fn now(&self) -> UnixSeconds {
        self.seen.now
    }

    /// The request key that signed; what belongs to requests is not a device's.
    pub(super) fn request_key(&self) -> Result<VerifyingKey, DeviceError> {
        match self.signer {
            Signer::Request(key) => Ok(key),
            Signer::Device(_) => Err(ErrorCode::NotFound.into()),
        }
    }

    /// The device that signed; a request is none yet.
    pub(super) fn device(&self) -> Result<KnownDevice, DeviceError> {
        match self.signer {
            Signer::Device(device) => Ok(device),
            Signer::Request(_) => Err(ErrorCode::WrongState.into()),
        }
    }

    /// The change that it asks for.
    pub(super) fn change(&self) -> Result<Change, DeviceError> {
        Ok(Change {
            seen: self.seen,
            key: self.claim.idempotency_key.ok_or(ErrorCode::BadProfile)?,
            request: self.request,
        })
    }

    /// The JSON of its body.
    pub(super) fn json<T: DeserializeOwned>(&self) -> Result<T, DeviceError> {
        self.without_query()?;
        serde_json::from_slice(self.body.bytes()).map_err(|_| ErrorCode::BadRequest.into())
    }

    /// What its body is sealed around.
    pub(super) fn sealed<C: Content>(&self) -> Result<C, DeviceError> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Body {
            sealed: Bytes<{ path::BODY_BYTES }>,
        }
        let Body { sealed } = self.json()?;
        let sealed = Sealed {
            sealed: Bytes::new(sealed.into_vec()).map_err(|_| ErrorCode::TooLarge)?,
        };
        let identity = &self.server.identity;
        let route = Route::ToServer {
            server: identity.id(),
            signer: &self.seen.signer,
        };
        sealed
            .open(identity.opener(), &route)
            .map_err(|error| match error {
                SealedError::Malformed(_) => ErrorCode::BadRequest.into(),
                _ => ErrorCode::BadSeal.into(),
            })
    }

    /// The number that a page begins after.
    pub(super) fn after(&self) -> Result<u64, DeviceError> {
        let number = self.query.strip_prefix("after=").unwrap_or_default();
        let digits = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
        let number = number.parse().ok().filter(|_| digits);
        number.ok_or_else(|| ErrorCode::BadRequest.into())
    }

    /// A request that says nothing but its path. One that reads or deletes has no body.
    pub(super) fn bare(&self) -> Result<(), DeviceError> {
        self.without_query()
    }

    fn without_query(&self) -> Result<(), DeviceError> {
        let empty = self.query.is_empty();
        empty.then_some(()).ok_or(ErrorCode::BadRequest.into())
    }

    /// Answers a request that reads, once.
    pub(super) async fn reads<T: serde::Serialize>(
        &self,
        read: impl Future<Output = Result<T, DeviceError>>,
    ) -> Result<Response, DeviceError> {
        self.note().await?;
        let content = read.await?;
        Ok(answer::response(answer::done(&content)?))
    }

    /// Answers a request that changes something: as before, where it was made before.
    pub(super) async fn changes(
        &self,
        make: impl Future<Output = Result<Changed, DeviceError>>,
    ) -> Result<Response, DeviceError> {
        if let Recalled::Known(known) = self.server.storage.recall(self.change()?).await? {
            self.note().await?;
            return Ok(answer::response(known?));
        }
        match make.await {
            Ok(changed) => Ok(answer::response(changed?)),
            // It did not come to the transaction that would have noted it.
            Err(refused) => {
                self.note().await?;
                Err(refused)
            }
        }
    }

    async fn note(&self) -> Result<(), DeviceError> {
        if self.server.storage.note_request(self.seen).await? {
            Ok(())
        } else {
            Err(ErrorCode::Replay.into())
        }
    }
}

impl Signer {
    fn key(&self) -> VerifyingKey {
        match self {
            Self::Request(key) => *key,
            Self::Device(device) => device.signing,
        }
    }
}

/// Whom a key id names. The request for a registration names its own key.
async fn signer(server: &Server, named: KeyId, parts: &Parts<'_>) -> Result<Signer, DeviceError> {
    match named {
        KeyId::Request(key) => {
            let begins = parts.method == Method::Post && parts.path == path::REGISTRATIONS;
            if begins || server.storage.is_request_key(key).await? {
                return Ok(Signer::Request(key));
            }
        }
        KeyId::Device(id) => match server.storage.device(id).await? {
            Some(device) if device.removed => return Err(ErrorCode::DeviceRemoved.into()),
            Some(device) => return Ok(Signer::Device(device)),
            None => {}
        },
    }
    Err(DeviceError::unsigned(&Refusal::UnknownKey))
}

/// What is compared under an idempotency key.
fn request_hash(parts: &Parts<'_>) -> Hash {
    let named = Info::new("authr/1/server/request")
        .bytes(parts.method.as_str().as_bytes())
        .bytes(parts.path.as_bytes())
        .bytes(parts.query.as_bytes())
        .bytes(parts.body);
    Hash::of(named.as_bytes())
}

/// A moment as the wire has it.
pub(super) fn seconds(moment: UnixSeconds) -> u64 {
    u64::try_from(moment).unwrap_or(0)
}

/// The id in a path. What is no id is no registration's.
pub(super) fn registration(text: &str) -> Result<RegistrationId, DeviceError> {
    RegistrationId::parse(text).map_err(|_| ErrorCode::NotFound.into())
}

/// The body: none of a request that reads or deletes, a long one of a push alone, by a device that is active as it says.
async fn received(
    server: &Server,
    head: &request::Parts,
    method: Method,
    by: KeyId,
    body: Body,
) -> Result<Received, DeviceError> {
    let pushes = method == Method::Post && head.uri.path() == path::RECORDS;
    let limit = match (method, by) {
        (Method::Get | Method::Delete, _) => 0,
        (Method::Post, KeyId::Device(id)) if pushes => match server.storage.device(id).await? {
            Some(device) if !device.removed => path::PUSH_BODY_BYTES,
            _ => path::BODY_BYTES,
        },
        (Method::Post, _) => path::BODY_BYTES,
    };
    let received = body::receive(server, body, limit).await;
    received.map_err(|error| match error {
        BodyError::TooLarge if limit == 0 => ErrorCode::BadRequest.into(),
        BodyError::TooLarge => ErrorCode::TooLarge.into(),
        BodyError::Late | BodyError::Broken => ErrorCode::BadRequest.into(),
        BodyError::NoRoom => ErrorCode::Unavailable.into(),
    })
}

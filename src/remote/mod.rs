//! The server's client: one method an endpoint of sync-protocol.md.
//!
//! Every request is signed; one that the server finds too old or too new is signed once more with the server's time.

mod address;
mod error;
mod transport;

use std::cell::Cell;

use authr_api::error::{ErrorBody, ErrorCode};
use authr_api::id::{IdempotencyKey, Nonce, RegistrationId};
use authr_api::list::Head;
use authr_api::path;
use authr_api::registration::{
    Finished, PROTOCOL_VERSION, RegistrationStatus, Requested, ServerInfo,
};
use authr_api::sealed::Sealed;
use authr_api::signature::{self, Claim, KeyId, Method, Parts};
use authr_api::sync::{Devices, Feed, ListPage, NativeAccounts, Pushed, Status};
use authr_crypto::random::Random;
use authr_crypto::sign::Signer;
use serde::de::DeserializeOwned;

pub(crate) use self::address::Address;
pub(crate) use self::error::RemoteError;
use self::transport::{Answer, Transport};

/// A server that was reached.
pub(crate) struct Remote {
    transport: Transport,
}

/// Who signs requests, and with which clock.
pub(crate) struct Caller<'a> {
    /// The key that signs.
    pub(crate) signer: &'a Signer,
    /// Its name.
    pub(crate) key_id: KeyId,
    /// The time of this machine, in unix seconds, when the client was made.
    pub(crate) now: &'a dyn Fn() -> u64,
    /// Where nonces come from.
    pub(crate) random: &'a dyn Random,
}

/// A client with a key.
pub(crate) struct Client<'a> {
    remote: &'a Remote,
    caller: Caller<'a>,
    /// The server's time less this machine's, in seconds, once the server had to tell it.
    offset: Cell<i64>,
}

/// A changing request: the same key and the same body have one effect.
#[derive(Clone, Copy)]
pub(crate) struct Change<'a> {
    /// Its name.
    pub(crate) key: IdempotencyKey,
    /// Its exact body.
    pub(crate) body: &'a [u8],
}

impl Remote {
    /// `ca` is PEM that the server's certificate is checked with; empty: what the system trusts.
    pub(crate) fn new(address: Address, ca: &[u8]) -> Result<Self, RemoteError> {
        Ok(Self {
            transport: Transport::new(address, ca)?,
        })
    }

    /// Who the server is: its id is its key's, and it speaks this version.
    pub(crate) fn info(&self) -> Result<ServerInfo, RemoteError> {
        let answer = self.transport.send(Method::Get, path::SERVER, &[], None)?;
        let info: ServerInfo = self.decode(&answer)?;
        let url = || self.transport.address().url().to_owned();
        if info.protocol != PROTOCOL_VERSION {
            return Err(RemoteError::OtherProtocol {
                url: url(),
                protocol: info.protocol,
            });
        }
        if !info.is_consistent() {
            let reason = "its id is not its key's".to_owned();
            return Err(RemoteError::NotAuthr { url: url(), reason });
        }
        Ok(info)
    }

    /// A client that signs.
    pub(crate) fn client<'a>(&'a self, caller: Caller<'a>) -> Client<'a> {
        Client {
            remote: self,
            caller,
            offset: Cell::new(0),
        }
    }

    fn decode<T: DeserializeOwned>(&self, answer: &Answer) -> Result<T, RemoteError> {
        let url = || self.transport.address().url().to_owned();
        if answer.status == 200 {
            return serde_json::from_slice(&answer.body).map_err(|error| RemoteError::NotAuthr {
                url: url(),
                reason: error.to_string(),
            });
        }
        match serde_json::from_slice::<ErrorBody>(&answer.body) {
            Ok(body) => Err(RemoteError::Refused(body)),
            Err(_) => Err(RemoteError::NotAuthr {
                url: url(),
                reason: format!("it says {} and nothing that can be read", answer.status),
            }),
        }
    }
}

impl Client<'_> {
    /// Asks for a registration.
    pub(crate) fn request(&self, change: Change<'_>) -> Result<Requested, RemoteError> {
        self.change(Method::Post, path::REGISTRATIONS, change)
    }

    /// The state of one's own request.
    pub(crate) fn registration(
        &self,
        id: &RegistrationId,
    ) -> Result<RegistrationStatus, RemoteError> {
        self.read(&path::of(path::REGISTRATION, id), "")
    }

    /// Another message.
    pub(crate) fn resend(
        &self,
        id: &RegistrationId,
        change: Change<'_>,
    ) -> Result<Requested, RemoteError> {
        self.change(Method::Post, &path::of(path::RESEND, id), change)
    }

    /// Cancels the request.
    pub(crate) fn cancel(
        &self,
        id: &RegistrationId,
        key: IdempotencyKey,
    ) -> Result<RegistrationStatus, RemoteError> {
        let change = Change { key, body: &[] };
        self.change(Method::Delete, &path::of(path::REGISTRATION, id), change)
    }

    /// Proves the number.
    pub(crate) fn prove(
        &self,
        id: &RegistrationId,
        change: Change<'_>,
    ) -> Result<RegistrationStatus, RemoteError> {
        self.change(Method::Post, &path::of(path::PROVE, id), change)
    }

    /// Opens the locker.
    pub(crate) fn open(
        &self,
        id: &RegistrationId,
        change: Change<'_>,
    ) -> Result<Sealed, RemoteError> {
        self.change(Method::Post, &path::of(path::OPEN, id), change)
    }

    /// The device list after an entry, for a request that opened the locker.
    pub(crate) fn list_of(&self, id: &RegistrationId, after: u64) -> Result<ListPage, RemoteError> {
        self.read(&path::of(path::REGISTRATION_LIST, id), &path::after(after))
    }

    /// Makes the device active.
    pub(crate) fn finish(
        &self,
        id: &RegistrationId,
        change: Change<'_>,
    ) -> Result<Finished, RemoteError> {
        self.change(Method::Post, &path::of(path::FINISH, id), change)
    }

    /// Whether anything is new.
    pub(crate) fn status(&self) -> Result<Status, RemoteError> {
        self.read(path::STATUS, "")
    }

    /// The device list after an entry.
    pub(crate) fn list(&self, after: u64) -> Result<ListPage, RemoteError> {
        self.read(path::LIST, &path::after(after))
    }

    /// Appends to the device list; the new head.
    pub(crate) fn append(&self, change: Change<'_>) -> Result<Head, RemoteError> {
        self.change(Method::Post, path::LIST, change)
    }

    /// When each active device was last seen.
    pub(crate) fn devices(&self) -> Result<Devices, RemoteError> {
        self.read(path::DEVICES, "")
    }

    /// The locker's content, sealed to this device.
    pub(crate) fn locker(&self) -> Result<Sealed, RemoteError> {
        self.read(path::LOCKER, "")
    }

    /// The native accounts, sealed to this device.
    pub(crate) fn accounts(&self) -> Result<NativeAccounts, RemoteError> {
        self.read(path::ACCOUNTS, "")
    }

    /// The feed after a revision.
    pub(crate) fn records(&self, after: u64) -> Result<Feed, RemoteError> {
        self.read(path::RECORDS, &path::after(after))
    }

    /// Pushes records.
    pub(crate) fn push(&self, change: Change<'_>) -> Result<Pushed, RemoteError> {
        self.change(Method::Post, path::RECORDS, change)
    }

    fn read<T: DeserializeOwned>(&self, path: &str, query: &str) -> Result<T, RemoteError> {
        self.signed(Method::Get, path, query, None)
    }

    fn change<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        change: Change<'_>,
    ) -> Result<T, RemoteError> {
        self.signed(method, path, "", Some(change))
    }

    /// Signs and sends; once more with the server's clock when that is what the server refused.
    fn signed<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        query: &str,
        change: Option<Change<'_>>,
    ) -> Result<T, RemoteError> {
        let answer = self.once(method, path, query, change)?;
        match self.remote.decode(&answer) {
            Err(RemoteError::Refused(ErrorBody {
                code: ErrorCode::ClockSkew,
                server_time: Some(time),
                ..
            })) => {
                self.offset.set(difference(time, (self.caller.now)()));
                let answer = self.once(method, path, query, change)?;
                self.remote.decode(&answer)
            }
            other => other,
        }
    }

    /// A change whose answer was lost on the way is asked for once more: the same key has the same answer.
    fn once(
        &self,
        method: Method,
        path: &str,
        query: &str,
        change: Option<Change<'_>>,
    ) -> Result<Answer, RemoteError> {
        match self.attempt(method, path, query, change) {
            Err(RemoteError::Lost { .. }) if change.is_some() => {
                self.attempt(method, path, query, change)
            }
            other => other,
        }
    }

    fn attempt(
        &self,
        method: Method,
        path: &str,
        query: &str,
        change: Option<Change<'_>>,
    ) -> Result<Answer, RemoteError> {
        let transport = &self.remote.transport;
        let body = change.map(|change| change.body).unwrap_or_default();
        let parts = Parts {
            method,
            authority: transport.address().authority(),
            path,
            query,
            body,
        };
        let claim = Claim {
            key_id: self.caller.key_id,
            created: (self.caller.now)().saturating_add_signed(self.offset.get()),
            nonce: Nonce(self.caller.random.bytes()),
            idempotency_key: change.map(|change| change.key),
        };
        let headers = signature::sign(&parts, &claim, self.caller.signer);
        let target = if query.is_empty() {
            path.to_owned()
        } else {
            format!("{path}?{query}")
        };
        let body = (method == Method::Post).then_some(body);
        transport.send(method, &target, &headers, body)
    }
}

/// The server's time less ours, in seconds.
pub(crate) fn difference(server: u64, ours: u64) -> i64 {
    let apart = i64::try_from(server.abs_diff(ours)).unwrap_or(i64::MAX);
    if server >= ours { apart } else { -apart }
}

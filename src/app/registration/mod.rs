//! A registration: from a phone number to an active device (sync-protocol.md sections 5 and 10).
//!
//! [`Registration`] is the part before there is a device: the request, its code, the proof. [`finish`] makes the device.

mod finish;
mod restore;

use std::path::Path;

use authr_api::error::{ErrorBody, ErrorCode};
use authr_api::id::{IdempotencyKey, RegistrationId, ServerId, UserId};
use authr_api::registration::{
    Channel, Flow, LockerTerms, NewRegistration, Prove, ProvenUser, RegistrationStatus, Requested,
    Resend, State,
};
use authr_api::sealed::{Content as SealedContent, Route, Sealed};
use authr_api::signature::KeyId;
use authr_core::identity::MAX_CA_BYTES;
use authr_crypto::seal::{Opener, SealingKey};
use authr_crypto::secret::{SealingSecret, SigningSeed};
use authr_crypto::sign::Signer;
use data_encoding::HEXLOWER;
use serde::Serialize;

use super::error::Error;
use super::phone::Phone;
use super::session::Session;
use crate::context::Context;
use crate::remote::{Address, Caller, Change, Client, Remote, RemoteError};
use crate::store::{RequestAnswer, RequestFile, Store};

pub(super) use finish::seen;
pub(crate) use finish::{Registered, device_id, resume};

/// What a person wants with the number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Intent {
    /// `register`: the first device.
    Register,
    /// `restore`: one more, in the place of a lost one.
    Restore,
}

/// Which server, and how it is checked.
pub(crate) struct ServerChoice {
    /// Its address.
    pub(crate) address: Address,
    /// PEM that its certificate is checked with; empty: what the system trusts.
    pub(crate) ca: String,
}

impl ServerChoice {
    /// A server by its address, and a file of certificates.
    pub(crate) fn new(address: &str, ca_file: Option<&Path>) -> Result<Self, Error> {
        let ca = match ca_file {
            Some(path) => {
                let bytes = super::files::read(path, MAX_CA_BYTES)?;
                String::from_utf8(bytes).map_err(|_| {
                    RemoteError::Certificates(format!("{} is not PEM", path.display()))
                })?
            }
            None => String::new(),
        };
        Ok(Self {
            address: Address::parse(address).map_err(RemoteError::from)?,
            ca,
        })
    }
}

/// A registration under way.
pub(crate) struct Registration<'a> {
    context: &'a Context,
    store: Store,
    file: RequestFile,
    answer: RequestAnswer,
    id: RegistrationId,
    remote: Remote,
}

/// What came of asking for a code.
pub(crate) enum Sent {
    /// A message is on its way.
    Now,
    /// The one that was sent before is still good; it is too early for another.
    Before,
    /// None is needed: the number was proven before.
    Proven(Proven),
}

/// A proven number.
pub(crate) struct Proven {
    /// The user.
    pub(crate) user: UserId,
    /// The names of the applications that have an account for the number.
    pub(crate) applications: Vec<String>,
    /// The locker's terms, when there are devices already.
    locker: Option<LockerTerms>,
}

impl<'a> Registration<'a> {
    /// Asks for a code. The same command again goes on with the same request, as long as that lives: its code is not
    /// thrown away for one that may not come.
    pub(crate) fn begin(
        context: &'a Context,
        store: Store,
        server: &ServerChoice,
        phone: &Phone,
        via: Channel,
        intent: Intent,
    ) -> Result<(Self, Sent), Error> {
        let remote = Remote::new(server.address.clone(), server.ca.as_bytes())?;
        let info = remote.info()?;
        let fresh = RequestFile {
            restore: intent == Intent::Restore,
            url: server.address.url().to_owned(),
            ca: server.ca.clone(),
            server_key: info.sealing_key.0,
            phone: phone.e164().to_owned(),
            via: channel_name(via).to_owned(),
            signing: SigningSeed::new(&context.random.bytes()),
            sealing: SealingSecret::new(&context.random.bytes()),
            idempotency_key: context.random.bytes(),
            answer: None,
        };
        // A damaged file of an earlier request stands in nobody's way.
        let earlier = store.request().ok().flatten();
        let earlier = earlier.filter(|earlier| is_same_request(earlier, &fresh));
        let Some(earlier) = earlier else {
            return Ok((Self::ask(context, store, remote, fresh, via)?, Sent::Now));
        };
        let mut again = Self::of(context, store, earlier, remote)?.ok_or(Error::NoRequest)?;
        match again.send_again(via) {
            Ok(sent) => Ok((again, sent)),
            Err(error) if error.server_code().is_some_and(is_over) => {
                let Self { store, remote, .. } = again;
                Ok((Self::ask(context, store, remote, fresh, via)?, Sent::Now))
            }
            Err(error) => Err(error),
        }
    }

    /// Sends a request; one of the same kind that was never answered is sent again as it was.
    fn ask(
        context: &'a Context,
        store: Store,
        remote: Remote,
        fresh: RequestFile,
        via: Channel,
    ) -> Result<Self, Error> {
        let unanswered = store.unanswered_request().ok().flatten();
        let mut file = unanswered
            .filter(|earlier| is_same_request(earlier, &fresh) && earlier.via == fresh.via)
            .unwrap_or(fresh);
        store.write_request(&store.lock()?, &file)?;
        let asked = NewRegistration {
            phone: file.phone.clone(),
            via,
            signing_key: Signer::new(&file.signing).verifying_key().into(),
            sealing_key: Opener::new(&file.sealing).sealing_key().into(),
        };
        let change = Change {
            key: IdempotencyKey(file.idempotency_key),
            body: &json(&asked),
        };
        let requested = with_client(context, &remote, &file.signing, |client| {
            client.request(change)
        });
        if let Err(error) = &requested
            && error.code().is_some()
        {
            store.remove_unanswered_request(&store.lock()?)?;
        }
        file.answer = Some(answer(&requested?));
        store.write_request(&store.lock()?, &file)?;
        Self::of(context, store, file, remote)?.ok_or(Error::NoRequest)
    }

    /// Another message for a request that waits for its code; none where the number is proven.
    fn send_again(&mut self, via: Channel) -> Result<Sent, Error> {
        let status = self.call(|client| client.registration(&self.id))?;
        match status.state {
            State::Requested => match self.resend(via) {
                Ok(()) => Ok(Sent::Now),
                Err(error) if error.server_code() == Some(ErrorCode::RateLimited) => {
                    Ok(Sent::Before)
                }
                Err(error) => Err(error),
            },
            State::Pending | State::Proven => Ok(Sent::Proven(self.judge(status)?)),
            State::Active | State::Cancelled | State::Expired => {
                let over = ErrorBody::new(ErrorCode::Expired, "the registration is over");
                Err(RemoteError::Refused(over).into())
            }
        }
    }

    /// Whether this request became the device that a vault is.
    pub(crate) fn became(&self, session: &Session<'_>) -> Result<bool, Error> {
        let status = self.call(|client| client.registration(&self.id))?;
        let ours = session.content().identity.as_ref().map(device_id);
        Ok(status.state == State::Active && status.device.is_some() && status.device == ours)
    }

    /// Forgets the request, which has become a device.
    pub(crate) fn forget(self) -> Result<(), Error> {
        Ok(self.store.remove_request(&self.store.lock()?)?)
    }

    /// The registration that was begun earlier, if one was.
    pub(crate) fn pending(context: &'a Context, store: Store) -> Result<Option<Self>, Error> {
        let Some(file) = store.request()? else {
            return Ok(None);
        };
        let address = Address::parse(&file.url).map_err(RemoteError::from)?;
        let remote = Remote::new(address, file.ca.as_bytes())?;
        Self::of(context, store, file, remote)
    }

    fn of(
        context: &'a Context,
        store: Store,
        file: RequestFile,
        remote: Remote,
    ) -> Result<Option<Self>, Error> {
        let Some(answer) = file.answer.clone() else {
            return Ok(None);
        };
        let damaged = || {
            Error::Store(crate::store::StoreError::RequestDamaged {
                path: store.request_path(),
            })
        };
        let id = HEXLOWER.decode(answer.registration.as_bytes());
        let id = id
            .ok()
            .and_then(|id| id.try_into().ok())
            .ok_or_else(damaged)?;
        Ok(Some(Self {
            context,
            id: RegistrationId(id),
            answer,
            store,
            file,
            remote,
        }))
    }

    /// What it was begun for.
    pub(crate) fn intent(&self) -> Intent {
        if self.file.restore {
            Intent::Restore
        } else {
            Intent::Register
        }
    }

    /// The id of the request.
    pub(crate) fn id(&self) -> RegistrationId {
        self.id
    }

    /// What the server said of its message.
    pub(crate) fn message(&self) -> &RequestAnswer {
        &self.answer
    }

    /// Asks for another message; the code before is dead.
    pub(crate) fn resend(&mut self, via: Channel) -> Result<(), Error> {
        let change = Change {
            key: IdempotencyKey(self.context.random.bytes()),
            body: &json(&Resend { via }),
        };
        let requested = self.call(|client| client.resend(&self.id, change))?;
        self.answer = answer(&requested);
        self.file.answer = Some(self.answer.clone());
        let lock = self.store.lock()?;
        Ok(self.store.write_request(&lock, &self.file)?)
    }

    /// Proves the number with the code of the message.
    pub(crate) fn prove(&self, code: &str) -> Result<Proven, Error> {
        let digits: String = code.chars().filter(|c| !" -".contains(*c)).collect();
        let prove = Prove::new(&digits).ok_or(Error::NotACode)?;
        let body = self.seal(&prove)?;
        let change = Change {
            key: IdempotencyKey(self.context.random.bytes()),
            body: &body,
        };
        let status = self.call(|client| client.prove(&self.id, change))?;
        let judged = self.judge(status);
        if matches!(
            judged,
            Err(Error::NothingToRestore { .. } | Error::NumberHasDevices { .. })
        ) {
            self.cancel()?;
        }
        judged
    }

    /// A proven number is what its command was for, or the other command is the right one.
    fn judge(&self, status: RegistrationStatus) -> Result<Proven, Error> {
        let known = matches!(status.state, State::Pending | State::Proven);
        let Some(ProvenUser {
            user,
            flow,
            applications,
            locker,
        }) = status.proven.filter(|_| known)
        else {
            return Err(Error::BadAnswer("a proof that proves nothing"));
        };
        match (flow, self.intent(), &locker) {
            (Flow::First, Intent::Restore, _) => Err(Error::NothingToRestore {
                phone: self.file.phone.clone(),
            }),
            (Flow::Restore, Intent::Register, _) => Err(Error::NumberHasDevices {
                phone: self.file.phone.clone(),
            }),
            (Flow::Restore, Intent::Restore, None) => {
                Err(Error::BadAnswer("devices, and no locker to open"))
            }
            _ => Ok(Proven {
                user,
                applications,
                locker,
            }),
        }
    }

    /// Gives the request up; where the server does not hear of it, it expires.
    fn cancel(&self) -> Result<(), Error> {
        let key = IdempotencyKey(self.context.random.bytes());
        let _ = self.call(|client| client.cancel(&self.id, key));
        let lock = self.store.lock()?;
        Ok(self.store.remove_request(&lock)?)
    }

    fn server_key(&self) -> SealingKey {
        SealingKey(self.file.server_key)
    }

    fn server(&self) -> ServerId {
        ServerId::of(&self.server_key())
    }

    /// Seals content to the server, as the body of a request that this request's key signs.
    fn seal(&self, content: &impl SealedContent) -> Result<Vec<u8>, Error> {
        let signer = KeyId::Request(Signer::new(&self.file.signing).verifying_key());
        let route = Route::ToServer {
            server: &self.server(),
            signer: &signer,
        };
        let sealed = Sealed::seal(content, &self.server_key(), &route, &*self.context.random);
        let sealed = sealed.map_err(|_| Error::BadAnswer("a key that cannot be sealed to"))?;
        Ok(json(&sealed))
    }

    fn call<T>(
        &self,
        call: impl FnOnce(&Client<'_>) -> Result<T, RemoteError>,
    ) -> Result<T, Error> {
        Ok(with_client(
            self.context,
            &self.remote,
            &self.file.signing,
            call,
        )?)
    }
}

/// Whether two requests ask for the same: only the keys and the way of the message may differ.
fn is_same_request(one: &RequestFile, other: &RequestFile) -> bool {
    (one.restore, &one.url, &one.ca, &one.phone, &one.server_key)
        == (
            other.restore,
            &other.url,
            &other.ca,
            &other.phone,
            &other.server_key,
        )
}

/// Whether the server knows a request no more, or takes no code for it.
fn is_over(code: ErrorCode) -> bool {
    matches!(
        code,
        ErrorCode::Expired
            | ErrorCode::WrongState
            | ErrorCode::NotFound
            | ErrorCode::UnknownKey
            | ErrorCode::TriesUsed
    )
}

/// Refuses where the vault is an active device already. One that was removed may be registered anew.
pub(crate) fn refuse_registered(session: &Session<'_>) -> Result<(), Error> {
    let Some(identity) = &session.content().identity else {
        return Ok(());
    };
    let address = Address::parse(&identity.server.url).map_err(RemoteError::from)?;
    let remote = Remote::new(address, &identity.server.ca)?;
    let signer = Signer::new(&identity.signing);
    let context = session.context;
    let now = || context.clock.now();
    let client = remote.client(Caller {
        key_id: KeyId::Device(device_id(identity)),
        signer: &signer,
        now: &now,
        random: &*context.random,
    });
    match client.status() {
        Err(error)
            if matches!(
                error.code(),
                Some(ErrorCode::DeviceRemoved | ErrorCode::UnknownKey)
            ) =>
        {
            Ok(())
        }
        Err(error) => Err(error.into()),
        Ok(_) => Err(Error::RegisteredHere {
            phone: identity.phone.clone(),
        }),
    }
}

/// Runs calls that a request's key signs.
fn with_client<T>(
    context: &Context,
    remote: &Remote,
    signing: &SigningSeed,
    call: impl FnOnce(&Client<'_>) -> T,
) -> T {
    let signer = Signer::new(signing);
    let now = || context.clock.now();
    call(&remote.client(Caller {
        key_id: KeyId::Request(signer.verifying_key()),
        signer: &signer,
        now: &now,
        random: &*context.random,
    }))
}

/// The name of a channel, in files and JSON.
pub(crate) fn channel_name(via: Channel) -> &'static str {
    match via {
        Channel::Sms => "sms",
        Channel::Call => "call",
    }
}

fn answer(requested: &Requested) -> RequestAnswer {
    RequestAnswer {
        registration: HEXLOWER.encode(&requested.registration.0),
        letters: requested.letters.clone(),
        via: channel_name(requested.via).to_owned(),
        expires_at: requested.expires_at,
        resend_at: requested.resend_at,
    }
}

fn json(value: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(value).expect("because what is sent has text keys and plain values")
}

//! The last step: the device's keys are made and written ahead, the list is extended, the accounts come.

use authr_api::append::{Append, Caller as AppendCaller, Finish};
use authr_api::error::ErrorCode;
use authr_api::id::{DeviceId, Hash, IdempotencyKey, RegistrationId, ServerId, UserId};
use authr_api::list::{Author, Body, Description, Draft, Epoch, NewDevice, SignedEntry};
use authr_api::locker::{Contents, LockerKeys, Place};
use authr_api::registration::{Finished, State};
use authr_api::sealed::Route;
use authr_core::identity::{EpochKey, Identity, Pending, Server, WrittenAhead, pack_list};
use authr_core::sync::{SeenLocker, SyncState};
use authr_crypto::kdf::KdfParams;
use authr_crypto::seal::Opener;
use authr_crypto::secret::{DataKey, Password, SealingSecret, SigningSeed};
use authr_crypto::sign::Signer;

use super::{Proven, Registration, with_client};
use crate::app::error::Error;
use crate::app::natives::{self, NativeChanges};
use crate::app::session::Session;
use crate::context::Context;
use crate::remote::{Address, Change, Remote, RemoteError};

/// A device that became active.
#[derive(Default)]
pub(crate) struct Registered {
    /// The native accounts that came with it.
    pub(crate) natives: NativeChanges,
}

/// The keys of a device that is being made.
pub(super) struct NewKeys {
    pub(super) signing: SigningSeed,
    pub(super) sealing: SealingSecret,
    pub(super) signer: Signer,
    opener: Opener,
    pub(super) id: DeviceId,
}

impl NewKeys {
    pub(super) fn make(context: &Context) -> Self {
        let signing = SigningSeed::new(&context.random.bytes());
        let sealing = SealingSecret::new(&context.random.bytes());
        let (signer, opener) = (Signer::new(&signing), Opener::new(&sealing));
        let id = DeviceId::of(&signer.verifying_key(), &opener.sealing_key());
        Self {
            signing,
            sealing,
            signer,
            opener,
            id,
        }
    }

    /// The device as it enters the list.
    pub(super) fn described(&self, context: &Context, user: &UserId, key: &DataKey) -> NewDevice {
        let machine = &context.machine;
        let description = Description::new(&machine.name, &machine.system)
            .expect("because the machine's names are within their limits");
        NewDevice {
            signing: self.signer.verifying_key(),
            sealing: self.opener.sealing_key(),
            description: description.seal(user, &self.id, key, &*context.random),
        }
    }
}

impl Registration<'_> {
    /// Makes this the first device of the number. The vault gets the device's keys before the server hears of them.
    pub(crate) fn finish_first(
        &self,
        session: &mut Session<'_>,
        proven: &Proven,
        password: &Password,
    ) -> Result<Registered, Error> {
        let (context, user) = (self.context, proven.user);
        let keys = NewKeys::make(context);
        let data_key = DataKey::new(&context.random.bytes());
        let place = Place {
            server: self.server(),
            user,
        };
        let salt = Hash(context.random.bytes());
        let params = KdfParams::DEFAULT;
        let locker = LockerKeys::derive(&*context.kdf, password, place, salt, params, None)?;

        let mut draft = Draft::after(None, context.clock.now());
        let author = Author::Device(keys.id);
        let device = keys.described(context, &user, &data_key);
        let genesis = draft.sign(author, Body::Genesis { user, device }, &keys.signer);
        let devices = [(keys.id, keys.opener.sealing_key())].into_iter();
        let epoch = Epoch::make(&user, 1, &data_key, None, devices, &*context.random)
            .expect("because our own key can be sealed to");
        let before = draft.sign(author, Body::Epoch(epoch), &keys.signer);
        let contents = Contents {
            epoch: 1,
            data_key: data_key.duplicate(),
            server: place.server,
            genesis: genesis.hash,
            before,
        };
        let (set, entry) = locker.wrap(1, &contents, &*context.random);
        draft.sign(author, Body::Locker(entry), &keys.signer);
        let append = Append {
            after: None,
            entries: draft.finish(),
            locker: Some(set),
        };
        let list = wires(&append.entries);
        append
            .check(None, &AppendCaller::First(user), &*context.kdf)
            .expect("because this is how a list begins");
        let data_key = EpochKey {
            epoch: 1,
            key: data_key,
        };
        self.finish(
            session,
            user,
            keys,
            &list,
            append,
            data_key,
            seen(1, params),
        )
    }

    /// Writes the finish ahead, and sends it.
    #[expect(
        clippy::too_many_arguments,
        reason = "each is one fact of the new identity"
    )]
    pub(super) fn finish(
        &self,
        session: &mut Session<'_>,
        user: UserId,
        keys: NewKeys,
        list: &[Vec<u8>],
        append: Append,
        data_key: EpochKey,
        locker: SeenLocker,
    ) -> Result<Registered, Error> {
        let identity = Identity {
            server: Server {
                url: self.file.url.clone(),
                ca: self.file.ca.clone().into_bytes(),
                id: self.server().0,
                sealing_key: self.file.server_key,
            },
            phone: self.file.phone.clone(),
            user: user.0,
            signing: keys.signing,
            sealing: keys.sealing,
            list: pack_list(list),
            natives: 0,
            sync: SyncState {
                locker: Some(locker),
                ..SyncState::default()
            },
            data_key,
        };
        let request = WrittenAhead {
            idempotency_key: self.context.random.bytes(),
            body: self.seal(&Finish(append))?,
        };
        let pending = Pending::Finish {
            identity: Box::new(identity),
            registration: self.id.0,
            request_signing: self.file.signing.duplicate(),
            request_sealing: self.file.sealing.duplicate(),
            request,
        };
        session.edit(|content, _| {
            content.pending = Some(pending);
            Ok(())
        })?;
        // From here on the vault has all that it takes to go on; where the server refuses, the request has.
        resume(session)?.ok_or(Error::NoRequest)
    }
}

/// Sends the finish that the vault has written ahead, if it has one: what was sent before is sent again as it was.
pub(crate) fn resume(session: &mut Session<'_>) -> Result<Option<Registered>, Error> {
    let context = session.context;
    let Some(Pending::Finish {
        identity,
        registration,
        request_signing,
        request,
        ..
    }) = &session.content().pending
    else {
        return Ok(None);
    };
    let registration = RegistrationId(*registration);
    let address = Address::parse(&identity.server.url).map_err(RemoteError::from)?;
    let remote = Remote::new(address, &identity.server.ca)?;
    let change = Change {
        key: IdempotencyKey(request.idempotency_key),
        body: &request.body,
    };
    let outcome = with_client(context, &remote, request_signing, |client| {
        let finished = client.finish(&registration, change);
        let Err(error) = finished else {
            return finished.map(Some);
        };
        if !error.code().is_some_and(is_final) {
            return Err(error);
        }
        // After a day the answer is forgotten, but not what it did: keys that are on the list are not thrown away.
        let status = client.registration(&registration);
        match status {
            Ok(status)
                if status.state == State::Active && status.device == Some(device_id(identity)) =>
            {
                Ok(None)
            }
            // What cannot be asked is not known to be refused.
            Err(unknown @ (RemoteError::Unreachable { .. } | RemoteError::Lost { .. })) => {
                Err(unknown)
            }
            _ => Err(error),
        }
    });
    match outcome {
        Ok(finished) => {
            let registered = take_in(session, finished.as_ref())?;
            session.store.remove_request(&session.store.lock()?)?;
            Ok(Some(registered))
        }
        Err(error) => {
            if error.code().is_some_and(is_final) {
                session.edit(|content, _| {
                    content.pending = None;
                    Ok(())
                })?;
            }
            Err(error.into())
        }
    }
}

/// Whether a refused finish can never succeed as it is.
fn is_final(code: ErrorCode) -> bool {
    matches!(
        code,
        ErrorCode::BadRequest
            | ErrorCode::BadSeal
            | ErrorCode::BadEntries
            | ErrorCode::BadLocker
            | ErrorCode::UnknownKey
            | ErrorCode::WrongState
            | ErrorCode::NotFound
            | ErrorCode::AlreadyRegistered
            | ErrorCode::ListMoved
            | ErrorCode::LockerMoved
            | ErrorCode::ChainMoved
            | ErrorCode::LimitReached
            | ErrorCode::Expired
            | ErrorCode::TooLarge
            | ErrorCode::IdempotencyReused
            | ErrorCode::NotSupported
    )
}

/// The device is active: what was written ahead becomes the vault's identity.
fn take_in(session: &mut Session<'_>, finished: Option<&Finished>) -> Result<Registered, Error> {
    session.edit(|content, planning| {
        let Some(Pending::Finish { identity, .. }) = content.pending.take() else {
            return Err(Error::NoRequest);
        };
        let natives = match finished {
            Some(finished) => {
                let opener = Opener::new(&identity.sealing);
                let route = Route::ToDevice {
                    server: &server_id(&identity),
                    user: &UserId(identity.user),
                    recipient: &opener.sealing_key(),
                };
                if finished.device != device_id(&identity) || finished.user.0 != identity.user {
                    return Err(Error::BadAnswer("another device than this one"));
                }
                let accounts = natives::open(&finished.accounts, &opener, &route)?;
                natives::take_in(content, accounts, planning.now)
            }
            // They come with the next sync.
            None => NativeChanges::default(),
        };
        content.identity = Some(*identity);
        Ok(Registered { natives })
    })
}

/// The id of the device that an identity is.
pub(crate) fn device_id(identity: &Identity) -> DeviceId {
    let (signer, opener) = (
        Signer::new(&identity.signing),
        Opener::new(&identity.sealing),
    );
    DeviceId::of(&signer.verifying_key(), &opener.sealing_key())
}

/// The id of the server that an identity belongs to.
pub(crate) fn server_id(identity: &Identity) -> ServerId {
    ServerId::of(&authr_crypto::seal::SealingKey(identity.server.sealing_key))
}

/// What a device remembers of a locker.
pub(in crate::app) fn seen(version: u64, params: KdfParams) -> SeenLocker {
    SeenLocker {
        version,
        memory_kib: params.memory_kib,
        passes: params.passes,
        lanes: params.lanes,
    }
}

pub(super) fn wires(entries: &[SignedEntry]) -> Vec<Vec<u8>> {
    entries.iter().map(SignedEntry::to_wire).collect()
}

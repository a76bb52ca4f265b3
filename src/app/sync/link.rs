//! What a device needs to speak to its server: its keys, and where it is.

use std::collections::BTreeMap;

use authr_api::chain::{ChainHead, Chains};
use authr_api::error::ErrorCode;
use authr_api::id::{DeviceId, Hash, ServerId, UserId};
use authr_api::locker::Place;
use authr_api::sealed::{Content as SealedContent, Route, Sealed};
use authr_api::signature::KeyId;
use authr_core::content::Content;
use authr_core::identity::Identity;
use authr_core::sync::{ChainEnd, SyncState};
use authr_crypto::seal::{Opener, SealingKey};
use authr_crypto::sign::Signer;

use crate::app::error::Error;
use crate::app::registration::device_id;
use crate::app::session::Session;
use crate::context::Context;
use crate::remote::{Address, Caller, Client, Remote, RemoteError};

/// A device and the way to its server.
pub(in crate::app) struct Link<'a> {
    pub(in crate::app) context: &'a Context,
    remote: Remote,
    url: String,
    server_key: SealingKey,
    phone: String,
    /// Signs as the device.
    pub(in crate::app) signer: Signer,
    /// Opens what is sealed to the device.
    pub(in crate::app) opener: Opener,
    /// The device.
    pub(in crate::app) device: DeviceId,
    /// Its user, at which server.
    pub(in crate::app) place: Place,
    sealing_key: SealingKey,
}

impl<'a> Link<'a> {
    pub(super) fn of(session: &Session<'a>) -> Result<Self, Error> {
        let identity = session.identity()?;
        let address = Address::parse(&identity.server.url).map_err(RemoteError::from)?;
        let server_key = SealingKey(identity.server.sealing_key);
        let opener = Opener::new(&identity.sealing);
        Ok(Self {
            context: session.context,
            remote: Remote::new(address, &identity.server.ca)?,
            url: identity.server.url.clone(),
            phone: identity.phone.clone(),
            signer: Signer::new(&identity.signing),
            sealing_key: opener.sealing_key(),
            opener,
            device: device_id(identity),
            place: Place {
                server: ServerId::of(&server_key),
                user: UserId(identity.user),
            },
            server_key,
        })
    }

    /// Runs calls that the device signs. Where the server does not know it any more, or is another one, the error says
    /// so.
    pub(super) fn with_client<T>(
        &self,
        calls: impl FnOnce(&Client<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let now = || self.context.clock.now();
        let client = self.remote.client(Caller {
            signer: &self.signer,
            key_id: KeyId::Device(self.device),
            now: &now,
            random: &*self.context.random,
        });
        calls(&client).map_err(|error| match error.server_code() {
            Some(ErrorCode::DeviceRemoved | ErrorCode::UnknownKey) => Error::DeviceRemoved {
                phone: self.phone.clone(),
            },
            // It could not open what was sealed to the key that was pinned.
            Some(ErrorCode::BadSeal) => match self.remote.info() {
                Ok(info) if info.sealing_key.sealing() != self.server_key => {
                    let url = self.url.clone();
                    RemoteError::OtherServer { url }.into()
                }
                _ => error,
            },
            _ => error,
        })
    }

    /// The route of what the server seals to this device.
    pub(in crate::app) fn route_to_us(&self) -> Route<'_> {
        Route::ToDevice {
            server: &self.place.server,
            user: &self.place.user,
            recipient: &self.sealing_key,
        }
    }

    /// The body of a request that is sealed to the server.
    pub(super) fn seal(&self, content: &impl SealedContent) -> Result<Vec<u8>, Error> {
        let signer = KeyId::Device(self.device);
        let route = Route::ToServer {
            server: &self.place.server,
            signer: &signer,
        };
        let sealed = Sealed::seal(content, &self.server_key, &route, &*self.context.random);
        let sealed = sealed.map_err(|_| Error::BadAnswer("a key that cannot be sealed to"))?;
        Ok(serde_json::to_vec(&sealed).expect("because sealed content is text"))
    }

    /// The identity in a content, while it is still this device's.
    pub(in crate::app) fn identity<'c>(
        &self,
        content: &'c mut Content,
    ) -> Result<&'c mut Identity, Error> {
        let identity = content.identity.as_mut().ok_or(Error::NotRegistered)?;
        if device_id(identity) == self.device {
            Ok(identity)
        } else {
            Err(Error::NotRegistered)
        }
    }
}

/// The chains as the vault keeps them.
pub(super) fn chains(state: &SyncState) -> Chains {
    let heads = state.chains.iter().map(|(device, end)| {
        let link = Hash(end.link);
        let head = ChainHead {
            dseq: end.dseq,
            link,
        };
        (DeviceId(*device), head)
    });
    Chains::new(heads.collect())
}

/// The chains for the vault to keep.
pub(super) fn chain_ends(chains: &Chains) -> BTreeMap<[u8; 16], ChainEnd> {
    let ends = chains.heads().iter().map(|(device, head)| {
        let end = ChainEnd {
            dseq: head.dseq,
            link: head.link.0,
        };
        (device.0, end)
    });
    ends.collect()
}

//! What TLS alone does not protect: bodies sealed to the server's key, answers sealed to a request or a device.
//!
//! ```text
//! body:   HPKE(server's sealing key, info "authr/1/body"   || purpose || server id || key id of the signer, aad = "")
//! answer: HPKE(recipient's key,      info "authr/1/answer" || purpose || server id || user || recipient's key, aad = "")
//! ```
//! The key id in the info keeps a body that was caught from being sent under another signature.

use authr_crypto::derive::Info;
use authr_crypto::random::Random;
use authr_crypto::seal::{self, Opener, SealError, SealingKey};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::bytes::Bytes;
use crate::codec::Malformed;
use crate::id::{ServerId, UserId};
use crate::signature::KeyId;

/// The longest sealed body or answer, in bytes.
pub const SEALED_BYTES: usize = 64 * 1024;

/// Something that crosses the wire only sealed.
pub trait Content: Sized {
    /// What it is, in the info that it is sealed under.
    const PURPOSE: &'static str;

    /// Its canonical bytes.
    fn encode(&self) -> Zeroizing<Vec<u8>>;

    /// Reads what [`Self::encode`] writes.
    ///
    /// # Errors
    /// [`Malformed`].
    fn decode(bytes: &[u8]) -> Result<Self, Malformed>;
}

/// Sealed content in JSON: `{"sealed": "…"}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sealed {
    /// `enc[32] || ciphertext || tag[16]`.
    pub sealed: Bytes<SEALED_BYTES>,
}

/// Why sealed content could not be made or read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SealedError {
    /// The key cannot be sealed to, or does not open it for this purpose.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// It opened, and is not what it should be.
    #[error(transparent)]
    Malformed(#[from] Malformed),
    /// Longer than [`SEALED_BYTES`].
    #[error("the content is longer than {SEALED_BYTES} bytes")]
    TooLong,
}

/// From whom, to whom content goes.
#[derive(Debug, Clone, Copy)]
pub enum Route<'a> {
    /// From the signer of a request to the server.
    ToServer {
        /// The server.
        server: &'a ServerId,
        /// Who signs the request.
        signer: &'a KeyId,
    },
    /// From the server to a request or a device of a user.
    ToDevice {
        /// The server.
        server: &'a ServerId,
        /// The user.
        user: &'a UserId,
        /// The key that it is sealed to.
        recipient: &'a SealingKey,
    },
}

impl Route<'_> {
    fn info(&self, purpose: &str) -> Info {
        match self {
            Self::ToServer { server, signer } => Info::new("authr/1/body")
                .bytes(purpose.as_bytes())
                .bytes(&server.0)
                .bytes(signer.as_bytes()),
            Self::ToDevice {
                server,
                user,
                recipient,
            } => Info::new("authr/1/answer")
                .bytes(purpose.as_bytes())
                .bytes(&server.0)
                .bytes(&user.0)
                .bytes(&recipient.0),
        }
    }
}

impl Sealed {
    /// Seals content to a key for its route.
    ///
    /// # Errors
    /// [`SealedError::Seal`] for a key that cannot be sealed to; [`SealedError::TooLong`].
    pub fn seal<C: Content>(
        content: &C,
        to: &SealingKey,
        route: &Route<'_>,
        random: &dyn Random,
    ) -> Result<Self, SealedError> {
        let sealed = seal::seal(to, &route.info(C::PURPOSE), &[], &content.encode(), random)?;
        let sealed = Bytes::new(sealed).map_err(|_| SealedError::TooLong)?;
        Ok(Self { sealed })
    }

    /// Opens content that came on its route.
    ///
    /// # Errors
    /// [`SealedError`].
    pub fn open<C: Content>(&self, opener: &Opener, route: &Route<'_>) -> Result<C, SealedError> {
        let plain = opener.open(&route.info(C::PURPOSE), &[], self.sealed.as_slice())?;
        Ok(C::decode(&plain)?)
    }
}

#[cfg(test)]
mod tests {
    use authr_crypto::random::OsRandom;
    use authr_crypto::secret::SealingSecret;

    use super::*;
    use crate::id::DeviceId;
    use crate::registration::Prove;

    #[test]
    fn a_body_opens_for_its_server_and_its_signer_alone() {
        let server = Opener::new(&SealingSecret::new(&[1; 32]));
        let id = ServerId::of(&server.sealing_key());
        let signer = KeyId::Device(DeviceId([2; 16]));
        let route = Route::ToServer {
            server: &id,
            signer: &signer,
        };
        let prove = Prove::new("4820193").unwrap();
        let sealed = Sealed::seal(&prove, &server.sealing_key(), &route, &OsRandom).unwrap();
        assert_eq!(
            sealed.open::<Prove>(&server, &route).unwrap().code(),
            "4820193"
        );

        let other = KeyId::Device(DeviceId([3; 16]));
        let stolen = Route::ToServer {
            server: &id,
            signer: &other,
        };
        assert_eq!(
            sealed.open::<Prove>(&server, &stolen).unwrap_err(),
            SealedError::Seal(SealError::DoesNotOpen)
        );
        let other_use = sealed.open::<crate::registration::OpenLocker>(&server, &route);
        assert_eq!(
            other_use.unwrap_err(),
            SealedError::Seal(SealError::DoesNotOpen)
        );
    }
}

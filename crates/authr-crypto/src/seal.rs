//! Sealing to the holder of a key: HPKE (RFC 9180), DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, ChaCha20-Poly1305.
//!
//! `sealed = enc[32] || ciphertext || tag[16]`

use std::convert::Infallible;

use hpke::aead::ChaCha20Poly1305;
use hpke::kdf::HkdfSha256;
use hpke::kem::X25519HkdfSha256;
use hpke::rand_core::{TryCryptoRng, TryRng};
use hpke::{
    Deserializable, Kem, OpModeR, OpModeS, Serializable, single_shot_open,
    single_shot_seal_with_rng,
};
use zeroize::Zeroizing;

use crate::derive::Info;
use crate::random::Random;
use crate::secret::SealingSecret;

type Suite = X25519HkdfSha256;

/// What a sealed message is longer than its plaintext, in bytes.
pub const OVERHEAD_BYTES: usize = 32 + 16;

/// The X25519 public key that a message is sealed to (RFC 7748).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SealingKey(pub [u8; 32]);

/// Why a message could not be sealed or opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// The public key is not a usable point.
    #[error("the public key cannot be sealed to")]
    BadKey,
    /// Not sealed to this key for this purpose, or changed since.
    #[error("the sealed message does not open")]
    DoesNotOpen,
}

/// A key pair that messages are sealed to.
pub struct Opener {
    secret: <Suite as Kem>::PrivateKey,
    public: SealingKey,
}

impl Opener {
    /// The key pair of a secret.
    ///
    /// # Panics
    /// Never: every 32 bytes are an X25519 private key.
    #[must_use]
    pub fn new(secret: &SealingSecret) -> Self {
        let secret = <Suite as Kem>::PrivateKey::from_bytes(secret.expose_secret())
            .expect("because every 32 bytes are an X25519 private key");
        let public = SealingKey(Suite::sk_to_pk(&secret).to_bytes().into());
        Self { secret, public }
    }

    /// The public half.
    #[must_use]
    pub fn sealing_key(&self) -> SealingKey {
        self.public
    }

    /// Opens what was sealed to this key for this purpose.
    ///
    /// # Errors
    /// [`SealError::DoesNotOpen`].
    pub fn open(
        &self,
        info: &Info,
        aad: &[u8],
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, SealError> {
        let (enc, ciphertext) = sealed
            .split_first_chunk::<32>()
            .ok_or(SealError::DoesNotOpen)?;
        let enc =
            <Suite as Kem>::EncappedKey::from_bytes(enc).map_err(|_| SealError::DoesNotOpen)?;
        single_shot_open::<ChaCha20Poly1305, HkdfSha256, Suite>(
            &OpModeR::Base,
            &self.secret,
            &enc,
            info.as_bytes(),
            ciphertext,
            aad,
        )
        .map(Zeroizing::new)
        .map_err(|_| SealError::DoesNotOpen)
    }
}

/// Seals a message to a key for a purpose.
///
/// # Errors
/// [`SealError::BadKey`] for a point of low order.
pub fn seal(
    to: &SealingKey,
    info: &Info,
    aad: &[u8],
    plaintext: &[u8],
    random: &dyn Random,
) -> Result<Vec<u8>, SealError> {
    let to = <Suite as Kem>::PublicKey::from_bytes(&to.0).map_err(|_| SealError::BadKey)?;
    let (enc, ciphertext) = single_shot_seal_with_rng::<ChaCha20Poly1305, HkdfSha256, Suite>(
        &OpModeS::Base,
        &to,
        info.as_bytes(),
        plaintext,
        aad,
        &mut HandedIn(random),
    )
    .map_err(|_| SealError::BadKey)?;
    Ok([enc.to_bytes().as_slice(), &ciphertext].concat())
}

/// The handed-in source, as the trait that `hpke` asks for.
struct HandedIn<'a>(&'a dyn Random);

impl TryRng for HandedIn<'_> {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(u32::from_le_bytes(self.0.bytes()))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(u64::from_le_bytes(self.0.bytes()))
    }

    fn try_fill_bytes(&mut self, buffer: &mut [u8]) -> Result<(), Infallible> {
        self.0.fill(buffer);
        Ok(())
    }
}

impl TryCryptoRng for HandedIn<'_> {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::OsRandom;

    #[test]
    fn only_the_holder_of_the_key_opens_and_only_for_the_same_purpose() {
        let device = Opener::new(&SealingSecret::new(&[1; 32]));
        let other = Opener::new(&SealingSecret::new(&[2; 32]));
        let info = Info::new("authr/1/test");
        let sealed = seal(&device.sealing_key(), &info, b"aad", b"seed", &OsRandom).unwrap();
        assert_eq!(sealed.len(), 4 + OVERHEAD_BYTES);
        assert_eq!(
            device.open(&info, b"aad", &sealed).unwrap().as_slice(),
            b"seed"
        );
        assert_eq!(
            other.open(&info, b"aad", &sealed),
            Err(SealError::DoesNotOpen)
        );
        assert_eq!(
            device.open(&Info::new("authr/1/other"), b"aad", &sealed),
            Err(SealError::DoesNotOpen)
        );
        assert_eq!(
            device.open(&info, b"", &sealed),
            Err(SealError::DoesNotOpen)
        );
        for cut in 0..sealed.len() {
            assert_eq!(
                device.open(&info, b"aad", &sealed[..cut]),
                Err(SealError::DoesNotOpen)
            );
        }
    }

    #[test]
    fn a_point_of_low_order_is_refused() {
        let refused = seal(
            &SealingKey([0; 32]),
            &Info::new("authr/1/test"),
            b"",
            b"seed",
            &OsRandom,
        );
        assert_eq!(refused, Err(SealError::BadKey));
    }
}

//! Authenticated encryption: ChaCha20-Poly1305 (RFC 8439) with a fresh key for every message, and key commitment.
//!
//! ```text
//! key[32] || commitment[32] = HKDF-SHA256(ikm, salt = 32 random bytes, info)
//! ciphertext || tag[16]     = ChaCha20-Poly1305(key, nonce = 0, aad, plaintext)
//! ```
//!
//! The key is never used twice, since the salt is fresh, so the nonce may be zero. ChaCha20-Poly1305 does not
//! commit to its key: one ciphertext can be made to open under two keys. The commitment, stored beside it and
//! compared first, takes that away, and tells a wrong key from damaged bytes.

use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, Nonce, UnboundKey};
use zeroize::Zeroizing;

use crate::derive::{Info, expand};
use crate::mac;
use crate::secret::KeyMaterial;

/// What a ciphertext is longer than its plaintext, in bytes.
pub const TAG_BYTES: usize = 16;
/// The length of a salt, in bytes.
pub const SALT_BYTES: usize = 32;
/// The length of a commitment, in bytes.
pub const COMMITMENT_BYTES: usize = 32;

/// Why a message did not open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AeadError {
    /// The key is not the one that sealed it (or the salt, the context or the commitment was changed).
    #[error("the key does not match")]
    WrongKey,
    /// The key is right, the ciphertext or what it is bound to was changed.
    #[error("the content was changed")]
    Tampered,
}

/// The key of one message, and its commitment.
pub struct MessageKey {
    key: LessSafeKey,
    commitment: [u8; COMMITMENT_BYTES],
}

impl MessageKey {
    /// Derives the key of one message.
    ///
    /// # Panics
    /// Never: the key has 32 bytes.
    #[must_use]
    pub fn derive(ikm: &impl KeyMaterial, salt: &[u8; SALT_BYTES], info: &Info) -> Self {
        let okm = expand::<64>(ikm.expose_secret(), salt, info);
        let (key, commitment) = okm.split_at(32);
        let key = UnboundKey::new(&CHACHA20_POLY1305, key).expect("because the key has 32 bytes");
        Self {
            key: LessSafeKey::new(key),
            commitment: commitment
                .try_into()
                .expect("because 32 of 64 bytes are left"),
        }
    }

    /// What is stored beside the ciphertext.
    #[must_use]
    pub fn commitment(&self) -> &[u8; COMMITMENT_BYTES] {
        &self.commitment
    }

    /// Compares the stored commitment, in constant time.
    ///
    /// # Errors
    /// [`AeadError::WrongKey`] when it is another.
    pub fn check(&self, commitment: &[u8]) -> Result<(), AeadError> {
        if mac::equal(&self.commitment, commitment) {
            Ok(())
        } else {
            Err(AeadError::WrongKey)
        }
    }

    /// Encrypts in place and appends the tag. A message key seals one message: it is used up.
    ///
    /// # Panics
    /// Never: a plaintext has a limit far below 256 GiB.
    #[must_use]
    pub fn seal(self, aad: &[u8], mut plaintext: Zeroizing<Vec<u8>>) -> Vec<u8> {
        plaintext.reserve_exact(TAG_BYTES);
        let mut buffer = std::mem::take(&mut *plaintext);
        self.key
            .seal_in_place_append_tag(zero_nonce(), Aad::from(aad), &mut buffer)
            .expect("because the plaintext is below the limit of ChaCha20-Poly1305");
        buffer
    }

    /// Verifies and decrypts `ciphertext || tag`.
    ///
    /// # Errors
    /// [`AeadError::Tampered`] when a bit of it, or of `aad`, is another.
    pub fn open(&self, aad: &[u8], ciphertext: &[u8]) -> Result<Zeroizing<Vec<u8>>, AeadError> {
        let mut buffer = Zeroizing::new(ciphertext.to_vec());
        let length = self
            .key
            .open_in_place(zero_nonce(), Aad::from(aad), &mut buffer)
            .map_err(|_| AeadError::Tampered)?
            .len();
        buffer.truncate(length);
        Ok(buffer)
    }
}

fn zero_nonce() -> Nonce {
    Nonce::assume_unique_for_key([0; 12])
}

/// A message with its salt and its commitment, as one run of bytes: `salt[32] || commitment[32] || ciphertext || tag`.
///
/// # Panics
/// Never.
#[must_use]
pub fn seal(
    ikm: &impl KeyMaterial,
    salt: &[u8; SALT_BYTES],
    info: &Info,
    aad: &[u8],
    plaintext: Zeroizing<Vec<u8>>,
) -> Vec<u8> {
    let key = MessageKey::derive(ikm, salt, info);
    let mut sealed =
        Vec::with_capacity(SALT_BYTES + COMMITMENT_BYTES + plaintext.len() + TAG_BYTES);
    sealed.extend_from_slice(salt);
    sealed.extend_from_slice(key.commitment());
    sealed.extend_from_slice(&key.seal(aad, plaintext));
    sealed
}

/// Opens what [`seal`] made.
///
/// # Errors
/// [`AeadError`]; bytes too short to be a message are [`AeadError::Tampered`].
pub fn open(
    ikm: &impl KeyMaterial,
    info: &Info,
    aad: &[u8],
    sealed: &[u8],
) -> Result<Zeroizing<Vec<u8>>, AeadError> {
    let (salt, rest) = sealed
        .split_first_chunk::<SALT_BYTES>()
        .ok_or(AeadError::Tampered)?;
    let (commitment, ciphertext) = rest
        .split_first_chunk::<COMMITMENT_BYTES>()
        .ok_or(AeadError::Tampered)?;
    let key = MessageKey::derive(ikm, salt, info);
    key.check(commitment)?;
    key.open(aad, ciphertext)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::VaultKey;

    fn sealed() -> (VaultKey, Info, Vec<u8>) {
        let key = VaultKey::new(&[1; 32]);
        let info = Info::new("authr/1/test").number(7);
        let message = seal(
            &key,
            &[2; 32],
            &info,
            b"aad",
            Zeroizing::new(b"content".to_vec()),
        );
        (key, info, message)
    }

    #[test]
    fn what_was_sealed_opens() {
        let (key, info, message) = sealed();
        assert_eq!(
            open(&key, &info, b"aad", &message).unwrap().as_slice(),
            b"content"
        );
    }

    #[test]
    fn a_wrong_key_and_a_wrong_context_are_told_from_damage() {
        let (key, info, message) = sealed();
        let wrong = VaultKey::new(&[3; 32]);
        assert_eq!(
            open(&wrong, &info, b"aad", &message).unwrap_err(),
            AeadError::WrongKey
        );
        let moved = Info::new("authr/1/test").number(8);
        assert_eq!(
            open(&key, &moved, b"aad", &message).unwrap_err(),
            AeadError::WrongKey
        );
        assert_eq!(
            open(&key, &info, b"AAD", &message).unwrap_err(),
            AeadError::Tampered
        );
    }

    #[test]
    fn every_flipped_bit_and_every_truncation_is_refused() {
        let (key, info, message) = sealed();
        for byte in 0..message.len() {
            for bit in 0..8 {
                let mut changed = message.clone();
                changed[byte] ^= 1 << bit;
                assert!(
                    open(&key, &info, b"aad", &changed).is_err(),
                    "byte {byte} bit {bit}"
                );
            }
            assert!(
                open(&key, &info, b"aad", &message[..byte]).is_err(),
                "cut at {byte}"
            );
        }
    }
}

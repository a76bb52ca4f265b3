//! Signatures: Ed25519 (RFC 8032).

use ring::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};

use crate::secret::SigningSeed;

/// The length of a signature, in bytes.
pub const SIGNATURE_BYTES: usize = 64;

/// A key pair that signs.
pub struct Signer(Ed25519KeyPair);

impl Signer {
    /// The key pair of a seed.
    ///
    /// # Panics
    /// Never: a seed has 32 bytes.
    #[must_use]
    pub fn new(seed: &SigningSeed) -> Self {
        Self(
            Ed25519KeyPair::from_seed_unchecked(seed.expose_secret())
                .expect("because every 32 bytes are the seed of a key pair"),
        )
    }

    /// The public half.
    ///
    /// # Panics
    /// Never: a public key has 32 bytes.
    #[must_use]
    pub fn verifying_key(&self) -> VerifyingKey {
        VerifyingKey(
            self.0
                .public_key()
                .as_ref()
                .try_into()
                .expect("because an Ed25519 public key has 32 bytes"),
        )
    }

    /// Signs a message.
    ///
    /// # Panics
    /// Never: a signature has 64 bytes.
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> [u8; SIGNATURE_BYTES] {
        self.0
            .sign(message)
            .as_ref()
            .try_into()
            .expect("because an Ed25519 signature has 64 bytes")
    }
}

/// The public key that checks a signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct VerifyingKey(pub [u8; 32]);

/// The signature is not this key's over this message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the signature does not match")]
pub struct BadSignature;

impl VerifyingKey {
    /// Checks a signature.
    ///
    /// # Errors
    /// [`BadSignature`].
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), BadSignature> {
        UnparsedPublicKey::new(&ED25519, &self.0)
            .verify(message, signature)
            .map_err(|_| BadSignature)
    }
}

#[cfg(test)]
mod tests {
    use data_encoding::HEXLOWER;

    use super::*;

    // RFC 8032 section 7.1, test 2.
    #[test]
    fn ed25519_agrees_with_rfc_8032() {
        let seed = HEXLOWER
            .decode(b"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb")
            .unwrap();
        let signer = Signer::new(&SigningSeed::from_slice(&seed).unwrap());
        assert_eq!(
            HEXLOWER.encode(&signer.verifying_key().0),
            "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"
        );
        let signature = signer.sign(&[0x72]);
        assert_eq!(
            HEXLOWER.encode(&signature),
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
        );
        assert_eq!(signer.verifying_key().verify(&[0x72], &signature), Ok(()));
        assert_eq!(
            signer.verifying_key().verify(&[0x73], &signature),
            Err(BadSignature)
        );
    }
}

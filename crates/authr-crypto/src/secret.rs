//! Every secret type. None can be cloned, printed, compared with `==` or serialized; each is wiped
//! when dropped; `expose_secret` is the one door out.

use std::fmt;
use std::sync::Arc;

use secrecy::{ExposeSecret, SecretBox, SecretSlice, SecretString};
use subtle::ConstantTimeEq;
use unicode_normalization::UnicodeNormalization;
use zeroize::{Zeroize, Zeroizing};

/// Random or derived bytes that HKDF or an HMAC can start from: at least 160 bits.
pub trait KeyMaterial {
    /// The bytes of the key.
    fn expose_secret(&self) -> &[u8];
}

macro_rules! key {
    ($(#[$doc:meta])* $name:ident) => {
        key! { $(#[$doc])* $name of 32 }
    };
    ($(#[$doc:meta])* $name:ident of $bytes:literal) => {
        $(#[$doc])*
        pub struct $name(SecretBox<[u8; $bytes]>);

        impl $name {
            /// Takes the bytes in; the caller's copy is its own to wipe.
            #[must_use]
            pub fn new(bytes: &[u8; $bytes]) -> Self {
                Self(SecretBox::init_with_mut(|key: &mut [u8; $bytes]| *key = *bytes))
            }

            /// Takes the bytes in from a slice; another length is `None`.
            #[must_use]
            pub fn from_slice(bytes: &[u8]) -> Option<Self> {
                bytes.try_into().ok().map(Self::new)
            }

            /// The bytes of the key.
            #[must_use]
            pub fn expose_secret(&self) -> &[u8; $bytes] {
                self.0.expose_secret()
            }

            /// Whether both are the same, in constant time.
            #[must_use]
            pub fn ct_eq(&self, other: &Self) -> bool {
                self.expose_secret().ct_eq(other.expose_secret()).into()
            }

            /// The same secret held twice, where two owners need it.
            #[must_use]
            pub fn duplicate(&self) -> Self {
                Self::new(self.expose_secret())
            }
        }

        impl KeyMaterial for $name {
            fn expose_secret(&self) -> &[u8] {
                self.0.expose_secret()
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(..)"))
            }
        }
    };
}

key! {
    /// What a password becomes: the output of the password KDF.
    PasswordKey
}
key! {
    /// What the printed recovery code says: 160 random bits.
    RecoveryCode of 20
}
key! {
    /// What the operating system's keyring keeps to open a vault with.
    KeyringSecret
}
key! {
    /// The key of one epoch of a user's records.
    DataKey
}
key! {
    /// A key derived for one purpose, by [`crate::derive::key`].
    DerivedKey
}
key! {
    /// A key of the server's root key ring.
    RootKey
}
key! {
    /// The seed at the server that the native codes of one account are derived from, a seed for each device.
    RootSeed
}
key! {
    /// The seed of an Ed25519 key pair (RFC 8032).
    SigningSeed
}
key! {
    /// An X25519 private key (RFC 7748).
    SealingSecret
}

/// The random key of one vault, wrapped by each of its slots.
///
/// It lies at the start of pages that hold nothing else, so that whoever locks them into memory locks nothing but the key; and
/// it stays there: the key held twice is one key with two owners, wiped when the last of them drops it.
pub struct VaultKey(Arc<SecretBox<Pages>>);

/// What no other allocation shares a page with: the largest page of the systems that authr runs on.
#[derive(Zeroize)]
#[repr(align(16384))]
struct Pages([u8; 16384]);

impl Default for Pages {
    fn default() -> Self {
        Self([0; 16384])
    }
}

impl VaultKey {
    /// Takes the bytes in; the caller's copy is its own to wipe.
    #[must_use]
    pub fn new(bytes: &[u8; 32]) -> Self {
        Self(Arc::new(SecretBox::init_with_mut(|pages: &mut Pages| {
            let key = pages.0.first_chunk_mut();
            *key.expect("because a page has more bytes than a key") = *bytes;
        })))
    }

    /// Takes the bytes in from a slice; another length is `None`.
    #[must_use]
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self::new)
    }

    /// The bytes of the key.
    #[must_use]
    pub fn expose_secret(&self) -> &[u8; 32] {
        let key = self.0.expose_secret().0.first_chunk();
        key.expect("because a page has more bytes than a key")
    }

    /// Whether both are the same, in constant time.
    #[must_use]
    pub fn ct_eq(&self, other: &Self) -> bool {
        self.expose_secret().ct_eq(other.expose_secret()).into()
    }

    /// The same secret in the same place, where two owners need it.
    #[must_use]
    pub fn duplicate(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl KeyMaterial for VaultKey {
    fn expose_secret(&self) -> &[u8] {
        self.expose_secret()
    }
}

impl fmt::Debug for VaultKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("VaultKey(..)")
    }
}

/// A password, normalized to NFKC so that the same characters typed on another keyboard are the same bytes.
pub struct Password(SecretString);

impl Password {
    /// Normalizes what was typed.
    #[must_use]
    pub fn new(typed: &str) -> Self {
        // Room for the longest expansion of NFKC (18-fold) would waste memory; a buffer that grows leaves a
        // copy behind, so the length is counted first.
        let length = typed.nfkc().map(char::len_utf8).sum();
        let mut normalized = String::with_capacity(length);
        normalized.extend(typed.nfkc());
        Self(SecretString::from(normalized))
    }

    /// The normalized text.
    #[must_use]
    pub fn expose_secret(&self) -> &str {
        self.0.expose_secret()
    }

    /// Whether both are the same, in constant time for equal lengths.
    #[must_use]
    pub fn ct_eq(&self, other: &Self) -> bool {
        self.expose_secret()
            .as_bytes()
            .ct_eq(other.expose_secret().as_bytes())
            .into()
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(..)")
    }
}

/// The shared secret of one account: 1 to 128 bytes.
pub struct OtpSecret(SecretSlice<u8>);

/// A secret of 0 bytes, or of more than [`OtpSecret::MAX_BYTES`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "the secret has {bytes} bytes, allowed are 1 to {}",
    OtpSecret::MAX_BYTES
)]
pub struct SecretLengthError {
    /// How many bytes were offered.
    pub bytes: usize,
}

impl OtpSecret {
    /// The longest secret, in bytes.
    pub const MAX_BYTES: usize = 128;

    /// Takes the secret in, and wipes the caller's copy.
    ///
    /// # Errors
    /// [`SecretLengthError`] for 0 bytes and for more than [`Self::MAX_BYTES`].
    pub fn new(bytes: Vec<u8>) -> Result<Self, SecretLengthError> {
        let bytes = Zeroizing::new(bytes);
        if bytes.is_empty() || bytes.len() > Self::MAX_BYTES {
            return Err(SecretLengthError { bytes: bytes.len() });
        }
        // A boxed slice of exactly this length: `into_boxed_slice` of a longer buffer would move it and leave
        // the old bytes behind.
        Ok(Self(SecretSlice::from(Box::<[u8]>::from(bytes.as_slice()))))
    }

    /// The bytes of the secret.
    #[must_use]
    pub fn expose_secret(&self) -> &[u8] {
        self.0.expose_secret()
    }

    /// Whether both are the same, in constant time for equal lengths.
    #[must_use]
    pub fn ct_eq(&self, other: &Self) -> bool {
        self.expose_secret().ct_eq(other.expose_secret()).into()
    }

    /// The same secret held twice, where two owners need it (an edit keeps the account before it).
    #[must_use]
    pub fn duplicate(&self) -> Self {
        Self(SecretSlice::from(Box::<[u8]>::from(self.expose_secret())))
    }
}

impl fmt::Debug for OtpSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OtpSecret(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_password_typed_decomposed_is_the_same_bytes() {
        assert_eq!(
            Password::new("Grüße ﬁ").expose_secret(),
            Password::new("Gru\u{308}ße fi").expose_secret()
        );
    }

    #[test]
    fn a_secret_has_1_to_128_bytes() {
        assert_eq!(OtpSecret::new(vec![]).unwrap_err().bytes, 0);
        assert!(OtpSecret::new(vec![7; 1]).is_ok());
        assert!(OtpSecret::new(vec![7; 128]).is_ok());
        assert_eq!(OtpSecret::new(vec![7; 129]).unwrap_err().bytes, 129);
    }

    #[test]
    fn a_vault_key_lies_alone_on_its_page_and_held_twice_it_does_not_move() {
        let key = VaultKey::new(&[7; 32]);
        let place = key.expose_secret().as_ptr();
        assert_eq!(place.addr() % 16384, 0);
        assert_eq!(size_of::<Pages>(), 16384);
        let second = key.duplicate();
        drop(key);
        assert_eq!(second.expose_secret().as_ptr(), place);
        assert_eq!(second.expose_secret(), &[7; 32]);
        assert_ne!(VaultKey::new(&[7; 32]).expose_secret().as_ptr(), place);
    }

    #[test]
    fn debug_of_a_secret_shows_its_type_alone() {
        let shown = format!(
            "{:?} {:?} {:?} {:?} {:?} {:?}",
            VaultKey::new(&[0x41; 32]),
            DataKey::new(&[0x41; 32]),
            RecoveryCode::new(&[0x41; 20]),
            KeyringSecret::new(&[0x41; 32]),
            Password::new("AAAA"),
            OtpSecret::new(vec![0x41; 20]).unwrap(),
        );
        assert_eq!(
            shown,
            "VaultKey(..) DataKey(..) RecoveryCode(..) KeyringSecret(..) Password(..) OtpSecret(..)"
        );
    }
}

//! Ids and hashes: fixed bytes, base64url without padding in JSON and in paths.

use std::fmt;

use authr_crypto::derive::Info;
use authr_crypto::mac::sha256;
use authr_crypto::seal::SealingKey;
use authr_crypto::sign::VerifyingKey;
use data_encoding::BASE64URL_NOPAD;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A text that is not the id it should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an id")]
pub struct NotAnId;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $length:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub [u8; $length]);

        impl $name {
            /// How many bytes it has.
            pub const BYTES: usize = $length;

            /// Reads what `Display` writes, and nothing else.
            ///
            /// # Errors
            /// [`NotAnId`].
            pub fn parse(text: &str) -> Result<Self, NotAnId> {
                let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).map_err(|_| NotAnId)?;
                bytes.try_into().map(Self).map_err(|_| NotAnId)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&BASE64URL_NOPAD.encode(&self.0))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                crate::bytes::serialize(&self.0, serializer)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                crate::bytes::deserialize_array(deserializer).map(Self)
            }
        }
    };
}

id! {
    /// A person, as the server numbers them: random, told to a proven request, fixed by the genesis entry.
    UserId, 16
}
id! {
    /// One installation of the app: `SHA-256(lp("authr/1/device/id") || lp(signing key) || lp(sealing key))[..16]`.
    DeviceId, 16
}
id! {
    /// A registration, from its request on.
    RegistrationId, 16
}
id! {
    /// A record: random, the same in every version of one account.
    RecordId, 16
}
id! {
    /// A server: `SHA-256(sealing key)`.
    ServerId, 32
}
id! {
    /// A SHA-256 value.
    Hash, 32
}
id! {
    /// A public key in JSON: Ed25519 or X25519, as the field says.
    PublicKey, 32
}
id! {
    /// What names one change: the same key with the same content has one effect.
    IdempotencyKey, 16
}
id! {
    /// What makes every signature of a request another.
    Nonce, 16
}

impl DeviceId {
    /// The id of the device that has these keys.
    #[must_use]
    pub fn of(signing: &VerifyingKey, sealing: &SealingKey) -> Self {
        let named = Info::new("authr/1/device/id")
            .bytes(&signing.0)
            .bytes(&sealing.0);
        let hash = sha256(&[named.as_bytes()]);
        Self(std::array::from_fn(|at| hash[at]))
    }
}

impl ServerId {
    /// The id of the server that has this key.
    #[must_use]
    pub fn of(key: &SealingKey) -> Self {
        Self(sha256(&[&key.0]))
    }
}

impl Hash {
    /// What stands where nothing came before.
    pub const NONE: Self = Self([0; 32]);

    /// `SHA-256(bytes)`.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(sha256(&[bytes]))
    }
}

impl From<VerifyingKey> for PublicKey {
    fn from(key: VerifyingKey) -> Self {
        Self(key.0)
    }
}

impl From<SealingKey> for PublicKey {
    fn from(key: SealingKey) -> Self {
        Self(key.0)
    }
}

impl PublicKey {
    /// As the Ed25519 key that it is said to be.
    #[must_use]
    pub fn verifying(self) -> VerifyingKey {
        VerifyingKey(self.0)
    }

    /// As the X25519 key that it is said to be.
    #[must_use]
    pub fn sealing(self) -> SealingKey {
        SealingKey(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_read_in_one_spelling_alone() {
        let id = UserId([0xfb; 16]);
        assert_eq!(UserId::parse(&id.to_string()), Ok(id));
        assert_eq!(UserId::parse(&format!("{id}==")), Err(NotAnId));
        assert_eq!(UserId::parse(&format!("{id}A")), Err(NotAnId));
        assert_eq!(
            UserId::parse(&id.to_string().replace('-', "+")),
            Err(NotAnId)
        );
        assert_eq!(
            serde_json::from_str::<UserId>(&format!("\"{id}\"")).unwrap(),
            id
        );
        assert!(serde_json::from_str::<UserId>("\"AAAA\"").is_err());
    }

    #[test]
    fn a_device_id_names_both_keys_in_their_places() {
        let (one, other) = ([1; 32], [2; 32]);
        let id = DeviceId::of(&VerifyingKey(one), &SealingKey(other));
        assert_ne!(id, DeviceId::of(&VerifyingKey(other), &SealingKey(one)));
        assert_ne!(id, DeviceId::of(&VerifyingKey(one), &SealingKey(one)));
    }
}

//! Bytes in JSON: base64url without padding, in a type that states how many there may be.

use std::fmt;

use data_encoding::BASE64URL_NOPAD;
use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// At most `MAX` bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bytes<const MAX: usize>(Vec<u8>);

/// More bytes than the type allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{bytes} bytes, allowed are {limit}")]
pub struct TooLong {
    /// How many there are.
    pub bytes: usize,
    /// How many there may be.
    pub limit: usize,
}

impl<const MAX: usize> Bytes<MAX> {
    /// Takes the bytes in.
    ///
    /// # Errors
    /// [`TooLong`] above `MAX`.
    pub fn new(bytes: Vec<u8>) -> Result<Self, TooLong> {
        if bytes.len() > MAX {
            return Err(TooLong {
                bytes: bytes.len(),
                limit: MAX,
            });
        }
        Ok(Self(bytes))
    }

    /// The bytes.
    #[must_use]
    pub fn as_slice(&self) -> &[u8] {
        &self.0
    }

    /// The bytes, given up.
    #[must_use]
    pub fn into_vec(self) -> Vec<u8> {
        self.0
    }
}

impl<const MAX: usize> AsRef<[u8]> for Bytes<MAX> {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl<const MAX: usize> Serialize for Bytes<MAX> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serialize(&self.0, serializer)
    }
}

impl<'de, const MAX: usize> Deserialize<'de> for Bytes<MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer
            .deserialize_str(Base64 { limit: MAX })
            .map(Self)
    }
}

pub(crate) fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&BASE64URL_NOPAD.encode(bytes))
}

pub(crate) fn deserialize_array<'de, D: Deserializer<'de>, const N: usize>(
    deserializer: D,
) -> Result<[u8; N], D::Error> {
    let bytes = deserializer.deserialize_str(Base64 { limit: N })?;
    bytes
        .try_into()
        .map_err(|_| Error::custom(format_args!("expected {N} bytes")))
}

/// Reads base64url, and refuses what is too long before it decodes it.
struct Base64 {
    limit: usize,
}

impl Visitor<'_> for Base64 {
    type Value = Vec<u8>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "base64url without padding of at most {} bytes",
            self.limit
        )
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Vec<u8>, E> {
        if text.len() > BASE64URL_NOPAD.encode_len(self.limit) {
            return Err(E::custom(format_args!("more than {} bytes", self.limit)));
        }
        BASE64URL_NOPAD
            .decode(text.as_bytes())
            .map_err(|_| E::custom("not base64url without padding"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn padding_other_alphabets_stray_bits_and_one_byte_too_many_are_refused() {
        let read = serde_json::from_str::<Bytes<4>>;
        assert_eq!(read(r#""-_8AAQ""#).unwrap().as_slice(), [0xfb, 0xff, 0, 1]);
        for refused in [
            r#""-_8AAQ==""#,
            r#""+/8AAQ""#,
            r#""-_8AAR""#,
            r#""-_8A AQ""#,
            r#""-_8AAQI""#,
            "7",
        ] {
            assert!(read(refused).is_err(), "{refused}");
        }
        assert_eq!(
            Bytes::<4>::new(vec![0; 5]),
            Err(TooLong { bytes: 5, limit: 4 })
        );
    }
}

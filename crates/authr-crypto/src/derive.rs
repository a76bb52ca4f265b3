//! Labels, contexts and HKDF-SHA256 (RFC 5869).
//!
//! `info = lp(label) || lp(field 1) || lp(field 2) || …` with `lp(x) = u32 length, big-endian || x`:
//! fields are length-prefixed, so no two lists of fields give the same bytes.

use ring::hkdf::{HKDF_SHA256, KeyType, Salt};
use zeroize::{Zeroize, Zeroizing};

use crate::secret::{DerivedKey, KeyMaterial};

/// What a key is for: a label of the form `authr/1/…`, and the fields that bind it to its place.
#[derive(Clone)]
pub struct Info(Vec<u8>);

impl Info {
    /// Starts with the label.
    #[must_use]
    pub fn new(label: &str) -> Self {
        Self(Vec::with_capacity(128)).bytes(label.as_bytes())
    }

    /// Adds a field.
    ///
    /// # Panics
    /// Never for what this program writes: a field is far below 4 GiB.
    #[must_use]
    pub fn bytes(mut self, field: &[u8]) -> Self {
        let length =
            u32::try_from(field.len()).expect("because every field has a limit far below 4 GiB");
        self.0.extend_from_slice(&length.to_be_bytes());
        self.0.extend_from_slice(field);
        self
    }

    /// Adds a number as 8 bytes, big-endian.
    #[must_use]
    pub fn number(self, field: u64) -> Self {
        self.bytes(&field.to_be_bytes())
    }

    /// The encoded bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

struct Length(usize);

impl KeyType for Length {
    fn len(&self) -> usize {
        self.0
    }
}

/// `HKDF-SHA256(ikm, salt, info)`, N bytes of it (N ≤ 8160).
///
/// # Panics
/// Never for the lengths used here.
#[must_use]
pub fn expand<const N: usize>(ikm: &[u8], salt: &[u8], info: &Info) -> Zeroizing<[u8; N]> {
    let mut out = Zeroizing::new([0u8; N]);
    Salt::new(HKDF_SHA256, salt)
        .extract(ikm)
        .expand(&[info.as_bytes()], Length(N))
        .and_then(|okm| okm.fill(out.as_mut_slice()))
        .expect("because N is below 255 times the hash length");
    out
}

/// `HKDF-SHA256(key, salt, info)`, 32 bytes of it.
#[must_use]
pub fn key(ikm: &impl KeyMaterial, salt: &[u8], info: &Info) -> DerivedKey {
    let mut out = expand::<32>(ikm.expose_secret(), salt, info);
    let key = DerivedKey::new(&out);
    out.zeroize();
    key
}

#[cfg(test)]
mod tests {
    use data_encoding::HEXLOWER;

    use super::*;

    // RFC 5869 appendix A.1, with its info taken as it stands.
    #[test]
    fn hkdf_agrees_with_rfc_5869() {
        let info = Info(HEXLOWER.decode(b"f0f1f2f3f4f5f6f7f8f9").unwrap());
        let salt = HEXLOWER.decode(b"000102030405060708090a0b0c").unwrap();
        let okm = expand::<42>(&[0x0b; 22], &salt, &info);
        assert_eq!(
            HEXLOWER.encode(okm.as_slice()),
            "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"
        );
    }

    #[test]
    fn fields_cannot_run_into_each_other() {
        let one = Info::new("authr/1/x").bytes(b"ab").bytes(b"c");
        let other = Info::new("authr/1/x").bytes(b"a").bytes(b"bc");
        assert_ne!(one.as_bytes(), other.as_bytes());
    }
}

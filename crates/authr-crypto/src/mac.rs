//! HMAC-SHA256 (RFC 2104), SHA-256 (FIPS 180-4) and constant-time comparison.

use ring::{digest, hmac};
use subtle::ConstantTimeEq;

use crate::secret::KeyMaterial;

/// `SHA-256(part 1 || part 2 || …)`.
///
/// # Panics
/// Never: SHA-256 has 32 bytes.
#[must_use]
pub fn sha256(parts: &[&[u8]]) -> [u8; 32] {
    let mut context = digest::Context::new(&digest::SHA256);
    for part in parts {
        context.update(part);
    }
    context
        .finish()
        .as_ref()
        .try_into()
        .expect("because SHA-256 has 32 bytes")
}

/// `HMAC-SHA256(key, part 1 || part 2 || …)`.
///
/// # Panics
/// Never: HMAC-SHA256 has 32 bytes.
#[must_use]
pub fn hmac_sha256(key: &impl KeyMaterial, parts: &[&[u8]]) -> [u8; 32] {
    let mut context =
        hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, key.expose_secret()));
    for part in parts {
        context.update(part);
    }
    context
        .sign()
        .as_ref()
        .try_into()
        .expect("because HMAC-SHA256 has 32 bytes")
}

/// Whether both are the same, in constant time for equal lengths.
#[must_use]
pub fn equal(one: &[u8], other: &[u8]) -> bool {
    one.ct_eq(other).into()
}

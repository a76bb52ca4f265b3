//! The ciphers and password KDFs of other programs, each behind its ceiling.

use std::num::NonZeroU32;

use aes::Aes256;
use argon2::{Algorithm, Argon2, Params, Version};
use cbc::cipher::block_padding::{NoPadding, Pkcs7};
use cbc::cipher::{BlockModeDecrypt, BlockModeEncrypt, KeyIvInit};
use ring::{aead, digest, hmac, pbkdf2};
use zeroize::Zeroizing;

use crate::FormatError;

/// The most rounds of PBKDF2.
pub(crate) const MAX_PBKDF2: u64 = 10_000_000;
/// The most memory of Argon2, in KiB: Ente's own exports use that much.
const MAX_ARGON2_KIB: u64 = 1 << 20;
/// The most passes of Argon2.
const MAX_ARGON2_PASSES: u64 = 20;
/// The most memory times passes of Argon2, in KiB.
const MAX_ARGON2_WORK: u64 = 8 << 20;
/// The most lanes of Argon2.
const MAX_ARGON2_LANES: u64 = 64;
/// The most memory of scrypt: N = 2^20 with r = 8 is 1 GiB.
const MAX_SCRYPT_BYTES: u64 = 1 << 30;
/// The most parallel runs of scrypt, one after the other.
const MAX_SCRYPT_RUNS: u64 = 4;

/// A key that was derived.
pub(crate) type Key = Zeroizing<Vec<u8>>;

/// The hash of a PBKDF2.
#[derive(Clone, Copy)]
pub(crate) enum Hash {
    Sha1,
    Sha256,
    Sha512,
}

/// `PBKDF2-HMAC(password, salt, rounds)`.
pub(crate) fn pbkdf2_key(
    hash: Hash,
    password: &[u8],
    salt: &[u8],
    rounds: u64,
    length: usize,
) -> Result<Key, FormatError> {
    let rounds = Some(rounds)
        .filter(|rounds| *rounds <= MAX_PBKDF2)
        .and_then(|rounds| NonZeroU32::new(u32::try_from(rounds).ok()?))
        .ok_or(FormatError::KdfOutOfRange { kdf: "PBKDF2" })?;
    let algorithm = match hash {
        Hash::Sha1 => pbkdf2::PBKDF2_HMAC_SHA1,
        Hash::Sha256 => pbkdf2::PBKDF2_HMAC_SHA256,
        Hash::Sha512 => pbkdf2::PBKDF2_HMAC_SHA512,
    };
    let mut key = Zeroizing::new(vec![0; length]);
    pbkdf2::derive(algorithm, rounds, salt, password, &mut key);
    Ok(key)
}

/// What an Argon2id costs.
pub(crate) struct Argon2Cost {
    pub(crate) kib: u64,
    pub(crate) passes: u64,
    pub(crate) lanes: u64,
}

/// `Argon2id(password, salt, cost)`, version 1.3, 32 bytes.
pub(crate) fn argon2id(
    password: &[u8],
    salt: &[u8],
    cost: &Argon2Cost,
) -> Result<Key, FormatError> {
    let out_of_range = FormatError::KdfOutOfRange { kdf: "Argon2id" };
    let Argon2Cost { kib, passes, lanes } = *cost;
    if kib > MAX_ARGON2_KIB
        || passes > MAX_ARGON2_PASSES
        || lanes > MAX_ARGON2_LANES
        || kib.saturating_mul(passes) > MAX_ARGON2_WORK
    {
        return Err(out_of_range);
    }
    let number = |number: u64| u32::try_from(number).map_err(|_| out_of_range);
    let params = Params::new(number(kib)?, number(passes)?, number(lanes)?, Some(32))
        .map_err(|_| out_of_range)?;
    let mut key = Zeroizing::new(vec![0; 32]);
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(password, salt, &mut key)
        .map_err(|_| out_of_range)?;
    Ok(key)
}

/// `scrypt(password, salt, N, r, p)`, 32 bytes.
pub(crate) fn scrypt_key(
    password: &[u8],
    salt: &[u8],
    n: u64,
    r: u64,
    p: u64,
) -> Result<Key, FormatError> {
    let out_of_range = FormatError::KdfOutOfRange { kdf: "scrypt" };
    let bytes = n.saturating_mul(r).saturating_mul(128);
    if !n.is_power_of_two() || n < 2 || bytes > MAX_SCRYPT_BYTES || p > MAX_SCRYPT_RUNS {
        return Err(out_of_range);
    }
    let number = |number: u64| u32::try_from(number).map_err(|_| out_of_range);
    let log_n = u8::try_from(n.trailing_zeros()).map_err(|_| out_of_range)?;
    let params = scrypt::Params::new(log_n, number(r)?, number(p)?).map_err(|_| out_of_range)?;
    let mut key = Zeroizing::new(vec![0; 32]);
    scrypt::scrypt(password, salt, &params, &mut key).map_err(|_| out_of_range)?;
    Ok(key)
}

/// Opens AES-256-GCM; `None` where the key or anything else is not what it was sealed with.
pub(crate) fn gcm_open(key: &[u8], nonce: &[u8], aad: &[u8], sealed: &[u8]) -> Option<Key> {
    let key = aead::LessSafeKey::new(gcm_key(key)?);
    let nonce = aead::Nonce::try_assume_unique_for_key(nonce).ok()?;
    let mut buffer = Zeroizing::new(sealed.to_vec());
    let length = key
        .open_in_place(nonce, aead::Aad::from(aad), &mut buffer)
        .ok()?
        .len();
    buffer.truncate(length);
    Some(buffer)
}

/// Seals with AES-256-GCM: ciphertext and tag.
pub(crate) fn gcm_seal(key: &[u8], nonce: [u8; 12], aad: &[u8], plain: &[u8]) -> Vec<u8> {
    let key = gcm_key(key).expect("because every key here has 32 bytes");
    let nonce = aead::Nonce::assume_unique_for_key(nonce);
    // With room for the tag: a buffer that grows leaves a copy of the plain text behind.
    let mut buffer = Vec::with_capacity(plain.len() + 16);
    buffer.extend_from_slice(plain);
    aead::LessSafeKey::new(key)
        .seal_in_place_append_tag(nonce, aead::Aad::from(aad), &mut buffer)
        .expect("because a backup is shorter than 64 GiB");
    buffer
}

fn gcm_key(key: &[u8]) -> Option<aead::UnboundKey> {
    aead::UnboundKey::new(&aead::AES_256_GCM, key).ok()
}

/// Opens AES-256-CBC with PKCS #7 padding; `None` where the padding, or a length, is wrong.
pub(crate) fn cbc_open(key: &[u8], iv: &[u8], sealed: &[u8]) -> Option<Key> {
    let cipher = cbc::Decryptor::<Aes256>::new_from_slices(key, iv).ok()?;
    cipher
        .decrypt_padded_vec::<Pkcs7>(sealed)
        .ok()
        .map(Zeroizing::new)
}

/// Opens AES-256-CBC without padding.
pub(crate) fn cbc_open_unpadded(key: &[u8], iv: &[u8], sealed: &[u8]) -> Option<Key> {
    let cipher = cbc::Decryptor::<Aes256>::new_from_slices(key, iv).ok()?;
    cipher
        .decrypt_padded_vec::<NoPadding>(sealed)
        .ok()
        .map(Zeroizing::new)
}

/// Seals with AES-256-CBC and PKCS #7 padding.
pub(crate) fn cbc_seal(key: &[u8], iv: &[u8; 16], plain: &[u8]) -> Vec<u8> {
    cbc::Encryptor::<Aes256>::new_from_slices(key, iv)
        .expect("because every key here has 32 bytes")
        .encrypt_padded_vec::<Pkcs7>(plain)
}

/// `HMAC-SHA256(key, message)`.
pub(crate) fn hmac_sha256(key: &[u8], message: &[u8]) -> Key {
    let key = hmac::Key::new(hmac::HMAC_SHA256, key);
    Zeroizing::new(hmac::sign(&key, message).as_ref().to_vec())
}

/// Whether a message has this HMAC-SHA1, in constant time.
pub(crate) fn hmac_sha1_holds(key: &[u8], message: &[u8], tag: &[u8]) -> bool {
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, key);
    hmac::verify(&key, message, tag).is_ok()
}

/// `SHA-256(message)`.
pub(crate) fn sha256(message: &[u8]) -> Key {
    Zeroizing::new(digest::digest(&digest::SHA256, message).as_ref().to_vec())
}

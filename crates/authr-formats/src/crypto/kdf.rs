//! From passwords to keys.

use std::num::NonZeroU32;

use aes::Aes256;
use argon2::{Algorithm, Argon2, Params, Version};
use authr_crypto::kdf::memory_of;
use cbc::cipher::{BlockCipherEncrypt, KeyInit};
use ring::pbkdf2;
use zeroize::Zeroizing;

use super::{Key, sha256};
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
    if cfg!(fuzzing) {
        return Ok(key);
    }
    pbkdf2::derive(algorithm, rounds, salt, password, &mut key);
    Ok(key)
}

/// What an Argon2id costs.
pub(crate) struct Argon2Cost {
    pub(crate) kib: u64,
    pub(crate) passes: u64,
    pub(crate) lanes: u64,
}

/// The two kinds of Argon2 that files ask for.
pub(crate) enum Argon2Kind {
    D,
    Id,
}

/// `Argon2id(password, salt, cost)`, version 1.3, 32 bytes.
pub(crate) fn argon2id(
    password: &[u8],
    salt: &[u8],
    cost: &Argon2Cost,
) -> Result<Key, FormatError> {
    let Argon2Cost { kib, passes, lanes } = *cost;
    if kib > MAX_ARGON2_KIB
        || passes > MAX_ARGON2_PASSES
        || lanes > MAX_ARGON2_LANES
        || kib.saturating_mul(passes) > MAX_ARGON2_WORK
    {
        return Err(FormatError::KdfOutOfRange { kdf: "Argon2id" });
    }
    argon2(Argon2Kind::Id, 0x13, password, salt, cost)
}

/// `Argon2(password, salt, cost)`, 32 bytes; the caller has looked at the cost.
pub(crate) fn argon2(
    kind: Argon2Kind,
    version: u64,
    password: &[u8],
    salt: &[u8],
    cost: &Argon2Cost,
) -> Result<Key, FormatError> {
    let (algorithm, kdf) = match kind {
        Argon2Kind::D => (Algorithm::Argon2d, "Argon2d"),
        Argon2Kind::Id => (Algorithm::Argon2id, "Argon2id"),
    };
    let version = match version {
        0x10 => Version::V0x10,
        0x13 => Version::V0x13,
        _ => return Err(FormatError::KdfOutOfRange { kdf }),
    };
    let out_of_range = FormatError::KdfOutOfRange { kdf };
    let Argon2Cost { kib, passes, lanes } = *cost;
    let number = |number: u64| u32::try_from(number).map_err(|_| out_of_range);
    let params = Params::new(number(kib)?, number(passes)?, number(lanes)?, Some(32))
        .map_err(|_| out_of_range)?;
    let mut key = Zeroizing::new(vec![0; 32]);
    if cfg!(fuzzing) {
        return Ok(key);
    }
    let mut memory = memory_of(&params).map_err(|_| out_of_range)?;
    Argon2::new(algorithm, version, params)
        .hash_password_into_with_memory(password, salt, &mut key, memory.as_mut_slice())
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
    if cfg!(fuzzing) {
        return Ok(key);
    }
    scrypt::scrypt(password, salt, &params, &mut key).map_err(|_| out_of_range)?;
    Ok(key)
}

/// `SHA-256(AES-256 of both halves, so many times)`; `None` where a length is wrong.
pub(crate) fn aes_kdf(composite: &[u8], seed: &[u8], rounds: u64) -> Option<Key> {
    let cipher = Aes256::new_from_slice(seed).ok()?;
    let (one, other) = composite.split_at_checked(16)?;
    let mut halves = [one.try_into().ok()?, other.try_into().ok()?];
    if !cfg!(fuzzing) {
        for _ in 0..rounds {
            cipher.encrypt_blocks(&mut halves);
        }
    }
    let halves = Zeroizing::new(halves.map(<[u8; 16]>::from).concat());
    Some(sha256(&halves))
}

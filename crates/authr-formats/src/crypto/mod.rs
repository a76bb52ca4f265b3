//! The ciphers and password KDFs of other programs, each behind its ceiling.
//!
//! A fuzzer (`--cfg fuzzing`, which cargo never sets) gets past all of them: a KDF within its ceiling gives a key of
//! zeros at once, and what is sealed is taken as it stands, so that the parsers behind a seal see every byte.

mod cipher;
mod kdf;

use zeroize::Zeroizing;

pub(crate) use cipher::{
    Stream, cbc_open, cbc_open_unpadded, cbc_seal, chacha20_open, gcm_open, gcm_seal,
    hmac_sha1_holds, hmac_sha256, hmac_sha256_holds, sha256, twofish_open, xchacha_open,
};
pub(crate) use kdf::{
    Argon2Cost, Argon2Kind, Hash, aes_kdf, argon2, argon2id, pbkdf2_key, scrypt_key,
};

/// A key that was derived.
pub(crate) type Key = Zeroizing<Vec<u8>>;

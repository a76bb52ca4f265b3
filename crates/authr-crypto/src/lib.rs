//! The primitives that authr uses, and every type that holds a secret.
//!
//! Pure: random bytes, time and input are handed in. This crate is the only user of `ring`, `argon2`
//! and `hpke`, so that every choice of algorithm stands here, once.
//!
//! - [`secret`]: the secret types, and the one door out of them, `expose_secret`
//! - [`aead`]: authenticated encryption with a fresh key for every message, and key commitment
//! - [`kdf`]: password to key (Argon2id), with a floor and a ceiling
//! - [`mod@derive`]: labels, contexts and HKDF
//! - [`mac`]: HMAC, SHA-256 and constant-time comparison
//! - [`sign`] is Ed25519
//! - [`seal`]: HPKE, to the holder of an X25519 key

pub mod aead;
pub mod derive;
pub mod kdf;
pub mod mac;
pub mod random;
pub mod seal;
pub mod secret;
pub mod sign;

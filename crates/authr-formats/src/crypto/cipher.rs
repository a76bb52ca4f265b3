//! Ciphers, MACs and hashes.

use aes::Aes256;
use cbc::cipher::block_padding::{NoPadding, Pkcs7};
use cbc::cipher::{BlockModeDecrypt, BlockModeEncrypt, KeyInit, KeyIvInit, StreamCipher};
use chacha20::ChaCha20;
use chacha20poly1305::aead::Aead;
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use ring::{aead, digest, hmac};
use salsa20::Salsa20;
use twofish::Twofish;
use zeroize::Zeroizing;

use super::Key;

/// Opens AES-256-GCM; `None` where the key or anything else is not what it was sealed with.
pub(crate) fn gcm_open(key: &[u8], nonce: &[u8], aad: &[u8], sealed: &[u8]) -> Option<Key> {
    let key = aead::LessSafeKey::new(gcm_key(key)?);
    let nonce = aead::Nonce::try_assume_unique_for_key(nonce).ok()?;
    let mut buffer = Zeroizing::new(sealed.to_vec());
    if cfg!(fuzzing) {
        buffer.truncate(sealed.len().checked_sub(16)?);
        return Some(buffer);
    }
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

/// Opens XChaCha20-Poly1305.
pub(crate) fn xchacha_open(key: &[u8], nonce: &[u8], sealed: &[u8]) -> Option<Key> {
    let nonce = XNonce::try_from(nonce).ok()?;
    let cipher = XChaCha20Poly1305::new_from_slice(key).ok()?;
    if cfg!(fuzzing) {
        let plain = sealed.get(..sealed.len().checked_sub(16)?)?;
        return Some(Zeroizing::new(plain.to_vec()));
    }
    cipher.decrypt(&nonce, sealed).ok().map(Zeroizing::new)
}

/// Opens AES-256-CBC with PKCS #7 padding; `None` where the padding, or a length, is wrong.
pub(crate) fn cbc_open(key: &[u8], iv: &[u8], sealed: &[u8]) -> Option<Key> {
    unpadded::<cbc::Decryptor<Aes256>>(key, iv, sealed)
}

/// Opens Twofish-CBC with PKCS #7 padding and a key of 256 bits.
pub(crate) fn twofish_open(key: &[u8], iv: &[u8], sealed: &[u8]) -> Option<Key> {
    unpadded::<cbc::Decryptor<Twofish>>(key, iv, sealed)
}

fn unpadded<C: BlockModeDecrypt + KeyIvInit>(key: &[u8], iv: &[u8], sealed: &[u8]) -> Option<Key> {
    let cipher = C::new_from_slices(key, iv).ok()?;
    if cfg!(fuzzing) {
        return Some(Zeroizing::new(sealed.to_vec()));
    }
    cipher
        .decrypt_padded_vec::<Pkcs7>(sealed)
        .ok()
        .map(Zeroizing::new)
}

/// Opens ChaCha20 without a MAC.
pub(crate) fn chacha20_open(key: &[u8], nonce: &[u8], sealed: &[u8]) -> Option<Key> {
    let mut cipher = ChaCha20::new_from_slices(key, nonce).ok()?;
    let mut plain = Zeroizing::new(sealed.to_vec());
    if !cfg!(fuzzing) {
        cipher.apply_keystream(&mut plain);
    }
    Some(plain)
}

/// A stream cipher that goes on from text to text, by its number in KDBX.
pub(crate) enum Stream {
    Plain,
    Salsa20(Box<Salsa20>),
    ChaCha20(Box<ChaCha20>),
}

impl Stream {
    /// `None` for a number that is not known.
    pub(crate) fn new(number: u64, key: &[u8]) -> Option<Self> {
        match number {
            0 => Some(Self::Plain),
            2 => {
                let nonce = [0xe8, 0x30, 0x09, 0x4b, 0x97, 0x20, 0x5d, 0x2a];
                let cipher = Salsa20::new_from_slices(&sha256(key), &nonce).ok()?;
                Some(Self::Salsa20(Box::new(cipher)))
            }
            3 => {
                let digest = digest::digest(&digest::SHA512, key);
                let (key, nonce) = digest.as_ref().split_at_checked(32)?;
                let cipher = ChaCha20::new_from_slices(key, nonce.get(..12)?).ok()?;
                Some(Self::ChaCha20(Box::new(cipher)))
            }
            _ => None,
        }
    }

    pub(crate) fn apply(&mut self, text: &mut [u8]) {
        match self {
            _ if cfg!(fuzzing) => {}
            Self::Plain => {}
            Self::Salsa20(cipher) => cipher.apply_keystream(text),
            Self::ChaCha20(cipher) => cipher.apply_keystream(text),
        }
    }
}

/// Opens AES-256-CBC without padding.
pub(crate) fn cbc_open_unpadded(key: &[u8], iv: &[u8], sealed: &[u8]) -> Option<Key> {
    let cipher = cbc::Decryptor::<Aes256>::new_from_slices(key, iv).ok()?;
    if cfg!(fuzzing) {
        return Some(Zeroizing::new(sealed.to_vec()));
    }
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

/// Whether a message has this HMAC-SHA256, in constant time.
pub(crate) fn hmac_sha256_holds(key: &[u8], message: &[u8], tag: &[u8]) -> bool {
    let key = hmac::Key::new(hmac::HMAC_SHA256, key);
    cfg!(fuzzing) || hmac::verify(&key, message, tag).is_ok()
}

/// Whether a message has this HMAC-SHA1, in constant time.
pub(crate) fn hmac_sha1_holds(key: &[u8], message: &[u8], tag: &[u8]) -> bool {
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, key);
    cfg!(fuzzing) || hmac::verify(&key, message, tag).is_ok()
}

/// `SHA-256(message)`.
pub(crate) fn sha256(message: &[u8]) -> Key {
    Zeroizing::new(digest::digest(&digest::SHA256, message).as_ref().to_vec())
}

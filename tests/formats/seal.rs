//! The encryption of other programs, made from what they publish of it: none of it is the importers' own code.

use aes::Aes256;
use argon2::{Algorithm, Argon2, Params, Version};
use cbc::cipher::block_padding::{NoPadding, Pkcs7};
use cbc::cipher::{BlockModeEncrypt, KeyIvInit};
use chacha20poly1305::aead::{Aead, KeyInit};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use ring::{aead, digest, hmac, pbkdf2};

use crate::reference::PASSWORD;

pub(crate) fn pbkdf2(hash: pbkdf2::Algorithm, salt: &[u8], rounds: u32, length: usize) -> Vec<u8> {
    let mut key = vec![0; length];
    let rounds = rounds.try_into().unwrap();
    pbkdf2::derive(hash, rounds, salt, PASSWORD.as_bytes(), &mut key);
    key
}

pub(crate) fn argon2(
    kind: Algorithm,
    password: &[u8],
    salt: &[u8],
    cost: (u32, u32, u32),
) -> Vec<u8> {
    let (kib, passes, lanes) = cost;
    let params = Params::new(kib, passes, lanes, Some(32)).unwrap();
    let mut key = vec![0; 32];
    Argon2::new(kind, Version::V0x13, params)
        .hash_password_into(password, salt, &mut key)
        .unwrap();
    key
}

/// AES-256-GCM: ciphertext and tag.
pub(crate) fn gcm(key: &[u8], nonce: [u8; 12], aad: &[u8], plain: &[u8]) -> Vec<u8> {
    let key = aead::UnboundKey::new(&aead::AES_256_GCM, key).unwrap();
    let mut buffer = plain.to_vec();
    aead::LessSafeKey::new(key)
        .seal_in_place_append_tag(
            aead::Nonce::assume_unique_for_key(nonce),
            aead::Aad::from(aad),
            &mut buffer,
        )
        .unwrap();
    buffer
}

/// AES-256-CBC with PKCS #7 padding.
pub(crate) fn cbc(key: &[u8], iv: &[u8; 16], plain: &[u8]) -> Vec<u8> {
    let cipher = cbc::Encryptor::<Aes256>::new_from_slices(key, iv).unwrap();
    cipher.encrypt_padded_vec::<Pkcs7>(plain)
}

/// AES-256-CBC of whole blocks.
pub(crate) fn cbc_unpadded(key: &[u8], iv: &[u8; 16], plain: &[u8]) -> Vec<u8> {
    assert!(plain.len().is_multiple_of(16), "it has whole blocks");
    let cipher = cbc::Encryptor::<Aes256>::new_from_slices(key, iv).unwrap();
    cipher.encrypt_padded_vec::<NoPadding>(plain)
}

pub(crate) fn xchacha(key: &[u8], nonce: [u8; 24], plain: &[u8]) -> Vec<u8> {
    let cipher = XChaCha20Poly1305::new_from_slice(key).unwrap();
    cipher.encrypt(&XNonce::from(nonce), plain).unwrap()
}

pub(crate) fn sha256(parts: &[&[u8]]) -> Vec<u8> {
    digest::digest(&digest::SHA256, &parts.concat())
        .as_ref()
        .to_vec()
}

pub(crate) fn sha512(parts: &[&[u8]]) -> Vec<u8> {
    digest::digest(&digest::SHA512, &parts.concat())
        .as_ref()
        .to_vec()
}

pub(crate) fn hmac(hash: hmac::Algorithm, key: &[u8], message: &[u8]) -> Vec<u8> {
    hmac::sign(&hmac::Key::new(hash, key), message)
        .as_ref()
        .to_vec()
}

pub(crate) fn base64(bytes: &[u8]) -> String {
    data_encoding::BASE64.encode(bytes)
}

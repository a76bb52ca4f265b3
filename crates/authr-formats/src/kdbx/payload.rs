//! From the header and the password to the XML.
//!
//! ```text
//! transformed = KDF(SHA-256(SHA-256(password)))        key = SHA-256(seed ‖ transformed)
//! KDBX 4: blocks of HMAC ‖ length ‖ ciphertext, under SHA-512(seed ‖ transformed ‖ 1); the ciphertext, gzip, fields, XML
//! KDBX 3: the ciphertext, the start bytes, blocks of number ‖ SHA-256 ‖ length ‖ content, gzip, XML
//! ```

use std::io::Read;

use flate2::read::GzDecoder;
use ring::digest;
use zeroize::Zeroizing;

use super::DAMAGED;
use super::header::{Cipher, Header, Kdf, Version, little, sized};
use crate::crypto::{
    Argon2Cost, Argon2Kind, Key, Stream, aes_kdf, argon2, cbc_open, chacha20_open,
    hmac_sha256_holds, sha256, twofish_open,
};
use crate::{FormatError, MAX_FILE_BYTES};

/// The most that a payload may unpack to: attachments count too.
const MAX_UNPACKED_BYTES: usize = 4 * MAX_FILE_BYTES;

/// The XML, and the stream that its protected texts are under.
pub(super) struct Payload {
    pub(super) content: Zeroizing<Vec<u8>>,
    /// Where in it the XML begins.
    pub(super) xml: usize,
    pub(super) stream: Stream,
}

pub(super) fn open(header: &Header<'_>, password: &str) -> Result<Payload, FormatError> {
    let transformed = transform(&header.kdf, &sha256(&sha256(password.as_bytes())))?;
    let key = sha256(&Zeroizing::new([header.seed, &transformed].concat()));
    match header.version {
        Version::Four => {
            let sealed = verified(header, &transformed)?;
            let packed = decrypt(header, &key, &sealed).ok_or(FormatError::content())?;
            let content = unpack(header, packed)?;
            let (xml, stream) = inner_header(&content)?;
            Ok(Payload {
                content,
                xml,
                stream,
            })
        }
        Version::Three {
            stream,
            stream_key,
            start,
        } => {
            let plain = decrypt(header, &key, header.rest);
            let blocks = plain.as_ref().and_then(|plain| match cfg!(fuzzing) {
                true => plain.get(start.len()..),
                false => plain.strip_prefix(start).filter(|_| start.len() == 32),
            });
            // Nothing seals the header: another length or IV looks like another password.
            let blocks = blocks.ok_or(FormatError::WrongPasswordOrDamaged)?;
            Ok(Payload {
                content: unpack(header, hashed_blocks(blocks)?)?,
                xml: 0,
                stream: Stream::new(stream, stream_key).ok_or(DAMAGED)?,
            })
        }
    }
}

fn transform(kdf: &Kdf<'_>, composite: &[u8]) -> Result<Key, FormatError> {
    match *kdf {
        Kdf::Aes { seed, rounds } => aes_kdf(composite, seed, rounds).ok_or(DAMAGED),
        Kdf::Argon2 {
            id,
            version,
            salt,
            bytes,
            passes,
            lanes,
        } => {
            let kind = match id {
                true => Argon2Kind::Id,
                false => Argon2Kind::D,
            };
            let cost = Argon2Cost {
                kib: bytes >> 10,
                passes,
                lanes,
            };
            argon2(kind, version, composite, salt, &cost)
        }
    }
}

fn sha512(parts: &[&[u8]]) -> Key {
    let whole = Zeroizing::new(parts.concat());
    Zeroizing::new(digest::digest(&digest::SHA512, &whole).as_ref().to_vec())
}

/// The ciphertext, once header and blocks have their seals.
fn verified(header: &Header<'_>, transformed: &[u8]) -> Result<Vec<u8>, FormatError> {
    let (hash, rest) = header.rest.split_at_checked(32).ok_or(DAMAGED)?;
    let (seal, mut rest) = rest.split_at_checked(32).ok_or(DAMAGED)?;
    if sha256(header.bytes).as_slice() != hash && !cfg!(fuzzing) {
        return Err(DAMAGED);
    }
    let key = sha512(&[header.seed, transformed, &[1]]);
    let block_key = |block: u64| sha512(&[&block.to_le_bytes(), &key]);
    if !hmac_sha256_holds(&block_key(u64::MAX), header.bytes, seal) {
        return Err(FormatError::WrongPassword);
    }
    let mut sealed = Vec::with_capacity(rest.len());
    for number in 0_u64.. {
        let (seal, after) = rest.split_at_checked(32).ok_or(FormatError::content())?;
        let (block, next) = sized(after, 4).ok_or(FormatError::content())?;
        let counted = after.get(..block.len() + 4).unwrap_or_default();
        let message = [&number.to_le_bytes()[..], counted].concat();
        if !hmac_sha256_holds(&block_key(number), &message, seal) {
            return Err(FormatError::content());
        }
        if block.is_empty() {
            break;
        }
        sealed.extend_from_slice(block);
        rest = next;
    }
    Ok(sealed)
}

fn decrypt(header: &Header<'_>, key: &[u8], sealed: &[u8]) -> Option<Key> {
    match header.cipher {
        Cipher::Aes256 => cbc_open(key, header.iv, sealed),
        Cipher::Twofish => twofish_open(key, header.iv, sealed),
        Cipher::ChaCha20 => chacha20_open(key, header.iv, sealed),
    }
}

/// The content of blocks of `number ‖ SHA-256 ‖ length ‖ content`.
fn hashed_blocks(mut rest: &[u8]) -> Result<Key, FormatError> {
    let mut content = Zeroizing::new(Vec::with_capacity(rest.len()));
    loop {
        let (head, after) = rest.split_at_checked(36).ok_or(FormatError::content())?;
        let (block, next) = sized(after, 4).ok_or(FormatError::content())?;
        if block.is_empty() {
            return Ok(content);
        }
        if head.get(4..) != Some(sha256(block).as_slice()) && !cfg!(fuzzing) {
            return Err(FormatError::content());
        }
        content.extend_from_slice(block);
        rest = next;
    }
}

/// Unpacks as much as is allowed, whatever the file says of its size.
fn unpack(header: &Header<'_>, packed: Key) -> Result<Key, FormatError> {
    if !header.is_packed {
        return Ok(packed);
    }
    let most = u64::try_from(MAX_UNPACKED_BYTES).unwrap_or(u64::MAX);
    let mut content = Zeroizing::new(Vec::new());
    let mut limited = GzDecoder::new(packed.as_slice()).take(most + 1);
    let read = limited.read_to_end(&mut content);
    if content.len() > MAX_UNPACKED_BYTES {
        return Err(FormatError::TooLarge);
    }
    read.map(|_| content).map_err(|_| FormatError::content())
}

/// The fields before the XML: which stream, its key, and attachments. Where the XML begins, and the stream.
fn inner_header(content: &[u8]) -> Result<(usize, Stream), FormatError> {
    let (mut stream, mut key) = (0, &[][..]);
    let mut rest = content;
    loop {
        let (kind, after) = rest.split_first().ok_or(FormatError::content())?;
        let (value, after) = sized(after, 4).ok_or(FormatError::content())?;
        rest = after;
        match kind {
            0 => break,
            1 => stream = little(value),
            2 => key = value,
            _ => {}
        }
    }
    let stream = Stream::new(stream, key).ok_or(DAMAGED)?;
    Ok((content.len() - rest.len(), stream))
}

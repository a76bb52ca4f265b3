//! Ente Auth, encrypted: `{version, kdfParams, encryptedData, encryptionNonce}`. Argon2id gives the key of a libsodium
//! secretstream of one final message: a list of URIs.

use crypto_secretstream::{Header, Key, PullStream, PushStream, Tag};
use rand_core::{CryptoRng, RngCore};
use serde_json::Value;
use zeroize::Zeroizing;

use crate::crypto::{Argon2Cost, argon2id};
use crate::json::text;
use crate::{Format, FormatError, Input, Parsed, base64, uri_list};

pub(crate) fn parse(input: &Input<'_>) -> Result<Parsed, FormatError> {
    if input.json.is_none() {
        return uri_list::read(input.text()?, Format::Ente);
    }
    let file = input.json()?;
    let password = input.password(Format::Ente)?;
    let params = file
        .get("kdfParams")
        .ok_or(FormatError::field("kdfParams"))?;
    let of = |field| params.get(field).and_then(Value::as_u64);
    let (Some(memory), Some(passes)) = (of("memLimit"), of("opsLimit")) else {
        return Err(FormatError::field("kdfParams"));
    };
    let salt = base64(text(params, "salt")).ok_or(FormatError::field("salt"))?;
    let header = base64(text(file, "encryptionNonce"))
        .and_then(|header| Header::try_from(header.as_slice()).ok())
        .ok_or(FormatError::field("encryptionNonce"))?;
    let sealed = base64(text(file, "encryptedData")).ok_or(FormatError::field("encryptedData"))?;
    let cost = Argon2Cost {
        kib: memory >> 10,
        passes,
        lanes: 1,
    };
    let key = argon2id(password.as_bytes(), &salt, &cost)?;
    let key = Key::try_from(key.as_slice()).map_err(|_| FormatError::field("kdfParams"))?;
    let mut buffer = Zeroizing::new(sealed.to_vec());
    if cfg!(fuzzing) {
        let text = std::str::from_utf8(&buffer).map_err(|_| FormatError::content())?;
        return uri_list::read(text, Format::Ente);
    }
    let tag = PullStream::init(header, &key)
        .pull(&mut *buffer, &[])
        .map_err(|_| FormatError::WrongPasswordOrDamaged)?;
    // One message is the whole file. Other writers than Ente's app do not mark it as the last.
    if !matches!(tag, Tag::Final | Tag::Message) {
        return Err(FormatError::content());
    }
    let text = std::str::from_utf8(&buffer).map_err(|_| FormatError::content())?;
    uri_list::read(text, Format::Ente)
}

/// Seals a text as one final message of a stream with this header.
pub(crate) fn seal(key: &[u8], header: [u8; 24], plain: &[u8]) -> Vec<u8> {
    let key = Key::try_from(key).expect("because the key has 32 bytes");
    let (_, mut stream) = PushStream::init(Drawn(header), &key);
    // With room for tag and MAC: a buffer that grows leaves a copy of the plain text behind.
    let mut buffer = Vec::with_capacity(plain.len() + 17);
    buffer.extend_from_slice(plain);
    stream
        .push(&mut buffer, &[], Tag::Final)
        .expect("because a backup is shorter than 256 GiB");
    buffer
}

/// Gives out bytes that were drawn before.
struct Drawn([u8; 24]);

impl RngCore for Drawn {
    fn next_u32(&mut self) -> u32 {
        u32::from_le_bytes([self.0[0], self.0[1], self.0[2], self.0[3]])
    }

    fn next_u64(&mut self) -> u64 {
        u64::from(self.next_u32())
    }

    fn fill_bytes(&mut self, place: &mut [u8]) {
        for (byte, drawn) in place.iter_mut().zip(self.0) {
            *byte = drawn;
        }
    }

    fn try_fill_bytes(&mut self, place: &mut [u8]) -> Result<(), rand_core::Error> {
        self.fill_bytes(place);
        Ok(())
    }
}

impl CryptoRng for Drawn {}

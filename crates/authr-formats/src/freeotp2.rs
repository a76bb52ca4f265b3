//! FreeOTP 2's backup: a Java map of a master key under the password, and of tokens, each with a key of its own that the
//! master key wraps. Every wrapping is AES-GCM with the name of the key's algorithm as associated data.

use std::collections::HashMap;

use serde_json::Value;

use crate::crypto::{Hash, Key, gcm_open, pbkdf2_key};
use crate::entry::{Draft, Harvest, Reason};
use crate::freeotp::{draft, signed_bytes, with_secret};
use crate::java::{Text, string_map};
use crate::json::{Json, text};
use crate::{Format, FormatError, Input, Parsed};

const MASTER: &str = "masterKey";
const TOKEN: &str = "-token";

pub(crate) fn parse(input: &Input<'_>) -> Result<Parsed, FormatError> {
    let map = string_map(input.bytes)?;
    let password = input.password(Format::FreeOtp2)?;
    let of: HashMap<&str, &Text> = map.iter().map(|(key, text)| (key.as_str(), text)).collect();
    let master = of.get(MASTER).ok_or(FormatError::field(MASTER))?;
    let master = master_key(&Json::parse(master)?.0, password)?;
    let mut harvest = Harvest::new(Format::FreeOtp2);
    let tokens = map.iter().filter_map(|(name, token)| {
        let id = name.strip_suffix(TOKEN)?;
        Some((token, of.get(id).copied()))
    });
    for (token, key) in tokens {
        let (draft, otp) = match Json::parse(token) {
            Ok(token) => (draft(&token.0), codes(&token.0, key, &master)),
            Err(_) => (Draft::default(), Err(Reason::Encoding { encoding: "JSON" })),
        };
        harvest.take(draft, otp)?;
    }
    Ok(harvest.finish())
}

fn master_key(master: &Value, password: &str) -> Result<Key, FormatError> {
    let hash = match text(master, "mAlgorithm") {
        "PBKDF2withHmacSHA1" => Hash::Sha1,
        "PBKDF2withHmacSHA256" => Hash::Sha256,
        "PBKDF2withHmacSHA512" => Hash::Sha512,
        _ => return Err(FormatError::field("mAlgorithm")),
    };
    let rounds = master.get("mIterations").and_then(Value::as_u64);
    let rounds = rounds.ok_or(FormatError::field("mIterations"))?;
    let salt = bytes(master, "mSalt").ok_or(FormatError::field("mSalt"))?;
    let key = pbkdf2_key(hash, password.as_bytes(), &salt, rounds, 32)?;
    let wrapped = master.get("mEncryptedKey");
    let wrapped = wrapped.ok_or(FormatError::field("mEncryptedKey"))?;
    unwrap(wrapped, &key).ok_or(FormatError::WrongPassword)
}

fn codes(token: &Value, key: Option<&Text>, master: &[u8]) -> Result<authr_otp::Otp, Reason> {
    let outer = key.and_then(|key| Json::parse(key).ok());
    let outer = outer.ok_or(Reason::missing("key"))?;
    let wrapped = Json::parse(text(&outer.0, "key")).map_err(|_| Reason::missing("key"))?;
    let secret = unwrap(&wrapped.0, master).ok_or(Reason::Sealed)?;
    with_secret(token, secret.to_vec())
}

fn unwrap(wrapped: &Value, key: &[u8]) -> Option<Key> {
    let sealed = bytes(wrapped, "mCipherText")?;
    let parameters = bytes(wrapped, "mParameters")?;
    let token = text(wrapped, "mToken");
    gcm_open(key, nonce(&parameters)?, token.as_bytes(), &sealed)
}

/// The nonce in `SEQUENCE { OCTET STRING nonce, INTEGER length of the tag }`; old Androids have the string alone.
fn nonce(parameters: &[u8]) -> Option<&[u8]> {
    let ([0x30, _, 0x04, length, rest @ ..] | [0x04, length, rest @ ..]) = parameters else {
        return None;
    };
    rest.get(..usize::from(*length))
}

fn bytes(value: &Value, field: &str) -> Option<Vec<u8>> {
    signed_bytes(value.get(field)?.as_array()?)
}

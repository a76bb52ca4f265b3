//! Authy, from a rooted device: lists in its preferences. What a person added is in Base32, plain or under
//! PBKDF2-HMAC-SHA1 and AES-256-CBC with a zero IV; what a site issued is in hexadecimal, 7 digits every 10 seconds.

use serde_json::Value;

use crate::crypto::{Hash, cbc_open, pbkdf2_key};
use crate::entry::{Draft, Harvest, Raw, Reason, Word, secret};
use crate::json::{Json, given, list, number, text};
use crate::prefs::Prefs;
use crate::{Format, FormatError, Input, Parsed, base64, hex};

/// What the names of its preferences hold.
pub(crate) const MARK: &str = "com.authy.storage";
/// The field of what authy-migrate writes.
pub(crate) const MIGRATED: &str = "authenticator_tokens";
const OWN: &str = "tokens.authenticator.key";
const ISSUED: &str = "tokens.authy.key";
const ROUNDS: u64 = 1_000;

pub(crate) fn parse(input: &Input<'_>) -> Result<Parsed, FormatError> {
    let mut harvest = Harvest::new(Format::Authy);
    if input.json.is_some() {
        own(list(input.json()?, MIGRATED), input, &mut harvest)?;
        return Ok(harvest.finish());
    }
    let prefs = Prefs::parse(input.text()?)?;
    if let Some(tokens) = prefs.ending(OWN) {
        let tokens = Json::parse(tokens)?;
        let tokens = tokens.0.as_array().ok_or(FormatError::field(OWN))?;
        own(tokens, input, &mut harvest)?;
    }
    if let Some(tokens) = prefs.ending(ISSUED) {
        let tokens = Json::parse(tokens)?;
        for token in tokens.0.as_array().ok_or(FormatError::field(ISSUED))? {
            harvest.take(Draft::named(text(token, "name"), ""), issued(token))?;
        }
    }
    Ok(harvest.finish())
}

fn own(tokens: &[Value], input: &Input<'_>, harvest: &mut Harvest) -> Result<(), FormatError> {
    let (mut opened, mut closed) = (0, 0);
    for token in tokens {
        let raw = Raw {
            algorithm: given(token, "algorithm"),
            digits: number(token, "digits").ok().flatten(),
            period: number(token, "period").ok().flatten(),
            ..Raw::default()
        };
        let otp = match given(token, "decryptedSecret") {
            Some(plain) => raw.base32(Word::Totp, plain),
            None => {
                let plain = open(token, input.password(Format::Authy)?)?;
                let count = if plain.is_some() {
                    &mut opened
                } else {
                    &mut closed
                };
                *count += 1;
                plain
                    .as_deref()
                    .and_then(|plain| std::str::from_utf8(plain).ok())
                    .ok_or(Reason::Sealed)
                    .and_then(|plain| raw.base32(Word::Totp, plain))
            }
        };
        harvest.take(draft(token), otp)?;
    }
    if closed > 0 && opened == 0 {
        return Err(FormatError::WrongPasswordOrDamaged);
    }
    Ok(())
}

fn open(token: &Value, password: &str) -> Result<Option<crate::crypto::Key>, FormatError> {
    let sealed = given(token, "encryptedSecret").or_else(|| given(token, "encrypted_seed"));
    let Some(sealed) = sealed.and_then(base64) else {
        return Ok(None);
    };
    let rounds = token
        .get("key_derivation_iterations")
        .and_then(Value::as_u64);
    let iv = given(token, "unique_iv").and_then(hex);
    let iv = iv.as_deref().map_or(&[0; 16][..], Vec::as_slice);
    // The salt is the text, whatever it encodes.
    let salt = text(token, "salt").as_bytes();
    let rounds = rounds.unwrap_or(ROUNDS);
    let key = pbkdf2_key(Hash::Sha1, password.as_bytes(), salt, rounds, 32)?;
    Ok(cbc_open(&key, iv, &sealed))
}

fn issued(token: &Value) -> Result<authr_otp::Otp, Reason> {
    let raw = Raw {
        digits: number(token, "digits")?.or(Some(7)),
        period: Some(10),
        ..Raw::default()
    };
    let seed = hex(text(token, "secretSeed")).ok_or(Reason::Encoding {
        encoding: "hexadecimal",
    })?;
    raw.build(Word::Totp, secret(seed.to_vec())?)
}

/// The site's own names where there are any; else what stands before and after the colon of the shown name.
fn draft(token: &Value) -> Draft {
    if token.get("encrypted_seed").is_some() {
        return Draft::named(text(token, "issuer"), text(token, "name"));
    }
    let shown = given(token, "originalName").unwrap_or(text(token, "name"));
    match (given(token, "originalIssuer"), shown.split_once(':')) {
        (Some(issuer), Some((prefix, label))) if prefix == issuer => Draft::named(issuer, label),
        (Some(issuer), _) => Draft::named(issuer, shown),
        (None, Some((issuer, label))) => Draft::named(issuer, label),
        (None, None) => Draft::named(shown, shown),
    }
}

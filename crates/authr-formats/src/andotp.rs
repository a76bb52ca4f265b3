//! andOTP: a list of entries, plain, or sealed with AES-256-GCM. The new seal is `rounds ‖ salt[12] ‖ nonce[12] ‖ ciphertext`
//! under PBKDF2-HMAC-SHA1; the old one `nonce[12] ‖ ciphertext` under the password's SHA-256. Neither has a mark.

use serde_json::Value;

use crate::crypto::{Hash, Key, gcm_open, pbkdf2_key, sha256};
use crate::entry::{Draft, Harvest, Raw, Reason, Word, motp_text};
use crate::json::{Json, given, list, needed, number, text};
use crate::{Format, FormatError, Input, Parsed};

/// Fewer rounds than any version used say that the file is something else.
const MIN_ROUNDS: u64 = 1_000;

pub(crate) fn parse(input: &Input<'_>) -> Result<Parsed, FormatError> {
    if input.json.is_some() {
        return read(input.json()?);
    }
    let password = input.password(Format::AndOtp)?;
    let plain = open(input.bytes, password).ok_or(FormatError::WrongPasswordOrDamaged)?;
    read(&Json::parse_bytes(&plain)?.0)
}

/// Opens the new seal, or the old one.
pub(crate) fn open(file: &[u8], password: &str) -> Option<Key> {
    open_new(file, password).or_else(|| {
        let (nonce, sealed) = file.split_at_checked(12)?;
        gcm_open(&sha256(password.as_bytes()), nonce, &[], sealed)
    })
}

fn open_new(file: &[u8], password: &str) -> Option<Key> {
    let (rounds, rest) = file.split_first_chunk::<4>()?;
    let rounds = u64::from(u32::from_be_bytes(*rounds));
    let (salt, rest) = rest.split_at_checked(12)?;
    let (nonce, sealed) = rest.split_at_checked(12)?;
    if rounds < MIN_ROUNDS {
        return None;
    }
    let key = pbkdf2_key(Hash::Sha1, password.as_bytes(), salt, rounds, 32).ok()?;
    gcm_open(&key, nonce, &[], sealed)
}

pub(crate) fn read(file: &Value) -> Result<Parsed, FormatError> {
    let entries = file.as_array().ok_or(FormatError::field("the list"))?;
    let mut harvest = Harvest::new(Format::AndOtp);
    for entry in entries {
        let mut draft = Draft::named(text(entry, "issuer"), text(entry, "label"));
        for tag in list(entry, "tags").iter().filter_map(Value::as_str) {
            draft.tag(tag);
        }
        let icon = given(entry, "thumbnail").filter(|icon| *icon != "Default");
        draft.icon = icon.unwrap_or_default().to_owned();
        harvest.take(draft, otp(entry))?;
    }
    Ok(harvest.finish())
}

fn otp(entry: &Value) -> Result<authr_otp::Otp, Reason> {
    let word = Word::parse(needed(entry, "type")?)?;
    let secret = needed(entry, "secret")?;
    let raw = Raw {
        algorithm: given(entry, "algorithm"),
        digits: number(entry, "digits")?,
        period: number(entry, "period")?,
        counter: number(entry, "counter")?,
        pin: given(entry, "pin"),
    };
    match word {
        Word::Motp => {
            let bytes = authr_otp::base32::decode(secret)?;
            let key = std::str::from_utf8(bytes.expose_secret());
            let encoding = "text of letters and digits";
            let key = key.map_err(|_| Reason::Encoding { encoding })?;
            raw.build(word, motp_text(key)?)
        }
        _ => raw.base32(word, secret),
    }
}

//! cotp: `{version, elements}`, or `{nonce, salt, cipher}`: Argon2id and XChaCha20-Poly1305.

use serde_json::Value;

use crate::crypto::{Argon2Cost, argon2id, xchacha_open};
use crate::entry::{Draft, Harvest, Raw, Reason, Word, motp_text};
use crate::json::{self, Json, given, needed, number, text};
use crate::{Format, FormatError, Input, Parsed, base64};

const COST: Argon2Cost = Argon2Cost {
    kib: 32 << 10,
    passes: 4,
    lanes: 4,
};

pub(crate) fn parse(input: &Input<'_>) -> Result<Parsed, FormatError> {
    let file = input.json()?;
    if file.get("cipher").is_none() {
        return read(file);
    }
    let password = input.password(Format::Cotp)?;
    let salt = base64(text(file, "salt")).ok_or(FormatError::field("salt"))?;
    let nonce = base64(text(file, "nonce")).ok_or(FormatError::field("nonce"))?;
    let sealed = base64(text(file, "cipher")).ok_or(FormatError::field("cipher"))?;
    let key = argon2id(password.as_bytes(), &salt, &COST)?;
    let plain = xchacha_open(&key, &nonce, &sealed).ok_or(FormatError::WrongPasswordOrDamaged)?;
    read(&Json::parse_bytes(&plain)?.0)
}

fn read(file: &Value) -> Result<Parsed, FormatError> {
    let mut harvest = Harvest::new(Format::Cotp);
    for element in json::entries(file, "elements")? {
        let draft = Draft::named(text(element, "issuer"), text(element, "label"));
        harvest.take(draft, otp(element))?;
    }
    Ok(harvest.finish())
}

fn otp(element: &Value) -> Result<authr_otp::Otp, Reason> {
    let word = Word::parse(needed(element, "type")?)?;
    let secret = needed(element, "secret")?;
    let raw = Raw {
        algorithm: given(element, "algorithm"),
        digits: number(element, "digits")?,
        period: number(element, "period")?,
        counter: number(element, "counter")?,
        pin: given(element, "pin"),
    };
    match word {
        Word::Motp => raw.build(word, motp_text(secret)?),
        _ => raw.base32(word, secret),
    }
}

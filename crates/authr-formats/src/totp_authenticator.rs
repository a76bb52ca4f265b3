//! TOTP Authenticator: a list in its preferences, or AES-256-CBC with a zero IV under the password's SHA-256, in Base64: a
//! JSON object whose first key is the text of the list.

use serde_json::Value;

use crate::crypto::{cbc_open, sha256};
use crate::entry::{Draft, Harvest, Raw, Reason, Word, secret};
use crate::json::{Json, flag, needed, number, text};
use crate::prefs::Prefs;
use crate::{Format, FormatError, Input, Parsed, base64, hex};

/// The preference that has the list.
pub(crate) const LIST: &str = "STATIC_TOTP_CODES_LIST";

/// What the app takes where the person gave no password.
const DEFAULT_PASSWORD: &str = "TotpAuthenticator";

pub(crate) fn parse(input: &Input<'_>) -> Result<Parsed, FormatError> {
    let content = input.text()?;
    if let Some(sealed) = sealed(content) {
        return match open(&sealed, DEFAULT_PASSWORD) {
            Some(list) => read(&list.0),
            None => {
                let password = input.password(Format::TotpAuthenticator)?;
                let list = open(&sealed, password).ok_or(FormatError::WrongPasswordOrDamaged)?;
                read(&list.0)
            }
        };
    }
    let prefs = Prefs::parse(content)?;
    let list = prefs.ending(LIST).ok_or(FormatError::field(LIST))?;
    read(&Json::parse(list)?.0)
}

/// What a text in Base64 encodes, if it can be a ciphertext.
pub(crate) fn sealed(text: &str) -> Option<zeroize::Zeroizing<Vec<u8>>> {
    base64(text).filter(|bytes| !bytes.is_empty() && bytes.len().is_multiple_of(16))
}

fn open(sealed: &[u8], password: &str) -> Option<Json> {
    let plain = cbc_open(&sha256(password.as_bytes()), &[0; 16], sealed)?;
    let outer = Json::parse_bytes(&plain).ok()?;
    let (list, _) = outer.0.as_object()?.iter().next()?;
    Json::parse(list).ok()
}

fn read(list: &Value) -> Result<Parsed, FormatError> {
    let list = list.as_array().ok_or(FormatError::field("the list"))?;
    let mut harvest = Harvest::new(Format::TotpAuthenticator);
    for entry in list {
        let mut draft = Draft::named(text(entry, "issuer"), text(entry, "name"));
        draft.pinned = flag(entry, "isFavorite");
        harvest.take(draft, otp(entry))?;
    }
    Ok(harvest.finish())
}

fn otp(entry: &Value) -> Result<authr_otp::Otp, Reason> {
    let raw = Raw {
        digits: number(entry, "digits")?,
        period: number(entry, "period")?,
        ..Raw::default()
    };
    let key = needed(entry, "key")?;
    let bytes = match number(entry, "base")? {
        Some(16) => hex(key).ok_or(Reason::Encoding {
            encoding: "hexadecimal",
        })?,
        Some(32) | None => return raw.base32(Word::Totp, key),
        Some(64) => base64(key).ok_or(Reason::Encoding { encoding: "Base64" })?,
        Some(_) => return Err(Reason::missing("base")),
    };
    raw.build(Word::Totp, secret(bytes.to_vec())?)
}

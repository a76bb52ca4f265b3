//! Raivo: a list of entries whose values are all texts; encrypted, `raivo-otp-export.json` in a zip with WinZip's AES.

use serde_json::Value;

use crate::entry::{Draft, Harvest, Raw, Reason, Word};
use crate::json::{Json, flag, given, needed, number, text};
use crate::zip_file::{self, Zip};
use crate::{Format, FormatError, Input, Parsed};

/// The member of the zip.
pub(crate) const MEMBER: &str = "raivo-otp-export.json";

pub(crate) fn parse(input: &Input<'_>) -> Result<Parsed, FormatError> {
    if !input.bytes.starts_with(zip_file::MAGIC) {
        return read(input.json()?);
    }
    let mut zip = Zip::open(input.bytes)?;
    let password = match zip.is_encrypted(MEMBER) {
        true => Some(input.password(Format::Raivo)?),
        false => None,
    };
    read(&Json::parse_bytes(&zip.read(MEMBER, password)?)?.0)
}

fn read(file: &Value) -> Result<Parsed, FormatError> {
    let entries = file.as_array().ok_or(FormatError::field("the list"))?;
    let mut harvest = Harvest::new(Format::Raivo);
    for entry in entries {
        let mut draft = Draft::named(text(entry, "issuer"), text(entry, "account"));
        draft.pinned = flag(entry, "pinned");
        draft.icon = text(entry, "iconValue").to_owned();
        harvest.take(draft, otp(entry))?;
    }
    Ok(harvest.finish())
}

fn otp(entry: &Value) -> Result<authr_otp::Otp, Reason> {
    let word = Word::parse(needed(entry, "kind")?)?;
    let raw = Raw {
        algorithm: given(entry, "algorithm"),
        digits: number(entry, "digits")?,
        period: number(entry, "timer")?,
        counter: number(entry, "counter")?,
        pin: None,
    };
    raw.base32(word, needed(entry, "secret")?)
}

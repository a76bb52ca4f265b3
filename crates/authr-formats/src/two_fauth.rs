//! 2FAuth: `{app, schema, data}`.

use serde_json::Value;

use crate::entry::{Draft, Harvest, Raw, Reason, Word};
use crate::json::{self, given, needed, number, text};
use crate::{Format, FormatError, Input, Parsed};

pub(crate) fn parse(input: &Input<'_>) -> Result<Parsed, FormatError> {
    let mut harvest = Harvest::new(Format::TwoFAuth);
    for entry in json::entries(input.json()?, "data")? {
        let draft = Draft::named(text(entry, "service"), text(entry, "account"));
        harvest.take(draft, otp(entry))?;
    }
    Ok(harvest.finish())
}

fn otp(entry: &Value) -> Result<authr_otp::Otp, Reason> {
    let word = Word::parse(needed(entry, "otp_type")?)?;
    let raw = Raw {
        algorithm: given(entry, "algorithm"),
        digits: number(entry, "digits")?,
        period: number(entry, "period")?,
        counter: number(entry, "counter")?,
        pin: None,
    };
    raw.base32(word, needed(entry, "secret")?)
}

//! Duo Mobile's accounts: a list; the app keeps no issuer. A counter makes an account HOTP.

use serde_json::Value;

use crate::entry::{Draft, Harvest, Raw, Reason, Word};
use crate::json::{needed, number, text};
use crate::{Format, FormatError, Input, Parsed};

pub(crate) fn parse(input: &Input<'_>) -> Result<Parsed, FormatError> {
    let file = input.json()?;
    let accounts = file.as_array().ok_or(FormatError::field("the list"))?;
    let mut harvest = Harvest::new(Format::Duo);
    for account in accounts {
        let draft = Draft::named("", text(account, "name"));
        harvest.take(draft, otp(account))?;
    }
    Ok(harvest.finish())
}

fn otp(account: &Value) -> Result<authr_otp::Otp, Reason> {
    let generator = account.get("otpGenerator");
    let generator = generator.ok_or(Reason::missing("otpGenerator"))?;
    let counter = number(generator, "counter")?;
    let word = if counter.is_some() {
        Word::Hotp
    } else {
        Word::Totp
    };
    let raw = Raw {
        counter,
        ..Raw::default()
    };
    raw.base32(word, needed(generator, "otpSecret")?)
}

//! FreeOTP 1 (preferences) and FreeOTP+ (`{tokenOrder, tokens}`): a token is JSON, its secret a list of signed bytes.

use std::collections::HashMap;

use serde_json::Value;

use crate::entry::{Draft, Harvest, Raw, Reason, Word, secret};
use crate::json::{self, Json, given, needed, number, text};
use crate::prefs::Prefs;
use crate::{Format, FormatError, Input, Parsed};

/// The preference that has the order of the others.
pub(crate) const ORDER: &str = "tokenOrder";

pub(crate) fn parse_prefs(input: &Input<'_>) -> Result<Parsed, FormatError> {
    let prefs = Prefs::parse(input.text()?)?;
    let order = prefs.iter().find(|(name, _)| *name == ORDER);
    let order = order.and_then(|(_, order)| Json::parse(order).ok());
    let order = places(order.as_ref().map(|order| &order.0));
    let mut tokens = Vec::new();
    for (position, (name, value)) in (1..).zip(prefs.iter().filter(|(name, _)| *name != ORDER)) {
        tokens.push((place(&order, name), position, Json::parse(value)));
    }
    tokens.sort_by_key(|(place, ..)| *place);
    let mut harvest = Harvest::new(Format::FreeOtp1);
    for (_, position, token) in tokens {
        match token {
            Ok(token) => harvest.take_at(position, draft(&token.0), codes(&token.0))?,
            Err(_) => {
                let reason = Reason::Encoding { encoding: "JSON" };
                harvest.take_at(position, Draft::default(), Err(reason))?;
            }
        }
    }
    Ok(harvest.finish())
}

pub(crate) fn parse_plus(input: &Input<'_>) -> Result<Parsed, FormatError> {
    let file = input.json()?;
    let order = places(file.get(ORDER));
    let mut tokens = Vec::new();
    for (position, token) in (1..).zip(json::entries(file, "tokens")?) {
        let name = format!("{}:{}", text(token, "issuerExt"), text(token, "label"));
        tokens.push((place(&order, &name), position, token));
    }
    tokens.sort_by_key(|(place, ..)| *place);
    let mut harvest = Harvest::new(Format::FreeOtpPlus);
    for (_, position, token) in tokens {
        harvest.take_at(position, draft(token), codes(token))?;
    }
    Ok(harvest.finish())
}

/// The places of the names in an order; the first of those that share one.
fn places(order: Option<&Value>) -> HashMap<&str, usize> {
    let order = order.and_then(Value::as_array).map(Vec::as_slice);
    let names = order.unwrap_or_default().iter().enumerate().rev();
    names
        .filter_map(|(place, name)| Some((name.as_str()?, place)))
        .collect()
}

/// Where a token stands in the order; after all others where it does not.
fn place(order: &HashMap<&str, usize>, name: &str) -> usize {
    order.get(name).copied().unwrap_or(usize::MAX)
}

/// The names of a token, those that the person changed before those of the site.
pub(crate) fn draft(token: &Value) -> Draft {
    let issuer = ["issuerAlt", "issuerExt", "issuerInt"];
    let issuer = issuer.iter().find_map(|field| given(token, field));
    let label = given(token, "labelAlt").unwrap_or(text(token, "label"));
    Draft::named(issuer.unwrap_or_default(), label)
}

fn codes(token: &Value) -> Result<authr_otp::Otp, Reason> {
    let bytes = token.get("secret").and_then(Value::as_array);
    let bytes = signed_bytes(bytes.ok_or(Reason::missing("secret"))?);
    with_secret(token, bytes.ok_or(Reason::missing("secret"))?)
}

/// The codes of a token whose secret stands elsewhere.
pub(crate) fn with_secret(token: &Value, bytes: Vec<u8>) -> Result<authr_otp::Otp, Reason> {
    let word = Word::parse(needed(token, "type")?)?;
    let raw = Raw {
        algorithm: given(token, "algo"),
        digits: number(token, "digits")?,
        period: number(token, "period")?,
        counter: number(token, "counter")?,
        pin: None,
    };
    raw.build(word, secret(bytes)?)
}

/// Java's bytes go from -128 to 127.
pub(crate) fn signed_bytes(values: &[Value]) -> Option<Vec<u8>> {
    let byte = |value: &Value| {
        let number = value.as_i64()?;
        let [byte] = i8::try_from(number).ok()?.to_be_bytes();
        Some(byte)
    };
    values.iter().map(byte).collect()
}

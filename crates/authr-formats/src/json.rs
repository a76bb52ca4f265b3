//! JSON as other programs write it: read once, asked field by field, so that a wrong field rejects one entry only.

use std::collections::HashMap;

use serde_json::Value;
use zeroize::Zeroize;

use crate::entry::Reason;
use crate::{Damage, FormatError};

/// A document; its texts are wiped when it is dropped.
pub(crate) struct Json(pub(crate) Value);

impl Json {
    /// Reads a document, at most 128 levels deep.
    pub(crate) fn parse(text: &str) -> Result<Self, FormatError> {
        serde_json::from_str(text)
            .map(Self)
            .map_err(|error| FormatError::Damaged {
                what: if error.is_eof() {
                    Damage::EndsEarly
                } else {
                    Damage::NotJson
                },
            })
    }

    /// Reads a document out of what was decrypted.
    pub(crate) fn parse_bytes(bytes: &[u8]) -> Result<Self, FormatError> {
        let text = std::str::from_utf8(bytes).map_err(|_| FormatError::Damaged {
            what: Damage::NotJson,
        })?;
        Self::parse(text)
    }
}

impl Drop for Json {
    fn drop(&mut self) {
        wipe(&mut self.0);
    }
}

fn wipe(value: &mut Value) {
    match value {
        Value::String(text) => text.zeroize(),
        Value::Array(values) => values.iter_mut().for_each(wipe),
        Value::Object(fields) => fields.values_mut().for_each(wipe),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// The text of a field; empty where there is none.
pub(crate) fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value.get(field).and_then(Value::as_str).unwrap_or_default()
}

/// The text of a field; `None` where it is absent, null or empty.
pub(crate) fn given<'a>(value: &'a Value, field: &str) -> Option<&'a str> {
    Some(text(value, field)).filter(|text| !text.is_empty())
}

/// A field that must be a text.
pub(crate) fn needed<'a>(value: &'a Value, field: &'static str) -> Result<&'a str, Reason> {
    value
        .get(field)
        .and_then(Value::as_str)
        .ok_or(Reason::missing(field))
}

/// A whole number, written as one or as text; `None` where it is absent, null or an empty text.
pub(crate) fn number(value: &Value, field: &'static str) -> Result<Option<i64>, Reason> {
    match value.get(field) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Number(number)) => {
            let whole = number.as_i64().or_else(|| whole(number.as_f64()?));
            whole.map(Some).ok_or(Reason::missing(field))
        }
        Some(Value::String(text)) if text.is_empty() => Ok(None),
        Some(Value::String(text)) => match text.parse() {
            Ok(number) => Ok(Some(number)),
            Err(_) => Err(Reason::missing(field)),
        },
        Some(_) => Err(Reason::missing(field)),
    }
}

/// `30.0` is 30: some programs have no whole numbers.
fn whole(number: f64) -> Option<i64> {
    (number.fract() == 0.0 && number.abs() < 1e15)
        .then(|| format!("{number:.0}").parse().ok())
        .flatten()
}

/// Whether a field is true, or a text that says so.
pub(crate) fn flag(value: &Value, field: &str) -> bool {
    match value.get(field) {
        Some(Value::Bool(flag)) => *flag,
        Some(Value::String(text)) => text.eq_ignore_ascii_case("true") || text == "1",
        Some(Value::Number(number)) => number.as_i64() == Some(1),
        _ => false,
    }
}

/// The elements of a field that is a list; none where it is absent.
pub(crate) fn list<'a>(value: &'a Value, field: &str) -> &'a [Value] {
    let list = value.get(field).and_then(Value::as_array);
    list.map_or(&[], Vec::as_slice)
}

/// The elements of a list by the text of a field; the first of those that share one.
pub(crate) fn by<'a>(list: &'a [Value], field: &str) -> HashMap<&'a str, &'a Value> {
    let named = list.iter().rev().map(|value| (text(value, field), value));
    named.collect()
}

/// The list that a file must have.
pub(crate) fn entries<'a>(
    value: &'a Value,
    field: &'static str,
) -> Result<&'a [Value], FormatError> {
    let list = value.get(field).and_then(Value::as_array);
    list.map(Vec::as_slice).ok_or(FormatError::Damaged {
        what: Damage::Field { field },
    })
}

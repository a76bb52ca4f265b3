//! A JSON body as parameters: `{"user":{"email":"a"}}` is `user[email]=a`.
//!
//! It is taken apart as it is read. Nothing of it is kept but the parameters, and the first that is too many or has too
//! long a name ends the reading.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::Number;

use super::{NAME_BYTES, Params, ParamsError};

/// Takes in a body: an object, or nothing.
pub(super) fn add(params: &mut Params, body: &[u8], max_depth: usize) -> Result<(), ParamsError> {
    if body.is_empty() {
        return Ok(());
    }
    let text = std::str::from_utf8(body).map_err(|_| ParamsError::Utf8)?;
    if depth(text) > max_depth {
        return Err(ParamsError::Depth);
    }
    let mut reading = Reading {
        params,
        refused: None,
    };
    let mut json = serde_json::Deserializer::from_str(text);
    let whole = Named {
        reading: &mut reading,
        name: None,
    };
    match whole.deserialize(&mut json).and_then(|()| json.end()) {
        Ok(()) => Ok(()),
        Err(_) => Err(reading.refused.unwrap_or(ParamsError::Json)),
    }
}

struct Reading<'p> {
    params: &'p mut Params,
    /// Why the reading ended, where it was not for the JSON.
    refused: Option<ParamsError>,
}

/// A value under its name; the whole body has none.
struct Named<'r, 'p> {
    reading: &'r mut Reading<'p>,
    name: Option<String>,
}

impl<'p> Named<'_, 'p> {
    fn put<E: Error>(self, value: impl ToString) -> Result<(), E> {
        let Some(name) = self.name else {
            return Err(E::custom("not an object"));
        };
        let added = self.reading.params.add(name, value.to_string());
        added.map_err(|error| {
            self.reading.refused = Some(error);
            E::custom(error)
        })
    }

    /// What stands in it under a key.
    fn under<E: Error>(&mut self, key: &str) -> Result<Named<'_, 'p>, E> {
        let outer = self.name.as_deref();
        if outer.map_or(0, |outer| outer.len() + "[]".len()) + key.len() > NAME_BYTES {
            self.reading.refused = Some(ParamsError::Name);
            return Err(E::custom(ParamsError::Name));
        }
        let name = match outer {
            None => key.to_owned(),
            Some(outer) => format!("{outer}[{key}]"),
        };
        Ok(Named {
            reading: self.reading,
            name: Some(name),
        })
    }
}

impl<'de> DeserializeSeed<'de> for Named<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_any(self)
    }
}

/// Recursion ends at the depth that was checked.
impl<'de> Visitor<'de> for Named<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("parameters")
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        match self.name {
            Some(_) => Ok(()),
            None => Err(E::custom("not an object")),
        }
    }

    fn visit_bool<E: Error>(self, flag: bool) -> Result<(), E> {
        self.put(flag)
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<(), E> {
        self.put(number)
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<(), E> {
        self.put(number)
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<(), E> {
        match Number::from_f64(number) {
            Some(number) => self.put(number),
            None => Err(E::custom("not a number")),
        }
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        self.put(text)
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut values: A) -> Result<(), A::Error> {
        if self.name.is_none() {
            return Err(A::Error::custom("not an object"));
        }
        for at in 0usize.. {
            let value = self.under(&at.to_string())?;
            if values.next_element_seed(value)?.is_none() {
                break;
            }
        }
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut values: A) -> Result<(), A::Error> {
        while let Some(key) = values.next_key::<String>()? {
            values.next_value_seed(self.under(&key)?)?;
        }
        Ok(())
    }
}

/// How many levels of brackets a JSON text opens, found before anything is parsed.
fn depth(text: &str) -> usize {
    let (mut depth, mut deepest, mut in_string, mut escaped) = (0usize, 0, false, false);
    for byte in text.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'{' | b'[' if !in_string => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b'}' | b']' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

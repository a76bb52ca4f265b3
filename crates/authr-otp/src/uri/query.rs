//! The query of a URI: its parameters, and the text behind percent-encoding.

use std::str::FromStr;

use authr_crypto::secret::OtpSecret;
use percent_encoding::percent_decode;
use zeroize::Zeroizing;

use super::{MAX_TAGS, UriError};
use crate::base32::{self, Base32Error};
use crate::kind::{Algorithm, Counter, Digits, DigitsOutOfRange, Period, PeriodOutOfRange};
use crate::name::{Name, Tag};
use crate::pin::Pin;

/// The query's parameters as they were written, still percent-encoded.
#[derive(Default)]
pub(super) struct Parameters<'a> {
    secret: Option<&'a str>,
    issuer: Option<&'a str>,
    algorithm: Option<&'a str>,
    digits: Option<&'a str>,
    period: Option<&'a str>,
    counter: Option<&'a str>,
    encoder: Option<&'a str>,
    pin: Option<&'a str>,
    tags: Vec<&'a str>,
    steam: bool,
    spaces_are_encoded: bool,
}

impl<'a> Parameters<'a> {
    pub(super) fn of(query: &'a str) -> Result<Self, UriError> {
        let mut parameters = Self {
            spaces_are_encoded: query.contains("%20"),
            ..Self::default()
        };
        // Where the query's issuer begins, as long as what follows may belong to it.
        let mut open_issuer = None;
        let mut end = 0;
        for piece in query.split('&') {
            let start = end;
            end = start + piece.len() + 1;
            let (name, value) = match piece.split_once('=') {
                Some((name, value)) => (name, Some(value)),
                None => (piece, None),
            };
            if parameters.take(name, value.unwrap_or_default())? {
                let begins = start + name.len() + 1;
                open_issuer =
                    (value.is_some() && name.eq_ignore_ascii_case("issuer")).then_some(begins);
            } else if value.is_some() {
                open_issuer = None;
            } else if let Some(begins) = open_issuer {
                parameters.issuer = query.get(begins..start + piece.len());
            }
        }
        Ok(parameters)
    }

    /// Takes one parameter; `false` for a name that means nothing here.
    fn take(&mut self, name: &str, value: &'a str) -> Result<bool, UriError> {
        let (slot, parameter) = match name.to_ascii_lowercase().as_str() {
            "secret" => (&mut self.secret, "secret"),
            "issuer" => (&mut self.issuer, "issuer"),
            "algorithm" => (&mut self.algorithm, "algorithm"),
            "digits" => (&mut self.digits, "digits"),
            "period" => (&mut self.period, "period"),
            "counter" => (&mut self.counter, "counter"),
            "encoder" => (&mut self.encoder, "encoder"),
            "pin" => (&mut self.pin, "pin"),
            "tags" => {
                self.tags.push(value);
                return Ok(true);
            }
            "steam" => {
                self.steam = true;
                return Ok(true);
            }
            _ => return Ok(false),
        };
        if slot.replace(value).is_some() {
            return Err(UriError::Repeated { parameter });
        }
        Ok(true)
    }

    pub(super) fn secret(&self) -> Result<OtpSecret, UriError> {
        // Base32 has no plus, so here it can only be a space.
        let text = decoded(self.secret.unwrap_or_default(), Plus::Space)
            .ok_or(UriError::NotUtf8 { part: "secret" })?;
        base32::decode(&text).map_err(|error| match error {
            Base32Error::Empty => UriError::MissingSecret,
            other => UriError::Secret(other),
        })
    }

    /// The text of an mOTP key, which is hashed as it stands.
    pub(super) fn key_text(&self) -> Result<OtpSecret, UriError> {
        let text = decoded(self.secret.unwrap_or_default(), Plus::Literal)
            .ok_or(UriError::NotUtf8 { part: "secret" })?;
        let text = text.trim();
        if let Some(at) = text.chars().position(|c| !c.is_ascii_alphanumeric()) {
            return Err(UriError::KeyText { position: at + 1 });
        }
        let bytes = text.len();
        OtpSecret::new(text.as_bytes().to_vec()).map_err(|_| match bytes {
            0 => UriError::MissingSecret,
            _ => UriError::Secret(Base32Error::TooLong),
        })
    }

    /// The PIN, as digits or, as Aegis writes it, as the Base32 of digits; empty where there is none.
    pub(super) fn pin(&self) -> Result<Pin, UriError> {
        let Some(text) = given(self.pin) else {
            return Ok(Pin::UNKNOWN);
        };
        let text = decoded(text, Plus::Literal).ok_or(UriError::NotUtf8 { part: "PIN" })?;
        let behind = base32::decode(&text).ok();
        let digits = behind.as_ref().map(OtpSecret::expose_secret);
        let digits = digits
            .filter(|bytes| bytes.iter().all(u8::is_ascii_digit))
            .and_then(|bytes| std::str::from_utf8(bytes).ok());
        Ok(Pin::new(digits.unwrap_or(&text))?)
    }

    pub(super) fn issuer(&self) -> Result<Name, UriError> {
        let part = "issuer";
        let text = self.text(self.issuer.unwrap_or_default(), part)?;
        Name::new(&text).map_err(|source| UriError::Name { part, source })
    }

    pub(super) fn tags(&self) -> Result<Vec<Tag>, UriError> {
        let part = "tag";
        let mut tags = Vec::new();
        for raw in &self.tags {
            let text = self.text(raw, part)?;
            tags.extend(Tag::new(&text).map_err(|source| UriError::Name { part, source })?);
            if tags.len() > MAX_TAGS {
                return Err(UriError::TooManyTags);
            }
        }
        Ok(tags)
    }

    pub(super) fn algorithm(&self) -> Result<Algorithm, UriError> {
        let Some(name) = given(self.algorithm) else {
            return Ok(Algorithm::Sha1);
        };
        Ok(Algorithm::parse(name)?)
    }

    pub(super) fn digits(&self) -> Result<Digits, UriError> {
        let Some(text) = given(self.digits) else {
            return Ok(Digits::SIX);
        };
        Ok(Digits::new(number(text).ok_or(DigitsOutOfRange)?)?)
    }

    pub(super) fn period(&self) -> Result<Period, UriError> {
        let Some(text) = given(self.period) else {
            return Ok(Period::THIRTY);
        };
        Ok(Period::new(number(text).ok_or(PeriodOutOfRange)?)?)
    }

    pub(super) fn counter(&self) -> Result<Counter, UriError> {
        match given(self.counter) {
            // FreeOTP adds one before it counts, so that its -1 is the first counter.
            None | Some("-1") => Ok(Counter::ZERO),
            Some(text) => Ok(Counter::new(
                number(text).ok_or(UriError::CounterNotANumber)?,
            )?),
        }
    }

    pub(super) fn encoder(&self) -> Result<Encoder, UriError> {
        match given(self.encoder) {
            None if self.steam => Ok(Encoder::Steam),
            None => Ok(Encoder::Decimal),
            Some(name) if name.eq_ignore_ascii_case("steam") => Ok(Encoder::Steam),
            Some(_) => Err(UriError::Encoder),
        }
    }

    fn text(&self, raw: &str, part: &'static str) -> Result<Zeroizing<String>, UriError> {
        let plus = if self.spaces_are_encoded {
            Plus::Literal
        } else {
            Plus::Space
        };
        decoded(raw, plus).ok_or(UriError::NotUtf8 { part })
    }
}

/// A parameter that says something: other programs write `null` or nothing for what they do not know.
fn given(raw: Option<&str>) -> Option<&str> {
    raw.filter(|text| !text.is_empty() && !text.eq_ignore_ascii_case("null"))
}

/// Digits alone: `from_str` would take a plus sign too.
fn number<T: FromStr>(text: &str) -> Option<T> {
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        text.parse().ok()
    } else {
        None
    }
}

/// How a code is written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Encoder {
    Decimal,
    Steam,
}

/// What `+` stands for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Plus {
    Literal,
    Space,
}

/// The text behind percent-encoding, in buffers that never grow; `None` where it is no UTF-8. A percent sign
/// that begins no encoding is a character like any other.
pub(super) fn decoded(raw: &str, plus: Plus) -> Option<Zeroizing<String>> {
    let raw: Zeroizing<Vec<u8>> = Zeroizing::new(
        raw.bytes()
            .map(|byte| match (byte, plus) {
                (b'+', Plus::Space) => b' ',
                _ => byte,
            })
            .collect(),
    );
    let mut bytes = Zeroizing::new(Vec::with_capacity(raw.len()));
    bytes.extend(percent_decode(&raw));
    std::str::from_utf8(&bytes)
        .ok()
        .map(|text| Zeroizing::new(text.to_owned()))
}

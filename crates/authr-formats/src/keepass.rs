//! The ways in which KeePass programs write one-time passwords: as attributes of an entry.

use crate::entry::{Draft, Harvest, Raw, Reason, Word, secret};
use crate::{FormatError, base64, hex};

/// The attributes of an entry, by name.
pub(crate) struct Attributes<'a, 'v> {
    pub(crate) get: &'a dyn Fn(&str) -> Option<&'v str>,
    /// The one that has a URI, or KeeOtp's `key=…`.
    pub(crate) uri: Option<&'v str>,
}

/// Whether an attribute of this name is one of those that one-time passwords are made of.
pub(crate) fn makes_codes(name: &str) -> bool {
    let parts = ["TimeOtp-", "HmacOtp-", "TOTP "];
    name == "otp" || parts.iter().any(|part| name.starts_with(part))
}

impl Attributes<'_, '_> {
    /// Takes every one-time password of the entry; an entry without one is no account.
    pub(crate) fn harvest(
        &self,
        position: usize,
        draft: Draft,
        harvest: &mut Harvest,
    ) -> Result<(), FormatError> {
        if let Some(uri) = self.uri {
            if !uri.contains("://") {
                return harvest.take_at(position, draft, kee_otp(uri));
            }
            return harvest.take_uri(position, draft, uri);
        }
        if let Some(otp) = self.keepass().or_else(|| self.tray_totp()) {
            return harvest.take_at(position, draft, otp);
        }
        Ok(())
    }

    /// KeePass 2.47: `TimeOtp-Secret…` or `HmacOtp-Secret…`, and what goes with it.
    fn keepass(&self) -> Option<Result<authr_otp::Otp, Reason>> {
        for (prefix, word) in [("TimeOtp", Word::Totp), ("HmacOtp", Word::Hotp)] {
            for encoding in ["", "-Hex", "-Base32", "-Base64"] {
                if let Some(text) = (self.get)(&format!("{prefix}-Secret{encoding}")) {
                    return Some(self.build(word, prefix, encoding, text));
                }
            }
        }
        None
    }

    fn build(
        &self,
        word: Word,
        prefix: &str,
        encoding: &str,
        text: &str,
    ) -> Result<authr_otp::Otp, Reason> {
        let number = |name: &str, field: &'static str| {
            let text = (self.get)(&format!("{prefix}-{name}"));
            text.map(|text| text.parse().map_err(|_| Reason::missing(field)))
                .transpose()
        };
        let algorithm = (self.get)(&format!("{prefix}-Algorithm"));
        let raw = Raw {
            algorithm: algorithm.map(|name| name.trim_start_matches("HMAC-")),
            digits: number("Length", "Length")?,
            period: number("Period", "Period")?,
            counter: number("Counter", "Counter")?,
            pin: None,
        };
        let bytes = match encoding {
            "" => text.as_bytes().to_vec(),
            "-Hex" => hex(text)
                .ok_or(Reason::Encoding {
                    encoding: "hexadecimal",
                })?
                .to_vec(),
            "-Base64" => base64(text)
                .ok_or(Reason::Encoding { encoding: "Base64" })?
                .to_vec(),
            _ => return raw.base32(word, text),
        };
        raw.build(word, secret(bytes)?)
    }

    /// KeeTrayTOTP: `TOTP Seed` and `TOTP Settings`, `30;6` or `30;S`.
    fn tray_totp(&self) -> Option<Result<authr_otp::Otp, Reason>> {
        let seed = (self.get)("TOTP Seed")?;
        let settings = (self.get)("TOTP Settings").unwrap_or("30;6");
        let mut parts = settings.split(';').map(str::trim);
        let (period, digits) = (parts.next().unwrap_or(""), parts.next().unwrap_or(""));
        if digits.eq_ignore_ascii_case("S") {
            return Some(Raw::default().base32(Word::Steam, seed));
        }
        let (Ok(period), Ok(digits)) = (period.parse(), digits.parse()) else {
            return Some(Err(Reason::missing("TOTP Settings")));
        };
        let raw = Raw {
            digits: Some(digits),
            period: Some(period),
            ..Raw::default()
        };
        Some(raw.base32(Word::Totp, seed))
    }
}

/// KeeOtp: `key=…&step=…&size=…&otpHashMode=…&type=…&counter=…`.
fn kee_otp(text: &str) -> Result<authr_otp::Otp, Reason> {
    let of = |name: &str| {
        let mut pairs = text.split('&').filter_map(|pair| pair.split_once('='));
        let value = pairs.find(|(key, _)| key.eq_ignore_ascii_case(name))?.1;
        percent_encoding::percent_decode_str(value)
            .decode_utf8()
            .ok()
    };
    let number = |name: &'static str| {
        let text = of(name);
        text.map(|text| text.parse().map_err(|_| Reason::missing(name)))
            .transpose()
    };
    let algorithm = of("otpHashMode");
    let raw = Raw {
        algorithm: algorithm.as_deref(),
        digits: number("size")?,
        period: number("step")?,
        counter: number("counter")?,
        pin: None,
    };
    let word = match of("type").as_deref() {
        None => Word::Totp,
        Some(name) => Word::parse(name)?,
    };
    let key = of("key").ok_or(Reason::missing("key"))?;
    match of("encoding").as_deref() {
        Some(name) if name.eq_ignore_ascii_case("hex") => {
            let bytes = hex(&key).ok_or(Reason::Encoding {
                encoding: "hexadecimal",
            })?;
            raw.build(word, secret(bytes.to_vec())?)
        }
        _ => raw.base32(word, &key),
    }
}

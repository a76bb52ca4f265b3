//! Phone numbers as a person types them.

use std::fmt;

use phonenumber::Mode;

/// The longest text that is looked at.
const MAX_BYTES: usize = 40;

/// A number that some country has. Whether messages can be sent to it, the server says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Phone {
    e164: String,
    shown: String,
}

/// What is no phone number.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BadPhone {
    /// No country code in front.
    #[error("{0} has no country code: write it as +1 201 555 0123")]
    NoCountryCode(String),
    /// No number of its country.
    #[error("{0} is no phone number of any country")]
    NoNumber(String),
}

impl Phone {
    /// Reads a number with its country code: `+1 (201) 555-0123`, or `00` for the plus.
    pub(crate) fn parse(text: &str) -> Result<Self, BadPhone> {
        let typed = text.trim();
        let no_number = || BadPhone::NoNumber(typed.to_owned());
        let plain = |c: char| c.is_ascii_digit() || "+-. ()/".contains(c);
        if typed.is_empty() || typed.len() > MAX_BYTES || !typed.chars().all(plain) {
            return Err(no_number());
        }
        let international = match typed.strip_prefix("00") {
            Some(rest) => format!("+{rest}"),
            None if typed.starts_with('+') => typed.to_owned(),
            None => return Err(BadPhone::NoCountryCode(typed.to_owned())),
        };
        let number = phonenumber::parse(None, international).map_err(|_| no_number())?;
        if !number.is_valid() || number.extension().is_some() {
            return Err(no_number());
        }
        Ok(Self {
            e164: number.format().mode(Mode::E164).to_string(),
            shown: number.format().mode(Mode::International).to_string(),
        })
    }

    /// The one way to write it: `+12015550123`.
    pub(crate) fn e164(&self) -> &str {
        &self.e164
    }

    /// Whether a command line names a phone number rather than a file.
    pub(crate) fn is_meant(text: &str) -> bool {
        let digits = text.strip_prefix('+').unwrap_or_default();
        digits.starts_with(|c: char| c.is_ascii_digit())
            && digits
                .chars()
                .all(|c| c.is_ascii_digit() || "-. ()/".contains(c))
    }
}

impl fmt::Display for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_shown_in_international_form_and_sent_in_one() {
        for typed in ["+1 201 555 0123", " +1 (201) 555-0123 ", "0012015550123"] {
            let phone = Phone::parse(typed).unwrap();
            assert_eq!(phone.e164(), "+12015550123");
            assert_eq!(phone.to_string(), "+1 201-555-0123");
        }
        for real in [
            "+39 347 123 4567",
            "+39 06 6982 0000",
            "+54 9 11 2345 6789",
            "+54 11 4321 1234",
            "+4915123456789",
        ] {
            assert!(Phone::parse(real).is_ok(), "{real}");
        }
    }

    #[test]
    fn a_number_without_its_country_is_refused_with_an_example() {
        let refused = Phone::parse("201 555 0123").unwrap_err();
        assert!(refused.to_string().contains("+1 201 555 0123"));
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for typed in [
            "",
            "+",
            "+1",
            "+999 201 555 0123",
            "+1 201 555 01234",
            "+1 201 555 012a",
            "+1\u{202e}2015550123",
        ] {
            assert!(
                matches!(Phone::parse(typed), Err(BadPhone::NoNumber(_))),
                "{typed}"
            );
        }
        assert!(Phone::parse(&format!("+1{}", "2".repeat(40))).is_err());
    }

    #[test]
    fn a_file_is_not_taken_for_a_number() {
        assert!(Phone::is_meant("+12015550123") && Phone::is_meant("+1 201 555-0123"));
        for file in [
            "backup.authr",
            "/tmp/+1",
            "+",
            "+backup",
            "+1.authr",
            "12015550123",
        ] {
            assert!(!Phone::is_meant(file), "{file}");
        }
    }
}

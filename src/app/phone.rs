//! Phone numbers as a person types them.

use std::fmt;

/// The longest text that is looked at.
const MAX_BYTES: usize = 40;
/// How many digits a number has, with its country code. E.164 allows fifteen; no country has numbers below seven.
const DIGITS: std::ops::RangeInclusive<usize> = 7..=15;

/// What can be a phone number. Whether its country has such numbers, and whether messages can be sent to it, the server
/// says: it has the numbering plans, and the app starts faster without them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Phone {
    e164: String,
}

/// What is no phone number.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BadPhone {
    /// No country code in front.
    #[error("{0} has no country code: write it as +1 201 555 0123")]
    NoCountryCode(String),
    /// No number of any country.
    #[error("{0} is no phone number of any country")]
    NoNumber(String),
}

impl Phone {
    /// Reads a number with its country code: `+1 (201) 555-0123`, or `00` for the plus. A zero that is dialled within the
    /// country alone may stand in brackets: `+44 (0)20 7946 0018`.
    pub(crate) fn parse(text: &str) -> Result<Self, BadPhone> {
        let typed = text.trim();
        let no_number = || BadPhone::NoNumber(typed.to_owned());
        let plain = |c: char| c.is_ascii_digit() || "+-. ()/".contains(c);
        if typed.is_empty() || typed.len() > MAX_BYTES || !typed.chars().all(plain) {
            return Err(no_number());
        }
        let rest = match (typed.strip_prefix('+'), typed.strip_prefix("00")) {
            (Some(rest), _) | (None, Some(rest)) => rest.replace("(0)", ""),
            (None, None) => return Err(BadPhone::NoCountryCode(typed.to_owned())),
        };
        let digits: String = rest.chars().filter(char::is_ascii_digit).collect();
        if rest.contains('+') || digits.starts_with('0') || !DIGITS.contains(&digits.len()) {
            return Err(no_number());
        }
        Ok(Self {
            e164: format!("+{digits}"),
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
        f.write_str(&self.e164)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_sent_in_one_form_however_it_is_typed() {
        for typed in ["+1 201 555 0123", " +1 (201) 555-0123 ", "0012015550123"] {
            assert_eq!(Phone::parse(typed).unwrap().e164(), "+12015550123");
        }
        for (typed, sent) in [
            ("+39 06 6982 0000", "+390669820000"),
            ("+54 9 11 2345 6789", "+5491123456789"),
            ("+44 (0)20 7946 0018", "+442079460018"),
        ] {
            assert_eq!(Phone::parse(typed).unwrap().to_string(), sent);
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
            "+123456",
            "+1234567890123456",
            "+0201 555 0123",
            "+1 201 + 555 0123",
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

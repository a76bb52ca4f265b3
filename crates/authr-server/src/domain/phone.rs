//! Phone numbers: parsed at the edge, refused where no message can or should go.

use std::fmt;

use phonenumber::metadata::DATABASE;
use phonenumber::{Mode, Type};

/// A number that is valid and reaches a person. `Debug` and `Display` show its last four digits alone.
#[derive(Clone, PartialEq, Eq)]
pub struct Phone {
    e164: String,
    country_code: u16,
    region: Option<String>,
    reach: Reach,
}

/// What reaches a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Messages and calls. Where a plan does not tell fixed lines from mobiles, a number counts as mobile.
    Mobile,
    /// Calls alone.
    Landline,
}

/// The text is no number that a person has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PhoneError {
    /// No country has this calling code.
    #[error("the country code is unknown")]
    CountryCode,
    /// Not a number of that country, or of a type that costs its caller (premium) or reaches nobody.
    #[error("the number is invalid")]
    Number,
}

/// The longest text that is looked at: the longest number with every digit spaced.
const MAX_BYTES: usize = 40;

impl Phone {
    /// Parses a calling code and a number as a site sends them: `1` and `201-555-0123`.
    ///
    /// # Errors
    /// [`PhoneError`].
    pub fn parse(country_code: &str, number: &str) -> Result<Self, PhoneError> {
        let code = country_code.trim().trim_start_matches('+');
        if code.is_empty() || code.len() > 3 || !code.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(PhoneError::CountryCode);
        }
        let code: u16 = code.parse().map_err(|_| PhoneError::CountryCode)?;
        if DATABASE.region(&code).is_none() {
            return Err(PhoneError::CountryCode);
        }
        let number = number.trim();
        let phone = if number.starts_with('+') {
            Self::international(number)?
        } else {
            Self::international(&format!("+{code} {number}"))?
        };
        if phone.country_code == code {
            Ok(phone)
        } else {
            Err(PhoneError::Number)
        }
    }

    /// Parses a number in international form: `+1 201-555-0123`.
    ///
    /// # Errors
    /// [`PhoneError`].
    pub fn international(text: &str) -> Result<Self, PhoneError> {
        let plain = |c: char| c.is_ascii_digit() || "+-. ()/".contains(c);
        if text.len() > MAX_BYTES || !text.starts_with('+') || !text.chars().all(plain) {
            return Err(PhoneError::Number);
        }
        let number = phonenumber::parse(None, text).map_err(|_| PhoneError::Number)?;
        if !number.is_valid() || number.extension().is_some() {
            return Err(PhoneError::Number);
        }
        let reach = match number.number_type(&DATABASE) {
            Type::Mobile | Type::FixedLineOrMobile | Type::PersonalNumber | Type::Voip => {
                Reach::Mobile
            }
            Type::FixedLine => Reach::Landline,
            _ => return Err(PhoneError::Number),
        };
        Ok(Self {
            e164: number.format().mode(Mode::E164).to_string(),
            country_code: number.code().value(),
            region: number.country().id().map(|id| id.as_ref().to_owned()),
            reach,
        })
    }

    /// The one way to write it: `+12015550123`.
    #[must_use]
    pub fn e164(&self) -> &str {
        &self.e164
    }

    /// Its calling code.
    #[must_use]
    pub fn country_code(&self) -> u16 {
        self.country_code
    }

    /// Its country, as two letters, where the number tells.
    #[must_use]
    pub fn region(&self) -> Option<&str> {
        self.region.as_deref()
    }

    /// What reaches it.
    #[must_use]
    pub fn reach(&self) -> Reach {
        self.reach
    }

    /// The block of ten thousand numbers that it is of.
    #[must_use]
    pub fn prefix(&self) -> &str {
        self.e164.get(..self.e164.len() - 4).unwrap_or_default()
    }

    /// Masked for a site's status: `XXX-XXX-0123`.
    #[must_use]
    pub fn masked(&self) -> String {
        format!("XXX-XXX-{}", self.last(4))
    }

    /// Masked for a site that sends a token: `+1-XXX-XXX-XX23`.
    #[must_use]
    pub fn masked_with_country(&self) -> String {
        format!("+{}-XXX-XXX-XX{}", self.country_code, self.last(2))
    }

    fn last(&self, digits: usize) -> &str {
        self.e164
            .get(self.e164.len() - digits..)
            .unwrap_or_default()
    }
}

/// Reads the number plans of all countries, so that the first request does not wait for it.
pub fn load_plans() {
    let _ = DATABASE.region(&1);
}

impl fmt::Display for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "+{}…{}", self.country_code, self.last(4))
    }
}

impl fmt::Debug for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_number_of_a_person_is_refused() {
        for (code, number) in [
            ("1", ""),
            ("1", "12"),
            ("1", "201-555-01234567"),
            ("1", "call me"),
            ("1", "２０１５５５０１２３"),
            ("1", "+44 7400 123456"), // another country than it says
            ("1", "900-234-5678"),    // premium
            ("1", "800-234-5678"),    // free of charge: nobody's own
            ("44", "909 879 0123"),   // premium
            ("44", "76 4012 3456"),   // pager
            ("1", "201-555-0123;ext=5"),
            ("1", &"2".repeat(100)),
        ] {
            assert_eq!(
                Phone::parse(code, number),
                Err(PhoneError::Number),
                "{code} {number}"
            );
        }
        for code in ["", "0", "999", "1234", "one", "-1", "+"] {
            assert_eq!(
                Phone::parse(code, "201-555-0123"),
                Err(PhoneError::CountryCode),
                "{code}"
            );
        }
    }

    #[test]
    fn every_spelling_of_a_number_is_the_same_number() {
        for (code, number) in [
            ("1", "2015550123"),
            ("1", "201-555-0123"),
            ("1", "(201) 555-0123"),
            ("1", "201.555.0123"),
            ("+1", " 201 555 0123 "),
            ("1", "+1 201 555 0123"),
        ] {
            assert_eq!(Phone::parse(code, number).unwrap().e164(), "+12015550123");
        }
        for number in ["7400 123456", "07400 123456"] {
            assert_eq!(Phone::parse("44", number).unwrap().e164(), "+447400123456");
        }
    }

    #[test]
    fn a_landline_takes_calls_alone() {
        assert_eq!(
            Phone::parse("49", "30 123456").unwrap().reach(),
            Reach::Landline
        );
        assert_eq!(
            Phone::parse("49", "1512 3456789").unwrap().reach(),
            Reach::Mobile
        );
    }

    #[test]
    fn a_number_shows_its_last_digits_alone() {
        let phone = Phone::parse("1", "201-555-0123").unwrap();
        assert_eq!(format!("{phone} {phone:?}"), "+1…0123 +1…0123");
        assert_eq!(phone.masked(), "XXX-XXX-0123");
        assert_eq!(phone.masked_with_country(), "+1-XXX-XXX-XX23");
        assert_eq!(phone.prefix(), "+1201555");
        assert_eq!(phone.region(), Some("US"));
        assert_eq!(
            Phone::parse("57", "321 123 4567")
                .unwrap()
                .masked_with_country(),
            "+57-XXX-XXX-XX67"
        );
    }
}

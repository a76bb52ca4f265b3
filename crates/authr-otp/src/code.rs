//! A code, for the eye and for a pipe.

use std::fmt;

use authr_crypto::mac;
use zeroize::Zeroizing;

/// A one-time code: its digits as text, leading zeros included; wiped when dropped.
pub struct Code(Zeroizing<String>);

impl Code {
    /// Takes the finished text of a code: computed here, or by the process that holds the secret.
    #[must_use]
    pub fn new(text: Zeroizing<String>) -> Self {
        Self(text)
    }

    /// The bare digits: what is typed, copied or piped.
    #[must_use]
    pub fn expose_secret(&self) -> &str {
        &self.0
    }

    /// The digits in groups for the eye: `123 456`, `482 0193`, `1234 5678`. A code with letters stays whole.
    #[must_use]
    pub fn grouped(&self) -> Zeroizing<String> {
        let has_letters = !self.0.bytes().all(|byte| byte.is_ascii_digit());
        let groups: &[usize] = match self.0.len() {
            whole if has_letters => &[whole],
            5 => &[2, 3],
            6 => &[3, 3],
            7 => &[3, 4],
            8 => &[4, 4],
            9 => &[3, 3, 3],
            10 => &[3, 3, 4],
            whole => &[whole],
        };
        // With room from the start: a buffer that grows leaves a copy behind.
        let mut text = Zeroizing::new(String::with_capacity(self.0.len() + groups.len()));
        let mut rest = self.0.as_str();
        for length in groups {
            let (group, after) = rest.split_at(*length);
            if !text.is_empty() {
                text.push(' ');
            }
            text.push_str(group);
            rest = after;
        }
        text
    }

    /// Whether this is the code that was typed, in constant time for equal lengths.
    #[must_use]
    pub fn matches(&self, typed: &str) -> bool {
        mac::equal(self.0.as_bytes(), typed.as_bytes())
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Code(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(digits: &str) -> Code {
        Code::new(Zeroizing::new(digits.to_owned()))
    }

    #[test]
    fn debug_shows_no_digit() {
        assert_eq!(format!("{:?}", code("4820193")), "Code(..)");
    }

    #[test]
    fn another_or_a_shorter_or_a_spaced_code_does_not_match() {
        assert!(code("4820193").matches("4820193"));
        for typed in [
            "",
            "482019",
            "4820194",
            "48201930",
            "482 0193",
            "０４８２０１９",
        ] {
            assert!(!code("4820193").matches(typed), "{typed}");
        }
    }

    #[test]
    fn every_length_is_grouped_without_losing_a_digit() {
        for (digits, grouped) in [
            ("02345", "02 345"),
            ("023456", "023 456"),
            ("4820193", "482 0193"),
            ("12345678", "1234 5678"),
            ("123456789", "123 456 789"),
            ("0689005924", "068 900 5924"),
            ("FR8RV", "FR8RV"),
            ("umozdicq", "umozdicq"),
        ] {
            assert_eq!(*code(digits).grouped(), grouped);
        }
    }
}

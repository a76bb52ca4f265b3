//! The PIN that some kinds mix into their codes.

use std::fmt;

use authr_crypto::mac;

/// A PIN: at most 16 letters and digits; empty where it is not known.
///
/// It stands in the kind and is copied with it: it is worth nothing without the secret, which is wiped.
#[derive(Clone, Copy, Default)]
pub struct Pin {
    bytes: [u8; Self::MAX_BYTES],
    length: u8,
}

/// A PIN that is too long, or has another character than letters and digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a PIN has at most {} letters and digits", Pin::MAX_BYTES)]
pub struct PinError;

impl Pin {
    /// The longest PIN: Yandex allows 16 digits.
    pub const MAX_BYTES: usize = 16;
    /// A PIN that is not known.
    pub const UNKNOWN: Self = Self {
        bytes: [0; Self::MAX_BYTES],
        length: 0,
    };

    /// Takes a PIN in.
    ///
    /// # Errors
    /// [`PinError`] beyond 16 characters, and for anything but ASCII letters and digits.
    pub fn new(text: &str) -> Result<Self, PinError> {
        if !text.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Err(PinError);
        }
        let mut pin = Self::UNKNOWN;
        let slot = pin.bytes.get_mut(..text.len()).ok_or(PinError)?;
        slot.copy_from_slice(text.as_bytes());
        pin.length = u8::try_from(text.len()).map_err(|_| PinError)?;
        Ok(pin)
    }

    /// The characters.
    #[must_use]
    pub fn expose_secret(&self) -> &str {
        let bytes = self.bytes.get(..usize::from(self.length));
        bytes
            .and_then(|bytes| std::str::from_utf8(bytes).ok())
            .expect("because it was taken from an ASCII text of that length")
    }

    /// Whether it is not known.
    #[must_use]
    pub fn is_unknown(&self) -> bool {
        self.length == 0
    }
}

impl PartialEq for Pin {
    fn eq(&self, other: &Self) -> bool {
        mac::equal(&self.bytes, &other.bytes)
    }
}

impl Eq for Pin {}

impl fmt::Debug for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pin(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pin_of_17_characters_or_with_a_sign_in_it_is_refused() {
        for text in ["12345678901234567", "12 34", "1-2", "é", "1\n"] {
            assert_eq!(Pin::new(text), Err(PinError), "{text:?}");
        }
        let longest = Pin::new("1234567890123456").unwrap();
        assert_eq!(longest.expose_secret(), "1234567890123456");
        assert!(Pin::new("").unwrap().is_unknown());
    }

    #[test]
    fn debug_shows_no_digit_and_another_pin_is_not_equal() {
        let pin = Pin::new("1234").unwrap();
        assert_eq!(format!("{pin:?}"), "Pin(..)");
        assert_ne!(pin, Pin::new("1235").unwrap());
        assert_ne!(pin, Pin::new("12340").unwrap());
    }
}

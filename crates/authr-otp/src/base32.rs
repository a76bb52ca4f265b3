//! Secrets in Base32 ([RFC 4648](https://www.rfc-editor.org/rfc/rfc4648#section-6)), as people type them.

use authr_crypto::secret::OtpSecret;
use data_encoding::BASE32_NOPAD;
use zeroize::Zeroizing;

/// Text that is no secret. It never says what the text was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Base32Error {
    /// There is not even one whole byte.
    #[error("the secret is empty")]
    Empty,
    /// More bytes than a secret may have.
    #[error("the secret is longer than {} bytes", OtpSecret::MAX_BYTES)]
    TooLong,
    /// A character that Base32 does not have.
    #[error("character {position} of the secret is none of A to Z and 2 to 7")]
    Character {
        /// Which one, counted from 1 as typed.
        position: usize,
    },
}

/// Reads a secret: either case, spaces, dashes and underscores anywhere, with or without padding, of any length.
///
/// Bits that fill no byte are dropped. 0, 1, 8 and 9 are errors: which letter was meant would be a guess.
///
/// # Errors
/// [`Base32Error`] names the place, never the character.
pub fn decode(text: &str) -> Result<OtpSecret, Base32Error> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(OtpSecret::MAX_BYTES));
    let mut padding_at = None;
    // At most 12 bits wait here: 7 that fill no byte yet, and 5 new ones.
    let mut waiting: u16 = 0;
    let mut bits = 0;
    for (index, character) in text.chars().enumerate() {
        let position = index + 1;
        if character == '=' {
            padding_at = padding_at.or(Some(position));
            continue;
        }
        if character.is_whitespace() || character == '-' || character == '_' {
            continue;
        }
        let value = value_of(character).ok_or(Base32Error::Character { position })?;
        // Padding ends the text; before more of it, it is a wrong character.
        if let Some(position) = padding_at {
            return Err(Base32Error::Character { position });
        }
        waiting = waiting << 5 | u16::from(value);
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            if bytes.len() == OtpSecret::MAX_BYTES {
                return Err(Base32Error::TooLong);
            }
            bytes.push(u8::try_from(waiting >> bits).expect("because 8 bits are above the rest"));
            waiting &= (1 << bits) - 1;
        }
    }
    OtpSecret::new(std::mem::take(&mut *bytes)).map_err(|_| Base32Error::Empty)
}

fn value_of(character: char) -> Option<u8> {
    match u8::try_from(character).ok()? {
        upper @ b'A'..=b'Z' => Some(upper - b'A'),
        lower @ b'a'..=b'z' => Some(lower - b'a'),
        digit @ b'2'..=b'7' => Some(digit - b'2' + 26),
        _ => None,
    }
}

/// Writes a secret: upper case, no padding, no separators.
#[must_use]
pub fn encode(secret: &OtpSecret) -> Zeroizing<String> {
    Zeroizing::new(BASE32_NOPAD.encode(secret.expose_secret()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn bytes(text: &str) -> Result<Vec<u8>, Base32Error> {
        decode(text).map(|secret| secret.expose_secret().to_vec())
    }

    fn wrong_at(position: usize) -> Result<Vec<u8>, Base32Error> {
        Err(Base32Error::Character { position })
    }

    #[test]
    fn a_character_outside_the_alphabet_is_named_by_its_place_alone() {
        for (text, position) in [
            ("0BCD", 1),
            ("AB1D", 3),
            ("ABC8", 4),
            ("AB-C9", 5),
            ("é", 1),
            ("aa aé", 5),
            ("ABCD+EFGH", 5),
            ("АBCD", 1), // a Cyrillic letter that looks like A
        ] {
            assert_eq!(bytes(text), wrong_at(position), "{text}");
        }
        assert_eq!(
            bytes("JBSWY3DPEHPK3PX1").unwrap_err().to_string(),
            "character 16 of the secret is none of A to Z and 2 to 7"
        );
    }

    #[test]
    fn padding_inside_a_secret_is_a_wrong_character() {
        assert_eq!(bytes("MFRA====MFRA===="), wrong_at(5));
    }

    #[test]
    fn less_than_a_whole_byte_is_empty() {
        for text in ["", " ", "====", "- _", "A", "A======="] {
            assert_eq!(bytes(text), Err(Base32Error::Empty), "{text:?}");
        }
    }

    #[test]
    fn a_secret_of_129_bytes_is_too_long() {
        let longest = BASE32_NOPAD.encode(&[0xa5; 128]);
        assert_eq!(bytes(&longest).unwrap(), [0xa5; 128]);
        let longer = BASE32_NOPAD.encode(&[0xa5; 129]);
        assert_eq!(bytes(&longer), Err(Base32Error::TooLong));
        assert_eq!(bytes(&"A".repeat(1 << 20)), Err(Base32Error::TooLong));
    }

    #[test]
    fn spaces_dashes_underscores_case_and_padding_change_nothing() {
        for text in [
            "MFRGG43FMZXW6",
            "mfrgg43fmzxw6",
            "MfRgG43fMzXw6===",
            " MFRG-G43F_MZXW 6 ",
            "MFRG\tG43F\nMZXW\u{a0}6=\u{2003}==\r\n",
            "--MFRGG43FMZXW6 =-_=",
        ] {
            assert_eq!(bytes(text).unwrap(), b"abcsefoo".to_vec(), "{text:?}");
        }
    }

    #[test]
    fn bits_that_fill_no_byte_are_dropped() {
        assert_eq!(bytes("SECRET").unwrap(), [0x91, 0x05, 0x12]);
        assert_eq!(bytes("ABCDEFG").unwrap(), [0x00, 0x44, 0x32, 0x14]);
        assert_eq!(bytes("AB").unwrap(), bytes("AA").unwrap());
    }

    proptest! {
        #[test]
        fn any_text_is_a_secret_or_an_error_and_never_a_panic(text in any::<String>()) {
            let _ = decode(&text);
        }

        #[test]
        fn decode_of_encode_is_the_secret(secret in prop::collection::vec(any::<u8>(), 1..=128)) {
            let text = encode(&OtpSecret::new(secret.clone()).unwrap());
            prop_assert!(text.bytes().all(|b| matches!(b, b'A'..=b'Z' | b'2'..=b'7')));
            prop_assert_eq!(bytes(&text).unwrap(), secret);
        }
    }
}

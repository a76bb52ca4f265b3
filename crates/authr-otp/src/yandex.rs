//! Yandex's kind: secrets of 16 bytes, with or without what its app adds to them, and codes of eight letters.

use authr_crypto::mac;
use zeroize::Zeroizing;

use crate::kind::Algorithm;
use crate::otp::hmac;
use crate::pin::Pin;

/// The part of a secret that makes codes.
pub const KEY_BYTES: usize = 16;
/// A secret as Yandex's page shows it: the key, 8 bytes of zeros, PIN length and checksum.
pub const WHOLE_BYTES: usize = 26;

/// A secret that Yandex cannot have given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum YandexError {
    /// Less than [`KEY_BYTES`].
    #[error("the secret of a Yandex account has at least {KEY_BYTES} bytes")]
    TooShort,
    /// A mistyped secret.
    #[error("the checksum of the Yandex secret is wrong")]
    Checksum,
}

/// Checks a secret: its length, and the checksum of one that has it.
///
/// # Errors
/// [`YandexError`].
pub fn check(secret: &[u8]) -> Result<(), YandexError> {
    if secret.len() < KEY_BYTES {
        return Err(YandexError::TooShort);
    }
    if secret.len() == WHOLE_BYTES && !checksum_holds(secret) {
        return Err(YandexError::Checksum);
    }
    Ok(())
}

/// The last 12 bits are the remainder of all before them, divided by x^12 + x^11 + x^7 + x^6 + x^5 + x^4 + x + 1.
fn checksum_holds(secret: &[u8]) -> bool {
    const POLYNOMIAL: u16 = 0x18f3;
    let bits = secret
        .iter()
        .flat_map(|byte| (0..8).rev().map(move |place| u16::from(byte >> place & 1)));
    let (mut remainder, mut stated) = (0_u16, 0_u16);
    for (at, bit) in bits.enumerate() {
        if at < WHOLE_BYTES * 8 - 12 {
            remainder = remainder << 1 | bit;
            if remainder & 0x1000 != 0 {
                remainder ^= POLYNOMIAL;
            }
        } else {
            stated = stated << 1 | bit;
        }
    }
    remainder == stated
}

/// `HMAC-SHA256(SHA256(PIN ‖ K[..16]) without a leading zero, C)`: eight bytes from the offset without their first
/// bit, to base 26 in eight letters.
pub(crate) fn code(secret: &[u8], pin: Pin, moving_factor: u64) -> Zeroizing<String> {
    let key = secret.get(..KEY_BYTES).unwrap_or(secret);
    let key = Zeroizing::new(mac::sha256(&[pin.expose_secret().as_bytes(), key]));
    let key = key.strip_prefix(&[0]).unwrap_or(&*key);
    let hmac = hmac(Algorithm::Sha256, key, moving_factor);
    let offset = usize::from(hmac.last().map_or(0, |last| last & 0x0f));
    let bytes = hmac
        .get(offset..offset + 8)
        .and_then(|eight| eight.try_into().ok())
        .expect("because an HMAC has 32 bytes and the offset is at most 15");
    let mut value = (u64::from_be_bytes(bytes) & (u64::MAX >> 1)) % 26_u64.pow(8);
    let mut letters = Zeroizing::new([0_u8; 8]);
    for place in letters.iter_mut().rev() {
        *place = b'a' + u8::try_from(value % 26).expect("because it is under 26");
        value /= 26;
    }
    Zeroizing::new(letters.iter().map(|letter| char::from(*letter)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base32;

    #[test]
    fn a_mistyped_secret_is_told_by_its_checksum() {
        let check = |text: &str| check(base32::decode(text).unwrap().expose_secret());
        assert_eq!(check("LA2V6KMCGYMWWVEW64RNP3JA3IAAAAAAHTSG4HRZPI"), Ok(()));
        assert_eq!(check("LA2V6KMCGYMWWVEW64RNP3JA3I"), Ok(()));
        assert_eq!(check("6SB2IKNM6OBZPAVBVTOHDKS4FAAAAAAADFUTQMBTRY"), Ok(()));
        assert_eq!(
            check("AA2V6KMCGYMWWVEW64RNP3JA3IAAAAAAHTSG4HRZPI"),
            Err(YandexError::Checksum)
        );
        assert_eq!(check("LA2V6KMCGYMWWVEW64RNP3I"), Err(YandexError::TooShort));
    }
}

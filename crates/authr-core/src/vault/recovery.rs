//! Section 5.1: the recovery code as a person reads, types and scans it.
//!
//! ```text
//! text = 32 symbols of Crockford's Base32 for the 20 bytes, then the check symbol of their number modulo 37
//! ```
//!
//! It is shown as eight groups of four and the check symbol: `7F3K-…-9QXA-*`. A reader takes lower case, `O` for `0`, `I` and
//! `L` for `1`, and dashes and spaces anywhere; the check symbol finds every single wrong symbol, and two that changed places.

use authr_crypto::secret::RecoveryCode;
use zeroize::Zeroizing;

/// Values 0 to 31, and the five more that only a check symbol has.
const SYMBOLS: &[u8; 37] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ*~$=U";
const CODE_SYMBOLS: usize = 32;
const GROUP: usize = 4;
const CHECK_MODULUS: u16 = 37;

/// Why a text is no recovery code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RecoveryCodeError {
    /// Too few symbols, or too many.
    #[error("a recovery code has 33 symbols, this has {found}")]
    Length {
        /// How many there are, dashes and spaces not counted.
        found: usize,
    },
    /// A symbol that no recovery code has.
    #[error("symbol {number} of the recovery code is none that it can have")]
    Symbol {
        /// Which one, counted from 1, dashes and spaces not counted.
        number: usize,
    },
    /// The check symbol does not fit.
    #[error("the recovery code has a typing error: its last symbol does not fit the others")]
    Check,
}

/// The code as it is printed.
#[must_use]
pub fn to_text(code: &RecoveryCode) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::with_capacity(
        CODE_SYMBOLS + CODE_SYMBOLS / GROUP + 1,
    ));
    let (mut bits, mut held, mut remainder) = (0u16, 0u32, 0u16);
    let mut symbols = 0;
    for byte in code.expose_secret() {
        bits = (bits << 8) | u16::from(*byte);
        held += 8;
        while held >= 5 {
            held -= 5;
            let value = (bits >> held) & 31;
            bits &= (1 << held) - 1;
            remainder = (remainder * 32 + value) % CHECK_MODULUS;
            text.push(symbol(value));
            symbols += 1;
            if symbols % GROUP == 0 {
                text.push('-');
            }
        }
    }
    text.push(symbol(remainder));
    text
}

/// The code of what was typed or scanned.
///
/// # Errors
/// [`RecoveryCodeError`].
pub fn from_text(typed: &str) -> Result<RecoveryCode, RecoveryCodeError> {
    let symbols = typed.chars().filter(|c| *c != '-' && !c.is_whitespace());
    let found = symbols.clone().count();
    if found != CODE_SYMBOLS + 1 {
        return Err(RecoveryCodeError::Length { found });
    }
    let mut bytes = Zeroizing::new([0u8; 20]);
    let mut free = bytes.iter_mut();
    let (mut bits, mut held, mut remainder) = (0u16, 0u32, 0u16);
    for (at, symbol) in symbols.enumerate() {
        let wrong = RecoveryCodeError::Symbol { number: at + 1 };
        let value = value(symbol).ok_or(wrong)?;
        if at == CODE_SYMBOLS {
            if value != remainder {
                return Err(RecoveryCodeError::Check);
            }
            break;
        }
        if value > 31 {
            return Err(wrong);
        }
        remainder = (remainder * 32 + value) % CHECK_MODULUS;
        bits = (bits << 5) | value;
        held += 5;
        if held >= 8 {
            held -= 8;
            let [_, byte] = (bits >> held).to_be_bytes();
            bits &= (1 << held) - 1;
            *free.next().expect("because 32 symbols are 20 bytes") = byte;
        }
    }
    Ok(RecoveryCode::new(&bytes))
}

fn symbol(value: u16) -> char {
    char::from(SYMBOLS[usize::from(value)])
}

fn value(symbol: char) -> Option<u16> {
    let symbol = match symbol.to_ascii_uppercase() {
        'O' => '0',
        'I' | 'L' => '1',
        symbol => symbol,
    };
    let at = SYMBOLS
        .iter()
        .position(|known| char::from(*known) == symbol)?;
    u16::try_from(at).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(bytes: [u8; 20]) -> String {
        to_text(&RecoveryCode::new(&bytes)).to_string()
    }

    fn counting() -> [u8; 20] {
        core::array::from_fn(|at| u8::try_from(at * 13 + 7).unwrap())
    }

    // Computed by hand from Crockford's table: the number of twenty bytes of value 1 is 2^0 + 2^8 + … + 2^152.
    #[test]
    fn the_text_is_crockfords() {
        assert_eq!(text([0; 20]), "0000-0000-0000-0000-0000-0000-0000-0000-0");
        let mut one = [0; 20];
        one[19] = 1;
        assert_eq!(text(one), "0000-0000-0000-0000-0000-0000-0000-0001-1");
        one[19] = 36;
        assert_eq!(text(one), "0000-0000-0000-0000-0000-0000-0000-0014-U");
        // 2^160 − 1: 2^36 is 1 modulo 37, so 2^160 is 2^16, which is 9.
        assert_eq!(
            text([0xff; 20]),
            "ZZZZ-ZZZZ-ZZZZ-ZZZZ-ZZZZ-ZZZZ-ZZZZ-ZZZZ-8"
        );
    }

    #[test]
    fn what_is_printed_is_read_also_when_typed_by_a_person() {
        let printed = text(counting());
        let typed = printed
            .to_lowercase()
            .replace('-', "  ")
            .replace('0', "o")
            .replace('1', "l");
        for text in [
            &printed,
            &typed,
            &typed.replace('l', "I"),
            &format!(" {printed}\n"),
        ] {
            assert_eq!(from_text(text).unwrap().expose_secret(), &counting());
        }
    }

    #[test]
    fn every_wrong_symbol_and_every_two_that_changed_places_are_found() {
        let printed: Vec<char> = text(counting()).chars().filter(|c| *c != '-').collect();
        let read = |symbols: &[char]| from_text(&symbols.iter().collect::<String>());
        for at in 0..printed.len() {
            for symbol in SYMBOLS.map(char::from) {
                let mut changed = printed.clone();
                changed[at] = symbol;
                assert_eq!(read(&changed).is_ok(), symbol == printed[at], "{changed:?}");
            }
            if at > 0 && printed[at] != printed[at - 1] {
                let mut swapped = printed.clone();
                swapped.swap(at, at - 1);
                assert!(read(&swapped).is_err(), "{swapped:?}");
            }
        }
    }

    #[test]
    fn what_cannot_be_a_code_is_named_without_being_repeated() {
        let error = |typed: &str| from_text(typed).unwrap_err();
        assert_eq!(error(""), RecoveryCodeError::Length { found: 0 });
        assert_eq!(
            error(&"0".repeat(32)),
            RecoveryCodeError::Length { found: 32 }
        );
        assert_eq!(
            error(&"0".repeat(34)),
            RecoveryCodeError::Length { found: 34 }
        );
        assert_eq!(
            error(&format!("0é{}", "0".repeat(31))),
            RecoveryCodeError::Symbol { number: 2 }
        );
        assert_eq!(
            error(&format!("00U{}", "0".repeat(30))),
            RecoveryCodeError::Symbol { number: 3 }
        );
        assert_eq!(
            error(&format!("{}1", "0".repeat(32))),
            RecoveryCodeError::Check
        );
    }
}

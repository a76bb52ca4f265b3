//! Padding, so that the length of a ciphertext tells little: Padmé (Nikitin et al. 2019), at least 256 bytes.
//!
//! `padded = lp(plaintext) || zeros`, as long as `padme(max(256, 4 + length))`; at most 12 % is lost.

use zeroize::Zeroizing;

use crate::codec::{Malformed, Reader, Writer};

const MIN_BYTES: usize = 256;

/// The padded length of `length` bytes: all but its upper bits are zero, rounded up. For `E = floor(log2 length)` and
/// `S = floor(log2 E) + 1`, the lowest `E - S` bits.
fn padme(length: usize) -> usize {
    let length = length.max(MIN_BYTES);
    let exponent = length.ilog2();
    let kept = exponent.ilog2() + 1;
    length.next_multiple_of(1 << (exponent - kept))
}

/// Pads.
pub(crate) fn pad(plaintext: &[u8]) -> Zeroizing<Vec<u8>> {
    let length = padme(4 + plaintext.len());
    let mut padded = Writer::new(length + authr_crypto::aead::TAG_BYTES)
        .long(plaintext)
        .finish_secret();
    padded.resize(length, 0);
    padded
}

/// Takes the padding off; any other length or content of it is refused.
pub(crate) fn unpad(padded: &[u8]) -> Result<Zeroizing<Vec<u8>>, Malformed> {
    let mut reader = Reader::new(padded);
    let plaintext = reader.long(padded.len())?;
    let at = reader.malformed();
    if padme(4 + plaintext.len()) != padded.len() || reader.rest().iter().any(|byte| *byte != 0) {
        return Err(at);
    }
    Ok(Zeroizing::new(plaintext.to_vec()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_fall_into_few_classes_and_lose_at_most_an_eighth() {
        assert_eq!(pad(&[]).len(), 256);
        assert_eq!(pad(&[7; 252]).len(), 256);
        assert_eq!(pad(&[7; 253]).len(), 272);
        assert_eq!(padme(1000), 1024);
        assert_eq!(padme(16_000), 16_384);
        for length in 256..20_000 {
            let padded = padme(length);
            assert!(
                padded >= length && padded <= length + length / 8,
                "{length}"
            );
            assert_eq!(padme(padded), padded);
        }
    }

    #[test]
    fn padding_comes_off_and_any_other_padding_is_refused() {
        for length in [0, 1, 252, 253, 1000] {
            let padded = pad(&vec![7; length]);
            assert_eq!(unpad(&padded).unwrap().as_slice(), vec![7; length]);
            let mut longer = padded.to_vec();
            longer.push(0);
            assert!(unpad(&longer).is_err());
            assert!(unpad(&padded[..padded.len() - 1]).is_err());
        }
        let mut dirty = pad(b"x");
        dirty[255] = 1;
        assert!(unpad(&dirty).is_err());
        assert!(unpad(&[0, 0, 0, 9]).is_err());
    }
}

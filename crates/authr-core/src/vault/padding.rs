//! Section 7.1: padding, so that the length of the file tells little about its content.

use zeroize::Zeroizing;

/// The least padded length, in bytes.
const LEAST: usize = 1024;
const LENGTH_BYTES: usize = 8;

/// The Padmé length for `length` (Nikitin et al., PETS 2019): at most 12 % above it, and O(log log length) bits told.
///
/// `E = ⌊log2 L⌋; S = ⌊log2 E⌋ + 1; round L up to a multiple of 2^(E−S)`
pub(super) fn padme(length: usize) -> usize {
    let length = length.max(LEAST);
    let exponent = length.ilog2();
    let mantissa = exponent.ilog2() + 1;
    length.next_multiple_of(1 << (exponent - mantissa))
}

/// `length u64 || content || zeros`, as long as [`padme`] says.
pub(super) fn pad(content: &[u8]) -> Zeroizing<Vec<u8>> {
    let padded = padme(LENGTH_BYTES + content.len());
    // Room for the tag of the AEAD, so that sealing need not move the plaintext.
    let mut out = Zeroizing::new(Vec::with_capacity(padded + authr_crypto::aead::TAG_BYTES));
    let length = u64::try_from(content.len()).expect("because a length in memory fits 64 bits");
    out.extend_from_slice(&length.to_be_bytes());
    out.extend_from_slice(content);
    out.resize(padded, 0);
    out
}

/// The content, if the padding is exactly what [`pad`] writes.
pub(super) fn unpad(padded: &[u8]) -> Option<&[u8]> {
    let (length, rest) = padded.split_first_chunk::<LENGTH_BYTES>()?;
    let length = usize::try_from(u64::from_be_bytes(*length)).ok()?;
    let content = rest.get(..length)?;
    let zeros = rest.get(length..)?;
    let exact = padded.len() == padme(LENGTH_BYTES + length) && zeros.iter().all(|byte| *byte == 0);
    exact.then_some(content)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_those_of_padme() {
        assert_eq!(
            [0, 1, 1024, 1025, 1088, 1089].map(padme),
            [1024, 1024, 1024, 1088, 1088, 1152]
        );
        assert_eq!(padme(1_000_000), 1_015_808);
        assert!(
            (1024..200_000).all(
                |length| padme(length) >= length && padme(length) <= length + length * 12 / 100
            )
        );
    }

    #[test]
    fn other_padding_than_ours_is_refused() {
        let padded = pad(b"content");
        assert_eq!(unpad(&padded), Some(&b"content"[..]));
        let mut dirty = padded.to_vec();
        *dirty.last_mut().unwrap() = 1;
        assert_eq!(unpad(&dirty), None);
        assert_eq!(unpad(&[&padded[..], &[0]].concat()), None);
        assert_eq!(unpad(&padded[..padded.len() - 1]), None);
        let mut lying = padded.to_vec();
        lying[..8].copy_from_slice(&u64::MAX.to_be_bytes());
        assert_eq!(unpad(&lying), None);
        assert_eq!(unpad(&[0; 7]), None);
    }
}

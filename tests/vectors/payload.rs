//! Steps 13 and 14: the payload, its padding, and the generation that was seen.

use crate::account::content;
use crate::vector::Vector;
use crate::writer::{At, Draft, GENERATION, flipped, over, pad, padme, salt};

pub(crate) fn vectors() -> Vec<Vector> {
    [changed(), padding(), rollback()].concat()
}

fn changed() -> Vec<Vector> {
    let bytes = || Draft::new(content()).write();
    let at = At::of(&bytes());
    let tampered = |name: &str, comment: &str, bytes: Vec<u8>| {
        Vector::refused(name, comment, "Tampered payload", bytes)
    };
    let end = bytes().len();
    let mut next = Draft::new(content());
    next.generation += 1;
    let next = next.write();
    let mut bound = Draft::new(content());
    bound.aad_more = b"\0";
    let shorter = |length: usize| {
        let cut = bytes()[..at.payload + length].to_vec();
        over(
            cut,
            at.length,
            &u64::try_from(length).unwrap().to_be_bytes(),
        )
    };
    vec![
        tampered(
            "commitment_first_bit",
            "A bit of the payload's commitment.",
            flipped(bytes(), at.commitment, 7),
        ),
        tampered(
            "commitment_last_bit",
            "A bit of the payload's commitment.",
            flipped(bytes(), at.commitment + 31, 0),
        ),
        tampered(
            "payload_first_bit",
            "A bit of the ciphertext.",
            flipped(bytes(), at.payload, 0),
        ),
        tampered(
            "payload_middle_bit",
            "A bit of the ciphertext.",
            flipped(bytes(), at.payload + 500, 0),
        ),
        tampered(
            "payload_last_bit",
            "A bit of the ciphertext, where the padding is.",
            flipped(bytes(), end - 17, 7),
        ),
        tampered(
            "payload_tag_first_bit",
            "A bit of the tag.",
            flipped(bytes(), end - 16, 0),
        ),
        tampered(
            "payload_tag_last_bit",
            "A bit of the tag.",
            flipped(bytes(), end - 1, 0),
        ),
        tampered("payload_empty", "No byte, and none announced.", shorter(0)),
        tampered("payload_of_15_bytes", "Less than a tag.", shorter(15)),
        tampered("payload_of_16_bytes", "As long as a tag.", shorter(16)),
        tampered(
            "payload_one_less",
            "A byte less, as announced.",
            shorter(end - at.payload - 1),
        ),
        tampered(
            "payload_zeros",
            "Zeros in the place of the payload.",
            over(bytes(), at.payload, &vec![0; end - at.payload]),
        ),
        tampered(
            "payload_of_next_generation",
            "The payload and commitment of the next save.",
            over(bytes(), at.commitment, &next[at.commitment..]),
        ),
        tampered(
            "payload_bound_to_more",
            "The payload is bound to a byte more than what stands before it.",
            bound.write(),
        ),
    ]
}

fn padding() -> Vec<Vector> {
    let malformed = |name: &str, comment: &str, padded: Vec<u8>| {
        let mut draft = Draft::new(content());
        draft.padded = Some(padded);
        Vector::refused(name, comment, "Malformed payload", draft.write())
    };
    let length = content().len();
    let stated = |length: u64| over(pad(&content()), 0, &length.to_be_bytes());
    let end = pad(&content()).len();
    let long = content_of(2000);
    let unpadded = [&2000u64.to_be_bytes()[..], &long].concat();
    vec![
        malformed(
            "padding_first_byte",
            "The first byte of the padding is no zero.",
            over(pad(&content()), 8 + length, &[1]),
        ),
        malformed(
            "padding_last_byte",
            "The last byte of the padding is no zero.",
            over(pad(&content()), end - 1, &[0x80]),
        ),
        malformed(
            "padding_one_more",
            "A zero too many.",
            [pad(&content()), vec![0]].concat(),
        ),
        malformed(
            "padding_one_less",
            "A zero too few.",
            pad(&content())[..end - 1].to_vec(),
        ),
        malformed(
            "padding_next_step",
            "As long as a longer content is.",
            [pad(&content()), vec![0; 64]].concat(),
        ),
        malformed(
            "padding_missing",
            "Length and content alone.",
            pad(&content())[..8 + length].to_vec(),
        ),
        malformed(
            "padding_missing_over_1024",
            "A longer content without padding.",
            unpadded,
        ),
        malformed(
            "padding_length_over",
            "The content is longer than the payload.",
            stated(1017),
        ),
        malformed(
            "padding_length_greatest",
            "A content of 2^64 - 1 bytes.",
            stated(u64::MAX),
        ),
        malformed(
            "padding_length_less",
            "The last byte of the content is padding.",
            stated(u64::try_from(length - 1).unwrap()),
        ),
        malformed("padding_length_cut", "7 bytes of the length.", vec![0; 7]),
        malformed("padding_nothing", "An empty plaintext.", Vec::new()),
        malformed(
            "padding_to_1024_over_1024",
            "1025 bytes need 1088, not 1152.",
            {
                let content = content_of(1017);
                assert_eq!(padme(1025), 1088);
                [pad(&content), vec![0; 64]].concat()
            },
        ),
    ]
}

/// A content of so many bytes: one field that is not known.
pub(crate) fn content_of(length: usize) -> Vec<u8> {
    let value: Vec<u8> = salt("filling")
        .iter()
        .cycle()
        .take(length - 6)
        .copied()
        .collect();
    crate::writer::field(0x7ff0, &value)
}

fn rollback() -> Vec<Vector> {
    let seen = |name: &str, comment: &str, generation: u64| {
        let bytes = Draft::new(content()).write();
        Vector::refused(name, comment, "Rollback", bytes).seen(generation)
    };
    vec![
        seen(
            "seen_next_generation",
            "The next generation was seen.",
            GENERATION + 1,
        ),
        seen(
            "seen_greatest_generation",
            "The last generation there can be was seen.",
            (1 << 63) - 1,
        ),
    ]
}

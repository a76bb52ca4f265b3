//! Steps 1 to 10: what is refused before any key is tried.

use crate::account::content;
use crate::vector::Vector;
use crate::writer::{At, Draft, SAVED_AT, VAULT_ID, fields, flipped, over, salt};

pub(crate) fn vectors() -> Vec<Vector> {
    [start(), hash(), list(), values()].concat()
}

pub(crate) fn usual() -> Vec<u8> {
    Draft::new(content()).write()
}

fn start() -> Vec<Vector> {
    let refused = Vector::refused;
    let bytes = usual;
    let cut = |length: usize| bytes()[..length].to_vec();
    let at = At::of(&bytes());
    let header_length = |length: u32| over(bytes(), 12, &length.to_be_bytes());
    vec![
        refused(
            "file_over_limit",
            "One byte more than a vault can have.",
            "TooLarge",
            bytes(),
        )
        .extended_to(16_842_873),
        refused("file_empty", "No byte.", "NotAVault", cut(0)),
        refused(
            "magic_cut",
            "Seven bytes of the magic.",
            "NotAVault",
            cut(7),
        ),
        refused(
            "magic_first_bit",
            "A bit of the magic.",
            "NotAVault",
            flipped(bytes(), 0, 0),
        ),
        refused(
            "magic_last_bit",
            "A bit of the magic.",
            "NotAVault",
            flipped(bytes(), 7, 0),
        ),
        refused(
            "magic_lower_case",
            "Another file's magic.",
            "NotAVault",
            over(bytes(), 0, b"authrvlt"),
        ),
        refused(
            "cut_after_magic",
            "Nothing follows the magic.",
            "Malformed header",
            cut(8),
        ),
        refused(
            "cut_in_major",
            "One byte of the major version.",
            "Malformed header",
            cut(9),
        ),
        refused(
            "cut_in_minor",
            "One byte of the minor version.",
            "Malformed header",
            cut(11),
        ),
        refused(
            "cut_in_header_length",
            "Three bytes of the header's length.",
            "Malformed header",
            cut(15),
        ),
        refused(
            "major_0",
            "A version that never was.",
            "UnsupportedVersion",
            over(bytes(), 8, &[0, 0]),
        ),
        refused(
            "major_2",
            "The next version.",
            "UnsupportedVersion",
            over(bytes(), 8, &[0, 2]),
        ),
        refused(
            "major_65535",
            "The last version.",
            "UnsupportedVersion",
            over(bytes(), 8, &[0xff, 0xff]),
        ),
        refused(
            "header_length_over_limit",
            "A header of 64 KiB and a byte is announced.",
            "TooLarge",
            header_length(65_537),
        ),
        refused(
            "header_length_greatest",
            "A header of 4 GiB is announced.",
            "TooLarge",
            header_length(u32::MAX),
        ),
        refused(
            "cut_before_header",
            "Nothing follows the header's length.",
            "Malformed header",
            cut(16),
        ),
        refused(
            "cut_in_header",
            "The header ends early.",
            "Malformed header",
            cut(100),
        ),
        refused(
            "cut_before_hash",
            "Nothing follows the header.",
            "Malformed header",
            cut(at.hash),
        ),
        refused(
            "cut_in_hash",
            "31 bytes of the header's hash.",
            "Malformed header",
            cut(at.hash + 31),
        ),
        refused(
            "header_length_beyond_end",
            "The header is longer than the file.",
            "Malformed header",
            header_length(60_000),
        ),
    ]
}

fn hash() -> Vec<Vector> {
    let at = At::of(&usual());
    let tampered = |name: &str, comment: &str, byte: usize, bit: u8| {
        Vector::refused(
            name,
            comment,
            "Tampered header",
            flipped(usual(), byte, bit),
        )
    };
    vec![
        tampered("hash_first_bit", "A bit of the header's hash.", at.hash, 7),
        tampered(
            "hash_last_bit",
            "A bit of the header's hash.",
            at.hash + 31,
            0,
        ),
        tampered(
            "minor_bit",
            "A bit of the minor version: the hash covers it.",
            11,
            0,
        ),
        tampered(
            "header_length_bit",
            "The header one byte longer than it is.",
            15,
            0,
        ),
        tampered("header_first_bit", "A bit of the first tag.", 16, 7),
        tampered("saved_at_bit", "A bit of the time of saving.", 16 + 13, 0),
        tampered("vault_id_bit", "A bit of the vault id.", 16 + 14 + 6, 0),
        tampered(
            "generation_bit",
            "A bit of the generation.",
            16 + 14 + 22 + 13,
            0,
        ),
        tampered(
            "payload_salt_bit",
            "A bit of the payload's salt.",
            16 + 14 + 22 + 14 + 6,
            0,
        ),
        tampered(
            "slot_bit",
            "A bit of the wrapped key: damage, no wrong code.",
            at.hash - 1,
            0,
        ),
    ]
}

/// A file with these fields for a header, hash and MAC over them as a holder of the key makes them.
fn with(header: Vec<u8>) -> Vec<u8> {
    let mut draft = Draft::new(content());
    draft.header = Some(header);
    draft.write()
}

fn usual_fields() -> Vec<(u16, Vec<u8>)> {
    Draft::new(content()).header_fields()
}

fn edited(edit: impl FnOnce(&mut Vec<(u16, Vec<u8>)>)) -> Vec<u8> {
    let mut list = usual_fields();
    edit(&mut list);
    with(fields(&list))
}

fn list() -> Vec<Vector> {
    let usual = || fields(&usual_fields());
    let malformed = |name: &str, comment: &str, header: Vec<u8>| {
        Vector::refused(name, comment, "Malformed header", with(header))
    };
    let unsupported = |name: &str, tag: u16| {
        let bytes = edited(|list| {
            list.push((tag, b"x".to_vec()));
            list.sort_by_key(|(tag, _)| *tag);
        });
        Vector::refused(
            name,
            "A critical tag that is not known.",
            "UnsupportedVersion",
            bytes,
        )
    };
    let more = |more: &[u8]| [usual(), more.to_vec()].concat();
    let mut descending = usual_fields();
    descending.swap(1, 2);
    let mut twice = usual_fields();
    twice.insert(2, twice[1].clone());
    let mut unknown_twice = usual_fields();
    for _ in 0..2 {
        unknown_twice.insert(1, (0x7ff0, b"x".to_vec()));
    }
    let mut zero = usual_fields();
    zero.insert(0, (0, b"x".to_vec()));
    vec![
        malformed("header_empty", "No field.", Vec::new()),
        malformed(
            "header_tag_cut",
            "One byte where a field must begin.",
            more(&[0xff]),
        ),
        malformed(
            "header_field_length_cut",
            "A field without the end of its length.",
            more(&[0xff, 0xff, 0, 0, 0]),
        ),
        malformed(
            "header_value_cut",
            "A field with one byte less than it says.",
            more(&[0xff, 0xff, 0, 0, 0, 2, 1]),
        ),
        malformed(
            "header_field_length_greatest",
            "A field of 4 GiB.",
            more(&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff]),
        ),
        malformed(
            "header_tags_descend",
            "Generation before vault id.",
            fields(&descending),
        ),
        malformed("header_tag_twice", "The vault id twice.", fields(&twice)),
        malformed(
            "header_unknown_tag_twice",
            "A tag that is not known, twice.",
            fields(&unknown_twice),
        ),
        malformed("header_tag_0", "A tag of zero.", fields(&zero)),
        unsupported("header_critical_tag_lowest", 0x8000),
        unsupported("header_critical_tag_next", 0x8005),
        unsupported("header_critical_tag_highest", 0xffff),
    ]
}

fn values() -> Vec<Vector> {
    let malformed = |name: &str, comment: &str, bytes: Vec<u8>| {
        Vector::refused(name, comment, "Malformed header", bytes)
    };
    let without = |tag: u16| edited(|list| list.retain(|(known, _)| *known != tag));
    let value = |tag: u16, value: &[u8]| {
        edited(|list| {
            list.iter_mut()
                .filter(|(known, _)| *known == tag)
                .for_each(|field| field.1 = value.to_vec())
        })
    };
    let generation = |number: u64| value(0x8002, &number.to_be_bytes());
    let saved_at = SAVED_AT.to_be_bytes();
    let long = |bytes: &[u8]| [bytes, &[0]].concat();
    vec![
        malformed("saved_at_missing", "No time of saving.", without(0x0001)),
        malformed("vault_id_missing", "No vault id.", without(0x8001)),
        malformed("generation_missing", "No generation.", without(0x8002)),
        malformed(
            "payload_salt_missing",
            "No salt of the payload.",
            without(0x8003),
        ),
        malformed("slots_missing", "No slot.", without(0x8004)),
        malformed(
            "saved_at_short",
            "A time of 7 bytes.",
            value(0x0001, &saved_at[1..]),
        ),
        malformed(
            "saved_at_long",
            "A time of 9 bytes.",
            value(0x0001, &long(&saved_at)),
        ),
        malformed(
            "vault_id_short",
            "An id of 15 bytes.",
            value(0x8001, &VAULT_ID[1..]),
        ),
        malformed(
            "vault_id_long",
            "An id of 17 bytes.",
            value(0x8001, &long(&VAULT_ID)),
        ),
        malformed(
            "generation_short",
            "A generation of 4 bytes.",
            value(0x8002, &[0, 0, 0, 7]),
        ),
        malformed("generation_0", "Generations begin with 1.", generation(0)),
        malformed(
            "generation_over_limit",
            "Generation 2^63.",
            generation(1 << 63),
        ),
        malformed(
            "generation_greatest",
            "Generation 2^64 - 1.",
            generation(u64::MAX),
        ),
        malformed(
            "payload_salt_short",
            "A salt of 31 bytes.",
            value(0x8003, &salt("payload salt")[1..]),
        ),
        malformed(
            "payload_salt_long",
            "A salt of 33 bytes.",
            value(0x8003, &long(&salt("payload salt"))),
        ),
    ]
}

//! Step 15: the list of accounts.

use crate::account::{account, content, usual};
use crate::vector::Vector;
use crate::writer::{Draft, field, fields};

pub(crate) fn vectors() -> Vec<Vector> {
    let malformed = |name: &str, comment: &str, content: Vec<u8>| {
        Vector::refused(
            name,
            comment,
            "Malformed content",
            Draft::new(content).write(),
        )
    };
    let unsupported = |name: &str, comment: &str, content: Vec<u8>| {
        Vector::refused(
            name,
            comment,
            "UnsupportedVersion",
            Draft::new(content).write(),
        )
    };
    let more = |more: &[u8]| [content(), more.to_vec()].concat();
    let one = field(0x8001, &fields(&usual()));
    let many: Vec<u8> = (0..10_001u64)
        .flat_map(|number| field(0x8001, &smallest(number)))
        .collect();
    vec![
        malformed(
            "content_tag_cut",
            "One byte where a field must begin.",
            more(&[0x80]),
        ),
        malformed(
            "content_field_length_cut",
            "A field without the end of its length.",
            more(&[0xff, 0xff, 0, 0, 0]),
        ),
        malformed(
            "content_value_cut",
            "A field with one byte less than it says.",
            more(&[0xff, 0xff, 0, 0, 0, 2, 1]),
        ),
        malformed(
            "content_tags_descend",
            "An optional field after the accounts.",
            more(&field(0x7ff0, b"x")),
        ),
        malformed(
            "content_unknown_tag_twice",
            "A tag that is not known, twice.",
            [field(0x7ff0, b"x"), field(0x7ff0, b"x"), content()].concat(),
        ),
        malformed(
            "content_tag_0",
            "A tag of zero.",
            [field(0, b"x"), content()].concat(),
        ),
        malformed(
            "content_account_twice",
            "Two accounts with one id.",
            [one.clone(), one].concat(),
        ),
        malformed("content_accounts_over_limit", "10 001 accounts.", many),
        malformed(
            "content_account_empty",
            "An account without a field.",
            field(0x8001, b""),
        ),
        unsupported(
            "content_critical_tag_lowest",
            "A critical tag that is not known.",
            [field(0x8000, b"x"), content()].concat(),
        ),
        unsupported(
            "content_critical_tag_highest",
            "A critical tag that is not known.",
            more(&field(0xffff, b"x")),
        ),
        malformed(
            "content_account_of_text",
            "An account that is no list of fields.",
            field(0x8001, b"otpauth://totp/ada?secret=GEZDGNBV"),
        ),
        malformed(
            "content_of_zeros",
            "Zeros in the place of fields.",
            vec![0; 40],
        ),
        malformed(
            "content_account_cut",
            "An account that ends in its last field.",
            {
                let whole = account(|_| ());
                field(0x8001, &whole[..whole.len() - 1])
            },
        ),
    ]
}

/// A native account without a name.
fn smallest(number: u64) -> Vec<u8> {
    let mut id = number.to_be_bytes().to_vec();
    id.resize(16, 0);
    fields(&[
        (7, vec![0; 8]),
        (8, vec![0; 8]),
        (0x8001, id),
        (0x8002, vec![3]),
        (0x8003, vec![1]),
    ])
}

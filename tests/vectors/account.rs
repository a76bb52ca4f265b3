//! Step 15: one account.

use crate::vector::Vector;
use crate::writer::{Draft, field, fields, salt};

pub(crate) type List = Vec<(u16, Vec<u8>)>;

pub(crate) const ISSUER: u16 = 1;
pub(crate) const LABEL: u16 = 2;
pub(crate) const NOTE: u16 = 3;
pub(crate) const TAG: u16 = 4;
pub(crate) const ICON: u16 = 5;
pub(crate) const PINNED: u16 = 6;
pub(crate) const ADDED: u16 = 7;
pub(crate) const EDITED: u16 = 8;
pub(crate) const TRASHED: u16 = 9;
pub(crate) const EARLIER: u16 = 10;
pub(crate) const ID: u16 = 0x8001;
pub(crate) const KIND: u16 = 0x8002;
pub(crate) const SECRET: u16 = 0x8003;
pub(crate) const ALGORITHM: u16 = 0x8004;
pub(crate) const DIGITS: u16 = 0x8005;
pub(crate) const PERIOD: u16 = 0x8006;
pub(crate) const COUNTER: u16 = 0x8007;
pub(crate) const PIN: u16 = 0x8008;

/// A TOTP account.
pub(crate) fn usual() -> List {
    vec![
        (ISSUER, b"drchrono".to_vec()),
        (LABEL, b"ada".to_vec()),
        (ADDED, 1_700_000_000u64.to_be_bytes().to_vec()),
        (EDITED, 1_700_000_001u64.to_be_bytes().to_vec()),
        (ID, salt("account")[..16].to_vec()),
        (KIND, vec![1]),
        (SECRET, b"12345678901234567890".to_vec()),
        (ALGORITHM, vec![1]),
        (DIGITS, vec![6]),
        (PERIOD, 30u32.to_be_bytes().to_vec()),
    ]
}

/// An HOTP account.
pub(crate) fn counting() -> List {
    let mut list = without(usual(), PERIOD);
    set(&mut list, KIND, &[2]);
    set(&mut list, COUNTER, &3u64.to_be_bytes());
    list
}

/// A native account.
pub(crate) fn native() -> List {
    fixed(3)
}

/// An account of a kind that leaves nothing to choose.
pub(crate) fn fixed(kind: u8) -> List {
    let mut list = usual();
    list.retain(|(tag, _)| *tag < ALGORITHM);
    set(&mut list, KIND, &[kind]);
    list
}

pub(crate) fn without(mut list: List, tag: u16) -> List {
    list.retain(|(known, _)| *known != tag);
    list
}

/// Puts one field in its place.
pub(crate) fn set(list: &mut List, tag: u16, value: &[u8]) {
    list.retain(|(known, _)| *known != tag);
    add(list, tag, value);
}

/// Adds a field after those of its tag.
pub(crate) fn add(list: &mut List, tag: u16, value: &[u8]) {
    let at = list.partition_point(|(known, _)| *known <= tag);
    list.insert(at, (tag, value.to_vec()));
}

pub(crate) fn account(edit: impl FnOnce(&mut List)) -> Vec<u8> {
    let mut list = usual();
    edit(&mut list);
    fields(&list)
}

/// The usual content: one account.
pub(crate) fn content() -> Vec<u8> {
    field(0x8001, &fields(&usual()))
}

fn class(name: &str, comment: &str, class: &str, list: &List) -> Vector {
    let content = field(0x8001, &fields(list));
    Vector::refused(name, comment, class, Draft::new(content).write())
}

fn malformed(name: &str, comment: &str, list: &List) -> Vector {
    class(name, comment, "Malformed content", list)
}

fn value(name: &str, comment: &str, tag: u16, value: &[u8]) -> Vector {
    let mut list = usual();
    set(&mut list, tag, value);
    malformed(name, comment, &list)
}

pub(crate) fn vectors() -> Vec<Vector> {
    [
        required(),
        texts(),
        repeated(),
        numbers(),
        kinds(),
        unknown(),
    ]
    .concat()
}

fn required() -> Vec<Vector> {
    let missing = |name: &str, tag: u16| {
        malformed(name, "A required field is missing.", &without(usual(), tag))
    };
    vec![
        missing("account_added_missing", ADDED),
        missing("account_edited_missing", EDITED),
        missing("account_id_missing", ID),
        missing("account_kind_missing", KIND),
        missing("account_secret_missing", SECRET),
        value(
            "account_id_short",
            "An id of 15 bytes.",
            ID,
            &salt("account")[..15],
        ),
        value(
            "account_id_long",
            "An id of 17 bytes.",
            ID,
            &salt("account")[..17],
        ),
        value("account_secret_empty", "No byte of a secret.", SECRET, b""),
        value(
            "account_secret_over_limit",
            "129 bytes of a secret.",
            SECRET,
            &[b's'; 129],
        ),
        value("account_added_short", "A time of 4 bytes.", ADDED, &[0; 4]),
        value("account_edited_long", "A time of 9 bytes.", EDITED, &[0; 9]),
        value("account_trashed_empty", "A time of no byte.", TRASHED, b""),
        value(
            "account_pinned_with_value",
            "A field without a value has one.",
            PINNED,
            &[1],
        ),
    ]
}

fn texts() -> Vec<Vector> {
    let text = |length: usize| vec![b'x'; length];
    vec![
        value(
            "account_issuer_empty",
            "An empty text is written by leaving it out.",
            ISSUER,
            b"",
        ),
        value(
            "account_issuer_over_limit",
            "257 bytes.",
            ISSUER,
            &text(257),
        ),
        value(
            "account_issuer_not_utf8",
            "A byte that UTF-8 does not have.",
            ISSUER,
            b"dr\xffchrono",
        ),
        value(
            "account_issuer_surrogate",
            "A surrogate in UTF-8.",
            ISSUER,
            b"\xed\xa0\x80",
        ),
        value(
            "account_issuer_overlong",
            "A letter in two bytes where one is enough.",
            ISSUER,
            b"\xc1\xa1",
        ),
        value(
            "account_issuer_cut_in_a_letter",
            "The first byte of two.",
            ISSUER,
            b"dr\xc3",
        ),
        value(
            "account_issuer_line_end",
            "A control character.",
            ISSUER,
            b"dr\nchrono",
        ),
        value(
            "account_issuer_escape",
            "The character that commands to terminals begin with.",
            ISSUER,
            b"\x1b[31mred",
        ),
        value(
            "account_issuer_c1_control",
            "A control character above ASCII.",
            ISSUER,
            "a\u{9b}b".as_bytes(),
        ),
        value(
            "account_issuer_delete",
            "The delete character.",
            ISSUER,
            b"a\x7fb",
        ),
        value(
            "account_issuer_space_before",
            "A space at the start.",
            ISSUER,
            b" drchrono",
        ),
        value(
            "account_issuer_space_after",
            "A no-break space at the end.",
            ISSUER,
            "drchrono\u{a0}".as_bytes(),
        ),
        value(
            "account_label_empty",
            "An empty text is written by leaving it out.",
            LABEL,
            b"",
        ),
        value("account_label_over_limit", "257 bytes.", LABEL, &text(257)),
        value(
            "account_label_control",
            "A control character.",
            LABEL,
            b"a\0a",
        ),
        value(
            "account_label_space_only",
            "A space is no label.",
            LABEL,
            b" ",
        ),
        value(
            "account_note_empty",
            "An empty text is written by leaving it out.",
            NOTE,
            b"",
        ),
        value("account_note_over_limit", "4097 bytes.", NOTE, &text(4097)),
        value(
            "account_note_not_utf8",
            "A byte that UTF-8 does not have.",
            NOTE,
            b"\xfe",
        ),
        value("account_tag_empty", "A tag without a letter.", TAG, b""),
        value("account_tag_over_limit", "65 bytes.", TAG, &text(65)),
        value(
            "account_tag_space_after",
            "A space at the end.",
            TAG,
            b"work ",
        ),
        value(
            "account_icon_empty",
            "An empty text is written by leaving it out.",
            ICON,
            b"",
        ),
        value("account_icon_over_limit", "65 bytes.", ICON, &text(65)),
    ]
}

fn repeated() -> Vec<Vector> {
    let mut tags = usual();
    for number in 0..33u8 {
        add(&mut tags, TAG, &[b'a', number % 26 + b'a']);
    }
    let mut earlier = usual();
    for number in 0..3 {
        add(&mut earlier, EARLIER, &[number]);
    }
    let mut issuers = usual();
    add(&mut issuers, ISSUER, b"drchrono");
    let mut descending = usual();
    descending.swap(0, 1);
    let mut zero = usual();
    zero.insert(0, (0, b"x".to_vec()));
    vec![
        malformed("account_tags_over_limit", "33 tags.", &tags),
        malformed(
            "account_earlier_secrets_over_limit",
            "Three earlier secrets.",
            &earlier,
        ),
        value(
            "account_earlier_secret_empty",
            "No byte of a secret.",
            EARLIER,
            b"",
        ),
        value(
            "account_earlier_secret_over_limit",
            "129 bytes of a secret.",
            EARLIER,
            &[b's'; 129],
        ),
        malformed("account_issuer_twice", "Two issuers.", &issuers),
        malformed(
            "account_fields_descend",
            "The label before the issuer.",
            &descending,
        ),
        malformed("account_tag_0", "A tag of zero.", &zero),
    ]
}

fn numbers() -> Vec<Vector> {
    let counter = |name: &str, comment: &str, bytes: &[u8]| {
        let mut list = counting();
        set(&mut list, COUNTER, bytes);
        malformed(name, comment, &list)
    };
    vec![
        value("account_kind_long", "A kind of two bytes.", KIND, &[0, 1]),
        value(
            "account_algorithm_long",
            "An algorithm of two bytes.",
            ALGORITHM,
            &[0, 1],
        ),
        value("account_digits_under_limit", "Four digits.", DIGITS, &[4]),
        value("account_digits_over_limit", "Eleven digits.", DIGITS, &[11]),
        value("account_digits_empty", "A number of no byte.", DIGITS, b""),
        value("account_period_0", "A period of no time.", PERIOD, &[0; 4]),
        value(
            "account_period_over_limit",
            "A day and a second.",
            PERIOD,
            &86_401u32.to_be_bytes(),
        ),
        value(
            "account_period_long",
            "A period of 8 bytes.",
            PERIOD,
            &30u64.to_be_bytes(),
        ),
        counter(
            "account_counter_over_limit",
            "2^48 + 1.",
            &((1u64 << 48) + 1).to_be_bytes(),
        ),
        counter(
            "account_counter_short",
            "A counter of 4 bytes.",
            &[0, 0, 0, 3],
        ),
    ]
}

fn kinds() -> Vec<Vector> {
    let needs = |name: &str, list: List, tag: u16| {
        malformed(
            name,
            "A field that the kind needs is missing.",
            &without(list, tag),
        )
    };
    let has = |name: &str, mut list: List, tag: u16, value: &[u8]| {
        set(&mut list, tag, value);
        malformed(name, "A field that the kind has no use for.", &list)
    };
    let pin = |name: &str, comment: &str, pin: &[u8]| {
        let mut list = fixed(5);
        set(&mut list, PIN, pin);
        malformed(name, comment, &list)
    };
    vec![
        needs("totp_without_algorithm", usual(), ALGORITHM),
        needs("totp_without_digits", usual(), DIGITS),
        needs("totp_without_period", usual(), PERIOD),
        has("totp_with_counter", usual(), COUNTER, &[0; 8]),
        needs("hotp_without_algorithm", counting(), ALGORITHM),
        needs("hotp_without_digits", counting(), DIGITS),
        needs("hotp_without_counter", counting(), COUNTER),
        has("hotp_with_period", counting(), PERIOD, &[0, 0, 0, 30]),
        has("native_with_algorithm", native(), ALGORITHM, &[1]),
        has("native_with_digits", native(), DIGITS, &[7]),
        has("native_with_period", native(), PERIOD, &[0, 0, 0, 10]),
        has("native_with_counter", native(), COUNTER, &[0; 8]),
        has("steam_with_digits", fixed(4), DIGITS, &[5]),
        has("steam_with_pin", fixed(4), PIN, b"1234"),
        has("motp_with_period", fixed(5), PERIOD, &[0, 0, 0, 10]),
        has("yandex_with_algorithm", fixed(6), ALGORITHM, &[2]),
        has("totp_with_pin", usual(), PIN, b"1234"),
        pin(
            "motp_pin_empty",
            "A PIN that is not known is left out.",
            b"",
        ),
        pin("motp_pin_over_limit", "17 digits.", b"12345678901234567"),
        pin(
            "motp_pin_of_another_letter",
            "A letter beyond ASCII.",
            "é".as_bytes(),
        ),
    ]
}

fn unknown() -> Vec<Vector> {
    let unsupported = |name: &str, comment: &str, tag: u16, value: &[u8]| {
        let mut list = usual();
        set(&mut list, tag, value);
        class(name, comment, "UnsupportedVersion", &list)
    };
    vec![
        unsupported("account_kind_0", "A kind that never was.", KIND, &[0]),
        unsupported(
            "account_kind_unknown",
            "A kind of a newer version.",
            KIND,
            &[200],
        ),
        unsupported(
            "account_algorithm_0",
            "An algorithm that never was.",
            ALGORITHM,
            &[0],
        ),
        unsupported(
            "account_algorithm_unknown",
            "An algorithm of a newer version, never taken for SHA-1.",
            ALGORITHM,
            &[200],
        ),
        unsupported(
            "account_critical_tag",
            "A critical tag that is not known.",
            0xff00,
            b"x",
        ),
    ]
}

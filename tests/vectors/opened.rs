//! What must open: the negative space says little where everything is refused.

use data_encoding::HEXLOWER;

use crate::account::{
    ADDED, COUNTER, DIGITS, EARLIER, ICON, ISSUER, KIND, LABEL, List, NOTE, PERIOD, PIN, PINNED,
    SECRET, TAG, TRASHED, add, content, counting, fixed, native, set, usual, without,
};
use crate::payload::content_of;
use crate::vector::Vector;
use crate::writer::{
    CODE_TEXT, Draft, FLOOR, GENERATION, KEYRING, PASSWORD, field, fields, keyring_slot,
    password_slot, password_slot_unpaid, recovery_slot, salt, vault_key,
};

pub(crate) fn vectors() -> Vec<Vector> {
    [secrets(), headers(), contents(), accounts()].concat()
}

fn with_slots(name: &str, comment: &str, slots: &[Vec<u8>]) -> Vector {
    let bytes = Draft::new(content()).slots(slots).write();
    Vector::opened(name, comment, &content(), bytes)
}

fn secrets() -> Vec<Vector> {
    let recovery = || recovery_slot(&vault_key());
    let wrong = || password_slot_unpaid(FLOOR);
    let by_password = |name: &str, comment: &str, slots: &[Vec<u8>], password: &str| {
        with_slots(name, comment, slots).offered("password", password)
    };
    let all = [password_slot(PASSWORD, FLOOR), recovery(), keyring_slot()];
    let composed = [password_slot("Grüße fi", FLOOR)];
    let typed = CODE_TEXT
        .to_lowercase()
        .replace('-', " ")
        .replace('0', "o")
        .replace('1', "L");
    vec![
        by_password("opened_by_password", "At the lowest cost.", &all, PASSWORD),
        by_password(
            "opened_at_default_cost",
            "128 MiB, 3 passes, 4 lanes.",
            &[password_slot(PASSWORD, [128 * 1024, 3, 4])],
            PASSWORD,
        ),
        by_password(
            "opened_after_16_passes",
            "As many passes as are allowed.",
            &[password_slot(PASSWORD, [64 * 1024, 16, 4])],
            PASSWORD,
        ),
        by_password(
            "opened_in_fourth_password_slot",
            "Four password slots are tried.",
            &[wrong(), wrong(), wrong(), password_slot(PASSWORD, FLOOR)],
            PASSWORD,
        ),
        by_password(
            "opened_password_decomposed",
            "Letters typed in parts, and a ligature: NFKC makes them one.",
            &composed,
            "Gru\u{308}ße \u{fb01}",
        ),
        by_password(
            "opened_password_empty",
            "An empty password is a weak one, not a wrong one.",
            &[password_slot("", FLOOR)],
            "",
        ),
        with_slots(
            "opened_by_recovery_code",
            "The slot between two others.",
            &all,
        ),
        with_slots(
            "opened_code_typed",
            "Lower case, spaces for dashes, O for 0, L for 1.",
            &all,
        )
        .offered("recovery-code", &typed),
        with_slots("opened_by_keyring", "The last slot of three.", &all)
            .offered("keyring-secret", &HEXLOWER.encode(&KEYRING)),
        with_slots(
            "opened_by_vault_key",
            "The key itself, as one who has the vault open keeps it.",
            &all,
        )
        .offered("vault-key", &HEXLOWER.encode(&salt("vault key"))),
        with_slots(
            "opened_second_recovery_slot",
            "Each recovery slot is tried.",
            &[[&[0, 2], &keyring_slot()[2..]].concat(), recovery()],
        ),
    ]
}

fn headers() -> Vec<Vector> {
    let unknown_slot = b"\x7f\xffa slot of a newer version".to_vec();
    let recovery = recovery_slot(&vault_key());
    let mut newer = Draft::new(content());
    newer.minor = 9;
    let mut list = newer.header_fields();
    list.insert(1, (0x7ff0, b"a field of a newer version".to_vec()));
    newer.header = Some(fields(&list));
    let mut last = Draft::new(content());
    last.generation = (1 << 63) - 1;
    let mut first = Draft::new(content());
    first.generation = 1;
    let mut full = Draft::new(content());
    let mut list = full.header_fields();
    let room = 65_536 - fields(&list).len() - 6;
    list.insert(1, (0x7ff0, vec![0; room]));
    full.header = Some(fields(&list));
    let seen = |name: &str, comment: &str, generation: u64| {
        with_slots(name, comment, std::slice::from_ref(&recovery)).seen(generation)
    };
    vec![
        Vector::opened(
            "opened_newer_minor",
            "A newer minor version, with a field that is not known.",
            &content(),
            newer.write(),
        ),
        with_slots(
            "opened_unknown_slot",
            "A slot of a kind that is not known.",
            &[recovery.clone(), unknown_slot],
        ),
        with_slots(
            "opened_sixteen_slots",
            "As many slots as are allowed.",
            &vec![recovery.clone(); 16],
        ),
        Vector::opened_as(
            "opened_last_generation",
            "Generation 2^63 - 1.",
            (1 << 63) - 1,
            &content(),
            last.write(),
        ),
        Vector::opened_as(
            "opened_first_generation",
            "Generation 1.",
            1,
            &content(),
            first.write(),
        ),
        Vector::opened(
            "opened_header_at_limit",
            "A header of 64 KiB.",
            &content(),
            full.write(),
        ),
        seen(
            "opened_seen_before",
            "The same generation was seen.",
            GENERATION,
        ),
        seen(
            "opened_seen_older",
            "An older generation was seen.",
            GENERATION - 1,
        ),
    ]
}

fn contents() -> Vec<Vector> {
    let opened = |name: &str, comment: &str, content: Vec<u8>| {
        Vector::opened(name, comment, &content, Draft::new(content.clone()).write())
    };
    vec![
        opened("opened_empty", "No account.", Vec::new()),
        opened(
            "opened_unknown_content",
            "A field that is not known, before the accounts.",
            [field(0x7ff0, b"x"), content()].concat(),
        ),
        opened(
            "opened_padded_by_nothing",
            "Length and content are 1024 bytes.",
            content_of(1016),
        ),
        opened(
            "opened_padded_over_1024",
            "Length and content are 1025 bytes.",
            content_of(1017),
        ),
        opened(
            "opened_padded_over_65536",
            "Where the step of the padding grows.",
            content_of(65_529),
        ),
    ]
}

fn accounts() -> Vec<Vector> {
    let opened = |name: &str, comment: &str, list: &List| {
        let content = field(0x8001, &fields(list));
        Vector::opened(name, comment, &content, Draft::new(content.clone()).write())
    };
    let edited = |mut list: List, edits: &[(u16, &[u8])]| {
        edits
            .iter()
            .for_each(|(tag, value)| set(&mut list, *tag, value));
        list
    };
    let mut every = edited(
        usual(),
        &[
            (ISSUER, "é".repeat(128).as_bytes()),
            (LABEL, &[b'l'; 256]),
            (NOTE, &[b'\n'; 4096]),
            (ICON, &[b'i'; 64]),
            (PINNED, b""),
            (TRASHED, &[0; 8]),
            (SECRET, &[0xff; 128]),
            (0x7ff0, b"a field of a newer version"),
        ],
    );
    for number in 0..32u8 {
        add(&mut every, TAG, &[number % 26 + b'a'; 64]);
    }
    add(&mut every, EARLIER, &[1]);
    add(&mut every, EARLIER, &[2; 128]);
    let nameless = without(without(usual(), ISSUER), LABEL);
    vec![
        opened("opened_hotp", "An account that counts.", &counting()),
        opened("opened_native", "An account that a site issued.", &native()),
        opened("opened_steam", "A Steam account.", &fixed(4)),
        opened(
            "opened_motp_without_pin",
            "An mOTP account whose PIN is not known.",
            &fixed(5),
        ),
        opened(
            "opened_motp",
            "An mOTP account.",
            &edited(fixed(5), &[(PIN, b"1234")]),
        ),
        opened(
            "opened_yandex",
            "A Yandex account with the longest PIN.",
            &edited(fixed(6), &[(PIN, b"1234567890abcXYZ")]),
        ),
        opened("opened_nameless", "Neither issuer nor label.", &nameless),
        opened(
            "opened_every_field",
            "Every field, each as long and as often as is allowed.",
            &every,
        ),
        opened(
            "opened_lowest_numbers",
            "5 digits, 1 second, 1 byte, SHA-256.",
            &edited(
                usual(),
                &[
                    (DIGITS, &[5]),
                    (PERIOD, &[0, 0, 0, 1]),
                    (SECRET, &[0]),
                    (0x8004, &[2]),
                ],
            ),
        ),
        opened(
            "opened_highest_numbers",
            "10 digits, a day, SHA-512.",
            &edited(
                usual(),
                &[
                    (DIGITS, &[10]),
                    (PERIOD, &86_400u32.to_be_bytes()),
                    (ADDED, &[0xff; 8]),
                    (0x8004, &[3]),
                ],
            ),
        ),
        opened(
            "opened_highest_counter",
            "Counter 2^48.",
            &edited(counting(), &[(COUNTER, &(1u64 << 48).to_be_bytes())]),
        ),
        opened(
            "opened_label_of_many_scripts",
            "Letters of two directions, a joiner, an emoji.",
            &edited(
                usual(),
                &[(LABEL, "ש\u{202e}\u{200d}😀".as_bytes()), (KIND, &[1])],
            ),
        ),
    ]
}

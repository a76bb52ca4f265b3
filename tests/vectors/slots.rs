//! Steps 11 and 12: what the secret that is offered opens.

use data_encoding::HEXLOWER;

use crate::account::{List, content};
use crate::vector::Vector;
use crate::writer::{
    At, CODE_TEXT, Draft, FLOOR, KEYRING, PASSWORD, fields, flipped, keyring_slot, password_slot,
    password_slot_unpaid, recovery_slot, rehashed, salt, vault_key,
};

pub(crate) fn vectors() -> Vec<Vector> {
    [codes(), nothing_opens(), changed(), wrapped(), mac()].concat()
}

fn codes() -> Vec<Vector> {
    let bad = |name: &str, comment: &str, code: &str| {
        let bytes = Draft::new(content()).write();
        Vector::refused(name, comment, "BadRecoveryCode", bytes).offered("recovery-code", code)
    };
    let symbols: String = CODE_TEXT.replace('-', "");
    let (code, check) = symbols.split_at(32);
    let other = if check == "0" { "1" } else { "0" };
    let swapped = format!("{}{}{}", &code[1..2], &code[..1], &code[2..]);
    vec![
        bad(
            "code_check_symbol",
            "The check symbol is another.",
            &format!("{code}{other}"),
        ),
        bad(
            "code_symbol_wrong",
            "One symbol is another.",
            &format!(
                "{}{}{check}",
                &code[..31],
                if code.ends_with('0') { "1" } else { "0" }
            ),
        ),
        bad(
            "code_symbols_swapped",
            "Two symbols changed places.",
            &format!("{swapped}{check}"),
        ),
        bad(
            "code_symbol_unknown",
            "U stands for nothing but a check.",
            &format!("U{}{check}", &code[1..]),
        ),
        bad(
            "code_check_first",
            "A symbol that only checks, among the others.",
            &format!("*{}{check}", &code[1..]),
        ),
        bad(
            "code_not_ascii",
            "A letter of another alphabet.",
            &format!("É{}{check}", &code[1..]),
        ),
        bad("code_short", "32 symbols.", code),
        bad("code_long", "34 symbols.", &format!("0{code}{check}")),
    ]
}

fn nothing_opens() -> Vec<Vector> {
    let none = |name: &str, comment: &str, slots: &[Vec<u8>], what: &str, value: &str| {
        let bytes = Draft::new(content()).slots(slots).write();
        Vector::refused(name, comment, "NoSlotOpened", bytes).offered(what, value)
    };
    let (recovery, password) = (recovery_slot(&vault_key()), password_slot(PASSWORD, FLOOR));
    let keyring = HEXLOWER.encode(&KEYRING);
    let mut fifth = vec![password_slot_unpaid(FLOOR); 4];
    fifth.push(password.clone());
    let future = [&[0x7f, 0xff], &recovery[2..]].concat();
    let recovery_kind = [&[0, 2], &keyring_slot()[2..]].concat();
    let zeros = "0000-0000-0000-0000-0000-0000-0000-0000-0";
    vec![
        none(
            "password_wrong",
            "Another password.",
            std::slice::from_ref(&password),
            "password",
            "sunlit-harbour-quarry-lemon-42",
        ),
        none(
            "password_with_space",
            "A space at the end is part of a password.",
            std::slice::from_ref(&password),
            "password",
            &format!("{PASSWORD} "),
        ),
        none(
            "password_upper_case",
            "Case counts.",
            std::slice::from_ref(&password),
            "password",
            &PASSWORD.to_uppercase(),
        ),
        none(
            "password_slot_missing",
            "There is no slot for a password.",
            std::slice::from_ref(&recovery),
            "password",
            PASSWORD,
        ),
        none(
            "password_in_fifth_slot",
            "Four password slots are tried.",
            &fifth,
            "password",
            PASSWORD,
        ),
        none(
            "recovery_code_wrong",
            "Another code.",
            std::slice::from_ref(&recovery),
            "recovery-code",
            zeros,
        ),
        none(
            "recovery_slot_missing",
            "There is no slot for a code.",
            std::slice::from_ref(&password),
            "recovery-code",
            CODE_TEXT,
        ),
        none(
            "recovery_code_as_password",
            "A code is no password.",
            &[password.clone(), recovery.clone()],
            "password",
            CODE_TEXT,
        ),
        none(
            "keyring_secret_wrong",
            "Another secret.",
            &[keyring_slot()],
            "keyring-secret",
            &"00".repeat(32),
        ),
        none(
            "keyring_slot_missing",
            "There is no slot for a keyring.",
            &[recovery],
            "keyring-secret",
            &keyring,
        ),
        none(
            "slot_kind_changed",
            "A keyring slot that says it is a recovery slot.",
            &[recovery_kind],
            "recovery-code",
            CODE_TEXT,
        ),
        none(
            "slot_of_unknown_kind",
            "A slot of another kind is not tried.",
            &[future],
            "recovery-code",
            CODE_TEXT,
        ),
    ]
}

/// The usual file with a bit of its one slot turned, under a hash that fits: `at` counts from the slot's first byte.
fn turned(slots: &[Vec<u8>], at: usize) -> Vec<u8> {
    let bytes = Draft::new(content()).slots(slots).write();
    let header = bytes[16..At::of(&bytes).hash].to_vec();
    let slot = header.len() - slots.last().unwrap().len();
    rehashed(&bytes, &flipped(header, slot + at, 0))
}

fn changed() -> Vec<Vector> {
    let none = |name: &str, comment: &str, bytes: Vec<u8>| {
        Vector::refused(name, comment, "NoSlotOpened", bytes)
    };
    let (recovery, password) = (
        [recovery_slot(&vault_key())],
        [password_slot(PASSWORD, FLOOR)],
    );
    let by_password = |name: &str, comment: &str, at: usize| {
        none(name, comment, turned(&password, at)).offered("password", PASSWORD)
    };
    let list = Draft::new(content()).header_fields();
    let mut other_vault = list.clone();
    other_vault[1].1 = b"another vault id".to_vec();
    let other_vault = rehashed(&Draft::new(content()).write(), &fields(&other_vault));
    vec![
        none(
            "slot_of_another_vault",
            "The slot is bound to the vault id.",
            other_vault,
        ),
        none(
            "slot_wrap_salt_bit",
            "A bit of the recovery slot's wrap salt.",
            turned(&recovery, 2),
        ),
        none(
            "slot_commitment_bit",
            "A bit of the recovery slot's commitment.",
            turned(&recovery, 34),
        ),
        by_password(
            "slot_memory_raised",
            "The slot is bound to its cost: 1 KiB more.",
            5,
        ),
        by_password("slot_kdf_salt_bit", "A bit of the KDF salt.", 14),
        by_password(
            "slot_password_wrap_salt_bit",
            "A bit of the password slot's wrap salt.",
            46,
        ),
        by_password(
            "slot_password_commitment_bit",
            "A bit of the password slot's commitment.",
            78,
        ),
    ]
}

fn wrapped() -> Vec<Vector> {
    let tampered = |name: &str, comment: &str, slot: Vec<u8>, at: usize| {
        Vector::refused(name, comment, "Tampered slot", turned(&[slot], at))
    };
    let keyring = HEXLOWER.encode(&KEYRING);
    vec![
        tampered(
            "wrapped_key_first_bit",
            "A bit of the wrapped key.",
            recovery_slot(&vault_key()),
            66,
        ),
        tampered(
            "wrapped_key_tag_bit",
            "A bit of the wrapped key's tag.",
            recovery_slot(&vault_key()),
            113,
        ),
        tampered(
            "wrapped_key_password_bit",
            "A bit of the wrapped key of a password slot.",
            password_slot(PASSWORD, FLOOR),
            110,
        )
        .offered("password", PASSWORD),
        tampered(
            "wrapped_key_keyring_bit",
            "A bit of the wrapped key of a keyring slot.",
            keyring_slot(),
            66,
        )
        .offered("keyring-secret", &keyring),
    ]
}

fn mac() -> Vec<Vector> {
    let bytes = || Draft::new(content()).write();
    let at = At::of(&bytes());
    let tampered = |name: &str, comment: &str, bytes: Vec<u8>| {
        Vector::refused(name, comment, "Tampered header", bytes)
    };
    let again = |edit: &dyn Fn(&mut List)| {
        let mut list = Draft::new(content())
            .slots(&[recovery_slot(&vault_key()), keyring_slot()])
            .header_fields();
        let bytes = Draft::new(content())
            .slots(&[recovery_slot(&vault_key()), keyring_slot()])
            .write();
        edit(&mut list);
        rehashed(&bytes, &fields(&list))
    };
    let minor = {
        let mut changed = bytes();
        changed[11] = 1;
        rehashed(&changed, &changed[16..at.hash])
    };
    let other_key = authr_crypto::secret::VaultKey::new(&salt("another vault key"));
    let planted = rehashed(
        &bytes(),
        &fields(
            &Draft::new(content())
                .slots(&[recovery_slot(&other_key)])
                .header_fields(),
        ),
    );
    let unlocked_by_key = HEXLOWER.encode(&salt("another vault key"));
    vec![
        tampered(
            "mac_first_bit",
            "A bit of the header's MAC.",
            flipped(bytes(), at.mac, 7),
        ),
        tampered(
            "mac_last_bit",
            "A bit of the header's MAC.",
            flipped(bytes(), at.mac + 31, 0),
        ),
        tampered(
            "mac_of_another_key",
            "A slot with a key of the attacker's own, before a file of ours.",
            planted,
        ),
        tampered(
            "vault_key_of_another_vault",
            "A key from elsewhere.",
            bytes(),
        )
        .offered("vault-key", &unlocked_by_key),
        tampered(
            "rehashed_minor",
            "Another minor version, under a hash that fits.",
            minor,
        ),
        tampered(
            "rehashed_saved_at",
            "Another time, under a hash that fits.",
            again(&|list| list[0].1[7] ^= 1),
        ),
        tampered(
            "rehashed_generation",
            "A higher generation, under a hash that fits.",
            again(&|list| list[2].1[7] += 1),
        ),
        tampered(
            "rehashed_payload_salt",
            "Another salt, under a hash that fits.",
            again(&|list| list[3].1[0] ^= 1),
        ),
        tampered(
            "rehashed_slot_removed",
            "A slot fewer, under a hash that fits.",
            again(&|list| drop(list.pop())),
        ),
        tampered(
            "rehashed_slots_swapped",
            "The slots in another order, under a hash that fits.",
            again(&|list| list.swap(4, 5)),
        ),
        tampered(
            "rehashed_slot_twice",
            "A slot twice, under a hash that fits.",
            again(&|list| list.push(list[5].clone())),
        ),
        tampered(
            "rehashed_field_added",
            "A field more, under a hash that fits.",
            again(&|list| list.insert(1, (2, b"x".to_vec()))),
        ),
    ]
}

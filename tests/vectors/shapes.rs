//! Steps 8 to 10: the shapes of slots, their cost, and the length of the payload.

use crate::account::content;
use crate::clear::usual;
use crate::vector::Vector;
use crate::writer::{
    At, Draft, FLOOR, field, over, password_head, password_slot_unpaid, recovery_slot, salt,
    vault_key,
};

pub(crate) fn vectors() -> Vec<Vector> {
    [slot_shapes(), policy(), lengths()].concat()
}

fn slot_shapes() -> Vec<Vector> {
    let with_slot = |slot: &[u8]| {
        Draft::new(content())
            .slots(&[recovery_slot(&vault_key()), slot.to_vec()])
            .write()
    };
    let malformed = |name: &str, comment: &str, slot: &[u8]| {
        Vector::refused(name, comment, "Malformed header", with_slot(slot))
    };
    let password = password_slot_unpaid(FLOOR);
    let recovery = recovery_slot(&vault_key());
    let keyring = [&[0, 3], &recovery[2..]].concat();
    let long = |bytes: &[u8]| [bytes, &[0]].concat();
    let seventeen = vec![recovery_slot(&vault_key()); 17];
    vec![
        malformed("slot_empty", "A slot without a kind.", b""),
        malformed("slot_kind_cut", "One byte of a kind.", &[0]),
        malformed(
            "slot_password_kind_alone",
            "A password slot that ends after its kind.",
            &[0, 1],
        ),
        malformed(
            "slot_password_head_alone",
            "A password slot that ends after its salt.",
            &password_head(FLOOR, salt("kdf salt")),
        ),
        malformed(
            "slot_password_short",
            "A password slot of 157 bytes.",
            &password[..157],
        ),
        malformed(
            "slot_password_long",
            "A password slot of 159 bytes.",
            &long(&password),
        ),
        malformed(
            "slot_recovery_kind_alone",
            "A recovery slot that ends after its kind.",
            &[0, 2],
        ),
        malformed(
            "slot_recovery_short",
            "A recovery slot of 113 bytes.",
            &recovery[..113],
        ),
        malformed(
            "slot_recovery_long",
            "A recovery slot of 115 bytes.",
            &long(&recovery),
        ),
        malformed(
            "slot_keyring_short",
            "A keyring slot of 113 bytes.",
            &keyring[..113],
        ),
        malformed(
            "slot_keyring_long",
            "A keyring slot of 115 bytes.",
            &long(&keyring),
        ),
        Vector::refused(
            "slots_over_limit",
            "17 slots.",
            "Malformed header",
            Draft::new(content()).slots(&seventeen).write(),
        ),
    ]
}

fn policy() -> Vec<Vector> {
    let slot = |cost: [u32; 3]| {
        Draft::new(content())
            .slots(&[recovery_slot(&vault_key()), password_slot_unpaid(cost)])
            .write()
    };
    let weak =
        |name: &str, comment: &str, cost| Vector::refused(name, comment, "KdfTooWeak", slot(cost));
    let expensive = |name: &str, comment: &str, cost| {
        Vector::refused(name, comment, "KdfTooExpensive", slot(cost))
    };
    let (mib, gib) = (1024, 1024 * 1024);
    let second = [
        recovery_slot(&vault_key()),
        password_slot_unpaid(FLOOR),
        password_slot_unpaid([64 * mib, 1, 1]),
    ];
    vec![
        weak(
            "kdf_memory_under_floor",
            "64 MiB less 1 KiB.",
            [64 * mib - 1, 3, 1],
        ),
        weak("kdf_passes_under_floor", "Two passes.", [64 * mib, 2, 1]),
        weak("kdf_lanes_0", "No lane.", [64 * mib, 3, 0]),
        weak("kdf_nothing", "No memory, no pass, no lane.", [0, 0, 0]),
        weak(
            "kdf_much_memory_one_pass",
            "Memory does not make up for passes.",
            [gib, 1, 4],
        ),
        expensive(
            "kdf_memory_over_ceiling",
            "1 GiB and 1 KiB.",
            [gib + 1, 3, 4],
        ),
        expensive("kdf_passes_over_ceiling", "17 passes.", [64 * mib, 17, 4]),
        expensive("kdf_lanes_over_ceiling", "Five lanes.", [64 * mib, 3, 5]),
        expensive(
            "kdf_work_over_ceiling",
            "1 GiB in five passes: more than 4 GiB of work.",
            [gib, 5, 4],
        ),
        expensive(
            "kdf_greatest",
            "The greatest numbers.",
            [u32::MAX, u32::MAX, u32::MAX],
        ),
        Vector::refused(
            "kdf_weak_in_second_slot",
            "Each password slot is held against the policy.",
            "KdfTooWeak",
            Draft::new(content()).slots(&second).write(),
        ),
    ]
}

fn lengths() -> Vec<Vector> {
    let at = At::of(&usual());
    let cut = |length: usize| usual()[..length].to_vec();
    let stated = |length: u64| over(usual(), at.length, &length.to_be_bytes());
    let length = u64::from_be_bytes(usual()[at.length..at.payload].try_into().unwrap());
    let header = |name: &str, comment: &str, bytes| {
        Vector::refused(name, comment, "Malformed header", bytes)
    };
    let payload = |name: &str, comment: &str, bytes| {
        Vector::refused(name, comment, "Malformed payload", bytes)
    };
    vec![
        header(
            "cut_after_hash",
            "Nothing follows the header's hash.",
            cut(at.mac),
        ),
        header(
            "cut_in_mac",
            "31 bytes of the header's MAC.",
            cut(at.mac + 31),
        ),
        header(
            "cut_in_commitment",
            "31 bytes of the payload's commitment.",
            cut(at.commitment + 31),
        ),
        header(
            "cut_in_payload_length",
            "7 bytes of the payload's length.",
            cut(at.length + 7),
        ),
        Vector::refused(
            "payload_length_over_limit",
            "A payload of 16 MiB and a byte is announced.",
            "TooLarge",
            stated(16 * 1024 * 1024 + 1),
        ),
        Vector::refused(
            "payload_length_greatest",
            "A payload of 2^64 - 1 bytes is announced.",
            "TooLarge",
            stated(u64::MAX),
        ),
        payload(
            "payload_length_less",
            "A byte less than there is.",
            stated(length - 1),
        ),
        payload(
            "payload_length_more",
            "A byte more than there is.",
            stated(length + 1),
        ),
        payload(
            "payload_length_0",
            "No payload is announced, and one is there.",
            stated(0),
        ),
        payload(
            "cut_before_payload",
            "A payload is announced, and none is there.",
            cut(at.payload),
        ),
        payload(
            "cut_in_payload",
            "The last byte is missing.",
            cut(usual().len() - 1),
        ),
        payload(
            "trailing_byte",
            "A byte after the payload.",
            [usual(), vec![0]].concat(),
        ),
        payload(
            "trailing_file",
            "Another vault after the payload.",
            [usual(), usual()].concat(),
        ),
        payload(
            "trailing_field",
            "A field after the payload.",
            [usual(), field(1, b"x")].concat(),
        ),
    ]
}

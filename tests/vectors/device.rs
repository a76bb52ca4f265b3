//! Step 15: the device's identity, the state of its records, and its request.

use crate::account::{List, add, set, without};
use crate::vector::Vector;
use crate::writer::{Draft, field, fields, salt};

const IDENTITY: u16 = 0x8002;
const REQUEST: u16 = 0x8003;

fn number(number: u64) -> Vec<u8> {
    number.to_be_bytes().to_vec()
}

fn stamp(clock: u64) -> Vec<u8> {
    [number(clock), vec![9; 16]].concat()
}

fn known(id: u8, flags: u8, account: u8, line: &[Vec<u8>]) -> Vec<u8> {
    [
        vec![id; 16],
        number(5),
        vec![flags],
        vec![account; 32],
        number(3),
        vec![2; 32],
        stamp(8),
        stamp(7),
        vec![u8::try_from(line.len()).unwrap()],
        line.concat(),
    ]
    .concat()
}

fn state() -> List {
    vec![
        (0x8001, number(9)),
        (
            0x8002,
            [number(2), vec![0, 2, 0, 0, 0, 0, 0, 3, 0, 0, 0, 4]].concat(),
        ),
        (0x8003, [vec![1; 16], number(4), vec![7; 32]].concat()),
        (0x8004, known(1, 1, 6, &[stamp(1), stamp(2)])),
        (0x8004, known(2, 4, 0, &[])),
        (
            0x8005,
            [vec![3; 16], number(4), b"a record".to_vec()].concat(),
        ),
    ]
}

fn identity_with(state: &List) -> List {
    let entry = |bytes: &[u8]| {
        [
            &u32::try_from(bytes.len()).unwrap().to_be_bytes()[..],
            bytes,
        ]
        .concat()
    };
    vec![
        (0x8001, b"https://authr.example.org".to_vec()),
        (0x8003, salt("server id").to_vec()),
        (0x8004, salt("server key").to_vec()),
        (0x8005, b"+15555550123".to_vec()),
        (0x8006, salt("user")[..16].to_vec()),
        (0x8007, salt("signing seed").to_vec()),
        (0x8008, salt("sealing key").to_vec()),
        (0x8009, [entry(b"genesis"), entry(b"epoch")].concat()),
        (0x800a, number(3)),
        (0x800b, fields(state)),
        (
            0x800c,
            [vec![0, 0, 0, 1], salt("data key").to_vec()].concat(),
        ),
    ]
}

fn identity() -> List {
    identity_with(&state())
}

fn request(kind: u8) -> List {
    let mut list = vec![
        (0x8001, vec![kind]),
        (0x8002, salt("idempotency")[..16].to_vec()),
        (0x8003, b"{}".to_vec()),
    ];
    match kind {
        1 => {
            add(&mut list, 0x8006, &salt("registration")[..16]);
            add(&mut list, 0x8007, &salt("request seed"));
            add(&mut list, 0x8008, &salt("request key"));
            add(&mut list, 0x8009, &fields(&identity()));
        }
        2 => {
            add(&mut list, 0x8004, &number(2));
            add(&mut list, 0x8005, &salt("blob"));
        }
        _ => {}
    }
    list
}

fn write(tag: u16, list: &List) -> (Vec<u8>, Vec<u8>) {
    let content = field(tag, &fields(list));
    let bytes = Draft::new(content.clone()).write();
    (content, bytes)
}

fn opened(name: &str, comment: &str, tag: u16, list: &List) -> Vector {
    let (content, bytes) = write(tag, list);
    Vector::opened(name, comment, &content, bytes)
}

fn refused(name: &str, comment: &str, class: &str, tag: u16, list: &List) -> Vector {
    Vector::refused(name, comment, class, write(tag, list).1)
}

fn malformed(name: &str, comment: &str, tag: u16, list: &List) -> Vector {
    refused(name, comment, "Malformed content", tag, list)
}

pub(crate) fn vectors() -> Vec<Vector> {
    [opens(), identities(), states(), requests()].concat()
}

fn opens() -> Vec<Vector> {
    let mut certificates = identity();
    set(&mut certificates, 0x8002, b"-----BEGIN CERTIFICATE-----");
    vec![
        opened(
            "opened_identity",
            "A registered device.",
            IDENTITY,
            &identity(),
        ),
        opened(
            "opened_identity_with_certificates",
            "A server with an authority of its own.",
            IDENTITY,
            &certificates,
        ),
        opened(
            "opened_identity_new",
            "A device that has seen no record.",
            IDENTITY,
            &identity_with(&vec![(0x8001, number(0))]),
        ),
        opened(
            "opened_request_finish",
            "A registration whose answer is due.",
            REQUEST,
            &request(1),
        ),
        opened(
            "opened_request_append",
            "Entries of the device list whose answer is due.",
            REQUEST,
            &request(2),
        ),
        opened(
            "opened_request_push",
            "Records whose answer is due.",
            REQUEST,
            &request(3),
        ),
    ]
}

fn identities() -> Vec<Vector> {
    let with = |tag: u16, value: &[u8]| {
        let mut list = identity();
        set(&mut list, tag, value);
        list
    };
    let bad = |name: &str, comment: &str, tag: u16, value: &[u8]| {
        malformed(name, comment, IDENTITY, &with(tag, value))
    };
    let missing = |name: &str, tag: u16| {
        malformed(
            name,
            "A required field is missing.",
            IDENTITY,
            &without(identity(), tag),
        )
    };
    vec![
        missing("identity_address_missing", 0x8001),
        missing("identity_signing_seed_missing", 0x8007),
        missing("identity_state_missing", 0x800b),
        missing("identity_data_key_missing", 0x800c),
        bad(
            "identity_address_over_limit",
            "257 bytes.",
            0x8001,
            &[b'a'; 257],
        ),
        bad(
            "identity_certificates_empty",
            "None is written by leaving them out.",
            0x8002,
            b"",
        ),
        bad(
            "identity_certificates_over_limit",
            "64 KiB and a byte.",
            0x8002,
            &[b'c'; 65_537],
        ),
        bad(
            "identity_server_short",
            "A server id of 31 bytes.",
            0x8003,
            &[1; 31],
        ),
        bad(
            "identity_number_over_limit",
            "17 bytes.",
            0x8005,
            b"+1555555012345678",
        ),
        bad(
            "identity_list_cut",
            "An entry that ends early.",
            0x8009,
            &[0, 0, 0, 2, 1],
        ),
        bad(
            "identity_list_entry_empty",
            "An entry of no byte.",
            0x8009,
            &[0, 0, 0, 0],
        ),
        bad(
            "identity_list_entry_over_limit",
            "An entry of 2049 bytes.",
            0x8009,
            &[vec![0, 0, 8, 1], vec![1; 2049]].concat(),
        ),
        bad(
            "identity_list_over_limit",
            "2049 entries.",
            0x8009,
            &[0, 0, 0, 1, 1].repeat(2049),
        ),
        bad("identity_data_key_short", "35 bytes.", 0x800c, &[1; 35]),
        refused(
            "identity_unknown_tag",
            "A tag that is not known is refused here, critical or not.",
            "UnsupportedVersion",
            IDENTITY,
            &with(0x7ff0, b"x"),
        ),
    ]
}

fn states() -> Vec<Vector> {
    let in_state = |name: &str, comment: &str, list: &List| {
        malformed(name, comment, IDENTITY, &identity_with(list))
    };
    let more = |tag: u16, value: &[u8]| {
        let mut list = state();
        add(&mut list, tag, value);
        list
    };
    let stamps = |count: u64| (0..count).map(stamp).collect::<Vec<_>>();
    let record = |id: u8, length: usize| [vec![id; 16], number(4), vec![1; length]].concat();
    let mut cut = known(3, 1, 6, &stamps(2));
    cut.pop();
    let mut unknown = state();
    set(&mut unknown, 0x7ff0, b"x");
    let mut locker = state();
    set(&mut locker, 0x8002, &[2; 19]);
    let aside: List = std::iter::once((0x8001, number(0)))
        .chain((0..65u8).map(|id| (0x8005, record(id, 0))))
        .collect();
    vec![
        in_state(
            "state_revision_missing",
            "A required field is missing.",
            &without(state(), 0x8001),
        ),
        in_state("state_locker_short", "19 bytes.", &locker),
        in_state("state_chain_long", "57 bytes.", &more(0x8003, &[2; 57])),
        in_state(
            "state_chain_twice",
            "Two ends of one device's chain.",
            &more(0x8003, &[vec![1; 16], number(5), vec![7; 32]].concat()),
        ),
        in_state(
            "state_known_cut",
            "A stamp that ends early.",
            &more(0x8004, &cut),
        ),
        in_state(
            "state_known_descends",
            "Ids that do not ascend.",
            &more(0x8004, &known(0, 1, 6, &[])),
        ),
        in_state(
            "state_known_flag_unknown",
            "A flag that is none.",
            &more(0x8004, &known(3, 9, 6, &[])),
        ),
        in_state(
            "state_known_gone_with_account",
            "No account, and its hash.",
            &more(0x8004, &known(3, 0, 6, &[])),
        ),
        in_state(
            "state_known_stamps_over_limit",
            "17 stamps.",
            &more(0x8004, &known(3, 1, 6, &stamps(17))),
        ),
        in_state(
            "state_known_stamps_descend",
            "Stamps that do not ascend.",
            &more(0x8004, &known(3, 1, 6, &[stamp(2), stamp(1)])),
        ),
        in_state(
            "state_record_over_limit",
            "16 KiB and a byte.",
            &more(0x8005, &record(4, 16_385)),
        ),
        in_state("state_record_short", "23 bytes.", &more(0x8005, &[4; 23])),
        in_state("state_records_over_limit", "65 records.", &aside),
        refused(
            "state_unknown_tag",
            "A tag that is not known is refused here, critical or not.",
            "UnsupportedVersion",
            IDENTITY,
            &identity_with(&unknown),
        ),
    ]
}

fn requests() -> Vec<Vector> {
    let with = |kind: u8, tag: u16, value: &[u8]| {
        let mut list = request(kind);
        set(&mut list, tag, value);
        list
    };
    let missing = |name: &str, kind: u8, tag: u16| {
        malformed(
            name,
            "A field that the kind needs is missing.",
            REQUEST,
            &without(request(kind), tag),
        )
    };
    let locker = [(0x8004, number(2)), (0x8005, salt("blob").to_vec())];
    let mut push_with_locker = request(3);
    push_with_locker.extend(locker);
    vec![
        missing("request_key_missing", 3, 0x8002),
        missing("request_body_missing", 3, 0x8003),
        missing("request_finish_without_identity", 1, 0x8009),
        missing("request_append_without_locker", 2, 0x8005),
        malformed(
            "request_push_with_locker",
            "Fields that the kind has no use for.",
            REQUEST,
            &push_with_locker,
        ),
        malformed(
            "request_body_empty",
            "No byte of a body.",
            REQUEST,
            &with(3, 0x8003, b""),
        ),
        refused(
            "request_kind_unknown",
            "A kind of a newer version.",
            "UnsupportedVersion",
            REQUEST,
            &with(3, 0x8001, &[200]),
        ),
        refused(
            "request_unknown_tag",
            "A tag that is not known is refused here, critical or not.",
            "UnsupportedVersion",
            REQUEST,
            &with(3, 0x7ff0, b"x"),
        ),
    ]
}

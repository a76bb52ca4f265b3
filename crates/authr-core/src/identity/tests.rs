//! An identity comes back as it was written, within its limits, and shows no secret.

use super::*;
use crate::tlv::UnknownField;

pub(crate) fn identity() -> Identity {
    Identity {
        server: Server {
            url: "https://auth.example".to_owned(),
            ca: b"-----BEGIN CERTIFICATE-----".to_vec(),
            id: [1; 32],
            sealing_key: [2; 32],
        },
        phone: "+12015550123".to_owned(),
        user: [3; 16],
        signing: SigningSeed::new(&[0x41; 32]),
        sealing: SealingSecret::new(&[0x42; 32]),
        list: pack_list([b"one".as_slice(), b"three"]),
        natives: 4,
        sync: SyncState {
            cursor: 5,
            ..SyncState::default()
        },
        data_key: EpochKey {
            epoch: 7,
            key: DataKey::new(&[0x45; 32]),
        },
    }
}

fn request() -> WrittenAhead {
    WrittenAhead {
        idempotency_key: [6; 16],
        body: b"CANARY".to_vec(),
    }
}

pub(crate) fn pendings() -> [Pending; 3] {
    [
        Pending::Finish {
            identity: Box::new(identity()),
            registration: [7; 16],
            request_signing: SigningSeed::new(&[0x43; 32]),
            request_sealing: SealingSecret::new(&[0x44; 32]),
            request: request(),
        },
        Pending::Append {
            locker_version: 8,
            locker_hash: [9; 32],
            request: request(),
        },
        Pending::Push { request: request() },
    ]
}

fn reads(identity: &Identity) -> bool {
    Identity::decode(&identity.encode()).is_ok()
}

#[test]
fn an_identity_comes_back_as_it_was_written() {
    let bytes = identity().encode();
    let read = Identity::decode(&bytes).unwrap();
    assert_eq!(read.server, identity().server);
    assert_eq!(read.data_key.epoch, 7);
    assert!(read.data_key.key.ct_eq(&identity().data_key.key));
    assert!(read.signing.ct_eq(&identity().signing) && read.sealing.ct_eq(&identity().sealing));
    assert_eq!(read.entries(), [b"one".as_slice(), b"three"]);
    assert_eq!((read.natives, read.sync.cursor), (4, 5));
    assert!(read.duplicate().encode() == bytes);
    let mut without = identity();
    without.server.ca.clear();
    assert!(
        Identity::decode(&without.encode())
            .unwrap()
            .server
            .ca
            .is_empty()
    );
}

#[test]
fn every_truncation_of_an_identity_or_a_request_is_refused() {
    let bytes = identity().encode();
    for cut in 0..bytes.len() {
        assert!(Identity::decode(&bytes[..cut]).is_err(), "cut at {cut}");
    }
    for pending in pendings() {
        let bytes = pending.encode();
        for cut in 0..bytes.len() {
            assert!(Pending::decode(&bytes[..cut]).is_err(), "cut at {cut}");
        }
    }
}

#[test]
fn a_request_comes_back_as_it_was_written() {
    for pending in pendings() {
        let bytes = pending.encode();
        let read = Pending::decode(&bytes).unwrap();
        assert!(read.encode() == bytes && read.duplicate().encode() == bytes);
        assert_eq!(*read.request(), request());
    }
}

#[test]
fn a_request_with_a_field_of_another_kind_or_of_an_unknown_kind_is_refused() {
    let [finish, append, push] = pendings().map(|pending| pending.encode());
    // The tag of the kind and its length take six bytes.
    for (bytes, kind) in [(&finish, 2), (&append, 3), (&push, 1)] {
        let mut other = bytes.to_vec();
        other[6] = kind;
        assert!(matches!(
            Pending::decode(&other),
            Err(FieldError::Malformed { .. })
        ));
        other[6] = 4;
        let unknown = FieldError::Unknown { tag: CRITICAL | 1 };
        assert_eq!(Pending::decode(&other).unwrap_err(), unknown);
    }
}

#[test]
fn one_beyond_each_limit_is_refused() {
    for (bytes, fits) in [(MAX_URL_BYTES, true), (MAX_URL_BYTES + 1, false)] {
        let mut identity = identity();
        identity.server.url = "u".repeat(bytes);
        assert_eq!(reads(&identity), fits);
    }
    for (bytes, fits) in [(MAX_CA_BYTES, true), (MAX_CA_BYTES + 1, false)] {
        let mut identity = identity();
        identity.server.ca = vec![b'c'; bytes];
        assert_eq!(reads(&identity), fits);
    }
    for (bytes, fits) in [
        (MAX_PHONE_BYTES, true),
        (MAX_PHONE_BYTES + 1, false),
        (0, false),
    ] {
        let mut identity = identity();
        identity.phone = "1".repeat(bytes);
        assert_eq!(reads(&identity), fits);
    }
    for (entries, fits) in [(MAX_LIST_ENTRIES, true), (MAX_LIST_ENTRIES + 1, false)] {
        let mut identity = identity();
        identity.list = pack_list(vec![[1]; entries]);
        assert_eq!(reads(&identity), fits);
    }
    for (bytes, fits) in [
        (MAX_ENTRY_BYTES, true),
        (MAX_ENTRY_BYTES + 1, false),
        (0, false),
    ] {
        let mut identity = identity();
        identity.list = pack_list([vec![1; bytes]]);
        assert_eq!(reads(&identity), fits);
    }
    for (bytes, fits) in [
        (MAX_BODY_BYTES, true),
        (MAX_BODY_BYTES + 1, false),
        (0, false),
    ] {
        let mut request = request();
        request.body = vec![1; bytes];
        let pending = Pending::Push { request };
        assert_eq!(Pending::decode(&pending.encode()).is_ok(), fits);
    }
}

#[test]
fn a_field_that_is_not_known_is_refused_and_not_carried_along() {
    let mut writer = Writer::with_capacity(64);
    writer.field(1, b"newer");
    let mut reader_of_one = Reader::new(b"\0\x01\0\0\0\x01x", &[]);
    let field = reader_of_one.next().unwrap().unwrap();
    assert!(
        UnknownField::keep(&field).is_ok(),
        "elsewhere it is carried"
    );
    let bytes = [writer.finish().to_vec(), identity().encode().to_vec()].concat();
    let unknown = FieldError::Unknown { tag: 1 };
    assert_eq!(Identity::decode(&bytes).unwrap_err(), unknown);
}

#[test]
fn debug_shows_no_secret_and_no_body() {
    let shown = format!("{:?} {:?}", identity(), pendings());
    for secret in ["65", "66", "67", "68", "41", "CANARY", "+1201"] {
        assert!(!shown.contains(secret), "{secret} in {shown}");
    }
}

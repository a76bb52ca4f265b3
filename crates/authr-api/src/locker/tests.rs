use authr_crypto::kdf::Argon2id;

use super::*;
use crate::fixtures::{CheapKdf, Counting, PARAMS, PASSWORD, TestDevice, TestUser, keys_of, place};
use crate::list::ListError;

fn user() -> TestUser {
    TestUser::new(&TestDevice::new(1))
}

fn derive(params: KdfParams, remembered: Option<KdfParams>) -> Result<LockerKeys, LockerError> {
    let password = Password::new(PASSWORD);
    LockerKeys::derive(
        &CheapKdf,
        &password,
        place(),
        Hash([7; 32]),
        params,
        remembered,
    )
}

fn open(keys: &LockerKeys, content: &LockerContent) -> LockerError {
    keys.open(content).unwrap_err()
}

#[test]
fn the_right_password_opens_what_was_wrapped() {
    let user = user();
    let opened = user.open();
    assert!(opened.contents.data_key.ct_eq(&user.data_key));
    assert_eq!(opened.contents.epoch, 1);
    assert_eq!(opened.contents.genesis, user.list.genesis());
    assert_eq!(opened.contents.before.sequence, 2);
    let named = user.list.locker().restore_key;
    assert_eq!(opened.restore.0.verifying_key(), named);
}

#[test]
fn a_wrong_password_a_wrong_share_and_a_changed_blob_are_told_apart() {
    let user = user();
    let content = user.locker_content();
    assert_eq!(
        open(&keys_of("wrong"), &content),
        LockerError::WrongPassword
    );

    let mut other_share = user.locker_content();
    other_share.share[0] ^= 1;
    assert_eq!(
        open(&keys_of(PASSWORD), &other_share),
        LockerError::WrongShare
    );

    let mut changed = user.locker_content();
    *changed.blob.last_mut().unwrap() ^= 1;
    assert_eq!(open(&keys_of(PASSWORD), &changed), LockerError::Tampered);
    changed.blob.clear();
    let malformed = LockerError::Malformed(Malformed { at: 0 });
    assert_eq!(open(&keys_of(PASSWORD), &changed), malformed);
}

#[test]
fn every_flipped_bit_and_every_truncation_of_a_blob_is_refused() {
    let user = user();
    let keys = keys_of(PASSWORD);
    let length = user.locker.blob.len();
    for byte in 0..length {
        for bit in 0..8 {
            let mut content = user.locker_content();
            content.blob[byte] ^= 1 << bit;
            assert!(keys.open(&content).is_err(), "byte {byte} bit {bit}");
        }
        let mut content = user.locker_content();
        content.blob.truncate(byte);
        assert!(keys.open(&content).is_err(), "cut at {byte}");
    }
}

#[test]
fn a_blob_opens_for_its_user_at_its_server_alone() {
    let content = user().locker_content();
    let password = Password::new(PASSWORD);
    let other_user = Place {
        user: UserId([6; 16]),
        ..place()
    };
    let other_server = Place {
        server: ServerId([6; 32]),
        ..place()
    };
    for place in [other_user, other_server] {
        let keys =
            LockerKeys::derive(&CheapKdf, &password, place, Hash([7; 32]), PARAMS, None).unwrap();
        assert_eq!(open(&keys, &content), LockerError::WrongPassword);
        assert!(!keys.auth().ct_eq(keys_of(PASSWORD).auth()));
    }
}

#[test]
fn content_of_another_server_is_refused_although_it_is_wrapped_here() {
    let user = user();
    let mut contents =
        crate::fixtures::contents(1, &user.data_key, user.list.genesis(), user.list.head());
    contents.server = ServerId([6; 32]);
    let (set, _) = keys_of(PASSWORD).wrap(1, &contents, &Counting::new());
    let mut content = user.locker_content();
    content.share = set.share;
    content.blob = set.blob;
    assert_eq!(open(&keys_of(PASSWORD), &content), LockerError::OtherServer);
}

#[test]
fn parameters_below_the_floor_or_below_those_remembered_are_refused() {
    let weaker = KdfParams {
        memory_kib: 7,
        ..PARAMS
    };
    assert_eq!(derive(weaker, None).unwrap_err(), LockerError::TooWeak);
    assert!(derive(PARAMS, None).is_ok());
    assert!(derive(PARAMS, Some(PARAMS)).is_ok());
    for remembered in [
        KdfParams {
            memory_kib: 9,
            ..PARAMS
        },
        KdfParams {
            passes: 2,
            ..PARAMS
        },
        KdfParams { lanes: 2, ..PARAMS },
    ] {
        let refused = derive(PARAMS, Some(remembered));
        assert_eq!(refused.unwrap_err(), LockerError::TooWeak);
    }
}

#[test]
fn the_shipped_kdf_refuses_a_server_that_asks_for_less_or_for_too_much() {
    let shipped = |memory_kib| {
        let password = Password::new(PASSWORD);
        let params = KdfParams {
            memory_kib,
            ..KdfParams::DEFAULT
        };
        LockerKeys::derive(&Argon2id, &password, place(), Hash([7; 32]), params, None).unwrap_err()
    };
    assert_eq!(shipped(64 * 1024 - 1), LockerError::TooWeak);
    let too_much = LockerError::Kdf(KdfError::TooExpensive);
    assert_eq!(shipped(2 * 1024 * 1024), too_much);
}

#[test]
fn auth_tells_nothing_that_opens_the_blob() {
    // What the server sees, taken for each key of the chain, opens nothing.
    let content = user().locker_content();
    let keys = keys_of(PASSWORD);
    let server = LockerKeys {
        place: place(),
        salt: keys.salt,
        params: PARAMS,
        kek: keys.auth.duplicate(),
        auth: keys.auth.duplicate(),
    };
    assert_eq!(open(&server, &content), LockerError::WrongPassword);
}

#[test]
fn two_wraps_of_the_same_share_no_byte_that_matters() {
    let user = user();
    let contents =
        crate::fixtures::contents(1, &user.data_key, user.list.genesis(), user.list.head());
    let random = Counting::new();
    let (one, one_entry) = keys_of(PASSWORD).wrap(2, &contents, &random);
    let (two, two_entry) = keys_of(PASSWORD).wrap(3, &contents, &random);
    assert_ne!(one.share, two.share);
    assert_ne!(one.blob[33..65], two.blob[33..65]);
    assert_ne!(one_entry.restore_key, two_entry.restore_key);
    let again = keys_of(PASSWORD).restore_signer(&two.share);
    assert_eq!(again.0.verifying_key(), two_entry.restore_key);
}

#[test]
fn the_list_that_belongs_to_the_locker_is_taken() {
    let mut user = user();
    let list = user.open().verify_list(&place(), &user.entries).unwrap();
    assert_eq!(list, user.list);
    // A device that came after the locker was set does not disturb.
    user.join(&TestDevice::new(2));
    let list = user.open().verify_list(&place(), &user.entries).unwrap();
    assert_eq!(list.active().count(), 2);
}

#[test]
fn an_older_list_another_user_and_another_locker_are_forged() {
    let (one, two) = (TestDevice::new(1), TestDevice::new(2));
    let mut user = TestUser::new(&one);
    let old = user.open();
    let old_entries = user.entries.clone();
    user.join(&two);
    user.remove(&one, &two.id);
    let opened = user.open();
    let forged = |result: Result<DeviceList, LockerError>| {
        assert_eq!(result.unwrap_err(), LockerError::ListForged);
    };
    forged(opened.verify_list(&place(), &old_entries));
    // An old locker beside the newer list.
    forged(old.verify_list(&place(), &user.entries));
    let mut other = place();
    other.user = UserId([9; 16]);
    forged(opened.verify_list(&other, &user.entries));
    let mut damaged = user.entries.clone();
    *damaged[0].last_mut().unwrap() ^= 1;
    forged(opened.verify_list(&place(), &damaged));
    assert!(opened.verify_list(&place(), &user.entries).is_ok());
    assert!(matches!(
        DeviceList::verify(&damaged, &Expect::Nothing),
        Err(ListError::BadSignature { sequence: 1 })
    ));
}

#[test]
fn a_list_whose_locker_entry_has_another_restore_key_is_forged() {
    // The server wraps with a share of its own making, and has the entry of the one before.
    let user = user();
    let opened = user.open();
    let other = Opened {
        restore: RestoreSigner(Signer::new(&SigningSeed::new(&[9; 32]))),
        ..opened
    };
    let result = other.verify_list(&place(), &user.entries);
    assert_eq!(result.unwrap_err(), LockerError::ListForged);
}

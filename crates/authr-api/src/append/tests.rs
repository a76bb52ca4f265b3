use authr_crypto::kdf::Argon2id;

use super::*;
use crate::fixtures::{CheapKdf, TestDevice, TestUser, first_append, place};
use crate::list::Rule;

fn check(append: &Append, user: Option<&TestUser>, caller: &Caller) -> Result<(), AppendError> {
    let list = user.map(|user| &user.list);
    append.check(list, caller, &CheapKdf).map(drop)
}

fn first() -> Caller {
    Caller::First(place().user)
}

#[test]
fn a_first_device_is_added_by_genesis_epoch_and_locker() {
    let device = TestDevice::new(1);
    let (append, _) = first_append(&device);
    let appended = append.check(None, &first(), &CheapKdf).unwrap();
    assert_eq!(appended.added, Some(device.id));
    assert_eq!(appended.removed, []);
}

#[test]
fn a_second_genesis_for_a_user_is_already_registered() {
    let user = TestUser::new(&TestDevice::new(1));
    let (append, _) = first_append(&TestDevice::new(2));
    let result = check(&append, Some(&user), &first());
    assert_eq!(result, Err(AppendError::AlreadyRegistered));
}

#[test]
fn a_genesis_for_another_user_is_refused() {
    let (append, _) = first_append(&TestDevice::new(1));
    let other = Caller::First(UserId([9; 16]));
    assert_eq!(check(&append, None, &other), Err(AppendError::OtherUser));
}

#[test]
fn a_restore_adds_its_device_and_may_remove_others_with_it() {
    let (one, two) = (TestDevice::new(1), TestDevice::new(2));
    let user = TestUser::new(&one);
    let restore = user.restore(&two);
    let appended = restore
        .check(Some(&user.list), &Caller::Restore, &CheapKdf)
        .unwrap();
    assert_eq!(appended.added, Some(two.id));

    // The same with a removal by the new device, in one append.
    let mut later = TestUser::new(&one);
    later.join(&two);
    let (removal, _) = later.removal(&two, &one.id);
    let both = Append {
        after: Some(user.list.head()),
        entries: [user.restore(&two).entries, removal.entries].concat(),
        locker: removal.locker,
    };
    let appended = both
        .check(Some(&user.list), &Caller::Restore, &CheapKdf)
        .unwrap();
    assert_eq!(appended.added, Some(two.id));
    assert_eq!(appended.removed, [(one.id, ChainHead::EMPTY)]);
}

#[test]
fn an_append_after_another_head_has_moved() {
    let (one, two) = (TestDevice::new(1), TestDevice::new(2));
    let mut user = TestUser::new(&one);
    let stale = user.restore(&TestDevice::new(3));
    user.join(&two);
    let moved = Err(AppendError::ListMoved);
    assert_eq!(check(&stale, Some(&user), &Caller::Restore), moved);
    assert_eq!(check(&stale, None, &Caller::Restore), moved);
    assert_eq!(check(&stale, None, &first()), moved);
}

#[test]
fn nobody_sends_the_entries_of_another() {
    let (one, two, three) = (TestDevice::new(1), TestDevice::new(2), TestDevice::new(3));
    let mut user = TestUser::new(&one);
    user.join(&two);
    user.join(&three);
    let (removal, _) = user.removal(&one, &three.id);
    let own = Caller::Device(one.id);
    assert_eq!(check(&removal, Some(&user), &own), Ok(()));
    let refused = Err(AppendError::NotThisCall);
    assert_eq!(
        check(&removal, Some(&user), &Caller::Device(two.id)),
        refused
    );
    assert_eq!(check(&removal, Some(&user), &Caller::Restore), refused);
    let restore = user.restore(&TestDevice::new(4));
    assert_eq!(check(&restore, Some(&user), &own), refused);
    let empty = Append {
        entries: Vec::new(),
        ..user.restore(&TestDevice::new(4))
    };
    for caller in [own, Caller::Restore] {
        assert_eq!(check(&empty, Some(&user), &caller), refused);
    }
}

#[test]
fn an_add_by_a_device_and_a_policy_are_not_supported() {
    let (one, two) = (TestDevice::new(1), TestDevice::new(2));
    let user = TestUser::new(&one);
    let policy = Body::Policy {
        restore_wait_hours: 24,
    };
    for body in [two.add(&user.data_key), policy] {
        let mut draft = user.draft();
        draft.sign(one.author(), body, &one.signer);
        let append = user.append(draft, None);
        let result = check(&append, Some(&user), &Caller::Device(one.id));
        assert_eq!(result, Err(AppendError::NotSupported));
        assert_eq!(AppendError::NotSupported.code(), ErrorCode::NotSupported);
    }
}

#[test]
fn a_locker_other_than_its_entry_names_is_refused() {
    let (one, two) = (TestDevice::new(1), TestDevice::new(2));
    let mut user = TestUser::new(&one);
    user.join(&two);
    let changed = |change: fn(&mut Append)| {
        let (mut append, _) = user.removal(&one, &two.id);
        change(&mut append);
        check(&append, Some(&user), &Caller::Device(one.id))
    };
    let differs = Err(AppendError::LockerDiffers);
    assert_eq!(changed(|append| append.locker = None), differs);
    let version: fn(&mut Append) = |append| append.locker.as_mut().unwrap().version += 1;
    assert_eq!(changed(version), differs);
    let blob: fn(&mut Append) = |append| append.locker.as_mut().unwrap().blob[40] ^= 1;
    assert_eq!(changed(blob), differs);

    let mut restore = user.restore(&TestDevice::new(3));
    restore.locker = user.removal(&one, &two.id).0.locker;
    assert_eq!(check(&restore, Some(&user), &Caller::Restore), differs);
}

#[test]
fn a_locker_below_the_floor_is_refused() {
    let (append, _) = first_append(&TestDevice::new(1));
    let result = append.check(None, &first(), &Argon2id).map(drop);
    assert_eq!(result, Err(AppendError::LockerCost));
}

#[test]
fn a_removal_without_its_epoch_is_refused() {
    let (one, two) = (TestDevice::new(1), TestDevice::new(2));
    let mut user = TestUser::new(&one);
    user.join(&two);
    let (mut removal, _) = user.removal(&one, &two.id);
    removal.entries.truncate(1);
    removal.locker = None;
    let result = check(&removal, Some(&user), &Caller::Device(one.id));
    assert_eq!(result, Err(AppendError::List(ListError::Unfinished)));
}

#[test]
fn an_eleventh_device_is_refused_by_its_rule() {
    let mut user = TestUser::new(&TestDevice::new(1));
    for number in 2..=10 {
        user.join(&TestDevice::new(number));
    }
    let result = check(
        &user.restore(&TestDevice::new(11)),
        Some(&user),
        &Caller::Restore,
    );
    let rule = Rule::TooManyDevices;
    let sequence = user.list.head().sequence + 1;
    assert_eq!(
        result,
        Err(AppendError::List(ListError::NotAllowed { sequence, rule }))
    );
}

#[test]
fn an_append_reads_back_and_no_truncation_of_it_does() {
    let (append, _) = first_append(&TestDevice::new(1));
    let bytes = append.encode();
    let read = Append::decode(&bytes).unwrap();
    assert_eq!(read.encode(), bytes);
    assert_eq!(read.entries, append.entries);
    for cut in 0..bytes.len() {
        assert!(Append::decode(&bytes[..cut]).is_err(), "{cut}");
    }
    assert!(Append::decode(&[&bytes[..], &[0]].concat()).is_err());
}

#[test]
fn an_append_of_seventeen_entries_and_a_blob_over_its_limit_are_malformed() {
    let (mut append, _) = first_append(&TestDevice::new(1));
    append.entries = vec![append.entries[0].clone(); APPEND_ENTRIES + 1];
    assert!(Append::decode(&append.encode()).is_err());
    append.entries.pop();
    assert!(Append::decode(&append.encode()).is_ok());
    append.locker.as_mut().unwrap().blob = vec![0; BLOB_BYTES + 1];
    assert!(Append::decode(&append.encode()).is_err());
}

#[test]
fn the_verifier_accepts_the_right_password_alone() {
    let (append, _) = first_append(&TestDevice::new(1));
    let verifier = append.locker.unwrap().verifier;
    let right = crate::fixtures::keys_of(crate::fixtures::PASSWORD);
    let wrong = crate::fixtures::keys_of("Tr0ub4dor&3");
    assert!(LockerSet::accepts(&verifier, right.auth()));
    assert!(!LockerSet::accepts(&verifier, wrong.auth()));
}

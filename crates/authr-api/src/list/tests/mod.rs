mod rules;

use super::*;
use crate::fixtures::{
    Counting, NOW, TestDevice, TestUser, contents, first_append, keys_of, place, wires,
};

/// First device 1; 2 restored; 1 removed by 2: every kind of entry but a policy.
fn story() -> (TestDevice, TestDevice, TestUser) {
    let (first, second) = (TestDevice::new(1), TestDevice::new(2));
    let mut user = TestUser::new(&first);
    user.join(&second);
    user.remove(&second, &first.id);
    (first, second, user)
}

fn verify(entries: &[Vec<u8>]) -> Result<DeviceList, ListError> {
    DeviceList::verify(entries, &Expect::Nothing)
}

/// What comes of one more entry after the list.
fn one_more(user: &TestUser, author: Author, body: Body, signer: &Signer) -> Result<(), ListError> {
    let mut draft = user.draft();
    draft.sign(author, body, signer);
    user.list.clone().extend(&wires(&draft.finish()))
}

fn rule(result: Result<(), ListError>) -> Rule {
    match result {
        Err(ListError::NotAllowed { rule, .. }) => rule,
        other => panic!("{other:?}"),
    }
}

fn remove(device: &TestDevice) -> Body {
    Body::Remove {
        device: device.id,
        last: ChainHead::EMPTY,
    }
}

fn epoch(
    user: &TestUser,
    number: u32,
    devices: &[&TestDevice],
    previous: Option<&DataKey>,
) -> Body {
    let devices = devices.iter();
    let devices = devices.map(|device| (device.id, device.opener.sealing_key()));
    let key = DataKey::new(&[0xee; 32]);
    let user = user.list.user();
    Body::Epoch(Epoch::make(user, number, &key, previous, devices, &Counting::new()).unwrap())
}

fn locker(version: u64) -> Body {
    Body::Locker(LockerEntry {
        version,
        restore_key: VerifyingKey(Hash::of(&version.to_be_bytes()).0),
        blob: Hash([1; 32]),
    })
}

#[test]
fn a_list_tells_who_is_active_and_what_they_are_called() {
    let (first, second, user) = story();
    let list = verify(&user.entries).unwrap();
    assert_eq!(list, user.list);
    assert_eq!(list.head().sequence, 7);
    assert_eq!(
        list.active().map(|(id, _)| *id).collect::<Vec<_>>(),
        [second.id]
    );
    let keys = user.epoch_keys();
    assert_eq!(list.description(&first.id, &keys).unwrap().name(), "first");
    assert_eq!(
        list.description(&second.id, &keys).unwrap().name(),
        "second"
    );
    assert_eq!(
        list.device(&first.id).unwrap().removed,
        Some(ChainHead::EMPTY)
    );
}

#[test]
fn every_flipped_bit_and_every_truncation_of_every_entry_is_refused() {
    let (_, _, user) = story();
    for at in 0..user.entries.len() {
        for byte in 0..user.entries[at].len() {
            let mut entries = user.entries.clone();
            entries[at][byte] ^= 1 << (byte % 8);
            assert!(verify(&entries).is_err(), "entry {at} byte {byte}");
            entries[at].truncate(byte);
            assert!(verify(&entries).is_err(), "entry {at} cut at {byte}");
        }
        let mut entries = user.entries.clone();
        entries[at].push(0);
        assert!(verify(&entries).is_err(), "entry {at} one byte longer");
    }
}

#[test]
fn a_wrong_signature_is_told_from_malformed_bytes() {
    let (_, _, user) = story();
    let mut entries = user.entries.clone();
    *entries[3].last_mut().unwrap() ^= 1;
    assert_eq!(
        verify(&entries),
        Err(ListError::BadSignature { sequence: 4 })
    );
    entries[3].clear();
    let malformed = ListError::Malformed { sequence: 4, at: 0 };
    assert_eq!(verify(&entries), Err(malformed));
}

#[test]
fn an_entry_left_out_swapped_or_twice_is_refused() {
    let (_, _, user) = story();
    for at in 0..user.entries.len() {
        let mut twice = user.entries.clone();
        twice.insert(at, twice[at].clone());
        assert!(verify(&twice).is_err(), "{at} twice");
        if at + 1 < user.entries.len() {
            let mut without = user.entries.clone();
            without.remove(at);
            assert!(verify(&without).is_err(), "{at} left out");
            let mut swapped = user.entries.clone();
            swapped.swap(at, at + 1);
            assert!(verify(&swapped).is_err(), "{at} swapped");
        }
    }
}

#[test]
fn a_list_that_ends_in_the_middle_of_a_change_is_unfinished() {
    let (_, _, user) = story();
    for whole in 0..=user.entries.len() {
        let expected = [3, 4, 7].contains(&whole);
        let result = verify(&user.entries[..whole]);
        assert_eq!(result.is_ok(), expected, "{whole}");
        if !expected {
            assert_eq!(result, Err(ListError::Unfinished), "{whole}");
        }
    }
}

#[test]
fn a_list_that_went_back_is_told_from_one_that_forked() {
    let (first, second, user) = story();
    let newest = user.list.head();
    let genesis = user.list.genesis();
    let pinned = Expect::Pinned { genesis, newest };
    assert!(DeviceList::verify(&user.entries, &pinned).is_ok());

    let back = DeviceList::verify(&user.entries[..4], &pinned).unwrap_err();
    let went_back = ListError::WentBack {
        pinned: 7,
        offered: 4,
    };
    assert_eq!(back, went_back);
    let short = verify(&user.entries[..4]).unwrap();
    assert_eq!(user.list.compare(&short.head()), Err(went_back));
    assert_eq!(short.compare(&newest), Ok(Standing::Behind));
    assert_eq!(user.list.compare(&newest), Ok(Standing::Same));

    // The same beginning, another end: the first device removes the second.
    let mut fork = TestUser::new(&first);
    fork.join(&second);
    fork.remove(&first, &second.id);
    let forked = ListError::Forked { sequence: 7 };
    assert_eq!(DeviceList::verify(&fork.entries, &pinned), Err(forked));
    assert_eq!(user.list.compare(&fork.list.head()), Err(forked));

    let other = TestUser::new(&TestDevice::new(3));
    let other_genesis = DeviceList::verify(&other.entries, &pinned);
    assert_eq!(other_genesis, Err(ListError::Forked { sequence: 1 }));
}

#[test]
fn entries_that_follow_another_head_are_a_fork_and_change_nothing() {
    let (first, second, user) = story();
    let mut fork = TestUser::new(&first);
    fork.join(&second);
    fork.remove(&first, &second.id);
    let mut ours = verify(&user.entries).unwrap();
    let third = TestDevice::new(3);
    fork.join(&third);
    let result = ours.extend(&fork.entries[7..]);
    assert_eq!(result, Err(ListError::Forked { sequence: 8 }));
    assert_eq!(ours, user.list);
}

#[test]
fn a_good_entry_before_a_bad_one_is_not_taken_in() {
    let (_, second, user) = story();
    let mut draft = user.draft();
    draft.sign(second.author(), locker(3), &second.signer);
    draft.sign(second.author(), locker(9), &second.signer);
    let mut list = user.list.clone();
    assert!(list.extend(&wires(&draft.finish())).is_err());
    assert_eq!(list, user.list);
}

#[test]
fn a_list_that_lacks_what_the_locker_names_is_forged() {
    let (first, _, user) = story();
    let head = |at: u64, list: &DeviceList| Expect::Locker {
        genesis: list.genesis(),
        before: Head {
            sequence: at,
            hash: SignedEntry::parse(&user.entries[usize::try_from(at).unwrap() - 1])
                .unwrap()
                .hash(),
        },
    };
    let named = head(6, &user.list);
    assert!(DeviceList::verify(&user.entries, &named).is_ok());
    let older = DeviceList::verify(&user.entries[..4], &named);
    assert_eq!(older, Err(ListError::ListForged));
    let other = TestUser::new(&first);
    let other = DeviceList::verify(&other.entries, &named);
    assert_eq!(other, Err(ListError::ListForged));
}

#[test]
fn an_entry_reads_back_as_it_was_written() {
    let (_, second, user) = story();
    let mut draft = user.draft();
    let policy = Body::Policy {
        restore_wait_hours: 24,
    };
    draft.sign(second.author(), policy, &second.signer);
    let entries = [user.entries.clone(), wires(&draft.finish())].concat();
    for wire in entries {
        let signed = SignedEntry::parse(&wire).unwrap();
        assert_eq!(signed.to_wire(), wire);
        assert_eq!(
            Entry::parse(&signed.entry().to_bytes()).unwrap(),
            *signed.entry()
        );
        assert!(signed.entry().created == NOW && *user.list.user() == place().user);
    }
}

//! What may stand in a list, rule by rule.

use authr_crypto::secret::SigningSeed;

use super::*;

#[test]
fn a_removed_device_signs_nothing_afterwards() {
    let (first, second, user) = story();
    let third = TestDevice::new(3);
    for body in [
        remove(&second),
        third.add(&user.data_key),
        epoch(&user, 3, &[&second], Some(&user.data_key)),
        locker(3),
        Body::Policy {
            restore_wait_hours: 0,
        },
    ] {
        let result = one_more(&user, first.author(), body, &first.signer);
        assert_eq!(rule(result), Rule::RemovedAuthor);
    }
}

#[test]
fn a_stranger_and_a_device_in_the_name_of_another_sign_nothing() {
    let (_, second, user) = story();
    let stranger = TestDevice::new(9);
    let result = one_more(&user, stranger.author(), locker(3), &stranger.signer);
    assert_eq!(rule(result), Rule::UnknownAuthor);
    let result = one_more(&user, second.author(), locker(3), &stranger.signer);
    assert_eq!(result, Err(ListError::BadSignature { sequence: 8 }));
}

#[test]
fn the_restore_key_may_only_add_and_only_the_newest_one() {
    let (first, second) = (TestDevice::new(1), TestDevice::new(2));
    let mut user = TestUser::new(&first);
    let old = user.open().restore;
    let result = one_more(&user, Author::Restore, locker(2), &old.0);
    assert_eq!(rule(result), Rule::RestoreMayOnlyAdd);
    let result = one_more(&user, Author::Restore, remove(&first), &old.0);
    assert_eq!(rule(result), Rule::RestoreMayOnlyAdd);

    user.join(&second);
    user.remove(&second, &first.id);
    let third = TestDevice::new(3).add(&user.data_key);
    let result = one_more(&user, Author::Restore, third.clone(), &old.0);
    assert_eq!(result, Err(ListError::BadSignature { sequence: 8 }));
    let new = user.open().restore;
    assert_eq!(one_more(&user, Author::Restore, third, &new.0), Ok(()));
}

#[test]
fn an_id_or_key_that_was_ever_on_the_list_is_refused() {
    let (first, second, user) = story();
    let third = TestDevice::new(3);
    let mixed = |signing: &TestDevice, sealing: &TestDevice| {
        let mut device = third.described("x", &user.data_key);
        device.signing = signing.signer.verifying_key();
        device.sealing = sealing.opener.sealing_key();
        let proof = signing.signer.sign(&device.possession(user.list.user()));
        Body::Add { device, proof }
    };
    for (signing, sealing) in [
        (&first, &first),
        (&first, &third),
        (&third, &first),
        (&third, &second),
    ] {
        let result = one_more(
            &user,
            second.author(),
            mixed(signing, sealing),
            &second.signer,
        );
        assert_eq!(rule(result), Rule::Reused);
    }
    let result = one_more(
        &user,
        second.author(),
        mixed(&third, &third),
        &second.signer,
    );
    assert_eq!(result, Ok(()));
}

#[test]
fn a_device_whose_key_its_owner_does_not_hold_is_refused() {
    let (_, second, user) = story();
    let Body::Add { device, .. } = TestDevice::new(3).add(&user.data_key) else {
        unreachable!()
    };
    let proof = second.signer.sign(&device.possession(user.list.user()));
    let stolen = Body::Add { device, proof };
    let result = one_more(&user, second.author(), stolen, &second.signer);
    assert_eq!(rule(result), Rule::NoPossession);
}

#[test]
fn ten_devices_are_active_at_most() {
    let first = TestDevice::new(1);
    let mut user = TestUser::new(&first);
    for number in 2..=10 {
        user.join(&TestDevice::new(number));
    }
    assert_eq!(user.list.active().count(), DEVICES);
    let eleventh = TestDevice::new(11).add(&user.data_key);
    let result = one_more(&user, Author::Restore, eleventh, &user.open().restore.0);
    assert_eq!(rule(result), Rule::TooManyDevices);

    // Ten fit into one epoch entry, and after a removal there is room again.
    user.remove(&first, &TestDevice::new(2).id);
    user.join(&TestDevice::new(11));
}

#[test]
fn removing_itself_a_stranger_or_twice_is_refused() {
    let (first, second, user) = story();
    let remove = |device| one_more(&user, second.author(), remove(device), &second.signer);
    assert_eq!(rule(remove(&second)), Rule::RemovesItself);
    assert_eq!(rule(remove(&first)), Rule::NotActive);
    assert_eq!(rule(remove(&TestDevice::new(9))), Rule::NotActive);
}

#[test]
fn an_epoch_seals_to_exactly_the_active_devices_under_the_next_number() {
    let (first, second, user) = story();
    let key = Some(&user.data_key);
    let with = |body| one_more(&user, second.author(), body, &second.signer);
    assert_eq!(rule(with(epoch(&user, 3, &[], key))), Rule::EpochDevices);
    assert_eq!(
        rule(with(epoch(&user, 3, &[&first], key))),
        Rule::EpochDevices
    );
    let both = epoch(&user, 3, &[&first, &second], key);
    assert_eq!(rule(with(both)), Rule::EpochDevices);
    assert_eq!(
        rule(with(epoch(&user, 3, &[&second], None))),
        Rule::EpochPrevious
    );
    for number in [0, 2, 4, u32::MAX] {
        assert_eq!(
            rule(with(epoch(&user, number, &[&second], key))),
            Rule::EpochNumber
        );
    }
    assert_eq!(
        with(epoch(&user, 3, &[&second], key)),
        Err(ListError::Unfinished)
    );
}

#[test]
fn what_a_change_owes_comes_next_and_from_the_same_author() {
    let (first, second, third) = (TestDevice::new(1), TestDevice::new(2), TestDevice::new(3));
    let mut user = TestUser::new(&first);
    user.join(&second);
    user.join(&third);
    let after_removal = |author: &TestDevice, body| {
        let mut draft = user.draft();
        draft.sign(first.author(), remove(&third), &first.signer);
        draft.sign(author.author(), body, &author.signer);
        user.list.clone().extend(&wires(&draft.finish()))
    };
    let key = Some(&user.data_key);
    let rest = [&first, &second];
    assert_eq!(rule(after_removal(&first, locker(2))), Rule::OutOfOrder);
    let fourth = TestDevice::new(4).add(&user.data_key);
    assert_eq!(rule(after_removal(&first, fourth)), Rule::OutOfOrder);
    let by_another = after_removal(&second, epoch(&user, 2, &rest, key));
    assert_eq!(rule(by_another), Rule::OutOfOrder);
    let by_itself = after_removal(&first, epoch(&user, 2, &rest, key));
    assert_eq!(by_itself, Err(ListError::Unfinished));

    for (body, expected) in [
        (remove(&second), Rule::OutOfOrder),
        (
            epoch(&user, 3, &[&first, &second, &third], key),
            Rule::OutOfOrder,
        ),
    ] {
        let mut draft = user.draft();
        let begun = epoch(&user, 2, &[&first, &second, &third], key);
        draft.sign(first.author(), begun, &first.signer);
        draft.sign(first.author(), body, &first.signer);
        let result = user.list.clone().extend(&wires(&draft.finish()));
        assert_eq!(rule(result), expected);
    }
}

#[test]
fn the_version_of_a_locker_is_the_next_one() {
    let (_, second, user) = story();
    for version in [0, 2, 4, u64::MAX] {
        let result = one_more(&user, second.author(), locker(version), &second.signer);
        assert_eq!(rule(result), Rule::LockerVersion);
    }
    let result = one_more(&user, second.author(), locker(3), &second.signer);
    assert_eq!(result, Ok(()));
}

#[test]
fn a_restore_key_that_was_on_the_list_before_is_refused() {
    let (_, second, user) = story();
    let Body::Locker(mut again) = locker(3) else {
        unreachable!()
    };
    again.restore_key = user.list.locker().restore_key;
    let result = one_more(&user, second.author(), Body::Locker(again), &second.signer);
    assert_eq!(rule(result), Rule::Reused);
}

#[test]
fn a_second_genesis_and_a_list_that_begins_otherwise_are_refused() {
    let (_, second, user) = story();
    let genesis = Body::Genesis {
        user: *user.list.user(),
        device: TestDevice::new(3).described("x", &user.data_key),
    };
    let result = one_more(&user, second.author(), genesis, &second.signer);
    assert_eq!(rule(result), Rule::Genesis);
    assert_eq!(rule(verify(&user.entries[3..]).map(drop)), Rule::Genesis);
    assert_eq!(verify(&[]), Err(ListError::Unfinished));
}

#[test]
fn a_genesis_signed_by_another_key_than_it_names_is_refused() {
    let first = TestDevice::new(1);
    let (append, key) = first_append(&first);
    let genesis = append.entries[0].entry().clone();
    let other = Signer::new(&SigningSeed::new(&[9; 32]));
    let forged = SignedEntry::sign(genesis.clone(), &other).to_wire();
    assert_eq!(
        verify(&[forged]),
        Err(ListError::BadSignature { sequence: 1 })
    );
    let by_another = Entry {
        author: TestDevice::new(2).author(),
        ..genesis.clone()
    };
    let by_another = SignedEntry::sign(by_another, &first.signer).to_wire();
    assert_eq!(rule(verify(&[by_another]).map(drop)), Rule::UnknownAuthor);
    let later = Entry {
        previous: Hash::of(key.expose_secret()),
        ..genesis
    };
    let later = SignedEntry::sign(later, &first.signer).to_wire();
    assert_eq!(rule(verify(&[later]).map(drop)), Rule::Previous);
}

#[test]
fn a_policy_is_read_and_one_that_waits_too_long_is_malformed() {
    let (_, second, user) = story();
    let mut with = user.list.clone();
    let mut policy = |restore_wait_hours| {
        let mut draft = user.draft();
        let body = Body::Policy { restore_wait_hours };
        draft.sign(second.author(), body, &second.signer);
        with.extend(&wires(&draft.finish()))?;
        Ok(with.restore_wait_hours())
    };
    let too_long = policy(RESTORE_WAIT_HOURS + 1);
    assert!(matches!(
        too_long,
        Err(ListError::Malformed { sequence: 8, .. })
    ));
    assert_eq!(policy(RESTORE_WAIT_HOURS), Ok(RESTORE_WAIT_HOURS));
}

#[test]
fn a_list_is_full_at_its_limit() {
    let first = TestDevice::new(1);
    let user = TestUser::new(&first);
    let mut draft = user.draft();
    for version in 2..=u64::try_from(ENTRIES).unwrap() - 1 {
        draft.sign(first.author(), locker(version), &first.signer);
    }
    let mut entries = wires(&draft.finish());
    let mut full = user.list.clone();
    let one_too_many = full.extend(&entries);
    assert_eq!(rule(one_too_many), Rule::TooManyEntries);
    entries.pop();
    assert_eq!(full.extend(&entries), Ok(()));
    assert_eq!(full.head().sequence, u64::try_from(ENTRIES).unwrap());
}

#[test]
fn an_epoch_with_devices_out_of_order_or_more_than_ten_is_malformed() {
    let (_, second, user) = story();
    let eleven: Vec<_> = (1..=11).map(TestDevice::new).collect();
    let eleven: Vec<_> = eleven.iter().collect();
    let body = epoch(&user, 3, &eleven, Some(&user.data_key));
    let result = one_more(&user, second.author(), body, &second.signer);
    assert!(
        matches!(result, Err(ListError::Malformed { .. })),
        "{result:?}"
    );

    let two = epoch(&user, 3, &[eleven[0], eleven[1]], Some(&user.data_key));
    let mut draft = user.draft();
    draft.sign(second.author(), two, &second.signer);
    let mut bytes = draft.finish()[0].entry().to_bytes();
    let sealed = bytes.len() - 113 - 2 * 96;
    let swapped: Vec<u8> = [
        &bytes[sealed + 96..sealed + 192],
        &bytes[sealed..sealed + 96],
    ]
    .concat();
    bytes.splice(sealed..sealed + 192, swapped);
    assert!(Entry::parse(&bytes).is_err());
}

#[test]
fn every_device_has_the_newest_key_from_the_list_and_all_keys_from_that() {
    let (first, second, user) = story();
    let list = &user.list;
    let newest = list.epoch().open(list.user(), &second.id, &second.opener);
    let keys = list.epoch_keys(newest.unwrap()).unwrap();
    assert_eq!(keys.newest(), 2);
    assert!(keys.key(2).unwrap().ct_eq(&user.data_key));
    assert!(keys.key(1).unwrap().ct_eq(&DataKey::new(&[0xd1; 32])));
    assert!(keys.key(0).is_none() && keys.key(3).is_none());

    let removed = list.epoch().open(list.user(), &first.id, &first.opener);
    assert_eq!(removed.unwrap_err(), EpochError::NotForUs);
    let wrong = list.epoch().open(list.user(), &second.id, &first.opener);
    assert_eq!(wrong.unwrap_err(), EpochError::DoesNotOpen { number: 2 });
}

#[test]
fn a_data_key_that_an_epoch_does_not_commit_to_is_refused() {
    let (_, _, user) = story();
    let wrong = user.list.epoch_keys(DataKey::new(&[1; 32]));
    assert_eq!(wrong.unwrap_err(), EpochError::WrongKey { number: 2 });

    // A device that hands the others a key before this one that nobody used is found out.
    let (first, mut lying) = (TestDevice::new(1), TestUser::new(&TestDevice::new(1)));
    let key = DataKey::new(&[0xee; 32]);
    let mut draft = lying.draft();
    let body = epoch(&lying, 2, &[&first], Some(&DataKey::new(&[0xbb; 32])));
    let before = draft.sign(first.author(), body, &first.signer);
    let contents = contents(2, &key, lying.list.genesis(), before);
    let random = Counting::from(32);
    let (set, entry) = keys_of(crate::fixtures::PASSWORD).wrap(2, &contents, &random);
    draft.sign(first.author(), Body::Locker(entry), &first.signer);
    let append = lying.append(draft, Some(set));
    lying.take(append, &crate::append::Caller::Device(first.id));
    let found = lying.list.epoch_keys(key);
    assert_eq!(found.unwrap_err(), EpochError::WrongKey { number: 1 });
}

//! Device lists and lockers: one head, every try counted.

use authr_api::chain::ChainHead;
use authr_api::error::ErrorCode;
use authr_api::id::{Hash, RegistrationId};
use authr_api::registration::State;

use super::fixtures::*;
use super::*;

pub(crate) async fn of_twenty_first_lists_at_once_one_is_kept(storage: Arc<dyn Storage>) {
    opened(&storage).await;
    let user = UserId(id(1));
    let mut appends = Vec::new();
    let first = next_entry(&storage, user, 99).await;
    for number in 100..120 {
        let new = NewEntries {
            added: Some(new_device(number)),
            ..first.clone()
        };
        let append = storage.append_entries(change(by(number), NOW), new, told());
        appends.push(tokio::spawn(append));
    }
    let mut kept = 0;
    for append in appends {
        match append.await.unwrap().unwrap() {
            Ok(_) => kept += 1,
            Err(denied) => assert_eq!(denied.code, ErrorCode::AlreadyRegistered),
        }
    }
    assert_eq!(kept, 1);
    assert_eq!(storage.active_devices(user).await.unwrap().len(), 1);
    let entries = storage.entries(user, 0, 9).await.unwrap().unwrap();
    assert_eq!(entries.entries.len(), 1);
}

pub(crate) async fn entries_that_follow_another_head_are_denied(storage: Arc<dyn Storage>) {
    opened(&storage).await;
    let user = UserId(id(1));
    join(&storage, user, 7).await;
    let next = next_entry(&storage, user, 8).await;
    let append = |new| storage.append_entries(change(by(7), NOW), new, told());
    let mut forked = next.clone();
    forked.after.as_mut().unwrap().hash = Hash([99; 32]);
    assert_eq!(denied(append(forked).await), ErrorCode::ListMoved);
    let mut ahead = next.clone();
    ahead.after.as_mut().unwrap().sequence = 2;
    assert_eq!(denied(append(ahead).await), ErrorCode::ListMoved);
    append(next.clone()).await.unwrap().unwrap();
    assert_eq!(denied(append(next).await), ErrorCode::ListMoved);
    let page = storage.entries(user, 1, 9).await.unwrap().unwrap();
    assert_eq!((page.head.sequence, page.entries), (2, vec![vec![8; 9]]));
}

pub(crate) async fn a_removal_that_states_another_record_changes_nothing(
    storage: Arc<dyn Storage>,
) {
    opened(&storage).await;
    let user = UserId(id(1));
    let device = join(&storage, user, 7).await;
    let stated = ChainHead {
        dseq: 1,
        link: Hash([1; 32]),
    };
    let removing = NewEntries {
        removed: vec![(device, stated)],
        locker: Some((2, Sealed(vec![2]))),
        ..next_entry(&storage, user, 8).await
    };
    let append = |new| storage.append_entries(change(by(7), NOW), new, told());
    assert_eq!(denied(append(removing).await), ErrorCode::ChainMoved);
    assert!(!storage.device(device).await.unwrap().unwrap().removed);
    assert!(storage.locker(user).await.unwrap().is_none());
    expel(&storage, user, device).await;
    // Twice is once too often.
    let again = NewEntries {
        removed: vec![(device, ChainHead::EMPTY)],
        ..next_entry(&storage, user, 9).await
    };
    assert_eq!(denied(append(again).await), ErrorCode::ChainMoved);
}

pub(crate) async fn an_id_or_a_key_that_was_ever_used_makes_no_device(storage: Arc<dyn Storage>) {
    let (application, ..) = opened(&storage).await;
    storage
        .open_account(new_account(application, 2, 2))
        .await
        .unwrap();
    let (one, other) = (UserId(id(1)), UserId(id(2)));
    let removed = join(&storage, one, 7).await;
    expel(&storage, one, removed).await;
    let used = new_device(7);
    let fresh = new_device(8);
    for device in [
        used,
        NewDevice {
            device: used.device,
            ..fresh
        },
        NewDevice {
            signing: used.signing,
            ..fresh
        },
        NewDevice {
            sealing: used.sealing,
            ..fresh
        },
    ] {
        for user in [one, other] {
            let new = NewEntries {
                added: Some(device),
                ..next_entry(&storage, user, 30).await
            };
            let append = storage.append_entries(change(by(8), NOW), new, told());
            assert_eq!(denied(append.await), ErrorCode::BadEntries);
        }
    }
    assert!(storage.newest(other).await.unwrap().is_none());
    join(&storage, other, 8).await;
}

pub(crate) async fn only_a_proven_registration_of_the_user_becomes_a_device(
    storage: Arc<dyn Storage>,
) {
    let (application, ..) = opened(&storage).await;
    storage
        .open_account(new_account(application, 2, 2))
        .await
        .unwrap();
    let registration = requested(&storage, 20).await;
    let new = async |user| NewEntries {
        registration: Some(registration),
        added: Some(new_device(7)),
        ..next_entry(&storage, user, 7).await
    };
    let (ours, theirs) = (new(UserId(id(1))).await, new(UserId(id(2))).await);
    let append =
        |new: &NewEntries| storage.append_entries(change(requester(20), NOW), new.clone(), told());
    assert_eq!(denied(append(&ours).await), ErrorCode::WrongState);
    let proved = storage.prove_registration(change(requester(20), NOW), proof(20, 20), told());
    proved.await.unwrap().unwrap();
    assert_eq!(denied(append(&theirs).await), ErrorCode::WrongState);
    let stolen = storage.append_entries(change(requester(21), NOW), ours.clone(), told());
    assert_eq!(denied(stolen.await), ErrorCode::NotFound);
    append(&ours).await.unwrap().unwrap();
    assert_eq!(denied(append(&ours).await), ErrorCode::WrongState);
    let found = storage.registration(registration).await.unwrap().unwrap();
    assert_eq!(found.state, State::Active);
}

fn attempt_by(number: u8, version: u64) -> LockerTry {
    LockerTry {
        registration: RegistrationId(id(number)),
        version,
    }
}

fn judged(right: bool) -> Judge {
    Box::new(move |_| Ok(right))
}

pub(crate) async fn of_fifty_wrong_tries_at_once_five_are_judged_and_the_sixth_waits_a_day(
    storage: Arc<dyn Storage>,
) {
    opened(&storage).await;
    with_locker(&storage, 7).await;
    proven(&storage, 20).await;
    let attempt = |number: u8, right, now| {
        let change = change(requester(number), now);
        storage.try_locker(change, attempt_by(number, 1), judged(right), told())
    };
    let tries: Vec<_> = (0..50)
        .map(|_| tokio::spawn(attempt(20, false, NOW)))
        .collect();
    let mut judged = 0;
    for one in tries {
        match one.await.unwrap().unwrap() {
            Ok(_) => judged += 1,
            Err(denied) => assert_eq!(denied.code, ErrorCode::TriesUsed),
        }
    }
    assert_eq!(judged, 5);
    proven(&storage, 21).await;
    let waits = attempt(21, true, NOW + 600).await.unwrap().unwrap_err();
    let day = 24 * 3600;
    assert_eq!(waits, Denied::until(ErrorCode::LockerWaits, day - 600));
    let locker = storage.locker(UserId(id(1))).await.unwrap().unwrap();
    assert_eq!((locker.tries, locker.fifth_at), (5, Some(NOW)));
    assert!(locker.takes_try(1, 0, NOW + day - 1).is_err());
    assert!(locker.takes_try(1, 0, NOW + day).is_ok());
}

pub(crate) async fn at_ten_wrong_tries_a_locker_is_shut_until_unlocked_or_replaced(
    storage: Arc<dyn Storage>,
) {
    const DAY: i64 = 24 * 3600;
    opened(&storage).await;
    with_locker(&storage, 7).await;
    let user = UserId(id(1));
    let attempt = |number: u8, version, right, now| {
        let change = change(requester(number), now);
        storage.try_locker(change, attempt_by(number, version), judged(right), told())
    };
    let long_proven = async |number| {
        requested(&storage, number).await;
        let proof = Proof {
            proven_until: NOW + 9 * DAY,
            ..proof(number, number)
        };
        let proved = storage.prove_registration(change(requester(number), NOW), proof, told());
        proved.await.unwrap().unwrap();
    };
    for (number, now) in [(20, NOW), (21, NOW + DAY)] {
        long_proven(number).await;
        for _ in 0..5 {
            let wrong = attempt(number, 1, false, now).await;
            assert!(told_text(wrong).starts_with("Wrong"));
        }
    }
    long_proven(22).await;
    let right = |version| attempt(22, version, true, NOW + 8 * DAY);
    assert_eq!(denied(right(1).await), ErrorCode::LockerLocked);
    for _ in 0..2 {
        storage.unlock_locker(user).await.unwrap();
    }
    assert!(told_text(right(1).await).starts_with("Right"));

    let new = NewEntries {
        locker: Some((2, Sealed(vec![2; 40]))),
        ..next_entry(&storage, user, 9).await
    };
    attempt(22, 1, false, NOW).await.unwrap().unwrap();
    let changed = storage.append_entries(change(by(7), NOW), new, told());
    changed.await.unwrap().unwrap();
    let locker = storage.locker(user).await.unwrap().unwrap();
    assert_eq!((locker.version, locker.tries), (2, 0));
    assert_eq!(denied(right(1).await), ErrorCode::LockerMoved);
    assert!(told_text(right(2).await).starts_with("Right"));
}

pub(crate) async fn a_right_try_takes_its_own_count_back(storage: Arc<dyn Storage>) {
    opened(&storage).await;
    with_locker(&storage, 7).await;
    proven(&storage, 20).await;
    let attempt = |right| {
        let change = change(requester(20), NOW);
        storage.try_locker(change, attempt_by(20, 1), judged(right), told())
    };
    for _ in 0..4 {
        attempt(false).await.unwrap().unwrap();
    }
    for _ in 0..7 {
        assert!(told_text(attempt(true).await).starts_with("Right"));
    }
    let locker = storage.locker(UserId(id(1))).await.unwrap().unwrap();
    assert_eq!((locker.tries, locker.fifth_at), (4, None));
    let found = storage.registration(RegistrationId(id(20)));
    let found = found.await.unwrap().unwrap();
    assert_eq!((found.state, found.locker_tries), (State::Proven, 4));
    // A judge that fails has not judged: nothing is counted.
    let fails: Judge = Box::new(|_| Err(StorageError::NotFound));
    let change = change(requester(20), NOW);
    let failed = storage.try_locker(change, attempt_by(20, 1), fails, told());
    assert!(failed.await.is_err());
    let locker = storage.locker(UserId(id(1))).await.unwrap().unwrap();
    assert_eq!(locker.tries, 4);
}

pub(crate) async fn who_has_no_locker_tries_none(storage: Arc<dyn Storage>) {
    proven(&storage, 20).await;
    requested(&storage, 21).await;
    for number in [20, 21] {
        let change = change(requester(number), NOW);
        let tried = storage.try_locker(change, attempt_by(number, 1), judged(true), told());
        assert_eq!(denied(tried.await), ErrorCode::WrongState);
    }
}

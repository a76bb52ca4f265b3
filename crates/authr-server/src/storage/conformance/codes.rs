//! Codes: each right once, none beyond the limits.

use super::*;

async fn settle(storage: &Arc<dyn Storage>, attempt: Attempt) -> Verdict {
    storage.settle_attempt(attempt).await.unwrap()
}

async fn fifty_at_once(storage: &Arc<dyn Storage>, attempt: &Attempt) -> Vec<Verdict> {
    let tries: Vec<_> = (0..50)
        .map(|_| tokio::spawn(storage.settle_attempt(attempt.clone())))
        .collect();
    let mut verdicts = Vec::new();
    for one in tries {
        verdicts.push(one.await.unwrap().unwrap());
    }
    verdicts
}

pub(crate) async fn of_fifty_uses_of_one_step_exactly_one_is_accepted(storage: Arc<dyn Storage>) {
    opened(&storage).await;
    let device = holder(&storage, 7).await;
    let verdicts = fifty_at_once(&storage, &step(device, NOW)).await;
    let accepted = Verdict::AcceptedDevice(device);
    assert_eq!(verdicts.iter().filter(|one| **one == accepted).count(), 1);
    assert_eq!(
        verdicts
            .iter()
            .filter(|one| **one == Verdict::Reused)
            .count(),
        49
    );
}

pub(crate) async fn of_fifty_uses_of_one_token_exactly_one_is_accepted(storage: Arc<dyn Storage>) {
    opened(&storage).await;
    let sent = send(&storage, 20, None).await;
    let verdicts = fifty_at_once(&storage, &token(sent)).await;
    let count = |verdict| verdicts.iter().filter(|one| **one == verdict).count();
    assert_eq!(count(Verdict::AcceptedToken), 1);
    assert_eq!(count(Verdict::Reused), 49);
}

pub(crate) async fn a_step_before_the_last_one_is_used(storage: Arc<dyn Storage>) {
    let (application, _, site_id) = opened(&storage).await;
    let device = holder(&storage, 7).await;
    let accepted = Verdict::AcceptedDevice(device);
    assert_eq!(settle(&storage, step(device, NOW)).await, accepted);
    assert_eq!(
        settle(&storage, step(device, NOW - 10)).await,
        Verdict::Reused
    );
    assert_eq!(settle(&storage, step(device, NOW + 10)).await, accepted);
    let seen = storage
        .account(application, site_id)
        .await
        .unwrap()
        .unwrap();
    assert!(seen.confirmed);
}

pub(crate) async fn two_devices_in_one_step_are_both_accepted_once(storage: Arc<dyn Storage>) {
    opened(&storage).await;
    let one = holder(&storage, 7).await;
    let other = holder(&storage, 8).await;
    // Both show the same digits: the code is right twice, once for each.
    let both = Attempt {
        steps: [step(one, NOW).steps, step(other, NOW).steps].concat(),
        ..attempt()
    };
    assert_eq!(
        settle(&storage, both.clone()).await,
        Verdict::AcceptedDevice(one)
    );
    assert_eq!(
        settle(&storage, both.clone()).await,
        Verdict::AcceptedDevice(other)
    );
    assert_eq!(settle(&storage, both).await, Verdict::Reused);
}

pub(crate) async fn a_removed_device_and_another_generation_are_wrong_at_once(
    storage: Arc<dyn Storage>,
) {
    let (application, _, site_id) = opened(&storage).await;
    let device = holder(&storage, 7).await;
    let mut newer = step(device, NOW);
    newer.steps[0].generation = 2;
    assert_eq!(
        settle(&storage, newer).await,
        Verdict::Wrong { failures: 1 }
    );
    fixtures::expel(&storage, UserId(id(1)), device).await;
    assert_eq!(
        settle(&storage, step(device, NOW)).await,
        Verdict::Wrong { failures: 2 }
    );
    let check = storage.code_check(application, site_id).await.unwrap();
    assert!(check.unwrap().devices.is_empty());
    let handed = storage.hand_out_accounts(device, NOW).await;
    assert!(matches!(handed, Err(StorageError::NotFound)));
    assert!(storage.device(device).await.unwrap().unwrap().removed);
}

pub(crate) async fn wrong_codes_count_and_a_right_one_resets(storage: Arc<dyn Storage>) {
    opened(&storage).await;
    let device = holder(&storage, 7).await;
    for failures in 1..=6 {
        assert_eq!(
            settle(&storage, attempt()).await,
            Verdict::Wrong { failures }
        );
    }
    assert_eq!(
        settle(&storage, step(device, NOW)).await,
        Verdict::AcceptedDevice(device)
    );
    // A code that was used is no guess.
    assert_eq!(settle(&storage, step(device, NOW)).await, Verdict::Reused);
    assert_eq!(
        settle(&storage, attempt()).await,
        Verdict::Wrong { failures: 1 }
    );
}

pub(crate) async fn at_the_cap_a_right_step_is_wrong_and_a_right_token_is_right(
    storage: Arc<dyn Storage>,
) {
    opened(&storage).await;
    let device = holder(&storage, 7).await;
    let capped = |attempt| Attempt { cap: 3, ..attempt };
    for _ in 0..3 {
        settle(&storage, capped(attempt())).await;
    }
    assert_eq!(
        settle(&storage, capped(step(device, NOW))).await,
        Verdict::Wrong { failures: 4 }
    );
    let sent = send(&storage, 20, None).await;
    assert_eq!(
        settle(&storage, capped(token(sent))).await,
        Verdict::AcceptedToken
    );
    assert_eq!(
        settle(&storage, capped(step(device, NOW))).await,
        Verdict::AcceptedDevice(device)
    );
    for _ in 0..3 {
        settle(&storage, capped(attempt())).await;
    }
    for _ in 0..2 {
        storage.unlock_user(UserId(id(1))).await.unwrap();
    }
    assert_eq!(
        settle(&storage, capped(step(device, NOW + 10))).await,
        Verdict::AcceptedDevice(device)
    );
}

pub(crate) async fn no_try_escapes_the_counter_however_many_come_at_once(
    storage: Arc<dyn Storage>,
) {
    let (application, _, site_id) = opened(&storage).await;
    let device = holder(&storage, 7).await;
    fifty_at_once(&storage, &attempt()).await;
    let check = storage.code_check(application, site_id).await.unwrap();
    assert_eq!(check.unwrap().failures, 50);
    assert_eq!(
        settle(&storage, step(device, NOW)).await,
        Verdict::Wrong { failures: 51 }
    );
}

pub(crate) async fn a_token_dies_by_age_by_tries_and_by_a_newer_one(storage: Arc<dyn Storage>) {
    opened(&storage).await;
    let aged = send(&storage, 20, Some(NOW + 600)).await;
    let late = Attempt {
        now: NOW + 600,
        ..token(aged)
    };
    assert!(matches!(
        settle(&storage, late).await,
        Verdict::Wrong { .. }
    ));
    let in_time = Attempt {
        now: NOW + 599,
        ..token(aged)
    };
    assert_eq!(settle(&storage, in_time).await, Verdict::AcceptedToken);

    let older = send(&storage, 21, None).await;
    let newer = send(&storage, 22, None).await;
    assert!(matches!(
        settle(&storage, token(older)).await,
        Verdict::Wrong { .. }
    ));
    // That was the first wrong one for the newer token; nine more and it is dead.
    for _ in 0..8 {
        settle(&storage, attempt()).await;
    }
    let much_later = Attempt {
        now: NOW + 1_000_000,
        ..token(newer)
    };
    assert_eq!(settle(&storage, much_later).await, Verdict::AcceptedToken);

    let guessed = send(&storage, 23, None).await;
    for _ in 0..10 {
        settle(&storage, attempt()).await;
    }
    assert!(matches!(
        settle(&storage, token(guessed)).await,
        Verdict::Wrong { .. }
    ));
}

pub(crate) async fn a_closed_account_takes_no_code(storage: Arc<dyn Storage>) {
    let (application, _, site_id) = opened(&storage).await;
    let device = holder(&storage, 7).await;
    let sent = send(&storage, 20, None).await;
    storage
        .close_account(application, site_id, NOW)
        .await
        .unwrap();
    for attempt in [step(device, NOW), token(sent), attempt()] {
        assert_eq!(settle(&storage, attempt).await, Verdict::Gone);
    }
    assert!(matches!(
        storage
            .send_token(new_token(None), message(21, NOW), Box::new(|_| Ok(())))
            .await,
        Err(StorageError::NotFound)
    ));
}

pub(crate) async fn a_device_is_given_the_accounts_of_its_user_alone_and_keeps_their_last_step(
    storage: Arc<dyn Storage>,
) {
    let (application, account, _) = opened(&storage).await;
    storage
        .open_account(new_account(application, 2, 2))
        .await
        .unwrap();
    let device = holder(&storage, 7).await;
    settle(&storage, step(device, NOW)).await;
    for _ in 0..2 {
        let given = storage.hand_out_accounts(device, NOW).await.unwrap();
        let accounts: Vec<_> = given.accounts.iter().map(|one| one.account).collect();
        assert_eq!(accounts, [account]);
    }
    assert_eq!(settle(&storage, step(device, NOW)).await, Verdict::Reused);
    let nobody = storage.hand_out_accounts(DeviceId(id(8)), NOW).await;
    assert!(matches!(nobody, Err(StorageError::NotFound)));
}

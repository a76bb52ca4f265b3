//! Registrations: one's own, one proven, and over in their time.

use authr_api::error::ErrorCode;
use authr_api::registration::{Flow, State};

use super::fixtures::*;
use super::*;

async fn state(storage: &Arc<dyn Storage>, number: u8) -> State {
    let found = storage.registration(new_registration(number).registration);
    found.await.unwrap().unwrap().state_at(NOW)
}

pub(crate) async fn a_registration_is_its_signers_alone(storage: Arc<dyn Storage>) {
    let registration = requested(&storage, 20).await;
    let other = || change(requester(21), NOW);
    let cancelled = storage.cancel_registration(other(), registration, told());
    assert_eq!(denied(cancelled.await), ErrorCode::NotFound);
    let proved = storage.prove_registration(other(), proof(20, 20), told());
    assert_eq!(denied(proved.await), ErrorCode::NotFound);
    let by_device = storage.cancel_registration(change(by(20), NOW), registration, told());
    assert_eq!(denied(by_device.await), ErrorCode::NotFound);
    assert_eq!(state(&storage, 20).await, State::Requested);
    for (number, known) in [(20, true), (21, false)] {
        let key = VerifyingKey([number; 32]);
        assert_eq!(storage.is_request_key(key).await.unwrap(), known);
    }
}

pub(crate) async fn a_refused_message_leaves_no_registration(storage: Arc<dyn Storage>) {
    let changed = storage.request_registration(
        change(requester(20), NOW),
        new_registration(20),
        registration_message(20),
        Box::new(|_| Err(Refusal::Number { retry_after: 30 })),
        told(),
    );
    let refused = changed.await.unwrap().unwrap_err();
    assert_eq!(refused, Denied::until(ErrorCode::RateLimited, 30));
    let found = storage.registration(new_registration(20).registration);
    assert!(found.await.unwrap().is_none());
    let queued = storage.claim_messages(NOW, NOW, 9).await.unwrap();
    assert!(queued.is_empty());
}

pub(crate) async fn of_twenty_wrong_codes_at_once_five_are_counted_and_the_right_one_is_late(
    storage: Arc<dyn Storage>,
) {
    requested(&storage, 20).await;
    let mut tries = Vec::new();
    for _ in 0..20 {
        let change = change(requester(20), NOW);
        tries.push(tokio::spawn(storage.prove_registration(
            change,
            proof(20, 99),
            told(),
        )));
    }
    let mut counted = 0;
    for one in tries {
        match one.await.unwrap().unwrap() {
            Ok(_) => counted += 1,
            Err(denied) => assert_eq!(denied.code, ErrorCode::Expired),
        }
    }
    assert_eq!(counted, 5);
    let late = storage.prove_registration(change(requester(20), NOW), proof(20, 20), told());
    assert_eq!(denied(late.await), ErrorCode::Expired);
    // Its message is not worth sending any more.
    let queued = storage.claim_messages(NOW, NOW, 9).await.unwrap();
    assert!(queued.is_empty());
}

pub(crate) async fn a_resend_kills_the_code_before_and_forgives_no_try(storage: Arc<dyn Storage>) {
    let registration = requested(&storage, 20).await;
    let prove = |code| {
        let change = change(requester(20), NOW);
        storage.prove_registration(change, proof(20, code), told())
    };
    assert!(told_text(prove(99).await).contains("tries_left: 4"));
    let resent = storage.resend_registration(
        change(requester(20), NOW),
        registration,
        code(30),
        registration_message(30),
        Box::new(|_| Ok(())),
        told(),
    );
    resent.await.unwrap().unwrap();
    let queued = storage.claim_messages(NOW, NOW, 9).await.unwrap();
    assert_eq!(queued.len(), 1);
    assert_eq!(queued[0].message, MessageId(id(30)));
    assert!(told_text(prove(20).await).contains("tries_left: 3"));
    assert!(told_text(prove(30).await).starts_with("Right"));
}

pub(crate) async fn a_number_has_one_proven_registration_and_no_list_is_a_first_device(
    storage: Arc<dyn Storage>,
) {
    let first = proven(&storage, 20).await;
    let found = storage.registration(first).await.unwrap().unwrap();
    assert_eq!(
        (found.state, found.flow),
        (State::Proven, Some(Flow::First))
    );
    assert_eq!(found.user, Some(UserId(id(20))));
    requested(&storage, 21).await;
    assert_eq!(state(&storage, 20).await, State::Proven);
    let second = proven(&storage, 22).await;
    assert_eq!(state(&storage, 20).await, State::Cancelled);
    let found = storage.registration(second).await.unwrap().unwrap();
    // The number has its user already.
    assert_eq!(found.user, Some(UserId(id(20))));
    join(&storage, UserId(id(20)), 7).await;
    let third = proven(&storage, 23).await;
    let found = storage.registration(third).await.unwrap().unwrap();
    let expected = (State::Pending, Some(Flow::Restore));
    assert_eq!((found.state, found.flow), expected);
    assert_eq!(found.state_at(NOW + 3599), State::Pending);
    assert_eq!(found.state_at(NOW + 3600), State::Expired);
}

pub(crate) async fn a_registration_that_led_to_nothing_is_swept_with_the_user_it_made(
    storage: Arc<dyn Storage>,
) {
    let registration = proven(&storage, 20).await;
    let kept = |ended| Kept {
        closed: NOW,
        sent: NOW,
        seen: NOW,
        answered: NOW,
        ended,
    };
    storage.sweep(kept(NOW + 3600)).await.unwrap();
    assert!(storage.registration(registration).await.unwrap().is_some());
    storage.sweep(kept(NOW + 3601)).await.unwrap();
    assert!(storage.registration(registration).await.unwrap().is_none());
    assert_eq!(storage.user_by_phone(Index([1; 32])).await.unwrap(), None);
    // One that became a device stays with it.
    let registration = proven(&storage, 21).await;
    let new = NewEntries {
        registration: Some(registration),
        added: Some(new_device(7)),
        ..next_entry(&storage, UserId(id(21)), 7).await
    };
    let changed = storage.append_entries(change(requester(21), NOW), new, told());
    changed.await.unwrap().unwrap();
    storage.sweep(kept(NOW + 100_000)).await.unwrap();
    let found = storage.registration(registration).await.unwrap().unwrap();
    assert_eq!(found.device, Some(DeviceId(id(7))));
    assert_eq!(found.state_at(NOW + 100_000), State::Active);
}

pub(crate) async fn a_sweep_leaves_a_running_request_its_message_and_what_was_sent(
    storage: Arc<dyn Storage>,
) {
    let kept = |ended| Kept {
        closed: NOW,
        sent: NOW - 1,
        seen: NOW,
        answered: NOW,
        ended,
    };
    // Proven and never finished; then asked for anew.
    let old = requested(&storage, 20).await;
    let proof = Proof {
        proven_until: NOW + 60,
        ..proof(20, 20)
    };
    let proved = storage.prove_registration(change(requester(20), NOW), proof, told());
    proved.await.unwrap().unwrap();
    let running = requested(&storage, 21).await;
    storage.sweep(kept(NOW + 61)).await.unwrap();
    assert!(storage.registration(old).await.unwrap().is_none());
    assert_eq!(state(&storage, 21).await, State::Requested);
    let queued = storage.claim_messages(NOW, NOW, 9).await.unwrap();
    assert_eq!(queued.len(), 1);
    // Once that one is over too, the user goes, and what was sent counts on.
    let over = storage.cancel_registration(change(requester(21), NOW), running, told());
    over.await.unwrap().unwrap();
    storage.sweep(kept(NOW + 601)).await.unwrap();
    assert!(storage.registration(running).await.unwrap().is_none());
    assert_eq!(storage.user_by_phone(Index([1; 32])).await.unwrap(), None);
    let changed = storage.request_registration(
        change(requester(22), NOW),
        new_registration(22),
        registration_message(22),
        Box::new(|history| match history.number.len() {
            2 => Ok(()),
            _ => Err(Refusal::All),
        }),
        told(),
    );
    changed.await.unwrap().unwrap();
}

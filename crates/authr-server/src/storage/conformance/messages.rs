//! Messages on their way, and what counts against limits.

use std::sync::Mutex;

use super::*;

pub(crate) async fn a_refused_message_leaves_the_older_token_alive(storage: Arc<dyn Storage>) {
    opened(&storage).await;
    let older = send(&storage, 20, None).await;
    let refused = storage
        .send_token(
            new_token(None),
            message(21, NOW),
            Box::new(|_| Err(Refusal::Prefix)),
        )
        .await;
    assert_eq!(refused.unwrap(), Err(Refusal::Prefix));
    let queued = storage.claim_messages(NOW, NOW, 9).await.unwrap();
    assert_eq!(queued.len(), 1);
    assert_eq!(
        storage.settle_attempt(token(older)).await.unwrap(),
        Verdict::AcceptedToken
    );
}

pub(crate) async fn a_rule_sees_what_was_sent_lately_and_what_was_verified(
    storage: Arc<dyn Storage>,
) {
    const HOUR: i64 = 3600;
    let seen = Arc::new(Mutex::new(SendHistory::default()));
    let watch = |seen: &Arc<Mutex<SendHistory>>| -> SendRule {
        let seen = Arc::clone(seen);
        Box::new(move |history| {
            *seen.lock().unwrap() = history.clone();
            Ok(())
        })
    };
    opened(&storage).await;
    for (number, ago) in [(20, 25 * HOUR), (21, 2 * HOUR), (22, HOUR - 1)] {
        storage
            .send_token(new_token(None), message(number, NOW - ago), watch(&seen))
            .await
            .unwrap()
            .unwrap();
    }
    storage
        .settle_attempt(token(MessageId(id(22))))
        .await
        .unwrap();
    storage
        .send_token(new_token(None), message(23, NOW), watch(&seen))
        .await
        .unwrap()
        .unwrap();
    let network = Some(Index([200; 32]));
    assert_eq!(
        *seen.lock().unwrap(),
        SendHistory {
            number: vec![(NOW - 2 * HOUR, network), (NOW - HOUR + 1, network)],
            prefix: 1,
            prefix_verified: 1,
            application: 2,
            network: 1,
            day: 2,
        }
    );
}

pub(crate) async fn what_strangers_have_sent_by_registering_counts_against_no_token(
    storage: Arc<dyn Storage>,
) {
    opened(&storage).await;
    for number in 20..23 {
        fixtures::requested(&storage, number).await;
    }
    let rule: SendRule = Box::new(|history| {
        assert_eq!(*history, SendHistory::default());
        Ok(())
    });
    let elsewhere = NewMessage {
        network: None,
        ..message(30, NOW)
    };
    let sent = storage.send_token(new_token(None), elsewhere, rule).await;
    assert_eq!(sent.unwrap(), Ok(()));
    // Nor a token against a registration.
    let rule: SendRule = Box::new(|history| {
        assert_eq!(
            (history.number.len(), history.prefix, history.day),
            (3, 3, 3)
        );
        Err(Refusal::All)
    });
    let changed = storage.request_registration(
        fixtures::change(fixtures::requester(23), NOW),
        fixtures::new_registration(23),
        fixtures::registration_message(23),
        rule,
        fixtures::told(),
    );
    assert!(changed.await.unwrap().is_err());
}

pub(crate) async fn a_claimed_message_is_not_claimed_again_before_its_time(
    storage: Arc<dyn Storage>,
) {
    opened(&storage).await;
    let sent = send(&storage, 20, None).await;
    let claim = |now| storage.claim_messages(now, now + 60, 9);
    assert!(claim(NOW - 1).await.unwrap().is_empty());
    let first = claim(NOW).await.unwrap();
    assert_eq!(first.len(), 1);
    assert_eq!(first[0].sealed, Sealed(vec![20; 40]));
    assert_eq!(first[0].attempts, 1);
    assert!(claim(NOW + 59).await.unwrap().is_empty());
    assert_eq!(claim(NOW + 60).await.unwrap()[0].attempts, 2);
    storage.postpone_message(sent, NOW + 61).await.unwrap();
    assert_eq!(claim(NOW + 61).await.unwrap()[0].attempts, 3);
    for _ in 0..2 {
        storage.drop_message(sent).await.unwrap();
    }
    storage.postpone_message(sent, NOW).await.unwrap();
    assert!(claim(NOW + 10_000).await.unwrap().is_empty());
}

pub(crate) async fn a_newer_token_takes_the_older_message_off_the_queue(storage: Arc<dyn Storage>) {
    opened(&storage).await;
    send(&storage, 20, None).await;
    let newer = send(&storage, 21, None).await;
    let queued = storage.claim_messages(NOW, NOW + 60, 9).await.unwrap();
    assert_eq!(queued.len(), 1);
    assert_eq!(queued[0].message, newer);
}

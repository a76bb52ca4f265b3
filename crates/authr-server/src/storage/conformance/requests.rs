//! Signed requests: each nonce once, each change once.

use authr_api::error::ErrorCode;
use authr_api::id::Hash;
use authr_api::list::Head;

use super::fixtures::*;
use super::*;

pub(crate) async fn of_fifty_notes_of_one_nonce_one_is_new(storage: Arc<dyn Storage>) {
    let seen = change(by(1), NOW).seen;
    let mut notes = Vec::new();
    for _ in 0..50 {
        notes.push(tokio::spawn(storage.note_request(seen)));
    }
    let mut new = 0;
    for note in notes {
        new += usize::from(note.await.unwrap().unwrap());
    }
    assert_eq!(new, 1);
    // The same nonce of another is another.
    let theirs = SeenRequest {
        signer: by(2),
        ..seen
    };
    assert!(storage.note_request(theirs).await.unwrap());
}

pub(crate) async fn a_change_made_again_is_answered_as_before_and_made_once(
    storage: Arc<dyn Storage>,
) {
    opened(&storage).await;
    let user = UserId(id(1));
    let first = change(by(7), NOW);
    let new = next_entry(&storage, user, 7).await;
    let append = |change, text: &'static str| {
        let answered: Respond<Vec<NativeAccount>> = Box::new(move |_| Ok(answer(text)));
        storage.append_entries(change, new.clone(), answered)
    };
    assert_eq!(storage.recall(first).await.unwrap(), Recalled::Nothing);
    assert_eq!(told_text(append(first, "first").await), "first");
    assert_eq!(denied(append(first, "second").await), ErrorCode::Replay);
    assert_eq!(told_text(append(again(first), "third").await), "first");
    assert_eq!(
        storage.recall(again(first)).await.unwrap(),
        Recalled::Known(Ok(answer("first")))
    );
    assert_eq!(
        storage.recall(first).await.unwrap(),
        Recalled::Known(Err(ErrorCode::Replay.into()))
    );
    let other = Change {
        request: Hash([2; 32]),
        ..again(first)
    };
    let reused = ErrorCode::IdempotencyReused;
    assert_eq!(
        storage.recall(other).await.unwrap(),
        Recalled::Known(Err(reused.into()))
    );
    assert_eq!(denied(append(other, "fourth").await), reused);
    let entries = storage.entries(user, 0, 9).await.unwrap().unwrap();
    assert_eq!(entries.entries.len(), 1);
}

pub(crate) async fn a_denied_change_is_forgotten_and_its_nonce_is_not(storage: Arc<dyn Storage>) {
    opened(&storage).await;
    let user = UserId(id(1));
    let early = change(by(7), NOW);
    let second = NewEntries {
        after: Some(Head {
            sequence: 1,
            hash: Hash([7; 32]),
        }),
        ..next_entry(&storage, user, 8).await
    };
    let append = |change, new| storage.append_entries(change, new, told());
    let moved = append(early, second.clone()).await;
    assert_eq!(denied(moved), ErrorCode::ListMoved);
    let replayed = append(early, second.clone()).await;
    assert_eq!(denied(replayed), ErrorCode::Replay);
    let first = next_entry(&storage, user, 7).await;
    append(change(by(7), NOW), first).await.unwrap().unwrap();
    append(again(early), second).await.unwrap().unwrap();
}

pub(crate) async fn an_answer_that_cannot_be_made_undoes_its_change(storage: Arc<dyn Storage>) {
    opened(&storage).await;
    let user = UserId(id(1));
    let change = change(by(7), NOW);
    let new = next_entry(&storage, user, 7).await;
    let fails: Respond<Vec<NativeAccount>> = Box::new(|_| Err(StorageError::NotFound));
    let failed = storage.append_entries(change, new.clone(), fails).await;
    assert!(matches!(failed, Err(StorageError::NotFound)));
    assert!(storage.newest(user).await.unwrap().is_none());
    // Nothing at all happened: the very same request may come again.
    storage
        .append_entries(change, new, told())
        .await
        .unwrap()
        .unwrap();
}

pub(crate) async fn what_is_remembered_of_requests_is_swept_in_its_time(storage: Arc<dyn Storage>) {
    opened(&storage).await;
    let change = change(by(7), NOW);
    let new = next_entry(&storage, UserId(id(1)), 7).await;
    storage
        .append_entries(change, new, told())
        .await
        .unwrap()
        .unwrap();
    let long_ago = NOW - 100_000;
    let mut kept = Kept {
        closed: long_ago,
        sent: long_ago,
        seen: NOW,
        answered: NOW,
        ended: long_ago,
    };
    assert!(!storage.sweep(kept).await.unwrap());
    assert!(!storage.note_request(change.seen).await.unwrap());
    kept.seen = NOW + 1;
    storage.sweep(kept).await.unwrap();
    assert!(matches!(
        storage.recall(change).await.unwrap(),
        Recalled::Known(Ok(_))
    ));
    kept.answered = NOW + 1;
    storage.sweep(kept).await.unwrap();
    assert_eq!(storage.recall(change).await.unwrap(), Recalled::Nothing);
}

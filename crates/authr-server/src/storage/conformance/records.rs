//! Records: in order, all or none.

use authr_api::chain::{ChainHead, Superseded};
use authr_api::error::ErrorCode;
use authr_api::record::SealedRecord;

use super::fixtures::*;
use super::*;

fn after(record: &SealedRecord) -> ChainHead {
    record.header().chain_after(&record.hash())
}

async fn push(
    storage: &Arc<dyn Storage>,
    device: DeviceId,
    records: &[(u64, &SealedRecord)],
) -> Result<Changed, StorageError> {
    let known = storage.device(device).await.unwrap().unwrap();
    let records = records.iter().map(|(base, record)| NewRecord {
        base: *base,
        record: (*record).clone(),
    });
    let change = change(by(device.0[0]), NOW);
    storage
        .push_records(change, known, records.collect(), told())
        .await
}

async fn steps(storage: &Arc<dyn Storage>, after: u64) -> Vec<(u64, Step)> {
    let steps = storage.steps(UserId(id(1)), after, 9).await;
    steps.unwrap().unwrap().steps
}

pub(crate) async fn a_push_that_breaks_the_order_leaves_nothing(storage: Arc<dyn Storage>) {
    opened(&storage).await;
    let device = holder(&storage, 7).await;
    let first = record(7, 1, ChainHead::EMPTY, 1);
    let second = record(7, 2, after(&first), 1);
    let unlinked = ChainHead {
        dseq: 1,
        ..ChainHead::EMPTY
    };
    for (records, code) in [
        (vec![(0, &second)], ErrorCode::SequenceGap),
        (vec![(0, &first), (1, &second)], ErrorCode::RecordMoved),
        (
            vec![(0, &first), (0, &record(7, 2, unlinked, 1))],
            ErrorCode::BadRecord,
        ),
        (
            vec![(0, &first), (0, &record(7, 2, after(&first), 2))],
            ErrorCode::StaleEpoch,
        ),
        (
            vec![(0, &first), (0, &record(7, 1, after(&first), 1))],
            ErrorCode::RecordMoved,
        ),
    ] {
        assert_eq!(denied(push(&storage, device, &records).await), code);
        assert_eq!(steps(&storage, 0).await, []);
    }
    let both = push(&storage, device, &[(0, &first), (0, &second)]).await;
    assert_eq!(told_text(both), "[1, 2]");
}

pub(crate) async fn a_record_that_is_there_is_done_and_another_under_its_number_is_denied(
    storage: Arc<dyn Storage>,
) {
    opened(&storage).await;
    let device = holder(&storage, 7).await;
    let first = record(7, 1, ChainHead::EMPTY, 1);
    let newer = record(7, 1, after(&first), 1);
    let pushed = push(&storage, device, &[(0, &first), (1, &newer)]).await;
    assert_eq!(told_text(pushed), "[1, 2]");
    // Also one that was superseded, under whatever base.
    let again = push(&storage, device, &[(9, &first), (9, &newer)]).await;
    assert_eq!(told_text(again), "[1, 2]");
    let other = record(7, 3, ChainHead::EMPTY, 1);
    let used = push(&storage, device, &[(0, &other)]).await;
    assert_eq!(denied(used), ErrorCode::SequenceUsed);
    let left = Superseded {
        device,
        dseq: 1,
        hash: first.hash(),
    };
    assert_eq!(
        steps(&storage, 0).await,
        [
            (1, Step::Superseded(left)),
            (2, Step::Record(newer.to_wire()))
        ]
    );
}

pub(crate) async fn of_two_devices_that_replace_one_version_one_does(storage: Arc<dyn Storage>) {
    opened(&storage).await;
    let one = holder(&storage, 7).await;
    let other = holder(&storage, 8).await;
    let first = record(7, 1, ChainHead::EMPTY, 1);
    let pushed = push(&storage, one, &[(0, &first)]).await;
    assert_eq!(told_text(pushed), "[1]");
    let (ours, theirs) = (
        record(7, 1, after(&first), 1),
        record(8, 1, ChainHead::EMPTY, 1),
    );
    let (ours, theirs) = ([(1, &ours)], [(1, &theirs)]);
    let (ours, theirs) = tokio::join!(push(&storage, one, &ours), push(&storage, other, &theirs));
    let done = [ours, theirs].map(|changed| changed.unwrap());
    assert_eq!(done.iter().filter(|changed| changed.is_ok()).count(), 1);
    let moved = done.iter().find_map(|changed| changed.as_ref().err());
    assert_eq!(moved.unwrap().code, ErrorCode::RecordMoved);
    assert_eq!(steps(&storage, 1).await.len(), 1);
}

pub(crate) async fn a_removed_device_pushes_nothing_and_what_it_pushed_stays(
    storage: Arc<dyn Storage>,
) {
    opened(&storage).await;
    let lost = holder(&storage, 7).await;
    let first = record(7, 1, ChainHead::EMPTY, 1);
    let pushed = push(&storage, lost, &[(0, &first)]).await;
    assert_eq!(told_text(pushed), "[1]");
    let user = UserId(id(1));
    let removing = NewEntries {
        removed: vec![(lost, after(&first))],
        epoch: 2,
        ..next_entry(&storage, user, 9).await
    };
    let removed = storage.append_entries(change(by(7), NOW), removing, told());
    removed.await.unwrap().unwrap();
    let late = record(7, 2, after(&first), 2);
    let refused = push(&storage, lost, &[(0, &late)]).await;
    assert_eq!(denied(refused), ErrorCode::DeviceRemoved);
    assert_eq!(steps(&storage, 0).await.len(), 1);
    let newest = storage.newest(user).await.unwrap().unwrap();
    assert_eq!((newest.revision, newest.head.sequence), (1, 2));
}

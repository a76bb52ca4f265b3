//! Records: in order, all or none, nothing lost.

use authr_api::chain::{ChainHead, Chains, Step};
use authr_api::error::ErrorCode;
use authr_api::id::Hash;
use authr_api::path;
use authr_api::record::SealedRecord;
use authr_api::sync::{Feed, FeedContent, Pushed, Status};

use crate::person::*;
use crate::running::Running;

async fn feed(device: &Device, after: u64) -> Feed {
    device
        .get(&format!("{}?after={after}", path::RECORDS))
        .await
        .json()
}

/// Verifies a whole feed, and opens what is still there.
fn texts(device: &Device, feed: &Feed) -> Vec<String> {
    let records: Vec<_> = feed
        .steps
        .iter()
        .map(|step| match &step.step {
            FeedContent::Record(bytes) => Ok(SealedRecord::parse(bytes.as_slice()).unwrap()),
            FeedContent::Superseded(left) => Err(*left),
        })
        .collect();
    let steps = records.iter().map(|one| match one {
        Ok(record) => Step::Record(record),
        Err(left) => Step::Superseded(left),
    });
    let mut chains = Chains::default();
    chains.verify(&device.list, steps).unwrap();
    chains.complete(&device.list).unwrap();
    let keys = device.epoch_keys();
    let open = |record: &SealedRecord| {
        let text = record.open(&device.user, &keys).unwrap();
        String::from_utf8(text.to_vec()).unwrap()
    };
    records.iter().flatten().map(open).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_break_of_order_is_named_and_leaves_nothing() {
    let running = Running::start().await;
    let mut device = Device::first(&running, PHONE).await;
    let first = device.record(1, device.chain, "one");
    let after = |record: &SealedRecord| record.header().chain_after(&record.hash());
    let second = device.record(2, after(&first), "two");

    let refused = device.push(&[(0, &second)]).await.refusal();
    assert_eq!(
        (refused.code, refused.expected),
        (ErrorCode::SequenceGap, Some(1))
    );
    let unlinked = ChainHead {
        dseq: 1,
        link: Hash([9; 32]),
    };
    let unlinked = device.record(2, unlinked, "two");
    assert_eq!(
        device.push(&[(0, &first), (0, &unlinked)]).await.code(),
        ErrorCode::BadRecord
    );
    assert_eq!(
        device.push(&[(7, &first)]).await.code(),
        ErrorCode::RecordMoved
    );
    assert_eq!(
        device.push(&[(0, &first), (1, &second)]).await.code(),
        ErrorCode::RecordMoved
    );
    assert_eq!(feed(&device, 0).await.steps, []);

    let pushed: Pushed = device.push(&[(0, &first), (0, &second)]).await.json();
    assert_eq!(pushed.revisions, [1, 2]);
    // The same again, under another idempotency key: done already.
    let again: Pushed = device.push(&[(0, &first), (0, &second)]).await.json();
    assert_eq!(again.revisions, [1, 2]);
    let other = device.record(1, device.chain, "another one");
    assert_eq!(
        device.push(&[(0, &other)]).await.code(),
        ErrorCode::SequenceUsed
    );
    device.chain = after(&second);
    let stale = device.record(1, device.chain, "on nothing");
    assert_eq!(
        device.push(&[(0, &stale)]).await.code(),
        ErrorCode::RecordMoved
    );
    assert_eq!(device.write(1, 1, "one, newer").await, 3);
    // A push of old and new ones: each has its revision.
    let third = device.record(3, device.chain, "three");
    let pushed: Pushed = device.push(&[(0, &first), (0, &third)]).await.json();
    assert_eq!(pushed.revisions, [1, 4]);
    assert_eq!(
        texts(&device, &feed(&device, 0).await),
        ["two", "one, newer", "three"]
    );
    let left = &feed(&device, 0).await.steps[0].step;
    assert!(
        matches!(left, FeedContent::Superseded(left) if left.dseq == 1 && left.hash == first.hash())
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_its_device_did_not_sign_is_no_record() {
    let running = Running::start().await;
    let device = Device::first(&running, PHONE).await;
    let other = Device::restored(&running, PHONE).await;
    let theirs = other.record(1, other.chain, "theirs");
    assert_eq!(
        device.push(&[(0, &theirs)]).await.code(),
        ErrorCode::BadRecord
    );
    let record = device.record(1, device.chain, "ours");
    for at in [1, 17, 60, 200] {
        let mut bytes = record.to_wire();
        bytes[at] ^= 1;
        let Ok(changed) = SealedRecord::parse(&bytes) else {
            continue;
        };
        assert_eq!(
            device.push(&[(0, &changed)]).await.code(),
            ErrorCode::BadRecord,
            "{at}"
        );
    }
    let mut draft = device.push_draft(&[(0, &record)]);
    draft.body = br#"{"records":[]}"#.to_vec();
    assert_eq!(device.send(&draft).await.code(), ErrorCode::BadRequest);
    let mut draft = device.push_draft(&[(0, &record)]);
    draft.body = br#"{"records":[{"base":0,"record":"AAAA"}]}"#.to_vec();
    assert_eq!(device.send(&draft).await.code(), ErrorCode::BadRecord);
    let long = "A".repeat(4 * (16 * 1024 / 3 + 2));
    let mut draft = device.push_draft(&[(0, &record)]);
    draft.body = format!(r#"{{"records":[{{"base":0,"record":"{long}"}}]}}"#).into_bytes();
    assert_eq!(device.send(&draft).await.code(), ErrorCode::TooLarge);
    let one = r#"{"base":0,"record":"AAAA"}"#;
    let mut draft = device.push_draft(&[(0, &record)]);
    draft.body = format!(r#"{{"records":[{}]}}"#, vec![one; 257].join(",")).into_bytes();
    assert_eq!(device.send(&draft).await.code(), ErrorCode::TooLarge);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_push_is_read_in_pages_that_lose_nothing() {
    let running = Running::start().await;
    let device = Device::first(&running, PHONE).await;
    let mut chain = device.chain;
    let records: Vec<SealedRecord> = (0..=255)
        .map(|id| {
            let record = device.record(id, chain, &format!("account {id}"));
            chain = record.header().chain_after(&record.hash());
            record
        })
        .collect();
    let push: Vec<_> = records.iter().map(|record| (0, record)).collect();
    let pushed: Pushed = device.push(&push).await.json();
    assert_eq!(pushed.revisions, (1..=256).collect::<Vec<u64>>());
    let first = feed(&device, 0).await;
    assert_eq!((first.revision, first.steps.len()), (256, 128));
    let second = feed(&device, 128).await;
    assert_eq!((second.steps.len(), second.steps[127].revision), (128, 256));
    assert_eq!(feed(&device, 256).await.steps, []);
    let steps = [first.steps, second.steps].concat();
    let all = Feed {
        revision: 256,
        steps,
    };
    assert_eq!(texts(&device, &all)[255], "account 255");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_removal_the_old_epoch_is_refused_and_its_records_stay_readable() {
    let running = Running::start().await;
    let mut lost = Device::first(&running, PHONE).await;
    lost.write(1, 0, "written on the lost one").await;
    let mut second = Device::restored(&running, PHONE).await;
    let old = second.record(2, second.chain, "under the old key");

    // The removal states what the server has: one record less, or another link, is refused.
    for last in [
        ChainHead::EMPTY,
        ChainHead {
            dseq: 1,
            link: Hash([1; 32]),
        },
    ] {
        let (append, _) = second.removal(&[(lost.id(), last)], PASSWORD);
        assert_eq!(second.append(append).await.code(), ErrorCode::ChainMoved);
    }
    second.remove(&[(lost.id(), lost.chain)]).await;
    assert_eq!(
        second.push(&[(0, &old)]).await.code(),
        ErrorCode::StaleEpoch
    );
    let late = lost.record(3, lost.chain, "after the removal");
    assert_eq!(
        lost.push(&[(0, &late)]).await.code(),
        ErrorCode::DeviceRemoved
    );
    second.write(2, 0, "under the new key").await;

    let third = Device::restored(&running, PHONE).await;
    let expected = ["written on the lost one", "under the new key"];
    assert_eq!(texts(&third, &feed(&third, 0).await), expected);
    let status: Status = third.get(path::STATUS).await.json();
    assert_eq!((status.revision, status.head), (2, third.list.head()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_devices_that_push_at_once_get_revisions_without_a_gap() {
    let running = Running::start().await;
    let mut one = Device::first(&running, PHONE).await;
    let mut other = Device::restored(&running, PHONE).await;
    one.refresh().await;
    let (first, second) = tokio::join!(
        async {
            for id in 0..20 {
                one.write(id, 0, "from one").await;
            }
            one
        },
        async {
            for id in 100..120 {
                other.write(id, 0, "from the other").await;
            }
            other
        }
    );
    let all = feed(&first, 0).await;
    let revisions: Vec<u64> = all.steps.iter().map(|step| step.revision).collect();
    assert_eq!(revisions, (1..=40).collect::<Vec<u64>>());
    assert_eq!(texts(&second, &all).len(), 40);
}

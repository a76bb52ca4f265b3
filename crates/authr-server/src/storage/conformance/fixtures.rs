//! Devices that stand in a storage without a signature: it does not look at any.

use std::sync::atomic::{AtomicU64, Ordering};

use authr_api::chain::ChainHead;
use authr_api::id::{Hash, IdempotencyKey, Nonce};
use authr_api::list::Head;
use authr_api::signature::KeyId;
use authr_crypto::seal::SealingKey;
use authr_crypto::sign::VerifyingKey;

use super::*;

/// A change that nobody asked for before.
pub(crate) fn change(signer: KeyId, now: UnixSeconds) -> Change {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&NEXT.fetch_add(1, Ordering::Relaxed).to_be_bytes());
    Change {
        seen: SeenRequest {
            signer,
            nonce: Nonce(bytes),
            now,
        },
        key: IdempotencyKey(bytes),
        request: Hash([1; 32]),
    }
}

/// The same change, asked for again.
pub(crate) fn again(before: Change) -> Change {
    let fresh = change(before.seen.signer, before.seen.now);
    Change {
        key: before.key,
        ..fresh
    }
}

pub(crate) fn answer(text: &str) -> StoredAnswer {
    StoredAnswer {
        status: 200,
        body: text.as_bytes().to_vec(),
    }
}

/// Answers with what was made.
pub(crate) fn told<T: std::fmt::Debug + 'static>() -> Respond<T> {
    Box::new(|made| Ok(answer(&format!("{made:?}"))))
}

pub(crate) fn by(device: u8) -> KeyId {
    KeyId::Device(DeviceId(id(device)))
}

pub(crate) fn new_device(number: u8) -> NewDevice {
    NewDevice {
        device: DeviceId(id(number)),
        signing: VerifyingKey([number; 32]),
        sealing: SealingKey([number ^ 0x80; 32]),
    }
}

/// The next entry of a user's list: `number` makes its hash another.
pub(crate) async fn next_entry(storage: &Arc<dyn Storage>, user: UserId, number: u8) -> NewEntries {
    let newest = storage.newest(user).await.unwrap();
    let after = newest.map(|newest| newest.head);
    let sequence = after.map_or(1, |head| head.sequence + 1);
    NewEntries {
        user,
        after,
        entries: vec![vec![number; 9]],
        head: Head {
            sequence,
            hash: Hash([number; 32]),
        },
        epoch: 1,
        registration: None,
        added: None,
        removed: Vec::new(),
        locker: None,
    }
}

/// A device joins a user; it holds every account.
pub(crate) async fn join(storage: &Arc<dyn Storage>, user: UserId, number: u8) -> DeviceId {
    let new = NewEntries {
        added: Some(new_device(number)),
        ..next_entry(storage, user, number).await
    };
    let changed = storage.append_entries(change(by(number), NOW), new, told());
    changed.await.unwrap().unwrap();
    DeviceId(id(number))
}

/// A device that wrote nothing is removed.
pub(crate) async fn expel(storage: &Arc<dyn Storage>, user: UserId, device: DeviceId) {
    let new = NewEntries {
        removed: vec![(device, ChainHead::EMPTY)],
        ..next_entry(storage, user, device.0[0] ^ 0x40).await
    };
    let changed = storage.append_entries(change(KeyId::Device(device), NOW), new, told());
    changed.await.unwrap().unwrap();
}

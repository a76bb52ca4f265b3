//! Devices that stand in a storage without a signature: it does not look at any.

use std::sync::atomic::{AtomicU64, Ordering};

use authr_api::chain::ChainHead;
use authr_api::error::ErrorCode;
use authr_api::id::{Hash, IdempotencyKey, Nonce, RegistrationId};
use authr_api::list::Head;
use authr_api::record::SealedRecord;
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

/// Why a change was not made.
pub(crate) fn denied(changed: Result<Changed, StorageError>) -> ErrorCode {
    changed.unwrap().expect_err("a refusal").code
}

/// What a change was answered.
pub(crate) fn told_text(changed: Result<Changed, StorageError>) -> String {
    String::from_utf8(changed.unwrap().expect("an answer").body).unwrap()
}

/// Who signs for a registration.
pub(crate) fn requester(number: u8) -> KeyId {
    KeyId::Request(VerifyingKey([number; 32]))
}

/// A registration of the phone of [`opened`], its code being 32 times `number`.
pub(crate) fn new_registration(number: u8) -> NewRegistration {
    NewRegistration {
        registration: RegistrationId(id(number)),
        signing: VerifyingKey([number; 32]),
        sealing: SealingKey([number; 32]),
        phone: Index([1; 32]),
        phone_sealed: Sealed(vec![number; 40]),
        letters: "AB".into(),
        code: code(number),
    }
}

pub(crate) fn code(number: u8) -> NewCode {
    NewCode {
        code_mac: [number; 32],
        expires_at: NOW + 600,
    }
}

pub(crate) fn registration_message(number: u8) -> NewMessage {
    NewMessage {
        purpose: Purpose::Registration,
        application: None,
        ..message(number, NOW)
    }
}

pub(crate) async fn requested(storage: &Arc<dyn Storage>, number: u8) -> RegistrationId {
    let changed = storage.request_registration(
        change(requester(number), NOW),
        new_registration(number),
        registration_message(number),
        Box::new(|_| Ok(())),
        told(),
    );
    changed.await.unwrap().unwrap();
    RegistrationId(id(number))
}

/// A code that was typed for a registration.
pub(crate) fn proof(number: u8, code: u8) -> Proof {
    Proof {
        registration: RegistrationId(id(number)),
        code_mac: [code; 32],
        user: UserId(id(number)),
        phone_sealed: Sealed(vec![number; 40]),
        proven_until: NOW + 3600,
    }
}

pub(crate) async fn proven(storage: &Arc<dyn Storage>, number: u8) -> RegistrationId {
    let registration = requested(storage, number).await;
    let proof = proof(number, number);
    let changed = storage.prove_registration(change(requester(number), NOW), proof, told());
    changed.await.unwrap().unwrap();
    registration
}

/// A device with its list and locker, for the user of [`opened`].
pub(crate) async fn with_locker(storage: &Arc<dyn Storage>, device: u8) -> DeviceId {
    let user = UserId(id(1));
    let new = NewEntries {
        added: Some(new_device(device)),
        locker: Some((1, Sealed(vec![1; 40]))),
        ..next_entry(storage, user, device).await
    };
    let changed = storage.append_entries(change(by(device), NOW), new, told());
    changed.await.unwrap().unwrap();
    DeviceId(id(device))
}

/// A record of a device that follows a chain, with its content beyond what the storage looks at.
pub(crate) fn record(device: u8, record_id: u8, chain: ChainHead, epoch: u32) -> SealedRecord {
    let bytes = [
        &[1][..],
        &[record_id; 16],
        &[1],
        &epoch.to_be_bytes(),
        &[device; 16],
        &(chain.dseq + 1).to_be_bytes(),
        &chain.link.0,
        &[0],
        &[5; 64],
        &[6; 300],
        &[7; 64],
    ]
    .concat();
    SealedRecord::parse(&bytes).unwrap()
}

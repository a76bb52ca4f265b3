//! The locker, and what is appended to a list.

use std::sync::Arc;

use authr_api::answer::LockerContent;
use authr_api::append::Append;
use authr_api::chain::ChainHead;
use authr_api::error::ErrorCode;
use authr_api::list::{Author, Body, Draft as ListDraft};
use authr_api::path;
use authr_api::registration::{RegistrationStatus, State};
use authr_api::sealed::Sealed;

use crate::person::*;
use crate::running::Running;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_phone_code_alone_gives_neither_locker_nor_list_nor_device() {
    let running = Running::start().await;
    Device::first(&running, PHONE).await;
    let (request, terms) = Device::asks(&running, PHONE).await;
    let list = format!("{}?after=0", path::REGISTRATION_LIST);
    assert_eq!(request.get(&list).await.code(), ErrorCode::WrongState);
    let joining = Joining::first(&running, terms.place.user);
    assert_eq!(
        request.finish(joining.append).await.code(),
        ErrorCode::WrongState
    );
    let status = request.status().await;
    let locker = status.proven.unwrap().locker.unwrap();
    assert_eq!((status.state, locker.tries_left), (State::Pending, 5));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn five_wrong_passwords_end_a_request_and_ten_the_locker() {
    let running = Running::start().await;
    let device = Device::first(&running, PHONE).await;
    let (request, terms) = Device::asks(&running, PHONE).await;
    let mut moved = terms;
    moved.version = 2;
    assert_eq!(
        request.open(&moved, "wrong").await.code(),
        ErrorCode::LockerMoved
    );
    // The first, its repetition that is no try, and the others.
    let draft = request.open_draft(&terms, "wrong");
    let first = request.send(&draft).await;
    assert_eq!(first.refusal().tries_left, Some(4));
    assert_eq!(request.send(&draft.again(&running)).await.body, first.body);
    for left in [3, 2, 1, 0] {
        let refused = request.open(&terms, "wrong").await.refusal();
        assert_eq!(
            (refused.code, refused.tries_left),
            (ErrorCode::WrongPassword, Some(left))
        );
    }
    // Also the right one, now.
    assert_eq!(
        request.open(&terms, PASSWORD).await.code(),
        ErrorCode::TriesUsed
    );

    // Another request waits until 24 hours after the fifth.
    let (second, terms) = Device::asks(&running, PHONE).await;
    let refused = second.open(&terms, PASSWORD).await.refusal();
    assert_eq!(refused.code, ErrorCode::LockerWaits);
    assert_eq!(refused.retry_after, Some(24 * 3600 - 1200));
    let locker = second.status().await.proven.unwrap().locker.unwrap();
    assert_eq!(locker.opens_at, Some(running.now() + 24 * 3600 - 1200));
    assert_eq!(locker.tries_left, 5);
    running.clock.advance(24 * 3600 - 2400);
    let (third, terms) = Device::asks(&running, PHONE).await;
    assert_eq!(terms.version, 1);
    for left in [4, 3, 2, 1, 0] {
        assert_eq!(
            third.open(&terms, "wrong").await.refusal().tries_left,
            Some(left)
        );
    }
    running.clock.advance(48 * 3600);
    let (fourth, terms) = Device::asks(&running, PHONE).await;
    assert_eq!(
        fourth.open(&terms, PASSWORD).await.code(),
        ErrorCode::LockerLocked
    );
    // A device is not kept out, and the operator can let ten more in.
    assert_eq!(device.get(path::LOCKER).await.status, 200);
    running.storage.unlock_locker(device.user).await.unwrap();
    let opened = fourth.open(&terms, PASSWORD).await;
    assert_eq!(opened.status, 200);
    fourth.opened(&terms, &opened);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_fifty_wrong_passwords_at_once_five_are_looked_at() {
    let running = Running::start().await;
    Device::first(&running, PHONE).await;
    let (request, terms) = Device::asks(&running, PHONE).await;
    let request = Arc::new(request);
    let tries: Vec<_> = (0..50)
        .map(|_| {
            let request = Arc::clone(&request);
            tokio::spawn(async move { request.open(&terms, "wrong").await.code() })
        })
        .collect();
    let mut looked_at = 0;
    for one in tries {
        match one.await.unwrap() {
            ErrorCode::WrongPassword => looked_at += 1,
            other => assert_eq!(other, ErrorCode::TriesUsed),
        }
    }
    assert_eq!(looked_at, 5);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn right_passwords_use_no_try_up() {
    let running = Running::start().await;
    Device::first(&running, PHONE).await;
    let (request, terms) = Device::asks(&running, PHONE).await;
    for _ in 0..4 {
        request.open(&terms, "wrong").await.refusal();
    }
    // The fifth try at the version is right: nothing waits, and it may be opened again.
    for _ in 0..7 {
        let reply = request.open(&terms, PASSWORD).await;
        request.opened(&terms, &reply);
    }
    let status = request.status().await;
    let locker = status.proven.unwrap().locker.unwrap();
    assert_eq!(
        (status.state, locker.tries_left, locker.opens_at),
        (State::Proven, 1, None)
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restore_may_remove_the_lost_device_in_the_same_step() {
    let running = Running::start().await;
    let mut lost = Device::first(&running, PHONE).await;
    lost.write(1, 0, "kept").await;
    let (request, terms) = Device::asks(&running, PHONE).await;
    let opened = request.opened(&terms, &request.open(&terms, PASSWORD).await);
    let list = request_list(&request).await;
    let joining = Joining::restore(&running, &terms, &opened, &list);
    let joining = joining.removing(&running, &[(lost.id(), lost.chain)]);
    let reply = request.finish(copy(&joining.append)).await;
    let device = joining.joined(&running, &reply);
    assert_eq!(
        lost.get(path::STATUS).await.code(),
        ErrorCode::DeviceRemoved
    );
    assert_eq!(device.list.epoch().number, 2);
    assert_eq!(device.list.active().count(), 1);
    // The locker is a new one, and the next device restores from it.
    let third = Device::restored(&running, PHONE).await;
    assert_eq!(third.list.locker().version, 2);
    third.epoch_keys();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_list_that_moved_on_takes_nothing_that_was_made_before() {
    let running = Running::start().await;
    let mut device = Device::first(&running, PHONE).await;
    let (request, terms) = Device::asks(&running, PHONE).await;
    let opened = request.opened(&terms, &request.open(&terms, PASSWORD).await);
    let list = request_list(&request).await;
    let joining = Joining::restore(&running, &terms, &opened, &list);
    let (late, _) = device.removal(&[], PASSWORD);
    // A password change on the device comes between.
    device.remove(&[]).await;
    assert_eq!(
        request.finish(copy(&joining.append)).await.code(),
        ErrorCode::ListMoved
    );
    assert_eq!(device.append(late).await.code(), ErrorCode::ListMoved);
    let mut headless = copy(&joining.append);
    headless.after = None;
    assert_eq!(request.finish(headless).await.code(), ErrorCode::ListMoved);
    assert_eq!(
        request.open(&terms, PASSWORD).await.code(),
        ErrorCode::LockerMoved
    );
    // With what the status says now, it works.
    let status: RegistrationStatus = request.status().await;
    let terms = Terms::of(&running, &status);
    let opened = request.opened(&terms, &request.open(&terms, PASSWORD).await);
    let joining = Joining::restore(&running, &terms, &opened, &request_list(&request).await);
    let reply = request.finish(copy(&joining.append)).await;
    joining.joined(&running, &reply);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_password_is_set_by_a_device_and_the_old_one_opens_nothing() {
    let running = Running::start().await;
    let mut device = Device::first(&running, PHONE).await;
    let answer: Sealed = device.get(path::LOCKER).await.json();
    let content: LockerContent = unseal(&running, &device.keys, device.user, &answer);
    assert_eq!(content.version, 1);
    let (append, _) = device.removal(&[], "another correct horse");
    let wires: Vec<_> = append.entries.iter().map(|entry| entry.to_wire()).collect();
    let draft = device.append_draft(append);
    let first = device.send(&draft).await;
    assert_eq!(first.status, 200);
    assert_eq!(device.send(&draft.again(&running)).await.body, first.body);
    device.list.extend(&wires).unwrap();

    let (request, terms) = Device::asks(&running, PHONE).await;
    assert_eq!(terms.version, 2);
    assert_eq!(
        request.open(&terms, PASSWORD).await.code(),
        ErrorCode::WrongPassword
    );
    let right = request.open(&terms, "another correct horse").await;
    assert_eq!(right.status, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn entries_of_another_call_or_author_and_weak_lockers_are_refused() {
    let running = Running::start().await;
    let (request, status) = Request::proven(&running, PHONE).await;
    let user = status.proven.unwrap().user;
    let other_user = Joining::first(&running, authr_api::id::UserId([7; 16]));
    assert_eq!(
        request.finish(other_user.append).await.code(),
        ErrorCode::BadEntries
    );
    let joining = Joining::first(&running, user);
    let mut weak = copy(&joining.append);
    weak.locker.as_mut().unwrap().params.memory_kib = 64 * 1024 - 1;
    assert_eq!(request.finish(weak).await.code(), ErrorCode::BadLocker);
    let mut costly = copy(&joining.append);
    costly.locker.as_mut().unwrap().params.memory_kib = 1024 * 1024 + 1;
    assert_eq!(request.finish(costly).await.code(), ErrorCode::BadLocker);
    let mut other_blob = copy(&joining.append);
    other_blob.locker.as_mut().unwrap().blob[0] ^= 1;
    assert_eq!(
        request.finish(other_blob).await.code(),
        ErrorCode::BadLocker
    );
    let mut without = copy(&joining.append);
    without.locker = None;
    assert_eq!(request.finish(without).await.code(), ErrorCode::BadLocker);
    let mut short = copy(&joining.append);
    short.entries.pop();
    assert_eq!(request.finish(short).await.code(), ErrorCode::BadEntries);
    let mut swapped = copy(&joining.append);
    swapped.entries.swap(1, 2);
    assert_eq!(request.finish(swapped).await.code(), ErrorCode::BadEntries);
    let reply = request.finish(copy(&joining.append)).await;
    let mut device = joining.joined(&running, &reply);

    // A device removes itself, another user's, and one that a device adds: later.
    let own = device.removal(&[(device.id(), device.chain)], PASSWORD);
    assert_eq!(device.append(own.0).await.code(), ErrorCode::BadEntries);
    let stranger = Device::first(&running, "+12015550188").await;
    let theirs = device.removal(&[(stranger.id(), ChainHead::EMPTY)], PASSWORD);
    assert_eq!(device.append(theirs.0).await.code(), ErrorCode::BadEntries);
    let mut draft = ListDraft::after(Some(device.list.head()), running.now());
    let policy = Body::Policy {
        restore_wait_hours: 24,
    };
    draft.sign(Author::Device(device.id()), policy, &device.keys.signer);
    let later = Append {
        after: Some(device.list.head()),
        entries: draft.finish(),
        locker: None,
    };
    assert_eq!(device.append(later).await.code(), ErrorCode::NotSupported);
    // What another device signed is not this one's to send.
    let second = Device::restored(&running, PHONE).await;
    device.refresh().await;
    let (append, _) = second.removal(&[], PASSWORD);
    assert_eq!(device.append(append).await.code(), ErrorCode::BadEntries);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_eleventh_device_is_one_too_many() {
    let running = Running::start().await;
    Device::first(&running, PHONE).await;
    for _ in 0..9 {
        // As many messages as a number gets in a day.
        running.clock.advance(4 * 3600);
        Device::restored(&running, PHONE).await;
    }
    running.clock.advance(24 * 3600);
    let (request, terms) = Device::asks(&running, PHONE).await;
    let opened = request.opened(&terms, &request.open(&terms, PASSWORD).await);
    let list = request_list(&request).await;
    let joining = Joining::over_the_limit(&running, &terms, &opened, &list);
    assert_eq!(
        request.finish(joining).await.code(),
        ErrorCode::LimitReached
    );
}

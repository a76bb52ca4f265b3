//! A server that lies is found out, by name, and nothing of what it says is taken in.

use authr_api::bytes::Bytes;
use authr_api::chain::ChainError;
use authr_api::id::Hash;
use authr_api::list::{Head, ListError};
use authr_api::sync::{Feed, FeedContent, ListPage, Status};

use super::wire::Fault;
use super::*;
use crate::app::sync::{Link, Run, connected};

/// Looks at something with the device's own eyes.
fn look<T>(computer: &Computer, look: impl FnOnce(&mut Run<'_, '_>) -> Result<T, Error>) -> T {
    connected(&mut computer.session(), &mut Synced::default(), look).unwrap()
}

fn status(computer: &Computer) -> Status {
    look(computer, |run| Ok(run.status))
}

fn answering(world: &World, request: &'static str, answer: &impl serde::Serialize) {
    let answer = serde_json::to_string(answer).unwrap();
    world.wire.next(request, Fault::Answer(200, answer));
}

fn two_computers() -> (World, Computer, Computer) {
    let world = World::new();
    let laptop = world.register("laptop");
    let phone = world.restore("phone");
    laptop.sync();
    (world, laptop, phone)
}

#[test]
fn a_list_that_goes_back_or_forks_is_named() {
    let (world, laptop, _phone) = two_computers();
    let honest = status(&laptop);
    let with = |sequence: u64, hash: Hash| Status {
        head: Head { sequence, hash },
        ..honest
    };
    answering(
        &world,
        "GET /v1/status",
        &with(honest.head.sequence - 1, honest.head.hash),
    );
    let back = laptop.try_sync();
    assert!(matches!(back, Err(Error::List(ListError::WentBack { .. }))));
    answering(
        &world,
        "GET /v1/status",
        &with(honest.head.sequence, Hash([9; 32])),
    );
    let forked = laptop.try_sync();
    assert!(matches!(forked, Err(Error::List(ListError::Forked { .. }))));
    laptop.sync();
}

#[test]
fn an_entry_that_no_device_signed_is_refused() {
    let (world, laptop, phone) = two_computers();
    let mut session = phone.session();
    let synced = &mut Synced::default();
    let (old, new) = (
        Password::new(PASSWORD),
        Password::new("granite-otter-violin-77"),
    );
    crate::app::password::change(&mut session, synced, Some(&old), &new).unwrap();
    let before = laptop
        .session()
        .content()
        .identity
        .as_ref()
        .unwrap()
        .list
        .len();
    let page = look_at_list(&laptop);
    let mut entries: Vec<Vec<u8>> = page.entries.into_iter().map(Bytes::into_vec).collect();
    let last = entries.last_mut().unwrap();
    let end = last.len() - 1;
    last[end] ^= 1;
    let forged = ListPage {
        head: page.head,
        entries: entries
            .into_iter()
            .map(|it| Bytes::new(it).unwrap())
            .collect(),
    };
    answering(&world, "GET /v1/list", &forged);
    let refused = laptop.try_sync();
    assert!(matches!(
        refused,
        Err(Error::List(ListError::BadSignature { .. }))
    ));
    let after = laptop
        .session()
        .content()
        .identity
        .as_ref()
        .unwrap()
        .list
        .len();
    assert_eq!(before, after);
    laptop.sync();
}

/// The page of new entries, as the server gives it to this device, without taking it in.
fn look_at_list(computer: &Computer) -> ListPage {
    let session = computer.session();
    let link = Link::of(&session).unwrap();
    let known = session.content().identity.as_ref().unwrap().entries().len();
    let known = u64::try_from(known).unwrap();
    link.with_client(|client| Ok(client.list(known)?)).unwrap()
}

fn feed(computer: &Computer) -> Feed {
    let session = computer.session();
    let link = Link::of(&session).unwrap();
    let cursor = session.content().identity.as_ref().unwrap().sync.cursor;
    link.with_client(|client| Ok(client.records(cursor)?))
        .unwrap()
}

#[test]
fn a_record_that_is_left_out_or_changed_is_found_out_and_none_is_taken_in() {
    let (world, laptop, phone) = two_computers();
    phone.add(1);
    phone.add(2);
    phone.sync();
    let honest = feed(&laptop);
    assert_eq!(honest.steps.len(), 2);

    let mut without_first = honest.clone();
    without_first.steps.remove(0);
    answering(&world, "GET /v1/records", &without_first);
    let gap = laptop.try_sync();
    assert!(matches!(gap, Err(Error::Chain(ChainError::Gap { .. }))));

    let mut changed = honest.clone();
    let FeedContent::Record(bytes) = &changed.steps[1].step else {
        panic!("a record")
    };
    let mut bytes = bytes.as_slice().to_vec();
    let middle = bytes.len() - 100;
    bytes[middle] ^= 1;
    let bytes = Bytes::new(bytes).unwrap();
    changed.steps[1].step = FeedContent::Record(bytes);
    answering(&world, "GET /v1/records", &changed);
    let forged = laptop.try_sync();
    assert!(matches!(
        forged,
        Err(Error::Chain(ChainError::BadSignature { .. }))
    ));

    let mut swapped = honest.clone();
    swapped.steps.swap(0, 1);
    answering(&world, "GET /v1/records", &swapped);
    assert!(matches!(laptop.try_sync(), Err(Error::BadAnswer(_))));

    let mut short = honest;
    short.steps.clear();
    answering(&world, "GET /v1/records", &short);
    assert!(matches!(laptop.try_sync(), Err(Error::BadAnswer(_))));

    assert!(laptop.accounts().is_empty());
    assert_eq!(laptop.sync().received.added.len(), 2);
}

#[test]
fn records_that_went_back_are_named() {
    let (world, laptop, _phone) = two_computers();
    laptop.add(1);
    laptop.sync();
    let mut older = status(&laptop);
    older.revision -= 1;
    answering(&world, "GET /v1/status", &older);
    assert!(matches!(laptop.try_sync(), Err(Error::RecordsWentBack)));
}

#[test]
fn a_locker_that_the_list_does_not_name_is_refused() {
    let (world, laptop, phone) = two_computers();
    // The answer of before the removal: an honest one, and an old one.
    let old = look(&laptop, |run| Ok(run.client.locker()?));
    let mut session = phone.session();
    let synced = &mut Synced::default();
    let (was, new) = (
        Password::new(PASSWORD),
        Password::new("granite-otter-violin-77"),
    );
    crate::app::password::change(&mut session, synced, Some(&was), &new).unwrap();
    answering(&world, "GET /v1/locker", &old);
    let changed = crate::app::password::change(&mut laptop.session(), synced, Some(&was), &new);
    assert!(matches!(changed, Err(Error::BadAnswer(_))));
}

//! A run that dies between two steps is gone on with by the next one, and nothing is done twice.

use super::wire::Fault;
use super::*;
use crate::remote::RemoteError;

fn is_unreachable(outcome: Result<Synced, Error>) -> bool {
    matches!(
        outcome,
        Err(Error::Remote(
            RemoteError::Unreachable { .. } | RemoteError::Lost { .. }
        ))
    )
}

#[test]
fn a_push_that_died_before_or_after_the_server_had_it_is_made_once() {
    for fault in [Fault::RequestLost, Fault::AnswerLost] {
        let world = World::new();
        let laptop = world.register("laptop");
        laptop.sync();
        let id = laptop.add(1);
        world.wire.next("POST /v1/records", fault.clone());
        assert!(is_unreachable(laptop.try_sync()), "{fault:?}");
        assert!(laptop.session().content().pending.is_some());
        // The person goes on meanwhile.
        laptop.edit(id, |account| account.set_otp(otp(7)));
        laptop.add(2);
        let synced = laptop.sync();
        assert_eq!(
            synced.sent, 3,
            "the push of before, the edit, the second one"
        );
        assert!(synced.received.conflicts.is_empty());
        assert!(laptop.session().content().pending.is_none());
        let phone = world.restore("phone");
        assert_eq!(phone.accounts(), laptop.accounts());
        assert_eq!(laptop.accounts().len(), 2);
        assert_eq!(laptop.unsent(), 0);
    }
}

#[test]
fn a_push_that_died_and_was_overtaken_is_merged_and_made_anew() {
    for fault in [Fault::RequestLost, Fault::AnswerLost] {
        let world = World::new();
        let laptop = world.register("laptop");
        let id = laptop.add(1);
        laptop.sync();
        let phone = world.restore("phone");
        laptop.edit(id, |account| account.label = Name::new("mine").unwrap());
        world.wire.next("POST /v1/records", fault.clone());
        assert!(is_unreachable(laptop.try_sync()));
        phone.edit(id, |account| account.set_otp(otp(9)));
        phone.sync();
        laptop.sync();
        phone.sync();
        assert_eq!(laptop.accounts(), phone.accounts());
        let secrets: Vec<u16> = phone.accounts().into_iter().map(|(_, it)| it).collect();
        assert_eq!(secrets, [9], "{fault:?}");
    }
}

#[test]
fn what_was_pushed_and_superseded_before_its_answer_came_is_no_gap() {
    let world = World::new();
    let laptop = world.register("laptop");
    let id = laptop.add(1);
    laptop.sync();
    let phone = world.restore("phone");
    for round in 0..3_u16 {
        laptop.edit(id, |account| account.set_otp(otp(10 + round)));
        laptop.sync();
        phone.edit(id, |account| account.pinned = !account.pinned);
        phone.add(100 + round);
        phone.sync();
    }
    laptop.sync();
    phone.sync();
    assert_eq!(laptop.accounts(), phone.accounts());
    let tablet = world.restore("tablet");
    assert_eq!(tablet.accounts(), laptop.accounts());
}

#[test]
fn an_answer_that_cannot_be_read_leaves_the_request_and_the_next_run_makes_it() {
    let world = World::new();
    let laptop = world.register("laptop");
    laptop.add(1);
    let wrong = r#"{"revisions":[]}"#.to_owned();
    world
        .wire
        .next("POST /v1/records", Fault::Answer(200, wrong));
    assert!(matches!(laptop.try_sync(), Err(Error::BadAnswer(_))));
    assert_eq!(laptop.sync().sent, 1);
    assert_eq!(laptop.unsent(), 0);
}

#[test]
fn an_older_copy_of_the_vault_syncs_what_it_missed_and_loses_nothing() {
    let world = World::new();
    let laptop = world.register("laptop");
    laptop.add(1);
    laptop.sync();
    let file = laptop.folder.path().join("vault.authr");
    let older = laptop.folder.path().join("older");
    std::fs::copy(&file, &older).unwrap();
    let id = laptop.add(2);
    laptop.sync();
    laptop.edit(id, |account| account.pinned = true);
    laptop.sync();
    std::fs::rename(older, file).unwrap();
    let (store, password) = (laptop.store(), &laptop.password);
    Session::open(&laptop.context, store, password, Rollback::Accept).unwrap();
    laptop.add(3);
    laptop.sync();
    assert_eq!(laptop.accounts(), labels([1, 2, 3]));
    let phone = world.restore("phone");
    assert_eq!(phone.accounts(), labels([1, 2, 3]));
}

#[test]
fn a_server_that_is_down_changes_nothing_and_is_told() {
    let mut world = World::new();
    let laptop = world.register("laptop");
    laptop.add(1);
    world.server.stop();
    assert!(is_unreachable(laptop.try_sync()));
    world.server.start_again();
    assert_eq!(laptop.sync().sent, 1);
}

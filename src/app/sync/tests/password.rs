//! The backups password is changed in vault and locker, or in neither.

use authr_core::vault::{OpenError, VaultFile};

use super::wire::Fault;
use super::*;
use crate::app::devices;
use crate::app::password::{Changed, change};
use crate::app::sync::Ended;

const NEW: &str = "granite-otter-violin-harbour-77";

fn changed(computer: &Computer, old: &str, new: &str) -> Result<Option<Changed>, Error> {
    let mut session = computer.open_with(old).unwrap();
    let synced = &mut Synced::default();
    let (old, new) = (Password::new(old), Password::new(new));
    change(&mut session, synced, Some(&old), &new)
}

/// Which of the two passwords open the vault.
fn opens(computer: &Computer) -> [bool; 2] {
    [PASSWORD, NEW].map(|password| computer.open_with(password).is_ok())
}

/// Which of the two restore.
fn restores(world: &World) -> [bool; 2] {
    [PASSWORD, NEW].map(|password| {
        let mut computer = Computer::new("new", 0);
        computer.password = Password::new(password);
        let registration = world.begin(&computer, Intent::Restore);
        let proven = registration.prove(&world.code()).unwrap();
        registration
            .open_locker(&proven, &computer.password, None)
            .is_ok()
    })
}

fn sync_with(computer: &Computer, password: &str) -> Result<Synced, Error> {
    let mut synced = Synced::default();
    let mut session = computer.open_with(password).unwrap();
    sync(&mut session, &mut synced).map(|()| synced)
}

#[test]
fn a_new_password_opens_vault_and_locker_and_the_old_one_neither() {
    let world = World::new();
    let laptop = world.register("laptop");
    laptop.add(1);
    laptop.sync();
    assert_eq!(
        changed(&laptop, PASSWORD, NEW).unwrap(),
        Some(Changed::Everywhere)
    );
    assert_eq!(opens(&laptop), [false, true]);
    assert_eq!(restores(&world), [false, true]);
    // Neither does any generation on this machine.
    let generations = laptop.folder.path().join("generations");
    for folder in std::fs::read_dir(generations).unwrap() {
        for file in std::fs::read_dir(folder.unwrap().path()).unwrap() {
            let bytes = std::fs::read(file.unwrap().path()).unwrap();
            let file = VaultFile::parse(&bytes, &CheapKdf).unwrap();
            let opened = file.unlock(&laptop.password, &CheapKdf);
            assert_eq!(opened.err(), Some(OpenError::NoSlotOpened));
        }
    }
    assert!(!sync_with(&laptop, NEW).unwrap().password_changed_elsewhere);
}

#[test]
fn another_device_is_told_at_each_sync_until_it_follows() {
    let world = World::new();
    let laptop = world.register("laptop");
    let phone = world.restore("phone");
    changed(&laptop, PASSWORD, NEW).unwrap();
    for _ in 0..2 {
        assert!(phone.sync().password_changed_elsewhere);
    }
    let neither = changed(&phone, PASSWORD, "neither of the two here");
    assert!(matches!(neither, Err(Error::OtherPassword)));
    assert_eq!(opens(&phone), [true, false]);
    assert_eq!(
        changed(&phone, PASSWORD, NEW).unwrap(),
        Some(Changed::FollowedOthers)
    );
    assert_eq!(opens(&phone), [false, true]);
    assert!(!sync_with(&phone, NEW).unwrap().password_changed_elsewhere);
    assert_eq!(restores(&world), [false, true]);
}

#[test]
fn without_the_server_nothing_is_changed() {
    let world = World::new();
    let laptop = world.register("laptop");
    world.wire.cut();
    assert!(changed(&laptop, PASSWORD, NEW).is_err());
    assert_eq!(opens(&laptop), [true, false]);
    assert!(laptop.session().content().pending.is_none());
}

#[test]
fn a_change_that_died_at_any_step_is_ended_by_the_next_sync() {
    for fault in [Fault::RequestLost, Fault::AnswerLost] {
        for opened_with in [PASSWORD, NEW] {
            let world = World::new();
            let laptop = world.register("laptop");
            laptop.add(1);
            laptop.sync();
            world.wire.next("POST /v1/list", fault.clone());
            assert!(changed(&laptop, PASSWORD, NEW).is_err());
            assert_eq!(
                opens(&laptop),
                [true, true],
                "until the server has answered"
            );
            let synced = sync_with(&laptop, opened_with).unwrap();
            assert_eq!(synced.password_change, Some(Ended::Made));
            assert_eq!(opens(&laptop), [false, true]);
            assert_eq!(restores(&world), [false, true]);
        }
    }
}

#[test]
fn a_change_that_was_overtaken_is_undone_and_the_old_password_stays() {
    let world = World::new();
    let laptop = world.register("laptop");
    let phone = world.restore("phone");
    world.restore("tablet");
    laptop.sync();
    world.wire.next("POST /v1/list", Fault::RequestLost);
    assert!(changed(&laptop, PASSWORD, NEW).is_err());
    // Another device extends the list first.
    let mut session = phone.session();
    let synced = &mut Synced::default();
    let all = devices::list(&mut session, synced).unwrap();
    let lost = devices::find(&all, "tablet").unwrap().id;
    devices::remove(&mut session, synced, &phone.password, &[lost]).unwrap();
    drop(session);
    let refused = sync_with(&laptop, PASSWORD);
    assert_eq!(
        refused.unwrap_err().server_code(),
        Some(authr_api::error::ErrorCode::ListMoved)
    );
    assert_eq!(opens(&laptop), [true, false]);
    assert_eq!(restores(&world), [true, false]);
    laptop.sync();
    assert_eq!(
        changed(&laptop, PASSWORD, NEW).unwrap(),
        Some(Changed::Everywhere)
    );
}

#[test]
fn to_a_removed_device_the_server_has_nothing_to_say() {
    let world = World::new();
    let laptop = world.register("laptop");
    let phone = world.restore("phone");
    let mut session = laptop.session();
    let synced = &mut Synced::default();
    let all = devices::list(&mut session, synced).unwrap();
    let lost = devices::find(&all, "phone").unwrap().id;
    devices::remove(&mut session, synced, &laptop.password, &[lost]).unwrap();
    assert_eq!(changed(&phone, PASSWORD, NEW).unwrap(), None);
    assert_eq!(opens(&phone), [true, false], "nothing was done");
    assert_eq!(restores(&world), [true, false]);
}

#[test]
fn a_vault_that_was_opened_without_its_password_sets_a_new_one_in_both_places() {
    let world = World::new();
    let laptop = world.register("laptop");
    let new = Password::new(NEW);
    let synced = &mut Synced::default();
    // Whether it dies before the server has it or after, the same command again ends it.
    world.wire.next("POST /v1/list", Fault::AnswerLost);
    assert!(change(&mut laptop.session(), synced, None, &new).is_err());
    assert_eq!(opens(&laptop), [true, false]);
    let ended = change(&mut laptop.session(), synced, None, &new).unwrap();
    assert_eq!(ended, Some(Changed::FollowedOthers));
    assert_eq!(opens(&laptop), [false, true]);
    assert_eq!(restores(&world), [false, true]);
    let newest = Password::new("walnut-kettle-orbit-53-plaza");
    let mut session = laptop.open_with(NEW).unwrap();
    let ended = change(&mut session, synced, None, &newest).unwrap();
    assert_eq!(ended, Some(Changed::Everywhere));
    assert_eq!(opens(&laptop), [false, false]);
    assert_eq!(restores(&world), [false, false]);
}

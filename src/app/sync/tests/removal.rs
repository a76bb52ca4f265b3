//! A lost device is removed.

use super::wire::Fault;
use super::*;
use crate::app::devices;
use crate::app::sync::connected;

fn remove(from: &Computer, name: &str) -> Result<Vec<String>, Error> {
    let mut session = from.session();
    let synced = &mut Synced::default();
    let all = devices::list(&mut session, synced)?;
    let lost = devices::find(&all, name)?.id;
    devices::remove(&mut session, synced, &from.password, &[lost])
}

fn names(computer: &Computer) -> Vec<String> {
    let devices = devices::list(&mut computer.session(), &mut Synced::default());
    let devices = devices.unwrap();
    devices.into_iter().map(|device| device.name).collect()
}

#[test]
fn a_removed_device_is_refused_keeps_what_it_has_and_reads_nothing_newer() {
    let world = World::new();
    let laptop = world.register("laptop");
    laptop.add(1);
    laptop.sync();
    let phone = world.restore("phone");
    phone.add(2);
    phone.sync();
    assert_eq!(names(&laptop), ["laptop", "phone"]);
    // What the lost device could read is told, what it pushed last among it.
    assert_eq!(
        remove(&laptop, "phone").unwrap(),
        ["account 1", "account 2"]
    );
    assert_eq!(names(&laptop), ["laptop"]);

    phone.add(3);
    assert!(matches!(phone.try_sync(), Err(Error::DeviceRemoved { .. })));
    assert_eq!(phone.accounts(), labels([1, 2, 3]));
    laptop.add(4);
    assert_eq!(laptop.sync().sent, 1);

    // Records from before and after the removal are readable after a restore.
    let tablet = world.restore("tablet");
    assert_eq!(tablet.accounts(), labels([1, 2, 4]));
    assert_eq!(names(&tablet), ["tablet", "laptop"]);
}

#[test]
fn the_other_devices_are_told_and_go_on_under_the_new_key() {
    let world = World::new();
    let laptop = world.register("laptop");
    let phone = world.restore("phone");
    let tablet = world.restore("tablet");
    laptop.sync();
    remove(&laptop, "phone").unwrap();
    tablet.add(1);
    let synced = tablet.sync();
    assert_eq!(synced.devices_removed, ["phone"]);
    assert!(
        !synced.password_changed_elsewhere,
        "a removal keeps the password"
    );
    assert_eq!(synced.sent, 1);
    laptop.sync();
    assert_eq!(laptop.accounts(), labels([1]));
    assert!(matches!(phone.try_sync(), Err(Error::DeviceRemoved { .. })));
    // It may be registered again.
    world.restore_on(&phone, phone.session());
    phone.sync();
    assert_eq!(phone.accounts(), labels([1]));
}

#[test]
fn a_removal_that_died_at_any_step_is_made_once() {
    for fault in [Fault::RequestLost, Fault::AnswerLost] {
        let world = World::new();
        let laptop = world.register("laptop");
        let phone = world.restore("phone");
        laptop.sync();
        world.wire.next("POST /v1/list", fault);
        assert!(remove(&laptop, "phone").is_err());
        assert!(world.wire.is_quiet());
        laptop.add(1);
        laptop.sync();
        assert_eq!(names(&laptop), ["laptop"]);
        assert!(matches!(phone.try_sync(), Err(Error::DeviceRemoved { .. })));
        assert_eq!(world.restore("tablet").accounts(), labels([1]));
    }
}

#[test]
fn a_device_that_pushed_meanwhile_is_removed_with_its_last_record() {
    let world = World::new();
    let laptop = world.register("laptop");
    let phone = world.restore("phone");
    laptop.sync();
    // Its record is stored between the pull and the removal, which states the last one.
    let mut session = laptop.session();
    let synced = &mut Synced::default();
    let all = devices::list(&mut session, synced).unwrap();
    let lost = devices::find(&all, "phone").unwrap().id;
    let removed = connected(&mut session, synced, |run| {
        run.records()?;
        phone.add(1);
        phone.sync();
        let append = run.removing(&laptop.password, &[lost])?;
        run.append(append, None)
    });
    assert_eq!(
        removed.unwrap_err().server_code(),
        Some(authr_api::error::ErrorCode::ChainMoved)
    );
    drop(session);
    assert_eq!(remove(&laptop, "phone").unwrap(), ["account 1"]);
}

#[test]
fn a_wrong_password_and_this_device_itself_are_refused() {
    let world = World::new();
    let laptop = world.register("laptop");
    world.restore("phone");
    assert!(matches!(remove(&laptop, "laptop"), Err(Error::ThisDevice)));
    let mut session = laptop.session();
    let synced = &mut Synced::default();
    let all = devices::list(&mut session, synced).unwrap();
    let lost = devices::find(&all, "phone").unwrap().id;
    let wrong = Password::new("another password");
    let refused = devices::remove(&mut session, synced, &wrong, &[lost]);
    assert!(matches!(refused, Err(Error::Locker(_))));
    drop(session);
    assert_eq!(names(&laptop).len(), 2);
}

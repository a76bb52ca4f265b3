//! Accounts travel between a person's devices.

use super::*;
use crate::app::natives::NativeChanges;
use crate::app::sync::Received;

#[test]
fn accounts_of_one_device_are_on_the_other_and_edits_go_both_ways() {
    let world = World::new();
    let laptop = world.register("laptop");
    let id = laptop.add(1);
    assert_eq!(laptop.sync().sent, 1);
    let phone = world.restore("phone");
    assert_eq!(phone.accounts(), labels([1]));

    phone.add(2);
    phone.edit(id, |account| account.label = Name::new("renamed").unwrap());
    assert_eq!(phone.sync().sent, 2);
    let synced = laptop.sync();
    assert_eq!(synced.received.added, ["account 2"]);
    assert_eq!(synced.received.changed, ["renamed"]);
    let [added] = synced.devices_added.as_slice() else {
        panic!("one device")
    };
    assert_eq!(added.name, "phone");
    assert_eq!(laptop.accounts(), phone.accounts());

    // And when nothing is new, nothing is told.
    for computer in [&laptop, &phone] {
        let synced = computer.sync();
        assert_eq!((synced.sent, synced.received), (0, Received::default()));
        assert!(synced.devices_added.is_empty());
    }
}

#[test]
fn a_deleted_account_is_in_the_other_devices_trash_and_returns_from_it() {
    let world = World::new();
    let laptop = world.register("laptop");
    let id = laptop.add(1);
    laptop.sync();
    let phone = world.restore("phone");
    phone.edit(id, |account| account.trashed_at = Some(account.changed_at));
    phone.sync();
    assert_eq!(laptop.sync().received.deleted, ["account 1"]);
    assert!(laptop.accounts().is_empty());
    laptop.edit(id, |account| account.trashed_at = None);
    laptop.sync();
    assert_eq!(phone.sync().received.returned, ["account 1"]);
}

#[test]
fn two_secrets_set_at_once_are_two_accounts_on_both() {
    let world = World::new();
    let laptop = world.register("laptop");
    let id = laptop.add(1);
    laptop.sync();
    let phone = world.restore("phone");
    laptop.edit(id, |account| account.set_otp(otp(100)));
    phone.edit(id, |account| account.set_otp(otp(200)));
    laptop.sync();
    let synced = phone.sync();
    assert_eq!(synced.received.conflicts.len(), 1);
    laptop.sync();
    let secrets: Vec<u16> = laptop.accounts().into_iter().map(|(_, it)| it).collect();
    assert!(secrets.contains(&100) && secrets.contains(&200));
    assert_eq!(laptop.accounts(), phone.accounts());
    assert_eq!((laptop.unsent(), phone.unsent()), (0, 0));
}

#[test]
fn more_than_a_page_and_more_than_a_push_arrive_whole() {
    let world = World::new();
    let laptop = world.register("laptop");
    let mut session = laptop.session();
    session
        .edit(|content, planning| {
            for number in 0..600_u16 {
                let id = AccountId([number.to_be_bytes(); 8].concat().try_into().unwrap());
                let label = Name::new(&format!("account {number}")).unwrap();
                let otp = otp(number);
                let account = Account::new(id, Name::default(), label, otp, planning.now.0);
                content.accounts.push(account);
            }
            Ok(())
        })
        .unwrap();
    drop(session);
    assert_eq!(laptop.sync().sent, 600);
    let phone = world.restore("phone");
    assert_eq!(phone.accounts(), labels(0..600));
    assert_eq!(phone.unsent(), 0);
}

#[test]
fn a_vault_that_was_there_before_the_restore_is_merged_without_doubles() {
    let world = World::new();
    let laptop = world.register("laptop");
    laptop.add(1);
    laptop.sync();
    let phone = Computer::new("phone", 0);
    let mut session = phone.create();
    session
        .edit(|content, planning| {
            // The same secret under another id, as after an import on both machines; and one more.
            for (id, number) in [(8, 1), (9, 2)] {
                let label = Name::new(&format!("account {number}")).unwrap();
                let otp = otp(number);
                let id = AccountId([id; 16]);
                let account = Account::new(id, Name::default(), label, otp, planning.now.0);
                content.accounts.push(account);
            }
            Ok(())
        })
        .unwrap();
    world.restore_on(&phone, session);
    assert_eq!(phone.sync().received.doubles, 1);
    laptop.sync();
    assert_eq!(phone.accounts(), labels([1, 2]));
    assert_eq!(laptop.accounts(), labels([1, 2]));
}

#[test]
fn a_site_that_issues_or_ends_an_account_is_told_at_the_next_sync() {
    let world = World::new();
    let key = world.server.application("drchrono");
    let laptop = world.register("laptop");
    assert!(laptop.sync().natives == NativeChanges::default());
    let site = |path: &str, form: &[(&str, &str)]| {
        let url = format!("{}/protected/json/users/{path}", world.server.url());
        let request = ureq::post(url).header("X-Authy-API-Key", &key);
        let mut answer = request.send_form(form.iter().copied()).unwrap();
        let answer = answer.body_mut().read_to_string().unwrap();
        serde_json::from_str::<serde_json::Value>(&answer).unwrap()
    };
    let form = [
        ("user[email]", "ada@example.com"),
        ("user[cellphone]", "2015550123"),
        ("user[country_code]", "1"),
    ];
    let user = site("new", &form)["user"]["id"].to_string();
    assert_eq!(laptop.sync().natives.new, ["drchrono"]);
    assert!(laptop.sync().natives == NativeChanges::default());
    let session = laptop.session();
    let native = session
        .content()
        .listed()
        .find(|account| account.is_native());
    assert_eq!(native.unwrap().issuer.as_str(), "drchrono");
    drop(session);
    // It is this device's alone, and no record.
    assert_eq!((laptop.unsent(), laptop.sync().sent), (0, 0));
    site(&format!("{user}/delete"), &[]);
    assert_eq!(laptop.sync().natives.ended, ["drchrono"]);
    assert!(laptop.session().content().accounts.is_empty());
}

#[test]
fn a_wrong_clock_is_told_and_hinders_nothing() {
    let world = World::new();
    world.register("laptop").sync();
    for off in [-30, 4000] {
        let phone = Computer::new("phone", off);
        world.restore_on(&phone, phone.create());
        phone.add(u16::try_from(off.unsigned_abs()).unwrap());
        let synced = phone.sync();
        assert_eq!(synced.sent, 1);
        assert!((synced.offset + off).abs() <= 2, "{} {off}", synced.offset);
    }
}

#[test]
fn a_vault_without_a_registration_says_so() {
    let computer = Computer::new("laptop", 0);
    let mut session = computer.create();
    let synced = &mut Synced::default();
    assert!(matches!(
        sync(&mut session, synced),
        Err(Error::NotRegistered)
    ));
}

#[test]
fn two_processes_do_not_talk_for_one_device_at_once() {
    let world = World::new();
    let laptop = world.register("laptop");
    let held = laptop.store().lock_for_server().unwrap().unwrap();
    assert!(matches!(laptop.try_sync(), Err(Error::Busy)));
    drop(held);
    laptop.sync();
}

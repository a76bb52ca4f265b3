//! What must always work, and what each step leaves alone.

use super::*;

#[test]
fn a_lost_device_is_replaced_by_phone_and_password_and_its_codes_die() {
    let server = server();
    let site = Site::new(&server);
    let ada = site.create();
    let laptop = Machine::new(&server);
    let listed = laptop.enrol(&server, "register");
    assert!(listed.contains("drchrono"), "{listed}");
    let code = laptop.native_code();
    assert_eq!(
        (site.verify(ada, &code), site.verify(ada, &code)),
        (200, 401)
    );
    laptop.add_github();
    laptop.authr(&["sync"]).succeeded();

    let phone = Machine::new(&server);
    phone.enrol(&server, "restore");
    assert_eq!(
        phone
            .authr(&["code", "GitHub", "--at", AT])
            .succeeded()
            .trim(),
        CODE
    );
    assert_eq!(site.verify(ada, &phone.native_code()), 200);

    let (_, lost) = phone.devices();
    phone
        .authr(&["devices", "remove", &lost.unwrap(), "--yes"])
        .succeeded();
    assert_eq!(
        site.verify(ada, &laptop.native_code()),
        401,
        "a removed device's code"
    );
    let said = laptop.authr(&["sync"]).failed(6);
    assert!(said.contains("removed"), "{said}");
    // What it has, it keeps.
    assert_eq!(
        laptop
            .authr(&["code", "GitHub", "--at", AT])
            .succeeded()
            .trim(),
        CODE
    );
}

#[test]
fn two_devices_codes_of_one_step_are_both_accepted_once_each() {
    let server = server();
    let site = Site::new(&server);
    let ada = site.create();
    let (laptop, phone) = (Machine::new(&server), Machine::new(&server));
    laptop.enrol(&server, "register");
    phone.enrol(&server, "restore");
    let (one, other) = (laptop.native_code(), phone.native_code());
    assert_ne!(one, other);
    assert_eq!(
        (site.verify(ada, &one), site.verify(ada, &other)),
        (200, 200)
    );
    assert_eq!(
        (site.verify(ada, &one), site.verify(ada, &other)),
        (401, 401)
    );
}

#[test]
fn own_accounts_travel_both_ways_and_a_removal_too() {
    let server = server();
    let (laptop, phone) = (Machine::new(&server), Machine::new(&server));
    laptop.enrol(&server, "register");
    laptop.add_github();
    laptop.authr(&["sync"]).succeeded();
    phone.enrol(&server, "restore");
    phone
        .authr(&["rename", "GitHub", "--label", "ada at work"])
        .succeeded();
    phone.authr(&["sync"]).succeeded();
    laptop.authr(&["sync"]).succeeded();
    let listed = laptop.json(&["list"]);
    assert_eq!(listed[0]["label"], "ada at work");
    laptop.authr(&["remove", "GitHub", "--yes"]).succeeded();
    laptop.authr(&["sync"]).succeeded();
    phone.authr(&["sync"]).succeeded();
    assert_eq!(phone.json(&["list"]).as_array().map(Vec::len), Some(0));
}

#[test]
fn an_account_that_a_site_issues_or_ends_shows_at_the_next_sync() {
    let server = server();
    let site = Site::new(&server);
    let laptop = Machine::new(&server);
    laptop.enrol(&server, "register");
    let ada = site.create();
    let said = laptop.authr(&["sync"]);
    assert!(
        format!("{}{}", said.stdout, said.stderr).contains("drchrono"),
        "{said}"
    );
    assert_eq!(site.verify(ada, &laptop.native_code()), 200);
    laptop.add_github();
    site.delete(ada);
    let said = laptop.authr(&["sync"]);
    assert!(
        format!("{}{}", said.stdout, said.stderr).contains("drchrono"),
        "{said}"
    );
    let listed = laptop.json(&["list"]);
    assert_eq!(listed.as_array().map(Vec::len), Some(1));
    assert_eq!(
        listed[0]["issuer"], "GitHub",
        "the person's own account stays"
    );
}

#[test]
fn records_from_before_a_removal_are_readable_after_a_restore() {
    let server = server();
    let (first, second, third) = (
        Machine::new(&server),
        Machine::new(&server),
        Machine::new(&server),
    );
    first.enrol(&server, "register");
    first.add_github();
    first.authr(&["sync"]).succeeded();
    second.enrol(&server, "restore");
    let (_, lost) = second.devices();
    second
        .authr(&["devices", "remove", &lost.unwrap(), "--yes"])
        .succeeded();
    third.enrol(&server, "restore");
    assert_eq!(
        third
            .authr(&["code", "GitHub", "--at", AT])
            .succeeded()
            .trim(),
        CODE
    );
}

#[test]
fn a_password_changed_on_one_device_restores_and_the_old_one_does_not() {
    const NEW: &str = "velvet-compass-otter-plinth-73";
    let server = server();
    let laptop = Machine::new(&server);
    laptop.enrol(&server, "register");
    laptop.add_github();
    laptop.authr(&["sync"]).succeeded();
    let new = laptop.home.file("new", NEW);
    laptop
        .authr(&[
            "password",
            "change",
            "--new-password-file",
            new.to_str().unwrap(),
        ])
        .succeeded();
    laptop.authr(&["list"]).failed(3);
    laptop.program(NEW, &["list"]).run().succeeded();

    let phone = Machine::new(&server);
    let code = phone.start(&server, "restore");
    let said = phone.authr(&["restore", "--finish", &code]).failed(3);
    assert!(said.contains("password"), "{said}");
    let restored = phone
        .program(NEW, &["restore", "--finish", &code])
        .run()
        .succeeded();
    assert!(restored.contains("GitHub"), "{restored}");
}

#[test]
fn a_password_cannot_be_changed_without_the_server_and_nothing_is() {
    let mut server = server();
    let laptop = Machine::new(&server);
    laptop.enrol(&server, "register");
    server.stop();
    let new = laptop.home.file("new", "velvet-compass-otter-plinth-73");
    laptop
        .authr(&[
            "password",
            "change",
            "--new-password-file",
            new.to_str().unwrap(),
        ])
        .failed(6);
    laptop.authr(&["list"]).succeeded();
    server.start_again();
    laptop.authr(&["sync"]).succeeded();
}

#[test]
fn the_other_command_is_named_where_a_number_asks_for_it() {
    let server = server();
    let laptop = Machine::new(&server);
    let code = laptop.start(&server, "restore");
    let said = laptop.authr(&["restore", "--finish", &code]).failed(6);
    assert!(said.contains("authr register +12015550123"), "{said}");
    laptop.enrol(&server, "register");
    let phone = Machine::new(&server);
    let code = phone.start(&server, "register");
    let said = phone.authr(&["register", "--finish", &code]).failed(6);
    assert!(said.contains("authr restore +12015550123"), "{said}");
    assert!(!phone.home.authr().join("vault.authr").exists());
    assert!(!phone.home.authr().join("registration.json").exists());
}

#[test]
fn a_weak_password_does_not_guard_a_locker() {
    let server = server();
    let laptop = Machine::new(&server);
    let code = laptop.start(&server, "register");
    let said = laptop
        .program("password1", &["register", "--finish", &code])
        .run()
        .failed(1);
    assert!(said.contains("weak"), "{said}");
    assert!(!laptop.home.authr().join("vault.authr").exists());
    let listed = laptop.authr(&["register", "--finish", &code]);
    listed.succeeded();
}

#[test]
fn a_vault_is_registered_once() {
    let server = server();
    let laptop = Machine::new(&server);
    laptop.enrol(&server, "register");
    let code = laptop.start(&server, "restore");
    let said = laptop.authr(&["restore", "--finish", &code]).failed(1);
    assert!(
        said.contains("registered for +12015550123 already"),
        "{said}"
    );
}

#[test]
fn restoring_onto_a_machine_with_a_vault_merges_both() {
    let server = server();
    let (laptop, phone) = (Machine::new(&server), Machine::new(&server));
    laptop.enrol(&server, "register");
    laptop.add_github();
    laptop.authr(&["sync"]).succeeded();
    let acme = "otpauth://totp/Acme:bob?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=Acme";
    phone
        .program(PASSWORD, &["add", "-"])
        .stdin(acme)
        .run()
        .succeeded();
    // The same account, added by hand on both, is one account afterwards.
    phone.add_github();
    phone.enrol(&server, "restore");
    let listed = phone.json(&["list"]);
    let names: Vec<_> = listed
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["issuer"].clone())
        .collect();
    assert_eq!(names, ["Acme", "GitHub"]);
    laptop.authr(&["sync"]).succeeded();
    assert_eq!(laptop.json(&["list"]).as_array().map(Vec::len), Some(2));
}

//! The same command once more: after an answer that was lost, too early, with another intent.

use super::proxy::Proxy;
use super::*;

#[test]
fn a_code_that_was_sent_stays_good_when_another_is_asked_for_too_early() {
    let server = TestServer::start();
    let laptop = Machine::new(&server);
    let code = laptop.start(&server, "register");
    let words = [
        "register",
        PHONE,
        "--server",
        &laptop.url,
        "--via",
        "sms",
        "--start",
    ];
    let said = laptop.authr(&words).failed(7);
    assert!(said.contains("still good"), "{said}");
    assert_eq!(server.messages(PHONE).len(), 1);
    laptop.authr(&["register", "--finish", &code]).succeeded();
}

#[test]
fn a_proven_number_needs_no_second_code() {
    let server = server();
    let laptop = Machine::new(&server);
    let code = laptop.start(&server, "register");
    // Proven, and then given up: the password was too weak.
    laptop
        .program("password1", &["register", "--finish", &code])
        .run()
        .failed(1);
    let words = [
        "register",
        PHONE,
        "--server",
        &laptop.url,
        "--via",
        "sms",
        "--start",
    ];
    let said = laptop.authr(&words).failed(7);
    assert!(said.contains("proven before"), "{said}");
    assert_eq!(server.messages(PHONE).len(), 1);
    laptop.authr(&["register", "--finish", &code]).succeeded();
}

#[test]
fn a_restore_after_a_register_that_was_never_answered_is_a_restore() {
    let (proxy, server) = Proxy::start();
    let laptop = Machine::behind(proxy.url());
    laptop.enrol(&server, "register");
    let phone = Machine::behind(proxy.url());
    // Both the request and its repetition.
    proxy.lose("/v1/registrations", 2);
    let words = [
        "register", PHONE, "--server", &phone.url, "--via", "sms", "--start",
    ];
    phone.authr(&words).failed(6);
    // The server sent its message all the same.
    drop(server.code_of_message(PHONE, 2));
    let code = phone.start(&server, "restore");
    phone.authr(&["restore", "--finish", &code]).succeeded();
}

#[test]
fn an_answer_that_is_lost_once_is_no_trouble_and_nothing_happens_twice() {
    let (proxy, server) = Proxy::start();
    let laptop = Machine::behind(proxy.url());
    proxy.lose("/v1/registrations", 1);
    let code = laptop.start(&server, "register");
    assert_eq!(server.messages(PHONE).len(), 1, "one request, one message");
    proxy.lose("/finish", 1);
    laptop.authr(&["register", "--finish", &code]).succeeded();
    laptop.add_github();
    proxy.lose("/v1/records", 1);
    laptop.authr(&["sync"]).succeeded();
    assert_eq!(laptop.devices().1, None);
    let phone = Machine::behind(proxy.url());
    let code = phone.start(&server, "restore");
    // A wrong password is counted once, though it was sent twice.
    proxy.lose("/open", 1);
    let said = phone
        .program(
            "wrong-harbour-quarry-lemon-41",
            &["restore", "--finish", &code],
        )
        .run();
    let said = said.failed(3);
    assert!(said.contains("4 more tries"), "{said}");
    let listed = phone.authr(&["restore", "--finish", &code]).succeeded();
    assert!(listed.contains("GitHub"), "{listed}");
}

#[test]
fn a_removed_device_is_restored_into_the_vault_that_it_has() {
    let server = server();
    let (laptop, phone) = (Machine::new(&server), Machine::new(&server));
    laptop.enrol(&server, "register");
    laptop.add_github();
    laptop.authr(&["sync"]).succeeded();
    phone.enrol(&server, "restore");
    let (_, lost) = phone.devices();
    phone
        .authr(&["devices", "remove", &lost.unwrap(), "--yes"])
        .succeeded();
    laptop.authr(&["sync"]).failed(6);
    // Found again: the same vault becomes a new device.
    laptop.enrol(&server, "restore");
    assert_eq!(laptop.json(&["list"]).as_array().map(Vec::len), Some(1));
    assert!(laptop.devices().1.is_some());
}

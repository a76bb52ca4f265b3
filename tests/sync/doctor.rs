//! What the doctor finds of a server, and what mends it.

use std::ffi::OsString;

use authr::{Context, Terminal};
use authr_testkit::Captured;
use serde_json::Value;

use super::proxy::Proxy;
use super::*;

impl Machine {
    /// What is found, but for what every new vault lacks: names, and commands.
    fn findings(&self, words: &[&str]) -> Vec<(String, String)> {
        self.found(self.json(&[&["doctor"], words].concat()))
    }

    fn found(&self, found: Value) -> Vec<(String, String)> {
        let found = found.as_array().expect("a list").iter();
        let text = |value: &Value| value.as_str().expect("a text").to_owned();
        let found = found.map(|one| (text(&one["finding"]), text(&one["command"])));
        let lacks = ["no-recovery-code", "no-copy", "no-vault"];
        found
            .filter(|(name, _)| !lacks.contains(&&**name))
            .collect()
    }
}

fn one(name: &str, command: &str) -> Vec<(String, String)> {
    vec![(name.to_owned(), command.to_owned())]
}

#[test]
fn a_registration_that_was_begun_is_found_until_it_is_finished() {
    let server = server();
    let laptop = Machine::new(&server);
    let code = laptop.start(&server, "register");
    let name = "unfinished-registration";
    let finish = one(name, "authr register --finish CODE");
    assert_eq!(laptop.findings(&[]), finish);
    // The code dies.
    let path = laptop.home.authr().join("registration.json");
    let alive = std::fs::read(&path).expect("the file of the registration");
    let mut request: Value = serde_json::from_slice(&alive).expect("JSON");
    request["answer"]["expires_at"] = 1.into();
    laptop
        .home
        .file("authr/registration.json", request.to_string());
    assert_eq!(
        laptop.findings(&[]),
        one(name, "authr register +12015550123")
    );
    laptop.home.file("authr/registration.json", alive);
    laptop.authr(&["register", "--finish", &code]).succeeded();
    assert_eq!(laptop.findings(&[]), []);
}

#[test]
fn a_device_whose_registration_was_not_answered_is_found_and_a_sync_finishes_it() {
    let (proxy, server) = Proxy::start();
    let laptop = Machine::behind(proxy.url());
    let code = laptop.start(&server, "register");
    // The request and its repetition.
    proxy.lose("/finish", 2);
    laptop.authr(&["register", "--finish", &code]).failed(6);
    let unanswered = one("unanswered-registration", "authr sync");
    assert_eq!(laptop.findings(&["--online"]), unanswered);
    laptop.authr(&["sync"]).succeeded();
    assert_eq!(laptop.findings(&["--online"]), []);
}

#[test]
fn a_server_is_asked_where_that_is_wanted_alone() {
    let mut server = server();
    let (laptop, phone) = (Machine::new(&server), Machine::new(&server));
    laptop.enrol(&server, "register");
    assert_eq!(laptop.findings(&["--online"]), []);
    server.stop();
    assert_eq!(laptop.findings(&[]), [], "nobody was asked");
    let away = laptop.json(&["doctor", "--online"]);
    let message = away[2]["message"].as_str().expect("a text");
    assert!(message.contains(&server.url()), "{message}");
    assert_eq!(laptop.found(away), one("server-unreachable", "authr sync"));
    server.start_again();
    phone.enrol(&server, "restore");
    let (_, lost) = phone.devices();
    let remove = ["devices", "remove", &lost.expect("the laptop"), "--yes"];
    phone.authr(&remove).succeeded();
    let removed = one("device-removed", "authr restore +12015550123");
    assert_eq!(laptop.findings(&["--online"]), removed);
}

#[test]
fn a_clock_that_is_off_by_more_than_five_seconds_is_found() {
    let server = server();
    let laptop = Machine::new(&server);
    laptop.enrol(&server, "register");
    let doctor = |off: i64| {
        let shown = Captured::default();
        let terminal = Terminal::unattended(80, shown.clone(), Captured::default());
        let mut context = Context::new(terminal, Some(laptop.home.authr()));
        context.clock = Box::new(move || {
            let now = std::time::UNIX_EPOCH.elapsed().expect("a time after 1970");
            now.as_secs().saturating_add_signed(off)
        });
        let password = laptop.home.path().join("password");
        let words = ["authr", "doctor", "--online", "--json", "--password-file"];
        let words = words.iter().map(OsString::from).chain([password.into()]);
        assert_eq!(authr::run(words, &context), 0);
        let found: Value = serde_json::from_str(&shown.take()).expect("JSON");
        let message = found[2]["message"].as_str().unwrap_or_default().to_owned();
        (laptop.found(found), message)
    };
    for off in [0, 3, -3] {
        assert_eq!(doctor(off).0, [], "{off}");
    }
    for (off, told) in [(90, "s ahead of"), (-90, "s behind"), (4000, "s ahead of")] {
        let (found, message) = doctor(off);
        assert_eq!(found[0].0, "clock", "{off}");
        assert!(found[0].1.starts_with("sudo "), "{found:?}");
        assert!(message.contains(told), "{message}");
    }
}

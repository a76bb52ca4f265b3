//! Twilio's own client for the Authy API, version 2.2.6, is the site.

use std::process::Command;

use serde_json::Value;

use super::*;

struct Sdk<'a> {
    server: &'a TestServer,
    key: String,
}

impl Sdk<'_> {
    fn call(&self, words: &[&str]) -> Value {
        #[expect(
            clippy::disallowed_methods,
            reason = "tests/run says where the client is installed"
        )]
        let python = std::env::var_os("AUTHR_TEST_PYTHON");
        let python =
            python.expect("AUTHR_TEST_PYTHON names a Python with the client: run tests/run");
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/sync/site.py");
        let ran = Command::new(python)
            .arg(script)
            .args([&self.server.url(), &self.key])
            .args(words)
            .output()
            .expect("Python starts");
        let told = String::from_utf8(ran.stdout).expect("text");
        serde_json::from_str(&told)
            .unwrap_or_else(|_| panic!("{words:?}: {}", String::from_utf8_lossy(&ran.stderr)))
    }
}

#[test]
fn the_sdk_of_twilio_is_served_unchanged() {
    let server = server();
    let site = Sdk {
        key: server.application("drchrono"),
        server: &server,
    };
    let made = site.call(&["create", "ada@example.com", "201-555-0123", "1"]);
    assert_eq!(made["ok"], true, "{made}");
    let ada = made["id"].as_u64().expect("an id").to_string();
    let status = |registered: bool| {
        let status = site.call(&["status", &ada]);
        assert_eq!(status["ok"], true, "{status}");
        assert_eq!(
            status["content"]["status"]["registered"], registered,
            "{status}"
        );
    };
    status(false);

    let laptop = Machine::new(&server);
    laptop.enrol(&server, "register");
    laptop.add_github();
    laptop.authr(&["sync"]).succeeded();
    status(true);

    let verify = |code: &str| site.call(&["verify", &ada, code])["ok"] == true;
    let code = laptop.native_code();
    assert!(verify(&code), "what authr code printed");
    assert!(!verify(&code), "a second time");
    let wrong = if code == "0000000" {
        "1111111"
    } else {
        "0000000"
    };
    assert!(!verify(wrong), "a wrong one");

    let before = server.messages(PHONE).len();
    let sms = site.call(&["sms", &ada]);
    assert_eq!(
        (&sms["ok"], &sms["ignored"]),
        (&Value::Bool(true), &Value::Bool(false)),
        "{sms}"
    );
    let token = server.code_of_message(PHONE, before + 1);
    assert!(verify(&token), "the token of the message");
    assert!(!verify(&token), "a second time");

    assert_eq!(site.call(&["delete", &ada])["ok"], true);
    laptop.authr(&["sync"]).succeeded();
    let listed = laptop.json(&["list"]);
    assert_eq!(listed.as_array().map(Vec::len), Some(1));
    assert_eq!(
        listed[0]["issuer"], "GitHub",
        "the person's own account is still there"
    );
    assert_eq!(
        laptop
            .authr(&["code", "GitHub", "--at", AT])
            .succeeded()
            .trim(),
        CODE
    );
}

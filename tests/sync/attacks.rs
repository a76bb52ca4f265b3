//! A server, or somebody in its place, that lies to a device: nothing of it is taken in, and the person is told.

use authr_api::answer::LockerContent;
use authr_api::id::{Hash, ServerId, UserId};
use authr_api::locker::{LockerKeys, Place};
use authr_api::sealed::{Route, Sealed};
use authr_crypto::kdf::Argon2id;
use authr_crypto::random::OsRandom;
use authr_crypto::seal::{Opener, SealingKey};
use authr_crypto::secret::{Password, SealingSecret};
use data_encoding::{BASE64URL_NOPAD, HEXLOWER};

use super::proxy::Proxy;
use super::*;

/// A laptop with an own account, and another machine that was sent the code to restore it.
fn stage() -> (Proxy, TestServer, Machine, Machine, String) {
    let (proxy, server) = Proxy::start();
    let laptop = Machine::behind(proxy.url());
    laptop.enrol(&server, "register");
    laptop.add_github();
    laptop.authr(&["sync"]).succeeded();
    let phone = Machine::behind(proxy.url());
    let code = phone.start(&server, "restore");
    (proxy, server, laptop, phone, code)
}

/// The restoring machine refuses, says so, and has no vault; the truth then restores.
fn refused(proxy: &Proxy, phone: &Machine, code: &str, exit: i32, says: &str) {
    let said = phone.authr(&["restore", "--finish", code]).failed(exit);
    assert!(said.contains(says), "{said}");
    assert!(!phone.home.authr().join("vault.authr").exists(), "{said}");
    proxy.rewrite(|_, body| body);
    let listed = phone.authr(&["restore", "--finish", code]).succeeded();
    assert!(listed.contains("GitHub"), "{listed}");
}

/// What it takes to forge the locker's answer to a restoring machine, for one who knows the password.
struct Forger {
    place: Place,
    request: Opener,
}

impl Forger {
    /// Reads the request's file, as nobody but its owner could, and the user from the vault of the laptop's.
    fn new(phone: &Machine, user: [u8; 16]) -> Self {
        let path = phone.home.authr().join("registration.json");
        let file: serde_json::Value =
            serde_json::from_slice(&std::fs::read(path).expect("a request")).expect("JSON");
        let bytes = |name: &str| -> [u8; 32] {
            let text = file[name].as_str().expect("a text");
            let bytes = HEXLOWER.decode(text.as_bytes()).expect("hexadecimal");
            bytes.try_into().expect("32 bytes")
        };
        Self {
            place: Place {
                server: ServerId::of(&SealingKey(bytes("server_key"))),
                user: UserId(user),
            },
            request: Opener::new(&SealingSecret::new(&bytes("sealing"))),
        }
    }

    fn reseal(&self, answer: &mut serde_json::Value, forge: impl Fn(&mut LockerContent, &Place)) {
        let recipient = self.request.sealing_key();
        let route = Route::ToDevice {
            server: &self.place.server,
            user: &self.place.user,
            recipient: &recipient,
        };
        let sealed: Sealed = serde_json::from_value(answer.clone()).expect("a sealed answer");
        let mut content = sealed.open(&self.request, &route).expect("it opens");
        forge(&mut content, &self.place);
        let sealed = Sealed::seal(&content, &recipient, &route, &OsRandom).expect("it seals");
        *answer = serde_json::to_value(sealed).expect("JSON");
    }
}

#[test]
fn a_wrong_share_of_the_locker_is_not_called_a_wrong_password() {
    let (proxy, _server, laptop, phone, code) = stage();
    let forger = Forger::new(&phone, secrecy::user(&laptop));
    proxy.rewrite_json("/open", move |answer| {
        forger.reseal(answer, |content, _| content.share[0] ^= 1);
    });
    refused(&proxy, &phone, &code, 6, "share of the locker is wrong");
}

#[test]
fn a_locker_with_another_restore_key_is_refused() {
    let (proxy, _server, laptop, phone, code) = stage();
    let forger = Forger::new(&phone, secrecy::user(&laptop));
    proxy.rewrite_json("/open", move |answer| {
        forger.reseal(answer, |content, place| {
            // The same content, wrapped anew under the right password: the list names another locker.
            let password = Password::new(PASSWORD);
            let keys = |salt| {
                LockerKeys::derive(&Argon2id, &password, *place, salt, content.params, None)
                    .expect("keys")
            };
            let opened = keys(content.salt).open(content).expect("it opens");
            let (set, _) = keys(content.salt).wrap(content.version, &opened.contents, &OsRandom);
            content.share = set.share;
            content.blob = set.blob;
        });
    });
    refused(&proxy, &phone, &code, 6, "do not belong together");
}

#[test]
fn a_weaker_derivation_is_refused_before_the_password_is_used() {
    let (proxy, _server, _laptop, phone, code) = stage();
    proxy.rewrite_json("/prove", |answer| {
        answer["proven"]["locker"]["memory_kib"] = 1024.into();
    });
    refused(&proxy, &phone, &code, 6, "weaker password derivation");
    let asked = String::from_utf8_lossy(&proxy.seen())
        .matches("/open HTTP")
        .count();
    assert_eq!(asked, 1, "the locker was asked for the truth alone");
}

#[test]
fn an_older_list_shown_to_a_restoring_device_is_refused() {
    let (proxy, _server, laptop, phone, code) = stage();
    // A second locker makes the list longer than what is shown.
    let new = laptop.home.file("new", PASSWORD);
    let other = laptop.home.file("other", "velvet-compass-otter-plinth-73");
    for (old, new) in [(PASSWORD, &other), ("velvet-compass-otter-plinth-73", &new)] {
        let words = [
            "password",
            "change",
            "--new-password-file",
            new.to_str().unwrap(),
        ];
        laptop.program(old, &words).run().succeeded();
    }
    proxy.rewrite_json("/list", |page| {
        let entries = page["entries"].as_array_mut().expect("entries");
        entries.truncate(3);
        let last = entries
            .last()
            .and_then(|entry| entry.as_str())
            .expect("an entry");
        let wire = BASE64URL_NOPAD.decode(last.as_bytes()).expect("Base64");
        let hash = Hash::of(&wire[..wire.len() - 64]);
        page["head"] = serde_json::json!({ "sequence": 3, "hash": hash.to_string() });
    });
    refused(&proxy, &phone, &code, 6, "do not belong together");
}

#[test]
fn a_forged_list_shown_to_a_restoring_device_is_refused() {
    let (proxy, _server, _laptop, phone, code) = stage();
    proxy.rewrite_json("/list", |page| {
        let entries = page["entries"].as_array_mut().expect("entries");
        let first = entries[0].as_str().expect("an entry").to_owned();
        let mut wire = BASE64URL_NOPAD.decode(first.as_bytes()).expect("Base64");
        wire[100] ^= 1;
        entries[0] = BASE64URL_NOPAD.encode(&wire).into();
    });
    refused(&proxy, &phone, &code, 6, "do not belong together");
}

#[test]
fn a_list_that_goes_back_is_told_and_not_taken_in() {
    let (proxy, server, laptop, phone, code) = stage();
    phone.authr(&["restore", "--finish", &code]).succeeded();
    laptop.authr(&["sync"]).succeeded();
    proxy.rewrite_json("/v1/status", |status| {
        status["head"]["sequence"] = 3.into();
    });
    let said = laptop.authr(&["sync"]).failed(6);
    assert!(said.contains("went back"), "{said}");
    proxy.rewrite(|_, body| body);
    laptop.authr(&["sync"]).succeeded();
    drop(server);
}

#[test]
fn a_list_that_forks_is_told_and_not_taken_in() {
    let (proxy, _server, laptop, _phone, _code) = stage();
    proxy.rewrite_json("/v1/status", |status| {
        status["head"]["hash"] = Hash([7; 32]).to_string().into();
    });
    let said = laptop.authr(&["sync"]).failed(6);
    assert!(said.contains("fork"), "{said}");
}

#[test]
fn another_server_in_the_place_of_the_first_learns_no_code_and_no_password() {
    let (proxy, _server, _laptop, phone, code) = stage();
    // Its own key instead of the server's: the code is sealed to the one that was pinned when the request was made.
    proxy.rewrite_json("/v1/server", |info| {
        let key = Opener::new(&SealingSecret::new(&[9; 32])).sealing_key();
        info["sealing_key"] = BASE64URL_NOPAD.encode(&key.0).into();
        info["server"] = ServerId::of(&key).to_string().into();
    });
    let listed = phone.authr(&["restore", "--finish", &code]).succeeded();
    assert!(listed.contains("GitHub"), "{listed}");
}

#[test]
fn a_record_that_is_left_out_or_changed_is_noticed() {
    let (proxy, _server, laptop, phone, code) = stage();
    phone.authr(&["restore", "--finish", &code]).succeeded();
    laptop
        .authr(&["rename", "GitHub", "--label", "renamed"])
        .succeeded();
    laptop.authr(&["sync"]).succeeded();
    proxy.rewrite_json("/v1/records", |feed| {
        let steps = feed["steps"].as_array_mut().expect("steps");
        for step in steps {
            if let Some(record) = step["step"]["record"].as_str() {
                let mut wire = BASE64URL_NOPAD.decode(record.as_bytes()).expect("Base64");
                let last = wire.len() - 70;
                wire[last] ^= 1;
                step["step"]["record"] = BASE64URL_NOPAD.encode(&wire).into();
            }
        }
    });
    phone.authr(&["sync"]).failed(6);
    proxy.rewrite_json("/v1/records", |feed| {
        feed["steps"] = serde_json::json!([]);
    });
    phone.authr(&["sync"]).failed(6);
    proxy.rewrite(|_, body| body);
    phone.authr(&["sync"]).succeeded();
    assert_eq!(phone.json(&["list"])[0]["label"], "renamed");
}

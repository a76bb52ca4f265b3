//! What crosses the wire, recorded without TLS around it.

use authr_testkit::Canary;

use super::proxy::Proxy;
use super::*;

#[test]
fn no_secret_and_no_password_crosses_the_wire() {
    let (proxy, server) = Proxy::start();
    let site = Site::new(&server);
    site.create();
    let laptop = Machine::behind(proxy.url());
    let first = laptop.start(&server, "register");
    laptop.authr(&["register", "--finish", &first]).succeeded();
    laptop.add_github();
    laptop.authr(&["sync"]).succeeded();
    let phone = Machine::behind(proxy.url());
    let second = phone.start(&server, "restore");
    phone.authr(&["restore", "--finish", &second]).succeeded();
    assert_eq!(
        phone
            .authr(&["code", "GitHub", "--at", AT])
            .succeeded()
            .trim(),
        CODE
    );
    let (_, lost) = phone.devices();
    phone
        .authr(&["devices", "remove", &lost.unwrap(), "--yes"])
        .succeeded();

    let seen = proxy.seen();
    let text = String::from_utf8_lossy(&seen);
    for path in [
        "/v1/registrations",
        "/finish",
        "/open",
        "/v1/records",
        "/v1/list",
    ] {
        assert!(text.contains(path), "{path} was recorded");
    }
    Canary::new()
        .secret("the issuer", "GitHub")
        .secret("the secret", "12345678901234567890")
        .secret("the password", PASSWORD)
        .secret("a code of a message", first)
        .secret("another one", second)
        .secret("a native seed", secrecy::native_seed(&laptop))
        .secret("another native seed", secrecy::native_seed(&phone))
        .assert_absent("the wire", &seen);
}

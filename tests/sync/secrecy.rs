//! What the server's files hold after the story.

use std::cell::RefCell;
use std::io::{self, Write};
use std::rc::Rc;

use authr::{Context, Machine as Names, Terminal};
use authr_core::content::Content;
use authr_core::vault::VaultFile;
use authr_crypto::kdf::Argon2id;
use authr_crypto::secret::Password;
use authr_testkit::Canary;

use super::*;

const NAME: &str = "ada-lovelace-laptop";

#[derive(Clone, Default)]
struct Printed(Rc<RefCell<Vec<u8>>>);

impl Write for Printed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Runs a command line in this process, on a machine with a name.
fn named(machine: &Machine, words: &[&str]) -> (u8, String) {
    let password = machine.home.file("password", PASSWORD);
    let mut line: Vec<std::ffi::OsString> = vec!["authr".into(), "--home".into()];
    line.push(machine.home.authr().into());
    line.extend(["--password-file".into(), password.into()]);
    line.extend(words.iter().map(Into::into));
    let printed = Printed::default();
    let terminal = Terminal::unattended(80, printed.clone(), printed.clone());
    let mut context = Context::new(terminal, None);
    context.machine = Names::new(NAME, "CanaryOS");
    let code = authr::run(line, &context);
    let text = String::from_utf8(printed.0.borrow().clone()).expect("text");
    (code, text)
}

/// What the vault of a machine holds.
fn content(machine: &Machine) -> Content {
    let bytes = std::fs::read(machine.home.authr().join("vault.authr")).expect("a vault");
    let vault = VaultFile::parse(&bytes, &Argon2id)
        .and_then(|file| file.unlock(&Password::new(PASSWORD), &Argon2id))
        .and_then(|unlocked| unlocked.open(None))
        .expect("a vault that opens");
    vault.content
}

/// The seed of the site's account on a machine.
pub(crate) fn native_seed(machine: &Machine) -> Vec<u8> {
    let content = content(machine);
    let native = content.accounts.iter().find(|account| account.is_native());
    native
        .expect("a native account")
        .otp
        .secret
        .expose_secret()
        .to_vec()
}

/// The user that a machine is a device of.
pub(crate) fn user(machine: &Machine) -> [u8; 16] {
    content(machine).identity.expect("a device").user
}

#[test]
fn the_server_keeps_nothing_of_a_person_that_can_be_read() {
    let mut server = server();
    let site = Site::new(&server);
    let ada = site.create();
    let laptop = Machine::new(&server);
    let code = laptop.start(&server, "register");
    let (exit, said) = named(&laptop, &["register", "--finish", &code]);
    assert_eq!(exit, 0, "{said}");
    laptop.add_github();
    laptop.authr(&["sync"]).succeeded();
    let phone = Machine::new(&server);
    phone.enrol(&server, "restore");
    // The name is there for those who hold the key.
    let devices = phone.authr(&["devices", "list"]).succeeded();
    assert!(devices.contains(NAME), "{devices}");
    assert_eq!(site.verify(ada, &phone.native_code()), 200);
    let (_, lost) = phone.devices();
    phone
        .authr(&["devices", "remove", &lost.unwrap(), "--yes"])
        .succeeded();
    // An SMS token that is not used yet lies in the database too.
    assert_eq!(
        site.get(&format!("/protected/json/sms/{ada}?force=true")).0,
        200
    );
    let before = server.messages(PHONE).len();
    let token = server.code_of_message(PHONE, before.max(3));
    let key = site.key;
    server.stop();

    let canary = Canary::new()
        .secret("the issuer", "GitHub")
        .secret("the secret", "12345678901234567890")
        .secret("the phone number", "2015550123")
        .secret("the phone number as sent", PHONE)
        .secret("the e-mail address", "ada@example.com")
        .secret("the device's name", NAME)
        .secret("the system", "CanaryOS")
        .secret("the password", PASSWORD)
        .secret("a native seed", native_seed(&laptop))
        .secret("another native seed", native_seed(&phone))
        .secret("a registration code", code)
        .secret("a token", token)
        .secret("the API key", key);
    assert!(canary.assert_absent_under(&server.data()) >= 2);
}

//! The server that a command talks to: for every run a copy of one that was made ready, at the address of that one.

use std::sync::{Mutex, MutexGuard, PoisonError};

use authr_testkit::{Home, Ran, TestServer};
use tempfile::TempDir;

use crate::case::{Files, files, home};
use crate::{AUTHR, PASSWORD};

const PHONE: &str = "+12015550123";
/// One number may register as often as there are points.
const EAGER: &str = "[messages.registration]\ngap_seconds = 0\nan_hour = 50\na_day = 50\nkept_for_new_networks = 2\n";
const MINE: &str = "otpauth://totp/Mine:ada?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Mine";
const THEIRS: &str = "otpauth://totp/Theirs:ada?secret=MFRGGZDFMZTWQ2LK&issuer=Theirs";
/// The site that issues an account.
pub(crate) const SITE: &str = "drchrono";
/// The account that is on the server before this machine knows of it.
pub(crate) const FIRST: &str = "Mine";

/// What a served case starts from.
pub(crate) struct Served {
    /// One case has it at a time.
    server: Mutex<TestServer>,
    kept: TempDir,
    /// The command that a code was asked for.
    asks: Option<&'static str>,
    /// Another device of the person, which sees what came to the server.
    other: Files,
}

/// The server of one run.
pub(crate) struct Running<'a> {
    _server: MutexGuard<'a, TestServer>,
    /// The code of the message, where one was asked for.
    pub(crate) code: Option<String>,
    other: &'a Files,
}

/// Nobody is registered for the number that a site knows; this machine is to be the first.
pub(crate) fn unregistered() -> (Files, Served) {
    let mut server = TestServer::with_settings(EAGER);
    issue(&server);
    let served = Served {
        kept: server.keep(),
        server: Mutex::new(server),
        asks: Some("register"),
        other: Files::new(),
    };
    (files(machine().path(), ""), served)
}

/// There is a first device with an account of the person's; this machine is to be restored.
pub(crate) fn lost() -> (Files, Served) {
    let mut server = TestServer::with_settings(EAGER);
    issue(&server);
    let laptop = machine();
    enrol(&server, &laptop, "register");
    with_password(&laptop, &["add", "-"], MINE).succeeded();
    with_password(&laptop, &["sync"], "").succeeded();
    let served = Served {
        kept: server.keep(),
        server: Mutex::new(server),
        asks: Some("restore"),
        other: Files::new(),
    };
    (files(machine().path(), ""), served)
}

/// Two devices, each with an account that the other one lacks; that of the other one is on the server. A site issued a third.
pub(crate) fn behind() -> (Files, Served) {
    let mut server = TestServer::with_settings(EAGER);
    let (laptop, phone) = (machine(), machine());
    enrol(&server, &laptop, "register");
    enrol(&server, &phone, "restore");
    for home in [&laptop, &phone] {
        home.file(
            "code",
            with_password(home, &["recovery", "new"], "").succeeded(),
        );
    }
    with_code(&laptop, &["sync"], "").succeeded();
    with_code(&phone, &["add", "-"], THEIRS).succeeded();
    with_code(&phone, &["sync"], "").succeeded();
    with_code(&laptop, &["add", "-"], MINE).succeeded();
    issue(&server);
    let served = Served {
        kept: server.keep(),
        server: Mutex::new(server),
        asks: None,
        other: files(phone.path(), ""),
    };
    (files(laptop.path(), ""), served)
}

impl Served {
    /// Starts the server as it was, and asks for a code where the command needs one.
    pub(crate) fn start(&self, home: &Home) -> Running<'_> {
        let mut server = self.server.lock().unwrap_or_else(PoisonError::into_inner);
        server.start_on(&self.kept);
        Running {
            code: self.asks.map(|command| ask(&server, home, command)),
            _server: server,
            other: &self.other,
        }
    }
}

impl Running<'_> {
    /// What the other device sees of the server, by the name of each account.
    pub(crate) fn seen_by_the_other(&self) -> Ran {
        let phone = home(self.other);
        let synced = with_code(&phone, &["sync"], "");
        match synced.code {
            Some(0) => with_code(&phone, &["list", "--json"], ""),
            _ => synced,
        }
    }
}

fn machine() -> Home {
    let home = Home::new();
    home.file("password", PASSWORD);
    home
}

fn enrol(server: &TestServer, home: &Home, command: &str) {
    let code = ask(server, home, command);
    with_password(home, &[command, "--finish", &code], "").succeeded();
}

/// Asks for a code; what the message says.
fn ask(server: &TestServer, home: &Home, command: &str) -> String {
    let before = server.messages(PHONE).len();
    let url = server.url();
    let words = [command, PHONE, "--server", &url, "--via", "sms", "--start"];
    with_password(home, &words, "").failed(7);
    server.code_of_message(PHONE, before + 1)
}

/// A site issues an account to the number.
fn issue(server: &TestServer) {
    let form = [
        ("user[email]", "ada@example.com"),
        ("user[country_code]", "1"),
        ("user[cellphone]", "201-555-0123"),
    ];
    ureq::post(format!("{}/protected/json/users/new", server.url()))
        .header("X-Authy-API-Key", &server.application(SITE))
        .send_form(form)
        .unwrap();
}

fn with_password(home: &Home, words: &[&str], stdin: &str) -> Ran {
    run(home, "--password-file", "password", words, stdin)
}

fn with_code(home: &Home, words: &[&str], stdin: &str) -> Ran {
    run(home, "--recovery-code-file", "code", words, stdin)
}

fn run(home: &Home, option: &str, file: &str, words: &[&str], stdin: &str) -> Ran {
    let program = home.program(AUTHR).args(["--yes", option, file]);
    program.args(words).stdin(stdin).run()
}

//! The whole story from outside: a real server, real processes, real files.

mod again;
mod attacks;
mod clock;
mod doctor;
mod proxy;
mod resume;
mod sdk;
mod secrecy;
mod story;
mod terminals;
mod wire;

use authr_testkit::{Home, Program, Ran, TestServer};

const AUTHR: &str = env!("CARGO_BIN_EXE_authr");
const PASSWORD: &str = "sunlit-harbour-quarry-lemon-41";
const PHONE: &str = "+12015550123";
/// An own account.
const GITHUB: &str =
    "otpauth://totp/GitHub:ada?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=GitHub";
/// A time, and what RFC 6238 appendix B gives for that account then, in six digits.
const AT: &str = "@1111111109";
const CODE: &str = "081804";
/// Settings under which one number may register as often as a test needs it.
const EAGER: &str = "[messages.registration]\ngap_seconds = 0\nan_hour = 50\na_day = 50\nkept_for_new_networks = 2\n";

/// A server that lets a test register as often as it needs.
fn server() -> TestServer {
    TestServer::with_settings(EAGER)
}

/// A machine of Ada's.
struct Machine {
    home: Home,
    url: String,
}

impl Machine {
    fn new(server: &TestServer) -> Self {
        Self::behind(server.url())
    }

    /// A machine that reaches the server at another address.
    fn behind(url: String) -> Self {
        Self {
            home: Home::new(),
            url,
        }
    }

    fn program(&self, password: &str, words: &[&str]) -> Program {
        let password = self.home.file("password", password);
        self.home
            .program(AUTHR)
            .arg("--password-file")
            .arg(password)
            .args(words)
    }

    fn authr(&self, words: &[&str]) -> Ran {
        self.program(PASSWORD, words).run()
    }

    /// Asks for a code; what the message says.
    fn start(&self, server: &TestServer, command: &str) -> String {
        let before = server.messages(PHONE).len();
        let words = [
            command, PHONE, "--server", &self.url, "--via", "sms", "--start",
        ];
        self.authr(&words).failed(7);
        server.code_of_message(PHONE, before + 1)
    }

    /// `register` or `restore`, both steps.
    fn enrol(&self, server: &TestServer, command: &str) -> String {
        let code = self.start(server, command);
        self.authr(&[command, "--finish", &code]).succeeded()
    }

    fn add_github(&self) {
        let added = self.program(PASSWORD, &["add", "-"]).stdin(GITHUB).run();
        added.succeeded();
    }

    /// The present code of the site's account; not one that is about to end.
    fn native_code(&self) -> String {
        loop {
            let shown = self.json(&["code", "drchrono"]);
            if shown["remaining"].as_u64() > Some(2) {
                return shown["code"].as_str().expect("a code").to_owned();
            }
            std::thread::sleep(std::time::Duration::from_secs(1));
        }
    }

    fn json(&self, words: &[&str]) -> serde_json::Value {
        let mut all = vec!["--json"];
        all.extend(words);
        let text = self.authr(&all).succeeded();
        serde_json::from_str(&text).expect("one JSON value")
    }

    /// The id of this device, and of the other one if there is one.
    fn devices(&self) -> (String, Option<String>) {
        let listed = self.json(&["devices", "list"]);
        let listed = listed.as_array().expect("a list");
        let id = |this: bool| {
            listed
                .iter()
                .find(|device| device["this"] == this)
                .map(|device| device["id"].as_str().expect("an id").to_owned())
        };
        (id(true).expect("this device"), id(false))
    }
}

/// A site, as it calls the server.
struct Site<'a> {
    server: &'a TestServer,
    key: String,
    http: ureq::Agent,
}

impl<'a> Site<'a> {
    fn new(server: &'a TestServer) -> Self {
        Self {
            key: server.application("drchrono"),
            http: ureq::Agent::config_builder()
                .http_status_as_error(false)
                .build()
                .new_agent(),
            server,
        }
    }

    fn get(&self, path: &str) -> (u16, String) {
        let answer = self
            .http
            .get(format!("{}{path}", self.server.url()))
            .header("X-Authy-API-Key", &self.key)
            .call();
        let mut answer = answer.expect("an answer");
        let text = answer.body_mut().read_to_string().expect("a text");
        (answer.status().as_u16(), text)
    }

    /// Creates the user of [`PHONE`].
    fn create(&self) -> u64 {
        let form = [
            ("user[email]", "ada@example.com"),
            ("user[country_code]", "1"),
            ("user[cellphone]", "201-555-0123"),
        ];
        let answer = self
            .http
            .post(format!("{}/protected/json/users/new", self.server.url()))
            .header("X-Authy-API-Key", &self.key)
            .send_form(form);
        let mut answer = answer.expect("an answer");
        let text = answer.body_mut().read_to_string().expect("a text");
        let json: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        json["user"]["id"].as_u64().expect("an id")
    }

    fn delete(&self, user: u64) {
        let path = format!("/protected/json/users/{user}/delete");
        let answer = self
            .http
            .post(format!("{}{path}", self.server.url()))
            .header("X-Authy-API-Key", &self.key)
            .send_empty();
        assert_eq!(answer.expect("an answer").status(), 200);
    }

    /// The status with which a code is answered.
    fn verify(&self, user: u64, code: &str) -> u16 {
        self.get(&format!("/protected/json/verify/{code}/{user}")).0
    }
}

//! What the calls of a site and of a device cost, end to end: one client, one connection, SQLite with full durability.
//!
//! `cargo bench --bench calls` prints the table that stands in the README. Times are of this machine; what carries over is
//! how the calls compare.

#![expect(clippy::print_stdout, reason = "a bench prints its table")]
#![expect(clippy::unwrap_used, reason = "what fails here is to end the bench")]

mod device;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use authr_testkit::TestServer;
use device::{Device, Request};

/// Users that each call is made for.
const USERS: usize = 60;
const SETTINGS: &str = "[messages.registration]\ngap_seconds = 0\nan_hour = 50\na_day = 50\nkept_for_new_networks = 2\n";

/// The samples of each call, in the order in which a person meets the calls.
#[derive(Default)]
struct Samples {
    order: Vec<&'static str>,
    times: BTreeMap<&'static str, Vec<Duration>>,
}

impl Samples {
    fn time<T>(&mut self, call: &'static str, work: impl FnOnce() -> T) -> T {
        let begun = Instant::now();
        let done = work();
        let took = begun.elapsed();
        if !self.order.contains(&call) {
            self.order.push(call);
        }
        self.times.entry(call).or_default().push(took);
        done
    }

    fn print(&mut self) {
        println!("| call | median ms | 95 % ms |");
        println!("|---|---|---|");
        // A stable sort: the site's calls, then the device's, each in the order in which they were made.
        self.order.sort_by_key(|call| !call.starts_with("site"));
        for call in &self.order {
            let times = self.times.get_mut(call).unwrap();
            times.sort();
            let at =
                |percent: usize| times[(times.len() - 1) * percent / 100].as_secs_f64() * 1000.0;
            println!("| {call} | {:.2} | {:.2} |", at(50), at(95));
        }
    }
}

/// A site.
struct Site {
    url: String,
    key: String,
    http: ureq::Agent,
}

impl Site {
    fn get(&self, path: &str) -> (u16, String) {
        let request = self.http.get(format!("{}{path}", self.url));
        let mut answer = request.header("X-Authy-API-Key", &self.key).call().unwrap();
        let text = answer.body_mut().read_to_string().unwrap();
        (answer.status().as_u16(), text)
    }

    fn post(&self, path: &str, form: &[(&str, &str)]) -> String {
        let request = self.http.post(format!("{}{path}", self.url));
        let request = request.header("X-Authy-API-Key", &self.key);
        let mut answer = request.send_form(form.iter().copied()).unwrap();
        let text = answer.body_mut().read_to_string().unwrap();
        assert_eq!(answer.status(), 200, "{text}");
        text
    }
}

fn main() {
    let server = TestServer::with_settings(SETTINGS);
    let http = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .build()
        .new_agent();
    let site = Site {
        url: server.url(),
        key: server.application("drchrono"),
        http: http.clone(),
    };
    let mut samples = Samples::default();
    for number in 0..USERS {
        user(number, &server, &site, &http, &mut samples);
    }
    samples.print();
}

fn user(
    number: usize,
    server: &TestServer,
    site: &Site,
    http: &ureq::Agent,
    samples: &mut Samples,
) {
    let cellphone = format!("{}-555-{:04}", 201 + number % 8, 100 + number);
    let phone = format!("+1{}", cellphone.replace('-', ""));
    let form = [
        ("user[email]", "ada@example.com"),
        ("user[country_code]", "1"),
        ("user[cellphone]", &cellphone),
    ];
    let path = "/protected/json/users/new";
    let made = samples.time("site: users/new", || site.post(path, &form));
    let made: serde_json::Value = serde_json::from_str(&made).unwrap();
    let id = made["user"]["id"].as_u64().unwrap();

    let url = server.url();
    let request = samples.time("device: who the server is", || Request::new(&url, http));
    let registration = samples.time("device: ask for a code", || request.ask(&phone));
    let code = server.code_of_message(&phone, 1);
    let proven = samples.time("device: prove the number", || {
        request.prove(&registration, &code)
    });
    let finish = request.finish(&proven);
    let device: Device = samples.time("device: finish the registration", || {
        finish.send(&registration)
    });
    samples.time("device: anything new?", || device.get("/v1/status"));
    samples.time("device: device list", || device.get("/v1/list?after=0"));
    samples.time("device: last seen", || device.get("/v1/devices"));
    samples.time("device: locker", || device.get("/v1/locker"));
    samples.time("device: native accounts", || device.get("/v1/accounts"));
    let one = device.records(1);
    samples.time("device: push 1 record", || device.push(&one));
    let many = device.records(256);
    samples.time("device: push 256 records", || device.push(&many));
    samples.time("device: pull 1 record", || {
        device.get("/v1/records?after=256")
    });
    samples.time("device: pull 128 records", || {
        device.get("/v1/records?after=0")
    });

    let code = device.code();
    let verify = format!("/protected/json/verify/{code}/{id}");
    let right = samples.time("site: verify, right", || site.get(&verify));
    assert_eq!(right.0, 200, "{}", right.1);
    let used = samples.time("site: verify, used up", || site.get(&verify));
    assert_eq!(used.0, 401, "{}", used.1);
    let status = format!("/protected/json/users/{id}/status");
    assert_eq!(
        samples.time("site: users/status", || site.get(&status)).0,
        200
    );
    let sms = format!("/protected/json/sms/{id}?force=true");
    assert_eq!(samples.time("site: sms", || site.get(&sms)).0, 200);
    let delete = format!("/protected/json/users/{id}/delete");
    samples.time("site: users/delete", || site.post(&delete, &[]));
}

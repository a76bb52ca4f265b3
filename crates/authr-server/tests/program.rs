//! The program as an operator runs it.
#![expect(clippy::unwrap_used, reason = "a test says what it expects")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

fn program(arguments: &[&str], data: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_authr-server"));
    command.args(arguments).arg("--data").arg(data);
    command.stdin(Stdio::null());
    command
}

fn run(arguments: &[&str], data: &Path) -> Output {
    program(arguments, data).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn json(output: &Output) -> serde_json::Value {
    assert!(output.status.success(), "{}", text(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

struct Served {
    child: Child,
    id: String,
    address: String,
    log: Arc<Mutex<String>>,
    reader: Option<JoinHandle<()>>,
}

impl Served {
    /// Ends the server as an operator does; answers all that it logged.
    fn stop(mut self) -> String {
        let pid = self.child.id().to_string();
        let killed = Command::new("kill").args(["-TERM", &pid]).status();
        assert!(killed.unwrap().success());
        assert!(self.child.wait().unwrap().success());
        self.reader.take().unwrap().join().unwrap();
        self.log.lock().unwrap().clone()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // A test that failed in between leaves no server behind.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn serve(data: &Path) -> Served {
    let out = data.join("out");
    let gateway = format!("outbox:{}", out.display());
    let mut child = program(
        &["serve", "--listen", "127.0.0.1:0", "--gateway", &gateway],
        data,
    )
    .stderr(Stdio::piped())
    .spawn()
    .unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let mut said = lines.by_ref().map(Result::unwrap);
    let id = said
        .find_map(|line| Some(line.strip_prefix("server id ")?.to_owned()))
        .expect("a line that says who");
    let address = said
        .find_map(|line| Some(line.strip_prefix("listening on http://")?.to_owned()))
        .expect("a line that says where");
    // The pipe is read to its end, so that the server never waits for it.
    let log = Arc::new(Mutex::new(String::new()));
    let reader = std::thread::spawn({
        let log = Arc::clone(&log);
        move || {
            for line in lines {
                let mut log = log.lock().unwrap();
                log.push_str(&line.unwrap());
                log.push('\n');
            }
        }
    });
    Served {
        child,
        id,
        address,
        log,
        reader: Some(reader),
    }
}

fn get(address: &str, path: &str, key: &str) -> String {
    call(address, "GET", path, key, "")
}

const USER: &str = "user[email]=u@example.com&user[cellphone]=2015550123&user[country_code]=1";

fn call(address: &str, method: &str, path: &str, key: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nhost: x\r\nx-authy-api-key: {key}\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn an_application_made_while_the_server_runs_is_known_to_it_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let served = serve(&data);
    let created = json(&run(&["app", "create", "drchrono", "--json"], &data));
    let key = created["api_key"].as_str().unwrap();
    assert_eq!(key.len(), 32);
    assert_eq!(created["name"], "drchrono");
    let path = "/protected/json/users/1/status";
    assert!(get(&served.address, path, key).contains("60026"));
    assert!(get(&served.address, path, &"k".repeat(32)).contains("60001"));

    let listed = json(&run(&["app", "list", "--json"], &data));
    assert_eq!(listed[0]["application"], created["application"]);
    assert!(!listed.to_string().contains(key));
    let taken = run(&["app", "create", "drchrono"], &data);
    assert_eq!(taken.status.code(), Some(1));

    let address = served.address.clone();
    served.stop();
    assert!(TcpStream::connect(address).is_err());
    // A server that ended in order leaves one file and no log of changes.
    assert!(!data.join("authr.db-wal").exists());
    for file in ["authr.db", "root.key"] {
        let mode = std::fs::metadata(data.join(file))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600, "{file}");
    }
}

#[test]
fn the_id_that_is_shown_is_the_one_that_devices_are_told_and_stays() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let served = serve(&data);
    let id = served.id.clone();
    assert_eq!(id.len(), 43);
    let told = get(&served.address, "/v1/server", "");
    assert!(told.contains(&format!(r#""server":"{id}""#)), "{told}");
    served.stop();
    assert_eq!(serve(&data).id, id);
}

#[test]
fn a_user_is_found_unlocked_and_deleted_by_number() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let served = serve(&data);
    let created = json(&run(&["app", "create", "drchrono", "--json"], &data));
    let key = created["api_key"].as_str().unwrap();
    let answer = call(
        &served.address,
        "POST",
        "/protected/json/users/new",
        key,
        USER,
    );
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");

    let phone = "+1 201-555-0123";
    let found = json(&run(&["user", "find", phone, "--json"], &data));
    assert_eq!(found["rows"]["accounts"], 1);
    assert!(run(&["user", "unlock", phone], &data).status.success());
    let locker = run(&["user", "unlock", phone, "--locker"], &data);
    assert!(locker.status.success());
    let unasked = run(&["user", "delete", phone], &data);
    assert_eq!(unasked.status.code(), Some(2));
    json(&run(&["user", "find", phone, "--json"], &data));
    assert!(
        run(&["user", "delete", phone, "--yes"], &data)
            .status
            .success()
    );
    for command in ["find", "unlock", "delete"] {
        assert_eq!(run(&["user", command, phone], &data).status.code(), Some(4));
    }
    assert_eq!(
        run(&["user", "find", "hello"], &data).status.code(),
        Some(2)
    );
}

#[test]
fn what_cannot_serve_safely_does_not_start() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let console = ["serve", "--gateway", "console", "--listen"];
    let fails = |listen: &str, says: &str, code: i32| {
        let arguments: Vec<&str> = console.iter().copied().chain([listen]).collect();
        let output = run(&arguments, &data);
        assert_eq!(output.status.code(), Some(code));
        let said = text(&output.stderr);
        assert!(said.contains(says), "{said}");
    };
    fails("0.0.0.0:0", "--tls-cert", 2);
    fails("8444", "is not an address", 2);

    json(&run(&["app", "create", "one", "--json"], &data));
    let key = data.join("root.key");
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o644)).unwrap();
    fails("127.0.0.1:0", "chmod 600", 1);
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o600)).unwrap();
    let kept = std::fs::read(&key).unwrap();
    std::fs::remove_file(&key).unwrap();
    fails("127.0.0.1:0", "put it back", 1);
    assert!(!key.exists());
    let other = folder.path().join("other");
    json(&run(&["app", "create", "one", "--json"], &other));
    std::fs::copy(other.join("root.key"), &key).unwrap();
    fails("127.0.0.1:0", "is not the root key of this database", 1);
    std::fs::remove_file(&key).unwrap();
    std::fs::rename(other.join("root.key"), folder.path().join("spare")).unwrap();
    let mut file = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(&key)
        .unwrap();
    file.write_all(&kept).unwrap();
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o600)).unwrap();
    json(&run(&["app", "list", "--json"], &data));
}

#[test]
fn a_settings_file_with_an_unknown_key_is_refused_by_its_name() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    json(&run(&["app", "create", "one", "--json"], &data));
    let mut file = std::fs::OpenOptions::new()
        .append(true)
        .create(true)
        .open(data.join("authr-server.toml"))
        .unwrap();
    file.write_all(b"gatway = \"console\"\n").unwrap();
    for command in [&["serve"][..], &["app", "list"]] {
        let output = run(command, &data);
        assert_eq!(output.status.code(), Some(2));
        assert!(text(&output.stderr).contains("gatway"));
    }
}

#[test]
fn the_log_holds_no_number_address_code_id_or_key() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let served = serve(&data);
    let created = json(&run(&["app", "create", "drchrono", "--json"], &data));
    let key = created["api_key"].as_str().unwrap();
    let address = served.address.clone();
    let new = call(&address, "POST", "/protected/json/users/new", key, USER);
    let id: String = new
        .split_once("\"id\":")
        .unwrap()
        .1
        .chars()
        .take_while(char::is_ascii_digit)
        .collect();
    call(
        &address,
        "POST",
        "/protected/json/users/new",
        key,
        "user[email]=canary",
    );
    let path = format!("/protected/json/sms/{id}?force=true&action_message=canary");
    assert!(get(&address, &path, key).contains("SMS token was sent"));
    let code = first_message(&data.join("out"))["body"].as_str().unwrap()[..7].to_owned();
    get(
        &address,
        &format!("/protected/json/verify/canary/{id}"),
        key,
    );
    let verified = get(
        &address,
        &format!("/protected/json/verify/{code}/{id}"),
        key,
    );
    assert!(verified.contains("Token is valid."));
    get(&address, "/canary?api_key=canary", "canary");

    let log = served.stop();
    for expected in [
        "/protected/json/verify/{token}/{id}",
        "message.sent",
        "60020",
    ] {
        assert!(log.contains(expected), "{expected} is not in\n{log}");
    }
    let personal = [
        "5550123",
        "555-0123",
        "example.com",
        "canary",
        &code,
        &id,
        key,
    ];
    for one in personal {
        assert!(!log.contains(one), "{one} is in\n{log}");
    }
}

/// Waits for the first message of the outbox.
fn first_message(outbox: &Path) -> serde_json::Value {
    for _ in 0..1000 {
        let found = std::fs::read_dir(outbox)
            .into_iter()
            .flatten()
            .map(|entry| entry.unwrap().path())
            .find(|path| !path.file_name().unwrap().to_str().unwrap().starts_with('.'));
        if let Some(path) = found {
            return serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
        }
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    panic!("no message came");
}

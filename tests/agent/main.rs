//! The agent from outside: real processes, real sockets, a home of their own.

mod completed;
mod damaged;
mod guarded;
mod locked;
mod meeting;
mod remembered;
mod saving;
mod used;

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;

use authr_testkit::{Home, Program, Ran};

const AUTHR: &str = env!("CARGO_BIN_EXE_authr");
const PASSWORD: &str = "sunlit-harbour-quarry-lemon-41";
/// The secret of both accounts, as it lies in memory.
const SECRET: &str = "12345678901234567890";
const ADA: &str =
    "otpauth://totp/drchrono:ada?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=drchrono";
const BOB: &str =
    "otpauth://hotp/Acme:bob?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Acme&counter=3";

/// A home with two accounts, whose agent ends with the test.
struct Watched(Home);

impl Watched {
    /// Its vault is locked.
    fn locked() -> Self {
        let home = Self(Home::new());
        std::fs::create_dir(home.0.path().join("run")).expect("a folder for the sockets");
        home.0.file("password", PASSWORD);
        for uri in [ADA, BOB] {
            let added = home.with_password(&["add", "-"]).stdin(uri).run();
            assert_eq!(added.succeeded(), "");
        }
        home
    }

    /// Its vault is unlocked.
    fn unlocked() -> Self {
        let home = Self::locked();
        home.unlock();
        home
    }

    fn unlock(&self) {
        let unlock = self.with_password(&["unlock", "--longest", "10m"]).run();
        assert_eq!(unlock.succeeded(), "");
    }

    /// The program, with a folder of its own for its sockets: that of its files is called `authr` too.
    fn program(&self) -> Program {
        let run = self.0.path().join("run");
        self.0.program(AUTHR).env("XDG_RUNTIME_DIR", run)
    }

    /// `authr` that opens the vault itself.
    fn with_password(&self, arguments: &[&str]) -> Program {
        let file = self.0.path().join("password");
        let program = self.program().arg("--password-file").arg(file);
        program.args(arguments)
    }

    /// `authr` that has nobody to ask.
    fn authr(&self, arguments: &[&str]) -> Ran {
        self.program().args(arguments).run()
    }

    fn json(&self, arguments: &[&str]) -> serde_json::Value {
        let ran = self.program().arg("--json").args(arguments).run();
        serde_json::from_str(&ran.succeeded()).expect("--json prints JSON")
    }

    fn is_unlocked(&self) -> bool {
        let status = self.json(&["agent", "status"]);
        status["unlocked"].as_bool().expect("yes or no")
    }

    /// The number of the agent's process.
    fn agent(&self) -> String {
        let status = self.json(&["agent", "status"]);
        status["process"].as_u64().expect("a number").to_string()
    }

    /// The folder of the sockets.
    fn sockets(&self) -> PathBuf {
        self.0.path().join("run").join("authr")
    }

    /// The agent's socket, once one has run.
    fn socket(&self) -> PathBuf {
        let mut entries = std::fs::read_dir(self.sockets()).expect("a folder");
        let lock = entries.find_map(|entry| {
            let path = entry.expect("an entry").path();
            (path.extension()? == "lock").then_some(path)
        });
        lock.expect("a lock of the agent").with_extension("")
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        let _ = self.authr(&["lock"]);
    }
}

/// A question that wants something of the vault, and the reply that it was done.
const USE: u8 = 1;
const DONE: u8 = 1;

/// A message in one frame.
fn frame(body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len()).expect("a short message");
    [&length.to_be_bytes()[..], body].concat()
}

/// A client that says hello as this version does, or as another.
fn hello(socket: &PathBuf, version: &str) -> UnixStream {
    let mut stream = UnixStream::connect(socket).expect("an agent that listens");
    let hello = [b"AUTHRAGT\x01", version.as_bytes()].concat();
    stream
        .write_all(&frame(&hello))
        .expect("an agent that reads");
    stream
}

/// A text in a message: its length, and itself.
fn text(text: &str) -> Vec<u8> {
    let length = u8::try_from(text.len()).expect("a short text");
    [&[length], text.as_bytes()].concat()
}

/// The reply to a question of this version: which kind it is, and its bytes.
fn asked(socket: &PathBuf, question: &[u8]) -> (u8, Vec<u8>) {
    let version = env!("CARGO_PKG_VERSION");
    let mut stream = hello(socket, version);
    stream.write_all(&frame(question)).expect("an agent");
    let answer = rest(stream);
    let greeting = frame(&[b"AUTHRAGT\x01", version.as_bytes()].concat());
    let reply = answer.strip_prefix(&*greeting).expect("a hello first");
    (reply[4], reply[5..].to_vec())
}

/// All that comes until the other side hangs up.
fn rest(mut stream: UnixStream) -> Vec<u8> {
    let mut bytes = Vec::new();
    // One who hangs up on what he did not read resets the connection.
    let _ = stream.read_to_end(&mut bytes);
    bytes
}

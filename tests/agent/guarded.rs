//! What others can have of an agent. As root these look at it as its own user, and as root.

use std::fs::File;
use std::os::unix::fs::{FileExt, chown};
use std::path::{Path, PathBuf};

use authr_testkit::Ran;

use crate::{AUTHR, PASSWORD, SECRET, Watched, frame, rest};

/// A user who is not root.
const NOBODY: u32 = 65534;

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// All memory of a process that can be read.
fn memory(process: &str) -> Vec<Vec<u8>> {
    let maps = std::fs::read_to_string(format!("/proc/{process}/maps"))
        .expect("root looks at any process");
    let memory = File::open(format!("/proc/{process}/mem")).expect("root looks at any process");
    let mut regions = Vec::new();
    for line in maps.lines() {
        let mut words = line.split_whitespace();
        let (Some(range), Some(rights)) = (words.next(), words.next()) else {
            continue;
        };
        // The program and its libraries hold no more than the disk does.
        if !rights.starts_with("rw") {
            continue;
        }
        let (start, end) = range.split_once('-').expect("a range of addresses");
        let number = |text| u64::from_str_radix(text, 16).expect("an address");
        let (start, end) = (number(start), number(end));
        let mut region = vec![0; usize::try_from(end - start).expect("a region that fits")];
        // Parts of a region may have no page.
        for (at, page) in (start..).step_by(4096).zip(region.chunks_mut(4096)) {
            let _ = memory.read_exact_at(page, at);
        }
        regions.push(region);
    }
    regions
}

fn holds(memory: &[Vec<u8>], text: &[u8]) -> bool {
    let mut regions = memory.iter();
    regions.any(|region| region.windows(text.len()).any(|window| window == text))
}

#[test]
fn the_memory_of_an_unlocked_agent_has_no_password() {
    let home = Watched::unlocked();
    home.authr(&["code", "ada"]).succeeded();
    home.authr(&["list", "--codes"]).succeeded();
    let process = home.agent();
    if !is_root() {
        // Nobody but root can look.
        assert!(File::open(format!("/proc/{process}/mem")).is_err());
        return;
    }
    let memory = memory(&process);
    assert!(
        holds(&memory, SECRET.as_bytes()),
        "the scan finds what is there"
    );
    assert!(!holds(&memory, PASSWORD.as_bytes()));
    assert!(!holds(&memory, &PASSWORD.as_bytes()[..12]));
    let wide: Vec<u8> = PASSWORD.bytes().flat_map(|byte| [byte, 0]).collect();
    assert!(!holds(&memory, &wide));
}

#[test]
fn the_key_of_an_agent_is_locked_into_memory_and_no_core_is_written() {
    let home = Watched::unlocked();
    let process = home.agent();
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let locked = status.lines().find(|line| line.starts_with("VmLck:"));
    assert_eq!(locked, Some("VmLck:\t       4 kB"));
    let limits = std::fs::read_to_string(format!("/proc/{process}/limits")).unwrap();
    let core = limits
        .lines()
        .find(|line| line.starts_with("Max core file"));
    let words: Vec<&str> = core.unwrap().split_whitespace().collect();
    assert_eq!(words[4..6], ["0", "0"]);
}

/// A home that belongs to a user who is not root, where root runs the tests; with the program in it, since the folders
/// of root are closed to others.
struct Theirs {
    home: Watched,
    program: PathBuf,
}

impl Theirs {
    fn unlocked() -> Self {
        let home = Watched::locked();
        let program = home.0.path().join("program");
        std::fs::copy(AUTHR, &program).expect("a copy of the program");
        if is_root() {
            give_away(home.0.path());
        }
        let theirs = Self { home, program };
        let password = theirs.home.0.path().join("password");
        let unlock = [
            "--password-file",
            password.to_str().expect("a path in UTF-8"),
            "unlock",
        ];
        theirs.authr(&unlock).succeeded();
        theirs
    }

    fn run(&self, program: &Path, arguments: &[&str]) -> Ran {
        let run = self.home.0.path().join("run");
        let user = NOBODY.to_string();
        let drop = ["--reuid", &user, "--regid", &user, "--clear-groups", "--"];
        let started = if is_root() {
            let setpriv = self.home.0.program("/usr/bin/setpriv");
            setpriv.args(drop).arg(program)
        } else {
            self.home.0.program(program)
        };
        started.env("XDG_RUNTIME_DIR", run).args(arguments).run()
    }

    fn authr(&self, arguments: &[&str]) -> Ran {
        self.run(&self.program, arguments)
    }

    fn agent(&self) -> String {
        let status = self.authr(&["--json", "agent"]).succeeded();
        let status: serde_json::Value = serde_json::from_str(&status).expect("--json prints JSON");
        status["process"]
            .as_u64()
            .expect("a path in UTF-8")
            .to_string()
    }
}

impl Drop for Theirs {
    fn drop(&mut self) {
        let _ = self.authr(&["lock"]);
    }
}

fn give_away(path: &Path) {
    chown(path, Some(NOBODY), Some(NOBODY)).expect("root gives files away");
    if path.is_dir() {
        for entry in std::fs::read_dir(path).expect("a folder that can be read") {
            give_away(&entry.expect("a folder that can be read").path());
        }
    }
}

#[test]
fn other_processes_of_the_same_user_can_neither_read_nor_trace_it() {
    let theirs = Theirs::unlocked();
    let process = theirs.agent();
    let sh = Path::new("/bin/sh");
    // The same user does read another process of his, so that the refusal is the agent's doing.
    let control = "sleep 60 & head -c 1 /proc/$!/environ >/dev/null && kill $!";
    theirs.run(sh, &["-c", control]).succeeded();
    for what in ["mem", "environ", "maps", "fd/0"] {
        let look = format!("head -c 1 /proc/{process}/{what}");
        let ran = theirs.run(sh, &["-c", &look]);
        assert!(ran.stderr.contains("Permission denied"), "{what}: {ran}");
    }
    let tracer = Path::new("/usr/bin/strace");
    if tracer.exists() {
        let ran = theirs.run(tracer, &["-p", &process]);
        assert!(ran.stderr.contains("Operation not permitted"), "{ran}");
    }
    theirs.authr(&["code", "ada"]).succeeded();
}

#[test]
fn another_user_is_hung_up_on_even_where_the_folder_lets_him_in() {
    let theirs = Theirs::unlocked();
    if !is_root() {
        // No other user is at hand: this one is let in.
        theirs.authr(&["code", "ada"]).succeeded();
        return;
    }
    let socket = theirs.home.socket();
    // Root enters any folder.
    let stream = std::os::unix::net::UnixStream::connect(&socket).unwrap();
    let hello = [b"AUTHRAGT\x01", env!("CARGO_PKG_VERSION").as_bytes()].concat();
    let _ = std::io::Write::write_all(&mut &stream, &frame(&hello));
    assert_eq!(rest(stream), b"");
    // Nor does the program of root take theirs for its own.
    let asks = theirs.home.authr(&["code", "ada"]).failed(3);
    assert!(asks.contains("belongs to another user"), "{asks}");
    theirs.authr(&["code", "ada"]).succeeded();
}

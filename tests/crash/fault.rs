//! Where a run can be disturbed, and how.

use std::collections::{HashMap, HashSet};

use crate::case::{Case, State};

/// What happens at a call.
const FAULTS: [&str; 4] = ["signal=KILL", "error=ENOSPC", "error=EIO", "error=EMFILE"];
/// What happens at a call on the network. The client takes every error there for a lost connection: one stands for all.
const NETWORK_FAULTS: [&str; 2] = ["signal=KILL", "error=ECONNRESET"];
/// What is called on sockets alone.
const NETWORK: [&str; 6] = [
    "socket",
    "connect",
    "sendto",
    "recvfrom",
    "setsockopt",
    "getsockopt",
];

/// One call of a run, and what happens to it.
pub(crate) struct Point {
    call: String,
    /// Which call of that name, counted from 1.
    when: usize,
    fault: &'static str,
}

impl Point {
    /// As strace takes it.
    pub(crate) fn injection(&self) -> String {
        let Self { call, when, fault } = self;
        format!("inject={call}:{fault}:when={when}")
    }

    /// Whether it is as if the network were broken.
    pub(crate) fn breaks_the_network(&self) -> bool {
        NETWORK.contains(&self.call.as_str()) && self.fault.starts_with("error")
    }
}

/// Every call on files, descriptors and sockets that an undisturbed run makes from taking the first lock or reaching the server
/// on, with every fault. Each thread is counted for itself, here and by strace: the third write of one and of another
/// are one point, at which both are disturbed.
pub(crate) fn points(case: &Case) -> Vec<Point> {
    let stage = case.prepared();
    let log = stage.home.path().join("calls");
    let traced = "trace=%file,%desc,%network";
    let ran = case.strace(&stage, &["-e", traced, "-o", log.to_str().unwrap()]);
    assert_eq!(ran.code, Some(0), "{}: {ran}", case.name);
    let is_new = matches!(case.state(&stage), State::New);
    assert!(is_new, "{}: nothing was saved", case.name);
    let log = std::fs::read_to_string(log).unwrap();
    let mut counts: HashMap<(&str, &str), usize> = HashMap::new();
    let mut seen = HashSet::new();
    let mut begun = false;
    let mut points = Vec::new();
    for line in log.lines() {
        let Some((process, rest)) = line.split_once(' ') else {
            continue;
        };
        let Some((call, arguments)) = rest.trim_start().split_once('(') else {
            continue; // how it ended, or a call that is gone on with
        };
        let count = counts.entry((process, call)).or_default();
        *count += 1;
        begun |= call == "openat" && arguments.contains(".lock\"");
        begun |= call == "socket" && arguments.contains("AF_INET");
        if !begun || arguments.contains("MAP_ANONYMOUS") || !seen.insert((call, *count)) {
            continue; // memory is no file
        }
        let faults: &[&str] = match call {
            // The standard library takes no error from close: there is nothing left to do about it.
            "close" => &FAULTS[..1],
            _ if NETWORK.contains(&call) => &NETWORK_FAULTS,
            _ => &FAULTS,
        };
        points.extend(faults.iter().map(|fault| Point {
            call: call.to_owned(),
            when: *count,
            fault,
        }));
    }
    points
}

//! Where a run can be disturbed, and how.

use std::collections::HashMap;

use crate::case::Case;

/// What happens at a call.
const FAULTS: [&str; 4] = ["signal=KILL", "error=ENOSPC", "error=EIO", "error=EMFILE"];

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
}

/// Every call on files and descriptors that an undisturbed run makes from taking the lock on, with every fault.
pub(crate) fn points(case: &Case) -> Vec<Point> {
    let home = case.prepared();
    let log = home.path().join("calls");
    let ran = case.strace(
        &home,
        &["-e", "trace=%file,%desc", "-o", log.to_str().unwrap()],
    );
    assert_eq!(ran.code, Some(0), "{}: {ran}", case.name);
    assert!(case.is_new(&home), "{}: nothing was saved", case.name);
    let log = std::fs::read_to_string(log).unwrap();
    let mut counts: HashMap<(&str, &str), usize> = HashMap::new();
    let mut locked = false;
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
        locked |= call == "openat" && arguments.contains("vault.lock");
        if !locked || arguments.contains("MAP_ANONYMOUS") {
            continue; // memory is no file
        }
        for fault in FAULTS {
            // The standard library takes no error from close: there is nothing left to do about it.
            if call != "close" || fault.starts_with("signal") {
                points.push(Point {
                    call: call.to_owned(),
                    when: *count,
                    fault,
                });
            }
        }
    }
    points
}

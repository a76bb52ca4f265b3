//! Saving, disturbed: the real program is killed, and refused by the system, at each of its calls on files and descriptors
//! from taking the lock on, in every command that saves. Afterwards the vault opens and is the old one or the new one, and
//! the new one where the program had said so.
//!
//! A run tries a tenth of the points, another each day. `AUTHR_CRASH_TURN=all` tries all of them, a number from 0 to 9
//! that tenth.

#![expect(
    clippy::unwrap_used,
    reason = "what the test made itself is as it made it"
)]

mod case;
mod fault;
mod together;

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use crate::case::{Case, State, cases};
use crate::fault::{Point, points};

const AUTHR: &str = env!("CARGO_BIN_EXE_authr");
const PASSWORD: &str = "sunlit-harbour-quarry-lemon-41";
const NEW_PASSWORD: &str = "granite-lagoon-orchid-77";
/// How many points there are in all, at least.
const AT_LEAST: usize = 500;
const TURNS: usize = 10;
const WORKERS: usize = 2;

/// Which points a run tries; none: all of them.
fn turn() -> Option<usize> {
    #[expect(
        clippy::disallowed_methods,
        reason = "a person repeats the turn that failed"
    )]
    let said = std::env::var("AUTHR_CRASH_TURN");
    match said.as_deref() {
        Ok("all") => None,
        Ok(number) => Some(number.parse().expect("a number from 0 to 9, or all")),
        Err(_) => {
            #[expect(
                clippy::disallowed_methods,
                reason = "which tenth is tried does not matter"
            )]
            let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
            let days = usize::try_from(now.as_secs() / 86_400).unwrap();
            Some(days % TURNS)
        }
    }
}

#[test]
fn a_save_disturbed_at_any_call_leaves_the_old_vault_or_the_new_one() {
    let cases = cases();
    let all: Vec<(&Case, Point)> = cases
        .iter()
        .flat_map(|case| points(case).into_iter().map(move |point| (case, point)))
        .collect();
    assert!(all.len() >= AT_LEAST, "only {} points", all.len());
    for case in &cases {
        let count = all.iter().filter(|(of, _)| of.name == case.name).count();
        assert!(count > 20, "{}: only {count} points", case.name);
    }
    let turn = turn();
    let chosen: Vec<_> = (all.iter().enumerate())
        .filter(|(at, _)| turn.is_none_or(|turn| at % TURNS == turn))
        .map(|(_, point)| point)
        .collect();
    let (next, failures) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(|| {
                while let Some((case, point)) = chosen.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if let Err(failure) = attempt(case, point) {
                        failures.lock().unwrap().push(failure);
                    }
                }
            });
        }
    });
    let failures = failures.into_inner().unwrap();
    let turn = turn.map_or("all".to_owned(), |turn| turn.to_string());
    println!(
        "turn {turn}: {} of {} points tried, {} failures",
        chosen.len(),
        all.len(),
        failures.len()
    );
    assert!(failures.is_empty(), "\n{}\n", failures.join("\n"));
}

/// Disturbs one run at one point, and looks at what is left.
fn attempt(case: &Case, point: &Point) -> Result<(), String> {
    let home = case.prepared();
    let ran = case.run_under(&home, &point.injection());
    let failure = |what: &str| {
        Err(format!(
            "{} {}: {what}\n{ran}",
            case.name,
            point.injection()
        ))
    };
    if ran.code == Some(101) || ran.stderr.contains("panicked") {
        return failure("panicked");
    }
    let said_so = ran.code == Some(0);
    match case.state(&home) {
        State::New => Ok(()),
        State::Old if said_so => failure("said to be saved, and is not"),
        State::Old => Ok(()),
        State::Lost(what) => failure(&what),
    }
}

//! Saving, disturbed: the real program is killed, and refused by the system, at each of its calls on files and descriptors
//! from taking the lock on, in every command that saves. Afterwards the vault opens and is the old one or the new one, and
//! the new one where the program had said so.
//!
//! A run tries a tenth of the points, another each day. `AUTHR_CRASH_TURN=all` tries all of them, a number from 0 to 9
//! that tenth. `AUTHR_CRASH_CASE=sync` tries one command alone.
//!
//! What talks to a server is run again after that, and must then end as if it had never been disturbed: at the server too.

#![expect(
    clippy::unwrap_used,
    reason = "what the test made itself is as it made it"
)]

mod case;
mod fault;
mod served;
mod together;

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use authr_testkit::Ran;

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
    match variable("AUTHR_CRASH_TURN").as_deref() {
        Some("all") => None,
        Some(number) => Some(number.parse().expect("a number from 0 to 9, or all")),
        None => {
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

fn variable(name: &str) -> Option<String> {
    #[expect(
        clippy::disallowed_methods,
        reason = "a person repeats the turn that failed"
    )]
    std::env::var(name).ok()
}

#[test]
fn a_save_disturbed_at_any_call_leaves_the_old_vault_or_the_new_one() {
    let mut cases = cases();
    let only = variable("AUTHR_CRASH_CASE");
    cases.retain(|case| only.as_deref().is_none_or(|only| case.name == only));
    assert!(!cases.is_empty(), "no command is called {only:?}");
    let turn = turn();
    let (mut all, mut tried) = (0, 0);
    let mut chosen: Vec<(&Case, Vec<Point>)> = Vec::new();
    for case in &cases {
        let points = points(case);
        assert!(points.len() > 20, "{}: {} points", case.name, points.len());
        all += points.len();
        let points = points.into_iter().enumerate();
        let points = points.filter(|(at, _)| turn.is_none_or(|turn| at % TURNS == turn));
        let points: Vec<Point> = points.map(|(_, point)| point).collect();
        tried += points.len();
        chosen.push((case, points));
    }
    assert!(only.is_some() || all >= AT_LEAST, "only {all} points");
    let (next, failures) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(|| {
                while let Some((case, points)) = chosen.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let begun = Instant::now();
                    for point in points {
                        if let Err(failure) = attempt(case, point) {
                            println!("{failure}");
                            failures.lock().unwrap().push(failure);
                        }
                    }
                    let seconds = begun.elapsed().as_secs();
                    println!("{}: {} points in {seconds} s", case.name, points.len());
                }
            });
        }
    });
    let failures = failures.into_inner().unwrap();
    let turn = turn.map_or("all".to_owned(), |turn| turn.to_string());
    let failed = failures.len();
    println!("turn {turn}: {tried} of {all} points tried, {failed} failures");
    assert!(failures.is_empty(), "\n{}\n", failures.join("\n"));
}

/// Disturbs one run at one point, and looks at what is left; then at what the same command makes of it, where that goes on with
/// what it began.
fn attempt(case: &Case, point: &Point) -> Result<(), String> {
    let stage = case.prepared();
    let ran = case.run_under(&stage, &point.injection());
    let failure = |what: &str, ran: &Ran| {
        let (name, injection) = (case.name, point.injection());
        Err(format!("{name} {injection}: {what}\n{ran}"))
    };
    if ran.code == Some(101) || ran.stderr.contains("panicked") {
        return failure("panicked", &ran);
    }
    if point.breaks_the_network() && !matches!(ran.code, Some(0 | 6)) {
        return failure("not told as what went wrong with the server", &ran);
    }
    // Registered, and told that the sync is still to come.
    let said_so = ran.code == Some(0) && !ran.stderr.contains("not here yet");
    // What is slow to open is opened by the same command again.
    if said_so || !case.is_slow() {
        match case.state(&stage) {
            State::New => {}
            State::Old if said_so => return failure("said to be saved, and is not", &ran),
            State::Old => {}
            State::Lost(what) => return failure(&what, &ran),
        }
    }
    if !case.is_resumed() {
        return Ok(());
    }
    let again = case.undisturbed(&stage);
    let both = |what: &str| failure(&format!("{what}\n{ran}"), &again);
    if again.code != Some(0) {
        return both("the same command again fails");
    }
    match (case.ended(&stage, &again), case.missing_elsewhere(&stage)) {
        (State::New, None) => Ok(()),
        (State::New, Some(what)) => both(&what),
        _ => both("the same command again does not end it"),
    }
}

//! Codes shown as they change.

use std::time::Duration;

use authr_core::account::AccountId;
use authr_otp::UnixSeconds;

use super::Invocation;
use super::add::lifetime;
use super::code::{as_json, counts};
use super::output::{Format, Watched};
use crate::app::codes::ShownCode;
use crate::app::{Error, Session};
use crate::failure::Failure;

/// How often the time is looked at: a second is never shown late by more.
const LOOK: Duration = Duration::from_millis(200);

/// Shows codes until a signal ends the program, or nobody reads any more: in place on a terminal, else a line for each code as it
/// begins.
pub(super) fn run(
    session: &Session<'_>,
    ids: &[AccountId],
    invocation: &Invocation<'_>,
) -> Result<(), Failure> {
    let output = &invocation.output;
    let in_place = output.redraws() && output.format() == Format::Text;
    let mut before: Vec<(Option<UnixSeconds>, Option<u64>)> = Vec::new();
    loop {
        let shown = now(session, ids)?;
        let state = |shown: &ShownCode| (shown.valid_until, shown.remaining);
        let present: Vec<_> = shown.iter().map(state).collect();
        if in_place && present != before {
            let watched: Vec<Watched<'_>> = shown.iter().filter_map(watched).collect();
            output.redraw(&watched, before.is_empty())?;
        } else if !in_place {
            for (at, shown) in shown.iter().enumerate() {
                let was = before.get(at).map(|(valid_until, _)| *valid_until);
                if was != Some(shown.valid_until) {
                    line(shown, ids.len() > 1, invocation)?;
                }
            }
            output.finish()?;
        }
        before = present;
        invocation.context.clock.wait(LOOK);
    }
}

fn now(session: &Session<'_>, ids: &[AccountId]) -> Result<Vec<ShownCode>, Failure> {
    let one = |id: &AccountId| {
        let account = session.content().account(*id).ok_or(Error::Vanished)?;
        let shown = ShownCode::at(account, session.time_of(account));
        match shown.remaining {
            Some(_) => Ok(shown),
            None => Err(counts(&shown.name)),
        }
    };
    ids.iter().map(one).collect()
}

fn watched(shown: &ShownCode) -> Option<Watched<'_>> {
    Some(Watched {
        name: &shown.name,
        code: shown.code.expose_secret(),
        lifetime: lifetime(shown)?,
    })
}

fn line(shown: &ShownCode, named: bool, invocation: &Invocation<'_>) -> Result<(), Failure> {
    let output = &invocation.output;
    match output.format() {
        Format::Json => output.json(&as_json(shown)),
        Format::Text if named => {
            output.line(&format!("{}  {}", shown.code.expose_secret(), shown.name))
        }
        Format::Text => output.line(shown.code.expose_secret()),
    }
}

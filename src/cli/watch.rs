//! Codes shown as they change.

use std::time::Duration;

use authr_core::account::AccountId;
use authr_otp::UnixSeconds;

use super::Invocation;
use super::add::lifetime;
use super::code::as_json;
use super::keeper::Keeper;
use super::output::{Format, Watched};
use crate::app::Error;
use crate::app::card::Codes;
use crate::app::codes::ShownCode;
use crate::failure::Failure;

/// How often the time is looked at: a second is never shown late by more.
const LOOK: Duration = Duration::from_millis(200);

/// Shows codes until a signal ends the program, or nobody reads any more: in place on a terminal, else a line for each code as it
/// begins.
pub(super) fn run(
    keeper: &mut Keeper<'_, '_>,
    names: &[String],
    invocation: &Invocation<'_>,
) -> Result<(), Failure> {
    let found = keeper.find(names, Codes::Hidden)?;
    let ids: Vec<AccountId> = found.iter().map(|card| card.id).collect();
    keeper.remember_use(&ids)?;
    // By their ids from here on: what is renamed meanwhile stays in view.
    let names: Vec<String> = ids.iter().map(ToString::to_string).collect();
    let output = &invocation.output;
    let in_place = output.redraws() && output.format() == Format::Text;
    let mut before: Vec<(Option<UnixSeconds>, Option<u64>)> = Vec::new();
    loop {
        let shown = now(keeper, &names)?;
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

fn now(keeper: &mut Keeper<'_, '_>, names: &[String]) -> Result<Vec<ShownCode>, Failure> {
    let cards = keeper.find(names, Codes::Shown)?.into_iter();
    let codes = cards.map(|card| card.code.ok_or(Error::Counts { name: card.name }));
    Ok(codes.collect::<Result<_, Error>>()?)
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

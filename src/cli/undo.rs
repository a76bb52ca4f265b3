use authr_core::content::BroughtBack;
use clap::Args;
use serde_json::json;

use super::Invocation;
use super::import::accounts;
use super::keeper::Keeper;
use super::output::Format;
use super::restore::told;
use super::when;
use crate::app::damage::{Earlier, damage};
use crate::failure::{Failure, Kind};

/// Undo the last change of the accounts; where the vault is damaged, go back to the generation before
#[derive(Debug, Args)]
pub(super) struct Undo {}

impl Undo {
    pub(super) fn run(&self, invocation: &Invocation<'_>) -> Result<(), Failure> {
        match damage(invocation.context, &invocation.store()?)? {
            Some(damage) if damage.whole_of().is_none() => return Err(damage.error().into()),
            Some(_) => {}
            None => {
                match planned_unasked(invocation) {
                    Ok(Some((keeper, plan))) => return undo(invocation, keeper, &plan),
                    Ok(None) => {}
                    // Agent and keyring have no password that a way back would need.
                    Err(failure) if failure.kind() == Kind::Damaged => {
                        invocation.output.warning(&failure.message());
                    }
                    Err(failure) => return Err(failure),
                }
            }
        }
        match invocation.unlock_or_earlier()? {
            Ok(session) => {
                let mut keeper = invocation.kept_here(session);
                let plan = keeper.plan_undo()?;
                undo(invocation, keeper, &plan)
            }
            Err(earlier) => go_back(invocation, earlier),
        }
    }
}

/// What undoing does, by whoever opens the vault without a question; none where nobody does.
fn planned_unasked<'i, 'a>(
    invocation: &'i Invocation<'a>,
) -> Result<Option<(Keeper<'i, 'a>, BroughtBack)>, Failure> {
    let keeper = match invocation.keeper_by_agent() {
        Some(keeper) => Some(keeper),
        None => {
            let session = invocation.unlock_with_keyring()?;
            session.map(|session| invocation.kept_here(session))
        }
    };
    let Some(mut keeper) = keeper else {
        return Ok(None);
    };
    let plan = keeper.plan_undo()?;
    Ok(Some((keeper, plan)))
}

/// From the last change to what was before it.
fn undo(
    invocation: &Invocation<'_>,
    mut keeper: Keeper<'_, '_>,
    plan: &BroughtBack,
) -> Result<(), Failure> {
    let output = &invocation.output;
    output.note(&told(plan));
    if !invocation.prompt.confirm("Undo the last change?")? {
        return Err(Failure::declined("Nothing was undone."));
    }
    let done = keeper.undo()?;
    if output.format() == Format::Json {
        return output.json(&json!({
            "returned": done.returned, "reverted": done.reverted, "trashed": done.trashed,
        }));
    }
    output.note("Undone; authr undo once more takes it back.");
    Ok(())
}

/// From a damaged vault to the newest generation that opens.
fn go_back(invocation: &Invocation<'_>, earlier: Earlier) -> Result<(), Failure> {
    let output = &invocation.output;
    output.note(&format!(
        "The vault is damaged. Its generation of {} opens, and can take its place; the damaged file stays beside it.",
        when::rfc3339(earlier.saved_at)
    ));
    if !invocation.prompt.confirm("Go back to that generation?")? {
        return Err(Failure::declined("Nothing was undone."));
    }
    let session = earlier.put_in_place(invocation.context, invocation.store()?)?;
    let returned = session.content().listed().count();
    if output.format() == Format::Json {
        return output.json(&json!({ "returned": returned, "reverted": 0, "trashed": 0 }));
    }
    output.note(&format!(
        "The vault opens again, with {}.",
        accounts(returned)
    ));
    Ok(())
}

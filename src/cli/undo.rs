use clap::Args;
use serde_json::json;

use super::Invocation;
use super::import::accounts;
use super::output::Format;
use super::restore::told;
use super::when;
use crate::app::Error;
use crate::app::damage::{Damage, damage};
use crate::failure::Failure;

/// Undo the last change of the accounts; where the vault is damaged, go back to the generation before
#[derive(Debug, Args)]
pub(super) struct Undo {}

impl Undo {
    pub(super) fn run(&self, invocation: &Invocation<'_>) -> Result<(), Failure> {
        let output = &invocation.output;
        let store = invocation.store()?;
        if store.exists()
            && let Some(damage) = damage(invocation.context, &store)?
        {
            return go_back(invocation, damage);
        }
        let mut keeper = invocation.keeper()?;
        output.note(&told(&keeper.plan_undo()?));
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
}

/// From a damaged vault to the newest generation that is whole.
fn go_back(invocation: &Invocation<'_>, damage: Damage) -> Result<(), Failure> {
    let (output, store) = (&invocation.output, invocation.store()?);
    let Some(whole) = damage.whole else {
        let (path, source) = (store.vault_path(), damage.source);
        return Err(Error::Open { path, source }.into());
    };
    output.note(&format!(
        "The vault is damaged. Its generation of {} is whole, and can take its place; the damaged file stays beside it.",
        when::rfc3339(whole.saved_at)
    ));
    if !invocation.prompt.confirm("Go back to that generation?")? {
        return Err(Failure::declined("Nothing was undone."));
    }
    let session = invocation.put_in_place(&whole)?;
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

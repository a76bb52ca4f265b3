use clap::Args;
use serde_json::json;

use super::Invocation;
use super::output::Format;
use super::restore::told;
use crate::failure::Failure;

/// Undo the last change of the accounts
#[derive(Debug, Args)]
pub(super) struct Undo {}

impl Undo {
    pub(super) fn run(&self, invocation: &Invocation<'_>) -> Result<(), Failure> {
        let output = &invocation.output;
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

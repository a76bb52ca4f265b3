use clap::Args;
use serde_json::json;

use super::Invocation;
use super::output::Format;
use super::pin::names;
use crate::app::card::Codes;
use crate::app::edit::Edit;
use crate::failure::Failure;

/// Move accounts to the trash
#[derive(Debug, Args)]
pub(super) struct Remove {
    /// Issuer, label, issuer:label, or the beginning of an id
    #[arg(required = true, value_name = "NAME")]
    names: Vec<String>,
}

impl Remove {
    pub(super) fn run(&self, invocation: &Invocation<'_>) -> Result<(), Failure> {
        let output = &invocation.output;
        let mut keeper = invocation.keeper()?;
        let found = keeper.find(&self.names, Codes::Hidden)?;
        let names = names(&found);
        output.note(&format!(
            "{names} will go to the trash and be gone for good after 30 days."
        ));
        output
            .note("Switch two-factor sign-in off at the site first, or you may lock yourself out.");
        if !invocation.prompt.confirm(&format!("Remove {names}?"))? {
            return Err(Failure::declined("Nothing was removed."));
        }
        let ids = found.iter().map(|card| card.id).collect();
        keeper.edit(Edit::Remove { ids })?;
        if output.format() == Format::Json {
            let ids: Vec<_> = found.iter().map(|card| card.id.to_string()).collect();
            return output.json(&json!({ "removed": ids }));
        }
        output.note(&format!("Removed {names}; authr undo brings it back."));
        Ok(())
    }
}

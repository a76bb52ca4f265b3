use clap::Args;
use serde_json::json;

use super::Invocation;
use super::output::Format;
use crate::app::accounts::find;
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
        let mut session = invocation.unlock()?;
        let (mut ids, mut names) = (Vec::new(), Vec::new());
        for name in &self.names {
            let account = find(session.content(), name)?;
            ids.push(account.id);
            names.push(account.name());
        }
        let names = names.join(", ");
        output.note(&format!(
            "{names} will go to the trash and be gone for good after 30 days."
        ));
        output
            .note("Switch two-factor sign-in off at the site first, or you may lock yourself out.");
        if !invocation.prompt.confirm(&format!("Remove {names}?"))? {
            return Err(Failure::declined("Nothing was removed."));
        }
        session.remove(&ids)?;
        if output.format() == Format::Json {
            let ids: Vec<_> = ids.iter().map(ToString::to_string).collect();
            return output.json(&json!({ "removed": ids }));
        }
        output.note(&format!("Removed {names}; authr undo brings it back."));
        Ok(())
    }
}

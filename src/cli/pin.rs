use clap::Args;

use super::Invocation;
use super::output::Format;
use super::show;
use crate::app::accounts::find;
use crate::failure::Failure;

/// Let accounts stand first in lists
#[derive(Debug, Args)]
pub(super) struct Pin {
    #[command(flatten)]
    accounts: Accounts,
}

/// Let accounts stand where their names put them
#[derive(Debug, Args)]
pub(super) struct Unpin {
    #[command(flatten)]
    accounts: Accounts,
}

#[derive(Debug, Args)]
struct Accounts {
    /// Issuer, label, issuer:label, or the beginning of an id
    #[arg(required = true, value_name = "NAME")]
    names: Vec<String>,
}

impl Pin {
    pub(super) fn run(&self, invocation: &Invocation<'_>) -> Result<(), Failure> {
        self.accounts.set(true, invocation)
    }
}

impl Unpin {
    pub(super) fn run(&self, invocation: &Invocation<'_>) -> Result<(), Failure> {
        self.accounts.set(false, invocation)
    }
}

impl Accounts {
    fn set(&self, pinned: bool, invocation: &Invocation<'_>) -> Result<(), Failure> {
        let mut session = invocation.unlock()?;
        let (mut ids, mut names) = (Vec::new(), Vec::new());
        for name in &self.names {
            let account = find(session.content(), name)?;
            ids.push(account.id);
            names.push(account.name());
        }
        session.pin(&ids, pinned)?;
        let output = &invocation.output;
        if output.format() == Format::Json {
            let accounts = ids.iter().filter_map(|id| session.content().account(*id));
            let accounts = accounts.map(|account| show::as_json(&session.card(account)));
            return output.json(&accounts.collect::<Vec<_>>());
        }
        let done = if pinned { "Pinned" } else { "Unpinned" };
        output.note(&format!("{done} {}.", names.join(", ")));
        Ok(())
    }
}

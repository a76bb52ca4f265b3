use clap::Args;

use super::Invocation;
use super::output::Format;
use super::show;
use crate::app::card::{Card, Codes};
use crate::app::edit::Edit;
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
        let mut keeper = invocation.keeper()?;
        let found = keeper.find(&self.names, Codes::Hidden)?;
        let ids = found.iter().map(|card| card.id).collect();
        let cards = keeper.edit(Edit::Pin { ids, pinned })?;
        let output = &invocation.output;
        if output.format() == Format::Json {
            return output.json(&cards.iter().map(show::as_json).collect::<Vec<_>>());
        }
        let done = if pinned { "Pinned" } else { "Unpinned" };
        output.note(&format!("{done} {}.", names(&cards)));
        Ok(())
    }
}

/// Names, side by side.
pub(super) fn names(cards: &[Card]) -> String {
    let names: Vec<&str> = cards.iter().map(|card| card.name.as_str()).collect();
    names.join(", ")
}

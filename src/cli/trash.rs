use authr_core::content::TRASH_SECONDS;
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::Invocation;
use super::import::accounts as counted;
use super::keeper::Keeper;
use super::output::{Column, Format, Table};
use super::pin::names as side_by_side;
use super::when;
use crate::app::card::Card;
use crate::app::edit::Edit;
use crate::failure::Failure;

/// See what was removed, bring it back, or drop it for good
#[derive(Debug, Args)]
pub(super) struct Trash {
    #[command(subcommand)]
    command: Option<TrashCommand>,
}

#[derive(Debug, Subcommand)]
enum TrashCommand {
    /// List what is in the trash (the same as without a word)
    List,
    /// Bring accounts back
    Restore {
        /// Issuer, label, issuer:label, or the beginning of an id
        #[arg(required = true, value_name = "NAME")]
        names: Vec<String>,
    },
    /// Drop everything in the trash for good
    Empty,
}

impl Trash {
    pub(super) fn run(&self, invocation: &Invocation<'_>) -> Result<(), Failure> {
        let mut keeper = invocation.keeper()?;
        match &self.command {
            None | Some(TrashCommand::List) => list(invocation, keeper.trash()?),
            Some(TrashCommand::Restore { names }) => restore(invocation, &mut keeper, names),
            Some(TrashCommand::Empty) => empty(invocation, &mut keeper),
        }
    }
}

fn list(invocation: &Invocation<'_>, trash: Vec<Card>) -> Result<(), Failure> {
    let output = &invocation.output;
    let mut removed: Vec<(Card, u64)> = (trash.into_iter())
        .filter_map(|card| card.trashed_at.map(|at| (card, at)))
        .collect();
    removed.sort_by_key(|(_, at)| std::cmp::Reverse(*at));
    let gone = |at: u64| when::rfc3339(at.saturating_add(TRASH_SECONDS));
    if output.format() == Format::Json {
        let all: Vec<Value> = removed
            .iter()
            .map(|(card, at)| {
                json!({
                    "id": card.id.to_string(),
                    "issuer": card.issuer,
                    "label": card.label,
                    "kind": card.kind.name(),
                    "removed_at": when::rfc3339(*at),
                    "gone_at": gone(*at),
                })
            })
            .collect();
        return output.json(&all);
    }
    if removed.is_empty() {
        output.note("The trash is empty.");
        return Ok(());
    }
    let mut table = Table::new([
        Column::names("ISSUER"),
        Column::names("LABEL"),
        Column::whole("GONE FOR GOOD"),
    ]);
    for (card, at) in removed {
        table.row([card.issuer, card.label, gone(at)]);
    }
    output.table(&table)
}

fn restore(
    invocation: &Invocation<'_>,
    keeper: &mut Keeper<'_, '_>,
    names: &[String],
) -> Result<(), Failure> {
    let names = names.to_vec();
    let cards = keeper.edit(Edit::RestoreFromTrash { names })?;
    let output = &invocation.output;
    if output.format() == Format::Json {
        let ids: Vec<_> = cards.iter().map(|card| card.id.to_string()).collect();
        return output.json(&json!({ "restored": ids }));
    }
    output.note(&format!("Brought {} back.", side_by_side(&cards)));
    Ok(())
}

fn empty(invocation: &Invocation<'_>, keeper: &mut Keeper<'_, '_>) -> Result<(), Failure> {
    let output = &invocation.output;
    let ids: Vec<_> = keeper.trash()?.iter().map(|card| card.id).collect();
    let dropped = |number: usize, note: &str| match output.format() {
        Format::Json => output.json(&json!({ "dropped": number })),
        Format::Text => {
            output.note(note);
            Ok(())
        }
    };
    if ids.is_empty() {
        return dropped(0, "The trash is empty.");
    }
    let question = format!("Drop {} for good?", counted(ids.len()));
    if !invocation.prompt.confirm(&question)? {
        return Err(Failure::declined("The trash stays as it is."));
    }
    let number = keeper.edit_number(Edit::EmptyTrash { ids })?;
    let note = format!(
        "Dropped {}; the earlier generations on this machine still hold what they held.",
        counted(number)
    );
    dropped(number, &note)
}

use authr_core::account::Account;
use authr_core::content::TRASH_SECONDS;
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::Invocation;
use super::import::accounts as counted;
use super::output::{Column, Format, Table};
use super::when;
use crate::app::Session;
use crate::app::accounts::find;
use crate::app::trash::trash;
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
        let session = invocation.unlock()?;
        match &self.command {
            None | Some(TrashCommand::List) => list(invocation, &session),
            Some(TrashCommand::Restore { names }) => restore(invocation, session, names),
            Some(TrashCommand::Empty) => empty(invocation, session),
        }
    }
}

fn list(invocation: &Invocation<'_>, session: &Session<'_>) -> Result<(), Failure> {
    let output = &invocation.output;
    let mut removed: Vec<(&Account, u64)> = (session.content().accounts.iter())
        .filter_map(|account| Some((account, account.trashed_at?)))
        .collect();
    removed.sort_by_key(|(_, at)| std::cmp::Reverse(*at));
    let gone = |at: u64| when::rfc3339(at.saturating_add(TRASH_SECONDS));
    if output.format() == Format::Json {
        let all: Vec<Value> = removed
            .iter()
            .map(|(account, at)| {
                json!({
                    "id": account.id.to_string(),
                    "issuer": account.issuer.as_str(),
                    "label": account.label.as_str(),
                    "kind": account.otp.kind.name(),
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
    for (account, at) in removed {
        table.row([
            account.issuer.to_string(),
            account.label.to_string(),
            gone(at),
        ]);
    }
    output.table(&table)
}

fn restore(
    invocation: &Invocation<'_>,
    mut session: Session<'_>,
    names: &[String],
) -> Result<(), Failure> {
    let trash = trash(session.content());
    let found = names.iter().map(|name| find(&trash, name));
    let accounts = found.collect::<Result<Vec<_>, _>>()?;
    let ids: Vec<_> = accounts.iter().map(|account| account.id).collect();
    session.restore_from_trash(&ids)?;
    let output = &invocation.output;
    if output.format() == Format::Json {
        let ids: Vec<_> = ids.iter().map(ToString::to_string).collect();
        return output.json(&json!({ "restored": ids }));
    }
    let names: Vec<_> = accounts.iter().map(|account| account.name()).collect();
    output.note(&format!("Brought {} back.", names.join(", ")));
    Ok(())
}

fn empty(invocation: &Invocation<'_>, mut session: Session<'_>) -> Result<(), Failure> {
    let output = &invocation.output;
    let ids: Vec<_> = (trash(session.content()).accounts.iter())
        .map(|account| account.id)
        .collect();
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
    let number = session.empty_trash(&ids)?;
    let note = format!(
        "Dropped {}; the earlier generations on this machine still hold what they held.",
        counted(number)
    );
    dropped(number, &note)
}

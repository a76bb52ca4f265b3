use authr_otp::Kind;
use clap::{Args, ValueEnum};
use serde_json::{Value, json};

use super::Invocation;
use super::code;
use super::keeper::Keeper;
use super::output::{Column, Format, Output, Table, grouped};
use super::when;
use crate::app::card::{Card, Codes};
use crate::app::listing::Order;
use crate::app::request::{Listing, Request};
use crate::failure::Failure;

/// List the accounts
#[derive(Debug, Args)]
pub(super) struct List {
    /// Only accounts that have these letters, in their order, in issuer, label or a tag
    #[arg(value_name = "QUERY")]
    query: Vec<String>,
    /// Show the current codes too; no counter moves
    #[arg(long)]
    codes: bool,
    /// Only accounts with this tag
    #[arg(long, value_name = "TAG")]
    tag: Option<String>,
    /// What stands first [default: what fits QUERY best, or pinned accounts]
    #[arg(long, value_name = "ORDER", value_enum)]
    sort: Option<Sort>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Sort {
    /// By issuer and label
    Name,
    /// Pinned accounts first
    Pinned,
    /// The account used last first
    LastUsed,
    /// The account used most often first
    MostUsed,
}

impl From<Sort> for Order {
    fn from(sort: Sort) -> Self {
        match sort {
            Sort::Name => Self::Name,
            Sort::Pinned => Self::Pinned,
            Sort::LastUsed => Self::LastUsed,
            Sort::MostUsed => Self::MostUsed,
        }
    }
}

impl List {
    /// Every account with its code, as after a registration.
    pub(super) fn with_codes() -> Self {
        Self {
            query: Vec::new(),
            codes: true,
            tag: None,
            sort: None,
        }
    }

    pub(super) fn run(&self, invocation: &Invocation<'_>) -> Result<(), Failure> {
        self.show(invocation, &mut invocation.keeper()?)
    }

    /// The accounts of an open vault.
    pub(super) fn show(
        &self,
        invocation: &Invocation<'_>,
        keeper: &mut Keeper<'_, '_>,
    ) -> Result<(), Failure> {
        let Listing { cards, all } = keeper.list(Request::List {
            tag: self.tag.clone(),
            query: self.query.join(" "),
            order: self.sort.map(Order::from),
            codes: if self.codes {
                Codes::Shown
            } else {
                Codes::Hidden
            },
        })?;
        let output = &invocation.output;
        if output.format() == Format::Json {
            return output.json(&cards.iter().map(as_json).collect::<Vec<_>>());
        }
        if cards.is_empty() {
            output.note(match all {
                0 => "There is no account yet: authr add",
                _ => "No account answers to that.",
            });
            return Ok(());
        }
        if self.codes {
            with_codes(&cards, output)
        } else {
            let mut table = Table::new([
                Column::names("ISSUER"),
                Column::names("LABEL"),
                Column::whole("KIND"),
            ]);
            for card in cards {
                let kind = card.kind.name().to_owned();
                table.row([card.issuer, card.label, kind]);
            }
            output.table(&table)
        }
    }
}

fn with_codes(cards: &[Card], output: &Output<'_>) -> Result<(), Failure> {
    let columns = [
        Column::names("ISSUER"),
        Column::names("LABEL"),
        Column::whole("CODE"),
        Column::whole("LEFT"),
    ];
    let mut table = Table::new(columns);
    for card in cards {
        // The next code of an account that counts is not shown in passing: showing it uses it.
        let (code, left) = match &card.code {
            Some(shown) => {
                let left = shown.remaining.map(|seconds| format!("{seconds} s"));
                (
                    shown.code.expose_secret().to_owned(),
                    left.unwrap_or_default(),
                )
            }
            None => ("-".to_owned(), String::new()),
        };
        let code = if output.is_terminal() {
            grouped(&code)
        } else {
            code
        };
        table.row([card.issuer.clone(), card.label.clone(), code, left]);
    }
    output.table(&table)
}

/// An account in a list, with its code where it is shown.
pub(super) fn as_json(card: &Card) -> Value {
    let mut value = json!({
        "id": card.id.to_string(),
        "issuer": card.issuer,
        "label": card.label,
        "kind": card.kind.name(),
        "native": matches!(card.kind, Kind::Native),
        "tags": card.tags,
        "pinned": card.pinned,
        "last_used": card.last_used.map(when::rfc3339),
    });
    if let (Some(code), Some(fields)) = (&card.code, value.as_object_mut())
        && let Value::Object(code) = code::as_json(code)
    {
        fields.extend(code);
    }
    value
}

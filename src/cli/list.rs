use authr_core::account::Account;
use clap::{Args, ValueEnum};
use serde_json::{Value, json};

use super::Invocation;
use super::code;
use super::output::{Column, Format, Output, Table, grouped};
use super::when;
use crate::app::Session;
use crate::app::codes::ShownCode;
use crate::app::listing::{Order, Wanted, listed};
use crate::app::usage::Usage;
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
        self.show(invocation, &invocation.unlock()?)
    }

    /// The accounts of an open vault.
    pub(super) fn show(
        &self,
        invocation: &Invocation<'_>,
        session: &Session<'_>,
    ) -> Result<(), Failure> {
        let (usage, query) = (session.usage(), self.query.join(" "));
        let wanted = Wanted {
            tag: self.tag.as_deref(),
            query: Some(&query),
            order: self.sort.map(Order::from),
        };
        let accounts = listed(session.content(), &usage, wanted);
        // The next code of an account that counts is not shown in passing: showing it uses it.
        let shown = |account: &Account| {
            (self.codes && account.otp.kind.counter().is_none())
                .then(|| ShownCode::at(account, session.time_of(account)))
        };
        let output = &invocation.output;
        if output.format() == Format::Json {
            let all: Vec<Value> = accounts
                .iter()
                .map(|account| as_json(account, &usage, shown(account).as_ref()))
                .collect();
            return output.json(&all);
        }
        if accounts.is_empty() {
            if session.content().listed().next().is_none() {
                output.note("There is no account yet: authr add");
            } else {
                output.note("No account answers to that.");
            }
            return Ok(());
        }
        if self.codes {
            with_codes(&accounts, &shown, output)
        } else {
            let mut table = Table::new([
                Column::names("ISSUER"),
                Column::names("LABEL"),
                Column::whole("KIND"),
            ]);
            for account in accounts {
                let kind = account.otp.kind.name().to_owned();
                table.row([account.issuer.to_string(), account.label.to_string(), kind]);
            }
            output.table(&table)
        }
    }
}

fn with_codes(
    accounts: &[&Account],
    shown: &impl Fn(&Account) -> Option<ShownCode>,
    output: &Output<'_>,
) -> Result<(), Failure> {
    let columns = [
        Column::names("ISSUER"),
        Column::names("LABEL"),
        Column::whole("CODE"),
        Column::whole("LEFT"),
    ];
    let mut table = Table::new(columns);
    for account in accounts {
        let (code, left) = match shown(account) {
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
        table.row([
            account.issuer.to_string(),
            account.label.to_string(),
            code,
            left,
        ]);
    }
    output.table(&table)
}

/// An account in a list, with its code where it is shown.
pub(super) fn as_json(account: &Account, usage: &Usage, shown: Option<&ShownCode>) -> Value {
    let mut value = json!({
        "id": account.id.to_string(),
        "issuer": account.issuer.as_str(),
        "label": account.label.as_str(),
        "kind": account.otp.kind.name(),
        "native": account.is_native(),
        "tags": account.tags.iter().map(authr_otp::Tag::as_str).collect::<Vec<_>>(),
        "pinned": account.pinned,
        "last_used": usage.last(account.id).map(when::rfc3339),
    });
    if let (Some(shown), Some(fields)) = (shown, value.as_object_mut())
        && let Value::Object(code) = code::as_json(shown)
    {
        fields.extend(code);
    }
    value
}

use authr_core::account::Account;
use clap::Args;
use serde_json::{Value, json};

use super::Invocation;
use super::code;
use super::output::{Column, Format, Output, Table, grouped};
use super::when;
use crate::app::Session;
use crate::app::codes::ShownCode;
use crate::failure::Failure;

/// List the accounts
#[derive(Debug, Args)]
pub(super) struct List {
    /// Show the current codes too; no counter moves
    #[arg(long)]
    codes: bool,
    /// Only accounts with this tag
    #[arg(long, value_name = "TAG")]
    tag: Option<String>,
}

impl List {
    /// Every account with its code, as after a registration.
    pub(super) fn with_codes() -> Self {
        Self {
            codes: true,
            tag: None,
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
        let wanted = |account: &&Account| match &self.tag {
            Some(tag) => account
                .tags
                .iter()
                .any(|own| own.as_str().eq_ignore_ascii_case(tag)),
            None => true,
        };
        let mut accounts: Vec<&Account> = session.content().listed().filter(wanted).collect();
        accounts.sort_by_cached_key(|account| (!account.pinned, account.name().to_lowercase()));

        // The next code of an account that counts is not shown in passing: showing it uses it.
        let shown = |account: &Account| {
            (self.codes && account.otp.kind.counter().is_none())
                .then(|| ShownCode::at(account, session.time_of(account)))
        };
        let output = &invocation.output;
        if output.format() == Format::Json {
            let usage = session.usage();
            let all: Vec<Value> = accounts
                .iter()
                .map(|account| as_json(account, usage.last(account.id), shown(account).as_ref()))
                .collect();
            return output.json(&all);
        }
        if accounts.is_empty() {
            output.note("There is no account yet: authr add");
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

fn as_json(account: &Account, last_used: Option<u64>, shown: Option<&ShownCode>) -> Value {
    let mut value = json!({
        "id": account.id.to_string(),
        "issuer": account.issuer.as_str(),
        "label": account.label.as_str(),
        "kind": account.otp.kind.name(),
        "native": account.is_native(),
        "tags": account.tags.iter().map(authr_otp::Tag::as_str).collect::<Vec<_>>(),
        "pinned": account.pinned,
        "last_used": last_used.map(when::rfc3339),
    });
    if let (Some(shown), Some(fields)) = (shown, value.as_object_mut())
        && let Value::Object(code) = code::as_json(shown)
    {
        fields.extend(code);
    }
    value
}

use std::path::PathBuf;

use authr_core::content::Content;
use authr_formats::{Imported, Parsed, Rejected};
use authr_otp::base32;
use clap::Args;
use serde_json::{Value, json};

use super::Invocation;
use super::output::{Column, Format, Table};
use crate::app::import::{self, Status};
use crate::failure::{Failure, Kind};

/// Import the accounts of another program
#[derive(Debug, Args)]
pub(super) struct Import {
    /// A list of otpauth:// URIs, a line each
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Show what the file holds and change nothing; needs no vault
    #[arg(long)]
    dry_run: bool,
    /// With --dry-run --json: the secrets too
    #[arg(long, requires = "dry_run", requires = "json")]
    secrets: bool,
}

impl Import {
    pub(super) fn run(&self, invocation: &Invocation<'_>) -> Result<(), Failure> {
        let parsed = import::read(&self.file)?;
        let output = &invocation.output;
        if self.dry_run {
            let plan = import::plan(&Content::default(), &parsed.accounts);
            return self.show(invocation, &parsed, &plan);
        }
        if parsed.accounts.is_empty() {
            say_rejected(invocation, &parsed.rejected);
            return Err(Failure::new(
                Kind::Failed,
                format!("{} holds no account", self.file.display()),
            ));
        }
        let mut session = invocation.unlock_or_create()?;
        let plan = import::plan(session.content(), &parsed.accounts);
        if output.format() == Format::Text {
            self.show(invocation, &parsed, &plan)?;
        }
        let new = plan
            .iter()
            .filter(|status| **status != Status::Same)
            .count();
        if new == 0 {
            output.note("Every account is there already; nothing was changed.");
        } else {
            if !invocation
                .prompt
                .confirm(&format!("Import {}?", accounts(new)))?
            {
                return Err(Failure::declined("Nothing was imported."));
            }
            let added = session.import(&parsed.accounts)?;
            output.note(&format!("Imported {}.", accounts(added)));
        }
        if output.format() == Format::Json {
            return output.json(&as_json(&parsed, &plan, false));
        }
        Ok(())
    }

    fn show(
        &self,
        invocation: &Invocation<'_>,
        parsed: &Parsed,
        plan: &[Status],
    ) -> Result<(), Failure> {
        let output = &invocation.output;
        if output.format() == Format::Json {
            return output.json(&as_json(parsed, plan, self.secrets));
        }
        let columns = [
            Column::names("ISSUER"),
            Column::names("LABEL"),
            Column::whole("KIND"),
            Column::whole("STATUS"),
        ];
        let mut table = Table::new(columns);
        for (Imported { account, .. }, status) in parsed.accounts.iter().zip(plan) {
            let kind = account.otp.kind.name().to_owned();
            table.row([
                account.issuer.to_string(),
                account.label.to_string(),
                kind,
                status.name().to_owned(),
            ]);
        }
        output.table(&table)?;
        say_rejected(invocation, &parsed.rejected);
        Ok(())
    }
}

fn say_rejected(invocation: &Invocation<'_>, rejected: &[Rejected]) {
    for Rejected {
        position,
        name,
        reason,
    } in rejected
    {
        let name = name
            .as_ref()
            .map(|name| format!(" ({name})"))
            .unwrap_or_default();
        invocation
            .output
            .warning(&format!("entry {position}{name} is left out: {reason}"));
    }
}

/// `1 account`, `2 accounts`.
pub(super) fn accounts(number: usize) -> String {
    if number == 1 {
        "1 account".to_owned()
    } else {
        format!("{number} accounts")
    }
}

fn as_json(parsed: &Parsed, plan: &[Status], secrets: bool) -> Value {
    let entry = |(entry, status): (&Imported, &Status)| {
        let (account, kind) = (&entry.account, entry.account.otp.kind);
        let mut value = json!({
            "kind": kind.name(),
            "issuer": account.issuer.as_str(),
            "label": account.label.as_str(),
            "algorithm": kind.algorithm().map_or("MD5", authr_otp::Algorithm::name),
            "digits": kind.digits().get(),
            "period": kind.period().map(authr_otp::Period::seconds),
            "counter": kind.counter().map(authr_otp::Counter::get),
            "pin": Value::Null,
            "tags": account.tags.iter().map(authr_otp::Tag::as_str).collect::<Vec<_>>(),
            "note": "",
            "status": status.name(),
        });
        if secrets {
            value["secret"] = base32::encode(&account.otp.secret).as_str().into();
        }
        value
    };
    let rejected = |rejected: &Rejected| {
        json!({
            "position": rejected.position,
            "name": rejected.name.as_ref().map(authr_otp::Name::as_str),
            "reason": rejected.reason.to_string(),
        })
    };
    json!({
        "format": parsed.format.name(),
        "accounts": parsed.accounts.iter().zip(plan).map(entry).collect::<Vec<_>>(),
        "rejected": parsed.rejected.iter().map(rejected).collect::<Vec<_>>(),
    })
}

use std::io::Read;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use authr_core::content::Content;
use authr_formats::{Format as Foreign, FormatError, Imported, MAX_FILE_BYTES, Parsed, Rejected};
use clap::Args;
use clap::builder::PossibleValuesParser;
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::Invocation;
use super::output::{Column, Format, Table};
use super::prompt::PasswordSource;
use crate::app::Error;
use crate::app::edit::Edit;
use crate::app::import::{self, ForeignFile, Status};
use crate::failure::{Failure, Kind};

/// Import the accounts of another program
#[derive(Debug, Args)]
pub(super) struct Import {
    /// Files of other programs, plain or encrypted, or pictures of QR codes; - for standard input
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// Read every file as of this format, instead of telling it by content
    #[arg(long, value_name = "FORMAT", value_parser = format_names())]
    format: Option<String>,
    /// Read the files' own password from FILE
    #[arg(long, value_name = "FILE")]
    file_password_file: Option<PathBuf>,
    /// Show what the files hold and change nothing; needs no vault
    #[arg(long)]
    dry_run: bool,
    /// With --dry-run --json: the secrets and PINs too
    #[arg(long, requires = "dry_run")]
    secrets: bool,
}

/// How often a person may type the password of a file.
const TRIES: usize = 3;

fn format_names() -> PossibleValuesParser {
    PossibleValuesParser::new(Foreign::ALL.iter().map(|format| format.name()))
}

impl Import {
    pub(super) fn run(&self, invocation: &Invocation<'_>) -> Result<(), Failure> {
        if self.secrets && invocation.output.format() != Format::Json {
            let message = "--secrets shows secrets in JSON alone";
            return Err(Failure::new(Kind::Usage, message).hint("pass --json too"));
        }
        let mut files = self.files.iter();
        let first = files.next().expect("because clap wants one at least");
        let mut parsed = self.read(invocation, first)?;
        for file in files {
            parsed.absorb(self.read(invocation, file)?);
        }
        if self.dry_run {
            let plan = import::plan(&Content::default(), &parsed.accounts);
            return show(invocation, &parsed, &parsed.accounts, &plan, self.secrets);
        }
        let names = self.files.iter().map(|file| file.display().to_string());
        take_in(invocation, parsed, &names.collect::<Vec<_>>().join(", "))
    }

    /// Reads one file; its password is asked for where it needs one.
    fn read(&self, invocation: &Invocation<'_>, path: &Path) -> Result<Parsed, Failure> {
        let file = if path.as_os_str() == "-" {
            ForeignFile::named(Path::new("standard input"), piped(invocation)?)
        } else {
            ForeignFile::open(path)?
        };
        let format = self.format.as_deref().and_then(Foreign::named);
        let parse = |password: Option<&str>| {
            let work = || file.parse(format, password);
            invocation.output.meanwhile("Reading", work)
        };
        if let Some(source) = &self.file_password_file {
            let source = PasswordSource::File(source.clone());
            let (prompt, output) = (&invocation.prompt, &invocation.output);
            let password = source.text("password of the file", prompt, output)?;
            return Ok(parse(Some(&password))?);
        }
        let needs_password = |error: &Error| {
            let Error::Import { source, .. } = error else {
                return false;
            };
            matches!(
                source,
                FormatError::PasswordNeeded { .. } | FormatError::PasswordWouldTell
            )
        };
        match parse(None) {
            Err(error) if needs_password(&error) => {}
            other => return Ok(other?),
        }
        for tries_left in (0..TRIES).rev() {
            let question = format!("Password of {}", file.path().display());
            let typed = invocation
                .prompt
                .secret(&question, "--file-password-file FILE")?;
            match parse(Some(&typed)) {
                Err(error) if tries_left > 0 && error.is_wrong_file_password() => {
                    let Error::Import { source, .. } = error else {
                        continue;
                    };
                    let output = &invocation.output;
                    output.warning(&format!("{source}; once more"));
                }
                other => return Ok(other?),
            }
        }
        unreachable!("because the last try returns")
    }
}

/// Shows what would be taken in, asks, and takes it in.
pub(super) fn take_in(
    invocation: &Invocation<'_>,
    mut parsed: Parsed,
    from: &str,
) -> Result<(), Failure> {
    let output = &invocation.output;
    if parsed.accounts.is_empty() {
        say_rejected(invocation, &parsed);
        let message = format!("{from} holds no account");
        return Err(Failure::new(Kind::Failed, message));
    }
    let mut keeper = invocation.keeper_of_new_accounts()?;
    let entries = Rc::new(std::mem::take(&mut parsed.accounts));
    let plan = keeper.plan_import(&entries)?;
    if output.format() == Format::Text {
        show(invocation, &parsed, &entries, &plan, false)?;
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
        let added = keeper.edit_number(Edit::Import(Rc::clone(&entries)))?;
        output.note(&format!("Imported {}.", accounts(added)));
    }
    if output.format() == Format::Json {
        return output.json(&as_json(&parsed, &entries, &plan, false));
    }
    Ok(())
}

fn show(
    invocation: &Invocation<'_>,
    parsed: &Parsed,
    entries: &[Imported],
    plan: &[Status],
    secrets: bool,
) -> Result<(), Failure> {
    let output = &invocation.output;
    if output.format() == Format::Json {
        return output.json(&as_json(parsed, entries, plan, secrets));
    }
    let columns = [
        Column::names("ISSUER"),
        Column::names("LABEL"),
        Column::whole("KIND"),
        Column::whole("STATUS"),
    ];
    let mut table = Table::new(columns);
    for (Imported { account, .. }, status) in entries.iter().zip(plan) {
        let kind = account.otp.kind.name().to_owned();
        table.row([
            account.issuer.to_string(),
            account.label.to_string(),
            kind,
            status.name().to_owned(),
        ]);
    }
    output.table(&table)?;
    for entry in entries {
        for remark in &entry.remarks {
            let (issuer, label) = (&entry.account.issuer, &entry.account.label);
            let place = entry.position;
            output.warning(&format!("entry {place} ({issuer}:{label}): {remark}"));
        }
    }
    say_rejected(invocation, parsed);
    let mut read = accounts(entries.len());
    if !parsed.rejected.is_empty() {
        read.push_str(&format!(", {} left out", parsed.rejected.len()));
    }
    output.note(&format!("Read as {}: {read}.", parsed.format.title()));
    for status in [Status::Same, Status::OtherName, Status::Conflict] {
        if plan.contains(&status) {
            output.note(&format!("{}: {}", status.name(), meaning(status)));
        }
    }
    Ok(())
}

/// What comes of an entry, for who reads the table.
fn meaning(status: Status) -> &'static str {
    match status {
        Status::New => "it is added",
        Status::Same => "it is there already and is left out",
        Status::OtherName => {
            "an account of another name gives the same codes; both are kept, since names are yours"
        }
        Status::Conflict => "an account of that name gives other codes; both are kept",
    }
}

/// What comes by standard input, up to the limit of a file and a byte, so that one too long is told.
pub(super) fn piped(invocation: &Invocation<'_>) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let mut bytes = Zeroizing::new(Vec::new());
    let most = u64::try_from(MAX_FILE_BYTES + 1).unwrap_or(u64::MAX);
    let mut reader = invocation.context.terminal.stdin.reader();
    Read::take(&mut **reader, most)
        .read_to_end(&mut bytes)
        .map_err(|error| {
            Failure::new(Kind::Failed, format!("cannot read standard input: {error}"))
        })?;
    Ok(bytes)
}

fn say_rejected(invocation: &Invocation<'_>, parsed: &Parsed) {
    let output = &invocation.output;
    for Rejected {
        position,
        name,
        reason,
    } in &parsed.rejected
    {
        let name = name
            .as_ref()
            .map(|name| format!(" ({name})"))
            .unwrap_or_default();
        output.warning(&format!("entry {position}{name} is left out: {reason}"));
    }
    for part in parsed.missing_batches() {
        output.warning(&format!(
            "part {part} of an export in several codes is missing"
        ));
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

fn as_json(parsed: &Parsed, entries: &[Imported], plan: &[Status], secrets: bool) -> Value {
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
            "note": entry.note,
            "icon": entry.icon,
            "pinned": entry.pinned,
            "trashed": entry.trashed,
            "status": status.name(),
        });
        if secrets {
            value["secret"] = authr_formats::write::secret_text(&account.otp)
                .as_str()
                .into();
            value["pin"] = kind
                .pin()
                .as_ref()
                .map(authr_otp::Pin::expose_secret)
                .into();
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
        "accounts": entries.iter().zip(plan).map(entry).collect::<Vec<_>>(),
        "rejected": parsed.rejected.iter().map(rejected).collect::<Vec<_>>(),
        "missing_parts": parsed.missing_batches(),
    })
}

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::Invocation;
use super::import::accounts as counted;
use super::output::{Column, Format, Table};
use super::when;
use crate::app::backup::{self, Form};
use crate::app::files::Existing;
use crate::failure::Failure;

/// Make and check encrypted copies
#[derive(Debug, Args)]
pub(super) struct Backup {
    #[command(subcommand)]
    command: BackupCommand,
}

#[derive(Debug, Subcommand)]
enum BackupCommand {
    /// Write an encrypted copy, and check it by opening it again
    Create {
        /// Where to write it; - for standard output
        file: PathBuf,
    },
    /// List the earlier generations that are kept here
    List,
    /// Check that a copy opens, and count its accounts
    Verify {
        /// The copy, or pictures of a paper kit
        #[arg(value_name = "FILE", required = true)]
        files: Vec<PathBuf>,
        /// Read the copy's password from FILE
        #[arg(long, value_name = "FILE")]
        file_password_file: Option<PathBuf>,
    },
}

impl Backup {
    pub(super) fn run(&self, invocation: &Invocation<'_>) -> Result<(), Failure> {
        let output = &invocation.output;
        match &self.command {
            BackupCommand::Create { file } => create(invocation, file, Written::File),
            BackupCommand::List => list(invocation),
            BackupCommand::Verify {
                files,
                file_password_file,
            } => {
                let (backup, _) = invocation.open_backup(files, file_password_file.as_ref())?;
                let accounts = backup.content().listed().count();
                let saved_at = when::rfc3339(backup.saved_at());
                if output.format() == Format::Json {
                    return output.json(&json!({ "accounts": accounts, "saved_at": saved_at }));
                }
                let name = match &files[..] {
                    [file] => file.display().to_string(),
                    _ => "the paper kit".to_owned(),
                };
                let accounts = counted(accounts);
                output.line(&format!("{name} opens: {accounts}, saved {saved_at}"))
            }
        }
    }
}

/// As what a backup is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Written {
    /// A vault file.
    File,
    /// A page to print.
    Paper,
}

/// Makes a backup, opens it again, and only then says so.
pub(super) fn create(
    invocation: &Invocation<'_>,
    file: &Path,
    written: Written,
) -> Result<(), Failure> {
    let output = &invocation.output;
    let to_stdout = file.as_os_str() == "-";
    if to_stdout {
        output.refuse_json()?;
    }
    let existing = match !to_stdout && file.exists() {
        true => {
            invocation.confirm_replacing(file)?;
            Existing::Replace
        }
        false => Existing::Refuse,
    };
    let sealed = invocation.keeper()?.seal_backup()?;
    let made = when::in_words(sealed.made_at);
    let form = match written {
        Written::File => Form::File,
        Written::Paper => Form::Paper { made: &made },
    };
    if to_stdout {
        return output.bytes(&sealed.to_bytes(form)?);
    }
    sealed.write(&invocation.store()?, file, form, existing)?;
    let accounts = sealed.accounts;
    if output.format() == Format::Json {
        let value = json!({ "file": file.display().to_string(), "accounts": accounts });
        return output.json(&value);
    }
    output.note(&format!(
        "Wrote {} with {}, and opened it again.",
        file.display(),
        counted(accounts)
    ));
    if written == Written::Paper {
        output.note("Print it, and try the print: authr backup verify PICTURE…");
    }
    output.note("It opens with the backups password of today, also after a later change.");
    Ok(())
}

fn list(invocation: &Invocation<'_>) -> Result<(), Failure> {
    let store = invocation.store()?;
    let kept = backup::generations(invocation.context, &store)?;
    let last = backup::last_backup(&store)?;
    let output = &invocation.output;
    let saved = |saved_at: Option<u64>| saved_at.map(when::rfc3339);
    if output.format() == Format::Json {
        let kept: Vec<Value> = kept
            .iter()
            .map(|kept| {
                let saved_at = saved(kept.saved_at);
                json!({ "generation": kept.generation.number(), "saved_at": saved_at, "bytes": kept.bytes })
            })
            .collect();
        let last =
            last.map(|last| json!({ "at": when::rfc3339(last.at), "accounts": last.accounts }));
        return output.json(&json!({ "generations": kept, "last_backup": last }));
    }
    let mut table = Table::new([
        Column::whole("GENERATION"),
        Column::whole("SAVED"),
        Column::whole("BYTES"),
    ]);
    for kept in &kept {
        let saved = saved(kept.saved_at).unwrap_or_else(|| "damaged".to_owned());
        table.row([kept.generation.to_string(), saved, kept.bytes.to_string()]);
    }
    output.table(&table)?;
    match last {
        Some(last) => {
            output.note(&format!(
                "The last copy elsewhere was made {}, of {}.",
                when::rfc3339(last.at),
                counted(last.accounts)
            ));
        }
        None => output.note("No copy elsewhere was made yet: authr backup create FILE"),
    }
    Ok(())
}

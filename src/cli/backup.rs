use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::Invocation;
use super::import::accounts as counted;
use super::output::{Column, Format, Table};
use super::when;
use crate::app::backup;
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
        /// Where to write it
        file: PathBuf,
    },
    /// List the earlier generations that are kept here
    List,
    /// Check that a copy opens, and count its accounts
    Verify {
        /// The copy
        file: PathBuf,
        /// Read the copy's password from FILE
        #[arg(long, value_name = "FILE")]
        file_password_file: Option<PathBuf>,
    },
}

impl Backup {
    pub(super) fn run(&self, invocation: &Invocation<'_>) -> Result<(), Failure> {
        let output = &invocation.output;
        match &self.command {
            BackupCommand::Create { file } => {
                let existing = if file.exists() {
                    if !invocation
                        .prompt
                        .confirm(&format!("Replace {}?", file.display()))?
                    {
                        return Err(Failure::declined("Nothing was written."));
                    }
                    Existing::Replace
                } else {
                    Existing::Refuse
                };
                let sealed = invocation.keeper()?.seal_backup()?;
                sealed.write(&invocation.store()?, file, existing)?;
                let accounts = sealed.accounts;
                if output.format() == Format::Json {
                    return output.json(
                        &json!({ "file": file.display().to_string(), "accounts": accounts }),
                    );
                }
                output.note(&format!(
                    "Wrote {} with {}, and opened it again.",
                    file.display(),
                    counted(accounts)
                ));
                output.note(
                    "It opens with the backups password of today, also after a later change.",
                );
                Ok(())
            }
            BackupCommand::List => list(invocation),
            BackupCommand::Verify {
                file,
                file_password_file,
            } => {
                let (backup, _) = invocation.open_backup(file, file_password_file.as_ref())?;
                let accounts = backup.content().listed().count();
                let saved_at = when::rfc3339(backup.saved_at());
                if output.format() == Format::Json {
                    return output.json(&json!({ "accounts": accounts, "saved_at": saved_at }));
                }
                output.line(&format!(
                    "{} opens: {}, saved {saved_at}",
                    file.display(),
                    counted(accounts)
                ))
            }
        }
    }
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

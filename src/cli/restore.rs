use std::path::PathBuf;

use authr_core::content::BroughtBack;
use clap::Args;
use serde_json::json;

use super::Invocation;
use super::import::accounts;
use super::output::Format;
use crate::app::Session;
use crate::failure::{Failure, Kind};

/// Bring back the accounts of a backup
#[derive(Debug, Args)]
pub(super) struct Restore {
    /// The backup
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Read the backup's password from FILE, where it is not the vault's
    #[arg(long, value_name = "FILE")]
    file_password_file: Option<PathBuf>,
}

impl Restore {
    pub(super) fn run(&self, invocation: &Invocation<'_>) -> Result<(), Failure> {
        let output = &invocation.output;
        let store = invocation.store()?;
        let (backup, password) =
            invocation.open_backup(&self.file, self.file_password_file.as_ref())?;
        let done = if store.exists() {
            let mut session = invocation.unlock()?;
            let plan = session.plan_restore(&backup);
            if plan.is_nothing() {
                output.note("Every account of the backup is here already; nothing was changed.");
            } else {
                output.note(&told(&plan));
                if !invocation.prompt.confirm("Bring them back?")? {
                    return Err(Failure::new(Kind::Failed, "nothing was restored"));
                }
                session.restore(&backup)?;
            }
            plan
        } else {
            Session::create(invocation.context, store, &password)?.restore(&backup)?
        };
        if output.format() == Format::Json {
            return output.json(&json!({ "returned": done.returned, "kept_both": done.kept_both }));
        }
        output.note(&format!(
            "Restored {}.",
            accounts(done.returned + done.kept_both)
        ));
        Ok(())
    }
}

/// What bringing back accounts does, or did, in a line.
pub(super) fn told(done: &BroughtBack) -> String {
    let parts = [
        (done.returned, "back again"),
        (done.reverted, "as before the change"),
        (done.trashed, "to the trash"),
        (
            done.kept_both,
            "beside the present ones, since their secrets differ",
        ),
    ];
    let parts: Vec<String> = parts
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| format!("{} {what}", accounts(*count)))
        .collect();
    format!("This brings {}.", parts.join(", "))
}

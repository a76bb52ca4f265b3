use std::path::PathBuf;

use authr_core::content::BroughtBack;
use clap::Args;
use serde_json::json;

use super::Invocation;
use super::import::accounts;
use super::output::Format;
use super::registration;
use crate::app::Session;
use crate::app::damage::{Opened, damage, put_aside};
use crate::app::phone::Phone;
use crate::app::registration::Intent;
use crate::failure::{Failure, Kind};

/// Bring everything back: from the server by phone number, or the accounts of a backup file
#[derive(Debug, Args)]
pub(super) struct Restore {
    /// The phone number with its country code, as in +12015550123, or a backup, or the pictures of a paper kit
    #[arg(value_name = "PHONE|FILE", required_unless_present = "finish")]
    from: Vec<PathBuf>,
    /// Read the backup's password from FILE, where it is not the vault's
    #[arg(long, value_name = "FILE")]
    file_password_file: Option<PathBuf>,
    #[command(flatten)]
    options: registration::Options,
}

impl Restore {
    pub(super) fn run(&self, invocation: &Invocation<'_>) -> Result<(), Failure> {
        let phone = |path: &PathBuf| path.to_str().is_some_and(Phone::is_meant);
        match &self.from[..] {
            [] => self.options.run(invocation, Intent::Restore, None),
            [one] if phone(one) => self.options.run(invocation, Intent::Restore, one.to_str()),
            paths if paths.iter().any(phone) => {
                let message = "a phone number is restored by itself";
                Err(Failure::new(Kind::Usage, message))
            }
            paths => self.bring_back(invocation, paths),
        }
    }

    fn bring_back(&self, invocation: &Invocation<'_>, paths: &[PathBuf]) -> Result<(), Failure> {
        let output = &invocation.output;
        let store = invocation.store()?;
        let mut is_damaged = damage(invocation.context, &store)?.is_some();
        let (backup, password) = invocation.open_backup(paths, self.file_password_file.as_ref())?;
        let mut present = None;
        if store.exists() && !is_damaged {
            match invocation.unlock_or_damage()? {
                Opened::Whole(session) => present = Some(session),
                Opened::Damaged(_) => is_damaged = true,
            }
        }
        let is_here = present.is_some();
        let done = if let Some(mut session) = present {
            let plan = session.plan_restore(&backup);
            if plan.is_nothing() {
                output.note("Every account of the backup is here already; nothing was changed.");
            } else {
                output.note(&told(&plan));
                if !invocation.prompt.confirm("Bring them back?")? {
                    return Err(Failure::declined("Nothing was restored."));
                }
                session.restore(&backup)?;
            }
            plan
        } else {
            if is_damaged {
                let question = "The vault that is here is damaged. Put it aside, and make a new one of this backup?";
                if !invocation.prompt.confirm(question)? {
                    return Err(Failure::declined("Nothing was restored."));
                }
                put_aside(invocation.context, &store)?;
            }
            let create = || Session::create(invocation.context, store, &password);
            output
                .meanwhile("Creating the vault", create)?
                .restore(&backup)?
        };
        if output.format() == Format::Json {
            return output.json(&json!({ "returned": done.returned, "kept_both": done.kept_both }));
        }
        if !(is_here && done.is_nothing()) {
            let restored = done.returned + done.kept_both;
            output.note(&format!("Restored {}.", accounts(restored)));
        }
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

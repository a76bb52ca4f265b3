use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde_json::json;

use super::Invocation;
use super::output::{Format, Output};
use super::prompt::{PasswordSource, Weak};
use super::recovery;
use crate::app::password::{self, Changed};
use crate::app::sync::Synced;
use crate::app::{Error, Session};
use crate::failure::Failure;

/// Change the backups password
#[derive(Debug, Args)]
pub(super) struct Password {
    #[command(subcommand)]
    command: Option<PasswordCommand>,
    /// Read the new password from FILE
    #[arg(long, value_name = "FILE", global = true)]
    new_password_file: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum PasswordCommand {
    /// Change the backups password (the same as without a word)
    Change,
}

impl Password {
    pub(super) fn run(&self, invocation: &Invocation<'_>) -> Result<(), Failure> {
        let (None | Some(PasswordCommand::Change)) = self.command;
        let (mut session, old) = invocation.unlock_either_way()?;
        let source = PasswordSource::of_new(self.new_password_file.clone());
        let weak = match session.content().identity {
            Some(_) => Weak::Refused,
            None => Weak::Warned,
        };
        let new = source.fresh(
            "New backups password",
            weak,
            &invocation.prompt,
            &invocation.output,
        )?;
        if old.as_ref().is_some_and(|old| new.ct_eq(old)) {
            return Err(Error::SamePassword.into());
        }
        let output = &invocation.output;
        let (had_code, remembered) = (session.has_recovery_code(), session.is_remembered());
        let code = match at_server(output, &mut session, old.as_ref(), &new)? {
            None => output.meanwhile("Making a new key", || session.change_password(&new))?,
            Some(Changed::Everywhere | Changed::FollowedOthers) => {
                had_code.then(|| session.new_recovery_code()).transpose()?
            }
        };
        output.note("The backups password is changed, and the vault has a new key.");
        output.note("Earlier generations were removed from this machine; backups made before today still open with the old password.");
        if remembered {
            // The new key has no slot for the keyring yet.
            remember_again(output, &mut session);
        }
        match code {
            Some(code) => recovery::show(&code, output),
            None if output.format() == Format::Json => {
                output.json(&json!({ "recovery_code": null }))
            }
            None => Ok(()),
        }
    }
}

/// Has the keyring open the vault under its new key too. That it does not is no reason to call the change a failure.
fn remember_again(output: &Output<'_>, session: &mut Session<'_>) {
    if let Err(error) = output.meanwhile("Asking the keyring", || session.keep_in_keyring()) {
        let message = Failure::from(error).message();
        output.warning(&format!(
            "the keyring opens the vault no more ({message}): authr unlock --remember"
        ));
    }
}

/// Changes the password in vault and locker; `None` where the vault is no device of a server, and nothing was done.
fn at_server(
    output: &Output<'_>,
    session: &mut Session<'_>,
    old: Option<&authr_crypto::secret::Password>,
    new: &authr_crypto::secret::Password,
) -> Result<Option<Changed>, Failure> {
    let mut synced = Synced::default();
    let changed = output.meanwhile("Making a new key", || {
        password::change(session, &mut synced, old, new)
    });
    super::sync::warn(output, &synced);
    let changed = changed?;
    match changed {
        None => {}
        Some(Changed::Everywhere) => output.note("It restores your accounts from the server from now on. Your other devices open with the old one until it is changed there too."),
        Some(Changed::FollowedOthers) => output.note("It is the one that your other devices and the server have."),
    }
    Ok(changed)
}

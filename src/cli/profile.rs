use clap::{Args, Subcommand};
use serde_json::json;

use super::Invocation;
use super::output::Format;
use crate::app::profile;
use crate::app::sync::Synced;
use crate::failure::Failure;

/// Show who you are at the server
#[derive(Debug, Args)]
pub(super) struct Profile {
    #[command(subcommand)]
    command: ProfileCommand,
}

#[derive(Debug, Subcommand)]
enum ProfileCommand {
    /// Show number, server, devices and accounts
    Show,
}

impl Profile {
    pub(super) fn run(&self, invocation: &Invocation<'_>) -> Result<(), Failure> {
        let ProfileCommand::Show = self.command;
        let mut session = invocation.unlock_unasked()?;
        let output = &invocation.output;
        let mut synced = Synced::default();
        let profile = profile::show(&mut session, &mut synced);
        super::sync::warn(output, &synced);
        let profile = profile?;
        if output.format() == Format::Json {
            return output.json(&json!({
                "phone": profile.phone,
                "server": profile.server,
                "server_id": profile.server_id,
                "user": profile.user,
                "device": profile.device,
                "name": profile.name,
                "devices": profile.devices,
                "native_accounts": profile.native_accounts,
                "own_accounts": profile.own_accounts,
                "unsent": profile.unsent,
            }));
        }
        for (what, value) in [
            ("Number", profile.phone),
            ("Server", profile.server),
            ("Server's id", profile.server_id),
            (
                "This device",
                format!("{} ({})", profile.name, profile.device),
            ),
            ("Devices", profile.devices.to_string()),
            (
                "Accounts issued by sites",
                profile.native_accounts.to_string(),
            ),
            ("Accounts of your own", profile.own_accounts.to_string()),
            ("Changes not synced yet", profile.unsent.to_string()),
        ] {
            output.line(&format!("{what}: {value}"))?;
        }
        Ok(())
    }
}

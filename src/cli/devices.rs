use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::Invocation;
use super::output::{Column, Format, Output, Table};
use super::when;
use crate::app::devices::{self, Device};
use crate::app::sync::Synced;
use crate::failure::Failure;

/// Show and remove the devices of your number
#[derive(Debug, Args)]
pub(super) struct Devices {
    #[command(subcommand)]
    command: DevicesCommand,
}

#[derive(Debug, Subcommand)]
enum DevicesCommand {
    /// List the devices that have your accounts
    List,
    /// Remove a device that was lost; its codes are refused at once
    Remove {
        /// Its name, or the beginning of its id
        name: String,
    },
}

impl Devices {
    pub(super) fn run(&self, invocation: &Invocation<'_>) -> Result<(), Failure> {
        match &self.command {
            DevicesCommand::List => list(invocation),
            DevicesCommand::Remove { name } => remove(invocation, name),
        }
    }
}

fn list(invocation: &Invocation<'_>) -> Result<(), Failure> {
    let mut session = invocation.unlock_unasked()?;
    let output = &invocation.output;
    let mut synced = Synced::default();
    let devices = devices::list(&mut session, &mut synced);
    super::sync::warn(output, &synced);
    let devices = devices?;
    if output.format() == Format::Json {
        let rows: Vec<Value> = devices.iter().map(as_json).collect();
        return output.json(&rows);
    }
    table(output, &devices)
}

fn table(output: &Output<'_>, devices: &[Device]) -> Result<(), Failure> {
    // What tells a lost device from the others comes first: a narrow terminal has no room for the rest.
    let mut table = Table::new([
        Column::names("NAME"),
        Column::whole("ID"),
        Column::whole("LAST SEEN"),
        Column::whole("ADDED"),
        Column::whole("SYSTEM"),
    ]);
    for device in devices {
        let last_seen = match (device.this, device.last_seen) {
            (true, _) => "this device".to_owned(),
            (false, Some(at)) => when::rfc3339(at),
            (false, None) => "-".to_owned(),
        };
        table.row([
            device.name.clone(),
            device.id.to_string().chars().take(8).collect(),
            last_seen,
            when::rfc3339(device.added_at),
            device.system.clone(),
        ]);
    }
    output.table(&table)
}

fn as_json(device: &Device) -> Value {
    json!({
        "id": device.id.to_string(),
        "name": device.name,
        "system": device.system,
        "added_at": when::rfc3339(device.added_at),
        "last_seen": device.last_seen.map(when::rfc3339),
        "this": device.this,
    })
}

fn remove(invocation: &Invocation<'_>, typed: &str) -> Result<(), Failure> {
    let (mut session, password) = invocation.unlock_and_tell()?;
    let output = &invocation.output;
    let mut synced = Synced::default();
    let devices = devices::list(&mut session, &mut synced)?;
    let lost = devices::find(&devices, typed)?;
    output.note(&format!(
        "{} will be refused at once: its codes of sites, and all that is written from now on.",
        lost.name
    ));
    output.note("What it has already stays readable on it to whoever knows its password.");
    if !invocation
        .prompt
        .confirm(&format!("Remove {}?", lost.name))?
    {
        return Err(Failure::declined("Nothing was removed."));
    }
    let removed = output.meanwhile("Removing", || {
        devices::remove(&mut session, &mut synced, &password, &[lost.id])
    });
    // That this one is gone is what was asked for.
    synced.devices_removed.retain(|name| *name != lost.name);
    super::sync::warn(output, &synced);
    let readable = removed?;
    if output.format() == Format::Json {
        return output.json(&json!({ "removed": as_json(lost), "readable": readable }));
    }
    output.note(&format!("Removed {}.", lost.name));
    if !readable.is_empty() {
        output.note("It could read these accounts; have their sites issue new secrets, the most important first:");
        readable.iter().try_for_each(|name| output.line(name))?;
    }
    Ok(())
}

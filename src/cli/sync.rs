use clap::Args;
use serde_json::json;

use super::Invocation;
use super::output::{Column, Format, Output, Table};
use crate::app::sync::{self, DRIFT_SECONDS, Ended, Synced};
use crate::failure::Failure;

/// Exchange accounts with the server, and say what changed
#[derive(Debug, Args)]
pub(super) struct Sync {}

impl Sync {
    pub(super) fn run(&self, invocation: &Invocation<'_>) -> Result<(), Failure> {
        let Self {} = self;
        let mut session = invocation.unlock_unasked()?;
        let output = &invocation.output;
        let mut synced = Synced::default();
        let outcome = output.meanwhile("Syncing", || sync::sync(&mut session, &mut synced));
        // What was done before a failure is told too.
        if outcome.is_ok() || !changes(&synced).is_empty() || synced.sent > 0 {
            show(output, &synced)?;
        }
        warn(output, &synced);
        Ok(outcome?)
    }
}

/// What came, what went.
fn show(output: &Output<'_>, synced: &Synced) -> Result<(), Failure> {
    if output.format() == Format::Json {
        return output.json(&as_json(synced));
    }
    let changes = changes(synced);
    if changes.is_empty() && synced.sent == 0 {
        output.note("Nothing has changed.");
        return Ok(());
    }
    let mut table = Table::new([Column::whole("CHANGE"), Column::names("NAME")]);
    for (change, names) in changes {
        for name in names {
            table.row([change.to_owned(), name.to_owned()]);
        }
    }
    if !table.is_empty() {
        output.table(&table)?;
    }
    match synced.sent {
        0 => {}
        1 => output.note("One change of yours went to the server."),
        sent => output.note(&format!("{sent} changes of yours went to the server.")),
    }
    Ok(())
}

/// Each kind of change that there was, with the names.
fn changes(synced: &Synced) -> Vec<(&'static str, Vec<&str>)> {
    let (natives, received) = (&synced.natives, &synced.received);
    let of_accounts: [(&str, &[String]); 9] = [
        ("issued", &natives.new),
        ("renewed", &natives.renewed),
        ("ended", &natives.ended),
        ("added", &received.added),
        ("changed", &received.changed),
        ("returned", &received.returned),
        ("kept", &received.kept),
        ("conflict", &received.conflicts),
        ("deleted", &received.deleted),
    ];
    let of_accounts = of_accounts
        .into_iter()
        .map(|(change, names)| (change, names.iter().map(String::as_str).collect()));
    let removed = synced.devices_removed.iter().map(String::as_str).collect();
    of_accounts
        .chain([("device added", added(synced)), ("device removed", removed)])
        .filter(|(_, names): &(_, Vec<&str>)| !names.is_empty())
        .collect()
}

fn added(synced: &Synced) -> Vec<&str> {
    let devices = synced.devices_added.iter();
    devices.map(|device| device.name.as_str()).collect()
}

fn as_json(synced: &Synced) -> serde_json::Value {
    let (natives, received) = (&synced.natives, &synced.received);
    json!({
        "issued": natives.new,
        "renewed": natives.renewed,
        "ended": natives.ended,
        "unusable": natives.unusable,
        "added": received.added,
        "changed": received.changed,
        "returned": received.returned,
        "kept": received.kept,
        "conflicts": received.conflicts,
        "deleted": received.deleted,
        "doubles": received.doubles,
        "sent": synced.sent,
        "too_long": synced.too_long,
        "set_aside": synced.set_aside,
        "devices_added": added(synced),
        "devices_removed": synced.devices_removed,
        "password_changed": synced.password_changed_elsewhere,
        "clock_offset": synced.offset,
    })
}

/// What a person should act on, whichever command met it.
pub(super) fn warn(output: &Output<'_>, synced: &Synced) {
    for device in &synced.devices_added {
        let id: String = device.id.to_string().chars().take(8).collect();
        output.warning(&format!(
            "the device {} was added; if that was not you: authr devices remove {id}",
            device.name
        ));
    }
    if synced.password_changed_elsewhere {
        output.warning("the backups password was changed on another device; this one still opens with the old one: authr password change");
    }
    match synced.password_change {
        Some(Ended::Made) => output.warning("the change of the backups password that was begun is made: the new one is the only one now; where there was a recovery code, make a new one"),
        Some(Ended::Refused) => output.warning("the change of the backups password that was begun was refused: the old one is the only one now; where there was a recovery code, make a new one"),
        None => {}
    }
    let drift = synced.offset.unsigned_abs();
    if drift > DRIFT_SECONDS {
        let direction = if synced.offset > 0 { "behind" } else { "ahead" };
        output.warning(&format!(
            "this machine's clock is {drift} s {direction} of the server's: set it, or sites will refuse your codes"
        ));
    }
    let received = &synced.received;
    for name in &received.conflicts {
        output.warning(&format!(
            "two devices gave one account different secrets; the other one is kept as {name}"
        ));
    }
    for name in &received.kept {
        output.warning(&format!(
            "{name} was deleted on another device, and stays since it was edited here"
        ));
    }
    if received.doubles > 0 {
        output.note(&format!(
            "Accounts that were here and at the server became one each: {}.",
            received.doubles
        ));
    }
    if synced.set_aside > 0 {
        output.warning(&format!(
            "{} at the server cannot be taken in yet: written by a newer authr, or by a device whose clock is a day ahead",
            super::import::accounts(synced.set_aside)
        ));
    }
    for name in &synced.too_long {
        output.warning(&format!(
            "{name} is too long for the server, and stays on this machine alone: shorten its note"
        ));
    }
    if !synced.natives.unusable.is_empty() {
        output.warning(&format!(
            "this version makes no codes for {}; update authr",
            synced.natives.unusable.join(", ")
        ));
    }
    if synced.pushed_elsewhere {
        output.warning("another copy of this vault syncs as the same device: use one of them alone, and authr restore on the other machine");
    }
}

use clap::{Args, Subcommand};
use serde_json::json;

use super::Invocation;
use super::output::Format;
use crate::app::agent::{self, IpcError, Limits, Question, Reply, Status};
use crate::app::remember;
use crate::app::settings::{Setting, settings};
use crate::app::{Error, Session};
use crate::failure::{Failure, Kind};

/// Unlock the vault once, for all commands until it locks
#[derive(Debug, Args)]
pub(super) struct Unlock {
    /// Lock when the vault was not used for so long, as in 90s, 15m, 1h [default: agent.idle_lock of authr config]
    #[arg(long, value_name = "TIME", value_parser = |text: &str| Setting::IdleLock.parse(text))]
    idle: Option<u64>,
    /// Lock after so long in any case [default: agent.lock_after of authr config]
    #[arg(long, value_name = "TIME", value_parser = |text: &str| Setting::LockAfter.parse(text))]
    longest: Option<u64>,
    /// Have the operating system's keyring keep what opens the vault, so that authr unlock asks for no password from now on
    #[arg(long)]
    remember: bool,
    /// End that: the keyring opens the vault no more
    #[arg(long, conflicts_with_all = ["remember", "idle", "longest"])]
    forget: bool,
}

/// Lock the vault now
#[derive(Debug, Args)]
pub(super) struct Lock {}

/// See whether the vault is unlocked, or lock it
#[derive(Debug, Args)]
pub(super) struct Agent {
    #[command(subcommand)]
    command: Option<AgentCommand>,
}

#[derive(Debug, Subcommand)]
enum AgentCommand {
    /// Tell whether the vault is unlocked, and until when; no use of it
    Status,
    /// Lock the vault now
    Stop,
}

impl Unlock {
    pub(super) fn run(&self, invocation: &Invocation<'_>) -> Result<(), Failure> {
        if self.forget {
            return forget(invocation);
        }
        let output = &invocation.output;
        let store = invocation.store()?;
        let runs = match invocation.find_agent() {
            Ok(agent) => agent.is_some(),
            Err(Error::Agent(IpcError::OtherVersion { theirs })) => {
                output.warning(&format!("the agent of authr {theirs} ends"));
                agent::lock(invocation.context, &store)?;
                false
            }
            Err(error) => return Err(error.into()),
        };
        if runs && !self.remember {
            output.note("The vault is unlocked already; authr lock locks it.");
            return as_json(invocation);
        }
        let session = match self.remember {
            true => remember(invocation)?,
            false => invocation.unlock_unasked()?,
        };
        if runs {
            return as_json(invocation);
        }
        let set = Limits::of(&settings(&store)?);
        let limits = Limits {
            idle: self.idle.unwrap_or(set.idle),
            longest: self.longest.unwrap_or(set.longest),
        };
        agent::start(invocation.context, &session, limits)?;
        output.note(&format!(
            "Unlocked until authr lock, until it is not used for {}, or for {} at most.",
            in_words(limits.idle),
            in_words(limits.longest)
        ));
        as_json(invocation)
    }
}

/// The vault, opened as it always opens, and from now on by the keyring too.
fn remember<'a>(invocation: &Invocation<'a>) -> Result<Session<'a>, Failure> {
    let told = remember::look(invocation.context, &invocation.existing_store()?)?;
    let output = &invocation.output;
    let asking = "Asking the keyring";
    output.meanwhile(asking, || {
        remember::can_remember(invocation.context, told.vault)
    })?;
    let mut session = invocation.unlock()?;
    output.meanwhile(asking, || session.keep_in_keyring())?;
    output.note("The keyring keeps what opens the vault: whoever is signed in here as you needs no password for its codes. authr unlock --forget ends that.");
    Ok(session)
}

fn forget(invocation: &Invocation<'_>) -> Result<(), Failure> {
    let told = remember::look(invocation.context, &invocation.existing_store()?)?;
    if told.remembered {
        invocation.unlock_unasked()?.drop_keyring_slot()?;
    }
    let output = &invocation.output;
    // The slot went first: what fails here leaves the keyring with what opens this vault no more.
    let kept = output.meanwhile("Asking the keyring", || {
        remember::forget(invocation.context, told.vault)
    })?;
    output.note(match told.remembered || kept {
        true => "The keyring opens the vault no more.",
        false => "The keyring does not open this vault: there is nothing to forget.",
    });
    as_json(invocation)
}

impl Lock {
    pub(super) fn run(&self, invocation: &Invocation<'_>) -> Result<(), Failure> {
        lock(invocation)
    }
}

fn lock(invocation: &Invocation<'_>) -> Result<(), Failure> {
    let locked = agent::lock(invocation.context, &invocation.store()?)?;
    invocation.output.note(if locked {
        "Locked."
    } else {
        "The vault is locked already."
    });
    as_json(invocation)
}

impl Agent {
    pub(super) fn run(&self, invocation: &Invocation<'_>) -> Result<(), Failure> {
        match self.command {
            Some(AgentCommand::Stop) => lock(invocation),
            None | Some(AgentCommand::Status) => status(invocation),
        }
    }
}

fn status(invocation: &Invocation<'_>) -> Result<(), Failure> {
    let output = &invocation.output;
    if output.format() == Format::Json {
        return as_json(invocation);
    }
    match ask(invocation)? {
        None => output.line("locked"),
        Some(Status {
            process,
            idle_lock_in,
            lock_in,
        }) => output.line(&format!(
            "unlocked (process {process}): locks in {} without use, in {} at the latest",
            in_words(idle_lock_in),
            in_words(lock_in)
        )),
    }
}

/// How the agent stands, if there is one.
fn ask(invocation: &Invocation<'_>) -> Result<Option<Status>, Failure> {
    let Some(mut agent) = invocation.find_agent()? else {
        return Ok(None);
    };
    match agent.ask(&Question::Status)? {
        Reply::Status(status) => Ok(Some(status)),
        Reply::Locked => Ok(None),
        Reply::Done(_) | Reply::Refused(_) => {
            Err(Failure::new(Kind::Failed, "the agent does not tell"))
        }
    }
}

/// How the agent stands, for scripts: whatever unlocks or locks leaves this behind.
fn as_json(invocation: &Invocation<'_>) -> Result<(), Failure> {
    let output = &invocation.output;
    if output.format() == Format::Text {
        return Ok(());
    }
    let status = ask(invocation)?;
    output.json(&json!({
        "unlocked": status.is_some(),
        "process": status.as_ref().map(|status| status.process),
        "idle_lock_in": status.as_ref().map(|status| status.idle_lock_in),
        "lock_in": status.as_ref().map(|status| status.lock_in),
    }))
}

/// A time in the largest units that it fills.
fn in_words(seconds: u64) -> String {
    let (hours, minutes) = (seconds / 3600, seconds / 60 % 60);
    match (hours, minutes, seconds % 60) {
        (0, 0, seconds) => format!("{seconds} s"),
        (0, minutes, 0) => format!("{minutes} min"),
        (0, minutes, seconds) => format!("{minutes} min {seconds} s"),
        (hours, 0, _) => format!("{hours} h"),
        (hours, minutes, _) => format!("{hours} h {minutes} min"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_said_as_a_person_would() {
        let said = [0, 59, 60, 61, 900, 3600, 43_199, 43_200].map(in_words);
        let expected = [
            "0 s",
            "59 s",
            "1 min",
            "1 min 1 s",
            "15 min",
            "1 h",
            "11 h 59 min",
            "12 h",
        ];
        assert_eq!(said, expected);
    }
}

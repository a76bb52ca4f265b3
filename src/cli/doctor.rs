use std::path::Path;

use clap::Args;
use serde_json::{Value, json};

use super::Invocation;
use super::output::Format;
use super::when;
use crate::app::Error;
use crate::app::damage::Opened;
use crate::app::doctor::{Finding, examine, examine_server};
use crate::failure::Failure;

/// See what is wrong here, and the command that mends it
///
/// Without --online nothing is asked for, neither the password nor the network; whether the accounts themselves are whole shows only
/// once the vault opens. The exit code is 5 where the vault is damaged; anything else that is found leaves it 0.
#[derive(Debug, Args)]
pub(super) struct Doctor {
    /// Open the vault, and ask its server: whether it answers, and what time it has
    #[arg(long)]
    online: bool,
}

impl Doctor {
    pub(super) fn run(&self, invocation: &Invocation<'_>) -> Result<(), Failure> {
        let mut findings = examine(invocation.context, &invocation.store()?)?;
        let closed = |finding: &Finding| {
            matches!(
                finding,
                Finding::NoVault | Finding::Damaged { .. } | Finding::OlderThanSeen { .. }
            )
        };
        if self.online && !findings.iter().any(closed) {
            let session = match invocation.unlock_or_damage()? {
                Opened::Whole(session) => session,
                Opened::Damaged(damage) => {
                    findings.push(Finding::of_damage(
                        &damage,
                        invocation.store()?.vault_path(),
                    ));
                    return show(invocation, &findings).and(Err(damage.error().into()));
                }
            };
            let ask = || examine_server(&session);
            match invocation.output.meanwhile("Asking the server", ask) {
                Some(found) => {
                    // What it says now counts, not what it said at the last sync; and what the vault knows of a registration,
                    // not the file of its beginning.
                    let unanswered = found.iter().any(|one| matches!(one, Finding::Unanswered));
                    findings.retain(|finding| match finding {
                        Finding::Clock { .. } => false,
                        Finding::Unfinished { .. } => !unanswered,
                        _ => true,
                    });
                    findings.extend(found);
                }
                None => {
                    let note = "This vault is registered at no server: nobody was asked.";
                    invocation.output.note(note);
                }
            }
        }
        show(invocation, &findings)?;
        let damage = findings.into_iter().find_map(|finding| match finding {
            Finding::Damaged { path, source, .. } => Some(Error::Damaged { path, source }),
            _ => None,
        });
        damage.map_or(Ok(()), |error| Err(error.into()))
    }
}

fn show(invocation: &Invocation<'_>, findings: &[Finding]) -> Result<(), Failure> {
    let output = &invocation.output;
    if output.format() == Format::Json {
        let as_json = |finding| {
            let (name, says, mends) = words(finding);
            json!({ "finding": name, "message": says, "command": mends })
        };
        let all: Vec<Value> = findings.iter().map(as_json).collect();
        return output.json(&all);
    }
    if findings.is_empty() {
        output.note("Nothing is wrong here.");
    }
    findings.iter().try_for_each(|finding| {
        let (_, says, mends) = words(finding);
        output.line(&format!("{says}: {mends}"))
    })
}

/// What makes the vault that is there the newest that was seen.
const BEGIN_ANEW: &str = "authr list --accept-rollback";

/// The name of a finding in JSON, a contract with scripts; what it says; the command that mends it.
fn words(finding: &Finding) -> (&'static str, String, String) {
    match finding {
        Finding::BadSettings { path, error } => (
            "bad-settings",
            error.to_string(),
            format!("${{EDITOR:-vi}} {}", quoted(path)),
        ),
        Finding::OtherAgent { .. }
        | Finding::AgentWithoutVault
        | Finding::SocketFolder { .. } => of_agent(finding),
        Finding::Unfinished { .. } | Finding::DamagedRequest(_) | Finding::Unanswered => {
            of_registration(finding)
        }
        Finding::Leftover(path) => (
            "leftover",
            format!("{} is left of an authr that was killed", path.display()),
            format!("rm {}", quoted(path)),
        ),
        Finding::NoVault => (
            "no-vault",
            "There is no vault yet".into(),
            "authr add".into(),
        ),
        Finding::Damaged {
            path,
            source,
            whole_of,
        } => of_damage(path, source, *whole_of),
        Finding::OlderThanSeen { here, seen } => (
            "older-than-seen",
            format!("The vault is of generation {here}, and {seen} was seen here; if you put it there"),
            BEGIN_ANEW.into(),
        ),
        Finding::DamagedState(path) => (
            "damaged-state",
            format!("{} is damaged; if you trust the vault", path.display()),
            BEGIN_ANEW.into(),
        ),
        Finding::Open(path) => (
            "open-to-others",
            format!("Other users of this machine can open {}", path.display()),
            format!("chmod go= {}", quoted(path)),
        ),
        Finding::NoCopy => (
            "no-copy",
            "No copy of the vault was made elsewhere".into(),
            "authr backup create FILE".into(),
        ),
        Finding::OldCopy { at } => (
            "old-copy",
            format!("The newest copy elsewhere was made {}", when::rfc3339(*at)),
            "authr backup create FILE".into(),
        ),
        Finding::NoRecoveryCode => (
            "no-recovery-code",
            "Nothing but the backups password opens the vault".into(),
            "authr recovery new".into(),
        ),
        Finding::CheapPassword => (
            "cheap-password",
            "A guess at the backups password is cheaper than in a new vault, until it opens this one once more".into(),
            "authr list".into(),
        ),
        Finding::DamagedGenerations(count) => (
            "damaged-generations",
            format!("Of the earlier generations, {count} cannot be read; the disk may be failing"),
            "authr backup create FILE".into(),
        ),
        Finding::Clock { offset } => of_clock(*offset),
        Finding::Server(error) => of_server(error),
    }
}

fn of_agent(finding: &Finding) -> (&'static str, String, String) {
    match finding {
        Finding::OtherAgent { theirs } => (
            "other-agent",
            format!("The agent that runs is of authr {theirs}"),
            "authr lock".into(),
        ),
        Finding::SocketFolder { path, problem } => (
            "socket-folder",
            format!(
                "{} {problem}: no agent can be reached there",
                path.display()
            ),
            format!("ls -ld {}", quoted(path)),
        ),
        _ => (
            "agent-without-vault",
            "An agent holds a vault open that is gone".into(),
            "authr lock".into(),
        ),
    }
}

fn of_registration(finding: &Finding) -> (&'static str, String, String) {
    match finding {
        Finding::Unfinished {
            command,
            code_is_good: true,
            phone,
        } => (
            "unfinished-registration",
            format!("A registration of {phone} waits for the code that was sent"),
            format!("authr {command} --finish CODE"),
        ),
        Finding::Unfinished { command, phone, .. } => (
            "unfinished-registration",
            format!("A registration of {phone} was begun, and has no code that is good any more"),
            format!("authr {command} {phone}"),
        ),
        Finding::DamagedRequest(path) => (
            "damaged-registration",
            format!("{} is damaged, and what was begun is lost", path.display()),
            format!("rm {}", quoted(path)),
        ),
        _ => (
            "unanswered-registration",
            "This device is registered, as far as it knows; the server's answer has not come"
                .into(),
            "authr sync".into(),
        ),
    }
}

fn of_damage(
    path: &Path,
    source: &authr_core::vault::OpenError,
    whole_of: Option<u64>,
) -> (&'static str, String, String) {
    let says = format!("{}: {source}", path.display());
    match whole_of {
        Some(at) => (
            "damaged-vault",
            format!("{says}; the generation of {} is whole", when::rfc3339(at)),
            "authr undo".into(),
        ),
        None => (
            "damaged-vault",
            format!("{says}; no earlier generation here is whole"),
            "authr restore FILE".into(),
        ),
    }
}

fn of_clock(offset: i64) -> (&'static str, String, String) {
    let direction = if offset > 0 { "behind" } else { "ahead of" };
    let seconds = offset.unsigned_abs();
    (
        "clock",
        format!(
            "This machine's clock is {seconds} s {direction} the server's, and sites refuse its codes"
        ),
        set_clock().into(),
    )
}

fn of_server(error: &Error) -> (&'static str, String, String) {
    let says = error.to_string();
    match error {
        Error::DeviceRemoved { phone } => {
            ("device-removed", says, format!("authr restore {phone}"))
        }
        error if error.server_code().is_none() => ("server-unreachable", says, "authr sync".into()),
        _ => ("server-refuses", says, "authr sync".into()),
    }
}

/// What sets the clock by the network.
fn set_clock() -> &'static str {
    if cfg!(target_os = "macos") {
        "sudo sntp -sS time.apple.com"
    } else {
        "sudo timedatectl set-ntp true"
    }
}

/// A path as a shell takes it.
fn quoted(path: &Path) -> String {
    format!("'{}'", path.display().to_string().replace('\'', r"'\''"))
}

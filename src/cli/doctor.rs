use clap::Args;
use serde_json::{Value, json};

use super::Invocation;
use super::output::Format;
use super::when;
use crate::app::doctor::{Finding, examine};
use crate::failure::Failure;

/// See what is wrong here, and the command that mends it
#[derive(Debug, Args)]
pub(super) struct Doctor {}

impl Doctor {
    pub(super) fn run(&self, invocation: &Invocation<'_>) -> Result<(), Failure> {
        let findings = examine(invocation.context, &invocation.store()?)?;
        let output = &invocation.output;
        if output.format() == Format::Json {
            let all: Vec<Value> = findings
                .iter()
                .map(|finding| {
                    let (name, says, mends) = words(finding);
                    json!({ "finding": name, "message": says, "command": mends })
                })
                .collect();
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
}

/// The name of a finding in JSON, a contract with scripts; what it says; the command that mends it.
fn words(finding: &Finding) -> (&'static str, String, String) {
    let (name, says, mends) = match finding {
        Finding::NoVault => (
            "no-vault",
            "There is no vault yet".to_owned(),
            "authr add".to_owned(),
        ),
        Finding::Open(path) => (
            "open-to-others",
            format!("Other users of this machine can open {}", path.display()),
            format!("chmod go= '{}'", path.display()),
        ),
        Finding::NoCopy => (
            "no-copy",
            "No copy of the vault was made elsewhere".to_owned(),
            "authr backup create FILE".to_owned(),
        ),
        Finding::OldCopy { at } => (
            "old-copy",
            format!("The newest copy elsewhere was made {}", when::rfc3339(*at)),
            "authr backup create FILE".to_owned(),
        ),
        Finding::NoRecoveryCode => (
            "no-recovery-code",
            "Nothing but the backups password opens the vault".to_owned(),
            "authr recovery new".to_owned(),
        ),
        Finding::CheapPassword => (
            "cheap-password",
            "A guess at the backups password is cheaper than in a new vault".to_owned(),
            "authr list, with the password, makes it dear".to_owned(),
        ),
        Finding::DamagedGenerations(count) => (
            "damaged-generations",
            format!("Of the earlier generations, {count} cannot be read"),
            "authr backup create FILE, and look at the disk".to_owned(),
        ),
    };
    (name, says, mends)
}

use authr_core::vault::recovery::to_text;
use authr_crypto::secret::RecoveryCode;
use clap::{Args, Subcommand};
use qrcode::{EcLevel, QrCode};
use serde_json::json;

use super::Invocation;
use super::output::{Format, Output};
use super::prompt::PasswordSource;
use crate::failure::{Failure, Kind};

/// Make or check the recovery code, the printed second way into the vault
#[derive(Debug, Args)]
pub(super) struct Recovery {
    #[command(subcommand)]
    command: RecoveryCommand,
}

#[derive(Debug, Subcommand)]
enum RecoveryCommand {
    /// Make a code and show it once; a code made before opens the vault no more
    New,
    /// Check that a code opens the vault
    Check,
}

impl Recovery {
    pub(super) fn run(&self, invocation: &Invocation<'_>) -> Result<(), Failure> {
        match self.command {
            RecoveryCommand::New => new(invocation),
            RecoveryCommand::Check => check(invocation),
        }
    }
}

fn new(invocation: &Invocation<'_>) -> Result<(), Failure> {
    let mut session = invocation.unlock()?;
    if session.has_recovery_code() {
        let question = "The recovery code made before will open the vault no more. Make a new one?";
        if !invocation.prompt.confirm(question)? {
            return Err(Failure::declined("The recovery code stays as it is."));
        }
    }
    show(&session.new_recovery_code()?, &invocation.output)
}

fn check(invocation: &Invocation<'_>) -> Result<(), Failure> {
    let asked = PasswordSource::new(None, None);
    let code = invocation.recovery_code(invocation.recovery.as_ref().unwrap_or(&asked))?;
    invocation.unlock_with_code(&code)?;
    let output = &invocation.output;
    if output.format() == Format::Json {
        return output.json(&json!({ "opens": true }));
    }
    output.note("The recovery code opens the vault.");
    Ok(())
}

/// Shows a code, as text and, on a terminal, as a QR code. It is kept nowhere.
pub(super) fn show(code: &RecoveryCode, output: &Output<'_>) -> Result<(), Failure> {
    let text = to_text(code);
    if output.format() == Format::Json {
        return output.json(&json!({ "recovery_code": text.as_str() }));
    }
    output.line(&text)?;
    output.note("This is the recovery code. It opens the vault without the password, and is shown this once.");
    output.note("Print it, or write it down, and keep it away from this machine. To open with it:");
    output.note("  authr password change --recovery-code-file FILE");
    if output.is_terminal() {
        let picture = QrCode::with_error_correction_level(text.as_bytes(), EcLevel::M);
        let picture = picture.map_err(|_| Failure::new(Kind::Failed, "no QR code holds it"))?;
        if output.picture(&picture).is_err() {
            output.note("The terminal is too narrow for its QR code.");
        }
    }
    Ok(())
}

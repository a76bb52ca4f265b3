use std::path::{Path, PathBuf};

use authr_otp::uri::{self, UriAccount};
use clap::Args;
use qrcode::{EcLevel, QrCode};
use serde_json::json;

use super::Invocation;
use super::drawing::Drawing;
use super::output::Format;
use crate::app::accounts::find;
use crate::app::files::{self, Existing};
use crate::failure::{Failure, Kind};

/// Show an account as a QR code, for another authenticator to scan
#[derive(Debug, Args)]
pub(super) struct Qr {
    /// Issuer, label, issuer:label, or the beginning of an id
    #[arg(value_name = "NAME")]
    account: String,
    /// Write it to FILE, whose name ends in .png or .svg, instead of the terminal
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

impl Qr {
    pub(super) fn run(&self, invocation: &Invocation<'_>) -> Result<(), Failure> {
        // Nobody types a password for a picture that cannot be.
        let file = match &self.output {
            None => None,
            Some(path) => Some((path, drawing_for(path)?)),
        };
        let session = invocation.unlock()?;
        let account = find(session.content(), &self.account)?;
        if account.is_native() {
            let message = format!("{} was issued to this device alone", account.name());
            return Err(Failure::new(Kind::Failed, message));
        }
        let uri = uri::render(&UriAccount {
            issuer: account.issuer.clone(),
            label: account.label.clone(),
            otp: account.otp.duplicate(),
            tags: Vec::new(),
        })
        .map_err(|error| Failure::new(Kind::Failed, error))?;
        let output = &invocation.output;
        if output.format() == Format::Json && file.is_none() {
            return output.json(&json!({ "uri": uri.as_str() }));
        }
        let code = QrCode::with_error_correction_level(uri.as_bytes(), EcLevel::L)
            .map_err(|_| Failure::new(Kind::Failed, "the account is too long for a QR code"))?;
        if let Some((path, drawing)) = file {
            return write(invocation, path, drawing, &code);
        }
        output.picture(&code)?;
        output.note("Whoever scans this has the account; clear the screen afterwards.");
        Ok(())
    }
}

fn drawing_for(path: &Path) -> Result<Drawing, Failure> {
    let drawing = path.extension().and_then(Drawing::of_suffix);
    drawing.ok_or_else(|| {
        let message = format!("{} ends in neither .png nor .svg", path.display());
        Failure::new(Kind::Usage, message).hint("name the file .png for pixels, .svg for shapes")
    })
}

fn write(
    invocation: &Invocation<'_>,
    path: &Path,
    drawing: Drawing,
    code: &QrCode,
) -> Result<(), Failure> {
    if path.exists() {
        invocation.confirm_replacing(path)?;
    }
    files::write(path, &drawing.draw(code), Existing::Replace)?;
    let (output, file) = (&invocation.output, path.display().to_string());
    output.note(&format!(
        "Wrote {file}. Whoever sees it has the account; delete it afterwards."
    ));
    match output.format() {
        Format::Json => output.json(&json!({ "file": file })),
        Format::Text => Ok(()),
    }
}

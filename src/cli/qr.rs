use authr_otp::uri::{self, UriAccount};
use clap::Args;
use qrcode::{EcLevel, QrCode};
use serde_json::json;

use super::Invocation;
use super::output::Format;
use crate::app::accounts::find;
use crate::failure::{Failure, Kind};

/// Show an account as a QR code, for another authenticator to scan
#[derive(Debug, Args)]
pub(super) struct Qr {
    /// Issuer, label, issuer:label, or the beginning of an id
    #[arg(value_name = "NAME")]
    account: String,
}

impl Qr {
    pub(super) fn run(&self, invocation: &Invocation<'_>) -> Result<(), Failure> {
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
        if output.format() == Format::Json {
            return output.json(&json!({ "uri": uri.as_str() }));
        }
        let code = QrCode::with_error_correction_level(uri.as_bytes(), EcLevel::L)
            .map_err(|_| Failure::new(Kind::Failed, "the account is too long for a QR code"))?;
        output.picture(&code)?;
        output.note("Whoever scans this has the account; clear the screen afterwards.");
        Ok(())
    }
}

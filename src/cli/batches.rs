//! Google's batches as QR codes: pictures that Google Authenticator scans one after the other.

use std::path::{Path, PathBuf};

use authr_formats::write::Exported;
use authr_otp::migration;
use authr_otp::uri::UriAccount;
use qrcode::{EcLevel, QrCode};

use super::Invocation;
use super::drawing::Drawing;
use super::import::accounts as counted;
use super::output::Format;
use crate::app::files::{self, Existing};
use crate::failure::{Failure, Kind};

/// Where batches go.
pub(super) enum Place<'a> {
    /// Files of this kind, named for this one.
    Files(&'a Path, Drawing),
    /// Files in this folder.
    Folder(&'a Path),
    /// The terminal.
    Terminal,
}

impl<'a> Place<'a> {
    /// That of an output that is meant for pictures; none for one that is meant for lines of text.
    pub(super) fn of(output: &'a Path, invocation: &Invocation<'_>) -> Option<Self> {
        if output.as_os_str() == "-" {
            let output = &invocation.output;
            let shown = output.is_terminal() && output.format() == Format::Text;
            return shown.then_some(Self::Terminal);
        }
        if output.is_dir() {
            return Some(Self::Folder(output));
        }
        let drawing = Drawing::of_suffix(output.extension()?)?;
        Some(Self::Files(output, drawing))
    }

    /// The file of a batch.
    fn file(&self, number: usize, of: usize) -> Option<(PathBuf, Drawing)> {
        match self {
            Self::Terminal => None,
            Self::Folder(folder) => {
                let name = format!("google-{number}-of-{of}.png");
                Some((folder.join(name), Drawing::Png))
            }
            Self::Files(path, drawing) if of == 1 => Some((path.to_path_buf(), *drawing)),
            Self::Files(path, drawing) => {
                let mut name = path.file_stem().unwrap_or_default().to_owned();
                name.push(format!("-{number}-of-{of}."));
                name.push(path.extension().unwrap_or_default());
                Some((path.with_file_name(name), *drawing))
            }
        }
    }
}

/// Shows or writes the batches of accounts that all fit; the names of the files.
pub(super) fn write(
    invocation: &Invocation<'_>,
    place: &Place<'_>,
    accounts: &[Exported],
) -> Result<Vec<PathBuf>, Failure> {
    let id = u32::from_be_bytes(invocation.context.random.bytes());
    let copies: Vec<UriAccount> = accounts.iter().map(copy).collect();
    let batches = migration::render(&copies, id);
    let batches = batches.map_err(|error| Failure::new(Kind::Failed, error))?;
    let code = |batch: &str| {
        QrCode::with_error_correction_level(batch, EcLevel::L)
            .expect("because a batch is kept small enough for a code")
    };
    let codes: Vec<QrCode> = batches.iter().map(|batch| code(batch)).collect();
    let of = codes.len();
    let files = (1..=of).filter_map(|number| place.file(number, of));
    let files: Vec<(PathBuf, Drawing)> = files.collect();
    // Before any is written.
    for (path, _) in files.iter().filter(|(path, _)| path.exists()) {
        invocation.confirm_replacing(path)?;
    }
    let output = &invocation.output;
    for (code, (path, drawing)) in codes.iter().zip(&files) {
        files::write(path, &drawing.draw(code), Existing::Replace)?;
    }
    if files.is_empty() {
        for (number, code) in (1..).zip(&codes) {
            output.picture(code)?;
            output.note(&format!("Part {number} of {of}."));
        }
        output.note("Whoever scans these has the accounts; clear the screen afterwards.");
    } else {
        let names: Vec<String> = (files.iter())
            .map(|(path, _)| path.display().to_string())
            .collect();
        let accounts = counted(accounts.len());
        let names = names.join(", ");
        output.note(&format!(
            "Wrote {accounts} in clear text to {names}. Whoever sees them has the accounts; delete them afterwards."
        ));
    }
    Ok(files.into_iter().map(|(path, _)| path).collect())
}

fn copy(exported: &Exported) -> UriAccount {
    let account = &exported.account;
    UriAccount {
        issuer: account.issuer.clone(),
        label: account.label.clone(),
        otp: account.otp.duplicate(),
        tags: Vec::new(),
    }
}

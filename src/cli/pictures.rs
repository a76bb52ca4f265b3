//! Accounts in pictures of QR codes: files, the clipboard, the screen.

use std::path::{Path, PathBuf};

use authr_formats::{Format, MAX_FILE_BYTES, Parsed};
use clap::Args;
use data_encoding::HEXLOWER;
use zeroize::Zeroizing;

use super::Invocation;
use super::import::piped;
use crate::app::import::ForeignFile;
use crate::failure::{Failure, Kind};

/// Where pictures come from.
#[derive(Debug, Args)]
#[group(multiple = false)]
pub(super) struct Pictures {
    /// Read the account from QR codes in pictures (PNG, JPEG, WebP); - for standard input
    #[arg(long, value_name = "FILE", num_args = 1.., conflicts_with = "uri")]
    qr: Vec<PathBuf>,
    /// Read the account from what lies in the clipboard: a picture of a QR code, or a URI
    #[arg(long, conflicts_with = "uri")]
    clipboard: bool,
    /// Read the account from a QR code that the screen shows
    #[arg(long, conflicts_with = "uri")]
    screen: bool,
}

/// What pictures hold, and what they are called together.
pub(super) struct Found {
    pub(super) parsed: Parsed,
    pub(super) from: String,
}

impl Pictures {
    /// What was found in the pictures that the command line names; none where it names none.
    pub(super) fn read(&self, invocation: &Invocation<'_>) -> Result<Option<Found>, Failure> {
        let context = invocation.context;
        if self.clipboard {
            let content = context.clipboard.content().map_err(|error| {
                Failure::new(Kind::Failed, error).hint("authr add -, and paste the URI")
            })?;
            return self.one(invocation, "the clipboard", content, None);
        }
        if self.screen {
            let name = HEXLOWER.encode(&context.random.bytes::<8>());
            let shoot = || context.screen.picture(&name, MAX_FILE_BYTES);
            let picture = invocation.output.meanwhile("Looking at the screen", shoot);
            let picture = picture.map_err(|error| {
                let hint = "authr add --qr FILE, with a picture that you took";
                Failure::new(Kind::Failed, error).hint(hint)
            })?;
            return self.one(invocation, "the screen", picture, Some(Format::Image));
        }
        let mut whole: Option<Parsed> = None;
        for path in &self.qr {
            let file = match path.as_os_str() == "-" {
                true => ForeignFile::named(Path::new("standard input"), piped(invocation)?),
                false => ForeignFile::open(path)?,
            };
            let parsed = read(invocation, &file, Some(Format::Image))?;
            match &mut whole {
                None => whole = Some(parsed),
                Some(whole) => whole.absorb(parsed),
            }
        }
        let names = self.qr.iter().map(|path| path.display().to_string());
        let from = names.collect::<Vec<_>>().join(", ");
        Ok(whole.map(|parsed| Found { parsed, from }))
    }

    fn one(
        &self,
        invocation: &Invocation<'_>,
        name: &str,
        content: Zeroizing<Vec<u8>>,
        format: Option<Format>,
    ) -> Result<Option<Found>, Failure> {
        let file = ForeignFile::named(Path::new(name), content);
        let parsed = read(invocation, &file, format)?;
        let from = name.to_owned();
        Ok(Some(Found { parsed, from }))
    }
}

fn read(
    invocation: &Invocation<'_>,
    file: &ForeignFile,
    format: Option<Format>,
) -> Result<Parsed, Failure> {
    let work = || file.parse(format, None);
    Ok(invocation.output.meanwhile("Reading", work)?)
}

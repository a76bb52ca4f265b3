//! Other authenticators' files, in and out.
//!
//! Pure: a file's bytes come in, and accounts go out, each with its place, beside those that could not be taken and
//! why. A file is never refused for one bad account in it, and no account is left out in silence.
//!
//! - [`parse`]: tells the format by content and reads it
//! - [`uri_list`]: accounts as `otpauth://` URIs, a line each

mod limits;
pub mod uri_list;

use std::fmt;

use authr_otp::Name;
use authr_otp::uri::{UriAccount, UriError};

pub use limits::{MAX_ENTRIES, MAX_FILE_BYTES};

/// Reads a file, whatever it is.
///
/// # Errors
/// [`FormatError`] where the file as a whole cannot be read; what is wrong with one account stands in
/// [`Parsed::rejected`].
pub fn parse(file: &[u8]) -> Result<Parsed, FormatError> {
    if file.len() > MAX_FILE_BYTES {
        return Err(FormatError::TooLarge);
    }
    let text = std::str::from_utf8(file).map_err(|_| FormatError::NotRecognised)?;
    // Windows marks its text files with a byte order mark.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if uri_list::is_recognised(text) {
        return uri_list::parse(text);
    }
    Err(FormatError::NotRecognised)
}

/// What a file held.
#[derive(Debug)]
pub struct Parsed {
    /// Which format it was.
    pub format: Format,
    /// The accounts, in the file's order.
    pub accounts: Vec<Imported>,
    /// What was no account, in the file's order.
    pub rejected: Vec<Rejected>,
}

/// An account out of a file.
#[derive(Debug)]
pub struct Imported {
    /// Where it stood: in a list the line, counted from 1.
    pub position: usize,
    /// What the file says of it.
    pub account: UriAccount,
}

/// Something in a file that could not be taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejected {
    /// Where it stood: in a list the line, counted from 1.
    pub position: usize,
    /// What it is called, as far as that is known.
    pub name: Option<Name>,
    /// Why.
    pub reason: UriError,
}

/// The formats that are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Format {
    /// `otpauth://` URIs, a line each.
    UriList,
}

impl Format {
    /// The name on the command line and in JSON.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::UriList => "otpauth",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Why a file cannot be read at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FormatError {
    /// The file is larger than [`MAX_FILE_BYTES`].
    #[error("the file is larger than {} MiB", MAX_FILE_BYTES >> 20)]
    TooLarge,
    /// The content is of no known format.
    #[error("the format is not recognised; known are: lists of otpauth:// URIs, a line each")]
    NotRecognised,
    /// There are more than [`MAX_ENTRIES`] accounts and lines that are none.
    #[error("the file has more than {MAX_ENTRIES} entries")]
    TooManyEntries,
}

//! Why a file cannot be read at all.

use crate::Format;
use crate::limits::{MAX_ENTRIES, MAX_FILE_BYTES};

/// Why a file cannot be read at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FormatError {
    /// The file, or what it unpacks to, is larger than [`MAX_FILE_BYTES`].
    #[error("the file is larger than {} MiB, or unpacks to too much", MAX_FILE_BYTES >> 20)]
    TooLarge,
    /// The content is of no known format.
    #[error("the format is not recognised")]
    NotRecognised,
    /// There are more than [`MAX_ENTRIES`] accounts and lines that are none.
    #[error("the file has more than {MAX_ENTRIES} entries")]
    TooManyEntries,
    /// The file is encrypted, and no password was given.
    #[error("the file ({}) is encrypted: its password is needed", format.title())]
    PasswordNeeded {
        /// What it is.
        format: Format,
    },
    /// The file is encrypted, has no mark of its format, and no password was given.
    #[error(
        "the format is not recognised; a password would tell whether it is andOTP's or Authenticator Plus'"
    )]
    PasswordWouldTell,
    /// The password is wrong: the format can tell.
    #[error("wrong password")]
    WrongPassword,
    /// The format cannot tell a wrong password from damage.
    #[error("the password is wrong or the file is damaged: this format cannot tell which")]
    WrongPasswordOrDamaged,
    /// Tried as everything that has no mark.
    #[error(
        "the format is not recognised, or the password is wrong: tried as andOTP (new and old) and Authenticator Plus"
    )]
    NothingOpens,
    /// The file is not what its format has.
    #[error("{}{what}", before(*what))]
    Damaged {
        /// What is wrong.
        what: Damage,
    },
    /// The file asks for more work than any program would.
    #[error("the file asks for an {kdf} that is out of range")]
    KdfOutOfRange {
        /// Which KDF.
        kdf: &'static str,
    },
    /// The file is encrypted with a key that the person does not have.
    #[error("the file cannot be opened elsewhere: {why}")]
    Sealed {
        /// What to do instead.
        why: &'static str,
    },
}

/// What is wrong with a damaged file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Damage {
    /// The file stops in the middle.
    #[error("it ends early")]
    EndsEarly,
    /// No text where there should be.
    #[error("it is no UTF-8 text")]
    NotText,
    /// No JSON.
    #[error("it is no JSON")]
    NotJson,
    /// No XML.
    #[error("it is no XML")]
    NotXml,
    /// No zip file.
    #[error("it is no zip file, or one of a kind that is not supported")]
    NotZip,
    /// No database.
    #[error("it is no SQLite database, or lacks a table")]
    NotSqlite,
    /// No Java stream.
    #[error("it is no Java object stream of strings")]
    NotJava,
    /// No KeePass database.
    #[error("it is no KeePass database, or one of a kind that is not supported")]
    NotKeePass,
    /// No CSV.
    #[error("it is no CSV, or lacks a column")]
    NotCsv,
    /// No picture.
    #[error("it is no picture, or has more than 16 million pixels")]
    NotPicture,
    /// A picture without a code.
    #[error("no QR code is found in the picture")]
    NoCode,
    /// A field is missing, or of another type.
    #[error("the field {field} is missing or not what it should be")]
    Field {
        /// Which one.
        field: &'static str,
    },
    /// What the password opened does not have the right seal.
    #[error("the password is right and the content is not whole")]
    Content,
}

/// A picture without a code may be a fine one.
fn before(what: Damage) -> &'static str {
    match what {
        Damage::NoCode | Damage::NotPicture => "",
        _ => "the file is damaged: ",
    }
}

impl FormatError {
    pub(crate) fn field(field: &'static str) -> Self {
        Self::Damaged {
            what: Damage::Field { field },
        }
    }

    pub(crate) fn content() -> Self {
        Self::Damaged {
            what: Damage::Content,
        }
    }
}

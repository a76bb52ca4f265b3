//! Zip files: the one member that matters, within its limits.

use std::borrow::Cow;
use std::io::{Cursor, Read};

use zeroize::Zeroizing;
use zip::ZipArchive;
use zip::result::ZipError;

use crate::limits::{MAX_FILE_BYTES, MAX_ZIP_MEMBERS, MAX_ZIP_RATIO};
use crate::{Damage, FormatError};

/// How every zip file begins.
pub(crate) const MAGIC: &[u8] = b"PK\x03\x04";

/// A zip file.
pub(crate) struct Zip<'a>(ZipArchive<Cursor<&'a [u8]>>);

const DAMAGED: FormatError = FormatError::Damaged {
    what: Damage::NotZip,
};

impl<'a> Zip<'a> {
    pub(crate) fn open(file: &'a [u8]) -> Result<Self, FormatError> {
        let archive = ZipArchive::new(Cursor::new(file)).map_err(|_| DAMAGED)?;
        if archive.len() > MAX_ZIP_MEMBERS {
            return Err(FormatError::TooManyEntries);
        }
        Ok(Self(archive))
    }

    /// The names of the members.
    pub(crate) fn names(&self) -> impl Iterator<Item = Cow<'_, str>> {
        self.0.file_names().filter_map(Result::ok)
    }

    /// Whether a member needs a password.
    pub(crate) fn is_encrypted(&mut self, name: &str) -> bool {
        let index = self.0.index_for_name(name);
        index.is_some_and(|index| {
            self.0
                .by_index_raw(index)
                .is_ok_and(|member| member.encrypted())
        })
    }

    /// The content of a member.
    pub(crate) fn read(
        &mut self,
        name: &str,
        password: Option<&str>,
    ) -> Result<Zeroizing<Vec<u8>>, FormatError> {
        let index = self.0.index_for_name(name).ok_or(DAMAGED)?;
        let member = match password {
            Some(password) => self.0.by_index_decrypt(index, password.as_bytes()),
            None => self.0.by_index(index),
        };
        let member = member.map_err(|error| match error {
            ZipError::InvalidPassword => FormatError::WrongPassword,
            _ => DAMAGED,
        })?;
        let encrypted = member.encrypted();
        let packed = member.compressed_size().max(1024);
        let most = packed
            .saturating_mul(MAX_ZIP_RATIO)
            .min(u64::try_from(MAX_FILE_BYTES).unwrap_or(u64::MAX));
        // Whatever length the file states: no more than the limit is read.
        let mut content = Zeroizing::new(Vec::new());
        let mut limited = member.take(most + 1);
        let read = limited.read_to_end(&mut content);
        if u64::try_from(content.len()).unwrap_or(u64::MAX) > most {
            return Err(FormatError::TooLarge);
        }
        match read {
            Ok(_) => Ok(content),
            // ZipCrypto checks one byte of a password: a wrong one in 256 shows as a wrong checksum.
            Err(_) if encrypted => Err(FormatError::WrongPasswordOrDamaged),
            Err(_) => Err(DAMAGED),
        }
    }
}

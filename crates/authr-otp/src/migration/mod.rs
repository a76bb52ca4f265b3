//! `otpauth-migration://` URIs: Google Authenticator's batches of accounts, one batch a QR code.
//!
//! `data` is Base64 of a protobuf message: accounts (field 1: secret 1, name 2, issuer 3, algorithm 4, digits 5, kind 6,
//! counter 7), version 2, number of batches 3, which of them 4, and an id 5 that all batches of one export share.

use authr_crypto::secret::OtpSecret;
use data_encoding::{BASE64, BASE64_NOPAD};
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use zeroize::Zeroizing;

use crate::kind::{Algorithm, Counter, CounterTooLarge, Digits, Kind, Period};
use crate::name::{Name, NameTooLong};
use crate::otp::Otp;
use crate::uri::UriAccount;

mod protobuf;

use protobuf::{Fields, Value, Writer};

/// The most batches of one export.
pub const MAX_BATCHES: u32 = 1000;
/// The most accounts that one batch may hold when it is read.
pub const MAX_BATCH_ACCOUNTS: usize = 1000;
/// The longest URI that is read.
pub const MAX_URI_BYTES: usize = 64 << 10;
/// How many accounts a batch gets at most when it is written: Google's app puts ten into a code.
const ACCOUNTS_A_BATCH: usize = 10;
/// The size of a batch that gets no further account: what is left of it in Base64 is a code that a phone still reads.
const BYTES_A_BATCH: usize = 1000;

/// One batch.
#[derive(Debug)]
pub struct Batch {
    /// Its accounts in order, or why one cannot be taken.
    pub accounts: Vec<Result<UriAccount, BatchEntryError>>,
    /// Which batch of the export it is, from 0.
    pub index: u32,
    /// How many batches the export has; 1 where the URI does not say.
    pub size: u32,
    /// What all batches of one export share.
    pub id: u64,
}

/// Why a text is no batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MigrationError {
    /// It begins otherwise, or has no data.
    #[error("this is no otpauth-migration:// URI")]
    NotMigration,
    /// The text is longer than [`MAX_URI_BYTES`].
    #[error("the batch is longer than {} KiB", MAX_URI_BYTES >> 10)]
    TooLong,
    /// The data is no Base64.
    #[error("the batch is damaged: its data is no Base64")]
    Base64,
    /// The data is no message.
    #[error("the batch is damaged: its data ends early or has fields that none has")]
    Damaged,
    /// More than [`MAX_BATCH_ACCOUNTS`].
    #[error("the batch has more than {MAX_BATCH_ACCOUNTS} accounts")]
    TooManyAccounts,
}

/// Why one account of a batch cannot be taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{why}")]
pub struct BatchEntryError {
    /// What it is called, as far as that is known.
    pub name: Option<Name>,
    /// Why.
    pub why: EntryError,
}

/// What is wrong with an account of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EntryError {
    /// The secret is empty or too long.
    #[error("the secret is empty or longer than {} bytes", OtpSecret::MAX_BYTES)]
    Secret,
    /// MD5, or a number that means none.
    #[error("unknown algorithm")]
    Algorithm,
    /// A number of digits that the format does not have.
    #[error("unknown number of digits")]
    Digits,
    /// A kind that the format does not have.
    #[error("unknown kind")]
    Kind,
    /// The counter is negative or too large.
    #[error(transparent)]
    Counter(#[from] CounterTooLarge),
    /// A name is too long.
    #[error(transparent)]
    Name(#[from] NameTooLong),
    /// A name is no UTF-8.
    #[error("a name is no UTF-8")]
    NotUtf8,
    /// The fields do not fit together.
    #[error("the entry is damaged")]
    Damaged,
}

/// Whether a text begins as a batch does.
#[must_use]
pub fn is_migration(text: &str) -> bool {
    text.trim_start()
        .get(..PREFIX.len())
        .is_some_and(|start| start.eq_ignore_ascii_case(PREFIX))
}

const PREFIX: &str = "otpauth-migration:";

/// Reads one batch.
///
/// # Errors
/// [`MigrationError`] where the batch as a whole cannot be read.
pub fn parse(text: &str) -> Result<Batch, MigrationError> {
    let text = text.trim();
    if text.len() > MAX_URI_BYTES {
        return Err(MigrationError::TooLong);
    }
    if !is_migration(text) {
        return Err(MigrationError::NotMigration);
    }
    let (_, query) = text.split_once('?').ok_or(MigrationError::NotMigration)?;
    let data = query
        .split('&')
        .find_map(|piece| piece.strip_prefix("data="))
        .ok_or(MigrationError::NotMigration)?;
    let data = base64(data).ok_or(MigrationError::Base64)?;
    batch(&data)
}

/// A plus that some reader took for a space is a plus again; padding may be missing.
fn base64(data: &str) -> Option<Zeroizing<Vec<u8>>> {
    let data = Zeroizing::new(percent_decode_str(data).collect::<Vec<u8>>());
    let mut text = Zeroizing::new(Vec::with_capacity(data.len()));
    text.extend(data.iter().map(|byte| match byte {
        b' ' => b'+',
        b'-' => b'+',
        b'_' => b'/',
        other => *other,
    }));
    while text.last() == Some(&b'=') {
        text.pop();
    }
    // The last character may carry bits that fill no byte: some writers leave them set.
    BASE64_NOPAD.decode(&text).ok().map(Zeroizing::new)
}

fn batch(message: &[u8]) -> Result<Batch, MigrationError> {
    let mut batch = Batch {
        accounts: Vec::new(),
        index: 0,
        size: 1,
        id: 0,
    };
    for field in Fields::new(message) {
        let (number, value) = field.ok_or(MigrationError::Damaged)?;
        match (number, value) {
            (1, Value::Bytes(bytes)) => {
                if batch.accounts.len() == MAX_BATCH_ACCOUNTS {
                    return Err(MigrationError::TooManyAccounts);
                }
                batch.accounts.push(account(bytes));
            }
            (2, Value::Number(_)) => {}
            (3, Value::Number(size)) => batch.size = u32::try_from(size).unwrap_or(MAX_BATCHES),
            (4, Value::Number(index)) => batch.index = u32::try_from(index).unwrap_or(MAX_BATCHES),
            (5, Value::Number(id)) => batch.id = id,
            (1..=5, _) => return Err(MigrationError::Damaged),
            _ => {}
        }
    }
    batch.size = batch.size.clamp(1, MAX_BATCHES);
    // Random bytes can be a message of unknown fields alone; a batch without accounts is none.
    if batch.accounts.is_empty() {
        return Err(MigrationError::Damaged);
    }
    Ok(batch)
}

#[derive(Default)]
struct Raw<'a> {
    secret: &'a [u8],
    name: &'a [u8],
    issuer: &'a [u8],
    algorithm: u64,
    digits: u64,
    kind: u64,
    counter: u64,
}

fn account(message: &[u8]) -> Result<UriAccount, BatchEntryError> {
    let mut raw = Raw::default();
    let read = raw.read(message);
    let label = name(raw.name);
    let hint = label.as_ref().ok().filter(|name| !name.is_empty()).cloned();
    read.and_then(|()| raw.build(label))
        .map_err(|why| BatchEntryError { name: hint, why })
}

fn name(bytes: &[u8]) -> Result<Name, EntryError> {
    let text = std::str::from_utf8(bytes).map_err(|_| EntryError::NotUtf8)?;
    Ok(Name::new(text)?)
}

impl<'a> Raw<'a> {
    fn read(&mut self, message: &'a [u8]) -> Result<(), EntryError> {
        for field in Fields::new(message) {
            match field.ok_or(EntryError::Damaged)? {
                (1, Value::Bytes(bytes)) => self.secret = bytes,
                (2, Value::Bytes(bytes)) => self.name = bytes,
                (3, Value::Bytes(bytes)) => self.issuer = bytes,
                (4, Value::Number(number)) => self.algorithm = number,
                (5, Value::Number(number)) => self.digits = number,
                (6, Value::Number(number)) => self.kind = number,
                (7, Value::Number(number)) => self.counter = number,
                (1..=7, _) => return Err(EntryError::Damaged),
                _ => {}
            }
        }
        Ok(())
    }

    fn build(&self, label: Result<Name, EntryError>) -> Result<UriAccount, EntryError> {
        let algorithm = match self.algorithm {
            0 | 1 => Algorithm::Sha1,
            2 => Algorithm::Sha256,
            3 => Algorithm::Sha512,
            _ => return Err(EntryError::Algorithm),
        };
        let digits = match self.digits {
            0 | 1 => Digits::SIX,
            2 => Digits::EIGHT,
            _ => return Err(EntryError::Digits),
        };
        let kind = match self.kind {
            0 | 2 => Kind::Totp {
                algorithm,
                digits,
                period: Period::THIRTY,
            },
            1 => Kind::Hotp {
                algorithm,
                digits,
                counter: Counter::new(self.counter)?,
            },
            _ => return Err(EntryError::Kind),
        };
        let secret = OtpSecret::new(self.secret.to_vec()).map_err(|_| EntryError::Secret)?;
        let (issuer, label) = split_label(name(self.issuer)?, label?);
        Ok(UriAccount {
            issuer,
            label,
            otp: Otp { secret, kind },
            tags: Vec::new(),
        })
    }
}

/// The name holds `issuer:label` or the label alone; the issuer's own field wins.
fn split_label(issuer: Name, label: Name) -> (Name, Name) {
    let Some((prefix, rest)) = label.as_str().split_once(':') else {
        return (issuer, label);
    };
    let part = |text| Name::new(text).expect("because a part is shorter than the whole");
    let (prefix, rest) = (part(prefix), part(rest));
    if issuer.is_empty() {
        (prefix, rest)
    } else if issuer == prefix {
        (issuer, rest)
    } else {
        (issuer, label)
    }
}

/// Why an account cannot stand in a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BatchError {
    /// A kind that the format does not have.
    #[error("Google's batches hold TOTP and HOTP accounts only")]
    Kind,
    /// The format has 6 and 8 digits.
    #[error("Google's batches hold codes of 6 and 8 digits only")]
    Digits,
    /// The format has no period.
    #[error("Google's batches hold periods of 30 seconds only")]
    Period,
}

/// Whether an account can stand in a batch.
///
/// # Errors
/// [`BatchError`] says what Google's app would get wrong.
pub fn check(account: &UriAccount) -> Result<(), BatchError> {
    let digits = match account.otp.kind {
        Kind::Totp { digits, period, .. } => {
            if period != Period::THIRTY {
                return Err(BatchError::Period);
            }
            digits
        }
        Kind::Hotp { digits, .. } => digits,
        _ => return Err(BatchError::Kind),
    };
    if digits != Digits::SIX && digits != Digits::EIGHT {
        return Err(BatchError::Digits);
    }
    Ok(())
}

/// Writes accounts as batches of ten, fewer where names are long, which [`parse`] reads back.
///
/// # Errors
/// [`BatchError`] of the first account that cannot stand in one.
pub fn render(accounts: &[UriAccount], id: u32) -> Result<Vec<Zeroizing<String>>, BatchError> {
    let mut chunks: Vec<Vec<Zeroizing<Vec<u8>>>> = Vec::new();
    let mut room = 0;
    for account in accounts {
        check(account)?;
        let entry = entry(account);
        let full = chunks
            .last()
            .is_none_or(|chunk| chunk.len() == ACCOUNTS_A_BATCH);
        if full || room < entry.len() {
            chunks.push(Vec::new());
            room = BYTES_A_BATCH;
        }
        room = room.saturating_sub(entry.len());
        chunks
            .last_mut()
            .expect("because one was pushed")
            .push(entry);
    }
    let size = chunks.len();
    let mut uris = Vec::with_capacity(size);
    for (index, chunk) in chunks.iter().enumerate() {
        let mut message = Writer::default();
        chunk.iter().for_each(|entry| message.bytes(1, entry));
        message.number(2, 1);
        message.number(3, u64::try_from(size).unwrap_or(u64::MAX));
        message.number(4, u64::try_from(index).unwrap_or(u64::MAX));
        message.number(5, u64::from(id >> 1));
        let data = Zeroizing::new(BASE64.encode(&message.finish()));
        let data = Zeroizing::new(utf8_percent_encode(&data, NON_ALPHANUMERIC).to_string());
        uris.push(Zeroizing::new(format!(
            "otpauth-migration://offline?data={}",
            data.as_str()
        )));
    }
    Ok(uris)
}

fn entry(account: &UriAccount) -> Zeroizing<Vec<u8>> {
    let kind = account.otp.kind;
    let mut entry = Writer::default();
    entry.bytes(1, account.otp.secret.expose_secret());
    entry.bytes(2, account.label.as_str().as_bytes());
    entry.bytes(3, account.issuer.as_str().as_bytes());
    entry.number(
        4,
        match kind.algorithm() {
            Some(Algorithm::Sha256) => 2,
            Some(Algorithm::Sha512) => 3,
            _ => 1,
        },
    );
    entry.number(5, if kind.digits() == Digits::EIGHT { 2 } else { 1 });
    entry.number(6, if kind.counter().is_some() { 1 } else { 2 });
    if let Some(counter) = kind.counter() {
        entry.number(7, counter.get());
    }
    entry.finish()
}

#[cfg(test)]
mod tests;

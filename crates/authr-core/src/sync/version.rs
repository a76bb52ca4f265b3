//! A version of an account: what the ciphertext of a record holds (sync-protocol.md section 9.1).

use std::collections::BTreeSet;
use std::fmt;

use zeroize::Zeroizing;

use super::stamp::{MAX_LINE, Stamp};
use super::state::Known;
use crate::account::Account;
use crate::tlv::{CRITICAL, FieldError, Reader, Writer};

const STAMP: u16 = CRITICAL | 1;
const SECRET_STAMP: u16 = CRITICAL | 2;
const LINE: u16 = CRITICAL | 3;
const ACCOUNT: u16 = CRITICAL | 4;

/// A version of an account.
pub struct Version {
    /// The account, in the trash or not; none once it left the trash.
    pub account: Option<Account>,
    /// When anything but its counter was last edited.
    pub stamp: Stamp,
    /// When its secret, or what else makes its codes, was set. Never later than `stamp`.
    pub secret_stamp: Stamp,
    /// The secrets that this one replaced, by their stamps; at most [`MAX_LINE`], the newest.
    pub line: BTreeSet<Stamp>,
}

impl fmt::Debug for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Version")
            .field("stamp", &self.stamp)
            .field("secret_stamp", &self.secret_stamp)
            .field("line", &self.line)
            .finish_non_exhaustive()
    }
}

impl Version {
    /// The same version held twice.
    #[must_use]
    pub fn duplicate(&self) -> Self {
        Self {
            account: self.account.as_ref().map(Account::duplicate),
            stamp: self.stamp,
            secret_stamp: self.secret_stamp,
            line: self.line.clone(),
        }
    }

    /// Whether its account is in the trash, or left it.
    #[must_use]
    pub fn is_deleted(&self) -> bool {
        self.account
            .as_ref()
            .is_none_or(|account| !account.is_listed())
    }

    /// Marks the secret as set at this stamp, in the place of the one before.
    pub(super) fn replace_secret(&mut self, stamp: Stamp) {
        self.line.insert(self.secret_stamp);
        while self.line.len() > MAX_LINE {
            self.line.pop_first();
        }
        self.secret_stamp = stamp;
    }

    /// What is to be known of it.
    pub(super) fn known(&self, revision: u64, unsent: bool) -> Known {
        let account = self.account.as_ref();
        Known {
            revision,
            account: account.map(Account::fingerprint),
            counter: counter(account),
            codes: account.map(Account::codes_fingerprint).unwrap_or_default(),
            stamp: self.stamp,
            secret_stamp: self.secret_stamp,
            line: self.line.clone(),
            trashed: self.is_deleted(),
            unsent,
        }
    }

    /// The fields of the version.
    #[must_use]
    pub fn encode(&self) -> Zeroizing<Vec<u8>> {
        let account = self.account.as_ref().map(Account::encode);
        let size = account.as_ref().map_or(0, |account| account.len());
        let mut writer = Writer::with_capacity(128 + 32 * self.line.len() + size);
        writer.field(STAMP, &self.stamp.to_bytes());
        writer.field(SECRET_STAMP, &self.secret_stamp.to_bytes());
        for stamp in &self.line {
            writer.field(LINE, &stamp.to_bytes());
        }
        if let Some(account) = account {
            writer.field(ACCOUNT, &account);
        }
        writer.finish()
    }

    /// The version of the fields. Nothing that is not known is carried along: who does not understand a version
    /// must not merge it.
    ///
    /// # Errors
    /// [`FieldError`].
    pub fn decode(bytes: &[u8]) -> Result<Self, FieldError> {
        let (mut stamp, mut secret_stamp, mut line) = (None, None, BTreeSet::<Stamp>::new());
        let mut account = None;
        let mut reader = Reader::new(bytes, &[LINE]);
        while let Some(field) = reader.next()? {
            match field.tag {
                STAMP => stamp = Some(Stamp::from_bytes(field.array()?)),
                SECRET_STAMP => secret_stamp = Some(Stamp::from_bytes(field.array()?)),
                LINE => {
                    let earlier = Stamp::from_bytes(field.array()?);
                    let ascends = line.last().is_none_or(|last| *last < earlier);
                    if !ascends || line.len() == MAX_LINE {
                        return Err(field.malformed());
                    }
                    line.insert(earlier);
                }
                ACCOUNT => {
                    let decoded = Account::decode(field.value);
                    let decoded = decoded.map_err(|error| field.within(error))?;
                    // A site's account is the server's: it never travels from device to device.
                    if decoded.is_native() {
                        return Err(field.malformed());
                    }
                    account = Some(decoded);
                }
                _ => return Err(field.unknown()),
            }
        }
        let missing = FieldError::Malformed { at: bytes.len() };
        Ok(Self {
            account,
            stamp: stamp.ok_or(missing)?,
            secret_stamp: secret_stamp.ok_or(missing)?,
            line,
        })
    }
}

/// The counter of an account that counts, else 0.
pub(super) fn counter(account: Option<&Account>) -> u64 {
    account
        .and_then(Account::counter)
        .map_or(0, authr_otp::Counter::get)
}

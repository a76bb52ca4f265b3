//! Taking in the accounts of another program's file.

use std::path::Path;

use authr_formats::{FormatError, Imported, MAX_FILE_BYTES, Parsed};

use super::accounts::new_account;
use super::error::Error;
use super::session::Session;
use crate::store::atomic;

/// What importing an entry would do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    /// It is added.
    New,
    /// An account of that name gives the same codes already: it is left out.
    Same,
    /// An account of another name gives the same codes: it is added, since names are the person's.
    OtherName,
    /// An account of that name gives other codes: it is added beside it.
    Conflict,
}

impl Status {
    /// The word for it, also in JSON.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Same => "same",
            Self::OtherName => "other name",
            Self::Conflict => "conflict",
        }
    }
}

/// Reads and parses a file.
pub(crate) fn read(path: &Path) -> Result<Parsed, Error> {
    let bytes = zeroize::Zeroizing::new(atomic::read(path, MAX_FILE_BYTES)?);
    parse(&bytes, path)
}

/// Parses what was read.
pub(crate) fn parse(bytes: &[u8], path: &Path) -> Result<Parsed, Error> {
    authr_formats::parse(bytes).map_err(|source: FormatError| Error::Import {
        path: path.to_owned(),
        source,
    })
}

/// What importing each entry would do, in a vault that holds `content` and takes the entries in their order.
pub(crate) fn plan(content: &authr_core::content::Content, entries: &[Imported]) -> Vec<Status> {
    let mut plan = Vec::with_capacity(entries.len());
    for (at, entry) in entries.iter().enumerate() {
        let parsed = &entry.account;
        let known = content
            .listed()
            .map(|known| (&known.issuer, &known.label, &known.otp));
        let earlier = entries.iter().take(at).map(|other| {
            let other = &other.account;
            (&other.issuer, &other.label, &other.otp)
        });
        let mut status = Status::New;
        for (issuer, label, otp) in known.chain(earlier) {
            let same_name = issuer == &parsed.issuer && label == &parsed.label;
            let same_codes =
                otp.kind.name() == parsed.otp.kind.name() && otp.same_codes(&parsed.otp);
            match (same_name, same_codes) {
                (true, true) => {
                    status = Status::Same;
                    break;
                }
                (false, true) => status = Status::OtherName,
                (true, false) if status == Status::New => status = Status::Conflict,
                _ => {}
            }
        }
        plan.push(status);
    }
    plan
}

impl Session<'_> {
    /// Adds every entry that is not the same as an account that is there; how many.
    pub(crate) fn import(&mut self, entries: &[Imported]) -> Result<usize, Error> {
        self.edit(|content, planning| {
            let plan = plan(content, entries);
            let mut added = 0;
            for (entry, status) in entries.iter().zip(plan) {
                if status != Status::Same {
                    content.accounts.push(new_account(&entry.account, planning));
                    added += 1;
                }
            }
            Ok(added)
        })
    }
}

//! Taking in the accounts of another program's file.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};

use authr_core::account::{Account, Icon, Note};
use authr_core::content::Content;
use authr_formats::{Format, Imported, MAX_FILE_BYTES, Options, Parsed};
use authr_otp::{Name, Otp};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::accounts::new_account;
use super::error::Error;
use super::session::{Planning, Session};
use crate::store::{StoreError, atomic};

/// What importing an entry would do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
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

/// A file of another program, and what lies beside it.
pub(crate) struct ForeignFile {
    path: PathBuf,
    bytes: Zeroizing<Vec<u8>>,
    companion: Option<Zeroizing<Vec<u8>>>,
}

impl ForeignFile {
    /// Reads a file; with a `maFile` the manifest of its folder, with any other what a database left in its log. Of a folder
    /// it reads what 1Password keeps in one.
    pub(crate) fn open(path: &Path) -> Result<Self, Error> {
        if path.is_dir() {
            return Ok(Self {
                path: path.to_owned(),
                bytes: folder(path)?,
                companion: None,
            });
        }
        let bytes = Zeroizing::new(atomic::read(path, MAX_FILE_BYTES)?);
        let companion = match path.extension() {
            Some(extension) if extension.eq_ignore_ascii_case("mafile") => {
                path.with_file_name("manifest.json")
            }
            _ => {
                let mut log = path.as_os_str().to_owned();
                log.push("-wal");
                PathBuf::from(log)
            }
        };
        // Most files have none.
        let companion = atomic::read(&companion, MAX_FILE_BYTES);
        Ok(Self {
            path: path.to_owned(),
            bytes,
            companion: companion.ok().map(Zeroizing::new),
        })
    }

    /// What is no file, by the name that a person calls it.
    pub(crate) fn named(name: &Path, bytes: Zeroizing<Vec<u8>>) -> Self {
        Self {
            path: name.to_owned(),
            bytes,
            companion: None,
        }
    }

    /// Its name.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Reads it as what it is, or as a format that the person named.
    pub(crate) fn parse(
        &self,
        format: Option<Format>,
        password: Option<&str>,
    ) -> Result<Parsed, Error> {
        let options = Options {
            format,
            password,
            companion: self.companion.as_deref().map(Vec::as_slice),
        };
        authr_formats::parse_with(&self.bytes, &options).map_err(|source| Error::Import {
            path: self.path.clone(),
            source,
        })
    }
}

/// The files of an OPVault, one after the other: they lie in the folder `default` of the one that a person sees.
fn folder(path: &Path) -> Result<Zeroizing<Vec<u8>>, Error> {
    let inner = path.join("default");
    let inner = if inner.is_dir() { &inner } else { path };
    let entries = fs::read_dir(inner).map_err(StoreError::io("read", inner))?;
    let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let mut names: Vec<String> = names
        .filter(|name| authr_formats::is_opvault_member(name))
        .collect();
    names.sort_unstable();
    let mut whole = Zeroizing::new(Vec::new());
    for name in names {
        let room = MAX_FILE_BYTES.saturating_sub(whole.len());
        whole.extend_from_slice(&Zeroizing::new(atomic::read(&inner.join(name), room)?));
        whole.push(b'\n');
    }
    Ok(whole)
}

/// What importing each entry would do, in a vault that holds `content` and takes the entries in their order.
pub(crate) fn plan(content: &Content, entries: &[Imported]) -> Vec<Status> {
    let mut known = Known::default();
    for account in content.listed() {
        known.take((&account.issuer, &account.label), &account.otp);
    }
    let mut plan = Vec::with_capacity(entries.len());
    for Imported { account, .. } in entries {
        let names = (&account.issuer, &account.label);
        plan.push(known.status(names, &account.otp));
        known.take(names, &account.otp);
    }
    plan
}

/// The accounts that an entry is compared with, found by name and by secret: each with each would take minutes for the
/// most that a file can hold.
#[derive(Default)]
struct Known<'a> {
    names: HashSet<Names<'a>>,
    by_secret: HashMap<&'a [u8], Vec<Twins<'a>>>,
}

/// Issuer and label.
type Names<'a> = (&'a Name, &'a Name);

/// Accounts that give the same codes.
struct Twins<'a> {
    otp: &'a Otp,
    names: HashSet<Names<'a>>,
}

impl<'a> Known<'a> {
    fn take(&mut self, names: Names<'a>, otp: &'a Otp) {
        self.names.insert(names);
        let of_secret = self.by_secret.entry(otp.secret.expose_secret());
        let of_secret = of_secret.or_default();
        match of_secret.iter_mut().find(|twins| twins.otp.same_codes(otp)) {
            Some(twins) => {
                twins.names.insert(names);
            }
            None => of_secret.push(Twins {
                otp,
                names: HashSet::from([names]),
            }),
        }
    }

    fn status(&self, names: Names<'_>, otp: &Otp) -> Status {
        let of_secret = self.by_secret.get(otp.secret.expose_secret());
        let mut of_secret = of_secret.into_iter().flatten();
        match of_secret.find(|twins| twins.otp.same_codes(otp)) {
            Some(twins) if twins.names.contains(&names) => Status::Same,
            Some(_) => Status::OtherName,
            None if self.names.contains(&names) => Status::Conflict,
            None => Status::New,
        }
    }
}

impl Session<'_> {
    /// Adds every entry that is not the same as an account that is there; how many.
    pub(crate) fn import(&mut self, entries: &[Imported]) -> Result<usize, Error> {
        self.edit(|content, planning| {
            let plan = plan(content, entries);
            let mut added = 0;
            for (entry, status) in entries.iter().zip(plan) {
                if status != Status::Same {
                    content.accounts.push(account_of(entry, planning));
                    added += 1;
                }
            }
            Ok(added)
        })
    }
}

/// An entry as the vault keeps it, with what it has beside its codes.
fn account_of(entry: &Imported, planning: &Planning<'_>) -> Account {
    let mut account = new_account(&entry.account, planning);
    // Both were cut to their limits when the file was read.
    account.note = Note::new(entry.note.as_str()).unwrap_or_default();
    account.icon = Icon::new(entry.icon.as_str()).unwrap_or_default();
    account.pinned = entry.pinned;
    // What lay in the other program's trash lies in ours.
    account.trashed_at = entry.trashed.then_some(planning.now.0);
    account
}

#[cfg(test)]
mod tests {
    use super::*;

    fn statuses(list: &str) -> Vec<&'static str> {
        let parsed = authr_formats::parse(list.as_bytes()).unwrap();
        assert!(parsed.rejected.is_empty(), "{:?}", parsed.rejected);
        let plan = plan(&Content::default(), &parsed.accounts);
        plan.into_iter().map(Status::name).collect()
    }

    #[test]
    fn each_entry_is_compared_with_all_before_it() {
        let list = "\
            otpauth://totp/Acme:ada?secret=GEZDGNBVGY3TQOJQ\n\
            otpauth://totp/Acme:ada?secret=GEZDGNBVGY3TQOJQ\n\
            otpauth://totp/Acme:bob?secret=GEZDGNBVGY3TQOJQ\n\
            otpauth://totp/Acme:ada?secret=GEZDGNBVGY3TQOJR\n\
            otpauth://totp/Acme:ada?secret=GEZDGNBVGY3TQOJQ&digits=8\n\
            otpauth://hotp/Acme:ada?secret=GEZDGNBVGY3TQOJQ&counter=1\n\
            otpauth://hotp/Acme:ada?secret=GEZDGNBVGY3TQOJQ&counter=9\n\
            otpauth://totp/Acme:bob?secret=GEZDGNBVGY3TQOJQ\n";
        let other = "other name";
        assert_eq!(
            statuses(list),
            [
                "new", "same", other, "conflict", "conflict", "conflict", "same", "same"
            ]
        );
    }

    #[test]
    fn the_most_entries_of_one_secret_are_planned_while_one_waits() {
        let line = |at: usize| {
            let period = 1 + at % 100;
            format!("otpauth://totp/Acme:n{at}?secret=GEZDGNBVGY3TQOJQ&period={period}\n")
        };
        let list: String = (0..authr_formats::MAX_ENTRIES).map(line).collect();
        let begun = std::time::Instant::now();
        let new = statuses(&list)
            .into_iter()
            .filter(|status| *status == "new");
        assert_eq!(new.count(), 100);
        assert!(begun.elapsed().as_secs() < 10);
    }
}

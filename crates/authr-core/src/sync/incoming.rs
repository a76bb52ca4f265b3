//! What the feed brings is merged into the vault.

use std::collections::{BTreeMap, HashMap};

use zeroize::Zeroizing;

use super::merge::merge;
use super::records::{Records, is_unsent};
use super::stamp::QUARANTINE_SECONDS;
use super::state::{Known, MAX_SET_ASIDE, SetAside};
use super::version::Version;
use crate::account::{Account, AccountId, MAX_TAGS, Note};

/// A record of the feed, verified and decrypted.
pub struct Incoming {
    /// Its id.
    pub id: [u8; 16],
    /// Its revision.
    pub revision: u64,
    /// What it decrypts to.
    pub plaintext: Zeroizing<Vec<u8>>,
}

/// What became of the accounts.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Changes {
    /// Accounts that are listed and were not there.
    pub added: Vec<AccountId>,
    /// Accounts that are listed as before, and were edited elsewhere.
    pub changed: Vec<AccountId>,
    /// Accounts that were listed and are deleted, by the name that they had.
    pub deleted: Vec<String>,
    /// Accounts that were deleted and are listed again.
    pub returned: Vec<AccountId>,
    /// Accounts that were deleted elsewhere and stay, since they were edited here.
    pub kept: Vec<AccountId>,
    /// Accounts made of a secret that was set at the same time as another one.
    pub conflicts: Vec<AccountId>,
    /// Accounts that stood here a second time, with the same codes, and were dropped.
    pub doubles: usize,
}

/// More records than can be set aside are ahead of the server's time, or not understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("more than {MAX_SET_ASIDE} records are ahead of the server's time or of a newer version")]
pub struct TooManySetAside;

impl Changes {
    /// Whether nothing happened.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        *self == Self::default()
    }

    /// Adds what happened afterwards.
    pub fn extend(&mut self, later: Self) {
        self.added.extend(later.added);
        self.changed.extend(later.changed);
        self.deleted.extend(later.deleted);
        self.returned.extend(later.returned);
        self.kept.extend(later.kept);
        self.conflicts.extend(later.conflicts);
        self.doubles += later.doubles;
    }
}

impl Records<'_> {
    /// Merges records in, in the order of the feed, and looks again at what was set aside.
    ///
    /// # Errors
    /// [`TooManySetAside`]: nothing of it is to be saved.
    pub fn take_in(&mut self, incoming: Vec<Incoming>) -> Result<Changes, TooManySetAside> {
        let mut changes = Changes::default();
        let mut table = Table::new(self);
        let again = std::mem::take(&mut self.state.set_aside);
        let again = again.into_iter().map(|(id, record)| Incoming {
            id,
            revision: record.revision,
            plaintext: record.plaintext,
        });
        let mut done = Ok(());
        for record in again.chain(incoming) {
            done = done.and_then(|()| match self.understand(&record) {
                Some(version) if !table.is_native(record.id) => {
                    self.take_one(
                        &mut table,
                        record.id,
                        record.revision,
                        version,
                        &mut changes,
                    );
                    Ok(())
                }
                _ => self.set_aside(record),
            });
        }
        *self.accounts = table.into_accounts();
        done.map(|()| changes)
    }

    /// The version, if it is one of this account and not far ahead of the time.
    fn understand(&self, record: &Incoming) -> Option<Version> {
        let version = Version::decode(&record.plaintext).ok()?;
        let other = |account: &Account| account.id.0 != record.id;
        let latest = self.server_now.saturating_add(QUARANTINE_SECONDS);
        let ahead = version.stamp.max(version.secret_stamp).seconds() > latest;
        (!ahead && !version.account.as_ref().is_some_and(other)).then_some(version)
    }

    fn set_aside(&mut self, record: Incoming) -> Result<(), TooManySetAside> {
        let waiting = self.state.set_aside.get(&record.id);
        if waiting.is_none() && self.state.set_aside.len() == MAX_SET_ASIDE {
            return Err(TooManySetAside);
        }
        let aside = SetAside {
            revision: record.revision,
            plaintext: record.plaintext,
        };
        self.state.set_aside.insert(record.id, aside);
        Ok(())
    }

    fn take_one(
        &mut self,
        table: &mut Table,
        id: [u8; 16],
        revision: u64,
        remote: Version,
        changes: &mut Changes,
    ) {
        let known = self.state.known.get(&id);
        let seen = self.own_clock(&remote, table.get(id));
        let local = self.version(table.get(id), known, seen);
        let (merged, copy) = match &local {
            Some(local) => merge(&remote, local),
            None => (remote.duplicate(), None),
        };
        // What was set aside may be older than what the server has by now.
        let overtaken = known.filter(|known| known.revision > revision);
        let (at_server, revision, unsent) = match (overtaken, &local) {
            (Some(known), Some(local)) => {
                let unsent = is_unsent(table.get(id), Some(known));
                (local, known.revision, unsent)
            }
            _ => (&remote, revision, false),
        };
        let unsent = unsent || *merged.encode() != *at_server.encode();
        self.state.known.insert(id, merged.known(revision, unsent));
        let survives = !merged.is_deleted() && remote.is_deleted();
        if survives && local.as_ref().is_some_and(|local| !local.is_deleted()) {
            changes.kept.push(AccountId(id));
        }
        table.put(id, merged.account, changes);
        if local.is_none() && table.drop_double(id, &self.state.known) {
            changes.doubles += 1;
        }
        self.take_copies(table, copy, changes);
    }

    /// The latest clock of this device in a version that is another than what stands here. The answer to its push was
    /// lost: what was edited since is later than that, and must not have its stamps again.
    fn own_clock(&self, remote: &Version, local: Option<&Account>) -> u64 {
        let fingerprint = |account: &Account| account.fingerprint();
        if local.map(fingerprint) == remote.account.as_ref().map(fingerprint) {
            return 0;
        }
        let stamps = [remote.stamp, remote.secret_stamp];
        let own = stamps.iter().chain(&remote.line);
        let own = own.filter(|stamp| stamp.author == self.device);
        own.map(|stamp| stamp.clock).max().unwrap_or(0)
    }

    /// A conflict's copy is an account like any other. Where its id is there already, both merge, and that may leave a
    /// copy again: each has an id of its own, so this ends with one that is not there.
    fn take_copies(&mut self, table: &mut Table, copy: Option<Version>, changes: &mut Changes) {
        let mut next = copy;
        while let Some(copy) = next.take() {
            let Some(id) = copy.account.as_ref().map(|account| account.id) else {
                return;
            };
            let known = self.state.known.get(&id.0);
            let Some(local) = self.version(table.get(id.0), known, 0) else {
                self.state.known.insert(id.0, copy.known(0, true));
                table.put(id.0, copy.account, &mut Changes::default());
                changes.conflicts.push(id);
                return;
            };
            let (merged, another) = merge(&copy, &local);
            let unsent = known.is_none_or(|known| known.unsent)
                || *merged.encode() != *local.encode()
                || is_unsent(table.get(id.0), known);
            let revision = known.map_or(0, |known| known.revision);
            self.state
                .known
                .insert(id.0, merged.known(revision, unsent));
            table.put(id.0, merged.account, changes);
            next = another;
        }
    }
}

/// The accounts by id, in their order.
struct Table {
    accounts: Vec<Option<Account>>,
    places: HashMap<[u8; 16], usize>,
    /// Own accounts that the server never had, by what makes their codes.
    never_synced: HashMap<[u8; 32], [u8; 16]>,
}

impl Table {
    fn new(records: &mut Records<'_>) -> Self {
        let accounts = std::mem::take(records.accounts);
        let known = &records.state.known;
        Self {
            places: accounts
                .iter()
                .enumerate()
                .map(|(place, account)| (account.id.0, place))
                .collect(),
            never_synced: accounts
                .iter()
                .filter(|account| !account.is_native() && !known.contains_key(&account.id.0))
                .map(|account| (account.codes_fingerprint(), account.id.0))
                .collect(),
            accounts: accounts.into_iter().map(Some).collect(),
        }
    }

    fn get(&self, id: [u8; 16]) -> Option<&Account> {
        let place = *self.places.get(&id)?;
        self.accounts.get(place)?.as_ref()
    }

    fn is_native(&self, id: [u8; 16]) -> bool {
        self.get(id).is_some_and(Account::is_native)
    }

    /// Puts an account in its place, or takes it away, and tells what that means for a list.
    fn put(&mut self, id: [u8; 16], account: Option<Account>, changes: &mut Changes) {
        let named = AccountId(id);
        let before = self.get(id);
        let (was_listed, name) = (
            before.is_some_and(Account::is_listed),
            before.map(Account::name).unwrap_or_default(),
        );
        let edited = before.map(Account::fingerprint) != account.as_ref().map(Account::fingerprint);
        let is_listed = account.as_ref().is_some_and(Account::is_listed);
        match (was_listed, is_listed) {
            (true, true) if edited => changes.changed.push(named),
            (true, false) => changes.deleted.push(name),
            (false, true) if before.is_some() => changes.returned.push(named),
            (false, true) => changes.added.push(named),
            _ => {}
        }
        match self
            .places
            .get(&id)
            .and_then(|place| self.accounts.get_mut(*place))
        {
            Some(place) => *place = account,
            None if account.is_some() => {
                self.places.insert(id, self.accounts.len());
                self.accounts.push(account);
            }
            None => {}
        }
    }

    /// Where an account that just came makes the same codes as one that was only ever here, that one goes: the vault
    /// was here before the device was, and both are one account. What it has more is kept.
    fn drop_double(&mut self, id: [u8; 16], known: &BTreeMap<[u8; 16], Known>) -> bool {
        let Some(codes) = self
            .get(id)
            .filter(|account| account.is_listed())
            .map(Account::codes_fingerprint)
        else {
            return false;
        };
        let Some(place) = self
            .never_synced
            .get(&codes)
            .filter(|double| !known.contains_key(*double))
            .and_then(|double| self.places.remove(double))
        else {
            return false;
        };
        self.never_synced.remove(&codes);
        let double = self.accounts.get_mut(place).and_then(Option::take);
        let kept = self
            .places
            .get(&id)
            .and_then(|place| self.accounts.get_mut(*place))
            .and_then(Option::as_mut);
        match (double, kept) {
            (Some(double), Some(kept)) => {
                keep_what_it_has_more(kept, &double);
                true
            }
            _ => false,
        }
    }

    fn into_accounts(self) -> Vec<Account> {
        self.accounts.into_iter().flatten().collect()
    }
}

fn keep_what_it_has_more(kept: &mut Account, double: &Account) {
    kept.raise_counter(double.counter());
    kept.pinned |= double.pinned;
    for tag in &double.tags {
        if kept.tags.len() < MAX_TAGS && !kept.tags.contains(tag) {
            kept.tags.push(tag.clone());
        }
    }
    if kept.note == Note::default() {
        kept.note = double.note.clone();
    }
}

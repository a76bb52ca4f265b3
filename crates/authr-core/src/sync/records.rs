//! The accounts of a vault against what is known of their records.

use std::collections::{BTreeMap, HashMap, HashSet};

use zeroize::Zeroizing;

use super::stamp::Stamp;
use super::state::{Known, SyncState};
use super::version::{Version, counter};
use crate::account::Account;
use crate::content::Content;

/// The own accounts of a device, and the state of their records.
pub struct Records<'a> {
    pub(super) accounts: &'a mut Vec<Account>,
    pub(super) state: &'a mut SyncState,
    pub(super) device: [u8; 16],
    pub(super) server_now: u64,
}

/// Whether a record has an account that stands in lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// It has.
    Present,
    /// Its account is in the trash, or left it.
    Deleted,
}

/// A version that the server does not have.
pub struct Outgoing {
    /// The id of the record.
    pub id: [u8; 16],
    /// The revision that it replaces; 0 for none.
    pub base: u64,
    /// What the server may know of it.
    pub presence: Presence,
    /// What is encrypted.
    pub plaintext: Zeroizing<Vec<u8>>,
}

impl Content {
    /// How many own accounts the server has in another version, or not at all; none before the device is registered.
    #[must_use]
    pub fn unsent(&self) -> usize {
        let Some(identity) = &self.identity else {
            return 0;
        };
        let known = &identity.sync.known;
        let own = self.accounts.iter().filter(|account| !account.is_native());
        let edited = |account: &&Account| is_unsent(Some(account), known.get(&account.id.0));
        let here: HashSet<[u8; 16]> = own.clone().map(|account| account.id.0).collect();
        let left = known
            .iter()
            .filter(|(id, known)| !here.contains(*id) && is_unsent(None, Some(known)));
        own.filter(edited).count() + left.count()
    }

    /// The records of a registered device at the server's time; none before it is registered.
    pub fn records(&mut self, device: [u8; 16], server_now: u64) -> Option<Records<'_>> {
        let Self {
            accounts, identity, ..
        } = self;
        identity.as_mut().map(|identity| Records {
            accounts,
            state: &mut identity.sync,
            device,
            server_now,
        })
    }
}

impl Records<'_> {
    /// What the server does not have, new accounts first: a conflict's copy is stored no later than the
    /// version that has lost its secret. What is set aside waits.
    #[must_use]
    pub fn outgoing(&self) -> Vec<Outgoing> {
        let accounts: HashMap<[u8; 16], &Account> = self
            .accounts
            .iter()
            .filter(|account| !account.is_native())
            .map(|account| (account.id.0, account))
            .collect();
        let ids = accounts.keys().chain(self.state.known.keys());
        let mut outgoing = BTreeMap::new();
        for id in ids {
            let (account, known) = (accounts.get(id).copied(), self.state.known.get(id));
            let base = known.map_or(0, |known| known.revision);
            let waiting = self.state.set_aside.get(id);
            let waits = waiting.is_some_and(|record| record.revision > base);
            if !waits && is_unsent(account, known) {
                outgoing.insert((base, *id), (account, known));
            }
        }
        let versions = outgoing
            .into_iter()
            .filter_map(|((base, id), (account, known))| {
                let version = self.version(account, known, 0)?;
                Some(Outgoing {
                    id,
                    base,
                    presence: if version.is_deleted() {
                        Presence::Deleted
                    } else {
                        Presence::Present
                    },
                    plaintext: version.encode(),
                })
            });
        versions.collect()
    }

    /// Remembers that the server has this version now. An account that was edited since it was encrypted stays unsent.
    pub fn pushed(&mut self, id: [u8; 16], revision: u64, version: &Version) {
        let newer = |known: &Known| known.revision >= revision;
        if !self.state.known.get(&id).is_some_and(newer) {
            self.state.known.insert(id, version.known(revision, false));
        }
    }

    /// The version that this device has: what is known, or a new one after an edit. Its stamp is after the clock `seen`.
    pub(super) fn version(
        &self,
        account: Option<&Account>,
        known: Option<&Known>,
        seen: u64,
    ) -> Option<Version> {
        let stamp = |edited, known: Option<&Known>| {
            let known = known.map_or(0, |known| known.stamp.clock.max(known.secret_stamp.clock));
            Stamp::after(edited, known.max(seen), self.device, self.server_now)
        };
        match (account, known) {
            (None, None) => None,
            // What was in the trash and left it was not edited by that.
            (None, Some(known)) if known.account.is_none() || known.trashed => {
                Some(unedited(None, known))
            }
            (None, Some(known)) => Some(Version {
                stamp: stamp(self.server_now, Some(known)),
                ..unedited(None, known)
            }),
            (Some(account), Some(known)) if known.account == Some(account.fingerprint()) => {
                Some(unedited(Some(account), known))
            }
            (Some(account), Some(known)) => {
                let stamp = stamp(account.changed_at, Some(known));
                let mut version = Version {
                    stamp,
                    ..unedited(Some(account), known)
                };
                if known.codes != account.codes_fingerprint() {
                    version.replace_secret(stamp);
                }
                Some(version)
            }
            (Some(account), None) => {
                let stamp = stamp(account.changed_at, None);
                Some(Version {
                    account: Some(account.duplicate()),
                    stamp,
                    secret_stamp: stamp,
                    line: [].into(),
                })
            }
        }
    }
}

fn unedited(account: Option<&Account>, known: &Known) -> Version {
    Version {
        account: account.map(Account::duplicate),
        stamp: known.stamp,
        secret_stamp: known.secret_stamp,
        line: known.line.clone(),
    }
}

/// Whether the server has another version than this device.
pub(super) fn is_unsent(account: Option<&Account>, known: Option<&Known>) -> bool {
    known.is_none_or(|known| {
        known.unsent
            || known.account != account.map(Account::fingerprint)
            || known.counter != counter(account)
    })
}

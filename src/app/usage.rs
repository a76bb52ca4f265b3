//! When the code of each account was last shown, and how often: a small encrypted file beside the vault, so that looking at a code
//! does not write the vault.
//!
//! ```text
//! salt[32] || commitment[32] || ciphertext || tag   under the vault key, for "authr/1/usage" and the vault's id
//! plaintext: account id[16] || seconds since 1970, u64 || times, u64   each; zeros up to a multiple of 40 entries
//! ```
//!
//! Nothing depends on it: a file that is lost, damaged or of another key begins anew, and one that cannot be written is
//! not. It stays on this machine, and no backup has it.

use std::collections::{BTreeMap, HashSet};

use authr_core::account::AccountId;
use authr_crypto::aead;
use authr_crypto::derive::Info;
use zeroize::Zeroizing;

use super::session::Session;

const ENTRY_BYTES: usize = 16 + 8 + 8;
/// The file grows by so many entries at once, and tells no more than that of their number.
const ENTRIES_A_BLOCK: usize = 40;

/// How each account was used on this machine.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Usage(BTreeMap<AccountId, Use>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Use {
    /// When its code was last shown, in seconds since 1970.
    last: u64,
    /// How often it was.
    times: u64,
}

/// That the code of an account was shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Shown {
    /// Which account's.
    pub(crate) id: AccountId,
    /// When, in seconds since 1970.
    pub(crate) at: u64,
}

impl Usage {
    /// When this account's code was last shown; none: never, as far as is known.
    pub(crate) fn last(&self, id: AccountId) -> Option<u64> {
        self.0.get(&id).map(|used| used.last)
    }

    /// How often its code was shown, as far as is known.
    pub(crate) fn times(&self, id: AccountId) -> u64 {
        self.0.get(&id).map_or(0, |used| used.times)
    }

    fn note(&mut self, id: AccountId, now: u64) {
        let times = self.times(id).saturating_add(1);
        self.0.insert(id, Use { last: now, times });
    }

    fn encode(&self) -> Zeroizing<Vec<u8>> {
        let entries = self.0.len().next_multiple_of(ENTRIES_A_BLOCK);
        let mut bytes = Zeroizing::new(Vec::with_capacity(entries * ENTRY_BYTES + aead::TAG_BYTES));
        for (id, used) in &self.0 {
            bytes.extend_from_slice(&id.0);
            bytes.extend_from_slice(&used.last.to_be_bytes());
            bytes.extend_from_slice(&used.times.to_be_bytes());
        }
        bytes.resize(entries * ENTRY_BYTES, 0);
        bytes
    }

    fn decode(bytes: &[u8]) -> Self {
        let (entries, _) = bytes.as_chunks::<ENTRY_BYTES>();
        let mut usage = BTreeMap::new();
        for entry in entries {
            let (id, numbers) = entry.split_at(16);
            let (last, times) = numbers.split_at(8);
            if let (Ok(id), Ok(last), Ok(times)) =
                (id.try_into(), last.try_into(), times.try_into())
            {
                let (last, times) = (u64::from_be_bytes(last), u64::from_be_bytes(times));
                usage.insert(AccountId(id), Use { last, times });
            }
        }
        usage.retain(|_, used| used.last > 0);
        Self(usage)
    }
}

impl Session<'_> {
    /// When codes were last shown, and how often.
    pub(crate) fn usage(&self) -> Usage {
        let sealed = self.store.usage().unwrap_or_default();
        aead::open(self.vault.key(), &self.usage_info(), b"", &sealed)
            .map(|bytes| Usage::decode(&bytes))
            .unwrap_or_default()
    }

    /// Remembers when the codes of these accounts were shown. Where that cannot be written, it is forgotten.
    pub(crate) fn remember(&self, uses: &[Shown]) {
        let Some(lock) = self.store.lock_if_free() else {
            return;
        };
        let mut usage = self.usage();
        for shown in uses {
            usage.note(shown.id, shown.at);
        }
        let accounts = self.content().accounts.iter();
        let known: HashSet<[u8; 16]> = accounts.map(|account| account.id.0).collect();
        usage.0.retain(|id, _| known.contains(&id.0));
        // What cannot be written is forgotten, as promised.
        let _ = self.store.write_usage(&lock, &self.seal_usage(&usage));
    }

    /// These accounts, whose codes are shown now.
    pub(crate) fn shown_now(&self, ids: impl IntoIterator<Item = AccountId>) -> Vec<Shown> {
        let at = self.now().0;
        ids.into_iter().map(|id| Shown { id, at }).collect()
    }

    /// The file's bytes under the present vault key.
    pub(super) fn seal_usage(&self, usage: &Usage) -> Vec<u8> {
        let salt = self.context.random.bytes();
        let key = self.vault.key();
        aead::seal(key, &salt, &self.usage_info(), b"", usage.encode())
    }

    fn usage_info(&self) -> Info {
        Info::new("authr/1/usage").bytes(&self.vault.header().vault_id.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usage(accounts: u16) -> Usage {
        let entry = |number: u16| {
            let mut id = [7; 16];
            id[..2].copy_from_slice(&number.to_be_bytes());
            let used = Use {
                last: u64::from(number) + 1,
                times: u64::from(number) + 3,
            };
            (AccountId(id), used)
        };
        Usage((0..accounts).map(entry).collect())
    }

    #[test]
    fn what_is_written_is_read_back_and_its_length_tells_blocks_alone() {
        for (accounts, blocks) in [(0, 0), (1, 1), (40, 1), (41, 2)] {
            let bytes = usage(accounts).encode();
            assert_eq!(bytes.len(), blocks * ENTRIES_A_BLOCK * ENTRY_BYTES);
            assert_eq!(Usage::decode(&bytes), usage(accounts));
        }
    }

    #[test]
    fn each_use_counts_once_and_the_last_one_stays() {
        let (id, mut usage) = (AccountId([7; 16]), Usage::default());
        assert_eq!((usage.times(id), usage.last(id)), (0, None));
        for now in [5, 9] {
            usage.note(id, now);
        }
        assert_eq!((usage.times(id), usage.last(id)), (2, Some(9)));
    }
}

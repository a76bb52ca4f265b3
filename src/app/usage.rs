//! When the code of each account was last shown: a small encrypted file beside the vault, so that looking at a code
//! does not write the vault.
//!
//! ```text
//! salt[32] || commitment[32] || ciphertext || tag   under the vault key, for "authr/1/usage" and the vault's id
//! plaintext: account id[16] || seconds since 1970, u64   each; zeros up to a multiple of 40 entries
//! ```
//!
//! Nothing depends on it: a file that is lost, damaged or of another key begins anew, and one that cannot be written is
//! not. It stays on this machine, and no backup has it.

use std::collections::BTreeMap;

use authr_core::account::AccountId;
use authr_crypto::aead;
use authr_crypto::derive::Info;
use zeroize::Zeroizing;

use super::session::Session;

const ENTRY_BYTES: usize = 16 + 8;
/// The file grows by so many entries at once, and tells no more than that of their number.
const ENTRIES_A_BLOCK: usize = 40;

/// When each account's code was last shown, in seconds since 1970.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Usage(BTreeMap<AccountId, u64>);

impl Usage {
    /// When this account's code was last shown; none: never, as far as is known.
    pub(crate) fn last(&self, id: AccountId) -> Option<u64> {
        self.0.get(&id).copied()
    }

    fn encode(&self) -> Zeroizing<Vec<u8>> {
        let entries = self.0.len().next_multiple_of(ENTRIES_A_BLOCK);
        let mut bytes = Zeroizing::new(Vec::with_capacity(entries * ENTRY_BYTES + aead::TAG_BYTES));
        for (id, at) in &self.0 {
            bytes.extend_from_slice(&id.0);
            bytes.extend_from_slice(&at.to_be_bytes());
        }
        bytes.resize(entries * ENTRY_BYTES, 0);
        bytes
    }

    fn decode(bytes: &[u8]) -> Self {
        let (entries, _) = bytes.as_chunks::<ENTRY_BYTES>();
        let mut usage = BTreeMap::new();
        for entry in entries {
            let (id, at) = entry.split_at(16);
            if let (Ok(id), Ok(at)) = (id.try_into(), at.try_into()) {
                usage.insert(AccountId(id), u64::from_be_bytes(at));
            }
        }
        usage.retain(|_, at| *at > 0);
        Self(usage)
    }
}

impl Session<'_> {
    /// When codes were last shown.
    pub(crate) fn usage(&self) -> Usage {
        let sealed = self.store.usage().unwrap_or_default();
        aead::open(self.vault.key(), &self.usage_info(), b"", &sealed)
            .map(|bytes| Usage::decode(&bytes))
            .unwrap_or_default()
    }

    /// Remembers that the codes of these accounts were shown now. Where that cannot be written, it is forgotten.
    pub(crate) fn remember_use(&self, ids: &[AccountId]) {
        let Some(lock) = self.store.lock_if_free() else {
            return;
        };
        let (mut usage, now) = (self.usage(), self.now().0);
        usage.0.extend(ids.iter().map(|id| (*id, now)));
        usage
            .0
            .retain(|id, _| self.content().account(*id).is_some());
        // What cannot be written is forgotten, as promised.
        let _ = self.store.write_usage(&lock, &self.seal_usage(&usage));
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
            (AccountId(id), u64::from(number) + 1)
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
}

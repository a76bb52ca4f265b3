//! The device list: a chain of signed entries that the server orders and stores, and cannot make.
//!
//! ```text
//! list  = genesis epoch locker group*
//! group = add | locker | policy | epoch locker | remove+ epoch locker     one author each but for the `add`s
//! ```
//! Every state that a group leaves behind is whole: the newest data key is sealed to exactly the active devices, and
//! lies in the newest locker.

mod description;
mod entry;
mod epoch;
mod error;
mod verify;

use std::collections::{BTreeMap, BTreeSet};

use authr_crypto::seal::SealingKey;
use authr_crypto::secret::DataKey;
use authr_crypto::sign::{Signer, VerifyingKey};
use serde::{Deserialize, Serialize};

use crate::chain::ChainHead;
use crate::id::{DeviceId, Hash, UserId};

pub use description::{
    Description, DescriptionTooLong, NAME_BYTES, SYSTEM_BYTES, SealedDescription,
};
pub use entry::{
    Author, Body, ENTRY_BYTES, Entry, LockerEntry, NewDevice, RESTORE_WAIT_HOURS, SignedEntry,
};
pub use epoch::{Epoch, EpochError, EpochKeys};
pub use error::{ListError, Rule};
pub use verify::{Expect, Standing};

/// How many devices of a user are active at most.
pub const DEVICES: usize = 10;
/// How many entries a list has at most: one a day for over five years.
pub const ENTRIES: usize = 2048;

/// A place in the list: the number of an entry, and its hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// The number of the entry.
    pub sequence: u64,
    /// Its hash.
    pub hash: Hash,
}

/// A device that is or was on the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Device {
    /// What it signs with.
    pub signing: VerifyingKey,
    /// What is sealed to it.
    pub sealing: SealingKey,
    /// When its entry says that it came, in unix seconds.
    pub added: u64,
    /// Its last record, once it was removed.
    pub removed: Option<ChainHead>,
    description: SealedDescription,
    /// The epoch under whose key the description is sealed.
    epoch: u32,
}

/// A verified list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceList {
    user: UserId,
    hashes: Vec<Hash>,
    devices: BTreeMap<DeviceId, Device>,
    /// Every key that was ever on the list, of any kind.
    keys: BTreeSet<[u8; 32]>,
    epochs: Vec<Epoch>,
    locker: Option<LockerEntry>,
    restore_wait_hours: u16,
    owed: verify::Owed,
}

impl DeviceList {
    /// Whose list it is.
    #[must_use]
    pub fn user(&self) -> &UserId {
        &self.user
    }

    /// The hash of the first entry.
    ///
    /// # Panics
    /// Never: a verified list has a genesis.
    #[must_use]
    pub fn genesis(&self) -> Hash {
        *self.hashes.first().expect("because a list has a genesis")
    }

    /// The newest entry.
    ///
    /// # Panics
    /// Never: a verified list has a genesis.
    #[must_use]
    pub fn head(&self) -> Head {
        Head {
            sequence: verify::sequence(self.hashes.len()),
            hash: *self.hashes.last().expect("because a list has a genesis"),
        }
    }

    /// The devices that are active, by id.
    pub fn active(&self) -> impl Iterator<Item = (&DeviceId, &Device)> {
        self.devices
            .iter()
            .filter(|(_, device)| device.removed.is_none())
    }

    /// Every device that is or was on the list, by id.
    pub fn devices(&self) -> impl Iterator<Item = (&DeviceId, &Device)> {
        self.devices.iter()
    }

    /// A device that is or was on the list.
    #[must_use]
    pub fn device(&self, id: &DeviceId) -> Option<&Device> {
        self.devices.get(id)
    }

    /// The newest locker entry.
    ///
    /// # Panics
    /// Never: a verified list has one.
    #[must_use]
    pub fn locker(&self) -> &LockerEntry {
        let locker = self.locker.as_ref();
        locker.expect("because a list begins with genesis, epoch and locker")
    }

    /// The newest epoch.
    ///
    /// # Panics
    /// Never: a verified list has one.
    #[must_use]
    pub fn epoch(&self) -> &Epoch {
        let epoch = self.epochs.last();
        epoch.expect("because a list begins with genesis, epoch and locker")
    }

    /// How long a restore waits, in hours.
    #[must_use]
    pub fn restore_wait_hours(&self) -> u16 {
        self.restore_wait_hours
    }

    /// The keys of every epoch, from the newest one.
    ///
    /// # Errors
    /// [`EpochError`] when the key is not the one that the list commits to.
    pub fn epoch_keys(&self, newest: DataKey) -> Result<EpochKeys, EpochError> {
        EpochKeys::unwrap(&self.user, &self.epochs, newest)
    }

    /// The name of a device, if it was sealed as it should be.
    #[must_use]
    pub fn description(&self, id: &DeviceId, keys: &EpochKeys) -> Option<Description> {
        let device = self.devices.get(id)?;
        let key = keys.key(device.epoch)?;
        device.description.open(&self.user, id, key)
    }
}

/// New entries being made, each on top of the one before.
#[derive(Debug)]
pub struct Draft {
    head: Option<Head>,
    created: u64,
    entries: Vec<SignedEntry>,
}

impl Draft {
    /// Begins after a head, or a new list.
    #[must_use]
    pub fn after(head: Option<Head>, created: u64) -> Self {
        Self {
            head,
            created,
            entries: Vec::new(),
        }
    }

    /// Signs the next entry; the head is then that entry.
    pub fn sign(&mut self, author: Author, body: Body, signer: &Signer) -> Head {
        let (sequence, previous) = match self.head {
            Some(head) => (head.sequence + 1, head.hash),
            None => (1, Hash::NONE),
        };
        let entry = Entry {
            sequence,
            previous,
            created: self.created,
            author,
            body,
        };
        let signed = SignedEntry::sign(entry, signer);
        let head = Head {
            sequence,
            hash: signed.hash(),
        };
        self.entries.push(signed);
        self.head = Some(head);
        head
    }

    /// The entries, in order.
    #[must_use]
    pub fn finish(self) -> Vec<SignedEntry> {
        self.entries
    }
}

#[cfg(test)]
mod tests;

//! The chain of each device: every record it ever wrote, in order, so that none can be left out or put in.
//!
//! `link = SHA-256(link before || SHA-256(record))`, zeros before the first. Each record states the link before it
//! under its device's signature. A record that was superseded leaves (device, dseq, hash) behind.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use authr_crypto::mac::sha256;

use crate::id::{DeviceId, Hash};
use crate::list::DeviceList;
use crate::record::SealedRecord;

/// Where a device's chain stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChainHead {
    /// How many records it has.
    pub dseq: u64,
    /// The link after the last one.
    pub link: Hash,
}

impl ChainHead {
    /// The chain of a device that wrote nothing.
    pub const EMPTY: Self = Self {
        dseq: 0,
        link: Hash::NONE,
    };
}

impl Hash {
    /// The link that follows this one after a record with this hash.
    #[must_use]
    pub fn then(&self, record: &Self) -> Self {
        Self(sha256(&[&self.0, &record.0]))
    }
}

/// What is left of a record once a newer version replaced it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Superseded {
    /// Who wrote it.
    pub device: DeviceId,
    /// Its number among those of its device.
    pub dseq: u64,
    /// Its hash.
    pub hash: Hash,
}

/// A step of some device's chain, in the order of the feed.
#[derive(Debug, Clone, Copy)]
pub enum Step<'a> {
    /// A record that is still there.
    Record(&'a SealedRecord),
    /// One that was superseded.
    Superseded(&'a Superseded),
}

/// Why records are refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ChainError {
    /// Its device was never on the list.
    #[error("a record is of a device that is not on the list")]
    UnknownDevice,
    /// It is not signed by its device.
    #[error("record {dseq} of a device has a wrong signature")]
    BadSignature {
        /// Its number.
        dseq: u64,
    },
    /// A record is missing, or stands twice.
    #[error("record {dseq} of a device came where {expected} was due")]
    Gap {
        /// The number that came.
        dseq: u64,
        /// The number that was due.
        expected: u64,
    },
    /// It follows other records than those that were seen.
    #[error("record {dseq} of a device does not follow the records before it")]
    BrokenLink {
        /// Its number.
        dseq: u64,
    },
    /// It was written after its device was removed, or is not the last record that the removal states.
    #[error("record {dseq} of a removed device is not among those that its removal states")]
    AfterRemoval {
        /// Its number.
        dseq: u64,
    },
    /// The records of a removed device end before the last one that the removal states.
    #[error("the records of a removed device end at {dseq}, its removal states {stated}")]
    Missing {
        /// Where they end.
        dseq: u64,
        /// Where they should end.
        stated: u64,
    },
}

/// How far the chain of each device was verified.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Chains(BTreeMap<DeviceId, ChainHead>);

impl Chains {
    /// What was verified before.
    #[must_use]
    pub fn new(heads: BTreeMap<DeviceId, ChainHead>) -> Self {
        Self(heads)
    }

    /// Each device's head, to be kept.
    #[must_use]
    pub fn heads(&self) -> &BTreeMap<DeviceId, ChainHead> {
        &self.0
    }

    /// The same chains with one of them further on: this device's own, whose records it made itself.
    #[must_use]
    pub fn with(mut self, device: DeviceId, head: ChainHead) -> Self {
        self.0.insert(device, head);
        self
    }

    /// The head of one device.
    #[must_use]
    pub fn head(&self, device: &DeviceId) -> ChainHead {
        self.0.get(device).copied().unwrap_or(ChainHead::EMPTY)
    }

    /// Verifies what comes next in the feed: all, or on an error nothing is taken in.
    ///
    /// # Errors
    /// [`ChainError`].
    pub fn verify<'a>(
        &mut self,
        list: &DeviceList,
        steps: impl Iterator<Item = Step<'a>>,
    ) -> Result<(), ChainError> {
        let mut verified = self.clone();
        for step in steps {
            verified.take(list, step)?;
        }
        *self = verified;
        Ok(())
    }

    /// Once the whole feed was read: whether every removed device's records are all there.
    ///
    /// # Errors
    /// [`ChainError::Missing`].
    pub fn complete(&self, list: &DeviceList) -> Result<(), ChainError> {
        for (id, device) in list.devices() {
            let dseq = self.head(id).dseq;
            match device.removed {
                Some(last) if dseq < last.dseq => {
                    return Err(ChainError::Missing {
                        dseq,
                        stated: last.dseq,
                    });
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn take(&mut self, list: &DeviceList, step: Step<'_>) -> Result<(), ChainError> {
        let (id, dseq, hash) = match step {
            Step::Record(record) => (record.header().device, record.header().dseq, record.hash()),
            Step::Superseded(left) => (left.device, left.dseq, left.hash),
        };
        let device = list.device(&id).ok_or(ChainError::UnknownDevice)?;
        let before = self.head(&id);
        let expected = before.dseq.saturating_add(1);
        if dseq != expected {
            return Err(ChainError::Gap { dseq, expected });
        }
        if let Step::Record(record) = step {
            if record.header().link != before.link {
                return Err(ChainError::BrokenLink { dseq });
            }
            record
                .verify(list.user(), &device.signing)
                .map_err(|_| ChainError::BadSignature { dseq })?;
        }
        let head = ChainHead {
            dseq,
            link: before.link.then(&hash),
        };
        if let Some(last) = device.removed {
            let other_end = dseq == last.dseq && head.link != last.link;
            if dseq > last.dseq || other_end {
                return Err(ChainError::AfterRemoval { dseq });
            }
        }
        self.0.insert(id, head);
        Ok(())
    }
}

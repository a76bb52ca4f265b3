//! The rules of the list, entry by entry. What does not verify changes nothing.

use authr_crypto::sign::VerifyingKey;

use super::error::{ListError, Rule};
use super::{
    Author, Body, DEVICES, Device, DeviceList, ENTRIES, Entry, Epoch, Head, LockerEntry, NewDevice,
    SignedEntry,
};
use crate::chain::ChainHead;
use crate::id::{DeviceId, Hash, UserId};

/// What the reader of a whole list knows already.
#[derive(Debug, Clone, Copy)]
pub enum Expect {
    /// Nothing: the server reads its own rows.
    Nothing,
    /// A device: the genesis and the newest entry that it saw.
    Pinned {
        /// The hash of the first entry.
        genesis: Hash,
        /// The newest entry that was seen.
        newest: Head,
    },
    /// A restoring device: what the locker names.
    Locker {
        /// The hash of the first entry.
        genesis: Hash,
        /// The entry before the locker's own.
        before: Head,
    },
}

/// How the server's list stands to a verified one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Both are the same.
    Same,
    /// The server has more entries: fetch those after our head.
    Behind,
}

/// What must follow before the list is whole again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Owed {
    Nothing,
    /// An epoch, or a further removal when removals led here.
    Epoch {
        by: DeviceId,
        removing: bool,
    },
    Locker {
        by: DeviceId,
    },
}

/// The number of the last of so many entries.
pub(super) fn sequence(entries: usize) -> u64 {
    u64::try_from(entries).expect("because a list has few entries")
}

impl DeviceList {
    /// Verifies a whole list, `entry || signature` each.
    ///
    /// # Errors
    /// [`ListError`].
    pub fn verify<E: AsRef<[u8]>>(entries: &[E], expect: &Expect) -> Result<Self, ListError> {
        let (first, rest) = entries.split_first().ok_or(ListError::Unfinished)?;
        let mut list = Self::begin(&parse(first.as_ref(), 1)?)?;
        list.take(rest)?;
        list.meets(expect)?;
        Ok(list)
    }

    /// Verifies and takes in the entries after the head: all, or on an error none.
    ///
    /// # Errors
    /// [`ListError`]; entries that follow another head than ours are [`ListError::Forked`].
    pub fn extend<E: AsRef<[u8]>>(&mut self, entries: &[E]) -> Result<(), ListError> {
        let mut extended = self.clone();
        if let Some(first) = entries.first() {
            let head = self.head();
            let entry = parse(first.as_ref(), head.sequence + 1)?;
            let entry = entry.entry();
            if entry.sequence == head.sequence + 1 && entry.previous != head.hash {
                return Err(ListError::Forked {
                    sequence: entry.sequence,
                });
            }
        }
        extended.take(entries)?;
        *self = extended;
        Ok(())
    }

    /// Compares the head that the server states with ours.
    ///
    /// # Errors
    /// [`ListError::WentBack`], [`ListError::Forked`].
    pub fn compare(&self, offered: &Head) -> Result<Standing, ListError> {
        let ours = self.head();
        if offered.sequence < ours.sequence {
            return Err(ListError::WentBack {
                pinned: ours.sequence,
                offered: offered.sequence,
            });
        }
        if offered.sequence > ours.sequence {
            return Ok(Standing::Behind);
        }
        if offered.hash == ours.hash {
            return Ok(Standing::Same);
        }
        Err(ListError::Forked {
            sequence: ours.sequence,
        })
    }

    fn meets(&self, expect: &Expect) -> Result<(), ListError> {
        match *expect {
            Expect::Nothing => Ok(()),
            Expect::Pinned { genesis, newest } => {
                if self.genesis() != genesis {
                    return Err(ListError::Forked { sequence: 1 });
                }
                match self.hash_at(newest.sequence) {
                    Some(hash) if hash == newest.hash => Ok(()),
                    Some(_) => Err(ListError::Forked {
                        sequence: newest.sequence,
                    }),
                    None => Err(ListError::WentBack {
                        pinned: newest.sequence,
                        offered: self.head().sequence,
                    }),
                }
            }
            Expect::Locker { genesis, before } => {
                let named = self.hash_at(before.sequence) == Some(before.hash);
                if self.genesis() == genesis && named {
                    Ok(())
                } else {
                    Err(ListError::ListForged)
                }
            }
        }
    }

    fn hash_at(&self, sequence: u64) -> Option<Hash> {
        let at = usize::try_from(sequence.checked_sub(1)?).ok()?;
        self.hashes.get(at).copied()
    }

    fn begin(signed: &SignedEntry) -> Result<Self, ListError> {
        let refuse = |rule| ListError::NotAllowed { sequence: 1, rule };
        let entry = signed.entry();
        let Body::Genesis { user, device } = &entry.body else {
            return Err(refuse(Rule::Genesis));
        };
        if entry.sequence != 1 {
            return Err(refuse(Rule::Sequence));
        }
        if entry.previous != Hash::NONE {
            return Err(refuse(Rule::Previous));
        }
        let id = device.id();
        if entry.author != Author::Device(id) {
            return Err(refuse(Rule::UnknownAuthor));
        }
        if !signed.is_signed_by(&device.signing) {
            return Err(ListError::BadSignature { sequence: 1 });
        }
        let mut list = Self::empty(*user, signed.hash(), id);
        list.add(device, entry.created).map_err(refuse)?;
        Ok(list)
    }

    fn empty(user: UserId, genesis: Hash, first: DeviceId) -> Self {
        Self {
            user,
            hashes: vec![genesis],
            devices: [].into(),
            keys: [].into(),
            epochs: Vec::new(),
            locker: None,
            restore_wait_hours: 0,
            owed: Owed::Epoch {
                by: first,
                removing: false,
            },
        }
    }

    fn take<E: AsRef<[u8]>>(&mut self, entries: &[E]) -> Result<(), ListError> {
        for wire in entries {
            let sequence = self.head().sequence + 1;
            let signed = parse(wire.as_ref(), sequence)?;
            let refuse = |rule| ListError::NotAllowed { sequence, rule };
            self.check_place(signed.entry()).map_err(refuse)?;
            let key = self.author_key(signed.entry()).map_err(refuse)?;
            if !signed.is_signed_by(&key) {
                return Err(ListError::BadSignature { sequence });
            }
            self.apply(signed.entry()).map_err(refuse)?;
            self.hashes.push(signed.hash());
        }
        if self.owed == Owed::Nothing {
            Ok(())
        } else {
            Err(ListError::Unfinished)
        }
    }

    fn check_place(&self, entry: &Entry) -> Result<(), Rule> {
        let head = self.head();
        if self.hashes.len() >= ENTRIES {
            return Err(Rule::TooManyEntries);
        }
        if entry.sequence != head.sequence + 1 {
            return Err(Rule::Sequence);
        }
        if entry.previous != head.hash {
            return Err(Rule::Previous);
        }
        Ok(())
    }

    fn author_key(&self, entry: &Entry) -> Result<VerifyingKey, Rule> {
        match (&entry.author, &entry.body) {
            (Author::Device(id), _) => {
                let device = self.devices.get(id).ok_or(Rule::UnknownAuthor)?;
                if device.removed.is_some() {
                    return Err(Rule::RemovedAuthor);
                }
                Ok(device.signing)
            }
            (Author::Restore, Body::Add { .. }) => {
                let locker = self.locker.as_ref().ok_or(Rule::OutOfOrder)?;
                Ok(locker.restore_key)
            }
            (Author::Restore, _) => Err(Rule::RestoreMayOnlyAdd),
        }
    }

    fn apply(&mut self, entry: &Entry) -> Result<(), Rule> {
        let owed = self.owed;
        self.owed = match (&entry.body, &entry.author) {
            (Body::Genesis { .. }, _) => return Err(Rule::Genesis),
            (Body::Remove { device, last }, Author::Device(by)) if owed.allows_remove(by) => {
                self.remove(device, *last, by)?;
                Owed::Epoch {
                    by: *by,
                    removing: true,
                }
            }
            (Body::Epoch(epoch), Author::Device(by)) if owed.allows_epoch(by) => {
                self.begin_epoch(epoch)?;
                Owed::Locker { by: *by }
            }
            (Body::Locker(locker), Author::Device(by)) if owed.allows_locker(by) => {
                self.set_locker(locker)?;
                Owed::Nothing
            }
            (Body::Add { device, proof }, _) if owed == Owed::Nothing => {
                let possession = device.possession(&self.user);
                if device.signing.verify(&possession, proof).is_err() {
                    return Err(Rule::NoPossession);
                }
                self.add(device, entry.created)?;
                Owed::Nothing
            }
            (Body::Policy { restore_wait_hours }, _) if owed == Owed::Nothing => {
                self.restore_wait_hours = *restore_wait_hours;
                Owed::Nothing
            }
            _ => return Err(Rule::OutOfOrder),
        };
        Ok(())
    }

    fn add(&mut self, device: &NewDevice, created: u64) -> Result<(), Rule> {
        if self.active().count() >= DEVICES {
            return Err(Rule::TooManyDevices);
        }
        let id = device.id();
        let fresh = !self.devices.contains_key(&id)
            && self.keys.insert(device.signing.0)
            && self.keys.insert(device.sealing.0);
        if !fresh {
            return Err(Rule::Reused);
        }
        let device = Device {
            signing: device.signing,
            sealing: device.sealing,
            added: created,
            removed: None,
            description: device.description.clone(),
            epoch: self.epochs.last().map_or(1, |epoch| epoch.number),
        };
        self.devices.insert(id, device);
        Ok(())
    }

    fn remove(&mut self, id: &DeviceId, last: ChainHead, by: &DeviceId) -> Result<(), Rule> {
        if id == by {
            return Err(Rule::RemovesItself);
        }
        match self.devices.get_mut(id) {
            Some(device) if device.removed.is_none() => {
                device.removed = Some(last);
                Ok(())
            }
            _ => Err(Rule::NotActive),
        }
    }

    fn begin_epoch(&mut self, epoch: &Epoch) -> Result<(), Rule> {
        let before = self.epochs.last().map_or(0, |epoch| epoch.number);
        if before.checked_add(1) != Some(epoch.number) {
            return Err(Rule::EpochNumber);
        }
        if !epoch.devices().eq(self.active().map(|(id, _)| id)) {
            return Err(Rule::EpochDevices);
        }
        if epoch.has_previous() != (epoch.number > 1) {
            return Err(Rule::EpochPrevious);
        }
        self.epochs.push(epoch.clone());
        Ok(())
    }

    fn set_locker(&mut self, locker: &LockerEntry) -> Result<(), Rule> {
        let before = self.locker.as_ref().map_or(0, |locker| locker.version);
        if before.checked_add(1) != Some(locker.version) {
            return Err(Rule::LockerVersion);
        }
        // A share that was drawn twice would leave the restore key of a removed device alive.
        if !self.keys.insert(locker.restore_key.0) {
            return Err(Rule::Reused);
        }
        self.locker = Some(*locker);
        Ok(())
    }
}

impl Owed {
    fn allows_remove(self, by: &DeviceId) -> bool {
        match self {
            Self::Nothing => true,
            Self::Epoch { by: due, removing } => removing && due == *by,
            Self::Locker { .. } => false,
        }
    }

    fn allows_epoch(self, by: &DeviceId) -> bool {
        match self {
            Self::Nothing => true,
            Self::Epoch { by: due, .. } => due == *by,
            Self::Locker { .. } => false,
        }
    }

    fn allows_locker(self, by: &DeviceId) -> bool {
        match self {
            Self::Nothing => true,
            Self::Epoch { .. } => false,
            Self::Locker { by: due } => due == *by,
        }
    }
}

fn parse(wire: &[u8], sequence: u64) -> Result<SignedEntry, ListError> {
    SignedEntry::parse(wire).map_err(|malformed| ListError::Malformed {
        sequence,
        at: malformed.at,
    })
}

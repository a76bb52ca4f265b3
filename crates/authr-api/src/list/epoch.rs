//! An epoch: the data key of the records written from now on, sealed to each active device.
//!
//! ```text
//! body       = number u32 || commitment[32] || count[1] || count × (device[16] || sealed[80]) || has[1] || previous[112]?
//! commitment = HKDF(data key, salt = "", "authr/1/epoch/commitment" || user || number)
//! sealed     = HPKE(device's sealing key, info "authr/1/epoch/key" || user || number || device, aad = "", data key)
//! previous   = AEAD seal with the data key, info "authr/1/epoch/previous" || user || number, of the key before
//! ```
//! Devices ascend. Epoch 1 has no previous key, every other one has: who holds the newest key reads all.

use std::collections::BTreeMap;

use authr_crypto::aead;
use authr_crypto::derive::{self, Info};
use authr_crypto::mac;
use authr_crypto::random::Random;
use authr_crypto::seal::{self, Opener, SealError, SealingKey};
use authr_crypto::secret::DataKey;
use zeroize::Zeroizing;

use crate::codec::{Malformed, Reader, Writer};
use crate::id::{DeviceId, Hash, UserId};

const SEALED_KEY_BYTES: usize = 32 + seal::OVERHEAD_BYTES;
const PREVIOUS_BYTES: usize = aead::SALT_BYTES + aead::COMMITMENT_BYTES + 32 + aead::TAG_BYTES;

/// An epoch, as its entry states it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Epoch {
    /// 1 for the first, one more for each that follows.
    pub number: u32,
    commitment: Hash,
    sealed: BTreeMap<DeviceId, [u8; SEALED_KEY_BYTES]>,
    previous: Option<[u8; PREVIOUS_BYTES]>,
}

/// Why a data key could not be had from the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EpochError {
    /// The epoch has no key for this device.
    #[error("the data key is not sealed to this device")]
    NotForUs,
    /// What is sealed to the device, or under the next key, does not open.
    #[error("the data key of epoch {number} does not open")]
    DoesNotOpen {
        /// Which one.
        number: u32,
    },
    /// The key is another than the one the entry commits to.
    #[error("the data key of epoch {number} is not the one that its entry names")]
    WrongKey {
        /// Which one.
        number: u32,
    },
}

impl Epoch {
    /// Makes the epoch of a new data key; `before` is the key of the epoch before, absent for epoch 1 alone.
    ///
    /// # Errors
    /// [`SealError::BadKey`] when a device's key cannot be sealed to.
    ///
    /// # Panics
    /// Never: what is sealed has one length.
    pub fn make(
        user: &UserId,
        number: u32,
        key: &DataKey,
        before: Option<&DataKey>,
        devices: impl Iterator<Item = (DeviceId, SealingKey)>,
        random: &dyn Random,
    ) -> Result<Self, SealError> {
        let mut sealed = BTreeMap::new();
        for (device, to) in devices {
            let info = key_info(user, number, &device);
            let key = seal::seal(&to, &info, &[], key.expose_secret(), random)?;
            let key = key.try_into().expect("because a key has one length");
            sealed.insert(device, key);
        }
        let previous = before.map(|before| {
            // Room for the tag, so that no copy of the key stays behind in a buffer that grew.
            let mut plain = Zeroizing::new(Vec::with_capacity(32 + aead::TAG_BYTES));
            plain.extend_from_slice(before.expose_secret());
            let info = previous_info(user, number);
            aead::seal(key, &random.bytes(), &info, &[], plain)
                .try_into()
                .expect("because a key has one length")
        });
        Ok(Self {
            number,
            commitment: commitment(user, number, key),
            sealed,
            previous,
        })
    }

    /// The devices that the key is sealed to, ascending.
    pub fn devices(&self) -> impl Iterator<Item = &DeviceId> {
        self.sealed.keys()
    }

    /// Whether the key before is there, as it must be for every epoch but the first.
    #[must_use]
    pub fn has_previous(&self) -> bool {
        self.previous.is_some()
    }

    /// Opens the key as one of its devices.
    ///
    /// # Errors
    /// [`EpochError`].
    pub fn open(
        &self,
        user: &UserId,
        device: &DeviceId,
        opener: &Opener,
    ) -> Result<DataKey, EpochError> {
        let number = self.number;
        let sealed = self.sealed.get(device).ok_or(EpochError::NotForUs)?;
        let key = opener
            .open(&key_info(user, number, device), &[], sealed)
            .map_err(|_| EpochError::DoesNotOpen { number })?;
        let key = DataKey::from_slice(&key).ok_or(EpochError::DoesNotOpen { number })?;
        self.check(user, &key)?;
        Ok(key)
    }

    /// Whether this is the key of the epoch.
    ///
    /// # Errors
    /// [`EpochError::WrongKey`].
    pub fn check(&self, user: &UserId, key: &DataKey) -> Result<(), EpochError> {
        if mac::equal(&commitment(user, self.number, key).0, &self.commitment.0) {
            Ok(())
        } else {
            Err(EpochError::WrongKey {
                number: self.number,
            })
        }
    }

    /// The key of the epoch before, from the key of this one.
    fn open_previous(&self, user: &UserId, key: &DataKey) -> Result<DataKey, EpochError> {
        let before = EpochError::DoesNotOpen {
            number: self.number.saturating_sub(1),
        };
        let sealed = self.previous.as_ref().ok_or(before)?;
        let plain =
            aead::open(key, &previous_info(user, self.number), &[], sealed).map_err(|_| before)?;
        DataKey::from_slice(&plain).ok_or(before)
    }

    pub(super) fn write(&self, mut writer: Writer) -> Writer {
        let count = u8::try_from(self.sealed.len()).expect("because a user has few devices");
        writer = writer.u32(self.number).raw(&self.commitment.0).u8(count);
        for (device, key) in &self.sealed {
            writer = writer.raw(&device.0).raw(key);
        }
        match &self.previous {
            Some(key) => writer.u8(1).raw(key),
            None => writer.u8(0),
        }
    }

    pub(super) fn read(reader: &mut Reader<'_>, limit: usize) -> Result<Self, Malformed> {
        let number = reader.u32()?;
        let commitment = Hash(reader.array()?);
        let malformed = reader.malformed();
        let count = usize::from(reader.u8()?);
        if count > limit {
            return Err(malformed);
        }
        let mut sealed = BTreeMap::new();
        for _ in 0..count {
            let malformed = reader.malformed();
            let device = DeviceId(reader.array()?);
            if sealed
                .last_key_value()
                .is_some_and(|(last, _)| *last >= device)
            {
                return Err(malformed);
            }
            sealed.insert(device, reader.array()?);
        }
        let previous = if reader.flag()? {
            Some(reader.array()?)
        } else {
            None
        };
        Ok(Self {
            number,
            commitment,
            sealed,
            previous,
        })
    }
}

/// The data keys of every epoch, checked against the list.
#[derive(Debug)]
pub struct EpochKeys {
    newest: u32,
    keys: BTreeMap<u32, DataKey>,
}

impl EpochKeys {
    /// Unwraps backwards from the newest key. `epochs` are all of a verified list.
    pub(super) fn unwrap(
        user: &UserId,
        epochs: &[Epoch],
        newest: DataKey,
    ) -> Result<Self, EpochError> {
        let mut keys = BTreeMap::new();
        let mut key = newest;
        for epoch in epochs.iter().rev() {
            epoch.check(user, &key)?;
            let before = if epoch.number > 1 {
                Some(epoch.open_previous(user, &key)?)
            } else {
                None
            };
            keys.insert(epoch.number, key);
            match before {
                Some(before) => key = before,
                None => break,
            }
        }
        let newest = keys.last_key_value().map_or(0, |(number, _)| *number);
        Ok(Self { newest, keys })
    }

    /// The number of the newest epoch, under which records are written.
    #[must_use]
    pub fn newest(&self) -> u32 {
        self.newest
    }

    /// The key of an epoch.
    #[must_use]
    pub fn key(&self, number: u32) -> Option<&DataKey> {
        self.keys.get(&number)
    }
}

fn commitment(user: &UserId, number: u32, key: &DataKey) -> Hash {
    let info = Info::new("authr/1/epoch/commitment")
        .bytes(&user.0)
        .number(number.into());
    Hash(*derive::key(key, &[], &info).expose_secret())
}

fn key_info(user: &UserId, number: u32, device: &DeviceId) -> Info {
    Info::new("authr/1/epoch/key")
        .bytes(&user.0)
        .number(number.into())
        .bytes(&device.0)
}

fn previous_info(user: &UserId, number: u32) -> Info {
    Info::new("authr/1/epoch/previous")
        .bytes(&user.0)
        .number(number.into())
}

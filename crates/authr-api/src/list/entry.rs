//! One entry of the device list: its bytes, and who signed them.
//!
//! ```text
//! entry     = version[1] = 1 || sequence u64 || previous[32] || created u64 || author || kind[1] || body
//! author    = 1 || device[16]  |  2                           an active device; the restore key
//! signature = Ed25519(author's key, lp("authr/1/list/entry") || lp(entry))
//! on the wire: entry || signature[64];  hash = SHA-256(entry)
//! ```

use authr_crypto::derive::Info;
use authr_crypto::seal::SealingKey;
use authr_crypto::sign::{SIGNATURE_BYTES, Signer, VerifyingKey};

use super::DEVICES;
use super::description::SealedDescription;
use super::epoch::Epoch;
use crate::chain::ChainHead;
use crate::codec::{Malformed, Reader, Writer};
use crate::id::{DeviceId, Hash, UserId};

/// The longest entry with its signature, in bytes: an epoch for ten devices has less.
pub const ENTRY_BYTES: usize = 2048;
/// The longest wait for a restore that a policy can state, in hours.
pub const RESTORE_WAIT_HOURS: u16 = 168;

const VERSION: u8 = 1;

/// A statement about the user's devices.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// 1 for the genesis, one more for each that follows.
    pub sequence: u64,
    /// The hash of the entry before; zeros for the genesis.
    pub previous: Hash,
    /// When its author says that it was made, in unix seconds.
    pub created: u64,
    /// Who signs.
    pub author: Author,
    /// What it states.
    pub body: Body,
}

/// Who signs an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Author {
    /// A device that is active at that point; for the genesis, the device that it names.
    Device(DeviceId),
    /// The restore key of the newest locker entry: it may only add.
    Restore,
}

/// What an entry states.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body {
    /// The user begins, with this device.
    Genesis {
        /// The user's id, from now on.
        user: UserId,
        /// The first device.
        device: NewDevice,
    },
    /// A device becomes active.
    Add {
        /// The device.
        device: NewDevice,
        /// Its own signature: it holds the key that it shows.
        proof: [u8; SIGNATURE_BYTES],
    },
    /// A device is active no longer.
    Remove {
        /// The device.
        device: DeviceId,
        /// Its last record: what it pushes after that is refused.
        last: ChainHead,
    },
    /// Records have a new key.
    Epoch(Epoch),
    /// The locker has new content.
    Locker(LockerEntry),
    /// Rules for those who ask to be added.
    Policy {
        /// How long a restore waits, in hours. This version makes no policy.
        restore_wait_hours: u16,
    },
}

/// The keys and the sealed name of a device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewDevice {
    /// What it signs with.
    pub signing: VerifyingKey,
    /// What is sealed to it.
    pub sealing: SealingKey,
    /// Its name, for those who hold the data key.
    pub description: SealedDescription,
}

impl NewDevice {
    /// The id that follows from its keys.
    #[must_use]
    pub fn id(&self) -> DeviceId {
        DeviceId::of(&self.signing, &self.sealing)
    }

    /// What the device signs to show that it holds its key:
    /// `lp("authr/1/list/possession") || lp(user) || lp(signing key) || lp(sealing key)`.
    #[must_use]
    pub fn possession(&self, user: &UserId) -> Vec<u8> {
        Info::new("authr/1/list/possession")
            .bytes(&user.0)
            .bytes(&self.signing.0)
            .bytes(&self.sealing.0)
            .as_bytes()
            .to_vec()
    }

    fn write(&self, writer: Writer) -> Writer {
        writer
            .raw(&self.signing.0)
            .raw(&self.sealing.0)
            .raw(&self.description.0)
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        Ok(Self {
            signing: VerifyingKey(reader.array()?),
            sealing: SealingKey(reader.array()?),
            description: SealedDescription(reader.array()?),
        })
    }
}

/// What the list says of the locker's content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LockerEntry {
    /// 1 for the first, one more for each that follows.
    pub version: u64,
    /// The key that may sign an `add`.
    pub restore_key: VerifyingKey,
    /// The hash of the wrapped blob.
    pub blob: Hash,
}

impl Body {
    fn kind(&self) -> u8 {
        match self {
            Self::Genesis { .. } => 1,
            Self::Add { .. } => 2,
            Self::Remove { .. } => 3,
            Self::Epoch(_) => 4,
            Self::Locker(_) => 5,
            Self::Policy { .. } => 6,
        }
    }

    fn write(&self, writer: Writer) -> Writer {
        match self {
            Self::Genesis { user, device } => device.write(writer.raw(&user.0)),
            Self::Add { device, proof } => device.write(writer).raw(proof),
            Self::Remove { device, last } => writer.raw(&device.0).u64(last.dseq).raw(&last.link.0),
            Self::Epoch(epoch) => epoch.write(writer),
            Self::Locker(locker) => writer
                .u64(locker.version)
                .raw(&locker.restore_key.0)
                .raw(&locker.blob.0),
            Self::Policy { restore_wait_hours } => writer.u16(*restore_wait_hours),
        }
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        let unknown = reader.malformed();
        Ok(match reader.u8()? {
            1 => Self::Genesis {
                user: UserId(reader.array()?),
                device: NewDevice::read(reader)?,
            },
            2 => Self::Add {
                device: NewDevice::read(reader)?,
                proof: reader.array()?,
            },
            3 => Self::Remove {
                device: DeviceId(reader.array()?),
                last: ChainHead {
                    dseq: reader.u64()?,
                    link: Hash(reader.array()?),
                },
            },
            4 => Self::Epoch(Epoch::read(reader, DEVICES)?),
            5 => Self::Locker(LockerEntry {
                version: reader.u64()?,
                restore_key: VerifyingKey(reader.array()?),
                blob: Hash(reader.array()?),
            }),
            6 => {
                let out_of_range = reader.malformed();
                let restore_wait_hours = reader.u16()?;
                if restore_wait_hours > RESTORE_WAIT_HOURS {
                    return Err(out_of_range);
                }
                Self::Policy { restore_wait_hours }
            }
            _ => return Err(unknown),
        })
    }
}

impl Entry {
    /// The bytes that are hashed and signed.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let writer = Writer::new(ENTRY_BYTES)
            .u8(VERSION)
            .u64(self.sequence)
            .raw(&self.previous.0)
            .u64(self.created);
        let writer = match &self.author {
            Author::Device(device) => writer.u8(1).raw(&device.0),
            Author::Restore => writer.u8(2),
        };
        self.body.write(writer.u8(self.body.kind())).finish()
    }

    /// Reads what [`Self::to_bytes`] writes.
    ///
    /// # Errors
    /// [`Malformed`].
    pub fn parse(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut reader = Reader::new(bytes);
        reader.expect(VERSION)?;
        let sequence = reader.u64()?;
        let previous = Hash(reader.array()?);
        let created = reader.u64()?;
        let unknown = reader.malformed();
        let author = match reader.u8()? {
            1 => Author::Device(DeviceId(reader.array()?)),
            2 => Author::Restore,
            _ => return Err(unknown),
        };
        let body = Body::read(&mut reader)?;
        reader.end()?;
        Ok(Self {
            sequence,
            previous,
            created,
            author,
            body,
        })
    }
}

/// An entry with its signature; whether that is right, the list decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedEntry {
    entry: Entry,
    bytes: Vec<u8>,
    signature: [u8; SIGNATURE_BYTES],
}

impl SignedEntry {
    /// Signs an entry.
    #[must_use]
    pub fn sign(entry: Entry, signer: &Signer) -> Self {
        let bytes = entry.to_bytes();
        let signature = signer.sign(&message(&bytes));
        Self {
            entry,
            bytes,
            signature,
        }
    }

    /// Reads `entry || signature[64]`.
    ///
    /// # Errors
    /// [`Malformed`].
    pub fn parse(wire: &[u8]) -> Result<Self, Malformed> {
        if wire.len() > ENTRY_BYTES {
            return Err(Malformed { at: ENTRY_BYTES });
        }
        let (bytes, signature) = wire
            .split_last_chunk::<SIGNATURE_BYTES>()
            .ok_or(Malformed { at: wire.len() })?;
        Ok(Self {
            entry: Entry::parse(bytes)?,
            bytes: bytes.to_vec(),
            signature: *signature,
        })
    }

    /// `entry || signature[64]`.
    #[must_use]
    pub fn to_wire(&self) -> Vec<u8> {
        [self.bytes.as_slice(), &self.signature].concat()
    }

    /// What it states.
    #[must_use]
    pub fn entry(&self) -> &Entry {
        &self.entry
    }

    /// What the next entry names as the one before.
    #[must_use]
    pub fn hash(&self) -> Hash {
        Hash::of(&self.bytes)
    }

    /// Whether this key signed it.
    pub(super) fn is_signed_by(&self, key: &VerifyingKey) -> bool {
        key.verify(&message(&self.bytes), &self.signature).is_ok()
    }
}

fn message(entry: &[u8]) -> Vec<u8> {
    Info::new("authr/1/list/entry")
        .bytes(entry)
        .as_bytes()
        .to_vec()
}

//! A record: one encrypted account as the server stores it.
//!
//! ```text
//! header     = version[1] = 1 || id[16] || kind[1] || epoch u32 || device[16] || dseq u64 || link[32] || tombstone[1]
//!              || salt[32] || commitment[32]                                                    143 bytes
//! key        = MessageKey(data key of the epoch, salt, "authr/1/record" || user || id || epoch)
//! ciphertext = ChaCha20-Poly1305(key, aad = lp("authr/1/record/aad") || lp(user) || lp(header), padded plaintext)
//! signature  = Ed25519(device, lp("authr/1/record/sign") || lp(user) || lp(header) || lp(SHA-256(ciphertext)))
//! record     = header || ciphertext || signature[64];   hash = SHA-256(header || ciphertext)
//! ```

use authr_crypto::aead::{AeadError, COMMITMENT_BYTES, MessageKey, SALT_BYTES, TAG_BYTES};
use authr_crypto::derive::Info;
use authr_crypto::mac::sha256;
use authr_crypto::random::Random;
use authr_crypto::sign::{BadSignature, SIGNATURE_BYTES, Signer, VerifyingKey};
use zeroize::Zeroizing;

use crate::chain::ChainHead;
use crate::codec::{Malformed, Reader, Writer};
use crate::id::{DeviceId, Hash, RecordId, UserId};
use crate::list::EpochKeys;
use crate::pad::{pad, unpad};

/// The longest record, in bytes.
pub const RECORD_BYTES: usize = 16 * 1024;
/// How many records one push has at most.
pub const PUSH_RECORDS: usize = 256;
/// How many records a user has at most.
pub const USER_RECORDS: usize = 20_000;
/// How many steps a user's feed has at most, those that were superseded among them: 130 edits a day for ten years.
pub const USER_STEPS: u64 = 500_000;
/// How long a tombstone carries the account that was deleted, in seconds: 30 days.
pub const TOMBSTONE_SECONDS: u64 = 30 * 24 * 60 * 60;

const VERSION: u8 = 1;
const HEADER_BYTES: usize = 1 + 16 + 1 + 4 + 16 + 8 + 32 + 1 + SALT_BYTES + COMMITMENT_BYTES;

/// What a record holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecordKind {
    /// An own account.
    Account,
}

/// Whether the account is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// It is.
    Present,
    /// It was deleted; the ciphertext still carries it for a while.
    Tombstone,
}

/// What the server can read of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecordHeader {
    /// The same in every version of one account.
    pub id: RecordId,
    /// What it holds.
    pub kind: RecordKind,
    /// Under which epoch's key it is encrypted.
    pub epoch: u32,
    /// Who wrote this version.
    pub device: DeviceId,
    /// The number of the record among those of its device: 1, and one more for each.
    pub dseq: u64,
    /// The device's chain before this record.
    pub link: Hash,
    /// Whether the account is there.
    pub presence: Presence,
    salt: [u8; SALT_BYTES],
    commitment: [u8; COMMITMENT_BYTES],
}

/// What is chosen of a record before it is sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewRecord {
    /// The same in every version of one account.
    pub id: RecordId,
    /// What it holds.
    pub kind: RecordKind,
    /// Whether the account is there.
    pub presence: Presence,
    /// Who writes it.
    pub device: DeviceId,
    /// The device's chain so far.
    pub chain: ChainHead,
}

/// A record as it crosses the wire; whether its signature is right, [`Self::verify`] says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedRecord {
    header: RecordHeader,
    bytes: Vec<u8>,
    signature: [u8; SIGNATURE_BYTES],
}

/// Why a record could not be sealed or opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    /// The record would be longer than [`RECORD_BYTES`].
    #[error("the record is longer than {RECORD_BYTES} bytes")]
    TooLong,
    /// The key of its epoch is not there.
    #[error("the key of epoch {epoch} is not there")]
    NoKey {
        /// Which epoch.
        epoch: u32,
    },
    /// The key of the epoch is not the one that sealed it.
    #[error("the record is sealed with another key")]
    WrongKey,
    /// The ciphertext, or what it is bound to, was changed.
    #[error("the record was changed")]
    Tampered,
}

impl SealedRecord {
    /// Encrypts and signs, under the newest epoch.
    ///
    /// # Errors
    /// [`RecordError::TooLong`]; [`RecordError::NoKey`] when `keys` are empty.
    pub fn seal(
        user: &UserId,
        new: &NewRecord,
        plaintext: &[u8],
        keys: &EpochKeys,
        signer: &Signer,
        random: &dyn Random,
    ) -> Result<Self, RecordError> {
        let epoch = keys.newest();
        let key = keys.key(epoch).ok_or(RecordError::NoKey { epoch })?;
        let padded = pad(plaintext);
        if HEADER_BYTES + padded.len() + TAG_BYTES + SIGNATURE_BYTES > RECORD_BYTES {
            return Err(RecordError::TooLong);
        }
        let salt = random.bytes();
        let key = MessageKey::derive(key, &salt, &key_info(user, &new.id, epoch));
        let header = RecordHeader {
            id: new.id,
            kind: new.kind,
            epoch,
            device: new.device,
            dseq: new.chain.dseq + 1,
            link: new.chain.link,
            presence: new.presence,
            salt,
            commitment: *key.commitment(),
        };
        let mut bytes = header.to_bytes();
        let ciphertext = key.seal(&bound("authr/1/record/aad", user, &bytes), padded);
        bytes.extend_from_slice(&ciphertext);
        let signature = signer.sign(&signed(user, &bytes));
        Ok(Self {
            header,
            bytes,
            signature,
        })
    }

    /// Reads a record.
    ///
    /// # Errors
    /// [`Malformed`], also for one that is too long.
    pub fn parse(wire: &[u8]) -> Result<Self, Malformed> {
        if wire.len() > RECORD_BYTES {
            return Err(Malformed { at: RECORD_BYTES });
        }
        let too_short = Malformed { at: wire.len() };
        let (bytes, signature) = wire
            .split_last_chunk::<SIGNATURE_BYTES>()
            .ok_or(too_short)?;
        if bytes.len() < HEADER_BYTES + TAG_BYTES {
            return Err(too_short);
        }
        Ok(Self {
            header: RecordHeader::parse(&bytes[..HEADER_BYTES])?,
            bytes: bytes.to_vec(),
            signature: *signature,
        })
    }

    /// The bytes that cross the wire.
    #[must_use]
    pub fn to_wire(&self) -> Vec<u8> {
        [self.bytes.as_slice(), &self.signature].concat()
    }

    /// What the server can read of it.
    #[must_use]
    pub fn header(&self) -> &RecordHeader {
        &self.header
    }

    /// What stands for the record in its device's chain.
    #[must_use]
    pub fn hash(&self) -> Hash {
        Hash::of(&self.bytes)
    }

    /// Checks the signature of its device.
    ///
    /// # Errors
    /// [`BadSignature`].
    pub fn verify(&self, user: &UserId, device: &VerifyingKey) -> Result<(), BadSignature> {
        device.verify(&signed(user, &self.bytes), &self.signature)
    }

    /// Decrypts. The signature is checked before, with the chain.
    ///
    /// # Errors
    /// [`RecordError`].
    pub fn open(&self, user: &UserId, keys: &EpochKeys) -> Result<Zeroizing<Vec<u8>>, RecordError> {
        let RecordHeader {
            id,
            epoch,
            salt,
            commitment,
            ..
        } = &self.header;
        let key = keys
            .key(*epoch)
            .ok_or(RecordError::NoKey { epoch: *epoch })?;
        let key = MessageKey::derive(key, salt, &key_info(user, id, *epoch));
        key.check(commitment).map_err(|_| RecordError::WrongKey)?;
        let (header, ciphertext) = self.bytes.split_at(HEADER_BYTES);
        let padded = key
            .open(&bound("authr/1/record/aad", user, header), ciphertext)
            .map_err(|error| match error {
                AeadError::WrongKey => RecordError::WrongKey,
                AeadError::Tampered => RecordError::Tampered,
            })?;
        unpad(&padded).map_err(|_| RecordError::Tampered)
    }
}

impl RecordHeader {
    /// The device's chain after the record with this hash.
    #[must_use]
    pub fn chain_after(&self, hash: &Hash) -> ChainHead {
        ChainHead {
            dseq: self.dseq,
            link: self.link.then(hash),
        }
    }

    fn to_bytes(self) -> Vec<u8> {
        let RecordKind::Account = self.kind;
        Writer::new(RECORD_BYTES)
            .u8(VERSION)
            .raw(&self.id.0)
            .u8(1)
            .u32(self.epoch)
            .raw(&self.device.0)
            .u64(self.dseq)
            .raw(&self.link.0)
            .u8(u8::from(self.presence == Presence::Tombstone))
            .raw(&self.salt)
            .raw(&self.commitment)
            .finish()
    }

    fn parse(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut reader = Reader::new(bytes);
        reader.expect(VERSION)?;
        let id = RecordId(reader.array()?);
        reader.expect(1)?;
        let header = Self {
            id,
            kind: RecordKind::Account,
            epoch: reader.u32()?,
            device: DeviceId(reader.array()?),
            dseq: reader.u64()?,
            link: Hash(reader.array()?),
            presence: if reader.flag()? {
                Presence::Tombstone
            } else {
                Presence::Present
            },
            salt: reader.array()?,
            commitment: reader.array()?,
        };
        reader.end()?;
        Ok(header)
    }
}

fn key_info(user: &UserId, id: &RecordId, epoch: u32) -> Info {
    Info::new("authr/1/record")
        .bytes(&user.0)
        .bytes(&id.0)
        .number(epoch.into())
}

fn bound(label: &str, user: &UserId, header: &[u8]) -> Vec<u8> {
    let info = Info::new(label).bytes(&user.0).bytes(header);
    info.as_bytes().to_vec()
}

fn signed(user: &UserId, bytes: &[u8]) -> Vec<u8> {
    let (header, ciphertext) = bytes.split_at(HEADER_BYTES);
    let info = Info::new("authr/1/record/sign")
        .bytes(&user.0)
        .bytes(header)
        .bytes(&sha256(&[ciphertext]));
    info.as_bytes().to_vec()
}

#[cfg(test)]
mod tests;

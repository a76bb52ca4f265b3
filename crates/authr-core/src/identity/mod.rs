//! What makes this installation a device of its user at a server (vault-format.md section 7.4).

mod pending;

use std::fmt;

use authr_crypto::secret::{DataKey, SealingSecret, SigningSeed};
use zeroize::Zeroizing;

use crate::sync::SyncState;
use crate::tlv::{CRITICAL, Field, FieldError, Reader, Writer};

pub use pending::{MAX_BODY_BYTES, Pending, WrittenAhead};

const URL: u16 = CRITICAL | 1;
const CA: u16 = CRITICAL | 2;
const SERVER: u16 = CRITICAL | 3;
const SERVER_KEY: u16 = CRITICAL | 4;
const PHONE: u16 = CRITICAL | 5;
const USER: u16 = CRITICAL | 6;
const SIGNING: u16 = CRITICAL | 7;
const SEALING: u16 = CRITICAL | 8;
const LIST: u16 = CRITICAL | 9;
const NATIVES: u16 = CRITICAL | 10;
const SYNC: u16 = CRITICAL | 11;
const DATA_KEY: u16 = CRITICAL | 12;

/// The longest address of a server, in bytes.
pub const MAX_URL_BYTES: usize = 256;
/// The longest certificates of a private authority, in bytes.
pub const MAX_CA_BYTES: usize = 64 * 1024;
/// The longest phone number, in bytes.
pub const MAX_PHONE_BYTES: usize = 16;
/// The most entries of a device list.
pub const MAX_LIST_ENTRIES: usize = 2048;
/// The longest entry of a device list, with its signature, in bytes.
pub const MAX_ENTRY_BYTES: usize = 2048;

/// An active device: whose it is, at which server, with which keys.
pub struct Identity {
    /// The server, as it was pinned.
    pub server: Server,
    /// The user's number in E.164.
    pub phone: String,
    /// The user's id.
    pub user: [u8; 16],
    /// The device's Ed25519 key.
    pub signing: SigningSeed,
    /// The device's X25519 key.
    pub sealing: SealingSecret,
    /// The device list as far as it was verified, as [`pack_list`] writes it.
    pub list: Vec<u8>,
    /// The revision of the native accounts that was taken in last.
    pub natives: u64,
    /// What is known of the records at the server.
    pub sync: SyncState,
    /// A data key that came through the locker, or that this device made: until the next epoch nothing seals it to a
    /// device that was added by restore.
    pub data_key: EpochKey,
}

/// The data key of an epoch.
#[derive(Debug)]
pub struct EpochKey {
    /// The number of the epoch.
    pub epoch: u32,
    /// Its key.
    pub key: DataKey,
}

impl EpochKey {
    const BYTES: usize = 4 + 32;

    fn encode(&self) -> Zeroizing<Vec<u8>> {
        let mut bytes = Zeroizing::new(Vec::with_capacity(Self::BYTES));
        bytes.extend_from_slice(&self.epoch.to_be_bytes());
        bytes.extend_from_slice(self.key.expose_secret());
        bytes
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let (epoch, key) = bytes.split_first_chunk::<4>()?;
        Some(Self {
            epoch: u32::from_be_bytes(*epoch),
            key: DataKey::from_slice(key)?,
        })
    }
}

/// A server as it was pinned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    /// Its address.
    pub url: String,
    /// Certificates in PEM that it is checked with; empty: what the system trusts.
    pub ca: Vec<u8>,
    /// Its id.
    pub id: [u8; 32],
    /// Its X25519 key.
    pub sealing_key: [u8; 32],
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let url = &self.server.url;
        f.debug_struct("Identity")
            .field("server", url)
            .finish_non_exhaustive()
    }
}

/// Entries of a device list in one run of bytes: `lp(entry || signature)` each.
///
/// # Panics
/// Never: an entry has at most [`MAX_ENTRY_BYTES`].
#[must_use]
pub fn pack_list<E: AsRef<[u8]>>(entries: impl IntoIterator<Item = E>) -> Vec<u8> {
    let mut packed = Vec::new();
    for entry in entries {
        let entry = entry.as_ref();
        let length = u32::try_from(entry.len()).expect("because an entry is short");
        packed.extend_from_slice(&length.to_be_bytes());
        packed.extend_from_slice(entry);
    }
    packed
}

/// The entries of [`pack_list`], or nothing where the bytes are not what it writes within the limits.
#[must_use]
pub fn unpack_list(mut packed: &[u8]) -> Option<Vec<&[u8]>> {
    let mut entries = Vec::new();
    while !packed.is_empty() {
        let (length, rest) = packed.split_first_chunk::<4>()?;
        let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
        if !(1..=MAX_ENTRY_BYTES).contains(&length) || entries.len() == MAX_LIST_ENTRIES {
            return None;
        }
        let (entry, rest) = rest.split_at_checked(length)?;
        entries.push(entry);
        packed = rest;
    }
    Some(entries)
}

impl Identity {
    /// The entries of the device list.
    ///
    /// # Panics
    /// Never for what was decoded or made by [`pack_list`].
    #[must_use]
    pub fn entries(&self) -> Vec<&[u8]> {
        unpack_list(&self.list).expect("because the list was packed or checked when it was decoded")
    }

    /// The same identity held twice.
    #[must_use]
    pub fn duplicate(&self) -> Self {
        Self {
            server: self.server.clone(),
            phone: self.phone.clone(),
            user: self.user,
            signing: self.signing.duplicate(),
            sealing: self.sealing.duplicate(),
            list: self.list.clone(),
            natives: self.natives,
            sync: self.sync.duplicate(),
            data_key: EpochKey {
                epoch: self.data_key.epoch,
                key: self.data_key.key.duplicate(),
            },
        }
    }

    /// The fields of the identity.
    #[must_use]
    pub fn encode(&self) -> Zeroizing<Vec<u8>> {
        let sync = self.sync.encode();
        let size = 1024 + self.server.ca.len() + self.list.len() + sync.len();
        let mut writer = Writer::with_capacity(size);
        writer.text(URL, &self.server.url);
        if !self.server.ca.is_empty() {
            writer.field(CA, &self.server.ca);
        }
        writer.field(SERVER, &self.server.id);
        writer.field(SERVER_KEY, &self.server.sealing_key);
        writer.text(PHONE, &self.phone);
        writer.field(USER, &self.user);
        writer.field(SIGNING, self.signing.expose_secret());
        writer.field(SEALING, self.sealing.expose_secret());
        writer.field(LIST, &self.list);
        writer.number(NATIVES, self.natives);
        writer.field(SYNC, &sync);
        writer.field(DATA_KEY, &self.data_key.encode());
        writer.finish()
    }

    /// The identity of the fields. Nothing that is not known is carried along: a device must understand what it is.
    ///
    /// # Errors
    /// [`FieldError`].
    pub fn decode(bytes: &[u8]) -> Result<Self, FieldError> {
        let mut parts = Parts::default();
        let mut reader = Reader::new(bytes, &[]);
        while let Some(field) = reader.next()? {
            parts.take(&field)?;
        }
        parts
            .build()
            .ok_or(FieldError::Malformed { at: bytes.len() })
    }
}

/// The fields of an identity as they come.
#[derive(Default)]
struct Parts {
    url: Option<String>,
    ca: Vec<u8>,
    server: Option<[u8; 32]>,
    server_key: Option<[u8; 32]>,
    phone: Option<String>,
    user: Option<[u8; 16]>,
    signing: Option<SigningSeed>,
    sealing: Option<SealingSecret>,
    list: Option<Vec<u8>>,
    natives: Option<u64>,
    sync: Option<SyncState>,
    data_key: Option<EpochKey>,
}

impl Parts {
    fn take(&mut self, field: &Field<'_>) -> Result<(), FieldError> {
        let malformed = field.malformed();
        match field.tag {
            URL => self.url = Some(field.text(MAX_URL_BYTES)?.to_owned()),
            CA if (1..=MAX_CA_BYTES).contains(&field.value.len()) => {
                self.ca = field.value.to_vec();
            }
            CA => return Err(malformed),
            SERVER => self.server = Some(field.array()?),
            SERVER_KEY => self.server_key = Some(field.array()?),
            PHONE => self.phone = Some(field.text(MAX_PHONE_BYTES)?.to_owned()),
            USER => self.user = Some(field.array()?),
            SIGNING => {
                self.signing = Some(SigningSeed::from_slice(field.value).ok_or(malformed)?);
            }
            SEALING => {
                self.sealing = Some(SealingSecret::from_slice(field.value).ok_or(malformed)?);
            }
            LIST => {
                unpack_list(field.value).ok_or(malformed)?;
                self.list = Some(field.value.to_vec());
            }
            NATIVES => self.natives = Some(field.u64()?),
            SYNC => {
                let sync = SyncState::decode(field.value);
                self.sync = Some(sync.map_err(|error| field.within(error))?);
            }
            DATA_KEY => self.data_key = Some(EpochKey::decode(field.value).ok_or(malformed)?),
            _ => return Err(field.unknown()),
        }
        Ok(())
    }

    fn build(self) -> Option<Identity> {
        Some(Identity {
            server: Server {
                url: self.url?,
                ca: self.ca,
                id: self.server?,
                sealing_key: self.server_key?,
            },
            phone: self.phone?,
            user: self.user?,
            signing: self.signing?,
            sealing: self.sealing?,
            list: self.list?,
            natives: self.natives?,
            sync: self.sync?,
            data_key: self.data_key?,
        })
    }
}

#[cfg(test)]
pub(crate) mod tests;

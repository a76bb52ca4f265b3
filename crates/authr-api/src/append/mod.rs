//! New entries for the device list, with the locker they name: what `finish`, a removal and a password change send.
//!
//! ```text
//! append = version[1] = 1 || has[1] || (sequence u64 || hash[32])? || count[1] || count × lp(entry || signature)
//!          || has[1] || locker?
//! locker = version u64 || salt[32] || memory u32 || passes u32 || lanes u32 || verifier[32] || share[32] || lp(blob)
//! ```
//! [`Append::check`] holds every rule that can be checked without a database; app and server call the same.

use std::fmt;

use authr_crypto::kdf::{KdfParams, PasswordKdf};
use authr_crypto::mac;
use authr_crypto::secret::DerivedKey;
use zeroize::Zeroizing;

use crate::chain::ChainHead;
use crate::codec::{Malformed, Reader, Writer};
use crate::error::ErrorCode;
use crate::id::{DeviceId, Hash, UserId};
use crate::list::{
    Author, Body, DeviceList, ENTRY_BYTES, Entry, Expect, Head, ListError, LockerEntry, Rule,
    SignedEntry,
};
use crate::sealed::Content;

/// How many entries one append has at most: an `add`, nine removals, an epoch and a locker are twelve.
pub const APPEND_ENTRIES: usize = 16;
/// The longest wrapped blob of a locker, in bytes.
pub const BLOB_BYTES: usize = 512;

/// New content of the locker.
pub struct LockerSet {
    /// 1 for the first, one more for each that follows.
    pub version: u64,
    /// The random salt of the password's derivation.
    pub salt: Hash,
    /// The cost of that derivation.
    pub params: KdfParams,
    /// `SHA-256(auth)`: what a try is compared with.
    pub verifier: Hash,
    /// The server's half of the wrapping key.
    pub share: Zeroizing<[u8; 32]>,
    /// What is wrapped.
    pub blob: Vec<u8>,
}

impl LockerSet {
    /// Whether this is what a right backups password becomes, in constant time.
    #[must_use]
    pub fn accepts(verifier: &Hash, auth: &DerivedKey) -> bool {
        mac::equal(&Hash::of(auth.expose_secret()).0, &verifier.0)
    }

    /// Its bytes, as they stand in an append, and as a server keeps them.
    #[must_use]
    pub fn encode(&self) -> Zeroizing<Vec<u8>> {
        self.write(Writer::new(256 + self.blob.len()))
            .finish_secret()
    }

    /// Reads what [`Self::encode`] writes.
    ///
    /// # Errors
    /// [`Malformed`].
    pub fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut reader = Reader::new(bytes);
        let set = Self::read(&mut reader)?;
        reader.end()?;
        Ok(set)
    }
}

impl fmt::Debug for LockerSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LockerSet {{ version: {}, .. }}", self.version)
    }
}

/// New entries, and the locker that they name.
#[derive(Debug)]
pub struct Append {
    /// The head that they follow; absent for a new list.
    pub after: Option<Head>,
    /// The entries.
    pub entries: Vec<SignedEntry>,
    /// The locker, exactly when there is a locker entry.
    pub locker: Option<LockerSet>,
}

/// Who sends an append.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Caller {
    /// A proven request of a user without a list.
    First(UserId),
    /// A request that opened the locker.
    Restore,
    /// An active device.
    Device(DeviceId),
}

/// What an append leads to.
#[derive(Debug)]
pub struct Appended {
    /// The list with the new entries.
    pub list: DeviceList,
    /// The device that became active.
    pub added: Option<DeviceId>,
    /// The devices that are active no longer, and the last record of each.
    pub removed: Vec<(DeviceId, ChainHead)>,
}

/// Why an append is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AppendError {
    /// There is a list already.
    #[error("the user has a device list")]
    AlreadyRegistered,
    /// The entries follow another head than the list's.
    #[error("the device list moved on")]
    ListMoved,
    /// The entries do not continue the list.
    #[error(transparent)]
    List(#[from] ListError),
    /// The entries are not those of this call, or not of this caller.
    #[error("the entries are not those of this call")]
    NotThisCall,
    /// The genesis is for another user.
    #[error("the genesis names another user")]
    OtherUser,
    /// The locker is not the one that its entry names, or one of both is missing.
    #[error("the locker is not the one that its entry names")]
    LockerDiffers,
    /// The locker's password is too cheap to guess, or too expensive to derive.
    #[error("the locker's password derivation is outside of its limits")]
    LockerCost,
    /// Reserved for a later version.
    #[error("this version makes no such entry")]
    NotSupported,
}

impl AppendError {
    /// The code that the server answers with.
    #[must_use]
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::AlreadyRegistered => ErrorCode::AlreadyRegistered,
            Self::ListMoved => ErrorCode::ListMoved,
            Self::List(ListError::NotAllowed {
                rule: Rule::TooManyEntries | Rule::TooManyDevices,
                ..
            }) => ErrorCode::LimitReached,
            Self::List(_) | Self::NotThisCall | Self::OtherUser => ErrorCode::BadEntries,
            Self::LockerDiffers | Self::LockerCost => ErrorCode::BadLocker,
            Self::NotSupported => ErrorCode::NotSupported,
        }
    }
}

impl Append {
    /// Whether these entries may follow that list, sent by this caller.
    ///
    /// # Errors
    /// [`AppendError`].
    pub fn check(
        &self,
        list: Option<&DeviceList>,
        caller: &Caller,
        kdf: &dyn PasswordKdf,
    ) -> Result<Appended, AppendError> {
        let wires: Vec<_> = self.entries.iter().map(SignedEntry::to_wire).collect();
        let list = match (list, caller) {
            (Some(_), Caller::First(_)) => return Err(AppendError::AlreadyRegistered),
            (None, Caller::First(user)) => {
                if self.after.is_some() {
                    return Err(AppendError::ListMoved);
                }
                let list = DeviceList::verify(&wires, &Expect::Nothing)?;
                if list.user() != user {
                    return Err(AppendError::OtherUser);
                }
                list
            }
            (None, _) => return Err(AppendError::ListMoved),
            (Some(list), _) => {
                if self.after != Some(list.head()) {
                    return Err(AppendError::ListMoved);
                }
                let mut list = list.clone();
                list.extend(&wires)?;
                list
            }
        };
        self.belongs_to(caller)?;
        self.check_locker(kdf)?;
        Ok(Appended {
            list,
            added: self.added(),
            removed: self.removed(),
        })
    }

    fn bodies(&self) -> impl Iterator<Item = &Body> {
        self.entries.iter().map(|signed| &signed.entry().body)
    }

    fn added(&self) -> Option<DeviceId> {
        self.bodies().find_map(|body| match body {
            Body::Genesis { device, .. } | Body::Add { device, .. } => Some(device.id()),
            _ => None,
        })
    }

    fn removed(&self) -> Vec<(DeviceId, ChainHead)> {
        let removed = self.bodies().filter_map(|body| match body {
            Body::Remove { device, last } => Some((*device, *last)),
            _ => None,
        });
        removed.collect()
    }

    /// A first device sends genesis, epoch and locker; a restore its `add`, and what the new device signs after it; a
    /// device what it signs itself.
    fn belongs_to(&self, caller: &Caller) -> Result<(), AppendError> {
        let entries: Vec<&Entry> = self.entries.iter().map(SignedEntry::entry).collect();
        let (author, rest) = match (caller, entries.as_slice()) {
            (Caller::First(_), [_, _, _]) => return Ok(()),
            (Caller::Restore, [add, rest @ ..]) => match (&add.author, &add.body) {
                (Author::Restore, Body::Add { device, .. }) => (device.id(), rest),
                _ => return Err(AppendError::NotThisCall),
            },
            (Caller::Device(device), [_, ..]) => (*device, entries.as_slice()),
            _ => return Err(AppendError::NotThisCall),
        };
        for entry in rest {
            if entry.author != Author::Device(author) {
                return Err(AppendError::NotThisCall);
            }
            if matches!(entry.body, Body::Add { .. } | Body::Policy { .. }) {
                return Err(AppendError::NotSupported);
            }
        }
        Ok(())
    }

    /// One append sets the locker at most once, and to what its entry names.
    fn check_locker(&self, kdf: &dyn PasswordKdf) -> Result<(), AppendError> {
        let named: Vec<&LockerEntry> = self
            .bodies()
            .filter_map(|body| match body {
                Body::Locker(locker) => Some(locker),
                _ => None,
            })
            .collect();
        match (named.as_slice(), &self.locker) {
            ([], None) => Ok(()),
            ([named], Some(set)) => {
                if named.version != set.version || named.blob != Hash::of(&set.blob) {
                    return Err(AppendError::LockerDiffers);
                }
                kdf.check(set.params).map_err(|_| AppendError::LockerCost)
            }
            _ => Err(AppendError::LockerDiffers),
        }
    }
}

/// The body of [`crate::path::FINISH`].
#[derive(Debug)]
pub struct Finish(pub Append);

impl Content for Finish {
    const PURPOSE: &'static str = "finish";

    fn encode(&self) -> Zeroizing<Vec<u8>> {
        self.0.encode()
    }

    fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        Append::decode(bytes).map(Self)
    }
}

impl Content for Append {
    const PURPOSE: &'static str = "append";

    fn encode(&self) -> Zeroizing<Vec<u8>> {
        let count = u8::try_from(self.entries.len()).expect("because an append has few entries");
        let mut writer = Writer::new(self.entries.len() * ENTRY_BYTES + 1024).u8(1);
        writer = match &self.after {
            Some(head) => writer.u8(1).u64(head.sequence).raw(&head.hash.0),
            None => writer.u8(0),
        };
        writer = writer.u8(count);
        for entry in &self.entries {
            writer = writer.long(&entry.to_wire());
        }
        match &self.locker {
            Some(set) => set.write(writer.u8(1)),
            None => writer.u8(0),
        }
        .finish_secret()
    }

    fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut reader = Reader::new(bytes);
        reader.expect(1)?;
        let after = if reader.flag()? {
            Some(Head {
                sequence: reader.u64()?,
                hash: Hash(reader.array()?),
            })
        } else {
            None
        };
        let malformed = reader.malformed();
        let count = usize::from(reader.u8()?);
        if count > APPEND_ENTRIES {
            return Err(malformed);
        }
        let mut entries = Vec::with_capacity(count);
        for _ in 0..count {
            let malformed = reader.malformed();
            let entry = SignedEntry::parse(reader.long(ENTRY_BYTES)?).map_err(|_| malformed)?;
            entries.push(entry);
        }
        let locker = if reader.flag()? {
            Some(LockerSet::read(&mut reader)?)
        } else {
            None
        };
        reader.end()?;
        Ok(Self {
            after,
            entries,
            locker,
        })
    }
}

impl LockerSet {
    fn write(&self, writer: Writer) -> Writer {
        writer
            .u64(self.version)
            .raw(&self.salt.0)
            .u32(self.params.memory_kib)
            .u32(self.params.passes)
            .u32(self.params.lanes)
            .raw(&self.verifier.0)
            .raw(self.share.as_slice())
            .long(&self.blob)
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        Ok(Self {
            version: reader.u64()?,
            salt: Hash(reader.array()?),
            params: KdfParams {
                memory_kib: reader.u32()?,
                passes: reader.u32()?,
                lanes: reader.u32()?,
            },
            verifier: Hash(reader.array()?),
            share: Zeroizing::new(reader.array()?),
            blob: reader.long(BLOB_BYTES)?.to_vec(),
        })
    }
}

#[cfg(test)]
mod tests;

//! Section 8: reading, in its numbered steps. What was checked is a type that the next step demands.

use authr_crypto::aead::{AeadError, MessageKey};
use authr_crypto::derive::{self, Info};
use authr_crypto::kdf::PasswordKdf;
use authr_crypto::mac;
use authr_crypto::secret::{KeyMaterial, KeyringSecret, Password, RecoveryCode, VaultKey};

use crate::content::Content;

use super::error::{OpenError, Section};
use super::header::{Generation, Header, VaultId};
use super::slot::SlotKind;
use super::write::Vault;
use super::{
    MAGIC, MAJOR, MAX_FILE_BYTES, MAX_HEADER_BYTES, MAX_PASSWORD_SLOTS, MAX_PAYLOAD_BYTES,
    MIDDLE_BYTES, PREFIX_BYTES, padding,
};

/// A vault file whose clear part was checked: steps 1 to 5.
pub struct VaultFile<'a> {
    bytes: &'a [u8],
    minor: u16,
    header: Header,
    header_end: usize,
}

/// A vault file and the key that a slot gave: steps 6 and 7.
pub struct UnlockedVault<'a> {
    file: VaultFile<'a>,
    key: VaultKey,
    opened: Option<usize>,
}

impl<'a> VaultFile<'a> {
    /// Checks everything that needs no key.
    ///
    /// # Errors
    /// [`OpenError`]: `TooLarge`, `NotAVault`, `UnsupportedVersion`, `Malformed`, `Tampered` (header),
    /// `KdfTooWeak`, `KdfTooExpensive`.
    pub fn parse(bytes: &'a [u8], kdf: &dyn PasswordKdf) -> Result<Self, OpenError> {
        if bytes.len() > MAX_FILE_BYTES {
            return Err(OpenError::TooLarge);
        }
        let (minor, header_end) = prefix(bytes)?;
        let malformed = OpenError::Malformed {
            section: Section::Header,
            at: bytes.len(),
        };
        let hash = bytes.get(header_end..header_end + 32).ok_or(malformed)?;
        let covered = bytes.get(..header_end).ok_or(malformed)?;
        if !mac::equal(&mac::sha256(&[covered]), hash) {
            return Err(OpenError::Tampered {
                section: Section::Header,
            });
        }
        let fields = covered.get(PREFIX_BYTES..).ok_or(malformed)?;
        let header = Header::decode(fields).map_err(|error| {
            OpenError::from_field(error, Section::Header, PREFIX_BYTES, (MAJOR, minor))
        })?;
        for params in header.slots.iter().filter_map(super::Slot::params) {
            kdf.check(params)?;
        }
        let file = Self {
            bytes,
            minor,
            header,
            header_end,
        };
        file.check_payload_length()?;
        Ok(file)
    }

    /// The clear part.
    #[must_use]
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// The MAC of the header: it differs between any two saves.
    #[must_use]
    pub fn header_mac(&self) -> [u8; 32] {
        self.part(32)
    }

    /// Tries the password on the password slots, at most [`MAX_PASSWORD_SLOTS`] of them.
    ///
    /// # Errors
    /// `NoSlotOpened` for a wrong password; `Tampered` (slot) for a slot whose wrapped key was changed; `OutOfMemory`.
    pub fn unlock(
        self,
        password: &Password,
        kdf: &dyn PasswordKdf,
    ) -> Result<UnlockedVault<'a>, OpenError> {
        let mut tried = 0;
        for at in 0..self.header.slots.len() {
            let slot = &self.header.slots[at];
            if slot.params().is_none() {
                continue;
            }
            if tried == MAX_PASSWORD_SLOTS {
                break;
            }
            tried += 1;
            if let Some(key) = slot.unwrap_with_password(password, self.header.vault_id, kdf)? {
                return Ok(self.opened(key, Some(at)));
            }
        }
        Err(OpenError::NoSlotOpened)
    }

    /// Tries a recovery code.
    ///
    /// # Errors
    /// `NoRecoverySlotOpened` for a wrong one, or where there is no slot for one; `Tampered` (slot).
    pub fn unlock_with_recovery(self, code: &RecoveryCode) -> Result<UnlockedVault<'a>, OpenError> {
        let none = OpenError::NoRecoverySlotOpened;
        self.unlock_with(SlotKind::Recovery, code, none)
    }

    /// Tries what the operating system's keyring keeps.
    ///
    /// # Errors
    /// `NoKeyringSlotOpened`; `Tampered` (slot).
    pub fn unlock_with_keyring(
        self,
        secret: &KeyringSecret,
    ) -> Result<UnlockedVault<'a>, OpenError> {
        let none = OpenError::NoKeyringSlotOpened;
        self.unlock_with(SlotKind::Keyring, secret, none)
    }

    fn unlock_with(
        self,
        kind: SlotKind,
        secret: &impl KeyMaterial,
        none: OpenError,
    ) -> Result<UnlockedVault<'a>, OpenError> {
        for at in 0..self.header.slots.len() {
            let slot = &self.header.slots[at];
            if slot.kind() != kind {
                continue;
            }
            if let Some(key) = slot.unwrap_with(secret, self.header.vault_id)? {
                return Ok(self.opened(key, Some(at)));
            }
        }
        Err(none)
    }

    /// Takes a vault key that was had before; whether it is this vault's shows when it is opened.
    #[must_use]
    pub fn unlock_with_key(self, key: VaultKey) -> UnlockedVault<'a> {
        self.opened(key, None)
    }

    fn opened(self, key: VaultKey, opened: Option<usize>) -> UnlockedVault<'a> {
        UnlockedVault {
            file: self,
            key,
            opened,
        }
    }

    fn check_payload_length(&self) -> Result<(), OpenError> {
        let malformed = |at| OpenError::Malformed {
            section: Section::Header,
            at,
        };
        let stated = self.header_end + MIDDLE_BYTES - 8;
        let length = self
            .bytes
            .get(stated..stated + 8)
            .ok_or(malformed(self.bytes.len()))?;
        let length = u64::from_be_bytes(length.try_into().map_err(|_| malformed(stated))?);
        let length = usize::try_from(length).map_err(|_| OpenError::TooLarge)?;
        if length > MAX_PAYLOAD_BYTES {
            return Err(OpenError::TooLarge);
        }
        // Neither cut off nor followed by anything.
        if self.payload().len() != length {
            return Err(OpenError::Malformed {
                section: Section::Payload,
                at: self.payload().len().min(length),
            });
        }
        Ok(())
    }

    /// 32 bytes at an offset from the end of the header; their presence was checked.
    fn part(&self, offset: usize) -> [u8; 32] {
        let start = self.header_end + offset;
        self.bytes[start..start + 32]
            .try_into()
            .expect("because 32 bytes were cut")
    }

    fn payload(&self) -> &'a [u8] {
        &self.bytes[self.header_end + MIDDLE_BYTES..]
    }
}

/// Steps 1 and 2: the minor version, and where the header ends.
fn prefix(bytes: &[u8]) -> Result<(u16, usize), OpenError> {
    let rest = bytes.strip_prefix(MAGIC).ok_or(OpenError::NotAVault)?;
    let malformed = OpenError::Malformed {
        section: Section::Header,
        at: bytes.len(),
    };
    let (major, rest) = rest.split_first_chunk().ok_or(malformed)?;
    let (minor, rest) = rest.split_first_chunk().ok_or(malformed)?;
    let (length, _) = rest.split_first_chunk().ok_or(malformed)?;
    let (major, minor) = (u16::from_be_bytes(*major), u16::from_be_bytes(*minor));
    if major != MAJOR {
        return Err(OpenError::UnsupportedVersion { major, minor });
    }
    let length = usize::try_from(u32::from_be_bytes(*length)).map_err(|_| OpenError::TooLarge)?;
    if length > MAX_HEADER_BYTES {
        return Err(OpenError::TooLarge);
    }
    Ok((minor, PREFIX_BYTES + length))
}

/// When a vault says that it was saved, from the start of its file. Nothing vouches for it: not even the hash is checked.
#[must_use]
pub fn saved_at(start: &[u8]) -> Option<u64> {
    let (_, end) = prefix(start).ok()?;
    let header = Header::decode(start.get(PREFIX_BYTES..end)?).ok()?;
    Some(header.saved_at)
}

impl UnlockedVault<'_> {
    /// Verifies the rest with the key, and decrypts it.
    ///
    /// `highest` is the highest generation that this installation has seen, `None` where an older one is welcome.
    ///
    /// # Errors
    /// `Tampered` (header, payload), `Malformed` (content), `UnsupportedVersion`, `Rollback`.
    pub fn open(self, highest: Option<Generation>) -> Result<Vault, OpenError> {
        let Self { file, key, opened } = self;
        let stated_mac = file.header_mac();
        let covered = &file.bytes[..file.header_end + 32];
        if !mac::equal(
            &header_mac(&key, file.header.vault_id, covered),
            &stated_mac,
        ) {
            return Err(OpenError::Tampered {
                section: Section::Header,
            });
        }
        let tampered = OpenError::Tampered {
            section: Section::Payload,
        };
        let payload_key = payload_key(&key, &file.header);
        payload_key
            .check(&file.part(64))
            .map_err(|_: AeadError| tampered)?;
        let aad = &file.bytes[..file.header_end + 96];
        let padded = payload_key
            .open(aad, file.payload())
            .map_err(|_| tampered)?;
        let content = padding::unpad(&padded).ok_or(OpenError::Malformed {
            section: Section::Payload,
            at: 0,
        })?;
        let content = Content::decode(content).map_err(|error| {
            OpenError::from_field(error, Section::Content, 0, (MAJOR, file.minor))
        })?;
        if let Some(seen) = highest.filter(|seen| file.header.generation < *seen) {
            return Err(OpenError::Rollback {
                found: file.header.generation,
                seen,
            });
        }
        Ok(Vault {
            key,
            minor: file.minor,
            header: file.header,
            header_mac: stated_mac,
            opened,
            content,
        })
    }
}

/// Section 6: `header_mac = HMAC-SHA256(HKDF(VK, salt = vault_id, lp("authr/1/vault/header-mac")), magic … header_hash)`.
pub(super) fn header_mac(key: &VaultKey, vault_id: VaultId, covered: &[u8]) -> [u8; 32] {
    let key = derive::key(key, &vault_id.0, &Info::new("authr/1/vault/header-mac"));
    mac::hmac_sha256(&key, &[covered])
}

/// Section 6: `key || commitment = HKDF(VK, payload_salt, lp("authr/1/vault/payload") || lp(vault_id) || lp(generation))`.
pub(super) fn payload_key(key: &VaultKey, header: &Header) -> MessageKey {
    let info = Info::new("authr/1/vault/payload")
        .bytes(&header.vault_id.0)
        .number(header.generation.number());
    MessageKey::derive(key, &header.payload_salt, &info)
}

//! Section 9: writing.

use authr_crypto::kdf::{KdfParams, PasswordKdf};
use authr_crypto::mac;
use authr_crypto::random::Random;
use authr_crypto::secret::{KeyringSecret, Password, RecoveryCode, VaultKey};

use crate::content::Content;

use super::error::SealError;
use super::header::{Generation, Header, VaultId};
use super::read::{header_mac, payload_key};
use super::slot::{Slot, SlotKind};
use super::{
    MAGIC, MAJOR, MAX_ACCOUNTS, MAX_HEADER_BYTES, MAX_PAYLOAD_BYTES, MAX_SLOTS, MINOR, padding,
};

/// An open vault: its key, its clear part as it was read, and its content.
pub struct Vault {
    pub(super) key: VaultKey,
    pub(super) minor: u16,
    pub(super) header: Header,
    pub(super) header_mac: [u8; 32],
    /// Which slot gave the key, where one did.
    pub(super) opened: Option<usize>,
    /// What it holds.
    pub content: Content,
}

/// Which password stays at the end of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stays {
    /// The new one: the change is made.
    New,
    /// The old one: it was refused.
    Old,
}

/// The bytes of one generation, ready to replace the file.
pub struct SealedVault {
    /// The whole file.
    pub bytes: Vec<u8>,
    /// Its header, as a reader will find it.
    pub generation: Generation,
    /// Its header's MAC.
    pub header_mac: [u8; 32],
}

impl Vault {
    /// A new vault with one password slot. It has generation 0 until it is sealed: [`Self::seal`] writes the first.
    ///
    /// # Errors
    /// [`SealError::Kdf`].
    pub fn create(
        password: &Password,
        params: KdfParams,
        content: Content,
        kdf: &dyn PasswordKdf,
        random: &dyn Random,
    ) -> Result<Self, SealError> {
        let key = VaultKey::new(&random.bytes());
        let vault_id = VaultId(random.bytes());
        let slot = Slot::password(password, params, vault_id, &key, kdf, random)?;
        let header = Header {
            vault_id,
            generation: Generation::BEFORE_FIRST,
            saved_at: 0,
            payload_salt: [0; 32],
            slots: vec![slot],
            unknown: Vec::new(),
        };
        Ok(Self {
            key,
            minor: MINOR,
            header,
            header_mac: [0; 32],
            opened: None,
            content,
        })
    }

    /// Takes a new vault key and a new password; the other slots are dropped, since they wrap the old key.
    ///
    /// # Errors
    /// [`SealError::Kdf`].
    pub fn change_password(
        &mut self,
        password: &Password,
        params: KdfParams,
        kdf: &dyn PasswordKdf,
        random: &dyn Random,
    ) -> Result<(), SealError> {
        let key = VaultKey::new(&random.bytes());
        let slot = Slot::password(password, params, self.header.vault_id, &key, kdf, random)?;
        self.header.slots = vec![slot];
        self.opened = None;
        self.key = key;
        Ok(())
    }

    /// Takes a new vault key that both passwords open, until [`Self::end_password_change`] says which of them stays: a
    /// change that needs a server's consent is written ahead like that. The other slots are dropped.
    ///
    /// # Errors
    /// [`SealError::Kdf`].
    pub fn begin_password_change(
        &mut self,
        new: &Password,
        old: &Password,
        params: KdfParams,
        kdf: &dyn PasswordKdf,
        random: &dyn Random,
    ) -> Result<(), SealError> {
        self.change_password(new, params, kdf, random)?;
        let id = self.header.vault_id;
        let old = Slot::password(old, params, id, &self.key, kdf, random)?;
        self.header.slots.push(old);
        Ok(())
    }

    /// Whether a change of the password was begun and not ended.
    #[must_use]
    pub fn is_changing_password(&self) -> bool {
        self.header.slots.iter().filter_map(Slot::params).count() > 1
    }

    /// Ends a change of the password: the vault opens with the one that stays alone. Without one begun, nothing is done.
    pub fn end_password_change(&mut self, stays: Stays) {
        let is_password = |slot: &Slot| slot.params().is_some();
        if !self.is_changing_password() {
            return;
        }
        let slots = &self.header.slots;
        let kept = match stays {
            Stays::New => slots.iter().position(is_password),
            Stays::Old => slots.iter().rposition(is_password),
        };
        let mut place = 0..;
        self.opened = None;
        self.header.slots.retain(|slot| {
            let place = place.next();
            !is_password(slot) || place == kept
        });
    }

    /// Whether the password slot that opened this vault is cheaper to guess at than with these parameters.
    #[must_use]
    pub fn is_cheaper_than(&self, params: KdfParams) -> bool {
        let slot = self.opened.and_then(|at| self.header.slots.get(at));
        slot.and_then(Slot::params)
            .is_some_and(|cost| cost.is_cheaper_than(params))
    }

    /// Wraps the same vault key under the same password anew, at another cost: the slot that opened this vault is replaced.
    /// Without a slot that opened it, nothing is done.
    ///
    /// # Errors
    /// [`SealError::Kdf`].
    pub fn rewrap(
        &mut self,
        password: &Password,
        params: KdfParams,
        kdf: &dyn PasswordKdf,
        random: &dyn Random,
    ) -> Result<(), SealError> {
        let id = self.header.vault_id;
        if let Some(slot) = self.opened.and_then(|at| self.header.slots.get_mut(at)) {
            *slot = Slot::password(password, params, id, &self.key, kdf, random)?;
        }
        Ok(())
    }

    /// Lets a recovery code open this vault from the next save on; an earlier one opens it no more.
    ///
    /// # Errors
    /// [`SealError::TooManySlots`].
    pub fn set_recovery(
        &mut self,
        code: &RecoveryCode,
        random: &dyn Random,
    ) -> Result<(), SealError> {
        let slot = Slot::recovery(code, self.header.vault_id, &self.key, random);
        self.replace_slots(Some(slot), SlotKind::Recovery)
    }

    /// Lets a keyring's secret open this vault from the next save on, in the place of any before; `None` ends that.
    ///
    /// # Errors
    /// [`SealError::TooManySlots`].
    pub fn set_keyring(
        &mut self,
        secret: Option<&KeyringSecret>,
        random: &dyn Random,
    ) -> Result<(), SealError> {
        let slot =
            secret.map(|secret| Slot::keyring(secret, self.header.vault_id, &self.key, random));
        self.replace_slots(slot, SlotKind::Keyring)
    }

    fn replace_slots(&mut self, slot: Option<Slot>, kind: SlotKind) -> Result<(), SealError> {
        let others = self.header.slots.iter().filter(|slot| slot.kind() != kind);
        if others.count() + usize::from(slot.is_some()) > MAX_SLOTS {
            return Err(SealError::TooManySlots);
        }
        self.opened = None;
        self.header.slots.retain(|slot| slot.kind() != kind);
        self.header.slots.extend(slot);
        Ok(())
    }

    /// The clear part, as it was read.
    #[must_use]
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// The MAC of the header that was read: it tells whether the file has moved on.
    #[must_use]
    pub fn header_mac(&self) -> &[u8; 32] {
        &self.header_mac
    }

    /// The vault key.
    #[must_use]
    pub fn key(&self) -> &VaultKey {
        &self.key
    }

    /// The bytes of the next generation. The vault itself stays as it was read: what was not saved did not happen.
    ///
    /// # Errors
    /// [`SealError`]: too many accounts, too large, generations used up.
    pub fn seal(&self, now: u64, random: &dyn Random) -> Result<SealedVault, SealError> {
        let generation = self
            .header
            .generation
            .next()
            .ok_or(SealError::GenerationsUsedUp)?;
        let slots = self.header.slots.iter().map(Slot::duplicate).collect();
        self.seal_content(&self.content, slots, generation, now, random)
    }

    /// The bytes of a backup: the same vault, its generation and its slots but a keyring's, which is of this machine, with what
    /// [`Content::for_backup`] leaves.
    ///
    /// # Errors
    /// [`SealError`], as [`Self::seal`].
    pub fn seal_backup(&self, now: u64, random: &dyn Random) -> Result<SealedVault, SealError> {
        let slots = self.header.slots.iter();
        let slots = slots.filter(|slot| slot.kind() != SlotKind::Keyring);
        self.seal_content(
            &self.content.for_backup(),
            slots.map(Slot::duplicate).collect(),
            self.header.generation,
            now,
            random,
        )
    }

    fn seal_content(
        &self,
        content: &Content,
        slots: Vec<Slot>,
        generation: Generation,
        now: u64,
        random: &dyn Random,
    ) -> Result<SealedVault, SealError> {
        if content.accounts.len() > MAX_ACCOUNTS {
            return Err(SealError::TooManyAccounts);
        }
        let header = Header {
            vault_id: self.header.vault_id,
            generation,
            saved_at: now,
            payload_salt: random.bytes(),
            slots,
            unknown: self
                .header
                .unknown
                .iter()
                .map(crate::tlv::UnknownField::duplicate)
                .collect(),
        };
        let fields = header.encode();
        let padded = padding::pad(&content.encode());
        let payload_length = padded.len() + authr_crypto::aead::TAG_BYTES;
        if payload_length > MAX_PAYLOAD_BYTES || fields.len() > MAX_HEADER_BYTES {
            return Err(SealError::TooLarge);
        }

        // Fields of a newer minor version were carried along, so its number is too.
        let mut bytes = prefix(self.minor, &fields);
        let hash = mac::sha256(&[&bytes]);
        bytes.extend_from_slice(&hash);
        let header_mac = header_mac(&self.key, header.vault_id, &bytes);
        bytes.extend_from_slice(&header_mac);
        let payload_key = payload_key(&self.key, &header);
        bytes.extend_from_slice(payload_key.commitment());
        let payload = payload_key.seal(&bytes, padded);
        let length = u64::try_from(payload.len()).expect("because a length in memory fits 64 bits");
        bytes.extend_from_slice(&length.to_be_bytes());
        bytes.extend_from_slice(&payload);
        Ok(SealedVault {
            bytes,
            generation,
            header_mac,
        })
    }
}

/// `magic || major || minor || header length || header`.
fn prefix(minor: u16, header: &[u8]) -> Vec<u8> {
    let length = u32::try_from(header.len()).expect("because its length was checked");
    let mut bytes = Vec::with_capacity(header.len() + 1024);
    bytes.extend_from_slice(MAGIC);
    bytes.extend_from_slice(&MAJOR.to_be_bytes());
    bytes.extend_from_slice(&minor.to_be_bytes());
    bytes.extend_from_slice(&length.to_be_bytes());
    bytes.extend_from_slice(header);
    bytes
}

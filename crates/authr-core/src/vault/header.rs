//! Section 4: the header. Its fields are authenticated as a whole, by a hash without a key and by a MAC.

use std::fmt;

use crate::tlv::{CRITICAL, Field, FieldError, Reader, UnknownField, Writer};

use super::MAX_SLOTS;
use super::slot::Slot;

const SAVED_AT: u16 = 1;
const VAULT_ID: u16 = CRITICAL | 1;
const GENERATION: u16 = CRITICAL | 2;
const PAYLOAD_SALT: u16 = CRITICAL | 3;
const SLOT: u16 = CRITICAL | 4;

/// Which vault a file is a generation of: 16 random bytes, drawn when the vault is created.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VaultId(pub [u8; 16]);

/// How many times a vault was saved; below 2^63.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Generation(u64);

impl Generation {
    /// The generation of a vault that was just created.
    pub const FIRST: Self = Self(1);

    /// What a created vault has until it is first saved.
    pub(super) const BEFORE_FIRST: Self = Self(0);

    /// A generation from its number: 1 to 2^63 − 1.
    #[must_use]
    pub fn new(number: u64) -> Option<Self> {
        (number > 0 && number < 1 << 63).then_some(Self(number))
    }

    /// The one after it.
    #[must_use]
    pub fn next(self) -> Option<Self> {
        Self::new(self.0 + 1)
    }

    /// Its number.
    #[must_use]
    pub fn number(self) -> u64 {
        self.0
    }
}

impl fmt::Display for Generation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What stands in clear before the payload.
pub struct Header {
    /// Which vault this is.
    pub vault_id: VaultId,
    /// Which of its generations.
    pub generation: Generation,
    /// When it was written, in seconds since 1970, by the clock of the machine that wrote it.
    pub saved_at: u64,
    /// The salt of the payload's key.
    pub payload_salt: [u8; 32],
    /// What wraps the vault key: 1 to [`MAX_SLOTS`].
    pub slots: Vec<Slot>,
    pub(super) unknown: Vec<UnknownField>,
}

impl Header {
    /// The bytes of the fields.
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut writer = Writer::with_capacity(512);
        writer.number(SAVED_AT, self.saved_at);
        writer.carried(&self.unknown);
        writer.field(VAULT_ID, &self.vault_id.0);
        writer.number(GENERATION, self.generation.number());
        writer.field(PAYLOAD_SALT, &self.payload_salt);
        for slot in &self.slots {
            writer.field(SLOT, slot.as_bytes());
        }
        writer.finish().to_vec()
    }

    /// The fields of the bytes.
    pub(super) fn decode(bytes: &[u8]) -> Result<Self, FieldError> {
        let mut reader = Reader::new(bytes, &[SLOT]);
        let (mut vault_id, mut generation, mut saved_at, mut payload_salt) =
            (None, None, None, None);
        let (mut slots, mut unknown) = (Vec::new(), Vec::new());
        while let Some(field) = reader.next()? {
            match field.tag {
                SAVED_AT => saved_at = Some(field.u64()?),
                VAULT_ID => vault_id = Some(VaultId(field.array()?)),
                GENERATION => {
                    generation = Some(Generation::new(field.u64()?).ok_or(field.malformed())?)
                }
                PAYLOAD_SALT => payload_salt = Some(field.array()?),
                SLOT => slots.push(decode_slot(&field, slots.len())?),
                _ => unknown.push(UnknownField::keep(&field)?),
            }
        }
        let missing = FieldError::Malformed { at: bytes.len() };
        if slots.is_empty() {
            return Err(missing);
        }
        Ok(Self {
            vault_id: vault_id.ok_or(missing)?,
            generation: generation.ok_or(missing)?,
            saved_at: saved_at.ok_or(missing)?,
            payload_salt: payload_salt.ok_or(missing)?,
            slots,
            unknown,
        })
    }
}

fn decode_slot(field: &Field<'_>, before: usize) -> Result<Slot, FieldError> {
    if before == MAX_SLOTS {
        return Err(field.malformed());
    }
    Slot::decode(field.value).ok_or(field.malformed())
}

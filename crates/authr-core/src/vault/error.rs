//! Why a vault does not open, or cannot be written (vault-format.md section 8). The classes never share a message: a
//! wrong password is not called damage, nor damage a wrong password.

use authr_crypto::kdf::KdfError;

use crate::tlv::FieldError;

use super::header::Generation;

/// A part of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Section {
    /// Magic, version, header fields: what the header hash covers, and the hash and MAC themselves.
    Header,
    /// A slot's wrapped key.
    Slot,
    /// The encrypted payload with its commitment and padding.
    Payload,
    /// What the payload decrypts to.
    Content,
}

impl std::fmt::Display for Section {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Header => "header",
            Self::Slot => "slot",
            Self::Payload => "payload",
            Self::Content => "content",
        })
    }
}

/// Why a vault does not open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The file, or a part of it, is above its limit.
    #[error("the file is larger than a vault can be")]
    TooLarge,
    /// The file does not start like a vault.
    #[error("this is not a vault file")]
    NotAVault,
    /// A newer version, or a part of one that must be understood.
    #[error("the vault was written by a newer version of authr (format {major}.{minor})")]
    UnsupportedVersion {
        /// Major version of the file.
        major: u16,
        /// Minor version of the file.
        minor: u16,
    },
    /// The bytes break the format.
    #[error("the vault is damaged: its {section} is malformed at byte {at}")]
    Malformed {
        /// Which part.
        section: Section,
        /// Offset in bytes within that part (for the header: within the file).
        at: usize,
    },
    /// A password slot below the floor.
    #[error("the vault's password protection is weaker than allowed")]
    KdfTooWeak,
    /// A password slot above the ceiling.
    #[error("the vault's password protection asks for more memory or time than allowed")]
    KdfTooExpensive,
    /// This machine cannot give the memory that the password slot asks for.
    #[error("there is not enough memory to derive the key from the password")]
    OutOfMemory,
    /// No slot opens: a wrong password.
    #[error("wrong password")]
    NoSlotOpened,
    /// The same for a recovery code: a wrong one, or the vault has none.
    #[error("the recovery code opens no slot")]
    NoRecoverySlotOpened,
    /// The same for what the keyring keeps.
    #[error("what the keyring keeps opens no slot")]
    NoKeyringSlotOpened,
    /// Bytes were changed, by chance or by someone.
    #[error("the vault is damaged: its {section} was changed after it was written")]
    Tampered {
        /// Which part.
        section: Section,
    },
    /// An older vault than this installation has seen.
    #[error("the vault is older than the one last used here (generation {found}, seen was {seen})")]
    Rollback {
        /// The file's generation.
        found: Generation,
        /// The highest generation seen.
        seen: Generation,
    },
}

impl OpenError {
    /// What a broken field of a section means for the vault.
    pub(super) fn from_field(
        error: FieldError,
        section: Section,
        offset: usize,
        version: (u16, u16),
    ) -> Self {
        match error {
            FieldError::Malformed { at } => Self::Malformed {
                section,
                at: offset + at,
            },
            FieldError::Unknown { .. } => Self::UnsupportedVersion {
                major: version.0,
                minor: version.1,
            },
        }
    }
}

impl From<KdfError> for OpenError {
    fn from(error: KdfError) -> Self {
        match error {
            KdfError::TooWeak => Self::KdfTooWeak,
            KdfError::TooExpensive => Self::KdfTooExpensive,
            KdfError::OutOfMemory => Self::OutOfMemory,
        }
    }
}

/// Why a vault cannot be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SealError {
    /// More accounts than a vault holds.
    #[error(
        "a vault holds at most {} accounts, those in the trash among them",
        super::MAX_ACCOUNTS
    )]
    TooManyAccounts,
    /// The content does not fit into the largest payload.
    #[error("the accounts and notes together are larger than a vault can be (16 MiB)")]
    TooLarge,
    /// More slots than a vault holds.
    #[error("a vault holds at most {} ways to open it", super::MAX_SLOTS)]
    TooManySlots,
    /// The generation counter is used up.
    #[error("the vault cannot be saved any more: its generation counter is used up")]
    GenerationsUsedUp,
    /// The key derivation failed.
    #[error(transparent)]
    Kdf(#[from] KdfError),
}

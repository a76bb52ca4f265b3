//! The vault file, as vault-format.md specifies it. Section numbers below are that document's.
//!
//! ```text
//! let file = VaultFile::parse(bytes, kdf)?;            // size, magic, version, hash, fields, KDF policy
//! let unlocked = file.unlock(&password, kdf)?;         // a slot gives the vault key
//! let vault = unlocked.open(highest_generation_seen)?; // header MAC, payload, content, rollback
//! let bytes = vault.seal(now, random)?;                // the next generation
//! ```

mod error;
mod header;
mod padding;
mod read;
pub mod recovery;
mod slot;
mod write;

pub use error::{OpenError, SealError, Section};
pub use header::{Generation, Header, VaultId};
pub use read::{UnlockedVault, VaultFile, saved_at};
pub use slot::{Slot, SlotKind};
pub use write::{SealedVault, Stays, Vault};

/// The first 8 bytes of every vault file.
pub const MAGIC: &[u8; 8] = b"AUTHRVLT";
/// The major version that this program reads and writes.
pub const MAJOR: u16 = 1;
/// The newest minor version that this program knows; a newer one is read too.
pub const MINOR: u16 = 0;

/// Section 10: the largest header, in bytes.
pub const MAX_HEADER_BYTES: usize = 64 * 1024;
/// Section 10: the largest payload (ciphertext and tag), in bytes.
pub const MAX_PAYLOAD_BYTES: usize = 16 * 1024 * 1024;
/// Section 10: the most slots.
pub const MAX_SLOTS: usize = 16;
/// Section 10: how many password slots are tried, since each try costs a key derivation.
pub const MAX_PASSWORD_SLOTS: usize = 4;
/// Section 10: the most accounts, those in the trash among them.
pub const MAX_ACCOUNTS: usize = 10_000;
/// Section 3: what stands before the header: magic, major, minor, header length.
const PREFIX_BYTES: usize = 8 + 2 + 2 + 4;
/// Section 3: what stands between header and payload: hash, MAC, commitment, payload length.
const MIDDLE_BYTES: usize = 32 + 32 + 32 + 8;
/// The largest vault file, in bytes.
pub const MAX_FILE_BYTES: usize =
    PREFIX_BYTES + MAX_HEADER_BYTES + MIDDLE_BYTES + MAX_PAYLOAD_BYTES;

#[cfg(test)]
mod tests;

//! How accounts travel between a person's devices (sync-protocol.md section 9.1).
//!
//! An account in the vault carries no stamp: it is what was last agreed on, kept as [`Known`], or it differs and was edited.
//! So no way of editing can forget to mark an edit. What travels is a [`Version`]; [`merge()`] makes one of two.
//!
//! ```text
//! records.take_in(incoming)?;            // what the feed brought, decrypted
//! for outgoing in records.outgoing() {}  // what the server does not have
//! records.pushed(id, revision, plain)    // once the server has it
//! ```

mod incoming;
mod merge;
mod records;
mod stamp;
mod state;
mod version;

pub use incoming::{Changes, Incoming, TooManySetAside};
pub use merge::merge;
pub use records::{Outgoing, Presence, Records};
pub use stamp::{AHEAD_SECONDS, MAX_LINE, QUARANTINE_SECONDS, Stamp};
pub use state::{
    ChainEnd, Known, MAX_CHAINS, MAX_KNOWN, MAX_SET_ASIDE, MAX_SET_ASIDE_BYTES, SeenLocker,
    SetAside, SyncState,
};
pub use version::Version;

#[cfg(test)]
mod tests;

//! What a device knows of the records at its server.

mod stamp;
mod state;

pub use stamp::{MAX_LINE, Stamp};
pub use state::{
    ChainEnd, Known, MAX_CHAINS, MAX_KNOWN, MAX_SET_ASIDE, MAX_SET_ASIDE_BYTES, SeenLocker,
    SetAside, SyncState,
};

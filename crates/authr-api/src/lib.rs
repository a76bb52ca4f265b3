//! What crosses the wire between the app and its server, specified by `sync-protocol.md`.
//!
//! Pure: no socket, file, clock or ambient randomness. Both ends use the same types, so that they cannot drift.
//!
//! - [`path`]: every path, once
//! - [`error`]: the stable error codes and their status
//! - [`signature`]: how a request is signed (RFC 9421, one fixed profile)
//! - [`registration`], [`append`], [`sync`], [`answer`]: the nouns of the calls
//! - [`sealed`]: bodies and answers that TLS alone does not protect
//! - [`list`]: the signed device list
//! - [`record`], [`chain`]: accounts as the server stores them, and the chain of each device
//! - [`locker`]: what the app alone computes from the backups password; the server never calls it
//!
//! Numbers are big-endian. `lp(x)` is `u32 length || x`.

pub mod answer;
pub mod append;
pub mod bytes;
pub mod chain;
pub mod codec;
pub mod error;
pub mod id;
pub mod list;
pub mod locker;
mod pad;
pub mod path;
pub mod record;
pub mod registration;
pub mod sealed;
pub mod signature;
pub mod sync;

#[cfg(test)]
mod fixtures;

//! What authr is about: accounts, and the vault file that keeps them.
//!
//! Pure: no file, socket, clock or terminal. Bytes, time and randomness are arguments.
//!
//! - [`account`]: one line of the authenticator
//! - [`content`]: what a vault holds
//! - [`identity`]: what makes an installation a device of its user
//! - [`sync`]: what a device knows of the records at its server
//! - [`find`]: from a name that was typed to one account, never a guess
//! - [`vault`]: the file format that vault-format.md specifies
//! - [`tlv`]: the one encoding of header and content

pub mod account;
pub mod content;
pub mod find;
pub mod identity;
pub mod sync;
pub mod tlv;
pub mod vault;

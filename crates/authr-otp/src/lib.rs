//! One-time codes: what an account counts with, the codes it gives, and how both are written down.
//!
//! Pure: the time is handed in.
//!
//! - [`kind`]: algorithm, digits, period, counter, and the kinds of accounts made of them
//! - [`otp`]: a secret and its kind, and its codes ([RFC 4226], [RFC 6238])
//! - [`code`]: a code, for the eye and for a pipe
//! - [`pin`]: the PIN that some kinds mix in
//! - [`yandex`]: what Yandex's secrets are
//! - [`resync`]: where an account that counts stands
//! - [`base32`]: secrets as people type them
//! - [`name`]: issuers, labels and tags
//! - [`migration`]: batches of accounts in `otpauth-migration://` URIs
//! - [`uri`]: accounts written as `otpauth://` URIs
//!
//! [RFC 4226]: https://www.rfc-editor.org/rfc/rfc4226
//! [RFC 6238]: https://www.rfc-editor.org/rfc/rfc6238

pub mod base32;
pub mod code;
pub mod kind;
pub mod migration;
pub mod name;
pub mod otp;
pub mod pin;
pub mod resync;
pub mod uri;
pub mod yandex;

pub use code::Code;
pub use kind::{Algorithm, Counter, Digits, Kind, Period};
pub use name::{Name, Tag};
pub use otp::{Otp, UnixSeconds};
pub use pin::Pin;

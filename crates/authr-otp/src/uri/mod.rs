//! `otpauth://` URIs: what QR codes and lists of accounts hold.
//!
//! No standard fixes them, and programs differ. What this one reads where they do is decided here, once:
//!
//! - An `issuer` parameter wins over the label's prefix. Without one the prefix is the issuer. A label without a
//!   colon is the account's name, never the issuer.
//! - Nothing is guessed: an unknown algorithm, length or period is an error, and so is a parameter that stands twice.
//!   One that is empty or `null` is absent.
//! - `+` is a plus in the label. In the query it is a space, unless the query writes `%20` too.
//! - `#` is a character like any other; `&` too, where it stands raw in the issuer.
//! - Steam is `otpauth://steam`, `steam://SECRET`, `encoder=steam`, or an issuer Steam with five digits.
//! - mOTP is `motp://` with the text of the key, or `otpauth://motp` with its bytes in Base32.
//! - Parameters of the other kind (a counter beside a period) and unknown ones are ignored; pictures are never fetched.
//!
//! An error never holds a part of the URI, since every part of a broken one may be the secret.

mod parse;
mod query;
mod render;
#[cfg(test)]
mod tests;

pub use parse::{name_hint, parse};
pub use render::{RenderError, render};

use crate::base32::Base32Error;
use crate::kind::{CounterTooLarge, DigitsOutOfRange, PeriodOutOfRange, UnknownAlgorithm};
use crate::name::{Name, NameTooLong, Tag};
use crate::otp::Otp;
use crate::pin::PinError;
use crate::yandex::YandexError;

/// The longest URI, in bytes.
pub const MAX_URI_BYTES: usize = 4096;

/// The most tags of one URI.
pub const MAX_TAGS: usize = 32;

/// What a URI says of an account.
#[derive(Debug)]
pub struct UriAccount {
    /// The site.
    pub issuer: Name,
    /// The account's name at the site.
    pub label: Name,
    /// What gives its codes: never [`crate::Kind::Native`] where it was parsed.
    pub otp: Otp,
    /// The words that group it, in their order.
    pub tags: Vec<Tag>,
}

/// Why a text is no account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UriError {
    /// The text is longer than [`MAX_URI_BYTES`].
    #[error("the URI is longer than {MAX_URI_BYTES} bytes")]
    TooLong,
    /// The text does not begin as a URI of an account does.
    #[error("this is no otpauth:// URI")]
    NotOtpauth,
    /// A batch of accounts, which is more than one: [`crate::migration`] reads it.
    #[error("this is a batch of accounts, to be imported")]
    Migration,
    /// A kind that is not known.
    #[error("the URI's kind is none of totp, hotp, steam, motp and yaotp")]
    UnknownKind,
    /// There is no secret, or an empty one.
    #[error("the URI has no secret")]
    MissingSecret,
    /// The secret is no Base32, or too long.
    #[error(transparent)]
    Secret(#[from] Base32Error),
    /// The key of an mOTP account has a character that none has.
    #[error("character {position} of the key is neither a letter nor a digit")]
    KeyText {
        /// Which one, counted from 1.
        position: usize,
    },
    /// The PIN is none.
    #[error(transparent)]
    Pin(#[from] PinError),
    /// The secret is none of Yandex's.
    #[error(transparent)]
    Yandex(#[from] YandexError),
    /// The algorithm is unknown.
    #[error(transparent)]
    Algorithm(#[from] UnknownAlgorithm),
    /// The number of digits is no number, or out of range.
    #[error(transparent)]
    Digits(#[from] DigitsOutOfRange),
    /// The period is no number, or out of range.
    #[error(transparent)]
    Period(#[from] PeriodOutOfRange),
    /// The counter is too large.
    #[error(transparent)]
    Counter(#[from] CounterTooLarge),
    /// The counter is no number.
    #[error("the counter is no number")]
    CounterNotANumber,
    /// The codes are to be written in a way that is unknown.
    #[error("unknown encoder of the codes")]
    Encoder,
    /// A parameter stands twice, so that it is not clear which one is meant.
    #[error("the parameter {parameter} stands twice")]
    Repeated {
        /// Which parameter.
        parameter: &'static str,
    },
    /// The issuer, label or a tag is too long.
    #[error("the {part} is too long: {source}")]
    Name {
        /// Which part.
        part: &'static str,
        /// How long it is.
        source: NameTooLong,
    },
    /// There are more than [`MAX_TAGS`] tags.
    #[error("the URI has more than {MAX_TAGS} tags")]
    TooManyTags,
    /// Percent-encoded bytes are no UTF-8.
    #[error("the {part} is no UTF-8")]
    NotUtf8 {
        /// Which part.
        part: &'static str,
    },
}

/// Steam's own TOTP accounts differ from others by issuer and length alone.
fn reads_as_steam(issuer: &Name, digits: crate::Digits) -> bool {
    issuer.as_str().eq_ignore_ascii_case("Steam") && digits.get() == 5
}

//! From an account to a URI.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use zeroize::Zeroizing;

use super::{MAX_TAGS, MAX_URI_BYTES, UriAccount, reads_as_steam};
use crate::base32;
use crate::kind::Kind;

/// Why an account has no URI.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RenderError {
    /// The secret of a native account belongs to one device and never leaves it.
    #[error("an account that a site issued cannot be taken elsewhere")]
    Native,
    /// The URI would be longer than [`MAX_URI_BYTES`], and could not be read back.
    #[error("the URI would be longer than {MAX_URI_BYTES} bytes")]
    TooLong,
    /// There are more than [`MAX_TAGS`] tags.
    #[error("a URI has at most {MAX_TAGS} tags")]
    TooManyTags,
    /// The key of an mOTP account is no text that a URI can hold.
    #[error("the mOTP key is no text of letters and digits")]
    KeyText,
    /// Every program takes a TOTP account of five digits whose issuer is Steam for Steam Guard.
    #[error("an account of five digits named Steam would be read as a Steam account")]
    ReadsAsSteam,
}

/// Everything but what RFC 3986 calls unreserved.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// What a URI has besides names, tags and secret, and more.
const FIXED_BYTES: usize = 256;

/// Writes an account so that [`super::parse()`] gives it back. Nothing is left to a reader's defaults.
///
/// # Errors
/// [`RenderError`] where a URI cannot say it, or no reader would take it.
pub fn render(account: &UriAccount) -> Result<Zeroizing<String>, RenderError> {
    let UriAccount {
        issuer,
        label,
        otp,
        tags,
    } = account;
    let kind = otp.kind;
    if kind == Kind::Native {
        return Err(RenderError::Native);
    }
    if tags.len() > MAX_TAGS {
        return Err(RenderError::TooManyTags);
    }
    if matches!(kind, Kind::Totp { .. }) && reads_as_steam(issuer, kind.digits()) {
        return Err(RenderError::ReadsAsSteam);
    }
    let issuer = encoded(issuer.as_str());
    let label = encoded(label.as_str());
    let tags: String = tags
        .iter()
        .map(|tag| format!("&tags={}", encoded(tag.as_str())))
        .collect();
    let secret = secret(account)?;
    let scheme = scheme(kind);

    // With room from the start: a buffer that grows leaves a copy of the secret behind.
    let capacity = FIXED_BYTES + 2 * issuer.len() + label.len() + secret.len() + tags.len();
    let mut uri = Zeroizing::new(String::with_capacity(capacity));
    // Without an issuer a colon stands only before a label that has one of its own, which would else separate.
    let colon = if issuer.is_empty() && !label.contains("%3A") {
        ""
    } else {
        ":"
    };
    for part in [scheme, &issuer, colon, &label, "?secret=", &secret] {
        uri.push_str(part);
    }
    if !issuer.is_empty() {
        uri.push_str("&issuer=");
        uri.push_str(&issuer);
    }
    if let Some(algorithm) = kind.algorithm() {
        uri.push_str("&algorithm=");
        uri.push_str(algorithm.name());
        uri.push_str("&digits=");
        uri.push_str(&kind.digits().get().to_string());
    }
    let period = kind.algorithm().and(kind.period());
    if let Some(period) = period {
        uri.push_str("&period=");
        uri.push_str(&period.seconds().to_string());
    }
    if let Some(counter) = kind.counter() {
        uri.push_str("&counter=");
        uri.push_str(&counter.get().to_string());
    }
    if let Some(pin) = kind.pin().filter(|pin| !pin.is_unknown()) {
        uri.push_str("&pin=");
        uri.push_str(pin.expose_secret());
    }
    uri.push_str(&tags);
    if uri.len() > MAX_URI_BYTES {
        return Err(RenderError::TooLong);
    }
    Ok(uri)
}

/// The secret in Base32; the key of an mOTP account, which is hashed as the text that it is, as that.
fn secret(account: &UriAccount) -> Result<Zeroizing<String>, RenderError> {
    let otp = &account.otp;
    if !matches!(otp.kind, Kind::Motp { .. }) {
        return Ok(base32::encode(&otp.secret));
    }
    std::str::from_utf8(otp.secret.expose_secret())
        .ok()
        .filter(|text| text.bytes().all(|byte| byte.is_ascii_alphanumeric()))
        .map(|text| Zeroizing::new(text.to_owned()))
        .ok_or(RenderError::KeyText)
}

fn scheme(kind: Kind) -> &'static str {
    match kind {
        Kind::Motp { .. } => "motp://",
        Kind::Yandex { .. } => "otpauth://yaotp/",
        Kind::Steam => "otpauth://steam/",
        Kind::Hotp { .. } => "otpauth://hotp/",
        Kind::Totp { .. } | Kind::Native => "otpauth://totp/",
    }
}

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
}

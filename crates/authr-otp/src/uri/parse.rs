//! From a URI to an account.

use authr_crypto::secret::OtpSecret;
use zeroize::Zeroizing;

use super::query::{Encoder, Parameters, Plus, decoded};
use super::{MAX_URI_BYTES, UriAccount, UriError, reads_as_steam};
use crate::base32::{self, Base32Error};
use crate::kind::Kind;
use crate::name::Name;
use crate::otp::Otp;
use crate::yandex;

/// Reads one account.
///
/// # Errors
/// [`UriError`] says which part is wrong, never what it was.
pub fn parse(text: &str) -> Result<UriAccount, UriError> {
    let text = text.trim();
    if text.len() > MAX_URI_BYTES {
        return Err(UriError::TooLong);
    }
    let Parts {
        named,
        label,
        query,
    } = match split(text)? {
        Split::Bare { secret } => return bare_steam(secret),
        Split::Parts(parts) => parts,
    };
    let parameters = Parameters::of(query)?;
    let (mut issuer, label) = names(label, parameters.issuer()?)?;
    let kind = kind(named, &parameters, &issuer)?;
    let secret = match (kind, named) {
        (Kind::Motp { .. }, Named::MotpText) => parameters.key_text()?,
        (Kind::Motp { .. }, _) => motp_key(&parameters.secret()?)?,
        _ => parameters.secret()?,
    };
    if matches!(kind, Kind::Yandex { .. }) {
        yandex::check(secret.expose_secret())?;
        if issuer.is_empty() {
            issuer = known_name("Yandex");
        }
    }
    Ok(UriAccount {
        issuer,
        label,
        otp: Otp { secret, kind },
        tags: parameters.tags()?,
    })
}

/// `steam://SECRET`, as Bitwarden writes it: no name at all.
fn bare_steam(secret: &str) -> Result<UriAccount, UriError> {
    let secret = base32::decode(secret).map_err(|error| match error {
        Base32Error::Empty => UriError::MissingSecret,
        other => UriError::Secret(other),
    })?;
    Ok(UriAccount {
        issuer: known_name("Steam"),
        label: Name::default(),
        otp: Otp {
            secret,
            kind: Kind::Steam,
        },
        tags: Vec::new(),
    })
}

fn known_name(name: &str) -> Name {
    Name::new(name).expect("because it is short")
}

fn kind(named: Named, parameters: &Parameters<'_>, issuer: &Name) -> Result<Kind, UriError> {
    let steam = parameters.encoder()? == Encoder::Steam;
    match named {
        Named::Totp if steam => Ok(Kind::Steam),
        Named::Totp => {
            let digits = parameters.digits()?;
            if reads_as_steam(issuer, digits) {
                return Ok(Kind::Steam);
            }
            Ok(Kind::Totp {
                algorithm: parameters.algorithm()?,
                digits,
                period: parameters.period()?,
            })
        }
        Named::Hotp if steam => Err(UriError::Encoder),
        Named::Hotp => Ok(Kind::Hotp {
            algorithm: parameters.algorithm()?,
            digits: parameters.digits()?,
            counter: parameters.counter()?,
        }),
        Named::Steam => Ok(Kind::Steam),
        Named::Motp | Named::MotpText => Ok(Kind::Motp {
            pin: parameters.pin()?,
        }),
        Named::Yandex => Ok(Kind::Yandex {
            pin: parameters.pin()?,
        }),
    }
}

/// Aegis writes the bytes of an mOTP key in Base32; the key that is hashed is their hexadecimal text.
fn motp_key(bytes: &OtpSecret) -> Result<OtpSecret, UriError> {
    let text = data_encoding::HEXLOWER.encode(bytes.expose_secret());
    OtpSecret::new(text.into_bytes()).map_err(|_| UriError::Secret(Base32Error::TooLong))
}

/// A name for a URI that [`parse`] refused, to tell a person which one it was; `None` where no text is surely a
/// name, since the secret of a broken URI can stand anywhere.
#[must_use]
pub fn name_hint(text: &str) -> Option<Name> {
    let (_, rest) = text.trim().split_once("://")?;
    let (path, _) = rest.split_once('?')?;
    let (_, label) = path.split_once('/')?;
    let label = decoded(label, Plus::Literal)?;
    if label.to_ascii_lowercase().contains("secret=") {
        return None;
    }
    Name::new(&label).ok().filter(|name| !name.is_empty())
}

/// How a URI names its kind.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Named {
    Totp,
    Hotp,
    Steam,
    /// `otpauth://motp`: the key in Base32.
    Motp,
    /// `motp://`: the text of the key.
    MotpText,
    Yandex,
}

struct Parts<'a> {
    named: Named,
    label: &'a str,
    query: &'a str,
}

enum Split<'a> {
    Parts(Parts<'a>),
    /// `steam://SECRET`.
    Bare {
        secret: &'a str,
    },
}

fn split(text: &str) -> Result<Split<'_>, UriError> {
    let (scheme, rest) = text.split_once("://").ok_or(UriError::NotOtpauth)?;
    let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
    let parts = |named, label| {
        Ok(Split::Parts(Parts {
            named,
            label,
            query,
        }))
    };
    match scheme.to_ascii_lowercase().as_str() {
        "otpauth" | "apple-otpauth" => {}
        "otpauth-migration" => return Err(UriError::Migration),
        "steam" => return Ok(Split::Bare { secret: rest }),
        "motp" => return parts(Named::MotpText, path),
        _ => return Err(UriError::NotOtpauth),
    }
    let (kind, label) = path.split_once('/').unwrap_or((path, ""));
    let named = match kind.to_ascii_lowercase().as_str() {
        "totp" => Named::Totp,
        "hotp" => Named::Hotp,
        "steam" => Named::Steam,
        "motp" => Named::Motp,
        "yaotp" | "yandex" => Named::Yandex,
        _ => return Err(UriError::UnknownKind),
    };
    parts(named, label)
}

/// Issuer and label out of the label's text and the `issuer` parameter.
fn names(label: &str, issuer: Name) -> Result<(Name, Name), UriError> {
    let name = |part, text: &str| Name::new(text).map_err(|source| UriError::Name { part, source });
    let part = |text| decoded(text, Plus::Literal).ok_or(UriError::NotUtf8 { part: "label" });
    let whole = part(label)?;
    // An issuer may have a colon of its own: where the label repeats the parameter, exactly that is the prefix.
    let repeated = whole
        .strip_prefix(issuer.as_str())
        .and_then(|rest| rest.strip_prefix(':'));
    if let Some(account) = repeated {
        return Ok((issuer, name("label", account)?));
    }
    // A raw colon separates; where none is raw, an encoded one does.
    let (prefix, account) = match (label.split_once(':'), whole.split_once(':')) {
        (Some((prefix, account)), _) => (part(prefix)?, part(account)?),
        (None, Some((prefix, account))) => (
            Zeroizing::new(prefix.to_owned()),
            Zeroizing::new(account.to_owned()),
        ),
        (None, None) => (Zeroizing::default(), whole),
    };
    let issuer = if issuer.is_empty() {
        name("issuer", &prefix)?
    } else {
        issuer
    };
    Ok((issuer, name("label", &account)?))
}

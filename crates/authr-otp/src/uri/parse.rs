//! From a URI to an account.

use zeroize::Zeroizing;

use super::query::{Encoder, Parameters, Plus, decoded};
use super::{MAX_URI_BYTES, UnsupportedKind, UriAccount, UriError, reads_as_steam};
use crate::kind::Kind;
use crate::name::Name;
use crate::otp::Otp;

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
        moves,
        label,
        query,
    } = Parts::of(text)?;
    let parameters = Parameters::of(query)?;
    let digits = parameters.digits()?;
    let (issuer, label) = names(label, parameters.issuer()?)?;
    let steam_by_name = moves == Moves::WithTime && reads_as_steam(&issuer, digits);
    if parameters.encoder()? == Encoder::Steam || steam_by_name {
        return Err(UriError::UnsupportedKind {
            kind: UnsupportedKind::Steam,
        });
    }
    let algorithm = parameters.algorithm()?;
    let kind = match moves {
        Moves::WithTime => Kind::Totp {
            algorithm,
            digits,
            period: parameters.period()?,
        },
        Moves::WithCounter => Kind::Hotp {
            algorithm,
            digits,
            counter: parameters.counter()?,
        },
    };
    Ok(UriAccount {
        issuer,
        label,
        otp: Otp {
            secret: parameters.secret()?,
            kind,
        },
        tags: parameters.tags()?,
    })
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

/// What moves an account from code to code.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Moves {
    WithTime,
    WithCounter,
}

struct Parts<'a> {
    moves: Moves,
    label: &'a str,
    query: &'a str,
}

impl<'a> Parts<'a> {
    fn of(text: &'a str) -> Result<Self, UriError> {
        let unsupported = |kind| Err(UriError::UnsupportedKind { kind });
        let (scheme, rest) = text.split_once("://").ok_or(UriError::NotOtpauth)?;
        match scheme.to_ascii_lowercase().as_str() {
            "otpauth" | "apple-otpauth" => {}
            "otpauth-migration" => return Err(UriError::Migration),
            "steam" => return unsupported(UnsupportedKind::Steam),
            "motp" => return unsupported(UnsupportedKind::Motp),
            _ => return Err(UriError::NotOtpauth),
        }
        let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (kind, label) = path.split_once('/').unwrap_or((path, ""));
        let moves = match kind.to_ascii_lowercase().as_str() {
            "totp" => Moves::WithTime,
            "hotp" => Moves::WithCounter,
            "steam" => return unsupported(UnsupportedKind::Steam),
            "motp" => return unsupported(UnsupportedKind::Motp),
            "yaotp" | "yandex" => return unsupported(UnsupportedKind::Yandex),
            _ => return Err(UriError::UnknownKind),
        };
        Ok(Self {
            moves,
            label,
            query,
        })
    }
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

//! How what is shown of an account crosses the agent's socket: never with a secret, and a PIN is one. What a person brings goes
//! the other way, in [`incoming`] alone.

pub(super) mod incoming;

use authr_core::account::AccountId;
use authr_otp::{Algorithm, Counter, Digits, Kind, Period, Pin};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// An id.
pub(super) mod id {
    use super::*;

    pub(crate) fn serialize<S: Serializer>(id: &AccountId, to: S) -> Result<S::Ok, S::Error> {
        id.0.serialize(to)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<AccountId, D::Error> {
        <[u8; 16]>::deserialize(from).map(AccountId)
    }
}

/// Several of them.
pub(super) mod ids {
    use super::*;

    #[derive(Serialize, Deserialize)]
    struct Id(#[serde(with = "super::id")] AccountId);

    pub(crate) fn serialize<S: Serializer>(ids: &[AccountId], to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(ids.iter().copied().map(Id))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Vec<AccountId>, D::Error> {
        let ids = Vec::<Id>::deserialize(from)?;
        Ok(ids.into_iter().map(|Id(id)| id).collect())
    }
}

/// Tags.
pub(super) mod tags {
    use super::*;
    use authr_otp::Tag;

    pub(crate) fn serialize<S: Serializer>(tags: &[Tag], to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(tags.iter().map(Tag::as_str))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Tag>, D::Error> {
        let tags = Vec::<String>::deserialize(from)?;
        let tags = tags.iter().map(|tag| Tag::new(tag).ok().flatten());
        let tags = tags.collect::<Option<_>>();
        tags.ok_or(D::Error::custom("no tag"))
    }
}

/// What a person writes about an account.
pub(super) mod details {
    use super::*;
    use crate::app::accounts::Details;
    use authr_core::account::{Icon, Note};
    use authr_otp::Name;

    #[derive(Serialize, Deserialize)]
    struct Shape {
        issuer: Option<String>,
        label: Option<String>,
        note: Option<String>,
        icon: Option<String>,
    }

    pub(crate) fn serialize<S: Serializer>(details: &Details, to: S) -> Result<S::Ok, S::Error> {
        let name = |name: &Option<Name>| name.as_ref().map(|name| name.as_str().to_owned());
        let shape = Shape {
            issuer: name(&details.issuer),
            label: name(&details.label),
            note: details.note.as_ref().map(|note| note.as_str().to_owned()),
            icon: details.icon.as_ref().map(|icon| icon.as_str().to_owned()),
        };
        shape.serialize(to)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Details, D::Error> {
        let shape = Shape::deserialize(from)?;
        let name = |text: Option<String>| text.map(|text| Name::new(&text)).transpose();
        Ok(Details {
            issuer: name(shape.issuer).map_err(D::Error::custom)?,
            label: name(shape.label).map_err(D::Error::custom)?,
            note: (shape.note.map(Note::new).transpose()).map_err(D::Error::custom)?,
            icon: (shape.icon.map(Icon::new).transpose()).map_err(D::Error::custom)?,
        })
    }
}

/// What bringing back accounts does.
#[derive(Serialize, Deserialize)]
#[serde(remote = "authr_core::content::BroughtBack")]
pub(super) struct BroughtBack {
    returned: usize,
    reverted: usize,
    trashed: usize,
    kept_both: usize,
}

/// Bytes that are no secret: of a file that is encrypted.
pub(super) mod bytes {
    use super::*;
    use data_encoding::BASE64;

    pub(crate) fn serialize<S: Serializer>(bytes: &[u8], to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&BASE64.encode(bytes))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u8>, D::Error> {
        let text = String::deserialize(from)?;
        BASE64.decode(text.as_bytes()).map_err(D::Error::custom)
    }
}

/// A code.
pub(super) mod code {
    use super::*;
    use authr_otp::Code;
    use zeroize::Zeroizing;

    pub(crate) fn serialize<S: Serializer>(code: &Code, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(code.expose_secret())
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Code, D::Error> {
        Zeroizing::<String>::deserialize(from).map(Code::new)
    }
}

/// The code after it, where there is one.
pub(super) mod next_code {
    use super::*;
    use authr_otp::Code;

    #[derive(Serialize, Deserialize)]
    struct Next<C>(C);

    #[derive(Deserialize)]
    struct Owned(#[serde(with = "super::code")] Code);

    pub(crate) fn serialize<S: Serializer>(code: &Option<Code>, to: S) -> Result<S::Ok, S::Error> {
        code.as_ref()
            .map(|code| Next(code.expose_secret()))
            .serialize(to)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Option<Code>, D::Error> {
        Ok(Option::<Owned>::deserialize(from)?.map(|Owned(code)| code))
    }
}

/// A time, where there is one.
pub(super) mod time {
    use super::*;
    use authr_otp::UnixSeconds;

    pub(crate) fn serialize<S: Serializer>(
        time: &Option<UnixSeconds>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        time.map(|time| time.0).serialize(to)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Option<UnixSeconds>, D::Error> {
        Ok(Option::deserialize(from)?.map(UnixSeconds))
    }
}

/// A kind, without its PIN.
pub(super) mod kind {
    use super::*;

    #[derive(Serialize, Deserialize)]
    enum Shape {
        Totp(String, u8, u32),
        Hotp(String, u8, u64),
        Native,
        Steam,
        Motp,
        Yandex,
    }

    pub(crate) fn serialize<S: Serializer>(kind: &Kind, to: S) -> Result<S::Ok, S::Error> {
        let shape = match kind {
            Kind::Totp {
                algorithm,
                digits,
                period,
            } => Shape::Totp(algorithm.name().to_owned(), digits.get(), period.seconds()),
            Kind::Hotp {
                algorithm,
                digits,
                counter,
            } => Shape::Hotp(algorithm.name().to_owned(), digits.get(), counter.get()),
            Kind::Native => Shape::Native,
            Kind::Steam => Shape::Steam,
            Kind::Motp { .. } => Shape::Motp,
            Kind::Yandex { .. } => Shape::Yandex,
        };
        shape.serialize(to)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Kind, D::Error> {
        let pin = Pin::UNKNOWN;
        let algorithm = |name: &str| Algorithm::parse(name).map_err(D::Error::custom);
        let digits = |number| Digits::new(number).map_err(D::Error::custom);
        Ok(match Shape::deserialize(from)? {
            Shape::Totp(name, length, seconds) => Kind::Totp {
                algorithm: algorithm(&name)?,
                digits: digits(length)?,
                period: Period::new(seconds).map_err(D::Error::custom)?,
            },
            Shape::Hotp(name, length, counter) => Kind::Hotp {
                algorithm: algorithm(&name)?,
                digits: digits(length)?,
                counter: Counter::new(counter).map_err(D::Error::custom)?,
            },
            Shape::Native => Kind::Native,
            Shape::Steam => Kind::Steam,
            Shape::Motp => Kind::Motp { pin },
            Shape::Yandex => Kind::Yandex { pin },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Serialize, Deserialize)]
    struct Carried(#[serde(with = "super::kind")] Kind);

    #[test]
    fn every_kind_arrives_as_it_was_but_for_its_pin() {
        let (algorithm, digits) = (Algorithm::Sha512, Digits::EIGHT);
        let pin = Pin::new("1234").unwrap();
        let kinds = [
            Kind::Totp {
                algorithm,
                digits,
                period: Period::TEN,
            },
            Kind::Hotp {
                algorithm,
                digits,
                counter: Counter::ZERO,
            },
            Kind::Native,
            Kind::Steam,
            Kind::Motp { pin },
            Kind::Yandex { pin },
        ];
        for kind in kinds {
            let bytes = postcard::to_allocvec(&Carried(kind)).unwrap();
            assert!(!bytes.windows(4).any(|part| part == b"1234"), "{bytes:?}");
            let Carried(arrived) = postcard::from_bytes(&bytes).unwrap();
            assert_eq!(
                (arrived.name(), arrived.algorithm()),
                (kind.name(), kind.algorithm())
            );
            assert_eq!(
                (arrived.digits(), arrived.period()),
                (kind.digits(), kind.period())
            );
            assert_eq!(arrived.counter(), kind.counter());
            assert!(arrived.pin().is_none_or(|pin| pin.is_unknown()));
        }
    }
}

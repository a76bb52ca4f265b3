//! Accounts: one line of the authenticator each (vault-format.md section 7.3).

use std::fmt;

use authr_crypto::mac;
use authr_crypto::secret::OtpSecret;
use authr_otp::{Algorithm, Counter, Digits, Kind, Name, Otp, Period, Pin, Tag};
use zeroize::Zeroizing;

use crate::tlv::{CRITICAL, Field, FieldError, Reader, UnknownField, Writer};

const ISSUER: u16 = 1;
const LABEL: u16 = 2;
const NOTE: u16 = 3;
const TAG: u16 = 4;
const ICON: u16 = 5;
const PINNED: u16 = 6;
const CREATED_AT: u16 = 7;
const CHANGED_AT: u16 = 8;
const TRASHED_AT: u16 = 9;
const EARLIER_SECRET: u16 = 10;
const ID: u16 = CRITICAL | 1;
const KIND: u16 = CRITICAL | 2;
const SECRET: u16 = CRITICAL | 3;
const ALGORITHM: u16 = CRITICAL | 4;
const DIGITS: u16 = CRITICAL | 5;
const PERIOD: u16 = CRITICAL | 6;
const COUNTER: u16 = CRITICAL | 7;
const PIN: u16 = CRITICAL | 8;

const KIND_TOTP: u8 = 1;
const KIND_HOTP: u8 = 2;
const KIND_NATIVE: u8 = 3;
const KIND_STEAM: u8 = 4;
const KIND_MOTP: u8 = 5;
const KIND_YANDEX: u8 = 6;

/// How many secrets before the present one are kept.
pub const MAX_EARLIER_SECRETS: usize = 2;
/// How many tags an account has at most.
pub const MAX_TAGS: usize = 32;

/// An account's id: 16 random bytes, for good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AccountId(pub [u8; 16]);

impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// A text above its limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the {what} has {bytes} bytes, allowed are {limit}")]
pub struct TextTooLong {
    /// Which text.
    pub what: &'static str,
    /// Its length.
    pub bytes: usize,
    /// What is allowed.
    pub limit: usize,
}

macro_rules! text {
    ($(#[$doc:meta])* $name:ident, $what:literal, $limit:expr) => {
        $(#[$doc])*
        #[derive(Debug, Default, Clone, PartialEq, Eq, PartialOrd, Ord)]
        pub struct $name(String);

        impl $name {
            /// The most bytes of UTF-8.
            pub const MAX_BYTES: usize = $limit;

            /// Takes a text within the limit.
            ///
            /// # Errors
            /// [`TextTooLong`].
            pub fn new(text: impl Into<String>) -> Result<Self, TextTooLong> {
                let text = text.into();
                if text.len() > $limit {
                    return Err(TextTooLong { what: $what, bytes: text.len(), limit: $limit });
                }
                Ok(Self(text))
            }

            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
    };
}

text! {
    /// What the person wrote about an account.
    Note, "note", 4096
}
text! {
    /// The name of an icon.
    Icon, "icon name", 64
}

/// One line of the authenticator.
pub struct Account {
    /// Its id.
    pub id: AccountId,
    /// Who issued it; may be empty.
    pub issuer: Name,
    /// Whose it is at the issuer; may be empty.
    pub label: Name,
    /// What makes its codes.
    pub otp: Otp,
    /// A note; may be empty.
    pub note: Note,
    /// Tags, at most [`MAX_TAGS`].
    pub tags: Vec<Tag>,
    /// The name of an icon; may be empty.
    pub icon: Icon,
    /// Whether it stands first in lists.
    pub pinned: bool,
    /// When it was added, in seconds since 1970.
    pub created_at: u64,
    /// When it was last edited (an HOTP counter that moves is no edit), in seconds since 1970.
    pub changed_at: u64,
    /// When it was removed, in seconds since 1970, if it is in the trash.
    pub trashed_at: Option<u64>,
    /// The secrets before the present one, newest first, at most [`MAX_EARLIER_SECRETS`].
    pub earlier_secrets: Vec<OtpSecret>,
    unknown: Vec<UnknownField>,
}

impl Account {
    /// A new account.
    #[must_use]
    pub fn new(id: AccountId, issuer: Name, label: Name, otp: Otp, now: u64) -> Self {
        Self {
            id,
            issuer,
            label,
            otp,
            note: Note::default(),
            tags: Vec::new(),
            icon: Icon::default(),
            pinned: false,
            created_at: now,
            changed_at: now,
            trashed_at: None,
            earlier_secrets: Vec::new(),
            unknown: Vec::new(),
        }
    }

    /// `issuer:label`, or what there is of it.
    #[must_use]
    pub fn name(&self) -> String {
        match (self.issuer.as_str(), self.label.as_str()) {
            ("", label) => label.to_owned(),
            (issuer, "") => issuer.to_owned(),
            (issuer, label) => format!("{issuer}:{label}"),
        }
    }

    /// Whether it came from a site through the server.
    #[must_use]
    pub fn is_native(&self) -> bool {
        matches!(self.otp.kind, Kind::Native)
    }

    /// Whether it stands in lists: not in the trash.
    #[must_use]
    pub fn is_listed(&self) -> bool {
        self.trashed_at.is_none()
    }

    /// Gives it another secret or kind. A secret that goes stays among the earlier ones.
    pub fn set_otp(&mut self, otp: Otp) {
        let before = std::mem::replace(&mut self.otp, otp);
        let kept = [before.secret]
            .into_iter()
            .chain(std::mem::take(&mut self.earlier_secrets));
        self.earlier_secrets = kept
            .filter(|secret| !secret.ct_eq(&self.otp.secret))
            .take(MAX_EARLIER_SECRETS)
            .collect();
    }

    /// SHA-256 of its encoding with the counter at zero: it differs after every edit but the move of a counter.
    #[must_use]
    pub fn fingerprint(&self) -> [u8; 32] {
        mac::sha256(&[&self.encode_with(Counter::ZERO)])
    }

    /// SHA-256 of kind, secret, algorithm, digits and period as they are encoded: what makes the codes.
    #[must_use]
    pub fn codes_fingerprint(&self) -> [u8; 32] {
        let mut writer = Writer::with_capacity(256);
        self.encode_codes(&mut writer);
        mac::sha256(&[&writer.finish()])
    }

    /// Its counter; `None` for a kind that does not count.
    #[must_use]
    pub fn counter(&self) -> Option<Counter> {
        match self.otp.kind {
            Kind::Hotp { counter, .. } => Some(counter),
            _ => None,
        }
    }

    /// A counter takes the higher value: the lower one would show a code again.
    pub fn raise_counter(&mut self, seen: Option<Counter>) {
        if let (Kind::Hotp { counter, .. }, Some(seen)) = (&mut self.otp.kind, seen) {
            *counter = seen.max(*counter);
        }
    }

    /// The same account held twice.
    #[must_use]
    pub fn duplicate(&self) -> Self {
        Self {
            id: self.id,
            issuer: self.issuer.clone(),
            label: self.label.clone(),
            otp: self.otp.duplicate(),
            note: self.note.clone(),
            tags: self.tags.clone(),
            icon: self.icon.clone(),
            pinned: self.pinned,
            created_at: self.created_at,
            changed_at: self.changed_at,
            trashed_at: self.trashed_at,
            earlier_secrets: self
                .earlier_secrets
                .iter()
                .map(OtpSecret::duplicate)
                .collect(),
            unknown: self.unknown.iter().map(UnknownField::duplicate).collect(),
        }
    }

    /// The fields of the account.
    #[must_use]
    pub fn encode(&self) -> Zeroizing<Vec<u8>> {
        self.encode_with(self.counter().unwrap_or(Counter::ZERO))
    }

    fn encode_with(&self, counter: Counter) -> Zeroizing<Vec<u8>> {
        let mut writer = Writer::with_capacity(256 + self.note.as_str().len());
        writer.text(ISSUER, self.issuer.as_str());
        writer.text(LABEL, self.label.as_str());
        writer.text(NOTE, self.note.as_str());
        for tag in &self.tags {
            writer.field(TAG, tag.as_str().as_bytes());
        }
        writer.text(ICON, self.icon.as_str());
        if self.pinned {
            writer.field(PINNED, &[]);
        }
        writer.number(CREATED_AT, self.created_at);
        writer.number(CHANGED_AT, self.changed_at);
        if let Some(at) = self.trashed_at {
            writer.number(TRASHED_AT, at);
        }
        for secret in &self.earlier_secrets {
            writer.field(EARLIER_SECRET, secret.expose_secret());
        }
        writer.carried(&self.unknown);
        writer.field(ID, &self.id.0);
        self.encode_codes(&mut writer);
        if matches!(self.otp.kind, Kind::Hotp { .. }) {
            writer.number(COUNTER, counter.get());
        }
        writer.finish()
    }

    fn encode_codes(&self, writer: &mut Writer) {
        let (kind, parameters) = match self.otp.kind {
            Kind::Totp {
                algorithm,
                digits,
                period,
            } => (KIND_TOTP, Some((algorithm, digits, Some(period)))),
            Kind::Hotp {
                algorithm, digits, ..
            } => (KIND_HOTP, Some((algorithm, digits, None))),
            Kind::Native => (KIND_NATIVE, None),
            Kind::Steam => (KIND_STEAM, None),
            Kind::Motp { .. } => (KIND_MOTP, None),
            Kind::Yandex { .. } => (KIND_YANDEX, None),
        };
        writer.field(KIND, &[kind]);
        writer.field(SECRET, self.otp.secret.expose_secret());
        if let Some(pin) = self.otp.kind.pin() {
            writer.text(PIN, pin.expose_secret());
        }
        let Some((algorithm, digits, period)) = parameters else {
            return;
        };
        writer.field(ALGORITHM, &[algorithm_number(algorithm)]);
        writer.field(DIGITS, &[digits.get()]);
        if let Some(period) = period {
            writer.field(PERIOD, &period.seconds().to_be_bytes());
        }
    }

    /// The account of the fields.
    ///
    /// # Errors
    /// [`FieldError`].
    pub fn decode(bytes: &[u8]) -> Result<Self, FieldError> {
        let mut parts = Parts::default();
        let mut reader = Reader::new(bytes, &[TAG, EARLIER_SECRET]);
        while let Some(field) = reader.next()? {
            parts.take(&field)?;
        }
        parts.build(FieldError::Malformed { at: bytes.len() })
    }
}

fn algorithm_number(algorithm: Algorithm) -> u8 {
    match algorithm {
        Algorithm::Sha1 => 1,
        Algorithm::Sha256 => 2,
        Algorithm::Sha512 => 3,
    }
}

/// The fields of an account as they come.
#[derive(Default)]
struct Parts {
    issuer: Name,
    label: Name,
    note: Note,
    tags: Vec<Tag>,
    icon: Icon,
    pinned: bool,
    created_at: Option<u64>,
    changed_at: Option<u64>,
    trashed_at: Option<u64>,
    earlier_secrets: Vec<OtpSecret>,
    unknown: Vec<UnknownField>,
    id: Option<AccountId>,
    kind: Option<u8>,
    secret: Option<OtpSecret>,
    algorithm: Option<Algorithm>,
    digits: Option<Digits>,
    period: Option<Period>,
    counter: Option<Counter>,
    pin: Option<Pin>,
}

impl Parts {
    fn take(&mut self, field: &Field<'_>) -> Result<(), FieldError> {
        let malformed = field.malformed();
        match field.tag {
            ISSUER => self.issuer = name(field)?,
            LABEL => self.label = name(field)?,
            NOTE => self.note = Note(field.text(Note::MAX_BYTES)?.to_owned()),
            TAG if self.tags.len() == MAX_TAGS => return Err(malformed),
            TAG => self.tags.push(tag(field)?),
            ICON => self.icon = Icon(field.text(Icon::MAX_BYTES)?.to_owned()),
            PINNED => self.pinned = field.array::<0>().map(|_| true)?,
            CREATED_AT => self.created_at = Some(field.u64()?),
            CHANGED_AT => self.changed_at = Some(field.u64()?),
            TRASHED_AT => self.trashed_at = Some(field.u64()?),
            EARLIER_SECRET if self.earlier_secrets.len() == MAX_EARLIER_SECRETS => {
                return Err(malformed);
            }
            EARLIER_SECRET => self.earlier_secrets.push(secret(field)?),
            ID => self.id = Some(AccountId(field.array()?)),
            KIND => self.kind = Some(field.u8()?),
            SECRET => self.secret = Some(secret(field)?),
            ALGORITHM => {
                self.algorithm = Some(match field.u8()? {
                    1 => Algorithm::Sha1,
                    2 => Algorithm::Sha256,
                    3 => Algorithm::Sha512,
                    _ => return Err(FieldError::Unknown { tag: field.tag }),
                });
            }
            DIGITS => self.digits = Some(Digits::new(field.u8()?).map_err(|_| malformed)?),
            PERIOD => self.period = Some(Period::new(field.u32()?).map_err(|_| malformed)?),
            PIN => {
                let text = field.text(Pin::MAX_BYTES)?;
                self.pin = Some(Pin::new(text).map_err(|_| malformed)?);
            }
            COUNTER => self.counter = Some(Counter::new(field.u64()?).map_err(|_| malformed)?),
            _ => self.unknown.push(UnknownField::keep(field)?),
        }
        Ok(())
    }

    fn kind(&self, missing: FieldError) -> Result<Kind, FieldError> {
        let pin = self.pin;
        let parameters = (self.algorithm, self.digits, self.period, self.counter);
        match (self.kind.ok_or(missing)?, parameters) {
            (KIND_MOTP, (None, None, None, None)) => Ok(Kind::Motp {
                pin: pin.unwrap_or_default(),
            }),
            (KIND_YANDEX, (None, None, None, None)) => Ok(Kind::Yandex {
                pin: pin.unwrap_or_default(),
            }),
            (KIND_TOTP..=KIND_STEAM, _) if pin.is_some() => Err(missing),
            (KIND_TOTP, (Some(algorithm), Some(digits), Some(period), None)) => Ok(Kind::Totp {
                algorithm,
                digits,
                period,
            }),
            (KIND_HOTP, (Some(algorithm), Some(digits), None, Some(counter))) => Ok(Kind::Hotp {
                algorithm,
                digits,
                counter,
            }),
            (KIND_NATIVE, (None, None, None, None)) => Ok(Kind::Native),
            (KIND_STEAM, (None, None, None, None)) => Ok(Kind::Steam),
            (KIND_TOTP..=KIND_YANDEX, _) => Err(missing),
            _ => Err(FieldError::Unknown { tag: KIND }),
        }
    }

    /// The account, if each field that its kind needs is there, and none that it has no use for.
    fn build(self, missing: FieldError) -> Result<Account, FieldError> {
        let kind = self.kind(missing)?;
        Ok(Account {
            id: self.id.ok_or(missing)?,
            issuer: self.issuer,
            label: self.label,
            otp: Otp {
                secret: self.secret.ok_or(missing)?,
                kind,
            },
            note: self.note,
            tags: self.tags,
            icon: self.icon,
            pinned: self.pinned,
            created_at: self.created_at.ok_or(missing)?,
            changed_at: self.changed_at.ok_or(missing)?,
            trashed_at: self.trashed_at,
            earlier_secrets: self.earlier_secrets,
            unknown: self.unknown,
        })
    }
}

/// A name as the program writes it: without control characters, without space around it.
fn name(field: &Field<'_>) -> Result<Name, FieldError> {
    let text = field.text(Name::MAX_BYTES)?;
    Name::new(text)
        .ok()
        .filter(|name| name.as_str() == text)
        .ok_or(field.malformed())
}

fn tag(field: &Field<'_>) -> Result<Tag, FieldError> {
    let text = field.text(Tag::MAX_BYTES)?;
    Tag::new(text)
        .ok()
        .flatten()
        .filter(|tag| tag.as_str() == text)
        .ok_or(field.malformed())
}

fn secret(field: &Field<'_>) -> Result<OtpSecret, FieldError> {
    OtpSecret::new(field.value.to_vec()).map_err(|_| field.malformed())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pin_comes_back_where_it_belongs_and_nowhere_else() {
        let encoded = |kind| {
            let secret = OtpSecret::new(vec![7; 20]).unwrap();
            let (otp, no) = (Otp { secret, kind }, Name::default());
            Account::new(AccountId([1; 16]), no.clone(), no, otp, 5).encode()
        };
        let pin = Pin::new("1234").unwrap();
        for kind in [Kind::Steam, Kind::Motp { pin }, Kind::Yandex { pin }] {
            assert_eq!(Account::decode(&encoded(kind)).unwrap().otp.kind, kind);
        }
        let mut writer = Writer::with_capacity(64);
        writer.text(PIN, "1234");
        let extra = [encoded(Kind::Steam).as_slice(), &writer.finish()].concat();
        assert!(Account::decode(&extra).is_err());
    }
}

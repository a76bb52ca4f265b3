//! One entry of a file: what it says, what is wrong with it, and how it becomes an account.

use authr_crypto::secret::OtpSecret;
use authr_otp::base32::{self, Base32Error};
use authr_otp::kind::{CounterTooLarge, DigitsOutOfRange, PeriodOutOfRange, UnknownAlgorithm};
use authr_otp::migration::EntryError;
use authr_otp::name::NameTooLong;
use authr_otp::pin::PinError;
use authr_otp::uri::{UriAccount, UriError};
use authr_otp::yandex::{self, YandexError};
use authr_otp::{Algorithm, Counter, Digits, Kind, Name, Otp, Period, Pin, Tag};
use zeroize::Zeroizing;

use crate::limits::{MAX_ENTRIES, MAX_NOTE_BYTES, MAX_TAGS};
use crate::{Format, FormatError, Parsed};

/// An account out of a file.
#[derive(Debug)]
pub struct Imported {
    /// Where it stood, counted from 1: in a list the line.
    pub position: usize,
    /// What makes its codes, and its names and tags.
    pub account: UriAccount,
    /// What the person wrote about it; may be empty.
    pub note: String,
    /// The name of its icon; may be empty.
    pub icon: String,
    /// Whether it was a favourite.
    pub pinned: bool,
    /// Whether it lay in the other program's trash.
    pub trashed: bool,
    /// What did not survive, or is missing.
    pub remarks: Vec<Remark>,
}

/// What a person should know of an entry that was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Remark {
    /// The note was longer than [`MAX_NOTE_BYTES`].
    #[error("its note was cut after {MAX_NOTE_BYTES} bytes")]
    NoteCut,
    /// A tag was too long, or there were more than [`MAX_TAGS`].
    #[error("a tag was cut off")]
    TagCut,
    /// Its codes need a PIN that the file does not have.
    #[error("its PIN is not in the file")]
    NoPin,
    /// The secret can be found by trying.
    #[error("its secret is shorter than 80 bits")]
    ShortSecret,
}

/// Something in a file that could not be taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejected {
    /// Where it stood, counted from 1: in a list the line.
    pub position: usize,
    /// What it is called, as far as that is known.
    pub name: Option<Name>,
    /// Why.
    pub reason: Reason,
}

/// Why an entry is no account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Reason {
    /// Its URI cannot be read.
    #[error(transparent)]
    Uri(#[from] UriError),
    /// An account of a batch that cannot be read.
    #[error(transparent)]
    Batch(#[from] EntryError),
    /// The batch cannot be read.
    #[error(transparent)]
    Migration(#[from] authr_otp::migration::MigrationError),
    /// The secret is no Base32, or too long.
    #[error(transparent)]
    Secret(#[from] Base32Error),
    /// The secret is not encoded as the format has it.
    #[error("the secret is no {encoding}")]
    Encoding {
        /// What it should be.
        encoding: &'static str,
    },
    /// A kind that is not known.
    #[error("unknown kind")]
    Kind,
    /// The algorithm is unknown.
    #[error(transparent)]
    Algorithm(#[from] UnknownAlgorithm),
    /// The number of digits is out of range.
    #[error(transparent)]
    Digits(#[from] DigitsOutOfRange),
    /// The period is out of range.
    #[error(transparent)]
    Period(#[from] PeriodOutOfRange),
    /// The counter is too large.
    #[error(transparent)]
    Counter(#[from] CounterTooLarge),
    /// The PIN is none.
    #[error(transparent)]
    Pin(#[from] PinError),
    /// The secret is none of Yandex's.
    #[error(transparent)]
    Yandex(#[from] YandexError),
    /// A name is too long.
    #[error("the {part} is too long: {source}")]
    Name {
        /// Which one.
        part: &'static str,
        /// How long it is.
        source: NameTooLong,
    },
    /// A field is missing, or of another type.
    #[error("the field {field} is missing or not what it should be")]
    Field {
        /// Which one.
        field: &'static str,
    },
    /// The program encrypted the secret with a key of its device.
    #[error("its secret is encrypted with a key that never left the device")]
    DeviceKey,
    /// The secret stands as it does inside a KeePass database, whose key is not there.
    #[error(
        "its secret is encrypted as inside a database: import the .kdbx file, or an export with its values in clear"
    )]
    InnerStream,
    /// The entry's own encryption does not open.
    #[error("its secret does not decrypt with this password")]
    Sealed,
}

impl Reason {
    pub(crate) fn missing(field: &'static str) -> Self {
        Self::Field { field }
    }
}

/// A kind by its name in most files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Word {
    Totp,
    Hotp,
    Steam,
    Motp,
    Yandex,
}

impl Word {
    /// `totp`, `HOTP`, `steam`, `motp`, `yandex`, and the names that some programs have instead.
    pub(crate) fn parse(text: &str) -> Result<Self, Reason> {
        match text.trim().to_ascii_lowercase().as_str() {
            "totp" => Ok(Self::Totp),
            "hotp" => Ok(Self::Hotp),
            "steam" | "steamtotp" | "steam_totp" => Ok(Self::Steam),
            "motp" | "mobileotp" => Ok(Self::Motp),
            "yandex" | "yaotp" => Ok(Self::Yandex),
            _ => Err(Reason::Kind),
        }
    }
}

/// What makes codes, as a file has it: absent is absent, and a default of the format where it has one.
#[derive(Default)]
pub(crate) struct Raw<'a> {
    pub(crate) algorithm: Option<&'a str>,
    pub(crate) digits: Option<i64>,
    pub(crate) period: Option<i64>,
    pub(crate) counter: Option<i64>,
    pub(crate) pin: Option<&'a str>,
}

impl Raw<'_> {
    /// The account's secret and kind.
    pub(crate) fn build(&self, word: Word, secret: OtpSecret) -> Result<Otp, Reason> {
        let kind = match word {
            Word::Totp => Kind::Totp {
                algorithm: self.algorithm()?,
                digits: self.digits()?,
                period: self.period()?,
            },
            Word::Hotp => Kind::Hotp {
                algorithm: self.algorithm()?,
                digits: self.digits()?,
                counter: self.counter()?,
            },
            Word::Steam => Kind::Steam,
            Word::Motp => {
                is_motp_key(secret.expose_secret())?;
                Kind::Motp { pin: self.pin()? }
            }
            Word::Yandex => {
                yandex::check(secret.expose_secret())?;
                Kind::Yandex { pin: self.pin()? }
            }
        };
        Ok(Otp { secret, kind })
    }

    /// The account of a secret in Base32.
    pub(crate) fn base32(&self, word: Word, secret: &str) -> Result<Otp, Reason> {
        self.build(word, base32::decode(secret)?)
    }

    fn algorithm(&self) -> Result<Algorithm, Reason> {
        match self.algorithm.filter(|name| !name.is_empty()) {
            None => Ok(Algorithm::Sha1),
            Some(name) => Ok(Algorithm::parse(name)?),
        }
    }

    fn digits(&self) -> Result<Digits, Reason> {
        let Some(number) = self.digits else {
            return Ok(Digits::SIX);
        };
        let number = u8::try_from(number).map_err(|_| DigitsOutOfRange)?;
        Ok(Digits::new(number)?)
    }

    fn period(&self) -> Result<Period, Reason> {
        let Some(number) = self.period else {
            return Ok(Period::THIRTY);
        };
        let number = u32::try_from(number).map_err(|_| PeriodOutOfRange)?;
        Ok(Period::new(number)?)
    }

    fn counter(&self) -> Result<Counter, Reason> {
        match self.counter {
            // FreeOTP counts before it shows: its -1 is the first counter.
            None | Some(-1) => Ok(Counter::ZERO),
            Some(number) => {
                let number = u64::try_from(number).map_err(|_| CounterTooLarge)?;
                Ok(Counter::new(number)?)
            }
        }
    }

    fn pin(&self) -> Result<Pin, Reason> {
        Ok(Pin::new(self.pin.unwrap_or_default().trim())?)
    }
}

/// A secret from bytes that are no text.
pub(crate) fn secret(bytes: Vec<u8>) -> Result<OtpSecret, Reason> {
    OtpSecret::new(bytes).map_err(|error| {
        Reason::Secret(match error.bytes {
            0 => Base32Error::Empty,
            _ => Base32Error::TooLong,
        })
    })
}

/// The key of an mOTP account, as the text that is hashed.
pub(crate) fn motp_text(text: &str) -> Result<OtpSecret, Reason> {
    let text = text.trim();
    is_motp_key(text.as_bytes())?;
    secret(text.as_bytes().to_vec())
}

fn is_motp_key(bytes: &[u8]) -> Result<(), Reason> {
    if bytes.iter().all(u8::is_ascii_alphanumeric) {
        return Ok(());
    }
    let encoding = "text of letters and digits";
    Err(Reason::Encoding { encoding })
}

/// The key of an mOTP account whose bytes are in Base32.
pub(crate) fn motp_bytes(text: &str) -> Result<OtpSecret, Reason> {
    let bytes = base32::decode(text)?;
    let hex = Zeroizing::new(data_encoding::HEXLOWER.encode(bytes.expose_secret()));
    motp_text(&hex)
}

/// How much of a text is copied for an entry at most. Many entries may share one folder or one note: what is too long is
/// too long at its beginning already.
const MAX_COPIED_BYTES: usize = 4096;

/// The names and the rest of an entry.
#[derive(Default)]
pub(crate) struct Draft {
    pub(crate) issuer: String,
    pub(crate) label: String,
    pub(crate) note: String,
    pub(crate) icon: String,
    pub(crate) tags: Vec<String>,
    pub(crate) pinned: bool,
    pub(crate) trashed: bool,
}

impl Draft {
    pub(crate) fn named(issuer: &str, label: &str) -> Self {
        Self {
            issuer: cut(issuer, MAX_COPIED_BYTES).0.to_owned(),
            label: cut(label, MAX_COPIED_BYTES).0.to_owned(),
            ..Self::default()
        }
    }

    /// Adds a tag, unless it says nothing.
    pub(crate) fn tag(&mut self, name: &str) {
        let name = cut(name, MAX_COPIED_BYTES).0.trim();
        // One more than is kept, so that it is said.
        if !name.is_empty() && self.tags.len() <= MAX_TAGS {
            self.tags.push(name.to_owned());
        }
    }

    /// Takes over a note.
    pub(crate) fn note(&mut self, note: &str) {
        self.note = cut(note, 2 * MAX_NOTE_BYTES).0.to_owned();
    }

    /// A name to tell a person which entry was rejected.
    fn hint(&self) -> Option<Name> {
        let text = match (self.issuer.trim(), self.label.trim()) {
            ("", label) => label.to_owned(),
            (issuer, "") => issuer.to_owned(),
            (issuer, label) => format!("{issuer}:{label}"),
        };
        Name::new(cut(&text, Name::MAX_BYTES).0)
            .ok()
            .filter(|name| !name.is_empty())
    }

    fn build(self, position: usize, otp: Otp) -> Result<Imported, Reason> {
        let name =
            |part, text: &str| Name::new(text).map_err(|source| Reason::Name { part, source });
        let mut remarks = Vec::new();
        let mut tags: Vec<Tag> = Vec::new();
        for text in &self.tags {
            let (text, was_cut) = cut(text.trim(), Tag::MAX_BYTES);
            let tag = Tag::new(text).ok().flatten();
            let tag = tag.filter(|tag| !tags.contains(tag));
            if was_cut || (tag.is_some() && tags.len() == MAX_TAGS) {
                remarks.push(Remark::TagCut);
            }
            tags.extend(tag.filter(|_| tags.len() < MAX_TAGS));
        }
        let (note, was_cut) = cut(self.note.trim(), MAX_NOTE_BYTES);
        if was_cut {
            remarks.push(Remark::NoteCut);
        }
        if otp.kind.pin().is_some_and(|pin| pin.is_unknown()) {
            remarks.push(Remark::NoPin);
        }
        if otp.is_short() {
            remarks.push(Remark::ShortSecret);
        }
        Ok(Imported {
            position,
            account: UriAccount {
                issuer: name("issuer", &self.issuer)?,
                label: name("label", &self.label)?,
                otp,
                tags,
            },
            note: note.to_owned(),
            icon: cut(self.icon.trim(), 64).0.to_owned(),
            pinned: self.pinned,
            trashed: self.trashed,
            remarks,
        })
    }
}

/// The text's first bytes, at a border of its characters; whether something was cut off.
fn cut(text: &str, max: usize) -> (&str, bool) {
    if text.len() <= max {
        return (text, false);
    }
    let end = text.floor_char_boundary(max);
    (text.get(..end).unwrap_or_default(), true)
}

/// What comes out of a file, entry by entry.
pub(crate) struct Harvest {
    format: Format,
    position: usize,
    accounts: Vec<Imported>,
    rejected: Vec<Rejected>,
}

impl Harvest {
    pub(crate) fn new(format: Format) -> Self {
        Self {
            format,
            position: 0,
            accounts: Vec::new(),
            rejected: Vec::new(),
        }
    }

    /// Takes the next entry, or why it is none.
    pub(crate) fn take(
        &mut self,
        draft: Draft,
        otp: Result<Otp, Reason>,
    ) -> Result<(), FormatError> {
        self.position += 1;
        self.take_at(self.position, draft, otp)
    }

    /// Takes an entry at its own position.
    pub(crate) fn take_at(
        &mut self,
        position: usize,
        draft: Draft,
        otp: Result<Otp, Reason>,
    ) -> Result<(), FormatError> {
        if self.accounts.len() + self.rejected.len() == MAX_ENTRIES {
            return Err(FormatError::TooManyEntries);
        }
        self.position = position;
        let name = draft.hint();
        match otp.and_then(|otp| draft.build(position, otp)) {
            Ok(account) => self.accounts.push(account),
            Err(reason) => self.rejected.push(Rejected {
                position,
                name,
                reason,
            }),
        }
        Ok(())
    }

    /// Notes an entry whose own encryption does not open.
    pub(crate) fn sealed(&mut self, position: usize, name: &str) -> Result<(), FormatError> {
        self.take_at(position, Draft::named(name, ""), Err(Reason::Sealed))
    }

    /// Takes what password managers have for an entry's codes: a URI, or a bare secret.
    pub(crate) fn take_totp(
        &mut self,
        position: usize,
        draft: Draft,
        totp: &str,
    ) -> Result<(), FormatError> {
        if totp.contains("://") {
            return self.take_uri(position, draft, totp);
        }
        self.take_at(position, draft, Raw::default().base32(Word::Totp, totp))
    }

    /// Takes a URI with what else the entry says of it. Its own names win.
    pub(crate) fn take_uri(
        &mut self,
        position: usize,
        mut draft: Draft,
        uri: &str,
    ) -> Result<(), FormatError> {
        match authr_otp::uri::parse(uri) {
            Ok(account) => {
                let nameless = account.issuer.is_empty() && account.label.is_empty();
                let bare_steam = uri.trim_start().starts_with("steam:");
                if !(bare_steam || nameless) {
                    draft.issuer = account.issuer.as_str().to_owned();
                    draft.label = account.label.as_str().to_owned();
                } else if draft.issuer.is_empty() {
                    draft.issuer = account.issuer.as_str().to_owned();
                }
                for tag in &account.tags {
                    draft.tag(tag.as_str());
                }
                self.take_at(position, draft, Ok(account.otp))
            }
            Err(reason) => {
                let hint = authr_otp::uri::name_hint(uri);
                if let Some(hint) = hint.filter(|_| draft.hint().is_none()) {
                    draft.label = hint.as_str().to_owned();
                }
                self.take_at(position, draft, Err(reason.into()))
            }
        }
    }

    pub(crate) fn finish(self) -> Parsed {
        Parsed {
            format: self.format,
            accounts: self.accounts,
            rejected: self.rejected,
            batches: Vec::new(),
        }
    }
}

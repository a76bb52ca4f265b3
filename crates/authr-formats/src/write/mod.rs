//! Files for other programs, plain and encrypted.
//!
//! What a format cannot hold is refused entry by entry before anything is written: a file that opens and shows wrong codes
//! is worse than none. [`check`] says it without writing.

mod json;
mod plain;
mod sealed;

use authr_otp::migration::BatchError;
use authr_otp::uri::{RenderError, UriAccount};
use authr_otp::{Digits, Kind, Period};
use zeroize::Zeroizing;

pub(crate) use plain::svg;

/// The formats that are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Target {
    /// `otpauth://` URIs, a line each.
    UriList,
    /// JSON of our own.
    Json,
    /// A table.
    Csv,
    /// A page to print.
    Html,
    /// Aegis.
    Aegis,
    /// 2FAS.
    TwoFas,
    /// andOTP.
    AndOtp,
    /// Stratum.
    Stratum,
    /// Ente Auth.
    Ente,
    /// Proton Authenticator.
    Proton,
    /// Bitwarden.
    Bitwarden,
    /// FreeOTP+.
    FreeOtpPlus,
    /// Google Authenticator's batches, a URI a line.
    Google,
}

impl Target {
    /// All of them.
    pub const ALL: &[Self] = &[
        Self::UriList,
        Self::Json,
        Self::Csv,
        Self::Html,
        Self::Aegis,
        Self::TwoFas,
        Self::AndOtp,
        Self::Stratum,
        Self::Ente,
        Self::Proton,
        Self::Bitwarden,
        Self::FreeOtpPlus,
        Self::Google,
    ];

    /// The name on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::UriList => "otpauth",
            Self::Json => "json",
            Self::Csv => "csv",
            Self::Html => "html",
            Self::Aegis => "aegis",
            Self::TwoFas => "2fas",
            Self::AndOtp => "andotp",
            Self::Stratum => "stratum",
            Self::Ente => "ente",
            Self::Proton => "proton",
            Self::Bitwarden => "bitwarden",
            Self::FreeOtpPlus => "freeotp-plus",
            Self::Google => "google",
        }
    }

    /// The format of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .copied()
            .find(|target| target.name() == name)
    }

    /// Whether a file has a place for this.
    #[must_use]
    pub fn carries(self, extra: Extra) -> bool {
        match extra {
            Extra::Tag => !matches!(self, Self::FreeOtpPlus | Self::Google),
            Extra::SecondTag => {
                self.carries(Extra::Tag) && !matches!(self, Self::TwoFas | Self::Bitwarden)
            }
            Extra::Note => matches!(
                self,
                Self::Json | Self::Csv | Self::Aegis | Self::Ente | Self::Proton | Self::Bitwarden
            ),
            Extra::Pinned => matches!(
                self,
                Self::Json | Self::Csv | Self::Aegis | Self::Ente | Self::Bitwarden
            ),
            Extra::Icon => matches!(self, Self::Json | Self::Stratum | Self::AndOtp),
        }
    }

    /// Whether the program has a seal of its own for it.
    #[must_use]
    pub fn can_be_encrypted(self) -> bool {
        matches!(
            self,
            Self::Aegis
                | Self::TwoFas
                | Self::AndOtp
                | Self::Stratum
                | Self::Ente
                | Self::Proton
                | Self::Bitwarden
        )
    }
}

/// What an account has beside its codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extra {
    /// A tag.
    Tag,
    /// More than one.
    SecondTag,
    /// A note.
    Note,
    /// A place before the others.
    Pinned,
    /// The name of an icon.
    Icon,
}

/// An account that is written.
#[derive(Debug)]
pub struct Exported {
    /// What makes its codes, and its names and tags.
    pub account: UriAccount,
    /// What the person wrote about it.
    pub note: String,
    /// The name of its icon.
    pub icon: String,
    /// Whether it stands first.
    pub pinned: bool,
}

/// Why an account cannot stand in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// The secret of a native account belongs to one device and never leaves it.
    #[error("an account that a site issued cannot be taken elsewhere")]
    Native,
    /// The program does not know the kind.
    #[error("the program has no accounts of this kind")]
    Kind,
    /// The program does not have codes of this length.
    #[error("the program has no codes of this length")]
    Digits,
    /// The program does not have this period.
    #[error("the program does not have this period")]
    Period,
    /// Its codes need a PIN that is not known.
    #[error("its PIN is not known, and the program needs it")]
    NoPin,
    /// No URI can say it.
    #[error(transparent)]
    Uri(#[from] RenderError),
    /// No batch can say it.
    #[error(transparent)]
    Batch(#[from] BatchError),
}

/// Why nothing was written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WriteError {
    /// Accounts that the format cannot hold.
    #[error("{} accounts cannot stand in such a file", refused.len())]
    Refused {
        /// Which ones, counted from 0, and why.
        refused: Vec<(usize, Refusal)>,
    },
    /// The program has no encrypted files of this format.
    #[error("{} has no encrypted files", target.name())]
    NoEncryption {
        /// Which format.
        target: Target,
    },
}

/// The password of a file, and the random bytes that its encryption takes.
pub struct Seal<'a> {
    /// The password.
    pub password: &'a str,
    /// Salts, nonces, keys and ids come out of these, in order.
    pub random: &'a [u8; RANDOM_BYTES],
}

/// What the hungriest format takes, 2FAS with its salt of 256 bytes, and more.
pub const RANDOM_BYTES: usize = 512;

/// A secret as a person types it: Base32, or the text of an mOTP key.
#[must_use]
pub fn secret_text(otp: &authr_otp::Otp) -> Zeroizing<String> {
    plain::secret(otp)
}

/// What a format cannot hold, by the place of the account.
#[must_use]
pub fn check(target: Target, accounts: &[Exported]) -> Vec<(usize, Refusal)> {
    let refusal = |account: &Exported| refusal(target, &account.account).err();
    accounts
        .iter()
        .enumerate()
        .filter_map(|(at, account)| Some((at, refusal(account)?)))
        .collect()
}

/// Writes a file; encrypted with a seal, in plain text without.
///
/// # Errors
/// [`WriteError`]; nothing is written for some of the accounts only.
pub fn write(
    target: Target,
    accounts: &[Exported],
    seal: Option<&Seal<'_>>,
) -> Result<Zeroizing<Vec<u8>>, WriteError> {
    let refused = check(target, accounts);
    if !refused.is_empty() {
        return Err(WriteError::Refused { refused });
    }
    let text = match target {
        Target::UriList | Target::Ente => plain::uri_list(accounts, target),
        Target::Csv => plain::csv(accounts),
        Target::Html => plain::html(accounts),
        Target::Google => plain::batches(accounts),
        other => json::write(other, accounts),
    };
    match seal {
        None => Ok(Zeroizing::new(text.as_bytes().to_vec())),
        Some(seal) => sealed::seal(target, &text, seal).ok_or(WriteError::NoEncryption { target }),
    }
}

fn refusal(target: Target, account: &UriAccount) -> Result<(), Refusal> {
    let kind = account.otp.kind;
    if kind == Kind::Native {
        return Err(Refusal::Native);
    }
    let has_pin = kind.pin().is_none_or(|pin| !pin.is_unknown());
    match target {
        Target::Google => authr_otp::migration::check(account).map_err(Refusal::Batch)?,
        Target::UriList | Target::Ente | Target::Html | Target::Proton | Target::Bitwarden => {
            authr_otp::uri::render(account).map_err(Refusal::Uri)?;
        }
        _ => {}
    }
    let known = match target {
        Target::UriList | Target::Json | Target::Csv | Target::Html | Target::Google => true,
        Target::Aegis | Target::Stratum => {
            if !has_pin {
                return Err(Refusal::NoPin);
            }
            true
        }
        Target::AndOtp => !matches!(kind, Kind::Yandex { .. } | Kind::Motp { .. }),
        Target::TwoFas | Target::Ente => kind.pin().is_none(),
        Target::Proton => matches!(kind, Kind::Totp { .. } | Kind::Steam),
        Target::Bitwarden => matches!(kind, Kind::Totp { .. } | Kind::Steam),
        Target::FreeOtpPlus => matches!(kind, Kind::Totp { .. } | Kind::Hotp { .. }),
    };
    if !known {
        return Err(Refusal::Kind);
    }
    if target == Target::TwoFas {
        two_fas(kind)?;
    }
    Ok(())
}

/// 2FAS has codes of 5 to 8 digits and periods of 10, 30, 60 and 90 seconds.
fn two_fas(kind: Kind) -> Result<(), Refusal> {
    if kind.digits().get() > Digits::EIGHT.get() {
        return Err(Refusal::Digits);
    }
    let period = kind.period().map_or(30, Period::seconds);
    match period {
        10 | 30 | 60 | 90 => Ok(()),
        _ => Err(Refusal::Period),
    }
}

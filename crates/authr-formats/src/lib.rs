//! Other authenticators' files, in and out.
//!
//! Pure: a file's bytes and its password come in, and accounts go out, each with its place, beside those that could not
//! be taken and why. A file is never refused for one bad account in it, and no account is left out in silence.
//!
//! - [`parse`], [`parse_with`]: tell the format by content and read it
//! - [`Format`]: the formats; each has a file of its name here
//! - [`write`](mod@write): files for other programs
//! - [`paper`]: our own backups as QR codes on a page
//! - [`uri_list`]: accounts as `otpauth://` URIs, a line each

mod aegis;
mod andotp;
mod authenticator_plus;
mod authy;
mod battlenet;
mod bitwarden;
mod columns;
mod cotp;
mod crypto;
mod detect;
mod duo;
mod ente;
mod entry;
mod error;
mod format;
mod freeotp;
mod freeotp2;
mod google;
mod html;
mod image_codes;
mod java;
mod json;
mod kdbx;
mod keepass;
mod keepass_csv;
mod lastpass;
mod limits;
mod microsoft;
mod one_password;
mod opvault;
mod ours;
pub mod paper;
mod prefs;
mod proton;
mod proton_pass;
mod raivo;
mod sqlite;
mod steam;
mod stratum;
mod totp_authenticator;
mod two_fas;
mod two_fauth;
pub mod uri_list;
mod wal;
pub mod write;
mod zip_file;

use zeroize::Zeroizing;

pub use entry::{Imported, Reason, Rejected, Remark};
pub use error::{Damage, FormatError};
pub use format::Format;
pub use image_codes::catches_panics;
pub use limits::{MAX_ENTRIES, MAX_FILE_BYTES, MAX_NOTE_BYTES, MAX_TAGS};
pub use opvault::is_member as is_opvault_member;

use json::Json;

/// What a file held.
#[derive(Debug)]
pub struct Parsed {
    /// Which format it was.
    pub format: Format,
    /// The accounts, in the file's order.
    pub accounts: Vec<Imported>,
    /// What was no account, in the file's order.
    pub rejected: Vec<Rejected>,
    /// Exports in several QR codes, and which parts of them were seen.
    pub batches: Vec<Batches>,
}

/// An export of Google's app in several QR codes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batches {
    /// What its parts share.
    pub id: u64,
    /// How many parts it has.
    pub size: u32,
    /// The parts that were seen, from 0.
    pub seen: Vec<u32>,
}

impl Parsed {
    /// The parts of exports that are missing, counted from 1.
    #[must_use]
    pub fn missing_batches(&self) -> Vec<u32> {
        let missing = |batches: &Batches| {
            let parts = 0..batches.size;
            let missing = parts.filter(|part| !batches.seen.contains(part));
            missing.map(|part| part + 1).collect::<Vec<_>>()
        };
        self.batches.iter().flat_map(missing).collect()
    }

    /// Takes in what another file held: the parts of one export may be pictures of their own.
    pub fn absorb(&mut self, other: Self) {
        self.accounts.extend(other.accounts);
        self.rejected.extend(other.rejected);
        for batches in other.batches {
            let same = |known: &&mut Batches| (known.id, known.size) == (batches.id, batches.size);
            match self.batches.iter_mut().find(same) {
                Some(known) => known.seen.extend(batches.seen),
                None => self.batches.push(batches),
            }
        }
    }
}

/// What a reader may be told beside the file.
#[derive(Debug, Default, Clone, Copy)]
pub struct Options<'a> {
    /// The format, where it is not to be told by content.
    pub format: Option<Format>,
    /// The file's own password.
    pub password: Option<&'a str>,
    /// What lies beside the file: `manifest.json` of Steam's `maFiles`, the `-wal` of a database.
    pub companion: Option<&'a [u8]>,
}

/// Reads a file that needs no password, whatever it is.
///
/// # Errors
/// [`FormatError`] where the file as a whole cannot be read; what is wrong with one account stands in
/// [`Parsed::rejected`].
pub fn parse(file: &[u8]) -> Result<Parsed, FormatError> {
    parse_with(file, &Options::default())
}

/// Reads a file.
///
/// # Errors
/// [`FormatError`] as [`parse`]; [`FormatError::PasswordNeeded`] comes before any key is derived.
pub fn parse_with(file: &[u8], options: &Options<'_>) -> Result<Parsed, FormatError> {
    if file.len() > MAX_FILE_BYTES {
        return Err(FormatError::TooLarge);
    }
    let input = Input::new(file, options);
    let Some(format) = options.format else {
        return detect::parse(&input);
    };
    read(format, &input)
}

/// A file, looked at in the ways that formats need.
struct Input<'a> {
    bytes: &'a [u8],
    /// The content without a byte order mark, where it is UTF-8.
    text: Option<&'a str>,
    /// The content, where it begins as JSON.
    json: Option<Result<Json, FormatError>>,
    password: Option<&'a str>,
    companion: Option<&'a [u8]>,
}

impl<'a> Input<'a> {
    fn new(bytes: &'a [u8], options: &Options<'a>) -> Self {
        let text = std::str::from_utf8(bytes).ok();
        // Windows marks its text files with a byte order mark.
        let text = text.map(|text| text.strip_prefix('\u{feff}').unwrap_or(text));
        let begins = text.map(str::trim_start).unwrap_or_default();
        let json =
            (begins.starts_with('{') || begins.starts_with('[')).then(|| Json::parse(begins));
        Self {
            bytes,
            text,
            json,
            password: options.password,
            companion: options.companion,
        }
    }

    fn text(&self) -> Result<&'a str, FormatError> {
        self.text.ok_or(FormatError::Damaged {
            what: Damage::NotText,
        })
    }

    fn json(&self) -> Result<&serde_json::Value, FormatError> {
        match &self.json {
            Some(Ok(json)) => Ok(&json.0),
            Some(Err(error)) => Err(*error),
            None => Err(FormatError::Damaged {
                what: Damage::NotJson,
            }),
        }
    }

    fn password(&self, format: Format) -> Result<&'a str, FormatError> {
        self.password.ok_or(FormatError::PasswordNeeded { format })
    }
}

fn read(format: Format, input: &Input<'_>) -> Result<Parsed, FormatError> {
    match format {
        Format::UriList => uri_list::parse_input(input),
        Format::Authr => ours::parse(input),
        Format::AuthrTable => ours::parse_table(input),
        Format::Aegis => aegis::parse(input),
        Format::TwoFas => two_fas::parse(input),
        Format::AndOtp => andotp::parse(input),
        Format::Stratum => stratum::parse(input),
        Format::Ente => ente::parse(input),
        Format::Bitwarden => bitwarden::parse(input),
        Format::ProtonAuthenticator => proton::parse(input),
        Format::ProtonPass => proton_pass::parse(input),
        Format::Google => google::parse(input),
        Format::Microsoft => microsoft::parse(input),
        Format::FreeOtp1 => freeotp::parse_prefs(input),
        Format::FreeOtp2 => freeotp2::parse(input),
        Format::FreeOtpPlus => freeotp::parse_plus(input),
        Format::Raivo => raivo::parse(input),
        Format::LastPass => lastpass::parse(input),
        Format::Duo => duo::parse(input),
        Format::BattleNet => battlenet::parse(input),
        Format::Steam => steam::parse(input),
        Format::TotpAuthenticator => totp_authenticator::parse(input),
        Format::AuthenticatorPlus => authenticator_plus::parse(input),
        Format::WinAuth => uri_list::parse_zip(input),
        Format::KeePass => kdbx::parse(input),
        Format::KeePassCsv => keepass_csv::parse(input),
        Format::OnePassword => one_password::parse(input),
        Format::Authy => authy::parse(input),
        Format::TwoFAuth => two_fauth::parse(input),
        Format::Cotp => cotp::parse(input),
        Format::Image => image_codes::parse(input),
    }
}

/// Base64 as other programs write it: with or without padding, of either alphabet.
fn base64(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    let mut plain = Zeroizing::new(String::with_capacity(text.len()));
    for character in text.chars().filter(|character| !character.is_whitespace()) {
        plain.push(match character {
            '-' => '+',
            '_' => '/',
            other => other,
        });
    }
    let plain = plain.trim_end_matches('=');
    data_encoding::BASE64_NOPAD
        .decode(plain.as_bytes())
        .ok()
        .map(Zeroizing::new)
}

/// Hexadecimal of either case.
fn hex(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    data_encoding::HEXLOWER_PERMISSIVE
        .decode(text.as_bytes())
        .ok()
        .map(Zeroizing::new)
}

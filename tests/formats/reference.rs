//! The accounts that go through every format, and what is said of a file that holds them.

use authr_crypto::secret::OtpSecret;
use authr_formats::write::Exported;
use authr_formats::{Format, FormatError, Options, Parsed, parse_with};
use authr_otp::uri::UriAccount;
use authr_otp::{Algorithm, Counter, Digits, Kind, Name, Otp, Period, Pin, Tag};

/// The password of every encrypted file.
pub(crate) const PASSWORD: &str = "correct horse";

pub(crate) fn totp(algorithm: Algorithm, digits: u8, period: u32) -> Kind {
    Kind::Totp {
        algorithm,
        digits: Digits::new(digits).unwrap(),
        period: Period::new(period).unwrap(),
    }
}

fn hotp(algorithm: Algorithm, digits: u8, counter: u64) -> Kind {
    Kind::Hotp {
        algorithm,
        digits: Digits::new(digits).unwrap(),
        counter: Counter::new(counter).unwrap(),
    }
}

pub(crate) fn account(issuer: &str, label: &str, secret: &[u8], kind: Kind) -> Exported {
    Exported {
        account: UriAccount {
            issuer: Name::new(issuer).unwrap(),
            label: Name::new(label).unwrap(),
            otp: Otp {
                secret: OtpSecret::new(secret.to_vec()).unwrap(),
                kind,
            },
            tags: Vec::new(),
        },
        note: String::new(),
        icon: String::new(),
        pinned: false,
    }
}

/// One account of each kind that any program has, with everything beside the codes on the first.
pub(crate) fn reference() -> Vec<Exported> {
    let pin = Pin::new("7586").unwrap();
    let mut accounts = vec![
        account("Deno", "Mason", &[0xe4; 16], totp(Algorithm::Sha1, 6, 30)),
        account("SPDX", "James", &[1; 20], totp(Algorithm::Sha256, 7, 20)),
        account("Airbnb", "Elijah", &[2; 64], totp(Algorithm::Sha512, 8, 50)),
        account("Ten", "seconds", &[3; 20], totp(Algorithm::Sha1, 6, 10)),
        account("Issuu", "James", &[4; 20], hotp(Algorithm::Sha1, 6, 1)),
        account("WWE", "Mason", &[5; 10], hotp(Algorithm::Sha512, 8, 10_300)),
        account("Boeing", "Sophia", &[6; 16], Kind::Steam),
        account(
            "Zürich & Co",
            "né+x@ü",
            &[7; 20],
            totp(Algorithm::Sha1, 6, 30),
        ),
        account("", "no issuer", &[8; 20], totp(Algorithm::Sha1, 6, 30)),
        account("VPN", "motp", b"30edcc8edae50a60", Kind::Motp { pin }),
        account("Yandex", "me", &[9; 16], Kind::Yandex { pin }),
    ];
    accounts[0].account.tags = vec![Tag::new("work").unwrap().unwrap()];
    accounts[0].note = "a note".to_owned();
    accounts[0].pinned = true;
    accounts
}

/// Those of the accounts that a program can hold.
pub(crate) fn held(by: impl Fn(Kind) -> bool) -> Vec<Exported> {
    let mut accounts = reference();
    accounts.retain(|exported| by(exported.account.otp.kind));
    assert!(!accounts.is_empty(), "no account is left");
    accounts
}

pub(crate) fn is_totp(kind: Kind) -> bool {
    matches!(kind, Kind::Totp { .. })
}

pub(crate) fn counts_or_not(kind: Kind) -> bool {
    matches!(kind, Kind::Totp { .. } | Kind::Hotp { .. })
}

pub(crate) fn is_steam_too(kind: Kind) -> bool {
    counts_or_not(kind) || kind == Kind::Steam
}

/// SHA-1, 6 digits, 30 seconds: all that some programs have.
pub(crate) fn is_plain(kind: Kind) -> bool {
    kind == totp(Algorithm::Sha1, 6, 30)
        || matches!(kind, Kind::Hotp { algorithm, digits, .. }
            if algorithm == Algorithm::Sha1 && digits == Digits::SIX)
}

pub(crate) fn read(file: &[u8], password: Option<&str>) -> Result<Parsed, FormatError> {
    let options = Options {
        password,
        ..Options::default()
    };
    parse_with(file, &options)
}

/// An account in one line, so that a difference can be read.
fn line(account: &UriAccount) -> String {
    let kind = account.otp.kind;
    let pin = kind.pin().unwrap_or_default();
    let secret = data_encoding::HEXLOWER.encode(account.otp.secret.expose_secret());
    let (issuer, label) = (&account.issuer, &account.label);
    format!(
        "{issuer} | {label} | {kind:?} {} | {secret}",
        pin.expose_secret()
    )
}

/// A file is told by content, and has these accounts in this order and no other.
#[track_caller]
pub(crate) fn comes_back(format: Format, file: &[u8], password: Option<&str>, held: &[Exported]) {
    let parsed = read(file, password).unwrap_or_else(|error| panic!("{format}: {error}"));
    is_whole(format, &parsed, held);
}

#[track_caller]
pub(crate) fn is_whole(format: Format, parsed: &Parsed, held: &[Exported]) {
    assert_eq!(parsed.format, format);
    assert_eq!(parsed.rejected, [], "{format}");
    let read: Vec<String> = parsed
        .accounts
        .iter()
        .map(|one| line(&one.account))
        .collect();
    let held: Vec<String> = held.iter().map(|one| line(&one.account)).collect();
    assert_eq!(read, held, "{format}");
}

/// An encrypted file comes back with its password; without one it asks, and another one is refused as it should be.
#[track_caller]
pub(crate) fn opens(format: Format, file: &[u8], wrong: FormatError, held: &[Exported]) {
    comes_back(format, file, Some(PASSWORD), held);
    let asked = read(file, None).unwrap_err();
    let asks = matches!(asked, FormatError::PasswordNeeded { .. })
        || asked == FormatError::PasswordWouldTell;
    assert!(asks, "{format}: {asked}");
    assert_eq!(read(file, Some("another")).unwrap_err(), wrong, "{format}");
    let text = String::from_utf8_lossy(file);
    assert!(!text.contains("Mason"), "{format} shows a name");
}

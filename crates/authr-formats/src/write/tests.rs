use authr_crypto::secret::OtpSecret;
use authr_otp::{Algorithm, Counter, Kind, Name, Otp, Pin, Tag};

use super::*;
use crate::{FormatError, Imported, Options, Parsed, parse_with};

const PASSWORD: &str = "correct horse";

fn totp(algorithm: Algorithm, digits: u8, period: u32) -> Kind {
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

fn account(issuer: &str, label: &str, secret: &[u8], kind: Kind) -> Exported {
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
fn reference() -> Vec<Exported> {
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

fn accepted(target: Target) -> Vec<Exported> {
    let mut accounts = reference();
    let refused: Vec<usize> = check(target, &accounts)
        .into_iter()
        .map(|(at, _)| at)
        .collect();
    let mut at = 0;
    accounts.retain(|_| {
        at += 1;
        !refused.contains(&(at - 1))
    });
    accounts
}

fn seal() -> Seal<'static> {
    const RANDOM: [u8; RANDOM_BYTES] = {
        let mut bytes = [0; RANDOM_BYTES];
        let mut at = 0;
        while at < bytes.len() {
            bytes[at] = [0x5a, 0xc3, 0x17, 0x88, 0xe9][at % 5];
            at += 1;
        }
        bytes
    };
    Seal {
        password: PASSWORD,
        random: &RANDOM,
    }
}

fn read(file: &[u8], password: Option<&str>) -> Result<Parsed, FormatError> {
    let options = Options {
        password,
        ..Options::default()
    };
    parse_with(file, &options)
}

#[track_caller]
fn assert_same(target: Target, parsed: &Parsed, written: &[Exported]) {
    assert_eq!(parsed.rejected, [], "{}", target.name());
    assert_eq!(parsed.accounts.len(), written.len(), "{}", target.name());
    for (Imported { account, .. }, exported) in parsed.accounts.iter().zip(written) {
        let wanted = &exported.account;
        let what = format!("{} of {}", wanted.label, target.name());
        assert_eq!(account.otp.kind, wanted.otp.kind, "{what}");
        assert!(account.otp.same_secret(&wanted.otp), "{what}");
        // Bitwarden's and Proton's bare Steam secrets have one name only.
        if target == Target::Proton && wanted.otp.kind == Kind::Steam {
            assert_eq!(account.issuer, wanted.issuer, "{what}");
            continue;
        }
        assert_eq!(account.issuer, wanted.issuer, "{what}");
        assert_eq!(account.label, wanted.label, "{what}");
    }
}

/// The formats that our own reader takes back in.
fn readable() -> impl Iterator<Item = Target> {
    Target::ALL
        .iter()
        .copied()
        .filter(|target| !matches!(target, Target::Csv))
}

#[test]
fn an_account_that_a_site_issued_stands_in_no_file() {
    let native = [account("drchrono", "", &[1; 32], Kind::Native)];
    for target in Target::ALL {
        assert_eq!(check(*target, &native), [(0, Refusal::Native)]);
        let refused = vec![(0, Refusal::Native)];
        assert_eq!(
            write(*target, &native, None).unwrap_err(),
            WriteError::Refused { refused }
        );
    }
}

#[test]
fn what_a_format_cannot_hold_is_named_and_nothing_is_written() {
    let labels = |target| {
        let accounts = reference();
        let refused = check(target, &accounts).into_iter();
        let label = |(at, _): (usize, Refusal)| accounts[at].account.label.as_str().to_owned();
        refused.map(label).collect::<Vec<_>>()
    };
    for (target, refused) in [
        (Target::UriList, &[][..]),
        (Target::Json, &[]),
        (Target::Csv, &[]),
        (Target::Html, &[]),
        (Target::Aegis, &[]),
        (Target::Stratum, &[]),
        (Target::TwoFas, &["James", "Elijah", "motp", "me"]),
        (Target::AndOtp, &["motp", "me"]),
        (Target::Ente, &["motp", "me"]),
        (Target::Proton, &["James", "Mason", "motp", "me"]),
        (Target::Bitwarden, &["James", "Mason", "motp", "me"]),
        (Target::FreeOtpPlus, &["Sophia", "motp", "me"]),
        (
            Target::Google,
            &["James", "Elijah", "seconds", "Sophia", "motp", "me"],
        ),
    ] {
        assert_eq!(labels(target), refused, "{}", target.name());
        let whole = write(target, &reference(), None);
        assert_eq!(whole.is_ok(), refused.is_empty(), "{}", target.name());
    }
}

#[test]
fn every_plain_file_is_read_back_as_it_was_written() {
    for target in readable() {
        let accounts = accepted(target);
        let file = write(target, &accounts, None).unwrap();
        let parsed = read(&file, None).unwrap_or_else(|error| panic!("{}: {error}", target.name()));
        assert_same(target, &parsed, &accounts);
    }
}

#[test]
fn every_sealed_file_opens_with_its_password_and_with_no_other() {
    for target in Target::ALL
        .iter()
        .copied()
        .filter(|target| target.can_be_encrypted())
    {
        let name = target.name();
        let accounts = accepted(target);
        let file = write(target, &accounts, Some(&seal())).unwrap();
        let parsed = read(&file, Some(PASSWORD)).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_same(target, &parsed, &accounts);
        let needed = read(&file, None).expect_err(name);
        assert!(
            matches!(
                needed,
                FormatError::PasswordNeeded { .. } | FormatError::PasswordWouldTell
            ),
            "{name}: {needed}"
        );
        let wrong = read(&file, Some("another")).expect_err(name);
        let tells = matches!(target, Target::Aegis | Target::TwoFas | Target::Bitwarden);
        let expected = match target {
            Target::AndOtp => FormatError::NothingOpens,
            _ if tells => FormatError::WrongPassword,
            _ => FormatError::WrongPasswordOrDamaged,
        };
        assert_eq!(wrong, expected, "{name}");
        let text = String::from_utf8_lossy(&file);
        assert!(!text.contains("Mason"), "{name} shows a name");
    }
}

#[test]
fn a_format_without_a_seal_is_never_written_in_plain_instead() {
    for target in Target::ALL
        .iter()
        .copied()
        .filter(|target| !target.can_be_encrypted())
    {
        assert_eq!(
            write(target, &accepted(target), Some(&seal())).unwrap_err(),
            WriteError::NoEncryption { target }
        );
    }
}

#[test]
fn note_tag_and_favourite_survive_where_the_program_has_them() {
    for (target, tag, note, pinned) in [
        (Target::Json, true, true, true),
        (Target::Aegis, true, true, true),
        (Target::Ente, true, true, true),
        (Target::Bitwarden, true, true, true),
        (Target::Stratum, true, false, false),
        (Target::TwoFas, true, false, false),
        (Target::AndOtp, true, false, false),
        (Target::Proton, true, true, false),
        (Target::UriList, true, false, false),
    ] {
        let file = write(target, &accepted(target), None).unwrap();
        let first = read(&file, None).unwrap().accounts.remove(0);
        let tags: Vec<&str> = first.account.tags.iter().map(|tag| tag.as_str()).collect();
        let name = target.name();
        assert_eq!(tags, if tag { vec!["work"] } else { vec![] }, "{name}");
        assert_eq!(first.note, if note { "a note" } else { "" }, "{name}");
        assert_eq!(first.pinned, pinned, "{name}");
    }
}

#[test]
fn a_table_runs_no_formula() {
    let formula = account("=1+1", "@x", &[1; 10], totp(Algorithm::Sha1, 6, 30));
    let table = write(Target::Csv, &[formula], None).unwrap();
    let table = std::str::from_utf8(&table).unwrap();
    assert!(
        table.contains("\n'=1+1,'@x,totp,AEAQCAIBAEAQCAIB,"),
        "{table}"
    );
}

#[test]
fn a_page_escapes_what_a_site_called_itself() {
    let hostile = account("<script>", "\"&'", &[1; 10], totp(Algorithm::Sha1, 6, 30));
    let page = write(Target::Html, &[hostile], None).unwrap();
    let page = std::str::from_utf8(&page).unwrap();
    assert!(!page.contains("<script>"));
    assert!(page.contains("&lt;script&gt;"));
}

#[test]
fn a_flipped_byte_or_a_cut_of_any_file_is_read_or_refused_and_never_a_panic() {
    let mut files: Vec<Vec<u8>> = Vec::new();
    for target in Target::ALL {
        files.push(write(*target, &accepted(*target), None).unwrap().to_vec());
    }
    // A fixed walk over places and bits: a failure is found again.
    let mut walk = 0x9e37_79b9_7f4a_7c15_u64;
    for file in &files {
        for _ in 0..400 {
            walk = walk.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(1);
            let at = usize::try_from(walk >> 33).unwrap() % file.len();
            let mut broken = file.clone();
            broken[at] ^= 1 << (walk >> 8 & 7);
            let _ = read(&broken, None);
            broken.truncate(at);
            let _ = read(&broken, None);
        }
    }
}

//! What is written for other programs, plain and encrypted: whole, refused by name, and read back.

use authr_formats::write::{
    Exported, RANDOM_BYTES, Refusal, Seal, Target, WriteError, check, write,
};
use authr_formats::{Format, FormatError, parse};
use authr_otp::{Algorithm, Kind, Name};

use crate::reference::{PASSWORD, account, is_whole, opens, read, reference, totp};

/// What of the accounts a program can hold.
pub(crate) fn accepted(target: Target) -> Vec<Exported> {
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

pub(crate) fn seal() -> Seal<'static> {
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

/// What the reader calls a file of a target.
fn format(target: Target) -> Format {
    match target {
        Target::Html | Target::Google => Format::UriList,
        // A plain file of Ente's is a list with a word more in each line.
        Target::Ente => Format::UriList,
        other => Format::named(other.name()).unwrap(),
    }
}

/// The names that a bare `steam://SECRET` leaves to an entry: Proton has one alone.
pub(crate) fn adjusted(target: Target) -> Vec<Exported> {
    let mut accounts = accepted(target);
    for one in &mut accounts {
        if target == Target::Proton && one.account.otp.kind == Kind::Steam {
            one.account.label = Name::default();
        }
    }
    accounts
}

#[test]
fn every_plain_file_is_read_back_as_it_was_written() {
    for target in Target::ALL.iter().copied() {
        let file = write(target, &accepted(target), None).unwrap();
        let parsed = read(&file, None).unwrap_or_else(|error| panic!("{}: {error}", target.name()));
        is_whole(format(target), &parsed, &adjusted(target));
    }
}

#[test]
fn every_sealed_file_opens_with_its_password_and_with_no_other() {
    for target in Target::ALL
        .iter()
        .copied()
        .filter(|target| target.can_be_encrypted())
    {
        let file = write(target, &accepted(target), Some(&seal())).unwrap();
        let wrong = match target {
            Target::AndOtp => FormatError::NothingOpens,
            Target::Aegis | Target::TwoFas | Target::Bitwarden => FormatError::WrongPassword,
            _ => FormatError::WrongPasswordOrDamaged,
        };
        opens(
            Format::named(target.name()).unwrap(),
            &file,
            wrong,
            &adjusted(target),
        );
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
        let first = parse(&file).unwrap().accounts.remove(0);
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
fn a_table_gives_back_what_looks_like_a_formula_or_a_list() {
    let mut one = account("=1+1", "'@x", &[1; 10], totp(Algorithm::Sha1, 6, 30));
    one.note = "-2\n\"quoted\", and 'so'".to_owned();
    let tag = |text| authr_otp::Tag::new(text).unwrap().unwrap();
    one.account.tags = vec![tag("'a,b"), tag(r"c\d"), tag("=e")];
    let table = write(Target::Csv, std::slice::from_ref(&one), None).unwrap();
    is_whole(Format::AuthrTable, &read(&table, None).unwrap(), &[one]);
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

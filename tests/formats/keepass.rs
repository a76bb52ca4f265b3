//! KeePass databases.

use authr_formats::write::Exported;
use authr_formats::{Damage, Format, FormatError, Reason};
use authr_otp::{Algorithm, Kind};

use crate::documents::{issuer, label, uri};
use crate::kdbx::{Entry, export, four, four_around, gzip, three};
use crate::reference::{PASSWORD, account, comes_back, opens, read, reference, totp};

fn entry<'a>(group: &'a str, one: &Exported) -> Entry<'a> {
    Entry {
        group,
        texts: vec![
            ("Title", issuer(one).to_owned()),
            ("UserName", label(one).to_owned()),
            ("Password", "Mason's other secret".to_owned()),
            ("otp", uri(one)),
        ],
    }
}

#[test]
fn both_versions_hold_every_kind_as_a_uri() {
    let accounts = reference();
    let entries: Vec<Entry<'_>> = accounts.iter().map(|one| entry("", one)).collect();
    opens(
        Format::KeePass,
        &four(&entries),
        FormatError::WrongPassword,
        &accounts,
    );
    // Version 3 seals neither its header nor its content.
    let wrong = FormatError::WrongPasswordOrDamaged;
    opens(Format::KeePass, &three(&entries), wrong, &accounts);
}

#[test]
fn an_export_as_xml_holds_every_kind_too_and_is_told_by_its_root() {
    let accounts = reference();
    let entries: Vec<Entry<'_>> = accounts.iter().map(|one| entry("", one)).collect();
    let whole = export(&entries);
    let bare = whole.split_once("?>").unwrap().1;
    for file in [
        whole.clone(),
        bare.to_owned(),
        format!("\u{feff}{whole}"),
        format!("\n<!-- <map> -->\n<!DOCTYPE KeePassFile>\n{bare}\n"),
    ] {
        comes_back(Format::KeePass, file.as_bytes(), None, &accounts);
    }
    let another = whole.replace("KeePassFile>", "AnotherFile>");
    let read = read(another.as_bytes(), None);
    assert_eq!(read.unwrap_err(), FormatError::NotRecognised);
}

/// An entry of this title and these texts, in no group.
fn texts(title: &str, texts: &[(&'static str, &str)]) -> Entry<'static> {
    let mut all = vec![("Title", title.to_owned())];
    all.extend(texts.iter().map(|(key, value)| (*key, (*value).to_owned())));
    Entry {
        group: "",
        texts: all,
    }
}

#[test]
fn what_is_still_encrypted_in_an_export_is_named_and_the_others_are_read() {
    let seed = ("TimeOtp-Secret-Base32", "AEAQCAIBAEAQCAIB");
    let file = export(&[
        texts("Sealed", &[("otp", "c2VhbGVk")]),
        // Read without it, its codes would be of another length.
        texts("Length", &[seed, ("TimeOtp-Length", "c2VhbGVk")]),
        texts("Password", &[seed, ("Password", "c2VhbGVk")]),
        texts("No code", &[("Password", "c2VhbGVk")]),
        texts("Empty", &[seed, ("otp", "")]),
    ]);
    let sealed = "<Value Protected=\"True\">c2VhbGVk<";
    let file = file
        .replace("<Value ProtectInMemory=\"True\">c2VhbGVk<", sealed)
        .replace(
            "<Value ProtectInMemory=\"True\"></Value>",
            "<Value Protected=\"True\"/>",
        );
    assert_eq!(file.matches(sealed).count(), 4);
    let parsed = read(file.as_bytes(), Some(PASSWORD)).unwrap();
    let rejected: Vec<_> = parsed
        .rejected
        .iter()
        .map(|one| {
            (
                one.position,
                one.name.as_ref().unwrap().as_str(),
                one.reason,
            )
        })
        .collect();
    let reason = Reason::InnerStream;
    assert_eq!(rejected, [(1, "Sealed", reason), (2, "Length", reason)]);
    let read: Vec<_> = parsed
        .accounts
        .iter()
        .map(|one| (one.position, one.account.issuer.as_str()))
        .collect();
    assert_eq!(read, [(3, "Password"), (5, "Empty")]);
}

#[test]
fn the_words_of_keepass_keetraytotp_and_keeotp_are_read_too() {
    let entries = [
        texts(
            "KeePass",
            &[
                ("TimeOtp-Secret-Base64", "AQEBAQEBAQEBAQ=="),
                ("TimeOtp-Length", "8"),
                ("TimeOtp-Period", "60"),
                ("TimeOtp-Algorithm", "HMAC-SHA-256"),
            ],
        ),
        texts(
            "Counts",
            &[
                ("HmacOtp-Secret-Hex", "01010101010101010101"),
                ("HmacOtp-Counter", "7"),
            ],
        ),
        texts(
            "Tray",
            &[("TOTP Seed", "AEAQCAIBAEAQCAIB"), ("TOTP Settings", "45;7")],
        ),
        texts(
            "Steam",
            &[("TOTP Seed", "AEAQCAIBAEAQCAIB"), ("TOTP Settings", "30;S")],
        ),
        texts(
            "KeeOtp",
            &[(
                "otp",
                "key=AEAQCAIBAEAQCAIB&step=20&size=8&otpHashMode=Sha512",
            )],
        ),
        texts("No code", &[("Password", "x")]),
    ];
    let counts = Kind::Hotp {
        algorithm: Algorithm::Sha1,
        digits: authr_otp::Digits::SIX,
        counter: authr_otp::Counter::new(7).unwrap(),
    };
    let expected = [
        account("KeePass", "", &[1; 10], totp(Algorithm::Sha256, 8, 60)),
        account("Counts", "", &[1; 10], counts),
        account("Tray", "", &[1; 10], totp(Algorithm::Sha1, 7, 45)),
        account("Steam", "", &[1; 10], Kind::Steam),
        account("KeeOtp", "", &[1; 10], totp(Algorithm::Sha512, 8, 20)),
    ];
    opens(
        Format::KeePass,
        &four(&entries),
        FormatError::WrongPassword,
        &expected,
    );
    comes_back(
        Format::KeePass,
        export(&entries).as_bytes(),
        None,
        &expected,
    );
}

#[test]
fn groups_become_tags_and_what_is_in_the_bin_stays_there() {
    let accounts = reference();
    let entries = [
        entry("Work", &accounts[3]),
        entry("bin", &accounts[1]),
        entry("", &accounts[2]),
    ];
    for file in [four(&entries), export(&entries).into_bytes()] {
        let parsed = read(&file, Some(PASSWORD)).unwrap();
        let tags = |at: usize| {
            parsed.accounts[at]
                .account
                .tags
                .iter()
                .map(|tag| tag.as_str())
                .collect::<Vec<_>>()
        };
        assert_eq!(parsed.accounts.len(), 2);
        assert_eq!((tags(0), tags(1)), (vec!["Work"], vec![]));
    }
}

#[test]
fn a_payload_that_unpacks_to_more_than_64_mib_is_refused_without_being_unpacked() {
    let inner = |length: usize| {
        // Which stream, its key, and an attachment of this length.
        let mut content = vec![1, 4, 0, 0, 0, 3, 0, 0, 0, 2, 0, 0, 0, 0, 3];
        let xml = b"<KeePassFile></KeePassFile>";
        let attachment = length - content.len() - 4 - 5 - xml.len();
        content.extend_from_slice(&u32::try_from(attachment).unwrap().to_le_bytes());
        content.resize(content.len() + attachment, 0);
        content.extend_from_slice(&[0, 0, 0, 0, 0]);
        content.extend_from_slice(xml);
        assert_eq!(content.len(), length);
        four_around(&gzip(&content))
    };
    let most = 64 << 20;
    assert_eq!(
        read(&inner(most), Some(PASSWORD)).unwrap().accounts.len(),
        0
    );
    let bomb = inner(most + 1);
    assert!(bomb.len() < 128 << 10);
    assert_eq!(
        read(&bomb, Some(PASSWORD)).unwrap_err(),
        FormatError::TooLarge
    );
}

#[test]
fn groups_nested_beyond_the_limit_are_refused() {
    let nested = |depth: usize| {
        let open = "<Group>".repeat(depth);
        let close = "</Group>".repeat(depth);
        let header = [1, 4, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        let content = [&header[..], format!("{open}{close}").as_bytes()].concat();
        read(&four_around(&gzip(&content)), Some(PASSWORD))
    };
    assert!(nested(40).is_ok());
    let refused = FormatError::Damaged {
        what: Damage::NotXml,
    };
    assert_eq!(nested(41).unwrap_err(), refused);
    assert_eq!(nested(1 << 16).unwrap_err(), refused);

    let export = |depth: usize| {
        let open = "<Group>".repeat(depth - 1);
        let close = "</Group>".repeat(depth - 1);
        let file = format!("<KeePassFile>{open}{close}</KeePassFile>");
        read(file.as_bytes(), None)
    };
    assert!(export(40).is_ok());
    assert_eq!(export(41).unwrap_err(), refused);
    assert_eq!(export(1 << 19).unwrap_err(), refused);
}

#[test]
fn a_file_that_was_changed_anywhere_is_never_read_as_another() {
    let accounts = reference();
    let file = four(&[entry("", &accounts[0])]);
    for at in (0..file.len()).step_by(7) {
        let mut changed = file.clone();
        changed[at] ^= 1;
        let read = read(&changed, Some(PASSWORD));
        // The minor version is the one thing that says nothing, and even that is sealed.
        assert!(read.is_err(), "byte {at}");
    }
}

#[test]
fn every_prefix_of_a_file_is_refused_and_never_a_panic() {
    let accounts = reference();
    for file in [
        four(&[entry("", &accounts[0])]),
        three(&[entry("", &accounts[0])]),
    ] {
        for end in (8..file.len()).step_by(3) {
            assert!(read(&file[..end], Some(PASSWORD)).is_err(), "{end}");
        }
    }
}

use proptest::prelude::*;

use super::*;

fn uri(data: &str) -> String {
    format!("otpauth-migration://offline?data={data}")
}

fn account(kind: Kind) -> UriAccount {
    UriAccount {
        issuer: Name::new("Acme").unwrap(),
        label: Name::new("né@example.org").unwrap(),
        otp: Otp {
            secret: OtpSecret::new(vec![0xfb, 0xef, 0xff, 1, 2]).unwrap(),
            kind,
        },
        tags: Vec::new(),
    }
}

fn totp(digits: u8, period: u32) -> Kind {
    Kind::Totp {
        algorithm: Algorithm::Sha256,
        digits: Digits::new(digits).unwrap(),
        period: Period::new(period).unwrap(),
    }
}

#[test]
fn what_is_no_batch_is_told_apart_from_a_damaged_one() {
    for (text, error) in [
        (
            "totp://offline?data=CjU".to_owned(),
            MigrationError::NotMigration,
        ),
        (
            "otpauth-migration://offline?datafail=CjUK".to_owned(),
            MigrationError::NotMigration,
        ),
        (
            "otpauth-migration://offline".to_owned(),
            MigrationError::NotMigration,
        ),
        (uri("invaliddata"), MigrationError::Base64),
        (uri("not*base64"), MigrationError::Base64),
        (uri("rSQ04U9PcneFhvjOxzmevg%3D%3D"), MigrationError::Damaged),
        (uri("CiQKCgcNEp61iE2P"), MigrationError::Damaged),
        (uri(""), MigrationError::Damaged),
        (uri(&"A".repeat(MAX_URI_BYTES)), MigrationError::TooLong),
    ] {
        assert_eq!(parse(&text).unwrap_err(), error, "{text:.60}");
    }
}

#[test]
fn the_account_1001_of_a_batch_is_one_too_many() {
    let message = |count: usize| {
        let mut message = Writer::default();
        for _ in 0..count {
            message.bytes(1, b"");
        }
        message.finish()
    };
    assert!(batch(&message(MAX_BATCH_ACCOUNTS)).is_ok());
    assert_eq!(
        batch(&message(MAX_BATCH_ACCOUNTS + 1)).unwrap_err(),
        MigrationError::TooManyAccounts
    );
}

#[test]
fn one_bad_account_is_named_and_the_others_are_read() {
    let mut bad = Writer::default();
    bad.bytes(1, b"secret");
    bad.bytes(2, b"who");
    bad.number(4, 4);
    let mut message = Writer::default();
    message.bytes(1, &bad.finish());
    message.bytes(1, &entry(&account(totp(6, 30))));
    let batch = batch(&message.finish()).unwrap();
    let error = batch.accounts[0].as_ref().unwrap_err();
    assert_eq!(error.why, EntryError::Algorithm);
    assert_eq!(error.name.as_ref().unwrap().as_str(), "who");
    assert!(batch.accounts[1].is_ok());
}

#[test]
fn a_plus_that_became_a_space_is_a_plus_and_padding_may_be_missing() {
    let account = account(totp(6, 30));
    let uris = render(std::slice::from_ref(&account), 7).unwrap();
    let data = uris[0].split_once("data=").unwrap().1;
    let plain = data
        .replace("%2B", " ")
        .replace("%2F", "/")
        .replace("%3D", "");
    for text in [uri(data), uri(&plain)] {
        let batch = parse(&text).unwrap();
        let read = batch.accounts[0].as_ref().unwrap();
        assert!(read.otp.same_codes(&account.otp));
        assert_eq!(read.label, account.label);
    }
}

#[test]
fn an_issuer_before_the_label_is_no_part_of_it() {
    let names = |issuer: &str, label: &str| {
        let (issuer, label) = split_label(Name::new(issuer).unwrap(), Name::new(label).unwrap());
        (issuer.to_string(), label.to_string())
    };
    let named = |issuer: &str, label: &str| (issuer.to_owned(), label.to_owned());
    assert_eq!(names("Example", "Example:a@b"), named("Example", "a@b"));
    assert_eq!(names("", "Example:a@b"), named("Example", "a@b"));
    assert_eq!(names("Other", "Example:a@b"), named("Other", "Example:a@b"));
    assert_eq!(names("", "a@b"), named("", "a@b"));
}

#[test]
fn what_google_would_get_wrong_is_refused() {
    let hotp = |digits| Kind::Hotp {
        algorithm: Algorithm::Sha1,
        digits,
        counter: Counter::ZERO,
    };
    for (kind, expected) in [
        (totp(7, 30), Err(BatchError::Digits)),
        (totp(6, 60), Err(BatchError::Period)),
        (Kind::Steam, Err(BatchError::Kind)),
        (Kind::Native, Err(BatchError::Kind)),
        (hotp(Digits::SEVEN), Err(BatchError::Digits)),
        (hotp(Digits::EIGHT), Ok(())),
        (totp(6, 30), Ok(())),
    ] {
        assert_eq!(check(&account(kind)), expected, "{kind:?}");
    }
}

#[test]
fn twenty_five_accounts_are_three_batches_that_say_so() {
    let accounts: Vec<UriAccount> = (0..25).map(|_| account(totp(8, 30))).collect();
    let uris = render(&accounts, u32::MAX).unwrap();
    let batches: Vec<Batch> = uris.iter().map(|uri| parse(uri).unwrap()).collect();
    let places: Vec<_> = batches
        .iter()
        .map(|b| (b.index, b.size, b.accounts.len()))
        .collect();
    assert_eq!(places, [(0, 3, 10), (1, 3, 10), (2, 3, 5)]);
    assert!(batches.iter().all(|batch| batch.id == batches[0].id));
}

proptest! {
    #[test]
    fn any_text_is_a_batch_or_an_error_and_never_a_panic(
        text in "(otpauth-migration://offline[?]data=)?.{0,60}",
        bytes in prop::collection::vec(any::<u8>(), 0..200),
    ) {
        let _ = parse(&text);
        let _ = batch(&bytes);
    }
}

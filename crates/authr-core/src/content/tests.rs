//! What a content does with accounts, and what it keeps to itself.

use authr_crypto::secret::OtpSecret;
use authr_otp::{Algorithm, Counter, Digits, Kind, Name, Otp, Period};

use super::*;
use crate::identity::tests::{identity, pendings};

const TOTP: Kind = Kind::Totp {
    algorithm: Algorithm::Sha1,
    digits: Digits::SIX,
    period: Period::THIRTY,
};

fn hotp(counter: u64) -> Kind {
    let counter = Counter::new(counter).unwrap();
    Kind::Hotp {
        algorithm: Algorithm::Sha1,
        digits: Digits::SIX,
        counter,
    }
}

fn account(id: u8, label: &str, secret: u8, kind: Kind) -> Account {
    let otp = Otp {
        secret: OtpSecret::new(vec![secret; 20]).unwrap(),
        kind,
    };
    Account::new(
        AccountId([id; 16]),
        Name::default(),
        Name::new(label).unwrap(),
        otp,
        1,
    )
}

fn content(accounts: Vec<Account>) -> Content {
    Content {
        accounts,
        ..Content::default()
    }
}

#[test]
fn undoing_an_add_puts_it_into_the_trash() {
    let mut now = content(vec![account(1, "a", 1, TOTP), account(2, "b", 2, TOTP)]);
    let done = now.revert_to(&content(vec![account(1, "a", 1, TOTP)]), 9);
    assert_eq!(
        done,
        BroughtBack {
            trashed: 1,
            ..BroughtBack::default()
        }
    );
    assert_eq!(now.listed().count(), 1);
    assert_eq!(now.account(AccountId([2; 16])).unwrap().trashed_at, Some(9));
}

#[test]
fn undoing_a_removal_brings_the_account_back() {
    let mut gone = account(1, "a", 1, TOTP);
    gone.trashed_at = Some(5);
    let mut now = content(vec![gone]);
    let done = now.revert_to(&content(vec![account(1, "a", 1, TOTP)]), 9);
    assert_eq!(done.returned, 1);
    assert_eq!(now.listed().count(), 1);
}

#[test]
fn undoing_a_change_of_secret_keeps_both_secrets() {
    let mut now = content(vec![account(1, "a", 2, TOTP)]);
    now.revert_to(&content(vec![account(1, "a", 1, TOTP)]), 9);
    let back = now.account(AccountId([1; 16])).unwrap();
    assert_eq!(back.otp.secret.expose_secret(), [1; 20]);
    assert_eq!(back.earlier_secrets[0].expose_secret(), [2; 20]);
}

#[test]
fn undo_never_takes_a_counter_back() {
    let mut now = content(vec![account(1, "renamed", 1, hotp(9))]);
    now.revert_to(&content(vec![account(1, "a", 1, hotp(4))]), 9);
    let back = now.account(AccountId([1; 16])).unwrap();
    assert_eq!((back.label.as_str(), back.otp.kind), ("a", hotp(9)));
    assert!(
        now.revert_to(&content(vec![account(1, "a", 1, hotp(4))]), 9)
            .is_nothing()
    );
}

#[test]
fn a_native_account_is_neither_reverted_nor_brought_back() {
    let native = || account(1, "drchrono", 1, Kind::Native);
    let mut now = content(vec![native()]);
    assert!(now.revert_to(&content(Vec::new()), 9).is_nothing());
    let mut empty = content(Vec::new());
    assert!(
        empty
            .bring_back(&content(vec![native()]), 9, || AccountId([9; 16]))
            .is_nothing()
    );
}

#[test]
fn bringing_back_a_backup_changes_and_removes_nothing() {
    let mut now = content(vec![
        account(1, "renamed", 1, TOTP),
        account(2, "b", 22, TOTP),
        account(5, "e", 5, hotp(3)),
    ]);
    let backup = content(vec![
        account(1, "a", 1, TOTP),
        account(2, "b", 2, TOTP),
        account(3, "c", 3, TOTP),
        account(5, "e", 5, hotp(8)),
    ]);
    let done = now.bring_back(&backup, 9, || AccountId([9; 16]));
    assert_eq!(
        done,
        BroughtBack {
            returned: 1,
            kept_both: 1,
            ..BroughtBack::default()
        }
    );
    assert_eq!(
        now.account(AccountId([1; 16])).unwrap().label.as_str(),
        "renamed"
    );
    assert_eq!(
        now.account(AccountId([2; 16]))
            .unwrap()
            .otp
            .secret
            .expose_secret(),
        [22; 20]
    );
    assert_eq!(
        now.account(AccountId([9; 16]))
            .unwrap()
            .otp
            .secret
            .expose_secret(),
        [2; 20]
    );
    assert_eq!(now.account(AccountId([5; 16])).unwrap().otp.kind, hotp(8));
    assert!(
        now.bring_back(&backup, 10, || AccountId([10; 16]))
            .is_nothing(),
        "a second time finds all there"
    );
}

#[test]
fn the_trash_is_emptied_after_30_days() {
    let mut gone = account(1, "a", 1, TOTP);
    gone.trashed_at = Some(100);
    let mut now = content(vec![gone, account(2, "b", 2, TOTP)]);
    now.empty_old_trash(100 + TRASH_SECONDS);
    assert_eq!(now.accounts.len(), 2);
    now.empty_old_trash(101 + TRASH_SECONDS);
    assert_eq!(now.accounts.len(), 1);
}

fn registered() -> Content {
    let mut content = content(vec![account(1, "a", 1, TOTP)]);
    content.identity = Some(identity());
    let [finish, ..] = pendings();
    content.pending = Some(finish);
    content
}

#[test]
fn identity_and_request_come_back_as_they_were_written() {
    let bytes = registered().encode();
    let read = Content::decode(&bytes).unwrap();
    assert!(read.identity.is_some() && read.pending.is_some());
    assert!(read.encode() == bytes && read.duplicate().encode() == bytes);
}

#[test]
fn a_backup_cannot_stand_in_for_the_device() {
    let backup = registered().for_backup();
    assert!(backup.identity.is_none() && backup.pending.is_none());
    let bytes = backup.encode();
    for secret in [[0x41; 32], [0x42; 32], [0x43; 32], [0x44; 32]] {
        assert!(!bytes.windows(32).any(|window| window == secret));
    }
}

#[test]
fn undoing_and_bringing_back_leave_identity_and_request_alone() {
    let (mut now, bytes) = (registered(), registered().encode());
    now.revert_to(&Content::default(), 9);
    now.bring_back(&Content::default(), 9, || AccountId([9; 16]));
    let mut empty = Content::default();
    empty.revert_to(&registered(), 9);
    empty.bring_back(&registered(), 9, || AccountId([9; 16]));
    assert!(empty.identity.is_none() && empty.pending.is_none());
    now.accounts = registered().accounts;
    assert!(now.encode() == bytes);
}

#[test]
fn a_second_identity_is_refused() {
    let identity = identity().encode();
    let mut writer = Writer::with_capacity(64);
    writer.field(IDENTITY, &identity);
    let once = writer.finish();
    assert!(Content::decode(&once).is_ok());
    let twice = [once.as_slice(), once.as_slice()].concat();
    let at = once.len();
    assert_eq!(
        Content::decode(&twice).err(),
        Some(FieldError::Malformed { at })
    );
}

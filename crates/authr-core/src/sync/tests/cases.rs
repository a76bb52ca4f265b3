//! One by one: what a person meets.

use zeroize::Zeroizing;

use super::*;
use crate::content::{Content, TRASH_SECONDS};
use crate::identity::tests::identity;

const DEVICE: [u8; 16] = [0xd1; 16];

fn device(accounts: Vec<Account>) -> Content {
    let mut content = Content::default();
    content.accounts = accounts;
    content.identity = Some(crate::identity::Identity {
        sync: SyncState::default(),
        ..identity()
    });
    content
}

fn records(content: &mut Content) -> Records<'_> {
    content.records(DEVICE, NOW).unwrap()
}

fn incoming(id: u8, revision: u64, version: &Version) -> Incoming {
    Incoming {
        id: [id; 16],
        revision,
        plaintext: version.encode(),
    }
}

/// A version as another device writes it.
fn remote(account: Account, edit: u64, secret: u64, line: &[u64]) -> Version {
    let at = |seconds: u64| Stamp {
        clock: (NOW + seconds) << 16,
        author: [2; 16],
    };
    Version {
        account: Some(account),
        stamp: at(edit),
        secret_stamp: at(secret),
        line: line.iter().copied().map(at).collect(),
    }
}

fn push_all(content: &mut Content, revision: u64) -> usize {
    let outgoing = records(content).outgoing();
    for record in &outgoing {
        let version = Version::decode(&record.plaintext).unwrap();
        records(content).pushed(record.id, revision, &version);
    }
    outgoing.len()
}

#[test]
fn what_was_not_edited_is_not_sent_again() {
    let mut content = device(vec![account(1, "a", 1, 0)]);
    assert_eq!(push_all(&mut content, 1), 1);
    assert_eq!((push_all(&mut content, 2), content.unsent()), (0, 0));
    content.accounts[0].pinned = true;
    assert_eq!(content.unsent(), 1);
    assert_eq!(records(&mut content).outgoing()[0].base, 1);
}

#[test]
fn native_accounts_neither_leave_nor_arrive_as_records() {
    let mut native = account(1, "drchrono", 1, 0);
    native.otp.kind = Kind::Native;
    let mut content = device(vec![native.duplicate()]);
    assert!(records(&mut content).outgoing().is_empty());

    // A device that lies: under the id of a site's account, or as a site's account.
    let replacing = remote(account(1, "evil", 2, 0), 1, 1, &[]);
    native.id = AccountId([7; 16]);
    let posing = remote(native, 1, 1, &[]);
    let both = vec![incoming(1, 1, &replacing), incoming(7, 2, &posing)];
    assert!(records(&mut content).take_in(both).unwrap().is_nothing());
    assert_eq!(content.accounts.len(), 1);
    assert_eq!(content.accounts[0].label.as_str(), "drchrono");
}

#[test]
fn a_counter_that_moved_is_sent_and_takes_nobodys_edit_back() {
    let mut content = device(vec![account(1, "a", 1, 0)]);
    push_all(&mut content, 1);
    content.accounts[0].otp.kind = content.accounts[0].otp.kind.advanced().unwrap();
    assert_eq!(records(&mut content).outgoing().len(), 1);
    let mut renamed = account(1, "renamed", 1, 0);
    renamed.changed_at = NOW + 1;
    let version = remote(renamed, 1, 0, &[]);
    let changes = records(&mut content)
        .take_in(vec![incoming(1, 2, &version)])
        .unwrap();
    assert_eq!(changes.changed, [AccountId([1; 16])]);
    assert_eq!(content.accounts[0].label.as_str(), "renamed");
    assert_eq!(content.accounts[0].counter().unwrap().get(), 1);
    assert_eq!(records(&mut content).outgoing()[0].base, 2);
}

#[test]
fn two_secrets_at_once_both_stay() {
    let mut content = device(vec![account(1, "a", 1, 0)]);
    push_all(&mut content, 1);
    let base = Version::decode(
        &records(&mut content)
            .version(Some(&account(1, "a", 1, 0)), None, 0)
            .unwrap()
            .encode(),
    )
    .unwrap();
    content.accounts[0].set_otp(otp(2, 0));
    content.accounts[0].changed_at = NOW + 5;
    let mut theirs = account(1, "a", 1, 0);
    theirs.set_otp(otp(3, 0));
    let mut theirs = remote(theirs, 9, 9, &[]);
    theirs.line.insert(base.secret_stamp);
    let changes = records(&mut content)
        .take_in(vec![incoming(1, 2, &theirs)])
        .unwrap();
    assert_eq!(changes.conflicts.len(), 1);
    let [kept, copy] = content.accounts.as_slice() else {
        panic!("two accounts")
    };
    assert_eq!(
        (secret_of(&kept.otp.secret), secret_of(&copy.otp.secret)),
        (3, 2)
    );
    assert_eq!(copy.label.as_str(), "a (conflict 2026-09-21)");
    let outgoing = records(&mut content).outgoing();
    let bases: Vec<u64> = outgoing.iter().map(|record| record.base).collect();
    assert_eq!(bases, [0, 2], "the copy goes first");
}

#[test]
fn a_delete_loses_against_a_secret_that_it_did_not_know_of() {
    let mut content = device(vec![account(1, "a", 1, 0)]);
    push_all(&mut content, 1);
    let known = content.identity.as_ref().unwrap().sync.known[&[1; 16]].clone();
    content.accounts[0].set_otp(otp(2, 0));
    let mut deleted = account(1, "a", 1, 0);
    deleted.trashed_at = Some(NOW + 9);
    let mut deleted = remote(deleted, 9, 0, &[]);
    deleted.secret_stamp = known.secret_stamp;
    let changes = records(&mut content)
        .take_in(vec![incoming(1, 2, &deleted)])
        .unwrap();
    assert_eq!(changes.kept, [AccountId([1; 16])]);
    assert!(content.accounts[0].is_listed());

    // And one that knew of it wins.
    let mut content = device(vec![account(1, "a", 1, 0)]);
    push_all(&mut content, 1);
    let changes = records(&mut content)
        .take_in(vec![incoming(1, 2, &deleted)])
        .unwrap();
    assert_eq!(changes.deleted, ["a"]);
    assert_eq!(content.accounts[0].trashed_at, Some(NOW + 9));
}

#[test]
fn an_emptied_trash_leaves_a_record_without_an_account() {
    let mut content = device(vec![account(1, "a", 1, 0)]);
    push_all(&mut content, 1);
    content.accounts[0].trashed_at = Some(NOW);
    content.accounts[0].changed_at = NOW;
    assert_eq!(
        records(&mut content).outgoing()[0].presence,
        Presence::Deleted
    );
    push_all(&mut content, 2);
    let deleted = content.identity.as_ref().unwrap().sync.known[&[1; 16]].stamp;
    content.empty_old_trash(NOW + TRASH_SECONDS + 1);
    assert_eq!(content.unsent(), 1);
    let outgoing = records(&mut content).outgoing();
    let version = Version::decode(&outgoing[0].plaintext).unwrap();
    assert!(version.account.is_none() && outgoing[0].presence == Presence::Deleted);
    assert_eq!(version.stamp, deleted, "emptying the trash is no edit");
    push_all(&mut content, 3);
    assert!(records(&mut content).outgoing().is_empty());

    // Another device still has it in its trash.
    let mut other = account(1, "a", 1, 0);
    other.trashed_at = Some(NOW);
    let mut other = device(vec![other]);
    push_all(&mut other, 2);
    let known = other
        .identity
        .as_mut()
        .unwrap()
        .sync
        .known
        .get_mut(&[1; 16])
        .unwrap();
    (known.stamp, known.secret_stamp) = (version.stamp, version.secret_stamp);
    records(&mut other)
        .take_in(vec![incoming(1, 3, &version)])
        .unwrap();
    assert!(other.accounts.is_empty() && records(&mut other).outgoing().is_empty());
}

#[test]
fn an_account_brought_back_after_its_trash_was_emptied_is_sent_again() {
    let mut content = device(vec![account(1, "a", 1, 0)]);
    push_all(&mut content, 1);
    let gone = Version {
        account: None,
        stamp: content.identity.as_ref().unwrap().sync.known[&[1; 16]].stamp,
        secret_stamp: content.identity.as_ref().unwrap().sync.known[&[1; 16]].secret_stamp,
        line: [].into(),
    };
    let changes = records(&mut content)
        .take_in(vec![incoming(1, 2, &gone)])
        .unwrap();
    assert_eq!(changes.deleted, ["a"]);
    content.accounts.push(account(1, "a", 1, 0));
    let outgoing = records(&mut content).outgoing();
    let back = Version::decode(&outgoing[0].plaintext).unwrap();
    assert!(outgoing[0].base == 2 && back.stamp > gone.stamp);
    let (merged, _) = merge(&back, &gone);
    assert!(merged.account.is_some());
}

#[test]
fn a_vault_that_was_here_before_the_device_makes_no_doubles() {
    let mut before = account(1, "mine", 5, 7);
    before.note = crate::account::Note::new("kept").unwrap();
    before.tags = vec![authr_otp::Tag::new("work").unwrap().unwrap()];
    before.pinned = true;
    let mut content = device(vec![before, account(2, "other", 6, 0)]);
    let pulled = remote(account(9, "theirs", 5, 3), 1, 1, &[]);
    let changes = records(&mut content)
        .take_in(vec![incoming(9, 1, &pulled)])
        .unwrap();
    assert_eq!(
        (changes.doubles, changes.added),
        (1, vec![AccountId([9; 16])])
    );
    let [other, kept] = content.accounts.as_slice() else {
        panic!("two accounts")
    };
    assert_eq!(
        (other.label.as_str(), kept.label.as_str()),
        ("other", "theirs")
    );
    assert_eq!(
        (kept.note.as_str(), kept.tags.len(), kept.pinned),
        ("kept", 1, true)
    );
    assert_eq!(kept.counter().unwrap().get(), 7);
    let outgoing = records(&mut content).outgoing();
    assert_eq!(
        outgoing.len(),
        2,
        "the other one, and what the double had more"
    );

    // Two that the server has are two, as the person made them.
    let mut content = device(vec![account(1, "mine", 5, 0)]);
    push_all(&mut content, 1);
    let changes = records(&mut content)
        .take_in(vec![incoming(9, 2, &pulled)])
        .unwrap();
    assert_eq!((changes.doubles, content.accounts.len()), (0, 2));
}

#[test]
fn a_record_a_day_ahead_waits_and_is_taken_in_later() {
    let mut content = device(vec![account(1, "a", 1, 0)]);
    push_all(&mut content, 1);
    let day = QUARANTINE_SECONDS;
    let mut renamed = account(1, "from the future", 1, 0);
    renamed.changed_at = NOW + day + 60;
    let ahead = remote(renamed, day + 1, 0, &[]);
    assert!(
        records(&mut content)
            .take_in(vec![incoming(1, 2, &ahead)])
            .unwrap()
            .is_nothing()
    );
    assert_eq!(content.identity.as_ref().unwrap().sync.set_aside.len(), 1);
    content.accounts[0].pinned = true;
    assert!(records(&mut content).outgoing().is_empty(), "it waits too");

    let mut later = content.records(DEVICE, NOW + 60).unwrap();
    assert_eq!(later.take_in(Vec::new()).unwrap().changed.len(), 1);
    assert!(content.identity.as_ref().unwrap().sync.set_aside.is_empty());
    assert_eq!(content.accounts[0].label.as_str(), "from the future");
}

#[test]
fn what_a_newer_version_wrote_is_kept_aside_and_one_beyond_the_limit_stops() {
    let mut content = device(Vec::new());
    let strange = |id: usize, revision: u64| Incoming {
        id: [u8::try_from(id).unwrap(); 16],
        revision,
        plaintext: Zeroizing::new(vec![0xff; 40]),
    };
    let all = (0..MAX_SET_ASIDE).map(|id| strange(id, 1)).collect();
    assert!(records(&mut content).take_in(all).unwrap().is_nothing());
    // A newer one of the same account takes the place of the older.
    assert!(records(&mut content).take_in(vec![strange(0, 9)]).is_ok());
    assert_eq!(
        content.identity.as_ref().unwrap().sync.set_aside[&[0; 16]].revision,
        9
    );
    let more = records(&mut content).take_in(vec![strange(MAX_SET_ASIDE, 2)]);
    assert_eq!(more, Err(TooManySetAside));
}

#[test]
fn a_server_that_shows_an_older_version_again_takes_no_secret_back() {
    let mut content = device(Vec::new());
    let old = remote(account(1, "old", 1, 0), 1, 1, &[]);
    let new = remote(account(1, "new", 2, 0), 2, 2, &[1]);
    let all = vec![incoming(1, 2, &new), incoming(1, 3, &old)];
    let changes = records(&mut content).take_in(all).unwrap();
    assert!(changes.conflicts.is_empty());
    assert_eq!(secret_of(&content.accounts[0].otp.secret), 2);
    assert_eq!(records(&mut content).outgoing()[0].base, 3);
}

#[test]
fn an_edit_made_while_a_push_was_under_way_is_sent_next() {
    let mut content = device(vec![account(1, "a", 1, 0)]);
    let outgoing = records(&mut content).outgoing();
    content.accounts[0].pinned = true;
    let version = Version::decode(&outgoing[0].plaintext).unwrap();
    records(&mut content).pushed([1; 16], 1, &version);
    assert_eq!(records(&mut content).outgoing().len(), 1);
}

#[test]
fn a_line_keeps_the_newest_and_beyond_it_there_is_one_account_too_many() {
    let mut version = remote(account(1, "a", 1, 0), 0, 0, &[]);
    let first = version.duplicate();
    for at in 1..=u64::try_from(MAX_LINE).unwrap() {
        version.replace_secret(stamp((NOW + at) << 16));
    }
    version.account = Some(account(1, "a", 2, 0));
    version.stamp = version.secret_stamp;
    assert!(merge(&version, &first).1.is_none());
    version.replace_secret(stamp((NOW + 99) << 16));
    version.stamp = version.secret_stamp;
    assert_eq!(version.line.len(), MAX_LINE);
    assert!(merge(&version, &first).1.is_some());
}

#[test]
fn every_truncation_of_a_version_is_refused() {
    let whole = remote(account(1, "a", 1, 0), 2, 1, &[0]).encode();
    let without_account = Version {
        account: None,
        ..remote(account(1, "a", 1, 0), 2, 1, &[0])
    };
    let without_account = without_account.encode().len();
    let without_line = without_account - 30;
    for cut in 0..whole.len() {
        // Between fields stands a version without an account, and a whole one.
        let is_whole = cut == without_account || cut == without_line;
        assert_eq!(
            Version::decode(&whole[..cut]).is_ok(),
            is_whole,
            "cut at {cut}"
        );
    }
}

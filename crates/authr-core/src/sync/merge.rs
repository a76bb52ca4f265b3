//! Two versions of one account become one, and a second account where both hold a secret that the other does not know of.
//!
//! ```text
//! everything but the secret:  of the later stamp
//! the secret:                 of the later secret stamp; what replaces a secret is always later than it
//! the trash:                  of the later stamp, unless the secret is a later one than was thrown away
//! counter:                    the higher, of the same secret
//! line:                       of both, and the other secret's stamp
//! a second account:           when the other secret is neither in the line of this one nor among its earlier secrets
//! ```
//! The version is the same in whatever order versions are merged, and however often. So is the second account of two
//! versions: its id follows from the account's and its own secret.

use std::collections::BTreeSet;

use authr_crypto::derive::Info;
use authr_crypto::mac::sha256;
use authr_otp::Name;

use super::stamp::{MAX_LINE, Stamp};
use super::version::Version;
use crate::account::{Account, AccountId};

/// Merges two versions of one account; the second is a conflict's copy under an id of its own.
#[must_use]
pub fn merge(one: &Version, other: &Version) -> (Version, Option<Version>) {
    match (&one.account, &other.account) {
        (Some(_), Some(_)) => merge_accounts(one, other),
        (None, Some(_)) => (merge_gone(one, other), None),
        (Some(_), None) => (merge_gone(other, one), None),
        (None, None) => (gone(one, other), None),
    }
}

fn gone(one: &Version, other: &Version) -> Version {
    let secret_stamp = one.secret_stamp.max(other.secret_stamp);
    Version {
        account: None,
        stamp: one.stamp.max(other.stamp),
        secret_stamp,
        line: line(secret_stamp, [one, other]),
    }
}

/// What is gone stays gone unless it was edited later, or has a secret that who removed it did not know of.
fn merge_gone(removed: &Version, present: &Version) -> Version {
    let known = removed.secret_stamp == present.secret_stamp
        || removed.line.contains(&present.secret_stamp);
    if known && removed.stamp >= present.stamp {
        return gone(removed, present);
    }
    let mut merged = present.duplicate();
    merged.stamp = present.stamp.max(removed.stamp);
    merged.line = line(merged.secret_stamp, [removed, present]);
    merged
}

fn merge_accounts(one: &Version, other: &Version) -> (Version, Option<Version>) {
    let (Some(one_account), Some(other_account)) = (&one.account, &other.account) else {
        return (one.duplicate(), None);
    };
    // Equal stamps are one edit; its account is in the trash in neither version once a merge took it out.
    let newer_key = |version: &Version, account: &Account| {
        (version.stamp, account.is_listed(), account.fingerprint())
    };
    let (newer, newer_account) = if newer_key(one, one_account) >= newer_key(other, other_account) {
        (one, one_account)
    } else {
        (other, other_account)
    };
    let secret_key =
        |version: &Version, account: &Account| (version.secret_stamp, account.codes_fingerprint());
    let ((winner, winner_account), (loser, loser_account)) =
        if secret_key(one, one_account) >= secret_key(other, other_account) {
            ((one, one_account), (other, other_account))
        } else {
            ((other, other_account), (one, one_account))
        };

    let mut merged = newer_account.duplicate();
    merged.otp = winner_account.otp.duplicate();
    merged.earlier_secrets = winner_account.duplicate().earlier_secrets;
    let same_codes = winner_account.otp.same_codes(&loser_account.otp);
    if same_codes {
        merged.raise_counter(loser_account.counter());
    }
    let later_secret = winner.secret_stamp != newer.secret_stamp
        && !winner_account.otp.same_codes(&newer_account.otp);
    if later_secret {
        merged.trashed_at = None;
    }
    let version = Version {
        account: Some(merged),
        stamp: newer.stamp,
        secret_stamp: winner.secret_stamp,
        line: line(winner.secret_stamp, [one, other]),
    };
    let replaced = winner.line.contains(&loser.secret_stamp)
        || winner_account
            .earlier_secrets
            .iter()
            .any(|earlier| earlier.ct_eq(&loser_account.otp.secret));
    let copy = (!same_codes && !replaced).then(|| conflict_copy(loser, loser_account));
    (version, copy)
}

/// The newest stamps of both lines and of both secrets, without the one that stays.
fn line(stays: Stamp, versions: [&Version; 2]) -> BTreeSet<Stamp> {
    let secrets = versions.iter().map(|version| version.secret_stamp);
    let lines = versions
        .iter()
        .flat_map(|version| version.line.iter().copied());
    let mut line: BTreeSet<Stamp> = secrets
        .chain(lines)
        .filter(|stamp| *stamp != stays)
        .collect();
    while line.len() > MAX_LINE {
        line.pop_first();
    }
    line
}

/// `id = SHA-256(info("authr/1/record/conflict", id, codes))`, the first 16 bytes.
fn conflict_copy(loser: &Version, account: &Account) -> Version {
    let mut copy = account.duplicate();
    let named = Info::new("authr/1/record/conflict")
        .bytes(&account.id.0)
        .bytes(&account.codes_fingerprint());
    let hash = sha256(&[named.as_bytes()]);
    copy.id = AccountId(std::array::from_fn(|at| hash[at]));
    copy.label = conflict_label(account.label.as_str(), loser.secret_stamp.seconds());
    Version {
        account: Some(copy),
        stamp: loser.stamp,
        secret_stamp: loser.secret_stamp,
        line: loser.line.clone(),
    }
}

/// `label (conflict 2026-11-06)`, with so much of the label as fits.
fn conflict_label(label: &str, seconds: u64) -> Name {
    let (year, month, day) = date(seconds);
    let suffix = format!(" (conflict {year:04}-{month:02}-{day:02})");
    let mut room = label
        .len()
        .min(Name::MAX_BYTES.saturating_sub(suffix.len()));
    while !label.is_char_boundary(room) {
        room -= 1;
    }
    let text = format!("{}{suffix}", label.get(..room).unwrap_or_default());
    Name::new(&text).expect("because the label was cut to leave room")
}

/// Year, month and day in UTC (H. Hinnant, "chrono-compatible low-level date algorithms": `civil_from_days`).
fn date(seconds: u64) -> (u64, u64, u64) {
    // Days since 0000-03-01, in eras of 400 years: the leap day is then the last of its year.
    let days = seconds / 86_400 + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 {
        shifted + 3
    } else {
        shifted - 9
    };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_those_of_the_calendar() {
        for (seconds, expected) in [
            (0, (1970, 1, 1)),
            (951_782_399, (2000, 2, 28)),
            (951_782_400, (2000, 2, 29)),
            (951_868_800, (2000, 3, 1)),
            (1_793_923_200, (2026, 11, 6)),
            (4_107_542_400, (2100, 3, 1)),
        ] {
            assert_eq!(date(seconds), expected);
        }
    }

    #[test]
    fn a_conflicts_label_keeps_within_the_limit_and_between_characters() {
        let label = |text: &str| conflict_label(text, 1_793_923_200);
        assert_eq!(label("ada").as_str(), "ada (conflict 2026-11-06)");
        assert_eq!(label("").as_str(), "(conflict 2026-11-06)");
        for text in ["a".repeat(256), "é".repeat(128), "😀".repeat(64)] {
            let label = label(&text);
            assert!(label.as_str().ends_with(" (conflict 2026-11-06)"));
            assert!(label.as_str().len() > Name::MAX_BYTES - 4);
        }
    }
}

//! In whatever order, and however often, versions are merged, the same comes of it.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;

/// A version that devices can come to have: an edit has one stamp and one text, a secret one stamp; who throws an account
/// away knows its secret, and a secret that is set later takes it out of the trash.
fn version() -> impl Strategy<Value = Version> {
    (2..16_u64, 0..8_u64, 0..3_u64, any::<u16>()).prop_map(|(edit, later, counter, mask)| {
        let thrown_away = edit / 2;
        let secret = (thrown_away + later).min(edit);
        let mut account = account(
            1,
            &format!("edit {edit}"),
            u32::try_from(secret).unwrap(),
            counter,
        );
        let is_thrown_away = edit % 3 == 0 && secret == thrown_away;
        account.trashed_at = is_thrown_away.then_some(edit);
        let line: BTreeSet<Stamp> = (0..secret)
            .filter(|earlier| mask >> earlier & 1 == 1)
            .map(stamp)
            .collect();
        Version {
            account: Some(account),
            stamp: stamp(edit),
            secret_stamp: stamp(secret),
            line,
        }
    })
}

fn gone_or_not() -> impl Strategy<Value = Version> {
    (version(), any::<bool>()).prop_map(|(version, gone)| {
        if gone {
            Version {
                account: None,
                ..version
            }
        } else {
            version
        }
    })
}

fn bytes(version: &Version) -> Vec<u8> {
    version.encode().to_vec()
}

fn both((version, copy): &(Version, Option<Version>)) -> (Vec<u8>, Option<Vec<u8>>) {
    (bytes(version), copy.as_ref().map(bytes))
}

fn secrets<'a>(versions: impl IntoIterator<Item = &'a Version>) -> BTreeSet<u32> {
    let accounts = versions
        .into_iter()
        .filter_map(|version| version.account.as_ref());
    accounts
        .map(|account| secret_of(&account.otp.secret))
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2048))]

    #[test]
    fn a_version_comes_back_as_it_was_written(one in gone_or_not()) {
        let written = bytes(&one);
        prop_assert_eq!(bytes(&Version::decode(&written).unwrap()), written);
    }

    #[test]
    fn merging_is_commutative_copies_among_it(one in gone_or_not(), other in gone_or_not()) {
        prop_assert_eq!(both(&merge(&one, &other)), both(&merge(&other, &one)));
    }

    #[test]
    fn merging_is_idempotent(one in gone_or_not(), other in gone_or_not()) {
        prop_assert_eq!(both(&merge(&one, &one)), (bytes(&one), None));
        let (merged, _) = merge(&one, &other);
        // What was merged in before changes nothing, and makes no second copy.
        prop_assert_eq!(both(&merge(&merged, &other)), (bytes(&merged), None));
        prop_assert_eq!(both(&merge(&merged, &one)), (bytes(&merged), None));
    }

    #[test]
    fn merging_is_associative(one in version(), two in version(), three in version()) {
        let (left, _) = merge(&merge(&one, &two).0, &three);
        let (right, _) = merge(&one, &merge(&two, &three).0);
        prop_assert_eq!(bytes(&left), bytes(&right));
    }

    #[test]
    fn no_secret_is_lost_unless_another_replaced_it(versions in prop::collection::vec(version(), 1..6)) {
        let mut merged = versions[0].duplicate();
        let mut copies = Vec::new();
        for version in &versions[1..] {
            let copy;
            (merged, copy) = merge(&merged, version);
            copies.extend(copy);
        }
        let kept = secrets(copies.iter().chain([&merged]));
        for version in &versions {
            let replaced = versions.iter().any(|other| other.line.contains(&version.secret_stamp));
            let secret = secrets([version]);
            prop_assert!(replaced || kept.is_superset(&secret), "{:?} of {:?}", secret, kept);
        }
    }
}

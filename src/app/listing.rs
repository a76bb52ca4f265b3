//! Which accounts stand in a list, and in which order.

use std::cmp::Reverse;

use authr_core::account::Account;
use authr_core::content::Content;
use serde::{Deserialize, Serialize};

use super::usage::Usage;

/// What a list is sorted by; what is equal in it, by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Order {
    /// By issuer and label alone.
    Name,
    /// Pinned accounts first.
    Pinned,
    /// The account whose code was shown last first.
    LastUsed,
    /// The account whose code was shown most often first.
    MostUsed,
}

/// What a list is asked for.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Wanted<'a> {
    /// Only accounts with this tag.
    pub(crate) tag: Option<&'a str>,
    /// Only accounts whose issuer, label or tags have the letters of each of its words, in their order.
    pub(crate) query: Option<&'a str>,
    /// None: what fits the query best first, or pinned accounts first where there is none.
    pub(crate) order: Option<Order>,
}

/// The accounts that are wanted, in order.
pub(crate) fn listed<'a>(
    content: &'a Content,
    usage: &Usage,
    wanted: Wanted<'_>,
) -> Vec<&'a Account> {
    let tag = wanted.tag.map(str::to_lowercase);
    let has_tag = |account: &&Account| {
        tag.as_ref().is_none_or(|tag| {
            let mut tags = account.tags.iter();
            tags.any(|own| own.as_str().to_lowercase() == *tag)
        })
    };
    let query = wanted.query.unwrap_or_default().to_lowercase();
    let mut found: Vec<(i64, &Account)> = content
        .listed()
        .filter(has_tag)
        .filter_map(|account| Some((fit(account, &query)?, account)))
        .collect();
    let order = match wanted.order {
        None if query.trim().is_empty() => Some(Order::Pinned),
        order => order,
    };
    found.sort_by_cached_key(|(fit, account)| {
        let first = match order {
            None => Reverse((*fit).max(0).unsigned_abs()),
            Some(Order::Name) => Reverse(0),
            Some(Order::Pinned) => Reverse(u64::from(account.pinned)),
            Some(Order::LastUsed) => Reverse(usage.last(account.id).unwrap_or(0)),
            Some(Order::MostUsed) => Reverse(usage.times(account.id)),
        };
        (first, account.name().to_lowercase(), account.id)
    });
    found.into_iter().map(|(_, account)| account).collect()
}

/// How well an account fits a query in lower case: the higher the better; none: not at all.
fn fit(account: &Account, query: &str) -> Option<i64> {
    let mut texts = vec![account.name().to_lowercase()];
    texts.extend(account.tags.iter().map(|tag| tag.as_str().to_lowercase()));
    let texts: Vec<Vec<char>> = texts.iter().map(|text| text.chars().collect()).collect();
    query.split_whitespace().try_fold(0, |sum: i64, word| {
        let word: Vec<char> = word.chars().collect();
        let best = texts.iter().filter_map(|text| score(text, &word)).max()?;
        Some(sum.saturating_add(best))
    })
}

/// A letter found, one that follows the letter before it, one that begins a word; and what lies between two letters.
const FOUND: i64 = 16;
const FOLLOWS: i64 = 12;
const BEGINS: i64 = 10;
const GAP: i64 = -1;

/// The best way to find the letters of a word in a text, in their order. Where a letter is found is decided from left to right, for
/// each place where the first one stands.
fn score(text: &[char], word: &[char]) -> Option<i64> {
    let first = word.first()?;
    let starts = text.iter().enumerate().filter(|(_, c)| *c == first);
    starts
        .filter_map(|(start, _)| score_from(text, start, word))
        .max()
}

fn score_from(text: &[char], start: usize, word: &[char]) -> Option<i64> {
    let mut total = 0;
    let mut next = start;
    for c in word {
        let gap = text.get(next..)?.iter().position(|other| other == c)?;
        let at = next + gap;
        total += FOUND + GAP * i64::try_from(gap).unwrap_or(i64::MAX);
        if gap == 0 && next > start {
            total += FOLLOWS;
        }
        if at == 0 || !text[at - 1].is_alphanumeric() {
            total += BEGINS;
        }
        next = at + 1;
    }
    Some(total)
}

#[cfg(test)]
mod tests {
    use authr_core::account::AccountId;
    use authr_crypto::secret::OtpSecret;
    use authr_otp::{Kind, Name, Otp, Tag};

    use super::*;

    fn content() -> Content {
        let mut content = Content::default();
        for (id, issuer, label, tag) in [
            (1, "GitHub", "ada", "work"),
            (2, "GitLab", "ada", ""),
            (3, "drchrono", "Dr. Ada", "Work"),
            (4, "Zürich Bank", "ada", "money"),
        ] {
            let otp = Otp {
                secret: OtpSecret::new(vec![id]).unwrap(),
                kind: Kind::Native,
            };
            let (issuer, label) = (Name::new(issuer).unwrap(), Name::new(label).unwrap());
            let mut account = Account::new(AccountId([id; 16]), issuer, label, otp, 1);
            account.tags.extend(Tag::new(tag).unwrap());
            account.pinned = id == 2;
            content.accounts.push(account);
        }
        content
    }

    fn ids(wanted: Wanted<'_>) -> Vec<u8> {
        let content = content();
        let found = listed(&content, &Usage::default(), wanted);
        found.iter().map(|account| account.id.0[0]).collect()
    }

    fn query(query: &str) -> Vec<u8> {
        ids(Wanted {
            query: Some(query),
            ..Wanted::default()
        })
    }

    #[test]
    fn letters_in_their_order_find_an_account_and_others_do_not() {
        assert_eq!(query("gthb"), [1]);
        assert_eq!(query("drc"), [3]);
        assert_eq!(query("ZÜRICH"), [4]);
        assert_eq!(query("zrb"), [4]);
        assert_eq!(query("money ada"), [4]);
        assert_eq!(query("bhtg"), [0; 0]);
        assert_eq!(query("ada nobody"), [0; 0]);
    }

    #[test]
    fn what_fits_best_stands_first() {
        assert_eq!(query("git")[..2], [1, 2]);
        assert_eq!(query("gitl"), [2]);
        assert_eq!(query("dr")[0], 3);
        assert_eq!(query("b").first(), Some(&4), "a beginning before a middle");
    }

    #[test]
    fn without_a_query_pinned_accounts_stand_first() {
        assert_eq!(ids(Wanted::default()), [2, 3, 1, 4]);
        assert_eq!(query("  "), [2, 3, 1, 4]);
        let by_name = Some(Order::Name);
        assert_eq!(
            ids(Wanted {
                order: by_name,
                ..Wanted::default()
            }),
            [3, 1, 2, 4]
        );
    }

    #[test]
    fn a_tag_is_the_same_whatever_its_case() {
        assert_eq!(
            ids(Wanted {
                tag: Some("WORK"),
                ..Wanted::default()
            }),
            [3, 1]
        );
    }

    #[test]
    fn the_longest_name_and_query_are_scored_at_once() {
        let long: Vec<char> = "a".repeat(512).chars().collect();
        assert!(score(&long, &long).is_some());
        assert!(score(&long, &['b']).is_none());
    }
}

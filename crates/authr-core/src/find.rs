//! From a name that was typed to one account: exact before prefix before substring, never a guess.

use std::hash::{DefaultHasher, Hash, Hasher};

use crate::account::{Account, AccountId};
use crate::content::Content;

/// How many nearest names an error names.
const MAX_NEAREST: usize = 3;

/// Why a name is not one account.
#[derive(Debug, PartialEq, Eq)]
pub enum FindError {
    /// No account has it; these names are near.
    NotFound {
        /// Names that differ by little, nearest first.
        nearest: Vec<String>,
    },
    /// Several accounts have it.
    Ambiguous {
        /// Which ones.
        matches: Vec<AccountId>,
    },
}

/// The one listed account that `typed` names.
///
/// It is compared with the issuer, the label, `issuer:label` and the id: first the same, then the same but for case,
/// then as the beginning (of at least 8 characters for an id), then as a part. The first of these that
/// anything answers to decides.
///
/// `known` are the names of this very content, where somebody has them.
///
/// # Errors
/// [`FindError`].
pub fn find<'a>(
    content: &'a Content,
    known: Option<&Names>,
    typed: &str,
) -> Result<&'a Account, FindError> {
    let typed = typed.trim();
    let lower: String = typed.chars().flat_map(char::to_lowercase).collect();
    let tiers: [&dyn Fn(Spelling<'_>) -> bool; 3] = [
        &|name| name.lower().eq(lower.chars()),
        &|name| {
            let mut name = name.lower();
            lower.chars().all(|wanted| name.next() == Some(wanted))
        },
        &|name| name.lower().collect::<String>().contains(&lower),
    ];
    if !typed.is_empty() {
        if let Some(account) = by_id(content, &lower) {
            return Ok(account);
        }
        let like = |matches: &dyn Fn(Spelling<'_>) -> bool| -> Vec<&Account> {
            let listed = content.listed();
            listed
                .filter(|account| Spelling::all(account).any(matches))
                .collect()
        };
        let same = || match known {
            Some(names) => names.accounts(content, typed),
            None => like(&|name| name.is(typed)),
        };
        let found = std::iter::once_with(same).chain(tiers.into_iter().map(like));
        for found in found {
            match found.as_slice() {
                [] => {}
                [one] => return Ok(one),
                several => {
                    return Err(FindError::Ambiguous {
                        matches: several.iter().map(|account| account.id).collect(),
                    });
                }
            }
        }
    }
    Err(FindError::NotFound {
        nearest: nearest(content, &lower),
    })
}

/// Where each name of a content is. To look at ten thousand accounts costs more than all else that it takes to tell a code: who keeps a
/// content open keeps these too.
#[derive(Debug)]
pub struct Names(Vec<(u64, usize)>);

impl Names {
    /// The names of a content, for as long as nothing in it changes.
    #[must_use]
    pub fn of(content: &Content) -> Self {
        let accounts = content.accounts.iter().enumerate();
        let mut names: Vec<(u64, usize)> = accounts
            .flat_map(|(at, account)| names(account).map(move |name| (hash(&name), at)))
            .collect();
        names.sort_unstable();
        names.dedup();
        Self(names)
    }

    /// The listed accounts that have this very name.
    fn accounts<'a>(&self, content: &'a Content, typed: &str) -> Vec<&'a Account> {
        let wanted = hash(typed);
        let first = self.0.partition_point(|(hash, _)| *hash < wanted);
        let same = self.0[first..]
            .iter()
            .take_while(|(hash, _)| *hash == wanted);
        same.filter_map(|(_, at)| content.accounts.get(*at))
            .filter(|account| account.is_listed())
            .filter(|account| Spelling::all(account).any(|name| name.is(typed)))
            .collect()
    }
}

fn hash(name: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    name.hash(&mut hasher);
    hasher.finish()
}

fn by_id<'a>(content: &'a Content, lower: &str) -> Option<&'a Account> {
    if lower.len() < 8 || !lower.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let mut found = content
        .listed()
        .filter(|account| account.id.to_string().starts_with(lower));
    let first = found.next()?;
    found.next().is_none().then_some(first)
}

/// A name that an account answers to, in its parts: ten thousand are looked through without one allocation.
#[derive(Clone, Copy)]
struct Spelling<'a>([&'a str; 3]);

impl<'a> Spelling<'a> {
    /// Issuer, label, `issuer:label`; not what is empty.
    fn all(account: &'a Account) -> impl Iterator<Item = Self> {
        let (issuer, label) = (account.issuer.as_str(), account.label.as_str());
        let both = !issuer.is_empty() && !label.is_empty();
        [issuer, label]
            .into_iter()
            .filter(|name| !name.is_empty())
            .map(|name| Self([name, "", ""]))
            .chain(both.then_some(Self([issuer, ":", label])))
    }

    /// Lengths are compared first: they lie in the accounts, the texts lie elsewhere.
    fn is(self, typed: &str) -> bool {
        let [first, colon, last] = self.0;
        typed.len() == first.len() + colon.len() + last.len()
            && typed
                .strip_prefix(first)
                .and_then(|rest| rest.strip_prefix(colon))
                .is_some_and(|rest| rest == last)
    }

    fn chars(self) -> impl Iterator<Item = char> + use<'a> {
        self.0.into_iter().flat_map(str::chars)
    }

    fn lower(self) -> impl Iterator<Item = char> + use<'a> {
        self.chars().flat_map(char::to_lowercase)
    }
}

fn names(account: &Account) -> impl Iterator<Item = String> {
    Spelling::all(account).map(|name| name.chars().collect())
}

/// The names that differ from what was typed by no more than a third of its characters.
fn nearest(content: &Content, lower: &str) -> Vec<String> {
    let limit = lower.chars().count().div_ceil(3);
    let mut near: Vec<(usize, String)> = content
        .listed()
        .flat_map(names)
        .map(|name| (distance(&name.to_lowercase(), lower, limit), name))
        .filter(|(distance, _)| *distance <= limit)
        .collect();
    near.sort();
    near.dedup();
    near.into_iter()
        .map(|(_, name)| name)
        .take(MAX_NEAREST)
        .collect()
}

/// The Levenshtein distance, or `limit + 1` where it is larger.
fn distance(one: &str, other: &str, limit: usize) -> usize {
    let (one, other): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    if one.len().abs_diff(other.len()) > limit {
        return limit + 1;
    }
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (i, a) in one.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in other.iter().enumerate() {
            let substituted = diagonal + usize::from(a != b);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(row[j] + 1).min(row[j + 1] + 1);
        }
    }
    row[other.len()].min(limit + 1)
}

#[cfg(test)]
mod tests {
    use authr_crypto::secret::OtpSecret;
    use authr_otp::{Kind, Name, Otp};

    use super::*;

    fn content() -> Content {
        let mut content = Content::default();
        for (id, issuer, label) in [
            (1, "GitHub", "ada"),
            (2, "GitHub", "work"),
            (3, "GitLab", "ada"),
            (4, "", "git"),
            (5, "Bank", "Über"),
        ] {
            let otp = Otp {
                secret: OtpSecret::new(vec![id]).unwrap(),
                kind: Kind::Native,
            };
            let (issuer, label) = (Name::new(issuer).unwrap(), Name::new(label).unwrap());
            content
                .accounts
                .push(Account::new(AccountId([id; 16]), issuer, label, otp, 1));
        }
        content
    }

    /// What is found, which is the same with and without the names at hand.
    fn found(typed: &str) -> Result<u8, FindError> {
        let content = content();
        let found = |known| find(&content, known, typed).map(|account| account.id.0[0]);
        let names = Names::of(&content);
        assert_eq!(found(Some(&names)), found(None));
        found(None)
    }

    #[test]
    fn the_exact_name_wins_over_a_prefix_and_a_prefix_over_a_part() {
        assert_eq!(found("git"), Ok(4));
        assert_eq!(found("GIT"), Ok(4));
        assert_eq!(found("GitL"), Ok(3));
        assert_eq!(found("work"), Ok(2));
        assert_eq!(found("ban"), Ok(5));
        assert_eq!(found("über"), Ok(5));
        assert_eq!(found("GitHub:ada"), Ok(1));
        assert_eq!(found("05050505"), Ok(5));
    }

    #[test]
    fn several_matches_are_an_error_that_lists_them() {
        let ids = |ids: &[u8]| ids.iter().map(|id| AccountId([*id; 16])).collect();
        assert_eq!(
            found("ada"),
            Err(FindError::Ambiguous {
                matches: ids(&[1, 3])
            })
        );
        assert_eq!(
            found("github"),
            Err(FindError::Ambiguous {
                matches: ids(&[1, 2])
            })
        );
    }

    #[test]
    fn an_unknown_name_is_an_error_that_names_the_nearest() {
        assert_eq!(
            found("GitHbu:ada"),
            Err(FindError::NotFound {
                nearest: vec!["GitHub:ada".into(), "GitLab:ada".into()]
            })
        );
        assert_eq!(
            found("nothing like it"),
            Err(FindError::NotFound { nearest: vec![] })
        );
        assert_eq!(found("  "), Err(FindError::NotFound { nearest: vec![] }));
    }

    #[test]
    fn what_is_in_the_trash_is_not_found() {
        let mut content = content();
        content.accounts[4].trashed_at = Some(1);
        for names in [None, Some(&Names::of(&content))] {
            assert!(find(&content, names, "Bank").is_err());
        }
    }
}

//! Codes of accounts at a time.

use authr_core::account::{Account, AccountId};
use authr_otp::{Code, Kind, Period, UnixSeconds};
use serde::{Deserialize, Serialize};

use super::accounts::find_by;
use super::error::Error;
use super::session::Session;
use super::wire;

/// Which code of an account that follows the time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Which {
    /// The one that is valid.
    Current,
    /// The one after it.
    Next,
    /// The one before it.
    Previous,
}

impl Which {
    /// A time at which this code is the current one; none before the first code of all.
    fn moved(self, now: UnixSeconds, period: Period) -> Option<UnixSeconds> {
        let period = u64::from(period.seconds());
        let moved = match self {
            Self::Current => Some(now.0),
            Self::Next => now.0.checked_add(period),
            Self::Previous => now.0.checked_sub(period),
        };
        moved.map(UnixSeconds)
    }
}

/// What is shown of an account's code.
#[derive(Serialize, Deserialize)]
pub(crate) struct ShownCode {
    /// Which account.
    #[serde(with = "wire::id")]
    pub(crate) id: AccountId,
    /// The account's issuer.
    pub(crate) issuer: String,
    /// The account's label.
    pub(crate) label: String,
    /// `issuer:label`.
    pub(crate) name: String,
    /// How its codes come about.
    #[serde(with = "wire::kind")]
    pub(crate) kind: Kind,
    /// The code.
    #[serde(with = "wire::code")]
    pub(crate) code: Code,
    /// The code after it; none for an account that counts.
    #[serde(with = "wire::next_code")]
    pub(crate) next: Option<Code>,
    /// Seconds it still lives; none for an account that counts.
    pub(crate) remaining: Option<u64>,
    /// When it ends; none for an account that counts.
    #[serde(with = "wire::time")]
    pub(crate) valid_until: Option<UnixSeconds>,
}

impl ShownCode {
    /// The code of an account at a time; nothing moves on.
    pub(crate) fn at(account: &Account, now: UnixSeconds) -> Self {
        let otp = &account.otp;
        let remaining = otp.remaining(now);
        Self {
            id: account.id,
            issuer: account.issuer.as_str().to_owned(),
            label: account.label.as_str().to_owned(),
            name: account.name(),
            kind: otp.kind,
            code: otp.code_at(now),
            next: remaining.map(|_| otp.next_code_at(now)),
            remaining,
            valid_until: otp.valid_until(now),
        }
    }

    /// The code of an account that follows the time, or one beside it; none of an account that counts, and none before
    /// the first code of all.
    pub(crate) fn beside(account: &Account, now: UnixSeconds, which: Which) -> Option<Self> {
        let period = account.otp.kind.period()?;
        which.moved(now, period).map(|now| Self::at(account, now))
    }
}

impl Session<'_> {
    /// The codes of the accounts with these names: now, or of another time, and then no counter moves.
    pub(crate) fn codes(
        &mut self,
        names: &[String],
        at: Option<UnixSeconds>,
        which: Which,
    ) -> Result<Vec<ShownCode>, Error> {
        let accounts = self.named(names)?;
        let counts = |account: &&Account| account.otp.kind.counter().is_some();
        match (at, which) {
            (None, Which::Current) if accounts.iter().any(counts) => {
                let ids: Vec<AccountId> = accounts.iter().map(|account| account.id).collect();
                self.codes_of_counters(&ids)
            }
            (at, Which::Current) => {
                let shown = accounts.into_iter().map(|account| {
                    ShownCode::at(account, at.unwrap_or_else(|| self.time_of(account)))
                });
                Ok(shown.collect())
            }
            (at, which) => (accounts.into_iter())
                .map(|account| {
                    let now = at.unwrap_or_else(|| self.time_of(account));
                    ShownCode::beside(account, now, which).ok_or_else(|| {
                        match account.otp.kind.period() {
                            None => Error::Counts {
                                name: account.name(),
                            },
                            Some(_) => Error::NoSuchCode,
                        }
                    })
                })
                .collect(),
        }
    }

    /// Brings the counter of an account to where two codes in a row leave it.
    pub(super) fn resync(&mut self, id: AccountId, first: &str, second: &str) -> Result<(), Error> {
        let typed = |code: &str| code.split_whitespace().collect::<String>();
        let (first, second) = (typed(first), typed(second));
        self.edit_accounts(&[id], |account| {
            let name = account.name();
            let found = account.otp.resync(&first, &second);
            let found = found.map_err(|source| Error::Resync { name, source })?;
            if let Kind::Hotp { counter, .. } = &mut account.otp.kind {
                *counter = found;
            }
            Ok(())
        })
    }

    /// The accounts with these names, in their order.
    pub(crate) fn named(&self, names: &[String]) -> Result<Vec<&Account>, Error> {
        let mut names = names.iter();
        names.try_fold(Vec::new(), |mut found, name| {
            found.push(find_by(self.content(), self.names(), name)?);
            Ok(found)
        })
    }

    /// The codes of accounts now, some of which count. A counter is saved before its code is shown: a crash in between burns
    /// one code, the other order would show one twice.
    fn codes_of_counters(&mut self, ids: &[AccountId]) -> Result<Vec<ShownCode>, Error> {
        let counts = |id: &&AccountId| {
            self.content()
                .account(**id)
                .is_some_and(|account| account.otp.kind.counter().is_some())
        };
        let counting: Vec<AccountId> = ids.iter().filter(counts).copied().collect();
        let shown = self.edit(|content, planning| {
            let mut shown = Vec::new();
            for id in ids {
                let account = content.account_mut(*id).ok_or(Error::Vanished)?;
                if !counting.contains(id) {
                    shown.push(None);
                    continue;
                }
                // Taken from the newest content, so that two processes never show the same code.
                shown.push(Some(ShownCode::at(account, planning.now)));
                let name = account.name();
                account.otp.kind = account
                    .otp
                    .kind
                    .advanced()
                    .map_err(|_| Error::CounterUsedUp { name })?;
            }
            Ok(shown)
        })?;
        ids.iter()
            .zip(shown)
            .map(|(id, shown)| match shown {
                Some(shown) => Ok(shown),
                None => self
                    .content()
                    .account(*id)
                    .map(|account| ShownCode::at(account, self.time_of(account)))
                    .ok_or(Error::Vanished),
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_code_beside_is_one_period_away_and_there_is_none_before_the_first() {
        let moved = |which: Which, now| which.moved(UnixSeconds(now), Period::THIRTY);
        assert_eq!(moved(Which::Current, 59), Some(UnixSeconds(59)));
        assert_eq!(moved(Which::Next, 59), Some(UnixSeconds(89)));
        assert_eq!(moved(Which::Previous, 59), Some(UnixSeconds(29)));
        assert_eq!(moved(Which::Previous, 29), None);
        assert_eq!(moved(Which::Next, u64::MAX), None);
    }
}

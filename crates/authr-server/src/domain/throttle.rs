//! Whether one more message goes out, given what was sent lately.

use serde::Deserialize;

use crate::storage::{Index, Purpose, Refusal, SendHistory, UnixSeconds};

const HOUR: i64 = 3600;

/// Limits on messages.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MessageLimits {
    /// Countries that messages go to, as two letters; all where it is not set.
    pub allowed_countries: Option<Vec<String>>,
    /// To one number, for registrations.
    pub registration: NumberLimits,
    /// To one number, for tokens of sites.
    pub token: NumberLimits,
    /// From this many messages in an hour on, a block of ten thousand numbers must confirm some.
    pub prefix_an_hour: u32,
    /// How many of them in a hundred.
    pub prefix_verified_percent: u32,
    /// By one application in a day.
    pub application_a_day: u32,
    /// Registrations from one network in an hour.
    pub network_an_hour: u32,
    /// By the whole server in a day: what it costs at most.
    pub all_a_day: u32,
    /// How many of them in a hundred are for registrations, which anyone may ask for; the others are for tokens.
    pub registrations_percent: u32,
}

/// Limits on messages to one number.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NumberLimits {
    /// Seconds between the first two; twice as many with each further one in the hour.
    pub gap_seconds: i64,
    /// In an hour.
    pub an_hour: usize,
    /// In a day.
    pub a_day: usize,
    /// Of both, how many are kept for networks that did not ask that day.
    pub kept_for_new_networks: usize,
}

impl Default for MessageLimits {
    fn default() -> Self {
        Self {
            allowed_countries: None,
            registration: NumberLimits {
                gap_seconds: 30,
                an_hour: 5,
                a_day: 10,
                kept_for_new_networks: 2,
            },
            token: NumberLimits {
                gap_seconds: 0,
                an_hour: 10,
                a_day: 30,
                kept_for_new_networks: 0,
            },
            prefix_an_hour: 20,
            prefix_verified_percent: 20,
            application_a_day: 10_000,
            network_an_hour: 60,
            all_a_day: 20_000,
            registrations_percent: 25,
        }
    }
}

impl MessageLimits {
    /// Whether messages go to a country.
    #[must_use]
    pub fn allows(&self, region: Option<&str>) -> bool {
        match (&self.allowed_countries, region) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(allowed), Some(region)) => {
                allowed.iter().any(|one| one.eq_ignore_ascii_case(region))
            }
        }
    }

    /// Whether one more goes out.
    ///
    /// # Errors
    /// [`Refusal`], the first rule that says no.
    pub fn check(
        &self,
        history: &SendHistory,
        purpose: Purpose,
        network: Option<Index>,
        now: UnixSeconds,
    ) -> Result<(), Refusal> {
        let number = match purpose {
            Purpose::Token => &self.token,
            Purpose::Registration => &self.registration,
        };
        number.check(&history.number, network, now)?;
        let too_few = history.prefix_verified.saturating_mul(100)
            < history.prefix.saturating_mul(self.prefix_verified_percent);
        if history.prefix >= self.prefix_an_hour && too_few {
            return Err(Refusal::Prefix);
        }
        if purpose == Purpose::Token && history.application >= self.application_a_day {
            return Err(Refusal::Application);
        }
        if purpose == Purpose::Registration && history.network >= self.network_an_hour {
            return Err(Refusal::Network);
        }
        if history.day >= self.share(purpose) {
            return Err(Refusal::All);
        }
        Ok(())
    }

    /// How many messages of a day are for a purpose. Neither can take what is the other's.
    fn share(&self, purpose: Purpose) -> u32 {
        let percent = u64::from(self.registrations_percent.min(100));
        let registrations = u64::from(self.all_a_day) * percent / 100;
        let registrations = u32::try_from(registrations).unwrap_or(self.all_a_day);
        match purpose {
            Purpose::Registration => registrations,
            Purpose::Token => self.all_a_day - registrations,
        }
    }
}

impl NumberLimits {
    /// When the next one goes out after one that goes out now.
    #[must_use]
    pub fn next(
        &self,
        mut sent: Vec<(UnixSeconds, Option<Index>)>,
        network: Option<Index>,
        now: UnixSeconds,
    ) -> UnixSeconds {
        sent.push((now, network));
        let mut at = now;
        // Three rules may each say later; limits of zero never say when.
        for _ in 0..4 {
            match self.check(&sent, network, at) {
                Err(Refusal::Number { retry_after }) => at += retry_after,
                _ => break,
            }
        }
        at
    }

    fn check(
        &self,
        sent: &[(UnixSeconds, Option<Index>)],
        network: Option<Index>,
        now: UnixSeconds,
    ) -> Result<(), Refusal> {
        let known = network.is_some() && sent.iter().any(|(_, from)| *from == network);
        let kept = if known { self.kept_for_new_networks } else { 0 };
        let in_hour: Vec<UnixSeconds> = sent
            .iter()
            .map(|(at, _)| *at)
            .filter(|at| *at > now - HOUR)
            .collect();

        if let Some(last) = in_hour.last() {
            let doublings = u32::try_from(in_hour.len() - 1).unwrap_or(u32::MAX).min(16);
            let free_at = last.saturating_add(self.gap_seconds.saturating_mul(1 << doublings));
            refuse_until(free_at, now)?;
        }
        let (an_hour, a_day) = (
            self.an_hour.saturating_sub(kept),
            self.a_day.saturating_sub(kept),
        );
        if in_hour.len() >= an_hour {
            let oldest = in_hour
                .len()
                .checked_sub(an_hour.max(1))
                .map(|at| in_hour[at]);
            refuse_until(oldest.unwrap_or(now) + HOUR, now)?;
        }
        if sent.len() >= a_day {
            let oldest = sent.len().checked_sub(a_day.max(1)).map(|at| sent[at].0);
            refuse_until(oldest.unwrap_or(now) + 24 * HOUR, now)?;
        }
        Ok(())
    }
}

fn refuse_until(free_at: UnixSeconds, now: UnixSeconds) -> Result<(), Refusal> {
    if free_at > now {
        return Err(Refusal::Number {
            retry_after: free_at - now,
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UnixSeconds = 1_000_000;
    const HOME: Option<Index> = Some(Index([1; 32]));
    const AWAY: Option<Index> = Some(Index([2; 32]));

    fn registration(sent: &[i64], network: Option<Index>) -> Result<(), Refusal> {
        let history = SendHistory {
            number: sent.iter().map(|ago| (NOW - ago, HOME)).collect(),
            ..SendHistory::default()
        };
        MessageLimits::default().check(&history, Purpose::Registration, network, NOW)
    }

    fn wait(seconds: i64) -> Result<(), Refusal> {
        Err(Refusal::Number {
            retry_after: seconds,
        })
    }

    #[test]
    fn the_gap_grows_from_30_seconds() {
        assert_eq!(registration(&[], AWAY), Ok(()));
        assert_eq!(registration(&[29], AWAY), wait(1));
        assert_eq!(registration(&[30], AWAY), Ok(()));
        assert_eq!(registration(&[100, 59], AWAY), wait(1));
        assert_eq!(registration(&[100, 60], AWAY), Ok(()));
        assert_eq!(registration(&[900, 800, 700, 239], AWAY), wait(1));
    }

    #[test]
    fn the_sixth_in_an_hour_and_the_eleventh_in_a_day_wait() {
        assert_eq!(
            registration(&[3500, 3000, 2500, 2000, 1000], AWAY),
            wait(100)
        );
        let day: Vec<i64> = (1..=10).rev().map(|hours| hours * 7200).collect();
        assert_eq!(registration(&day, AWAY), wait(24 * HOUR - 72_000));
        assert_eq!(registration(&day[1..], AWAY), Ok(()));
    }

    #[test]
    fn the_next_one_is_announced_and_then_let_through() {
        let limits = MessageLimits::default().registration;
        let mut sent = Vec::new();
        let mut at = NOW;
        // The other two of the hour are kept for other networks: the fourth waits until the first is an hour old.
        for due in [NOW + 30, NOW + 90, NOW + HOUR] {
            let next = limits.next(sent.clone(), AWAY, at);
            assert_eq!(next, due);
            sent.push((at, AWAY));
            assert!(limits.check(&sent, AWAY, next - 1).is_err());
            assert_eq!(limits.check(&sent, AWAY, next), Ok(()));
            at = next;
        }
    }

    #[test]
    fn a_network_that_asked_already_leaves_two_for_others() {
        let three = [3500, 3000, 2500];
        assert_eq!(registration(&three, HOME), wait(100));
        assert_eq!(registration(&three, AWAY), Ok(()));
        let day: Vec<i64> = (1..=8).rev().map(|hours| hours * 7200).collect();
        assert!(registration(&day, HOME).is_err());
        assert_eq!(registration(&day, AWAY), Ok(()));
    }

    #[test]
    fn a_prefix_that_confirms_nothing_is_closed_at_the_twentieth() {
        let limits = MessageLimits::default();
        let check = |prefix, prefix_verified| {
            let history = SendHistory {
                prefix,
                prefix_verified,
                ..SendHistory::default()
            };
            limits.check(&history, Purpose::Token, None, NOW)
        };
        assert_eq!(check(19, 0), Ok(()));
        assert_eq!(check(20, 3), Err(Refusal::Prefix));
        assert_eq!(check(20, 4), Ok(()));
        assert_eq!(check(1000, 199), Err(Refusal::Prefix));
        assert_eq!(check(1000, 200), Ok(()));
    }

    #[test]
    fn application_network_and_server_have_their_limits_and_a_country_that_is_not_listed_gets_nothing()
     {
        let mut limits = MessageLimits {
            application_a_day: 1,
            ..MessageLimits::default()
        };
        let history = SendHistory {
            application: 1,
            ..SendHistory::default()
        };
        assert_eq!(
            limits.check(&history, Purpose::Token, None, NOW),
            Err(Refusal::Application)
        );
        let registration = |history: &SendHistory| {
            MessageLimits::default().check(history, Purpose::Registration, AWAY, NOW)
        };
        let network = |network| SendHistory {
            network,
            ..SendHistory::default()
        };
        assert_eq!(registration(&network(59)), Ok(()));
        assert_eq!(registration(&network(60)), Err(Refusal::Network));
        assert!(limits.allows(None) && limits.allows(Some("CU")));
        limits.allowed_countries = Some(vec!["us".into()]);
        assert!(limits.allows(Some("US")));
        assert!(!limits.allows(Some("CA")) && !limits.allows(None));
    }

    #[test]
    fn registrations_leave_tokens_three_quarters_of_a_day_and_take_one() {
        let check = |limits: &MessageLimits, purpose, day| {
            let history = SendHistory {
                day,
                ..SendHistory::default()
            };
            limits.check(&history, purpose, AWAY, NOW)
        };
        let limits = MessageLimits::default();
        for (purpose, most) in [(Purpose::Registration, 5000), (Purpose::Token, 15_000)] {
            assert_eq!(check(&limits, purpose, most - 1), Ok(()));
            assert_eq!(check(&limits, purpose, most), Err(Refusal::All));
        }
        // Whatever is set, both together are a day.
        for (all_a_day, registrations_percent) in [
            (0, 25),
            (1, 25),
            (7, 99),
            (9, 200),
            (u32::MAX, 100),
            (u32::MAX, 33),
        ] {
            let limits = MessageLimits {
                all_a_day,
                registrations_percent,
                ..MessageLimits::default()
            };
            let (one, other) = (
                limits.share(Purpose::Registration),
                limits.share(Purpose::Token),
            );
            assert_eq!(one.checked_add(other), Some(all_a_day));
        }
    }
}

//! When the agent locks: a machine of two clocks, without a process around it.

use crate::app::agent::Limits;

/// Times are seconds since the machine was started, sleep among them: a lid that was closed for an hour is an hour in which
/// nobody used the vault.
#[derive(Debug)]
pub(super) struct Watch {
    limits: Limits,
    unlocked_at: u64,
    used_at: u64,
}

impl Watch {
    /// The vault was unlocked now.
    pub(super) fn begin(limits: Limits, now: u64) -> Self {
        Self {
            limits,
            unlocked_at: now,
            used_at: now,
        }
    }

    /// Somebody used the vault. A question how the agent stands is no use.
    pub(super) fn used(&mut self, now: u64) {
        self.used_at = self.used_at.max(now);
    }

    /// Whether it is time to lock. A clock that went back tells nothing, and locks.
    pub(super) fn is_over(&self, now: u64) -> bool {
        now < self.unlocked_at || self.idle_lock_in(now) == 0
    }

    /// The seconds until it locks, if nobody uses it.
    pub(super) fn idle_lock_in(&self, now: u64) -> u64 {
        let idle = left(self.used_at, self.limits.idle, now);
        idle.min(self.lock_in(now))
    }

    /// The seconds until it locks, whatever happens.
    pub(super) fn lock_in(&self, now: u64) -> u64 {
        left(self.unlocked_at, self.limits.longest, now)
    }
}

fn left(since: u64, limit: u64, now: u64) -> u64 {
    since.saturating_add(limit).saturating_sub(now)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::settings::Settings;

    const MINUTE: u64 = 60;
    const HOUR: u64 = 60 * MINUTE;

    fn unlocked_at(now: u64) -> Watch {
        Watch::begin(Limits::of(&Settings::default()), now)
    }

    #[test]
    fn it_locks_after_15_minutes_without_use_and_not_a_second_before() {
        let watch = unlocked_at(1000);
        assert!(!watch.is_over(1000 + 15 * MINUTE - 1));
        assert!(watch.is_over(1000 + 15 * MINUTE));
        assert!(watch.is_over(u64::MAX));
    }

    #[test]
    fn use_puts_the_idle_lock_off_and_looking_does_not() {
        let mut watch = unlocked_at(0);
        watch.used(10 * MINUTE);
        for now in 10 * MINUTE..25 * MINUTE {
            assert_eq!(watch.idle_lock_in(now), 25 * MINUTE - now);
            assert!(!watch.is_over(now));
        }
        assert!(watch.is_over(25 * MINUTE));
    }

    #[test]
    fn use_without_end_does_not_put_the_absolute_lock_off() {
        let mut watch = unlocked_at(7);
        for now in (7..7 + 12 * HOUR).step_by(60) {
            assert!(!watch.is_over(now));
            watch.used(now);
        }
        assert_eq!(watch.idle_lock_in(6 + 12 * HOUR), 1);
        assert!(watch.is_over(7 + 12 * HOUR));
    }

    #[test]
    fn sleep_counts_as_time_without_use() {
        let mut watch = unlocked_at(0);
        watch.used(5);
        // The machine slept from second 6 on: the clock went on.
        assert!(watch.is_over(6 + 8 * HOUR));
    }

    #[test]
    fn a_clock_that_goes_back_locks_or_wins_nothing() {
        let mut watch = unlocked_at(1000);
        watch.used(1500);
        watch.used(1200);
        assert_eq!(watch.idle_lock_in(1500), 15 * MINUTE);
        assert!(watch.is_over(999));
    }

    #[test]
    fn limits_without_measure_do_not_overflow() {
        let limits = Limits {
            idle: u64::MAX,
            longest: u64::MAX,
        };
        assert!(!Watch::begin(limits, 5).is_over(u64::MAX - 1));
    }
}

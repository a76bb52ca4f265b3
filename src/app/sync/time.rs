//! The server's time: codes of native accounts are checked by it.

use authr_core::account::Account;
use authr_otp::UnixSeconds;

use crate::app::error::Error;
use crate::app::session::Session;
use crate::clock::Clock;
use crate::store::{ServerTime, State};

/// A second or two is the way of the answer, and no reason to turn a clock.
const NOISE_SECONDS: u64 = 2;
/// A clock that was set shows another start of the machine; this much is rounding and slow correction.
const SAME_START_SECONDS: u64 = 2;

impl Session<'_> {
    /// Remembers how the server's time stands to this machine's, where that can be told from a later setting.
    pub(super) fn remember_server_time(&self, offset: i64) -> Result<(), Error> {
        let known = server_time(&*self.context.clock, offset);
        let lock = self.store.lock()?;
        let mut state = self.store.state()?;
        if state.server_time == known {
            return Ok(());
        }
        state.server_time = known;
        Ok(self.store.write_state(&lock, &state)?)
    }

    /// The time that an account's codes go by: the server's for a native one, this machine's for any other.
    pub(crate) fn time_of(&self, account: &Account) -> UnixSeconds {
        let now = self.now();
        if !account.is_native() {
            return now;
        }
        // Without a state that can be read, the clock on the wall has to do.
        let known = self.store.state().ok().and_then(|state| state.server_time);
        UnixSeconds(
            now.0
                .saturating_add_signed(offset(&*self.context.clock, known)),
        )
    }
}

/// What a sync found of the clocks, as far as it still holds: the server's time less this machine's, in seconds.
pub(in crate::app) fn known_offset(clock: &dyn Clock, state: &State) -> i64 {
    offset(clock, state.server_time)
}

fn server_time(clock: &dyn Clock, offset: i64) -> Option<ServerTime> {
    let started = clock.now().checked_sub(clock.since_start()?)?;
    (offset.unsigned_abs() > NOISE_SECONDS).then_some(ServerTime { offset, started })
}

/// The offset that still holds: the machine was not started again and its clock not set.
fn offset(clock: &dyn Clock, known: Option<ServerTime>) -> i64 {
    let started = || clock.now().checked_sub(clock.since_start()?);
    match (known, started()) {
        (Some(known), Some(started)) if started.abs_diff(known.started) <= SAME_START_SECONDS => {
            known.offset
        }
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Running {
        now: u64,
        since_start: u64,
    }

    impl Clock for Running {
        fn now(&self) -> u64 {
            self.now
        }

        fn since_start(&self) -> Option<u64> {
            Some(self.since_start)
        }
    }

    fn clock(now: u64, since_start: u64) -> Running {
        Running { now, since_start }
    }

    #[test]
    fn an_offset_holds_until_the_machine_starts_again_or_its_clock_is_set() {
        let known = server_time(&clock(1000, 100), -90);
        assert_eq!(offset(&clock(5000, 4100), known), -90);
        assert_eq!(offset(&clock(5000, 10), known), 0, "started again");
        assert_eq!(offset(&clock(4910, 4100), known), 0, "set right");
        assert_eq!(offset(&clock(5000, 4100), None), 0);
    }

    #[test]
    fn the_way_of_an_answer_is_no_offset() {
        assert_eq!(server_time(&clock(1000, 100), 2), None);
        assert!(server_time(&clock(1000, 100), 3).is_some());
    }

    #[test]
    fn where_the_start_cannot_be_told_no_offset_is_used() {
        let closure: Box<dyn Clock> = Box::new(|| 1000);
        assert_eq!(server_time(&*closure, 90), None);
        let known = server_time(&clock(1000, 100), 90);
        assert_eq!(offset(&*closure, known), 0);
    }
}

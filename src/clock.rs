//! The time of day: the one reader of the system clock.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// Tells the time, in seconds since 1970-01-01T00:00:00Z.
pub trait Clock {
    /// The present second.
    fn now(&self) -> u64;

    /// The seconds since the machine was started, sleep among them; none where that cannot be told.
    fn since_start(&self) -> Option<u64> {
        None
    }

    /// Lets so much time pass.
    fn wait(&self, time: Duration) {
        std::thread::sleep(time);
    }
}

/// A closure is a clock, so that a test sets the time it likes.
impl<F: Fn() -> u64> Clock for F {
    fn now(&self) -> u64 {
        self()
    }
}

/// The clock of this machine. A time before 1970 reads as 0.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> u64 {
        #[expect(clippy::disallowed_methods, reason = "this is the clock")]
        let now = std::time::SystemTime::now();
        now.duration_since(std::time::UNIX_EPOCH)
            .map_or(0, |since| since.as_secs())
    }

    fn since_start(&self) -> Option<u64> {
        #[cfg(target_os = "linux")]
        let clock = ClockId::Boottime;
        // Elsewhere it is this one that goes on while the machine sleeps.
        #[cfg(not(target_os = "linux"))]
        let clock = ClockId::Monotonic;
        u64::try_from(clock_gettime(clock).tv_sec).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_closure_is_a_clock() {
        let clock: Box<dyn Clock> = Box::new(|| 59);
        assert_eq!((clock.now(), clock.since_start()), (59, None));
    }

    #[test]
    fn a_machine_was_started_before_now() {
        let since = SystemClock.since_start().unwrap();
        assert!(since > 0 && since < SystemClock.now());
    }
}

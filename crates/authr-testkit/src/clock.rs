//! A clock that stands until it is moved.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// A clock that stands until it is moved.
#[derive(Debug, Clone)]
pub struct FixedClock(Arc<AtomicU64>);

impl FixedClock {
    /// A clock that shows this second.
    #[must_use]
    pub fn at(seconds: u64) -> Self {
        Self(Arc::new(AtomicU64::new(seconds)))
    }

    /// The second that it shows.
    #[must_use]
    pub fn now(&self) -> u64 {
        self.0.load(Ordering::SeqCst)
    }

    /// Moves it on.
    pub fn advance(&self, seconds: u64) {
        self.0.fetch_add(seconds, Ordering::SeqCst);
    }

    /// Turns it to any second, back too.
    pub fn set(&self, seconds: u64) {
        self.0.store(seconds, Ordering::SeqCst);
    }

    /// What reads this clock, wherever a closure is taken for one.
    pub fn reader(&self) -> impl Fn() -> u64 + Send + Sync + 'static {
        let clock = self.clone();
        move || clock.now()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reader_follows_the_clock() {
        let clock = FixedClock::at(59);
        let reader = clock.reader();
        clock.advance(2);
        assert_eq!(reader(), 61);
        clock.set(0);
        assert_eq!(reader(), 0);
    }
}

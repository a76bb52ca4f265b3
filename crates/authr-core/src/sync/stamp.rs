//! Stamps: when a version came about, and where (a hybrid logical clock).

use std::fmt;

/// How many earlier secrets a version remembers having replaced. Beyond it the oldest is forgotten, and the worst that
/// comes of that is an account too many, never one too few.
pub const MAX_LINE: usize = 16;

/// How far ahead of the server's time an edit may claim to be, in seconds; beyond it, it is taken for this.
pub const AHEAD_SECONDS: u64 = 10 * 60;
/// A version that claims to be further ahead of the server's time than this, in seconds, is not taken in yet.
pub const QUARANTINE_SECONDS: u64 = 24 * 60 * 60;

/// How many bits of a clock are below the second.
const SECOND_BITS: u32 = 16;

/// When a version came about, and which device made it. Later is greater; of two at once, one device's is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Stamp {
    /// Seconds since 1970 in the upper 48 bits; below them, what tells edits of one second apart.
    pub clock: u64,
    /// The device.
    pub author: [u8; 16],
}

impl fmt::Debug for Stamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let author = u128::from_be_bytes(self.author);
        write!(f, "{}@{author:032x}", self.clock)
    }
}

impl Stamp {
    /// How many bytes it is written in.
    pub const BYTES: usize = 24;

    /// The stamp of an edit that was made at `edited`, in seconds since 1970, after everything of `clock`.
    #[must_use]
    pub fn after(edited: u64, clock: u64, author: [u8; 16], server_now: u64) -> Self {
        let edited = edited.min(server_now.saturating_add(AHEAD_SECONDS));
        let edited = edited.min(u64::MAX >> SECOND_BITS) << SECOND_BITS;
        Self {
            clock: edited.max(clock.saturating_add(1)),
            author,
        }
    }

    /// When it claims to be, in seconds since 1970.
    #[must_use]
    pub fn seconds(self) -> u64 {
        self.clock >> SECOND_BITS
    }

    /// `clock u64 || author[16]`.
    #[must_use]
    pub fn to_bytes(self) -> [u8; Self::BYTES] {
        let mut bytes = [0; Self::BYTES];
        let (clock, author) = bytes.split_at_mut(8);
        clock.copy_from_slice(&self.clock.to_be_bytes());
        author.copy_from_slice(&self.author);
        bytes
    }

    /// Reads what [`Self::to_bytes`] writes.
    #[must_use]
    pub fn from_bytes(bytes: [u8; Self::BYTES]) -> Self {
        let (clock, author) = (
            bytes.first_chunk().copied().unwrap_or_default(),
            bytes.last_chunk().copied().unwrap_or_default(),
        );
        Self {
            clock: u64::from_be_bytes(clock),
            author,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_700_000_000;

    fn after(edited: u64, clock: u64) -> Stamp {
        Stamp::after(edited, clock, [1; 16], NOW)
    }

    #[test]
    fn a_stamp_is_later_than_all_that_was_known_whatever_the_clock_says() {
        let first = after(NOW, 0);
        assert_eq!(first.seconds(), NOW);
        let second = after(NOW - 1000, first.clock);
        assert!(second > first && second.seconds() == NOW);
    }

    #[test]
    fn a_clock_ahead_counts_for_ten_minutes_and_no_more() {
        assert_eq!(after(NOW + 600, 0).seconds(), NOW + 600);
        assert_eq!(after(NOW + 601, 0).seconds(), NOW + 600);
        assert_eq!(after(u64::MAX, 0).seconds(), NOW + 600);
    }

    #[test]
    fn the_end_of_time_is_no_overflow() {
        assert_eq!(after(NOW, u64::MAX).clock, u64::MAX);
        let last = Stamp::after(u64::MAX, 0, [1; 16], u64::MAX);
        assert_eq!(last.seconds(), u64::MAX >> 16);
    }

    #[test]
    fn a_stamp_comes_back_as_it_was_written() {
        let stamp = after(NOW, 7);
        assert_eq!(Stamp::from_bytes(stamp.to_bytes()), stamp);
    }
}

//! Stamps: when a version came about, and where (a hybrid logical clock).

/// How many earlier secrets a version remembers having replaced. Beyond it the oldest is forgotten, and the worst that
/// comes of that is an account too many, never one too few.
pub const MAX_LINE: usize = 16;

/// When a version came about, and which device made it. Later is greater; of two at once, one device's is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Stamp {
    /// Seconds since 1970 in the upper 48 bits; below them, what tells edits of one second apart.
    pub clock: u64,
    /// The device.
    pub author: [u8; 16],
}

impl Stamp {
    /// How many bytes it is written in.
    pub const BYTES: usize = 24;

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

//! Why a device list is refused.

/// Why a list, or what the server says of it, is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ListError {
    /// The bytes are not an entry.
    #[error("entry {sequence} of the device list is malformed at byte {at}")]
    Malformed {
        /// Which entry.
        sequence: u64,
        /// Where in it.
        at: usize,
    },
    /// The entry is not signed by the key of its author.
    #[error("entry {sequence} of the device list has a wrong signature")]
    BadSignature {
        /// Which entry.
        sequence: u64,
    },
    /// The entry is signed, but may not stand there.
    #[error("entry {sequence} of the device list is not allowed: {rule}")]
    NotAllowed {
        /// Which entry.
        sequence: u64,
        /// What it breaks.
        rule: Rule,
    },
    /// There is no entry, or a group ends before its epoch or locker.
    #[error("the device list ends in the middle of a change")]
    Unfinished,
    /// The server's list is shorter than what was seen before.
    #[error("the device list went back: it had {pinned} entries and has {offered}")]
    WentBack {
        /// What was seen.
        pinned: u64,
        /// What is offered.
        offered: u64,
    },
    /// The server's list is another than what was seen before.
    #[error("the device list forked at entry {sequence}")]
    Forked {
        /// The entry that differs.
        sequence: u64,
    },
    /// The list lacks an entry that the locker names.
    #[error("the device list is not the one that the locker names")]
    ListForged,
}

/// What an entry breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Rule {
    /// Not the number after the entry before.
    #[error("its number is not the next one")]
    Sequence,
    /// Not the hash of the entry before.
    #[error("it does not follow the entry before")]
    Previous,
    /// More entries than a list has.
    #[error("the list is full")]
    TooManyEntries,
    /// A second genesis, or something else in its place.
    #[error("a list has one genesis, at its beginning")]
    Genesis,
    /// The author is no device of the list.
    #[error("its author is not on the list")]
    UnknownAuthor,
    /// The author was removed.
    #[error("its author was removed")]
    RemovedAuthor,
    /// The restore key signs something else than an `add`.
    #[error("the restore key may only add a device")]
    RestoreMayOnlyAdd,
    /// Something else is due: after a genesis or a removal an epoch, after an epoch a locker, by the same author.
    #[error("another entry is due first")]
    OutOfOrder,
    /// The id or a key was on the list before.
    #[error("an id or a key was on the list before")]
    Reused,
    /// The device does not hold the key that it shows.
    #[error("the new device does not prove that it holds its key")]
    NoPossession,
    /// More active devices than a user has.
    #[error("too many devices")]
    TooManyDevices,
    /// The device to remove is not active.
    #[error("the device to remove is not active")]
    NotActive,
    /// A device removes itself.
    #[error("a device cannot remove itself")]
    RemovesItself,
    /// Not the number after the epoch before.
    #[error("the number of the epoch is not the next one")]
    EpochNumber,
    /// The data key is not sealed to exactly the active devices.
    #[error("the data key is not sealed to exactly the active devices")]
    EpochDevices,
    /// Epoch 1 has a key before it, or a later one has none.
    #[error("the key of the epoch before is missing, or there is none")]
    EpochPrevious,
    /// Not the number after the locker before.
    #[error("the version of the locker is not the next one")]
    LockerVersion,
}

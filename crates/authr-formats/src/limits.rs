//! What every format keeps to, before it allocates anything.

/// The largest file, in bytes.
pub const MAX_FILE_BYTES: usize = 16 << 20;

/// The most entries of a file, those that are rejected included.
pub const MAX_ENTRIES: usize = 10_000;

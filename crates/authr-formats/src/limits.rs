//! What every format keeps to, before it allocates anything.

/// The largest file, in bytes.
pub const MAX_FILE_BYTES: usize = 16 << 20;

/// The most entries of a file, those that are rejected included.
pub const MAX_ENTRIES: usize = 10_000;

/// The longest note that is kept; what is beyond it is cut off and said.
pub const MAX_NOTE_BYTES: usize = 4096;

/// The most tags of an entry.
pub const MAX_TAGS: usize = 32;

/// The most members of a zip file.
pub(crate) const MAX_ZIP_MEMBERS: usize = 64;

/// How many times its size a member of a zip file may become.
pub(crate) const MAX_ZIP_RATIO: u64 = 100;

/// The most pixels of a picture: 4096 by 4096, or two wide screens beside each other.
pub(crate) const MAX_IMAGE_PIXELS: u64 = 4096 * 4096;

/// The longest side of a picture, in pixels.
pub(crate) const MAX_IMAGE_SIDE: u32 = 16_384;

//! What went wrong with which file.

use std::io;
use std::path::PathBuf;

use super::settings::SettingsError;

/// A file that could not be read or written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StoreError {
    /// The platform names no place for a person's files.
    #[error("this system names no folder for a person's files")]
    NoHome,
    /// An operation of the file system failed.
    #[error("cannot {doing} {}", path.display())]
    Io {
        /// `read`, `write`, `lock`, …
        doing: &'static str,
        /// Which file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Something else stands in a file's place.
    #[error("{} is a {what}, not a file", path.display())]
    NotAFile {
        /// Which file.
        path: PathBuf,
        /// `folder`, `pipe`, …
        what: &'static str,
    },
    /// A link in a file's place, and no file where it leads.
    #[error("{} is a link to {}, and nothing is there", path.display(), target.display())]
    LinkToNothing {
        /// Which file.
        path: PathBuf,
        /// Where the link leads.
        target: PathBuf,
    },
    /// A file above what it can be.
    #[error("{} is larger than {limit} bytes", path.display())]
    TooLarge {
        /// Which file.
        path: PathBuf,
        /// What is allowed.
        limit: usize,
    },
    /// The vault itself was saved; what follows a save was not done.
    #[error("the vault was saved, but what follows a save was not done")]
    AfterSave {
        /// Why.
        source: Box<StoreError>,
    },
    /// Another process keeps the vault locked.
    #[error("the vault is in use by another authr: {} stayed locked for 10 seconds", path.display())]
    InUse {
        /// The lock file.
        path: PathBuf,
    },
    /// The state file is not what this program writes.
    #[error("{} is damaged: it keeps the highest generation of the vault that was seen here", path.display())]
    StateDamaged {
        /// Which file.
        path: PathBuf,
    },
    /// The file of a registration under way is not what this program writes.
    #[error("{} is damaged: it keeps a registration that was begun here", path.display())]
    RequestDamaged {
        /// Which file.
        path: PathBuf,
    },
    /// What a person has set cannot be.
    #[error("{}, {source}", path.display())]
    Settings {
        /// Which file.
        path: PathBuf,
        /// What is wrong in it.
        source: SettingsError,
    },
    /// A file that must not be overwritten is there.
    #[error("{} exists already", path.display())]
    Exists {
        /// Which file.
        path: PathBuf,
    },
}

impl StoreError {
    /// Wraps an error of the file system: `.map_err(StoreError::io("write", &path))`.
    pub(crate) fn io(
        doing: &'static str,
        path: &std::path::Path,
    ) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io {
            doing,
            path,
            source,
        }
    }
}

//! The root key file: one key a line, `ID HEX`, the highest id seals.

use std::collections::BTreeMap;
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use authr_crypto::random::Random;
use authr_crypto::secret::RootKey;
use data_encoding::HEXLOWER;
use zeroize::Zeroizing;

use super::KeyRing;

/// The most bytes of a root key file, and so the most keys.
const MAX_BYTES: u64 = 64 * 1024;

/// Why the root key file cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RootKeyFileError {
    /// It cannot be read or made.
    #[error("cannot open {path}")]
    Io {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The database is there, its key is not.
    #[error("{path} is missing, and the database cannot be read without it: put it back")]
    Missing {
        /// Which file.
        path: PathBuf,
    },
    /// Others on this machine may read it.
    #[error("{path} can be read by others (mode {mode:04o}): chmod 600 {path}")]
    Readable {
        /// Which file.
        path: PathBuf,
        /// Its mode.
        mode: u32,
    },
    /// A line is not `ID HEX`, or an id stands twice.
    #[error("{path}, line {line}: not a number and 64 hexadecimal digits")]
    Malformed {
        /// Which file.
        path: PathBuf,
        /// Which line.
        line: usize,
    },
    /// There is no key in it, or it is too long.
    #[error("{path} holds no key, or more than {MAX_BYTES} bytes")]
    Size {
        /// Which file.
        path: PathBuf,
    },
}

/// Whether a missing file may be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum IfMissing {
    /// There is no database yet: draw a key.
    Make,
    /// There is one, and it has its key.
    Refuse,
}

impl KeyRing {
    /// Reads the ring, or makes one of one new key, 0600.
    pub(crate) fn read_or_make(
        path: &Path,
        if_missing: IfMissing,
        random: &dyn Random,
    ) -> Result<Self, RootKeyFileError> {
        if if_missing == IfMissing::Make {
            make(path, random)?;
        }
        let io = |source| RootKeyFileError::Io {
            path: path.to_path_buf(),
            source,
        };
        let file = std::fs::File::open(path).map_err(|source| match source.kind() {
            ErrorKind::NotFound => RootKeyFileError::Missing {
                path: path.to_path_buf(),
            },
            _ => io(source),
        })?;
        let metadata = file.metadata().map_err(io)?;
        let mode = metadata.permissions().mode() & 0o7777;
        if mode & 0o077 != 0 {
            return Err(RootKeyFileError::Readable {
                path: path.to_path_buf(),
                mode,
            });
        }
        if metadata.len() > MAX_BYTES {
            return Err(RootKeyFileError::Size {
                path: path.to_path_buf(),
            });
        }
        let mut text = Zeroizing::new(String::new());
        std::io::Read::read_to_string(&mut std::io::Read::take(file, MAX_BYTES), &mut text)
            .map_err(io)?;
        parse(path, &text)
    }
}

fn make(path: &Path, random: &dyn Random) -> Result<(), RootKeyFileError> {
    let key = Zeroizing::new(random.bytes::<32>());
    let line = Zeroizing::new(format!("1 {}\n", *Zeroizing::new(HEXLOWER.encode(&*key))));
    let made = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path);
    match made {
        Ok(mut file) => file
            .write_all(line.as_bytes())
            .and_then(|()| file.sync_all())
            .and_then(|()| sync_folder_of(path))
            .map_err(|source| RootKeyFileError::Io {
                path: path.to_path_buf(),
                source,
            }),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        Err(source) => Err(RootKeyFileError::Io {
            path: path.to_path_buf(),
            source,
        }),
    }
}

fn sync_folder_of(path: &Path) -> std::io::Result<()> {
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    std::fs::File::open(folder)?.sync_all()
}

fn parse(path: &Path, text: &str) -> Result<KeyRing, RootKeyFileError> {
    let mut keys = BTreeMap::new();
    for (line, content) in (1..).zip(text.lines()) {
        let content = content.trim();
        if content.is_empty() || content.starts_with('#') {
            continue;
        }
        let key = content
            .split_once(' ')
            .and_then(|(id, hex)| Some((id.parse::<u32>().ok()?, hex)))
            .and_then(|(id, hex)| {
                let bytes = Zeroizing::new(HEXLOWER.decode(hex.trim().as_bytes()).ok()?);
                Some((id, RootKey::from_slice(&bytes)?))
            });
        let malformed = || RootKeyFileError::Malformed {
            path: path.to_path_buf(),
            line,
        };
        let (id, key) = key.ok_or_else(malformed)?;
        if keys.insert(id, key).is_some() {
            return Err(malformed());
        }
    }
    let size = || RootKeyFileError::Size {
        path: path.to_path_buf(),
    };
    let newest = *keys.keys().next_back().ok_or_else(size)?;
    KeyRing::new(keys, newest).map_err(|_| size())
}

#[cfg(test)]
mod tests {
    use authr_crypto::random::OsRandom;

    use super::*;
    use crate::keys::Lookup;

    fn folder() -> tempfile::TempDir {
        tempfile::tempdir().unwrap()
    }

    #[test]
    fn a_file_that_others_can_read_is_refused() {
        let folder = folder();
        let path = folder.path().join("root.key");
        KeyRing::read_or_make(&path, IfMissing::Make, &OsRandom).unwrap();
        for mode in [0o640, 0o604, 0o620, 0o666] {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            assert!(matches!(
                KeyRing::read_or_make(&path, IfMissing::Make, &OsRandom),
                Err(RootKeyFileError::Readable { mode: found, .. }) if found == mode
            ));
        }
    }

    #[test]
    fn a_missing_file_is_never_replaced_by_a_new_key_when_there_is_a_database() {
        let folder = folder();
        let path = folder.path().join("root.key");
        assert!(matches!(
            KeyRing::read_or_make(&path, IfMissing::Refuse, &OsRandom),
            Err(RootKeyFileError::Missing { .. })
        ));
        assert!(!path.exists());
    }

    #[test]
    fn a_new_file_is_its_owners_alone_and_reads_the_same_again() {
        let folder = folder();
        let path = folder.path().join("root.key");
        let made = KeyRing::read_or_make(&path, IfMissing::Make, &OsRandom).unwrap();
        let mode = std::fs::metadata(&path).unwrap().permissions().mode() & 0o7777;
        assert_eq!(mode, 0o600);
        let again = KeyRing::read_or_make(&path, IfMissing::Make, &OsRandom).unwrap();
        assert_eq!(
            made.index(Lookup::Phone, &[b"x"]),
            again.index(Lookup::Phone, &[b"x"])
        );
    }

    #[test]
    fn a_damaged_file_is_refused_with_its_line() {
        let good = "a".repeat(64);
        for (text, bad_line) in [
            (format!("1 {good}\n1 {good}\n"), 2),
            (format!("# two\n1 {}\n", &good[..62]), 2),
            (format!("one {good}\n"), 1),
            (format!("1 {good}\n\n2 {}\n", "g".repeat(64)), 3),
        ] {
            assert!(matches!(
                parse(Path::new("root.key"), &text),
                Err(RootKeyFileError::Malformed { line, .. }) if line == bad_line
            ));
        }
        assert!(matches!(
            parse(Path::new("root.key"), "# nothing\n"),
            Err(RootKeyFileError::Size { .. })
        ));
    }
}

//! Where a command and the agent of its home meet: a socket in a folder that is this person's alone.

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};

use authr_crypto::mac;
use data_encoding::HEXLOWER;

use super::error::IpcError;

/// How much of the hash of a home names its socket: the path of a socket has room for about a hundred bytes.
const NAME_BYTES: usize = 16;

/// The meeting place of one home.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    folder: PathBuf,
    name: String,
}

/// The right to be the agent of a home: one process has it at a time, until it ends.
#[derive(Debug)]
pub(crate) struct Hold {
    _lock: File,
    socket: PathBuf,
}

impl Place {
    /// The place of a home, named by its canonical path, among the sockets in `folder`.
    pub(crate) fn new(folder: &Path, home: &Path) -> Self {
        let hash = mac::sha256(&[home.as_os_str().as_encoded_bytes()]);
        Self {
            folder: folder.to_owned(),
            name: HEXLOWER.encode(&hash[..NAME_BYTES]),
        }
    }

    /// The socket.
    pub(crate) fn socket(&self) -> PathBuf {
        self.folder.join(&self.name)
    }

    /// Whether the folder is there, and this person's alone.
    pub(super) fn check(&self) -> Result<(), IpcError> {
        let refused = |problem| {
            Err(IpcError::UnsafeFolder {
                path: self.folder.clone(),
                problem,
            })
        };
        let found = match fs::symlink_metadata(&self.folder) {
            Ok(found) => found,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(IpcError::NoAgent),
            Err(error) => return Err(IpcError::io("reach")(error)),
        };
        if found.is_symlink() {
            return refused("is a symbolic link");
        }
        if !found.is_dir() {
            return refused("is no folder");
        }
        if found.uid() != rustix::process::geteuid().as_raw() {
            return refused("belongs to another user");
        }
        if found.mode() & 0o077 != 0 {
            return refused("is open to other users");
        }
        Ok(())
    }

    /// The right to listen here, and the socket to listen on; none where another process has it. A socket that a process
    /// left behind when it was killed is removed.
    pub(crate) fn listen(&self) -> Result<Option<(Hold, UnixListener)>, IpcError> {
        let failed = || IpcError::io("start");
        match DirBuilder::new().mode(0o700).create(&self.folder) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                return Err(failed()(error));
            }
            _ => self.check()?,
        }
        let lock = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(self.folder.join(format!("{}.lock", self.name)))
            .map_err(failed())?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(None),
            Err(TryLockError::Error(error)) => return Err(failed()(error)),
        }
        let socket = self.socket();
        match fs::remove_file(&socket) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed()(error)),
            _ => {}
        }
        let listener = UnixListener::bind(&socket).map_err(failed())?;
        let hold = Hold {
            _lock: lock,
            socket: socket.clone(),
        };
        // The folder keeps others out; this is the second door.
        fs::set_permissions(&socket, Permissions::from_mode(0o600)).map_err(failed())?;
        Ok(Some((hold, listener)))
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        // One that stays behind is removed by the next agent.
        let _ = fs::remove_file(&self.socket);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(folder: &Path) -> Place {
        Place::new(folder, Path::new("/home/ada/.local/share/authr"))
    }

    fn problem(place: &Place) -> &'static str {
        match place.listen() {
            Err(IpcError::UnsafeFolder { problem, .. }) => problem,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn folder_and_socket_are_this_users_alone() {
        let temporary = tempfile::tempdir().unwrap();
        let place = place(&temporary.path().join("authr"));
        let (_hold, _listener) = place.listen().unwrap().unwrap();
        let mode = |path: &Path| fs::symlink_metadata(path).unwrap().mode() & 0o777;
        assert_eq!(mode(&place.folder), 0o700);
        assert_eq!(mode(&place.socket()), 0o600);
    }

    #[test]
    fn two_homes_have_two_sockets_with_short_names() {
        let folder = Path::new("/run/user/1000/authr");
        let long = format!("/{}", "very-long/".repeat(100));
        let (one, other) = (place(folder), Place::new(folder, Path::new(&long)));
        assert_ne!(one.socket(), other.socket());
        assert_eq!(other.name.len(), 32);
    }

    #[test]
    fn one_process_at_a_time_is_the_agent() {
        let temporary = tempfile::tempdir().unwrap();
        let place = place(&temporary.path().join("authr"));
        let first = place.listen().unwrap();
        assert!(first.is_some());
        assert!(place.listen().unwrap().is_none());
        drop(first);
        assert!(!place.socket().exists());
        assert!(place.listen().unwrap().is_some());
    }

    #[test]
    fn a_socket_that_was_left_behind_is_in_nobodys_way() {
        let temporary = tempfile::tempdir().unwrap();
        let place = place(&temporary.path().join("authr"));
        DirBuilder::new().mode(0o700).create(&place.folder).unwrap();
        drop(UnixListener::bind(place.socket()).unwrap());
        assert!(place.socket().exists());
        assert!(place.listen().unwrap().is_some());
    }

    #[test]
    fn a_folder_that_is_a_link_or_open_to_others_is_refused() {
        let temporary = tempfile::tempdir().unwrap();
        let own = temporary.path().join("own");
        DirBuilder::new().mode(0o700).create(&own).unwrap();
        let link = temporary.path().join("link");
        std::os::unix::fs::symlink(&own, &link).unwrap();
        assert_eq!(problem(&place(&link)), "is a symbolic link");
        for mode in [0o701, 0o710, 0o750, 0o777] {
            fs::set_permissions(&own, Permissions::from_mode(mode)).unwrap();
            assert_eq!(problem(&place(&own)), "is open to other users");
        }
        let file = temporary.path().join("file");
        File::create_new(&file).unwrap();
        assert_eq!(problem(&place(&file)), "is no folder");
    }

    #[test]
    fn a_folder_of_another_user_is_refused() {
        // The root folder is one, unless it is root who runs the tests: then one is given away.
        let temporary = tempfile::tempdir().unwrap();
        let given_away = temporary.path().join("theirs");
        DirBuilder::new().mode(0o700).create(&given_away).unwrap();
        let place = match std::os::unix::fs::chown(&given_away, Some(65534), None) {
            Ok(()) => place(&given_away),
            Err(_) => place(Path::new("/")),
        };
        assert_eq!(problem(&place), "belongs to another user");
    }
}

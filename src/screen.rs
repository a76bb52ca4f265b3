//! A picture of the screen, by whatever program of this desktop takes one.

use std::fs::{self, DirBuilder};
use std::io::{self, Read};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use zeroize::Zeroizing;

use crate::config::Environment;

/// The programs that are tried, in this order; `FILE` stands for where the picture goes, if not to standard output. On
/// Wayland those of X11 get a black picture, so they come last.
const GRABBERS: [(&str, &[&str]); 7] = [
    ("grim", &["-"]),
    ("gnome-screenshot", &["-f", FILE]),
    ("spectacle", &["-b", "-n", "-o", FILE]),
    ("screencapture", &["-x", FILE]),
    ("maim", &[]),
    ("scrot", &["-z", "-"]),
    ("import", &["-window", "root", "png:-"]),
];
const FILE: &str = "FILE";

/// The screen within reach.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Screen {
    /// Whether a desktop is shown on the machine that the person sits at.
    pub shown: bool,
    /// Where a grabber's file may lie for a moment.
    pub folder: PathBuf,
}

/// Why there is no picture of the screen.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ScreenError {
    /// A connection, or a console.
    #[error("no screen is within reach: no desktop is shown here")]
    NotShown,
    /// None of the programs is there.
    #[error(
        "no program that takes a picture of the screen is installed: {}",
        names()
    )]
    NoGrabber,
    /// Those that are there gave none.
    #[error("no picture of the screen came from {}", tried.join(", "))]
    NoPicture {
        /// Which ones.
        tried: Vec<&'static str>,
    },
    /// A folder for it.
    #[error("cannot make a folder for the picture of the screen")]
    Folder(#[from] io::Error),
}

fn names() -> String {
    GRABBERS.map(|(name, _)| name).join(", ")
}

/// A folder that goes away with what is in it.
struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        // In a folder for what nobody keeps; the picture was read, or the error is what counts.
        let _ = fs::remove_dir_all(&self.0);
    }
}

impl Screen {
    /// That of an environment. A desktop that a connection forwards is not asked: it shows another machine.
    #[must_use]
    pub fn of(environment: &Environment) -> Self {
        let folder = environment
            .runtime
            .as_ref()
            .or(environment.temporary.as_ref());
        Self {
            shown: environment.display && !environment.remote,
            folder: folder.cloned().unwrap_or_else(|| PathBuf::from("/tmp")),
        }
    }

    /// A picture of what it shows, of at most `limit` bytes and one more. `name` is one that nobody else thinks of.
    pub(crate) fn picture(
        &self,
        name: &str,
        limit: usize,
    ) -> Result<Zeroizing<Vec<u8>>, ScreenError> {
        if !self.shown {
            return Err(ScreenError::NotShown);
        }
        let folder = Folder(self.folder.join(format!("authr-screen-{name}")));
        DirBuilder::new().mode(0o700).create(&folder.0)?;
        let file = folder.0.join("screen.png");
        let mut tried = Vec::new();
        for (name, arguments) in GRABBERS {
            match grab(name, arguments, &file, limit) {
                Ok(picture) if !picture.is_empty() => return Ok(picture),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                _ => tried.push(name),
            }
        }
        match tried.is_empty() {
            true => Err(ScreenError::NoGrabber),
            false => Err(ScreenError::NoPicture { tried }),
        }
    }
}

/// What one program gives; nothing where it fails, and not found where there is no such program.
fn grab(
    name: &str,
    arguments: &[&str],
    file: &Path,
    limit: usize,
) -> io::Result<Zeroizing<Vec<u8>>> {
    let mut command = Command::new(name);
    for argument in arguments {
        match *argument {
            FILE => command.arg(file),
            other => command.arg(other),
        };
    }
    command.stdin(Stdio::null()).stderr(Stdio::null());
    let mut child = command.stdout(Stdio::piped()).spawn()?;
    let most = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    let mut picture = Zeroizing::new(Vec::new());
    let read = match child.stdout.take() {
        Some(stdout) => stdout.take(most).read_to_end(&mut picture),
        None => Ok(0),
    };
    let status = child.wait()?;
    read?;
    if arguments.contains(&FILE) {
        picture.clear();
        // It may have given none.
        if let Ok(file) = fs::File::open(file) {
            file.take(most).read_to_end(&mut picture)?;
        }
    }
    if !status.success() {
        picture.clear();
    }
    Ok(picture)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn over_ssh_no_screen_is_asked() {
        let environment = Environment {
            display: true,
            remote: true,
            ..Environment::default()
        };
        let screen = Screen::of(&environment);
        let picture = screen.picture("name", 1);
        assert!(matches!(picture, Err(ScreenError::NotShown)));
    }

    #[test]
    fn a_program_that_writes_no_end_is_cut_off_and_one_that_fails_gives_nothing() {
        let file = Path::new("/nonexistent");
        let cut = grab("sh", &["-c", "yes | head -c 100000; exit 0"], file, 99);
        assert_eq!(cut.unwrap().len(), 100);
        let failed = grab("sh", &["-c", "echo picture; exit 1"], file, 99).unwrap();
        assert!(failed.is_empty());
        let none = grab("authr-no-such-program", &[], file, 99).unwrap_err();
        assert_eq!(none.kind(), io::ErrorKind::NotFound);
    }
}

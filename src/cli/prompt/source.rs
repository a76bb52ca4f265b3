//! Where a password comes from: the prompt, a file, or a descriptor. Never the command line, never the
//! environment.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use authr_crypto::secret::Password;
use zeroize::Zeroizing;

use super::new_password::{Weak, estimate, refuse_weak};
use super::{Prompt, tty};
use crate::cli::output::Output;
use crate::failure::{Failure, Kind};

/// What answers a question for a password without asking.
pub(super) const INSTEAD: &str = "--password-file FILE or --password-fd N";
/// What answers the question for the password that takes the place of another.
const INSTEAD_OF_NEW: &str = "--new-password-file FILE";

/// Where the password of a run comes from.
#[derive(Debug, Clone)]
pub(crate) enum PasswordSource {
    /// `--password-file`
    File(PathBuf),
    /// `--password-fd`
    Descriptor(u32),
    /// The person is asked; what answers without asking.
    Prompt {
        /// As in `--password-file FILE`.
        instead: &'static str,
    },
}

impl PasswordSource {
    /// As the options of the command line say; clap lets no two of them pass.
    pub(crate) fn new(file: Option<PathBuf>, descriptor: Option<u32>) -> Self {
        match (file, descriptor) {
            (Some(file), _) => Self::File(file),
            (None, Some(descriptor)) => Self::Descriptor(descriptor),
            (None, None) => Self::Prompt { instead: INSTEAD },
        }
    }

    /// Of the password that takes the place of another.
    pub(crate) fn of_new(file: Option<PathBuf>) -> Self {
        match file {
            Some(file) => Self::File(file),
            None => Self::Prompt {
                instead: INSTEAD_OF_NEW,
            },
        }
    }

    /// What answers its question without asking.
    fn instead(&self) -> &'static str {
        match self {
            Self::Prompt { instead } => instead,
            Self::File(_) | Self::Descriptor(_) => INSTEAD,
        }
    }

    /// Whether a wrong password can be typed again.
    pub(crate) fn can_ask_again(&self) -> bool {
        matches!(self, Self::Prompt { .. })
    }

    /// A password that exists already.
    pub(crate) fn existing(
        &self,
        question: &str,
        prompt: &Prompt<'_>,
        output: &Output<'_>,
    ) -> Result<Password, Failure> {
        match self.read(prompt, output)? {
            Some(password) => Ok(Password::new(&password)),
            None => prompt.password(question, self.instead()),
        }
    }

    /// What a file or descriptor holds of another secret than a password, named by `what`.
    pub(crate) fn text(
        &self,
        what: &str,
        prompt: &Prompt<'_>,
        output: &Output<'_>,
    ) -> Result<Zeroizing<String>, Failure> {
        let text = self.read(prompt, output)?;
        text.ok_or_else(|| Failure::new(Kind::Usage, format!("no file holds the {what}")))
    }

    /// A password that is about to lock something.
    pub(crate) fn fresh(
        &self,
        question: &str,
        weak: Weak,
        prompt: &Prompt<'_>,
        output: &Output<'_>,
    ) -> Result<Password, Failure> {
        let Some(password) = self.read(prompt, output)? else {
            return prompt.new_password(question, weak, self.instead());
        };
        if weak == Weak::Refused {
            let password = Password::new(&password);
            refuse_weak(&password)?;
            return Ok(password);
        }
        let estimate = estimate(&password);
        if estimate.weak {
            output.warning(&format!("the password is {}", estimate.words));
        }
        Ok(Password::new(&password))
    }

    /// What a file or descriptor holds; none: the person is to be asked.
    fn read(
        &self,
        prompt: &Prompt<'_>,
        output: &Output<'_>,
    ) -> Result<Option<Zeroizing<String>>, Failure> {
        let (path, name) = match self {
            Self::Prompt { .. } => return Ok(None),
            Self::File(path) => (path.clone(), path.display().to_string()),
            Self::Descriptor(0) => {
                let stdin = &mut *prompt.terminal.stdin.reader();
                return first_line(stdin, "standard input").map(Some);
            }
            Self::Descriptor(number) => (
                Path::new("/dev/fd").join(number.to_string()),
                format!("file descriptor {number}"),
            ),
        };
        let cannot = |error: io::Error| {
            let message = format!("cannot read the password from {name}: {error}");
            Failure::new(Kind::Failed, message)
        };
        let mut file = File::open(path).map_err(cannot)?;
        let about = file.metadata().map_err(cannot)?;
        if about.is_file() && about.mode() & 0o077 != 0 {
            output.warning(&format!(
                "other users may read the password in {name}; chmod 600 makes it yours alone"
            ));
        }
        first_line(&mut file, &name).map(Some)
    }
}

/// Reads a password: all there is, but for one line end at its end.
fn first_line(reader: &mut dyn Read, name: &str) -> Result<Zeroizing<String>, Failure> {
    let refused = |why: String| Failure::new(Kind::Failed, why);
    // Room for one byte too many and no more, so that the buffer neither grows nor leaves copies behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(tty::MAX_LINE_BYTES + 1));
    let limit = u64::try_from(tty::MAX_LINE_BYTES + 1).unwrap_or(u64::MAX);
    reader
        .take(limit)
        .read_to_end(&mut bytes)
        .map_err(|error| refused(format!("cannot read the password from {name}: {error}")))?;
    if bytes.len() > tty::MAX_LINE_BYTES {
        let most = tty::MAX_LINE_BYTES;
        return Err(refused(format!(
            "{name} holds more than {most} bytes: is it the right file?"
        )));
    }
    let text = str::from_utf8(&bytes)
        .map_err(|_| refused(format!("{name} does not hold UTF-8: is it the right file?")))?;
    let text = text.strip_suffix('\n').unwrap_or(text);
    let text = text.strip_suffix('\r').unwrap_or(text);
    if text.is_empty() {
        return Err(refused(format!("{name} holds no password")));
    }
    Ok(Zeroizing::new(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn password(bytes: &[u8]) -> Result<String, String> {
        first_line(&mut &*bytes, "pw")
            .map(|line| line.to_string())
            .map_err(|failure| failure.message())
    }

    #[test]
    fn one_line_end_is_dropped_and_nothing_else() {
        assert_eq!(password(b"two words").unwrap(), "two words");
        assert_eq!(password(b" two words \n").unwrap(), " two words ");
        assert_eq!(password(b"two words\r\n").unwrap(), "two words");
        assert_eq!(password(b"two words\n\n").unwrap(), "two words\n");
        assert_eq!(password(b"two\nwords").unwrap(), "two\nwords");
    }

    #[test]
    fn a_password_that_is_empty_too_long_or_no_text_is_refused() {
        assert_eq!(password(b"").unwrap_err(), "pw holds no password");
        assert_eq!(password(b"\n").unwrap_err(), "pw holds no password");
        assert!(password(&vec![b'x'; tty::MAX_LINE_BYTES]).is_ok());
        assert_eq!(
            password(&vec![b'x'; tty::MAX_LINE_BYTES + 1]).unwrap_err(),
            "pw holds more than 4096 bytes: is it the right file?"
        );
        assert_eq!(
            password(b"\xff\xfe").unwrap_err(),
            "pw does not hold UTF-8: is it the right file?"
        );
    }
}

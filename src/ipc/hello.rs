//! The first message of either side. Its shape stays for good, so that any two versions understand that they differ, and
//! the newer one can end the agent of the older.
//!
//! ```text
//! "AUTHRAGT" || purpose, one byte || version in UTF-8
//! ```

use std::io::{Read, Write};

use zeroize::Zeroizing;

use super::error::IpcError;
use super::frame::{framed_bytes, receive, send};

const MAGIC: &[u8; 8] = b"AUTHRAGT";
/// The longest hello.
const MAX_BYTES: usize = 256;
/// The version of this program: requests are understood between equals alone.
pub(crate) const VERSION: &str = env!("CARGO_PKG_VERSION");

/// What a client wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// To send one request.
    Ask,
    /// The end of the agent, whatever its version.
    Lock,
}

/// The first message of either side.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Hello {
    /// What the client wants; the agent says it back.
    pub(crate) purpose: Purpose,
    /// The version of the program that speaks.
    pub(crate) version: String,
}

impl Hello {
    /// Of this program.
    pub(crate) fn of_this_program(purpose: Purpose) -> Self {
        Self {
            purpose,
            version: VERSION.to_owned(),
        }
    }

    /// It is of the version of this program, or an error.
    pub(super) fn checked(self) -> Result<(), IpcError> {
        if self.version == VERSION {
            return Ok(());
        }
        Err(IpcError::OtherVersion {
            theirs: self.version,
        })
    }

    /// Sends it.
    pub(crate) fn send(&self, stream: &mut impl Write) -> Result<(), IpcError> {
        let purpose = match self.purpose {
            Purpose::Ask => 1,
            Purpose::Lock => 2,
        };
        let bytes = [&MAGIC[..], &[purpose], self.version.as_bytes()].concat();
        send(stream, &bytes)
    }

    /// Sends it and a message in one write.
    pub(crate) fn send_before(
        &self,
        stream: &mut impl Write,
        message: &[u8],
    ) -> Result<(), IpcError> {
        let room = framed_bytes(MAX_BYTES) + framed_bytes(message.len());
        let mut both = Zeroizing::new(Vec::with_capacity(room));
        self.send(&mut *both)?;
        send(&mut *both, message)?;
        stream.write_all(&both).map_err(IpcError::io("talk to"))
    }

    /// Receives the other side's.
    pub(crate) fn receive(stream: &mut impl Read) -> Result<Self, IpcError> {
        let bytes = receive(stream, MAX_BYTES)?;
        let rest = bytes.strip_prefix(MAGIC).ok_or(IpcError::Nonsense)?;
        let (purpose, version) = rest.split_first().ok_or(IpcError::Nonsense)?;
        let purpose = match purpose {
            1 => Purpose::Ask,
            2 => Purpose::Lock,
            _ => return Err(IpcError::Nonsense),
        };
        let version = str::from_utf8(version).map_err(|_| IpcError::Nonsense)?;
        Ok(Self {
            purpose,
            version: version.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hello_has_the_shape_that_stays_for_good() {
        let mut bytes = Vec::new();
        let hello = Hello {
            purpose: Purpose::Lock,
            version: "9.1".to_owned(),
        };
        hello.send(&mut bytes).unwrap();
        assert_eq!(bytes, b"\0\0\0\x0cAUTHRAGT\x029.1");
        assert_eq!(Hello::receive(&mut &bytes[..]).unwrap(), hello);
    }

    #[test]
    fn what_is_no_hello_is_nonsense() {
        for body in [
            &b""[..],
            b"AUTHRAGT",
            b"AUTHRAGX\x011",
            b"AUTHRAGT\x031",
            b"AUTHRAGT\x01\xff",
        ] {
            let mut bytes = Vec::new();
            send(&mut bytes, body).unwrap();
            let outcome = Hello::receive(&mut &bytes[..]);
            assert!(matches!(outcome, Err(IpcError::Nonsense)), "{body:?}");
        }
        let mut bytes = Vec::new();
        send(&mut bytes, &[b'x'; MAX_BYTES + 1]).unwrap();
        let outcome = Hello::receive(&mut &bytes[..]);
        assert!(matches!(outcome, Err(IpcError::TooLarge)));
    }
}

//! Why a call to the server did not succeed.

use authr_api::error::{ErrorBody, ErrorCode};

use super::address::BadAddress;

/// What went wrong between this device and its server.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RemoteError {
    /// The address cannot be used.
    #[error(transparent)]
    Address(#[from] BadAddress),
    /// The certificates that the server is checked with cannot be read.
    #[error("cannot read the certificates to check the server with: {0}")]
    Certificates(String),
    /// No answer.
    #[error("cannot reach {url}: {reason}")]
    Unreachable {
        /// The server.
        url: String,
        /// What the connection said.
        reason: String,
    },
    /// The connection ended before the answer.
    #[error("{url} ended the connection before its answer: {reason}")]
    Lost {
        /// The server.
        url: String,
        /// What the connection said.
        reason: String,
    },
    /// An answer that is not of this protocol.
    #[error("{url} does not answer as an authr server: {reason}")]
    NotAuthr {
        /// The server.
        url: String,
        /// What is wrong with the answer.
        reason: String,
    },
    /// A server of another version of the protocol.
    #[error("{url} speaks version {protocol} of the protocol, this authr version 1")]
    OtherProtocol {
        /// The server.
        url: String,
        /// Its version.
        protocol: u32,
    },
    /// The server's key is not the pinned one.
    #[error("{url} is another server than before: its key changed")]
    OtherServer {
        /// The server.
        url: String,
    },
    /// The server refused.
    #[error("the server refuses: {}", .0.message)]
    Refused(ErrorBody),
}

impl RemoteError {
    /// The server's code, if it was the server that refused.
    pub(crate) fn code(&self) -> Option<ErrorCode> {
        match self {
            Self::Refused(body) => Some(body.code),
            _ => None,
        }
    }
}

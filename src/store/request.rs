//! The file of a registration under way: the request's own keys, until there is a device with keys of its own.
//!
//! It opens no account: whoever takes it can at most cancel or finish this one request, and needs its code for that. It
//! is 0600 and goes when the request does.

use std::path::Path;

use authr_crypto::secret::{SealingSecret, SigningSeed};
use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::atomic::{self, Existing};
use super::error::StoreError;

/// The version of the file.
const VERSION: u32 = 1;
/// A request with the certificates of a private authority.
const MAX_BYTES: usize = 256 * 1024;

/// A registration under way.
pub(crate) struct RequestFile {
    /// Whether a first device is registered or a lost one replaced.
    pub(crate) restore: bool,
    /// The server's address.
    pub(crate) url: String,
    /// PEM that the server's certificate is checked with; empty: what the system trusts.
    pub(crate) ca: String,
    /// The X25519 key of the server, pinned.
    pub(crate) server_key: [u8; 32],
    /// The number in E.164.
    pub(crate) phone: String,
    /// How the first message was asked for: `sms` or `call`.
    pub(crate) via: String,
    /// The Ed25519 key of the request.
    pub(crate) signing: SigningSeed,
    /// The X25519 key of the request.
    pub(crate) sealing: SealingSecret,
    /// The Idempotency-Key of the request.
    pub(crate) idempotency_key: [u8; 16],
    /// The server's answer, once it came.
    pub(crate) answer: Option<RequestAnswer>,
}

/// What the server answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RequestAnswer {
    /// The id of the request, in hexadecimal.
    pub(crate) registration: String,
    /// Two letters that the message shows too.
    pub(crate) letters: String,
    /// How the code comes: `sms` or `call`.
    pub(crate) via: String,
    /// When the code dies, in unix seconds.
    pub(crate) expires_at: u64,
    /// When the next message may be asked for, in unix seconds.
    pub(crate) resend_at: u64,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    version: u32,
    restore: bool,
    url: String,
    ca: String,
    server_key: String,
    phone: String,
    via: String,
    signing: Zeroizing<String>,
    sealing: Zeroizing<String>,
    idempotency_key: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    answer: Option<RequestAnswer>,
}

impl RequestFile {
    /// Reads the file, if there is one.
    pub(super) fn read(path: &Path) -> Result<Option<Self>, StoreError> {
        let bytes = match atomic::read_own(path, MAX_BYTES) {
            Ok(bytes) => Zeroizing::new(bytes),
            Err(StoreError::Io { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => {
                return Ok(None);
            }
            Err(error) => return Err(error),
        };
        let written = serde_json::from_slice::<Written>(&bytes).ok();
        let request = written.and_then(Written::understand);
        request.map(Some).ok_or_else(|| StoreError::RequestDamaged {
            path: path.to_owned(),
        })
    }

    /// Writes the file.
    pub(super) fn write(&self, path: &Path) -> Result<(), StoreError> {
        let hex = |bytes: &[u8]| HEXLOWER.encode(bytes);
        let written = Written {
            version: VERSION,
            restore: self.restore,
            url: self.url.clone(),
            ca: self.ca.clone(),
            server_key: hex(&self.server_key),
            phone: self.phone.clone(),
            via: self.via.clone(),
            signing: Zeroizing::new(hex(self.signing.expose_secret())),
            sealing: Zeroizing::new(hex(self.sealing.expose_secret())),
            idempotency_key: hex(&self.idempotency_key),
            answer: self.answer.clone(),
        };
        let mut text = Zeroizing::new(Vec::with_capacity(2 * self.ca.len() + 2048));
        serde_json::to_writer(&mut *text, &written).expect("because the request is text alone");
        atomic::write(path, &text, Existing::Replace)
    }
}

impl Written {
    fn understand(self) -> Option<RequestFile> {
        if self.version != VERSION {
            return None;
        }
        let key = |text: &str| HEXLOWER.decode(text.as_bytes()).ok().map(Zeroizing::new);
        Some(RequestFile {
            restore: self.restore,
            url: self.url,
            ca: self.ca,
            server_key: key(&self.server_key)?.as_slice().try_into().ok()?,
            phone: self.phone,
            via: self.via,
            signing: SigningSeed::from_slice(&key(&self.signing)?)?,
            sealing: SealingSecret::from_slice(&key(&self.sealing)?)?,
            idempotency_key: key(&self.idempotency_key)?.as_slice().try_into().ok()?,
            answer: self.answer,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn request() -> RequestFile {
        RequestFile {
            restore: false,
            url: "https://auth.example".to_owned(),
            ca: String::new(),
            server_key: [1; 32],
            phone: "+12015550123".to_owned(),
            via: "sms".to_owned(),
            signing: SigningSeed::new(&[2; 32]),
            sealing: SealingSecret::new(&[3; 32]),
            idempotency_key: [4; 16],
            answer: Some(RequestAnswer {
                registration: "05".repeat(16),
                letters: "KM".to_owned(),
                via: "sms".to_owned(),
                expires_at: 7,
                resend_at: 6,
            }),
        }
    }

    #[test]
    fn a_request_comes_back_as_it_was_written_and_is_its_owners_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("request.json");
        assert!(RequestFile::read(&path).unwrap().is_none());
        request().write(&path).unwrap();
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let read = RequestFile::read(&path).unwrap().unwrap();
        assert!(read.signing.ct_eq(&request().signing) && read.sealing.ct_eq(&request().sealing));
        assert_eq!(read.answer, request().answer);
        assert_eq!(
            (read.phone, read.idempotency_key),
            (request().phone, [4; 16])
        );
    }

    #[test]
    fn a_damaged_request_is_named_and_not_taken_for_none() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("request.json");
        request().write(&path).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        for damaged in [
            text.replace("\"version\":1", "\"version\":2"),
            text.replace("02020202", "0202020"),
            text.replace("\"phone\"", "\"telephone\""),
            text[..text.len() - 1].to_owned(),
        ] {
            #[expect(
                clippy::disallowed_methods,
                reason = "a file that nobody reads before it is whole"
            )]
            std::fs::write(&path, damaged).unwrap();
            let read = RequestFile::read(&path);
            assert!(matches!(read, Err(StoreError::RequestDamaged { .. })));
        }
    }
}

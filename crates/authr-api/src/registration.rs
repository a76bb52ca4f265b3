//! The nouns of a registration: from a phone number to an active device.

use std::fmt;

use authr_crypto::kdf::KdfParams;
use authr_crypto::secret::DerivedKey;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::codec::{Malformed, Reader, Writer};
use crate::id::{DeviceId, Hash, PublicKey, RegistrationId, ServerId, UserId};
use crate::list::Head;
use crate::sealed::{Content, Sealed};

/// The version of this protocol.
pub const PROTOCOL_VERSION: u32 = 1;
/// How many digits the code of a message has.
pub const CODE_DIGITS: usize = 7;
/// How long a code is good, in seconds; a resend begins it anew.
pub const CODE_SECONDS: u64 = 10 * 60;
/// How many wrong codes a request has, resends included.
pub const CODE_TRIES: u8 = 5;
/// How long a proven request stays proven, in seconds.
pub const PROVEN_SECONDS: u64 = 60 * 60;
/// How many wrong backups passwords one request has.
pub const LOCKER_REQUEST_TRIES: u8 = 5;
/// How many wrong backups passwords one version of a locker has.
pub const LOCKER_TRIES: u8 = 10;
/// How long the locker waits after the fifth wrong one, in seconds: 24 hours.
pub const LOCKER_WAIT_SECONDS: u64 = 24 * 60 * 60;
/// The longest phone number in E.164, in bytes.
pub const PHONE_BYTES: usize = 16;

/// Who the server is. The answer of [`crate::path::SERVER`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerInfo {
    /// `SHA-256(sealing_key)`: a client checks that, and compares with what it pinned.
    pub server: ServerId,
    /// The X25519 key that bodies are sealed to.
    pub sealing_key: PublicKey,
    /// The server's time, in unix seconds.
    pub time: u64,
    /// The version of the protocol.
    pub protocol: u32,
    /// The version of the program, for people.
    pub software: String,
}

impl ServerInfo {
    /// Whether the id is the key's.
    #[must_use]
    pub fn is_consistent(&self) -> bool {
        ServerId::of(&self.sealing_key.sealing()) == self.server
    }
}

/// How a code comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// As a text message.
    Sms,
    /// As a call that speaks it.
    Call,
}

/// Asks for a registration. The signer is `signing_key` itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewRegistration {
    /// The number in E.164, at most [`PHONE_BYTES`] bytes.
    pub phone: String,
    /// How the code comes.
    pub via: Channel,
    /// The Ed25519 key of the request.
    pub signing_key: PublicKey,
    /// The X25519 key that answers to the request are sealed to.
    pub sealing_key: PublicKey,
}

/// Asks for another message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Resend {
    /// How it comes.
    pub via: Channel,
}

/// The answer to a request and to a resend: the same for every number, known or not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Requested {
    /// The request.
    pub registration: RegistrationId,
    /// Two letters that the message shows too, so that a person sees whose code it is.
    pub letters: String,
    /// How the code comes.
    pub via: Channel,
    /// When the code dies, in unix seconds.
    pub expires_at: u64,
    /// When the next message may be asked for, in unix seconds.
    pub resend_at: u64,
}

/// Where a registration stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// A code was asked for.
    Requested,
    /// The number is proven, a further proof is due: the locker's.
    Pending,
    /// Everything due is proven: finish.
    Proven,
    /// The device is active.
    Active,
    /// The request was cancelled, or another proven one took its place.
    Cancelled,
    /// Its time is over, or its tries are used up.
    Expired,
}

/// Which flow a proven number leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Flow {
    /// The user has no genesis entry: this is the first device.
    First,
    /// The user has one: the backups password is due.
    Restore,
}

/// The state of one's own request. The answer to a status request and to a proof.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegistrationStatus {
    /// The request.
    pub registration: RegistrationId,
    /// Where it stands.
    pub state: State,
    /// When this state ends, in unix seconds.
    pub expires_at: u64,
    /// How many wrong codes are left; while a code is due.
    pub tries_left: u8,
    /// What is told of the user once the number is proven; nothing before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proven: Option<ProvenUser>,
    /// The device that the request became.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<DeviceId>,
}

/// What a proven number learns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProvenUser {
    /// The user.
    pub user: UserId,
    /// Which flow this is.
    pub flow: Flow,
    /// The names of the applications that have an account for this number.
    pub applications: Vec<String>,
    /// How to ask the locker; in [`Flow::Restore`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locker: Option<LockerTerms>,
}

/// What the backups password is derived with, and how many tries are left.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LockerTerms {
    /// Which version of the locker this is.
    pub version: u64,
    /// 32 random bytes.
    pub salt: Hash,
    /// Memory of Argon2id, in KiB.
    pub memory_kib: u32,
    /// Passes of Argon2id.
    pub passes: u32,
    /// Lanes of Argon2id.
    pub lanes: u32,
    /// How many wrong passwords this request has left.
    pub tries_left: u8,
    /// When the next try is taken, in unix seconds; absent when now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opens_at: Option<u64>,
}

impl LockerTerms {
    /// The parameters as the KDF takes them; whether they may be used, its policy says.
    #[must_use]
    pub fn params(&self) -> KdfParams {
        KdfParams {
            memory_kib: self.memory_kib,
            passes: self.passes,
            lanes: self.lanes,
        }
    }
}

/// The code from the message, sealed: `digits[7]`.
pub struct Prove {
    code: Zeroizing<String>,
}

impl Prove {
    /// Takes a code of [`CODE_DIGITS`] digits; anything else is `None`.
    #[must_use]
    pub fn new(code: &str) -> Option<Self> {
        let digits = code.len() == CODE_DIGITS && code.bytes().all(|byte| byte.is_ascii_digit());
        digits.then(|| Self {
            code: Zeroizing::new(code.to_owned()),
        })
    }

    /// The digits.
    #[must_use]
    pub fn code(&self) -> &str {
        &self.code
    }
}

impl fmt::Debug for Prove {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Prove(..)")
    }
}

impl Content for Prove {
    const PURPOSE: &'static str = "prove";

    fn encode(&self) -> Zeroizing<Vec<u8>> {
        Writer::new(CODE_DIGITS)
            .raw(self.code.as_bytes())
            .finish_secret()
    }

    fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        let text = std::str::from_utf8(bytes).ok();
        text.and_then(Self::new).ok_or(Malformed { at: 0 })
    }
}

/// What the backups password becomes, sealed: `locker version u64 || auth[32]`.
#[derive(Debug)]
pub struct OpenLocker {
    /// The version of the locker whose salt it was derived with.
    pub version: u64,
    /// [`crate::locker::LockerKeys::auth`].
    pub auth: DerivedKey,
}

impl Content for OpenLocker {
    const PURPOSE: &'static str = "open";

    fn encode(&self) -> Zeroizing<Vec<u8>> {
        Writer::new(40)
            .u64(self.version)
            .raw(self.auth.expose_secret())
            .finish_secret()
    }

    fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut reader = Reader::new(bytes);
        let version = reader.u64()?;
        let auth = Zeroizing::new(reader.array()?);
        reader.end()?;
        Ok(Self {
            version,
            auth: DerivedKey::new(&auth),
        })
    }
}

/// The device is active. The answer of [`crate::path::FINISH`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finished {
    /// The user.
    pub user: UserId,
    /// The device.
    pub device: DeviceId,
    /// The newest entry of the list.
    pub head: Head,
    /// The native accounts: [`crate::answer::NativeAccount`], sealed to the device.
    pub accounts: Vec<Sealed>,
    /// The server's time, in unix seconds.
    pub time: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_has_seven_digits_and_nothing_else() {
        for refused in ["", "123456", "12345678", "123456a", "１234567", " 234567"] {
            assert!(Prove::new(refused).is_none(), "{refused}");
        }
        assert!(Prove::decode(b"1234567").is_ok());
        assert!(Prove::decode(b"1234567\0").is_err());
    }

    #[test]
    fn the_server_refuses_a_field_that_it_does_not_know_and_the_client_passes_over_it() {
        let resend = r#"{"via":"sms","phone":"+15550123"}"#;
        assert!(serde_json::from_str::<Resend>(resend).is_err());
        assert!(serde_json::from_str::<Resend>(r#"{"via":"pigeon"}"#).is_err());
        let status = format!(
            r#"{{"registration":"{}","state":"requested","expires_at":1,"tries_left":5,"new":1}}"#,
            RegistrationId([1; 16])
        );
        let status: RegistrationStatus = serde_json::from_str(&status).unwrap();
        assert_eq!(status.proven, None);
    }

    #[test]
    fn secrets_do_not_show_in_debug() {
        let open = OpenLocker {
            version: 1,
            auth: DerivedKey::new(&[0x41; 32]),
        };
        let shown = format!("{:?} {open:?}", Prove::new("4820193").unwrap());
        assert_eq!(
            shown,
            "Prove(..) OpenLocker { version: 1, auth: DerivedKey(..) }"
        );
    }

    #[test]
    fn a_server_whose_id_is_not_its_keys_is_seen() {
        let key = PublicKey([1; 32]);
        let mut info = ServerInfo {
            server: ServerId::of(&key.sealing()),
            sealing_key: key,
            time: 0,
            protocol: PROTOCOL_VERSION,
            software: "1".to_owned(),
        };
        assert!(info.is_consistent());
        info.sealing_key.0[0] ^= 1;
        assert!(!info.is_consistent());
    }
}

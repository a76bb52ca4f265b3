//! The stable error codes: what a client may branch on. The text beside them is for people and may change.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $text:literal, $status:literal;)*) => {
        /// Why a call was refused. Names stay; new ones may come, and are [`ErrorCode::Unknown`] to an older client.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum ErrorCode {
            $($(#[$doc])* $name,)*
            /// A code that this version does not know. Never sent.
            Unknown,
        }

        impl ErrorCode {
            /// Every code that is sent.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The code as it is sent.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)*
                    Self::Unknown => "unknown",
                }
            }

            /// The HTTP status that goes with it.
            #[must_use]
            pub fn status(self) -> u16 {
                match self {
                    $(Self::$name => $status,)*
                    Self::Unknown => 500,
                }
            }
        }
    };
}

codes! {
    /// Not the JSON, the query or the bytes that the call takes.
    BadRequest = "bad_request", 400;
    /// The signature headers are not of the one profile, or one is missing.
    BadProfile = "bad_profile", 400;
    /// `Content-Digest` is not the body's.
    BadDigest = "bad_digest", 400;
    /// The sealed body does not open with the server's key for this call and this signer.
    BadSeal = "bad_seal", 400;
    /// `created` is more than 60 s away from the server's time: `server_time` tells it.
    ClockSkew = "clock_skew", 401;
    /// The key id names no request and no active device.
    UnknownKey = "unknown_key", 401;
    /// The signature is not this key's over this request.
    BadSignature = "bad_signature", 401;
    /// The nonce was seen before.
    Replay = "replay", 401;
    /// The device was removed: it stops, and keeps what it has.
    DeviceRemoved = "device_removed", 401;
    /// The registration is not in the state that the call needs: read its status.
    WrongState = "wrong_state", 403;
    /// The code from the message is wrong: `tries_left` tells how many are left.
    WrongCode = "wrong_code", 403;
    /// The backups password is wrong: `tries_left` tells how many this request has left.
    WrongPassword = "wrong_password", 403;
    /// The tries of this request are used up: ask for a new one.
    TriesUsed = "tries_used", 403;
    /// The locker takes no further try: `authr-server user unlock PHONE --locker`.
    LockerLocked = "locker_locked", 403;
    /// There is no such thing, or it is not the caller's.
    NotFound = "not_found", 404;
    /// The path is there, the method is not.
    MethodNotAllowed = "method_not_allowed", 405;
    /// The user has a genesis entry: restore instead.
    AlreadyRegistered = "already_registered", 409;
    /// The device list moved on: fetch it, and make the entries anew.
    ListMoved = "list_moved", 409;
    /// The locker has another version: fetch it, and make the change anew.
    LockerMoved = "locker_moved", 409;
    /// A `remove` does not state the removed device's last record: pull, and make the entries anew.
    ChainMoved = "chain_moved", 409;
    /// The record is not of the newest epoch: fetch the list, and encrypt anew.
    StaleEpoch = "stale_epoch", 409;
    /// The record replaces a version that is not the present one: pull, merge, push anew.
    RecordMoved = "record_moved", 409;
    /// The record's number is not the device's next one: `expected` tells it.
    SequenceGap = "sequence_gap", 409;
    /// The record's number was used for other content: this device's state was copied or rolled back.
    SequenceUsed = "sequence_used", 409;
    /// A limit of the user is reached: entries, devices or records.
    LimitReached = "limit_reached", 409;
    /// The registration's time is over: ask for a new one.
    Expired = "expired", 410;
    /// The body, a field or a list is longer than allowed.
    TooLarge = "too_large", 413;
    /// Not a mobile number that messages can be sent to.
    BadPhone = "bad_phone", 422;
    /// The server sends no messages to this country.
    CountryNotAllowed = "country_not_allowed", 422;
    /// The entries do not continue the device list.
    BadEntries = "bad_entries", 422;
    /// A record does not verify, or does not continue the device's chain.
    BadRecord = "bad_record", 422;
    /// The locker is not the one that its entry names, or is weaker than allowed.
    BadLocker = "bad_locker", 422;
    /// The idempotency key was used for another request.
    IdempotencyReused = "idempotency_reused", 422;
    /// Too many requests or messages: wait `retry_after` seconds.
    RateLimited = "rate_limited", 429;
    /// The locker takes the next try only after `retry_after` seconds.
    LockerWaits = "locker_waits", 429;
    /// The server fell over something; its log says what.
    Internal = "internal", 500;
    /// Specified for a later version: approvals, recovery codes, change of phone, waiting times.
    NotSupported = "not_supported", 501;
    /// The server cannot do it now: wait `retry_after` seconds.
    Unavailable = "unavailable", 503;
}

impl ErrorCode {
    /// The code of a name; what is not known is [`ErrorCode::Unknown`].
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let known = Self::ALL.iter().find(|code| code.as_str() == text);
        known.copied().unwrap_or(Self::Unknown)
    }
}

impl Serialize for ErrorCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for ErrorCode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|text| Self::parse(&text))
    }
}

/// The body of every refusal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorBody {
    /// What to branch on.
    pub code: ErrorCode,
    /// One line for a person.
    pub message: String,
    /// After how many seconds a repetition makes sense.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<u64>,
    /// The server's time, in unix seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server_time: Option<u64>,
    /// How many tries are left.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tries_left: Option<u8>,
    /// The number that was expected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected: Option<u64>,
}

impl ErrorBody {
    /// A refusal without further data.
    #[must_use]
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            retry_after: None,
            server_time: None,
            tries_left: None,
            expected: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_code_has_its_own_name_and_reads_back() {
        let names: BTreeSet<_> = ErrorCode::ALL.iter().map(|code| code.as_str()).collect();
        assert_eq!(names.len(), ErrorCode::ALL.len());
        for code in ErrorCode::ALL {
            assert_eq!(ErrorCode::parse(code.as_str()), *code);
            assert!((400..600).contains(&code.status()), "{code:?}");
        }
    }

    #[test]
    fn a_code_from_a_newer_server_is_unknown_and_not_an_unreadable_answer() {
        let body: ErrorBody =
            serde_json::from_str(r#"{"code":"moon_phase","message":"wait","new_field":1}"#)
                .unwrap();
        assert_eq!(body, ErrorBody::new(ErrorCode::Unknown, "wait"));
    }

    #[test]
    fn absent_data_is_not_sent() {
        let body = ErrorBody::new(ErrorCode::NotFound, "no such registration");
        assert_eq!(
            serde_json::to_string(&body).unwrap(),
            r#"{"code":"not_found","message":"no such registration"}"#
        );
    }

    #[test]
    fn every_code_stands_in_the_specification_with_its_status() {
        let specification = include_str!("../../../sync-protocol.md");
        for code in ErrorCode::ALL {
            let row = format!("| {} | {} |", code.status(), code.as_str());
            assert!(specification.contains(&row), "{row}");
        }
    }
}

//! The nouns of an active device: what is new, the list, the devices, native accounts, records.

use serde::{Deserialize, Serialize};

use crate::bytes::Bytes;
use crate::chain::Superseded;
use crate::id::DeviceId;
use crate::list::{ENTRY_BYTES, Head};
use crate::record::RECORD_BYTES;
use crate::sealed::Sealed;

/// How many entries of a list one answer has at most.
pub const PAGE_ENTRIES: usize = 256;
/// How many steps of the feed one answer has at most.
pub const PAGE_RECORDS: usize = 128;

/// Whether anything is new. The answer of [`crate::path::STATUS`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// The newest revision of the user's records.
    pub revision: u64,
    /// The newest entry of the list.
    pub head: Head,
    /// Grows with every change of the native accounts.
    pub accounts: u64,
    /// The server's time, in unix seconds.
    pub time: u64,
}

/// Entries of the list after a number, in order. The answer of [`crate::path::LIST`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListPage {
    /// The newest entry there is.
    pub head: Head,
    /// `entry || signature` each; the last page ends at `head`. A client takes all pages in at once.
    pub entries: Vec<Bytes<ENTRY_BYTES>>,
}

/// What the server knows of the active devices beyond the list. The answer of [`crate::path::DEVICES`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Devices {
    /// One for each active device.
    pub devices: Vec<SeenDevice>,
}

/// When a device was last seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeenDevice {
    /// The device.
    pub device: DeviceId,
    /// Its last signed request, in unix seconds, exact to the hour.
    pub last_seen: u64,
}

/// All native accounts; one that is missing was ended by its site. The answer of [`crate::path::ACCOUNTS`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NativeAccounts {
    /// As in [`Status::accounts`].
    pub revision: u64,
    /// [`crate::answer::NativeAccount`], sealed to the device.
    pub accounts: Vec<Sealed>,
}

/// Records to store, in the order of their `dseq`: all or none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Push {
    /// 1 to [`crate::record::PUSH_RECORDS`].
    pub records: Vec<PushRecord>,
}

/// A record and what it replaces.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PushRecord {
    /// The revision of the version that it replaces; 0 when it is the first.
    pub base: u64,
    /// The bytes of [`crate::record::SealedRecord`].
    pub record: Bytes<RECORD_BYTES>,
}

/// The records are stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pushed {
    /// The revision of each record, in the order of the push.
    pub revisions: Vec<u64>,
}

/// The feed after a revision. The answer of [`crate::path::RECORDS`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Feed {
    /// The newest revision there is; the feed is read when the last step has it.
    pub revision: u64,
    /// In ascending revisions.
    pub steps: Vec<FeedStep>,
}

/// One step of the feed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeedStep {
    /// Its revision.
    pub revision: u64,
    /// A record, or what is left of it.
    pub step: FeedContent,
}

/// A record, or what is left of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FeedContent {
    /// The bytes of [`crate::record::SealedRecord`].
    Record(Bytes<RECORD_BYTES>),
    /// A newer version stands at a later revision.
    Superseded(Superseded),
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::Hash;

    #[test]
    fn a_record_one_byte_too_long_is_refused_before_it_is_decoded() {
        let push = |bytes: usize| {
            let text = data_encoding::BASE64URL_NOPAD.encode(&vec![0; bytes]);
            let json = format!(r#"{{"records":[{{"base":0,"record":"{text}"}}]}}"#);
            serde_json::from_str::<Push>(&json).is_ok()
        };
        assert!(push(RECORD_BYTES));
        assert!(!push(RECORD_BYTES + 1));
    }

    #[test]
    fn a_feed_reads_as_it_is_specified() {
        let step = FeedStep {
            revision: 7,
            step: FeedContent::Superseded(Superseded {
                device: DeviceId([1; 16]),
                dseq: 3,
                hash: Hash([0; 32]),
            }),
        };
        let json = serde_json::to_string(&step).unwrap();
        assert_eq!(
            json,
            r#"{"revision":7,"step":{"superseded":{"device":"AQEBAQEBAQEBAQEBAQEBAQ","dseq":3,"hash":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}}}"#
        );
        assert_eq!(serde_json::from_str::<FeedStep>(&json).unwrap(), step);
    }
}

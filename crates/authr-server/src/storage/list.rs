//! The nouns of active devices: the device list, the locker, native accounts, records.

use authr_api::chain::{ChainHead, Superseded};
use authr_api::id::RegistrationId;
use authr_api::list::Head;
use authr_api::record::SealedRecord;
use authr_crypto::seal::SealingKey;
use authr_crypto::sign::VerifyingKey;

use super::{
    AccountId, ApplicationId, DeviceId, Registration, Sealed, StorageError, UnixSeconds, UserId,
};

/// A device that is or was on a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KnownDevice {
    /// Its id.
    pub device: DeviceId,
    /// Whose.
    pub user: UserId,
    /// What it signs with.
    pub signing: VerifyingKey,
    /// What is sealed to it.
    pub sealing: SealingKey,
    /// Whether it was removed.
    pub removed: bool,
}

/// A device that becomes active.
#[derive(Debug, Clone, Copy)]
pub struct NewDevice {
    /// Its id.
    pub device: DeviceId,
    /// What it signs with.
    pub signing: VerifyingKey,
    /// What is sealed to it.
    pub sealing: SealingKey,
}

/// Entries that continue a list, once their content was verified, and what they lead to.
#[derive(Debug, Clone)]
pub struct NewEntries {
    /// Whose list.
    pub user: UserId,
    /// The head that they follow; none for a new list.
    pub after: Option<Head>,
    /// `entry || signature` each, in order.
    pub entries: Vec<Vec<u8>>,
    /// The head that they lead to.
    pub head: Head,
    /// The newest epoch then.
    pub epoch: u32,
    /// The registration that ends with them.
    pub registration: Option<RegistrationId>,
    /// The device that becomes active.
    pub added: Option<NewDevice>,
    /// The devices that are removed, and the last record that is stated of each.
    pub removed: Vec<(DeviceId, ChainHead)>,
    /// The locker's new version, and its content, sealed for the user.
    pub locker: Option<(u64, Sealed)>,
}

/// A native account as a device is given it.
#[derive(Debug, Clone)]
pub struct NativeAccount {
    /// The account.
    pub account: AccountId,
    /// The application.
    pub application: ApplicationId,
    /// The application's name.
    pub name: String,
    /// The root seed, sealed for the account.
    pub seed_sealed: Sealed,
    /// The generation of the device's seed.
    pub generation: u32,
}

/// All native accounts of a user, for one device.
#[derive(Debug, Clone)]
pub struct NativeAccounts {
    /// Grows with every change of them.
    pub revision: u64,
    /// Each of them.
    pub accounts: Vec<NativeAccount>,
}

/// What is new for a user's devices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Newest {
    /// The newest entry of the list.
    pub head: Head,
    /// The newest revision of the records.
    pub revision: u64,
    /// The revision of the native accounts.
    pub accounts: u64,
}

/// A part of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entries {
    /// The newest entry there is.
    pub head: Head,
    /// `entry || signature` each, in order.
    pub entries: Vec<Vec<u8>>,
}

/// A try at a locker: the derived key goes with [`Judge`].
#[derive(Debug, Clone, Copy)]
pub struct LockerTry {
    /// By which registration.
    pub registration: RegistrationId,
    /// Of which version.
    pub version: u64,
}

/// Decides whether a try is right, given the registration with its user's locker. Called once the try is counted.
pub type Judge = Box<dyn FnOnce(&Registration) -> Result<bool, StorageError> + Send>;

/// A record to store, signed by its device.
#[derive(Debug, Clone)]
pub struct NewRecord {
    /// The revision that it replaces; 0 for none.
    pub base: u64,
    /// The record.
    pub record: SealedRecord,
}

/// Steps of a user's feed.
#[derive(Debug, Clone)]
pub struct Steps {
    /// The newest revision there is.
    pub revision: u64,
    /// Revisions and steps, ascending.
    pub steps: Vec<(u64, Step)>,
}

/// One step of a feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// A record.
    Record(Vec<u8>),
    /// What is left of one.
    Superseded(Superseded),
}

/// Until when things are kept: what is older has had its time.
#[derive(Debug, Clone, Copy)]
pub struct Kept {
    /// Shells of closed accounts.
    pub closed: UnixSeconds,
    /// Sends, for the limits on messages.
    pub sent: UnixSeconds,
    /// Nonces.
    pub seen: UnixSeconds,
    /// Answers under their idempotency keys.
    pub answered: UnixSeconds,
    /// Registrations that ended without a device.
    pub ended: UnixSeconds,
}

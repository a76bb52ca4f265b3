//! What the server keeps, as verbs of the domain. Each says what is atomic and what happens the second time.
//!
//! A storage never sees a phone number, an address, a seed or a code: what is personal arrives [`Sealed`] or
//! as an index (a keyed hash), and leaves so.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use authr_api::id::RegistrationId;
use authr_crypto::sign::VerifyingKey;

mod change;
mod list;
mod nouns;
mod registration;
pub mod sqlite;

#[cfg(test)]
pub(crate) mod conformance;

pub use authr_api::id::{DeviceId, UserId};
pub use change::*;
pub use list::*;
pub use nouns::*;
pub use registration::*;

/// What a verb of the storage answers, once it is durable.
pub type Answer<T> = Pin<Box<dyn Future<Output = Result<T, StorageError>> + Send>>;

/// Why the storage did not do it.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum StorageError {
    /// There is no such row.
    #[error("not found")]
    NotFound,
    /// Another row stands in the way.
    #[error("another {0} stands in the way")]
    Conflict(&'static str),
    /// The database could not do it; nothing was changed.
    #[error("the database is unavailable")]
    Unavailable(#[source] Arc<dyn std::error::Error + Send + Sync>),
}

/// Everything the server keeps.
///
/// A verb that changes something is one transaction: it happened whole and is durable when it answers `Ok`, or
/// it did not happen. Dropping the answer does not stop it.
pub trait Storage: Send + Sync {
    /// Fixes the root key of a new database, or answers the one fixed before.
    /// Idempotent: the first caller's `offered` is kept for good.
    fn fix_root_key(&self, offered: RootKeyCheck) -> Answer<RootKeyCheck>;

    /// Fixes the sealing key of a new server, or answers the one fixed before.
    /// Idempotent: the first caller's `offered` is kept for good.
    fn fix_sealing_key(&self, offered: Sealed) -> Answer<Sealed>;

    // Signed requests.
    //
    // A verb that takes a `Change` first notes its nonce, in the transaction of its effect: a nonce that was seen is
    // `replay`. A change that was made before under its key is answered as it was then, whatever happened since;
    // another one under that key is `idempotency_reused`. The answer of `respond` is kept with the effect, of a signer
    // up to `ANSWERS` at a time. What is denied changes nothing, and is not kept.

    /// Whether the key is that of a registration.
    fn is_request_key(&self, key: VerifyingKey) -> Answer<bool>;
    /// Notes a request that changes nothing. Answers whether its nonce is new; of any number of the same, one is.
    fn note_request(&self, seen: SeenRequest) -> Answer<bool>;
    /// What is remembered of a change. Notes nothing.
    fn recall(&self, change: Change) -> Answer<Recalled>;

    // Registrations. Each verb is about the signer's own: another's is `not_found`.

    /// Begins a registration and queues its message, if `rule` lets it pass given what was sent lately. Does the same
    /// for every number.
    fn request_registration(
        &self,
        change: Change,
        new: NewRegistration,
        message: NewMessage,
        rule: SendRule,
        respond: Respond<SendHistory>,
    ) -> Answer<Changed>;
    /// Replaces the code of a registration that is `requested`, and queues its message under the same rule. Wrong
    /// codes stay counted; the older message goes off the queue.
    fn resend_registration(
        &self,
        change: Change,
        registration: RegistrationId,
        code: NewCode,
        message: NewMessage,
        rule: SendRule,
        respond: Respond<SendHistory>,
    ) -> Answer<Changed>;
    /// Cancels a registration that is not active.
    fn cancel_registration(
        &self,
        change: Change,
        registration: RegistrationId,
        respond: Respond<Registration>,
    ) -> Answer<Changed>;
    /// Settles a code: a wrong one is counted, and the last one ends the registration. A right one finds or makes the
    /// user, leads to `proven` where there is no device list, else to `pending`, and ends every other proven
    /// registration of the number; the same again changes nothing.
    fn prove_registration(
        &self,
        change: Change,
        proof: Proof,
        respond: Respond<Tried>,
    ) -> Answer<Changed>;
    /// A registration as it stands.
    fn registration(&self, registration: RegistrationId) -> Answer<Option<Registration>>;

    // Applications.

    /// Adds an application and its first API key. `Conflict("name")` when the name is taken.
    fn create_application(&self, application: Application, key: KeyHash) -> Answer<()>;
    /// All applications, by name.
    fn applications(&self) -> Answer<Vec<Application>>;
    /// The application that an API key belongs to.
    fn application_by_key(&self, key: KeyHash) -> Answer<Option<Application>>;

    // Accounts: a user at an application.

    /// Opens the account of a phone at an application, and makes the user when the phone is new.
    /// Idempotent: a second call answers the id of the first; its e-mail address, when new, is added.
    /// `Conflict("site id")` when the offered id is taken: draw another and call again.
    fn open_account(&self, account: NewAccount) -> Answer<SiteId>;
    /// An account as its site may see it, for a while also after it was closed.
    fn account(&self, application: ApplicationId, site_id: SiteId) -> Answer<Option<Account>>;
    /// Ends one application's account: seed, addresses, token and the devices' copies go in one transaction;
    /// a shell stays until [`Storage::sweep`]. Answers whether there was an open one. The user's devices and
    /// accounts at other applications stay.
    fn close_account(
        &self,
        application: ApplicationId,
        site_id: SiteId,
        now: UnixSeconds,
    ) -> Answer<bool>;

    // Codes.

    /// What a code of this account is checked against. `None` for no open account.
    fn code_check(&self, application: ApplicationId, site_id: SiteId) -> Answer<Option<CodeCheck>>;
    /// Settles one try at a code, in one transaction, so that of any number of tries with one code exactly one
    /// is accepted, and no try escapes the counter:
    /// - a token that matched, is unused, alive and the newest: used up;
    /// - else, below `attempt.cap` wrong codes, a step that matched, of a device that still holds this
    ///   generation, newer than the device's last: stored as its last;
    /// - else, if something matched: [`Verdict::Reused`], nothing changes;
    /// - else the account's and the token's counters go up.
    ///
    /// Acceptance confirms the account and resets its counter. Not idempotent, on purpose.
    fn settle_attempt(&self, attempt: Attempt) -> Answer<Verdict>;
    /// Replaces the account's token and queues its message, if `rule` lets it pass given what was sent
    /// lately; else nothing changes. No other send to the number or its prefix comes between.
    /// `NotFound` for an account that is not open.
    fn send_token(
        &self,
        token: NewToken,
        message: NewMessage,
        rule: SendRule,
    ) -> Answer<Result<(), Refusal>>;

    // Messages on their way.

    /// Takes up to `limit` messages that are due and makes them due again at `again_at`, so that no other
    /// worker takes them meanwhile; a worker that dies leaves them to the next.
    fn claim_messages(
        &self,
        now: UnixSeconds,
        again_at: UnixSeconds,
        limit: u32,
    ) -> Answer<Vec<QueuedMessage>>;
    /// Deletes a message: it was sent, or never will be. Idempotent.
    fn drop_message(&self, message: MessageId) -> Answer<()>;
    /// Puts a message off. A message that is gone is not an error.
    fn postpone_message(&self, message: MessageId, due_at: UnixSeconds) -> Answer<()>;

    // Devices, their list, their locker.

    /// A device that is or was active.
    fn device(&self, device: DeviceId) -> Answer<Option<KnownDevice>>;
    /// Appends entries, with all that they lead to: the registration that becomes active, the device that is added and
    /// holds all native accounts from now on, the devices that are removed and whose codes are refused from now on,
    /// the locker without tries. Denied, in this order: a registration that is not the signer's, proven, and of this
    /// user; `already_registered`, `list_moved` unless the list ends where the entries begin; `chain_moved` unless
    /// each removed device is active and has the record stated of it as its last; `bad_entries` where an id or a key
    /// of the added device was ever used. `respond` is given the native accounts of the added device.
    fn append_entries(
        &self,
        change: Change,
        new: NewEntries,
        respond: Respond<Vec<NativeAccount>>,
    ) -> Answer<Changed>;
    /// Up to `limit` entries after a number. `None` for a user without a list.
    fn entries(&self, user: UserId, after: u64, limit: u32) -> Answer<Option<Entries>>;
    /// What is new. `None` for a user without a list.
    fn newest(&self, user: UserId) -> Answer<Option<Newest>>;
    /// The active devices of a user, and when each was last seen.
    fn active_devices(&self, user: UserId) -> Answer<Vec<(DeviceId, UnixSeconds)>>;
    /// The locker of a user.
    fn locker(&self, user: UserId) -> Answer<Option<Locker>>;
    /// Takes a try at a locker by a registration in the flow `restore` that is `pending` or `proven`: refused as
    /// [`Locker::takes_try`] says, else counted, then judged. A right one takes its own count back and makes the
    /// registration `proven`. Of any number of tries at once, none escapes the counters.
    fn try_locker(
        &self,
        change: Change,
        attempt: LockerTry,
        judge: Judge,
        respond: Respond<Tried>,
    ) -> Answer<Changed>;
    /// The open native accounts of the user of an active device; the device holds them from now on. Idempotent: what
    /// it holds keeps its generation and its last step. `NotFound` for a device that is not active.
    fn hand_out_accounts(&self, device: DeviceId, now: UnixSeconds) -> Answer<NativeAccounts>;

    // Records.

    /// Puts records of a device into its user's feed, in order, all or none. For each: one that is there already is
    /// answered with its revision; else `sequence_used` for other content under its number, `sequence_gap` when it
    /// is not the next, `bad_record` when it does not follow the device's chain, `stale_epoch`, `record_moved` when
    /// the present revision of its id is not its base, `limit_reached`. What it replaces leaves device, number, hash.
    /// `respond` is given the revisions.
    fn push_records(
        &self,
        change: Change,
        device: KnownDevice,
        records: Vec<NewRecord>,
        respond: Respond<Vec<u64>>,
    ) -> Answer<Changed>;
    /// Up to `limit` steps of the feed after a revision. `None` for a user without a list.
    fn steps(&self, user: UserId, after: u64, limit: u32) -> Answer<Option<Steps>>;

    // Users, for the operator.

    /// The user of a phone.
    fn user_by_phone(&self, phone: Index) -> Answer<Option<UserId>>;
    /// Resets the counters of wrong codes at every application. Idempotent.
    fn unlock_user(&self, user: UserId) -> Answer<()>;
    /// Removes a user: afterwards no table has a row of that user or that phone. Idempotent.
    fn delete_user(&self, user: UserId) -> Answer<()>;
    /// How many rows each table has of a user; tables without one are left out.
    fn rows_of(&self, user: UserId) -> Answer<Vec<(String, u32)>>;

    /// Lets a locker be tried ten times more. Idempotent.
    fn unlock_locker(&self, user: UserId) -> Answer<()>;
    /// Deletes some of what has had its time, and users who then have no account, never had a device and register
    /// none. Answers whether there may be more. Idempotent.
    fn sweep(&self, kept: Kept) -> Answer<bool>;
    /// Whether the database answers.
    fn ping(&self) -> Answer<()>;
}

//! What the server keeps, as verbs of the domain. Each says what is atomic and what happens the second time.
//!
//! A storage never sees a phone number, an address, a seed or a code: what is personal arrives [`Sealed`] or
//! as an index (a keyed hash), and leaves so.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

mod nouns;
pub mod sqlite;

#[cfg(test)]
pub(crate) mod conformance;

pub use nouns::*;

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

    // Devices, as far as codes need them.

    /// Adds a device of a user. `Conflict("device")` when the id was ever used; `NotFound` without the user.
    fn add_device(&self, device: NewDevice) -> Answer<()>;
    /// Notes that a device received the account's seed of a generation. A newer generation replaces an older
    /// one and keeps its last step; the same again changes nothing. `NotFound` unless device and account are
    /// alive and of one user.
    fn issue_account(
        &self,
        account: AccountId,
        device: DeviceId,
        generation: u32,
        now: UnixSeconds,
    ) -> Answer<()>;
    /// Removes a device: its codes are refused from the moment that this answers. Idempotent.
    fn remove_device(&self, device: DeviceId, now: UnixSeconds) -> Answer<()>;
    /// The open accounts of a user, with what a device needs to be given them.
    fn accounts_of(&self, user: UserId) -> Answer<Vec<NativeAccount>>;

    // Users, for the operator.

    /// The user of a phone.
    fn user_by_phone(&self, phone: Index) -> Answer<Option<UserId>>;
    /// Resets the counters of wrong codes at every application. Idempotent.
    fn unlock_user(&self, user: UserId) -> Answer<()>;
    /// Removes a user: afterwards no table has a row of that user or that phone. Idempotent.
    fn delete_user(&self, user: UserId) -> Answer<()>;
    /// How many rows each table has of a user; tables without one are left out.
    fn rows_of(&self, user: UserId) -> Answer<Vec<(String, u32)>>;

    /// Deletes what has had its time: shells of accounts closed before `closed_before` (and users who then
    /// have no account and never had a device), sends before `sent_before`. Idempotent.
    fn sweep(&self, closed_before: UnixSeconds, sent_before: UnixSeconds) -> Answer<()>;
    /// Whether the database answers.
    fn ping(&self) -> Answer<()>;
}

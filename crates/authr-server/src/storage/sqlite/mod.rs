//! SQLite behind the storage's verbs: one writer that commits what is waiting in one transaction, readers
//! beside it, and a checkpoint from a timer.
//!
//! The operator's commands open the same file from another process: both take short transactions, and wait
//! up to `BUSY_SECONDS` for each other.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use authr_api::id::RegistrationId;
use authr_crypto::sign::VerifyingKey;
use rusqlite::Connection;

use super::*;

mod accounts;
mod applications;
mod changes;
mod codes;
mod connection;
mod devices;
mod lists;
mod lockers;
mod messages;
mod reader;
mod records;
mod registrations;
mod sweep;
mod users;
mod values;
mod writer;

use reader::Readers;
use writer::Writer;

/// How long a transaction waits for another process.
const BUSY_SECONDS: u64 = 5;

/// A database file.
pub struct Sqlite {
    path: PathBuf,
    writer: Writer,
    readers: Arc<Readers>,
}

impl Sqlite {
    /// Opens a database, making and migrating it where need be.
    ///
    /// # Errors
    /// `Unavailable` when the file cannot be opened or migrated.
    pub fn open(path: &Path) -> Result<Self, StorageError> {
        let mut connection = connection::open(path)?;
        connection::migrate(&mut connection)?;
        Ok(Self {
            path: path.to_path_buf(),
            writer: Writer::start(connection, path)?,
            readers: Arc::new(Readers::new(path)),
        })
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Runs an operation in the writer: whole or not at all, answered once it is durable.
    fn write<T: Send + 'static>(
        &self,
        operation: impl FnOnce(&Connection) -> Result<T, StorageError> + Send + 'static,
    ) -> Answer<T> {
        self.writer.run(operation)
    }

    /// Makes a change of a signer, once.
    fn change<T: 'static>(
        &self,
        change: Change,
        respond: Respond<T>,
        effect: impl FnOnce(&Connection) -> Result<Result<T, Denied>, StorageError> + Send + 'static,
    ) -> Answer<Changed> {
        self.write(move |db| changes::make(db, &change, respond, effect))
    }

    /// Runs a query in one snapshot.
    fn read<T: Send + 'static>(
        &self,
        query: impl FnOnce(&Connection) -> Result<T, StorageError> + Send + 'static,
    ) -> Answer<T> {
        self.readers.run(query)
    }
}

impl From<rusqlite::Error> for StorageError {
    fn from(error: rusqlite::Error) -> Self {
        match error {
            rusqlite::Error::QueryReturnedNoRows => Self::NotFound,
            other => Self::Unavailable(Arc::new(other)),
        }
    }
}

impl Storage for Sqlite {
    fn fix_root_key(&self, offered: RootKeyCheck) -> Answer<RootKeyCheck> {
        self.write(move |db| applications::fix_root_key(db, &offered))
    }

    fn fix_sealing_key(&self, offered: Sealed) -> Answer<Sealed> {
        self.write(move |db| applications::fix_sealing_key(db, &offered))
    }

    fn is_request_key(&self, key: VerifyingKey) -> Answer<bool> {
        self.read(move |db| changes::is_request_key(db, &key))
    }

    fn note_request(&self, seen: SeenRequest) -> Answer<bool> {
        self.write(move |db| changes::note(db, &seen))
    }

    fn recall(&self, change: Change) -> Answer<Recalled> {
        self.read(move |db| changes::recall(db, &change))
    }

    fn request_registration(
        &self,
        change: Change,
        new: NewRegistration,
        message: NewMessage,
        rule: SendRule,
        respond: Respond<SendHistory>,
    ) -> Answer<Changed> {
        self.change(change, respond, move |db| {
            registrations::request(db, &new, &message, rule)
        })
    }

    fn resend_registration(
        &self,
        change: Change,
        registration: RegistrationId,
        code: NewCode,
        message: NewMessage,
        rule: SendRule,
        respond: Respond<SendHistory>,
    ) -> Answer<Changed> {
        self.change(change, respond, move |db| {
            let signer = change.seen.signer;
            registrations::resend(db, &signer, registration, &code, &message, rule)
        })
    }

    fn cancel_registration(
        &self,
        change: Change,
        registration: RegistrationId,
        respond: Respond<Registration>,
    ) -> Answer<Changed> {
        let SeenRequest { signer, now, .. } = change.seen;
        self.change(change, respond, move |db| {
            registrations::cancel(db, &signer, registration, now)
        })
    }

    fn prove_registration(
        &self,
        change: Change,
        proof: Proof,
        respond: Respond<Tried>,
    ) -> Answer<Changed> {
        let SeenRequest { signer, now, .. } = change.seen;
        self.change(change, respond, move |db| {
            registrations::prove(db, &signer, &proof, now)
        })
    }

    fn registration(&self, registration: RegistrationId) -> Answer<Option<Registration>> {
        self.read(move |db| registrations::find(db, registration))
    }

    fn create_application(&self, application: Application, key: KeyHash) -> Answer<()> {
        self.write(move |db| applications::create(db, &application, key))
    }

    fn applications(&self) -> Answer<Vec<Application>> {
        self.read(applications::all)
    }

    fn application_by_key(&self, key: KeyHash) -> Answer<Option<Application>> {
        self.read(move |db| applications::by_key(db, key))
    }

    fn open_account(&self, account: NewAccount) -> Answer<SiteId> {
        self.write(move |db| accounts::open(db, &account))
    }

    fn account(&self, application: ApplicationId, site_id: SiteId) -> Answer<Option<Account>> {
        self.read(move |db| accounts::find(db, application, site_id))
    }

    fn close_account(
        &self,
        application: ApplicationId,
        site_id: SiteId,
        now: UnixSeconds,
    ) -> Answer<bool> {
        self.write(move |db| accounts::close(db, application, site_id, now))
    }

    fn code_check(&self, application: ApplicationId, site_id: SiteId) -> Answer<Option<CodeCheck>> {
        self.read(move |db| codes::check(db, application, site_id))
    }

    fn settle_attempt(&self, attempt: Attempt) -> Answer<Verdict> {
        self.write(move |db| codes::settle(db, &attempt))
    }

    fn send_token(
        &self,
        token: NewToken,
        message: NewMessage,
        rule: SendRule,
    ) -> Answer<Result<(), Refusal>> {
        self.write(move |db| messages::send_token(db, &token, &message, rule))
    }

    fn claim_messages(
        &self,
        now: UnixSeconds,
        again_at: UnixSeconds,
        limit: u32,
    ) -> Answer<Vec<QueuedMessage>> {
        self.write(move |db| messages::claim(db, now, again_at, limit))
    }

    fn drop_message(&self, message: MessageId) -> Answer<()> {
        self.write(move |db| messages::drop(db, message))
    }

    fn postpone_message(&self, message: MessageId, due_at: UnixSeconds) -> Answer<()> {
        self.write(move |db| messages::postpone(db, message, due_at))
    }

    fn device(&self, device: DeviceId) -> Answer<Option<KnownDevice>> {
        self.read(move |db| devices::find(db, device))
    }

    fn append_entries(
        &self,
        change: Change,
        new: NewEntries,
        respond: Respond<Vec<NativeAccount>>,
    ) -> Answer<Changed> {
        self.change(change, respond, move |db| {
            lists::append(db, &change.seen, &new)
        })
    }

    fn entries(&self, user: UserId, after: u64, limit: u32) -> Answer<Option<Entries>> {
        self.read(move |db| lists::entries(db, user, after, limit))
    }

    fn newest(&self, user: UserId) -> Answer<Option<Newest>> {
        self.read(move |db| lists::newest(db, user))
    }

    fn active_devices(&self, user: UserId) -> Answer<Vec<(DeviceId, UnixSeconds)>> {
        self.read(move |db| devices::active(db, user))
    }

    fn locker(&self, user: UserId) -> Answer<Option<Locker>> {
        self.read(move |db| lockers::find(db, user))
    }

    fn try_locker(
        &self,
        change: Change,
        attempt: LockerTry,
        judge: Judge,
        respond: Respond<Tried>,
    ) -> Answer<Changed> {
        let SeenRequest { signer, now, .. } = change.seen;
        self.change(change, respond, move |db| {
            lockers::attempt(db, &signer, attempt, judge, now)
        })
    }

    fn hand_out_accounts(&self, device: DeviceId, now: UnixSeconds) -> Answer<NativeAccounts> {
        self.write(move |db| devices::hand_out(db, device, now))
    }

    fn push_records(
        &self,
        change: Change,
        device: KnownDevice,
        records: Vec<NewRecord>,
        respond: Respond<Vec<u64>>,
    ) -> Answer<Changed> {
        self.change(change, respond, move |db| {
            records::push(db, &device, &records)
        })
    }

    fn steps(&self, user: UserId, after: u64, limit: u32) -> Answer<Option<Steps>> {
        self.read(move |db| records::steps(db, user, after, limit))
    }

    fn user_by_phone(&self, phone: Index) -> Answer<Option<UserId>> {
        self.read(move |db| users::by_phone(db, phone))
    }

    fn unlock_user(&self, user: UserId) -> Answer<()> {
        self.write(move |db| users::unlock(db, user))
    }

    fn delete_user(&self, user: UserId) -> Answer<()> {
        self.write(move |db| users::delete(db, user))
    }

    fn rows_of(&self, user: UserId) -> Answer<Vec<(String, u32)>> {
        self.read(move |db| users::rows_of(db, user))
    }

    fn unlock_locker(&self, user: UserId) -> Answer<()> {
        self.write(move |db| lockers::unlock(db, user))
    }

    fn sweep(&self, kept: Kept) -> Answer<bool> {
        self.write(move |db| sweep::sweep(db, &kept))
    }

    fn ping(&self) -> Answer<()> {
        self.read(|db| Ok(db.query_row("SELECT 1", [], |_| Ok(()))?))
    }
}

#[cfg(test)]
mod tests;

//! SQLite behind the storage's verbs: one writer that commits what is waiting in one transaction, readers
//! beside it, and a checkpoint from a timer.
//!
//! The operator's commands open the same file from another process: both take short transactions, and wait
//! up to `BUSY_SECONDS` for each other.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rusqlite::Connection;

use super::*;

mod accounts;
mod applications;
mod codes;
mod connection;
mod devices;
mod messages;
mod reader;
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

    fn add_device(&self, device: NewDevice) -> Answer<()> {
        self.write(move |db| devices::add(db, &device))
    }

    fn issue_account(
        &self,
        account: AccountId,
        device: DeviceId,
        generation: u32,
        now: UnixSeconds,
    ) -> Answer<()> {
        self.write(move |db| devices::issue(db, account, device, generation, now))
    }

    fn remove_device(&self, device: DeviceId, now: UnixSeconds) -> Answer<()> {
        self.write(move |db| devices::remove(db, device, now))
    }

    fn accounts_of(&self, user: UserId) -> Answer<Vec<NativeAccount>> {
        self.read(move |db| devices::accounts_of(db, user))
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

    fn sweep(&self, closed_before: UnixSeconds, sent_before: UnixSeconds) -> Answer<()> {
        self.write(move |db| sweep::sweep(db, closed_before, sent_before))
    }

    fn ping(&self) -> Answer<()> {
        self.read(|db| Ok(db.query_row("SELECT 1", [], |_| Ok(()))?))
    }
}

#[cfg(test)]
mod tests;

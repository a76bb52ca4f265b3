//! Opening the file, and its migrations.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use super::{BUSY_SECONDS, StorageError};

/// The migrations in order. One that shipped is never edited; its number is its place here, from 1.
const MIGRATIONS: &[&str] = &[
    include_str!("../../../migrations/sqlite/0001_site.sql"),
    include_str!("../../../migrations/sqlite/0002_devices.sql"),
    include_str!("../../../migrations/sqlite/0003_limits.sql"),
];

/// The database is of a newer program.
#[derive(Debug, thiserror::Error)]
#[error("the database has schema {found}, this program knows up to {known}: update authr-server")]
struct NewerSchema {
    found: u32,
    known: usize,
}

/// Opens the file to write, and makes it readable by its owner alone where it is new.
pub(super) fn open(path: &Path) -> Result<Connection, StorageError> {
    let mut options = std::fs::OpenOptions::new();
    options.read(true).append(true).create(true);
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
        .open(path)
        .map_err(|error| StorageError::Unavailable(Arc::new(error)))?;
    let connection = Connection::open_with_flags(
        path,
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )?;
    connection.busy_timeout(Duration::from_secs(BUSY_SECONDS))?;
    connection.set_prepared_statement_cache_capacity(128);
    // FULL: what was answered is on the disk. The checkpoint is a timer's (writer.rs), not a request's, until the log
    // has 16 MiB: a timer that comes upon a busy log folds it in without starting it anew, so that it only grows.
    connection.execute_batch(
        "PRAGMA journal_mode = WAL;
         PRAGMA synchronous = FULL;
         PRAGMA foreign_keys = ON;
         PRAGMA secure_delete = ON;
         PRAGMA trusted_schema = OFF;
         PRAGMA wal_autocheckpoint = 4000;
         PRAGMA journal_size_limit = 67108864;",
    )?;
    Ok(connection)
}

/// Opens the file to read.
pub(super) fn open_reader(path: &Path) -> Result<Connection, StorageError> {
    let connection = Connection::open_with_flags(
        path,
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )?;
    connection.busy_timeout(Duration::from_secs(BUSY_SECONDS))?;
    connection.set_prepared_statement_cache_capacity(64);
    connection.execute_batch("PRAGMA query_only = ON; PRAGMA trusted_schema = OFF;")?;
    Ok(connection)
}

/// Brings the schema up to date, in one transaction.
pub(super) fn migrate(connection: &mut Connection) -> Result<(), StorageError> {
    let transaction =
        connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    let found: u32 = transaction.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    let known = MIGRATIONS.len();
    if usize::try_from(found).is_ok_and(|found| found > known) {
        return Err(StorageError::Unavailable(Arc::new(NewerSchema {
            found,
            known,
        })));
    }
    for (number, migration) in (1u32..).zip(MIGRATIONS) {
        if number > found {
            transaction.execute_batch(migration)?;
            transaction.pragma_update(None, "user_version", number)?;
        }
    }
    Ok(transaction.commit()?)
}

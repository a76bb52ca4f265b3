//! Users, for the operator: found, unlocked, and removed with every row.

use rusqlite::{Connection, OptionalExtension, params};

use super::*;

/// Every table with rows of a user, children before parents, and which rows those are (`?1` is the user).
/// A table that stands neither here nor in `NOT_OF_USERS` fails a test.
pub(super) const OF_USERS: &[(&str, &str)] = &[
    (
        "outbox",
        "phone_index IN (SELECT phone_index FROM users WHERE user = ?1)",
    ),
    (
        "sends",
        "phone_index IN (SELECT phone_index FROM users WHERE user = ?1)",
    ),
    (
        "tokens",
        "account IN (SELECT account FROM accounts WHERE user = ?1)",
    ),
    (
        "emails",
        "account IN (SELECT account FROM accounts WHERE user = ?1)",
    ),
    (
        "device_accounts",
        "account IN (SELECT account FROM accounts WHERE user = ?1)
         OR device IN (SELECT device FROM devices WHERE user = ?1)",
    ),
    ("accounts", "user = ?1"),
    ("nonces", BY_SIGNER),
    ("answers", BY_SIGNER),
    (
        "registrations",
        "user = ?1 OR phone_index IN (SELECT phone_index FROM users WHERE user = ?1)",
    ),
    ("records", "user = ?1"),
    ("lockers", "user = ?1"),
    ("entries", "user = ?1"),
    ("lists", "user = ?1"),
    ("devices", "user = ?1"),
    ("users", "user = ?1"),
];

/// What a device or a request of the user signed.
const BY_SIGNER: &str = "signer IN (SELECT device FROM devices WHERE user = ?1)
     OR signer IN (SELECT signing_key FROM registrations WHERE user = ?1
                   OR phone_index IN (SELECT phone_index FROM users WHERE user = ?1))";

/// Tables that have nothing of users.
#[cfg(test)]
pub(super) const NOT_OF_USERS: &[&str] = &["api_keys", "applications", "root_key", "sealing_key"];

pub(super) fn by_phone(db: &Connection, phone: Index) -> Result<Option<UserId>, StorageError> {
    Ok(db
        .prepare_cached("SELECT user FROM users WHERE phone_index = ?1")?
        .query_row([phone], |row| row.get(0).map(UserId))
        .optional()?)
}

/// The user of a phone; made as offered where there is none.
pub(super) fn find_or_add(
    db: &Connection,
    phone: Index,
    offered: UserId,
    phone_sealed: &Sealed,
    now: UnixSeconds,
) -> Result<UserId, StorageError> {
    db.prepare_cached(
        "INSERT INTO users (user, phone_index, phone_sealed, created_at) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (phone_index) DO NOTHING",
    )?
    .execute(params![offered.0, phone, phone_sealed, now])?;
    by_phone(db, phone)?.ok_or(StorageError::NotFound)
}

/// Notes that the native accounts of a user are others than before.
pub(super) fn accounts_changed(db: &Connection, user: UserId) -> Result<(), StorageError> {
    db.prepare_cached(
        "UPDATE users SET accounts_revision = accounts_revision + 1 WHERE user = ?1",
    )?
    .execute([user.0])?;
    Ok(())
}

pub(super) fn unlock(db: &Connection, user: UserId) -> Result<(), StorageError> {
    db.prepare_cached("UPDATE accounts SET failures = 0 WHERE user = ?1")?
        .execute([user.0])?;
    Ok(())
}

pub(super) fn delete(db: &Connection, user: UserId) -> Result<(), StorageError> {
    delete_from(db, user, |_| true)
}

/// Deletes a user whom nobody asked to delete: what was sent to the number counts on until its own time.
pub(super) fn delete_but_sends(db: &Connection, user: UserId) -> Result<(), StorageError> {
    delete_from(db, user, |table| table != "sends")
}

fn delete_from(
    db: &Connection,
    user: UserId,
    takes: impl Fn(&str) -> bool,
) -> Result<(), StorageError> {
    for (table, rows) in OF_USERS.iter().filter(|(table, _)| takes(table)) {
        db.prepare_cached(&format!("DELETE FROM {table} WHERE {rows}"))?
            .execute([user.0])?;
    }
    Ok(())
}

pub(super) fn rows_of(db: &Connection, user: UserId) -> Result<Vec<(String, u32)>, StorageError> {
    let mut counts = Vec::new();
    for (table, rows) in OF_USERS {
        let count: u32 = db
            .prepare_cached(&format!("SELECT count(*) FROM {table} WHERE {rows}"))?
            .query_row([user.0], |row| row.get(0))?;
        if count > 0 {
            counts.push(((*table).to_owned(), count));
        }
    }
    Ok(counts)
}

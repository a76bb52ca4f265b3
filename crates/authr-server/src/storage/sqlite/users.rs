//! Users, for the operator: found, unlocked, and removed with every row.

use rusqlite::{Connection, OptionalExtension};

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
    ("devices", "user = ?1"),
    ("users", "user = ?1"),
];

/// Tables that have nothing of users.
#[cfg(test)]
pub(super) const NOT_OF_USERS: &[&str] = &["api_keys", "applications", "root_key"];

pub(super) fn by_phone(db: &Connection, phone: Index) -> Result<Option<UserId>, StorageError> {
    Ok(db
        .prepare_cached("SELECT user FROM users WHERE phone_index = ?1")?
        .query_row([phone], |row| row.get(0))
        .optional()?)
}

pub(super) fn unlock(db: &Connection, user: UserId) -> Result<(), StorageError> {
    db.prepare_cached("UPDATE accounts SET failures = 0 WHERE user = ?1")?
        .execute([user])?;
    Ok(())
}

pub(super) fn delete(db: &Connection, user: UserId) -> Result<(), StorageError> {
    for (table, rows) in OF_USERS {
        db.prepare_cached(&format!("DELETE FROM {table} WHERE {rows}"))?
            .execute([user])?;
    }
    Ok(())
}

pub(super) fn rows_of(db: &Connection, user: UserId) -> Result<Vec<(String, u32)>, StorageError> {
    let mut counts = Vec::new();
    for (table, rows) in OF_USERS {
        let count: u32 = db
            .prepare_cached(&format!("SELECT count(*) FROM {table} WHERE {rows}"))?
            .query_row([user], |row| row.get(0))?;
        if count > 0 {
            counts.push(((*table).to_owned(), count));
        }
    }
    Ok(counts)
}

//! Messages: let through or refused by a rule, queued, taken by a worker, dropped.

use rusqlite::{Connection, params};

use super::*;

const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;

pub(super) fn send_token(
    db: &Connection,
    token: &NewToken,
    message: &NewMessage,
    rule: SendRule,
) -> Result<Result<(), Refusal>, StorageError> {
    let open = db
        .prepare_cached("SELECT 1 FROM accounts WHERE account = ?1 AND removed_at IS NULL")?
        .exists([token.account])?;
    if !open {
        return Err(StorageError::NotFound);
    }
    if let Err(refusal) = admit(db, message, rule)? {
        return Ok(Err(refusal));
    }
    // An older token's message that did not go out yet would carry a dead code.
    db.prepare_cached(
        "DELETE FROM outbox WHERE message IN (SELECT token FROM tokens WHERE account = ?1)",
    )?
    .execute([token.account])?;
    db.prepare_cached(
        "INSERT OR REPLACE INTO tokens (account, token, code_mac, created_at, expires_at) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?
    .execute(params![
        token.account,
        message.message,
        token.code_mac,
        message.now,
        token.expires_at
    ])?;
    Ok(Ok(()))
}

/// Asks the rule, and queues the message if it passes; answers what was sent before.
pub(super) fn admit(
    db: &Connection,
    message: &NewMessage,
    rule: SendRule,
) -> Result<Result<SendHistory, Refusal>, StorageError> {
    let history = history(db, message)?;
    if let Err(refusal) = rule(&history) {
        return Ok(Err(refusal));
    }
    db.prepare_cached(
        "INSERT INTO sends (message, purpose, phone_index, prefix_index, network_index, application, sent_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?
    .execute(params![
        message.message,
        message.purpose,
        message.phone,
        message.prefix,
        message.network,
        message.application,
        message.now
    ])?;
    db.prepare_cached(
        "INSERT INTO outbox (message, phone_index, message_sealed, created_at, expires_at, due_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?4)",
    )?
    .execute(params![
        message.message,
        message.phone,
        message.sealed,
        message.now,
        message.expires_at
    ])?;
    Ok(Ok(history))
}

fn history(db: &Connection, message: &NewMessage) -> Result<SendHistory, StorageError> {
    let day = message.now - DAY;
    let mut number = db.prepare_cached(
        "SELECT sent_at, network_index FROM sends
         WHERE phone_index = ?1 AND purpose = ?2 AND sent_at > ?3 ORDER BY sent_at",
    )?;
    let number = number
        .query_map(params![message.phone, message.purpose, day], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })?
        .collect::<Result<_, _>>()?;
    let (prefix, prefix_verified) = db
        .prepare_cached(
            "SELECT count(*), coalesce(sum(verified), 0) FROM sends
             WHERE prefix_index = ?1 AND purpose = ?2 AND sent_at > ?3",
        )?
        .query_row(
            params![message.prefix, message.purpose, message.now - HOUR],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )?;
    let application = db
        .prepare_cached("SELECT count(*) FROM sends WHERE application = ?1 AND sent_at > ?2")?
        .query_row(params![message.application, day], |row| row.get(0))?;
    let network = db
        .prepare_cached("SELECT count(*) FROM sends WHERE network_index = ?1 AND sent_at > ?2")?
        .query_row(params![message.network, message.now - HOUR], |row| {
            row.get(0)
        })?;
    let in_day = db
        .prepare_cached("SELECT count(*) FROM sends WHERE purpose = ?1 AND sent_at > ?2")?
        .query_row(params![message.purpose, day], |row| row.get(0))?;
    Ok(SendHistory {
        number,
        prefix,
        prefix_verified,
        application,
        network,
        day: in_day,
    })
}

pub(super) fn claim(
    db: &Connection,
    now: UnixSeconds,
    again_at: UnixSeconds,
    limit: u32,
) -> Result<Vec<QueuedMessage>, StorageError> {
    let mut statement = db.prepare_cached(
        "UPDATE outbox SET attempts = attempts + 1, due_at = ?2
         WHERE message IN (SELECT message FROM outbox WHERE due_at <= ?1 ORDER BY due_at LIMIT ?3)
         RETURNING message, message_sealed, created_at, expires_at, attempts",
    )?;
    let claimed = statement
        .query_map(params![now, again_at, limit], |row| {
            Ok(QueuedMessage {
                message: row.get(0)?,
                sealed: row.get(1)?,
                created_at: row.get(2)?,
                expires_at: row.get(3)?,
                attempts: row.get(4)?,
            })
        })?
        .collect::<Result<_, _>>()?;
    Ok(claimed)
}

pub(super) fn drop(db: &Connection, message: MessageId) -> Result<(), StorageError> {
    db.prepare_cached("DELETE FROM outbox WHERE message = ?1")?
        .execute([message])?;
    Ok(())
}

pub(super) fn postpone(
    db: &Connection,
    message: MessageId,
    due_at: UnixSeconds,
) -> Result<(), StorageError> {
    db.prepare_cached("UPDATE outbox SET due_at = ?2 WHERE message = ?1")?
        .execute(params![message, due_at])?;
    Ok(())
}

//! What has had its time.

use rusqlite::Connection;

use super::*;

/// The most rows that one sweep takes of each table, so that it never holds up the writer for long.
const AT_ONCE: usize = 1000;

/// Answers whether there may be more.
pub(super) fn sweep(db: &Connection, kept: &Kept) -> Result<bool, StorageError> {
    let closed = users_of(
        db,
        "DELETE FROM accounts WHERE account IN
         (SELECT account FROM accounts WHERE removed_at < ?1 LIMIT ?2) RETURNING user",
        kept.closed,
    )?;
    let ended = users_of(
        db,
        "DELETE FROM registrations WHERE registration IN
         (SELECT registration FROM registrations WHERE state <> 'active' AND expires_at < ?1 LIMIT ?2)
         RETURNING (SELECT user FROM users WHERE users.phone_index = registrations.phone_index)",
        kept.ended,
    )?;
    for user in closed.iter().chain(&ended).flatten() {
        // A registration names its user once it is proven, and its number from the start.
        let kept = db
            .prepare_cached(
                "SELECT 1 FROM accounts WHERE user = ?1 UNION ALL SELECT 1 FROM devices WHERE user = ?1
                 UNION ALL SELECT 1 FROM registrations
                           WHERE phone_index = (SELECT phone_index FROM users WHERE user = ?1)",
            )?
            .exists([user.0])?;
        if !kept {
            users::delete_but_sends(db, *user)?;
        }
    }
    let mut most = closed.len().max(ended.len());
    for (statement, before) in [
        (
            "DELETE FROM sends WHERE message IN (SELECT message FROM sends WHERE sent_at < ?1 LIMIT ?2)",
            kept.sent,
        ),
        (
            "DELETE FROM nonces WHERE (signer, nonce) IN (SELECT signer, nonce FROM nonces WHERE seen_at < ?1 LIMIT ?2)",
            kept.seen,
        ),
        (
            "DELETE FROM answers WHERE rowid IN (SELECT rowid FROM answers WHERE answered_at < ?1 LIMIT ?2)",
            kept.answered,
        ),
    ] {
        let deleted = db.prepare_cached(statement)?.execute((before, AT_ONCE))?;
        most = most.max(deleted);
    }
    Ok(most >= AT_ONCE)
}

/// Deletes, and answers whose rows they were.
fn users_of(
    db: &Connection,
    statement: &str,
    before: UnixSeconds,
) -> Result<Vec<Option<UserId>>, StorageError> {
    let users = db
        .prepare_cached(statement)?
        .query_map((before, AT_ONCE), |row| {
            let user: Option<[u8; 16]> = row.get(0)?;
            Ok(user.map(UserId))
        })?
        .collect::<Result<_, _>>()?;
    Ok(users)
}

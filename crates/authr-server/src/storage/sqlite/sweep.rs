//! What has had its time.

use rusqlite::Connection;

use super::*;

/// The most rows that one sweep takes of each table, so that it never holds up the writer for long.
const AT_ONCE: u32 = 1000;

pub(super) fn sweep(
    db: &Connection,
    closed_before: UnixSeconds,
    sent_before: UnixSeconds,
) -> Result<(), StorageError> {
    let users: Vec<UserId> = db
        .prepare_cached(
            "DELETE FROM accounts WHERE account IN
             (SELECT account FROM accounts WHERE removed_at < ?1 LIMIT ?2) RETURNING user",
        )?
        .query_map((closed_before, AT_ONCE), |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    for user in users {
        let kept = db
            .prepare_cached(
                "SELECT 1 FROM accounts WHERE user = ?1 UNION ALL SELECT 1 FROM devices WHERE user = ?1",
            )?
            .exists([user])?;
        if !kept {
            users::delete(db, user)?;
        }
    }
    db.prepare_cached(
        "DELETE FROM sends WHERE message IN (SELECT message FROM sends WHERE sent_at < ?1 LIMIT ?2)",
    )?
    .execute((sent_before, AT_ONCE))?;
    Ok(())
}

//! Signed requests: each nonce once, each change once.

use authr_api::error::ErrorCode;
use authr_crypto::sign::VerifyingKey;
use rusqlite::{Connection, OptionalExtension, params};

use super::*;

/// Notes a request and answers whether it is a new one. A device that spoke was seen, exact to the hour.
pub(super) fn note(db: &Connection, seen: &SeenRequest) -> Result<bool, StorageError> {
    let new = db
        .prepare_cached(
            "INSERT INTO nonces (signer, nonce, seen_at) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
        )?
        .execute(params![seen.signer.as_bytes(), seen.nonce.0, seen.now])?;
    db.prepare_cached("UPDATE devices SET last_seen = ?2 WHERE device = ?1 AND last_seen < ?2")?
        .execute(params![seen.signer.as_bytes(), hour_of(seen.now)])?;
    Ok(new == 1)
}

/// A moment as exactly as it is kept of a device.
pub(super) fn hour_of(moment: UnixSeconds) -> UnixSeconds {
    const HOUR: i64 = 3600;
    moment - moment.rem_euclid(HOUR)
}

/// What is remembered of a change, without noting it.
pub(super) fn recall(db: &Connection, change: &Change) -> Result<Recalled, StorageError> {
    let replayed = db
        .prepare_cached("SELECT 1 FROM nonces WHERE signer = ?1 AND nonce = ?2")?
        .exists(params![change.seen.signer.as_bytes(), change.seen.nonce.0])?;
    if replayed {
        return Ok(Recalled::Known(Err(ErrorCode::Replay.into())));
    }
    answered(db, change)
}

fn answered(db: &Connection, change: &Change) -> Result<Recalled, StorageError> {
    let found: Option<([u8; 32], StoredAnswer)> = db
        .prepare_cached("SELECT request, status, body FROM answers WHERE signer = ?1 AND key = ?2")?
        .query_row(
            params![change.seen.signer.as_bytes(), change.key.0],
            |row| {
                let (status, body) = (row.get(1)?, row.get(2)?);
                Ok((row.get(0)?, StoredAnswer { status, body }))
            },
        )
        .optional()?;
    Ok(match found {
        None => Recalled::Nothing,
        Some((request, answer)) if request == change.request.0 => Recalled::Known(Ok(answer)),
        Some(_) => Recalled::Known(Err(ErrorCode::IdempotencyReused.into())),
    })
}

/// Makes a change and keeps its answer, unless it is a replay or was made before. What is denied changes nothing, but
/// its nonce is noted.
pub(super) fn make<T>(
    db: &Connection,
    change: &Change,
    respond: Respond<T>,
    effect: impl FnOnce(&Connection) -> Result<Result<T, Denied>, StorageError>,
) -> Result<Changed, StorageError> {
    if !note(db, &change.seen)? {
        return Ok(Err(ErrorCode::Replay.into()));
    }
    if let Recalled::Known(known) = answered(db, change)? {
        return Ok(known);
    }
    let kept: u32 = db
        .prepare_cached("SELECT count(*) FROM answers WHERE signer = ?1")?
        .query_row([change.seen.signer.as_bytes()], |row| row.get(0))?;
    if kept >= ANSWERS {
        return Ok(Err(Denied::for_now()));
    }
    db.execute_batch("SAVEPOINT effect")?;
    let made = effect(db)?;
    if made.is_err() {
        db.execute_batch("ROLLBACK TO effect")?;
    }
    db.execute_batch("RELEASE effect")?;
    let answer = match made {
        Err(denied) => return Ok(Err(denied)),
        Ok(made) => respond(made)?,
    };
    db.prepare_cached(
        "INSERT INTO answers (signer, key, request, status, body, answered_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?
    .execute(params![
        change.seen.signer.as_bytes(),
        change.key.0,
        change.request.0,
        answer.status,
        answer.body,
        change.seen.now
    ])?;
    Ok(Ok(answer))
}

/// Whether the key is a registration's.
pub(super) fn is_request_key(db: &Connection, key: &VerifyingKey) -> Result<bool, StorageError> {
    Ok(db
        .prepare_cached("SELECT 1 FROM registrations WHERE signing_key = ?1")?
        .exists([key.0])?)
}

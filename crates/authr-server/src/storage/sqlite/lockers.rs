//! Lockers: set with their entry, and tried.

use authr_api::error::ErrorCode;
use authr_api::registration::{Flow, LOCKER_TRIES, State};
use authr_api::signature::KeyId;
use rusqlite::{Connection, OptionalExtension, params};

use super::*;

pub(super) fn find(db: &Connection, user: UserId) -> Result<Option<Locker>, StorageError> {
    Ok(db
        .prepare_cached(
            "SELECT version, content_sealed, tries, fifth_at FROM lockers WHERE user = ?1",
        )?
        .query_row([user.0], |row| {
            Ok(Locker {
                version: row.get(0)?,
                content: row.get(1)?,
                tries: row.get(2)?,
                fifth_at: row.get(3)?,
            })
        })
        .optional()?)
}

/// A new version begins without tries.
pub(super) fn set(
    db: &Connection,
    user: UserId,
    version: u64,
    content: &Sealed,
) -> Result<(), StorageError> {
    db.prepare_cached(
        "INSERT OR REPLACE INTO lockers (user, version, content_sealed) VALUES (?1, ?2, ?3)",
    )?
    .execute(params![user.0, version, content])?;
    Ok(())
}

/// Counts a try, judges it, and takes a right one's count back.
pub(super) fn attempt(
    db: &Connection,
    signer: &KeyId,
    attempt: LockerTry,
    judge: Judge,
    now: UnixSeconds,
) -> Result<Result<Tried, Denied>, StorageError> {
    let states = [State::Pending, State::Proven];
    let asks = match registrations::permitted(db, signer, attempt.registration, &states, now)? {
        Ok(found) => found,
        Err(denied) => return Ok(Err(denied)),
    };
    let (Some(user), Some(locker), Some(Flow::Restore)) = (asks.user, &asks.locker, asks.flow)
    else {
        return Ok(Err(ErrorCode::WrongState.into()));
    };
    if let Err(denied) = locker.takes_try(attempt.version, asks.locker_tries, now) {
        return Ok(Err(denied));
    }
    let fifth = locker.tries + 1 == LOCKER_TRIES / 2;
    let fifth_at = if fifth { Some(now) } else { locker.fifth_at };
    put_tries(db, user, locker.tries + 1, fifth_at)?;
    put_request_tries(db, &asks, asks.locker_tries + 1)?;
    if !judge(&asks)? {
        let tries_left = asks.locker_tries_left().saturating_sub(1);
        return Ok(Ok(Tried::Wrong { tries_left }));
    }
    put_tries(db, user, locker.tries, locker.fifth_at)?;
    put_request_tries(db, &asks, asks.locker_tries)?;
    registrations::set_state(db, asks.registration, State::Proven)?;
    Ok(registrations::found(db, asks.registration)?
        .map(Box::new)
        .map(Tried::Right))
}

fn put_tries(
    db: &Connection,
    user: UserId,
    tries: u8,
    fifth_at: Option<UnixSeconds>,
) -> Result<(), StorageError> {
    db.prepare_cached("UPDATE lockers SET tries = ?2, fifth_at = ?3 WHERE user = ?1")?
        .execute(params![user.0, tries, fifth_at])?;
    Ok(())
}

fn put_request_tries(db: &Connection, asks: &Registration, tries: u8) -> Result<(), StorageError> {
    db.prepare_cached("UPDATE registrations SET locker_tries = ?2 WHERE registration = ?1")?
        .execute(params![asks.registration.0, tries])?;
    Ok(())
}

pub(super) fn unlock(db: &Connection, user: UserId) -> Result<(), StorageError> {
    put_tries(db, user, 0, None)
}

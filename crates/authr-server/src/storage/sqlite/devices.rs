//! Devices, as far as codes need them.

use rusqlite::{Connection, OptionalExtension, params};

use super::*;

pub(super) fn add(db: &Connection, new: &NewDevice) -> Result<(), StorageError> {
    let known = db
        .prepare_cached("SELECT 1 FROM users WHERE user = ?1")?
        .exists([new.user])?;
    if !known {
        return Err(StorageError::NotFound);
    }
    let added = db
        .prepare_cached(
            "INSERT INTO devices (device, user, system, added_at, last_seen) VALUES (?1, ?2, ?3, ?4, ?4)
             ON CONFLICT (device) DO NOTHING",
        )?
        .execute(params![new.device, new.user, new.system, new.now])?;
    match added {
        0 => Err(StorageError::Conflict("device")),
        _ => Ok(()),
    }
}

pub(super) fn issue(
    db: &Connection,
    account: AccountId,
    device: DeviceId,
    generation: u32,
    now: UnixSeconds,
) -> Result<(), StorageError> {
    let alive: Option<bool> = db
        .prepare_cached(
            "SELECT 1 FROM accounts a JOIN devices d ON d.user = a.user
             WHERE a.account = ?1 AND a.removed_at IS NULL AND d.device = ?2 AND d.removed_at IS NULL",
        )?
        .query_row(params![account, device], |row| row.get(0))
        .optional()?;
    if alive.is_none() {
        return Err(StorageError::NotFound);
    }
    db.prepare_cached(
        "INSERT INTO device_accounts (account, device, generation, issued_at) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (account, device) DO UPDATE SET generation = ?3, issued_at = ?4 WHERE generation < ?3",
    )?
    .execute(params![account, device, generation, now])?;
    Ok(())
}

pub(super) fn remove(
    db: &Connection,
    device: DeviceId,
    now: UnixSeconds,
) -> Result<(), StorageError> {
    db.prepare_cached(
        "UPDATE devices SET removed_at = ?2 WHERE device = ?1 AND removed_at IS NULL",
    )?
    .execute(params![device, now])?;
    db.prepare_cached("DELETE FROM device_accounts WHERE device = ?1")?
        .execute([device])?;
    Ok(())
}

/// The active devices that hold an account, and the generation that each has.
pub(super) fn holders(
    db: &Connection,
    account: AccountId,
) -> Result<Vec<(DeviceId, u32)>, StorageError> {
    let mut statement = db.prepare_cached(
        "SELECT h.device, h.generation FROM device_accounts h JOIN devices d USING (device)
         WHERE h.account = ?1 AND d.removed_at IS NULL",
    )?;
    let holders = statement
        .query_map([account], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<Result<_, _>>()?;
    Ok(holders)
}

pub(super) fn accounts_of(
    db: &Connection,
    user: UserId,
) -> Result<Vec<NativeAccount>, StorageError> {
    let mut statement = db.prepare_cached(
        "SELECT a.account, a.application, p.name, a.seed_sealed
         FROM accounts a JOIN applications p USING (application)
         WHERE a.user = ?1 AND a.removed_at IS NULL ORDER BY a.created_at, a.account",
    )?;
    let mut accounts = statement
        .query_map([user], |row| {
            Ok(NativeAccount {
                account: row.get(0)?,
                application: row.get(1)?,
                name: row.get(2)?,
                seed_sealed: row.get(3)?,
                devices: Vec::new(),
            })
        })?
        .collect::<Result<Vec<_>, _>>()?;
    for account in &mut accounts {
        account.devices = holders(db, account.account)?;
    }
    Ok(accounts)
}

//! Devices: on a list, removed, and given native accounts.

use authr_api::chain::ChainHead;
use authr_crypto::seal::SealingKey;
use authr_crypto::sign::VerifyingKey;
use rusqlite::{Connection, OptionalExtension, params};

use super::*;

/// The generation of a seed that a device is given.
const FIRST_GENERATION: u32 = 1;

pub(super) fn find(db: &Connection, device: DeviceId) -> Result<Option<KnownDevice>, StorageError> {
    Ok(db
        .prepare_cached(
            "SELECT user, signing_key, sealing_key, removed_at IS NOT NULL FROM devices WHERE device = ?1",
        )?
        .query_row([device.0], |row| {
            Ok(KnownDevice {
                device,
                user: UserId(row.get(0)?),
                signing: VerifyingKey(row.get(1)?),
                sealing: SealingKey(row.get(2)?),
                removed: row.get(3)?,
            })
        })
        .optional()?)
}

/// Adds a device; answers `false` where its id or a key of it was ever used, by whomever.
pub(super) fn add(
    db: &Connection,
    user: UserId,
    new: &NewDevice,
    now: UnixSeconds,
) -> Result<bool, StorageError> {
    let added = db
        .prepare_cached(
            "INSERT INTO devices (device, user, signing_key, sealing_key, added_at, last_seen)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO NOTHING",
        )?
        .execute(params![
            new.device.0,
            user.0,
            new.signing.0,
            new.sealing.0,
            now,
            changes::hour_of(now)
        ])?;
    Ok(added == 1)
}

pub(super) fn remove(
    db: &Connection,
    device: DeviceId,
    now: UnixSeconds,
) -> Result<(), StorageError> {
    db.prepare_cached(
        "UPDATE devices SET removed_at = ?2 WHERE device = ?1 AND removed_at IS NULL",
    )?
    .execute(params![device.0, now])?;
    db.prepare_cached("DELETE FROM device_accounts WHERE device = ?1")?
        .execute([device.0])?;
    Ok(())
}

/// The newest record of an active device.
pub(super) fn chain(db: &Connection, device: DeviceId) -> Result<Option<ChainHead>, StorageError> {
    Ok(db
        .prepare_cached("SELECT dseq, link FROM devices WHERE device = ?1 AND removed_at IS NULL")?
        .query_row([device.0], lists::chain_of)
        .optional()?)
}

pub(super) fn put_chain(
    db: &Connection,
    device: DeviceId,
    chain: &ChainHead,
) -> Result<(), StorageError> {
    db.prepare_cached("UPDATE devices SET dseq = ?2, link = ?3 WHERE device = ?1")?
        .execute(params![device.0, chain.dseq, chain.link.0])?;
    Ok(())
}

/// The active devices of a user, and when each was last seen.
pub(super) fn active(
    db: &Connection,
    user: UserId,
) -> Result<Vec<(DeviceId, UnixSeconds)>, StorageError> {
    let mut statement = db.prepare_cached(
        "SELECT device, last_seen FROM devices WHERE user = ?1 AND removed_at IS NULL ORDER BY device",
    )?;
    let active = statement
        .query_map([user.0], |row| Ok((DeviceId(row.get(0)?), row.get(1)?)))?
        .collect::<Result<_, _>>()?;
    Ok(active)
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
        .query_map([account], |row| Ok((DeviceId(row.get(0)?), row.get(1)?)))?
        .collect::<Result<_, _>>()?;
    Ok(holders)
}

/// All native accounts of the user of an active device; from now on the device holds them.
pub(super) fn hand_out(
    db: &Connection,
    device: DeviceId,
    now: UnixSeconds,
) -> Result<NativeAccounts, StorageError> {
    let (user, revision) = db
        .prepare_cached(
            "SELECT d.user, u.accounts_revision FROM devices d JOIN users u USING (user)
             WHERE d.device = ?1 AND d.removed_at IS NULL",
        )?
        .query_row([device.0], |row| Ok((UserId(row.get(0)?), row.get(1)?)))?;
    db.prepare_cached(
        "INSERT INTO device_accounts (account, device, generation, issued_at)
         SELECT account, ?2, ?3, ?4 FROM accounts WHERE user = ?1 AND removed_at IS NULL
         ON CONFLICT (account, device) DO NOTHING",
    )?
    .execute(params![user.0, device.0, FIRST_GENERATION, now])?;
    let mut statement = db.prepare_cached(
        "SELECT a.account, a.application, p.name, a.seed_sealed, h.generation
         FROM accounts a JOIN applications p USING (application) JOIN device_accounts h USING (account)
         WHERE h.device = ?1 AND a.removed_at IS NULL ORDER BY a.created_at, a.account",
    )?;
    let accounts = statement
        .query_map([device.0], |row| {
            Ok(NativeAccount {
                account: row.get(0)?,
                application: row.get(1)?,
                name: row.get(2)?,
                seed_sealed: row.get(3)?,
                generation: row.get(4)?,
            })
        })?
        .collect::<Result<_, _>>()?;
    Ok(NativeAccounts { revision, accounts })
}

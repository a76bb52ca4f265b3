//! Accounts: opened, seen and closed by a site.

use rusqlite::{Connection, OptionalExtension, params};

use super::*;

pub(super) fn open(db: &Connection, new: &NewAccount) -> Result<SiteId, StorageError> {
    let user = users::find_or_add(db, new.phone, new.user, &new.phone_sealed, new.now)?;
    let existing = open_account_of(db, user, new.application)?;
    let (account, site_id) = match existing {
        Some(found) => found,
        None => {
            insert(db, new, user)?;
            users::accounts_changed(db, user)?;
            (new.account, new.site_id)
        }
    };
    add_email(db, new, account)?;
    Ok(site_id)
}

fn open_account_of(
    db: &Connection,
    user: UserId,
    application: ApplicationId,
) -> Result<Option<(AccountId, SiteId)>, StorageError> {
    Ok(db
        .prepare_cached(
            "SELECT account, site_id FROM accounts
             WHERE user = ?1 AND application = ?2 AND removed_at IS NULL",
        )?
        .query_row(params![user.0, application], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .optional()?)
}

fn insert(db: &Connection, new: &NewAccount, user: UserId) -> Result<(), StorageError> {
    let added = db
        .prepare_cached(
            "INSERT INTO accounts (account, application, user, site_id, seed_sealed, created_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (application, site_id) DO NOTHING",
        )?
        .execute(params![
            new.account,
            new.application,
            user.0,
            new.site_id,
            new.seed_sealed,
            new.now
        ])?;
    match added {
        0 => Err(StorageError::Conflict("site id")),
        _ => Ok(()),
    }
}

fn add_email(db: &Connection, new: &NewAccount, account: AccountId) -> Result<(), StorageError> {
    db.prepare_cached(
        "INSERT INTO emails (email, account, address_index, address_sealed, added_at)
         SELECT ?1, ?2, ?3, ?4, ?5 WHERE (SELECT count(*) FROM emails WHERE account = ?2) < ?6
         ON CONFLICT (account, address_index) DO NOTHING",
    )?
    .execute(params![
        new.email.row,
        account,
        new.email.index,
        new.email.sealed,
        new.now,
        new.max_emails
    ])?;
    Ok(())
}

pub(super) fn find(
    db: &Connection,
    application: ApplicationId,
    site_id: SiteId,
) -> Result<Option<Account>, StorageError> {
    let found = db
        .prepare_cached(
            "SELECT a.account, a.user, u.phone_index, u.phone_sealed, a.confirmed_at IS NOT NULL, a.removed_at
             FROM accounts a JOIN users u USING (user) WHERE a.application = ?1 AND a.site_id = ?2",
        )?
        .query_row(params![application, site_id], |row| {
            Ok(Account {
                account: row.get(0)?,
                user: UserId(row.get(1)?),
                phone: row.get(2)?,
                phone_sealed: row.get(3)?,
                email: None,
                confirmed: row.get(4)?,
                removed_at: row.get(5)?,
                devices: Vec::new(),
            })
        })
        .optional()?;
    let Some(mut account) = found else {
        return Ok(None);
    };
    account.email = db
        .prepare_cached(
            "SELECT email, address_sealed FROM emails WHERE account = ?1 ORDER BY added_at DESC, email LIMIT 1",
        )?
        .query_row([account.account], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let mut devices = db.prepare_cached(
        "SELECT d.device, h.issued_at, d.last_seen
         FROM device_accounts h JOIN devices d USING (device)
         WHERE h.account = ?1 AND d.removed_at IS NULL ORDER BY h.issued_at, d.device",
    )?;
    account.devices = devices
        .query_map([account.account], |row| {
            Ok(DeviceSummary {
                device: DeviceId(row.get(0)?),
                issued_at: row.get(1)?,
                last_seen: row.get(2)?,
            })
        })?
        .collect::<Result<_, _>>()?;
    Ok(Some(account))
}

pub(super) fn close(
    db: &Connection,
    application: ApplicationId,
    site_id: SiteId,
    now: UnixSeconds,
) -> Result<bool, StorageError> {
    let closed: Option<(AccountId, UserId)> = db
        .prepare_cached(
            "UPDATE accounts SET seed_sealed = NULL, removed_at = ?3, failures = 0
             WHERE application = ?1 AND site_id = ?2 AND removed_at IS NULL RETURNING account, user",
        )?
        .query_row(params![application, site_id, now], |row| {
            Ok((row.get(0)?, UserId(row.get(1)?)))
        })
        .optional()?;
    let Some((account, user)) = closed else {
        return Ok(false);
    };
    users::accounts_changed(db, user)?;
    delete_parts(db, account)?;
    Ok(true)
}

/// Deletes what hangs on an account.
pub(super) fn delete_parts(db: &Connection, account: AccountId) -> Result<(), StorageError> {
    // A token of a closed account is not worth sending any more.
    db.prepare_cached(
        "DELETE FROM outbox WHERE message IN (SELECT token FROM tokens WHERE account = ?1)",
    )?
    .execute([account])?;
    for statement in [
        "DELETE FROM tokens WHERE account = ?1",
        "DELETE FROM device_accounts WHERE account = ?1",
        "DELETE FROM emails WHERE account = ?1",
    ] {
        db.prepare_cached(statement)?.execute([account])?;
    }
    Ok(())
}

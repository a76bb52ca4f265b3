//! Applications and their keys, and the root key that a database is fixed to.

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::*;

pub(super) fn fix_root_key(
    db: &Connection,
    offered: &RootKeyCheck,
) -> Result<RootKeyCheck, StorageError> {
    db.prepare_cached(
        "INSERT INTO root_key (only, index_key, check_sealed) VALUES (1, ?1, ?2) ON CONFLICT DO NOTHING",
    )?
    .execute(params![offered.index_key, offered.check])?;
    Ok(db
        .prepare_cached("SELECT index_key, check_sealed FROM root_key")?
        .query_row([], |row| {
            Ok(RootKeyCheck {
                index_key: row.get(0)?,
                check: row.get(1)?,
            })
        })?)
}

pub(super) fn fix_sealing_key(db: &Connection, offered: &Sealed) -> Result<Sealed, StorageError> {
    db.prepare_cached(
        "INSERT INTO sealing_key (only, secret_sealed) VALUES (1, ?1) ON CONFLICT DO NOTHING",
    )?
    .execute([offered])?;
    Ok(db
        .prepare_cached("SELECT secret_sealed FROM sealing_key")?
        .query_row([], |row| row.get(0))?)
}

pub(super) fn create(
    db: &Connection,
    application: &Application,
    key: KeyHash,
) -> Result<(), StorageError> {
    let added = db
        .prepare_cached(
            "INSERT INTO applications (application, name, token_lifetime, forced_sms, created_at)
             VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (name) DO NOTHING",
        )?
        .execute(params![
            application.application,
            application.name,
            application.token_lifetime,
            application.forced_sms,
            application.created_at
        ])?;
    if added == 0 {
        return Err(StorageError::Conflict("name"));
    }
    db.prepare_cached(
        "INSERT INTO api_keys (key_hash, application, created_at) VALUES (?1, ?2, ?3)",
    )?
    .execute(params![
        key,
        application.application,
        application.created_at
    ])?;
    Ok(())
}

pub(super) fn all(db: &Connection) -> Result<Vec<Application>, StorageError> {
    let mut statement = db.prepare_cached(
        "SELECT application, name, token_lifetime, forced_sms, created_at FROM applications ORDER BY name",
    )?;
    let rows = statement.query_map([], application)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

pub(super) fn by_key(db: &Connection, key: KeyHash) -> Result<Option<Application>, StorageError> {
    Ok(db
        .prepare_cached(
            "SELECT a.application, a.name, a.token_lifetime, a.forced_sms, a.created_at
             FROM api_keys k JOIN applications a USING (application) WHERE k.key_hash = ?1",
        )?
        .query_row([key], application)
        .optional()?)
}

fn application(row: &Row<'_>) -> rusqlite::Result<Application> {
    Ok(Application {
        application: row.get(0)?,
        name: row.get(1)?,
        token_lifetime: row.get(2)?,
        forced_sms: row.get(3)?,
        created_at: row.get(4)?,
    })
}

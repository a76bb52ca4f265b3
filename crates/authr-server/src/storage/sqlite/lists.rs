//! Device lists: entries appended with all that they lead to, or not at all.

use authr_api::chain::ChainHead;
use authr_api::error::ErrorCode;
use authr_api::id::Hash;
use authr_api::list::Head;
use authr_api::registration::State;
use rusqlite::{Connection, OptionalExtension, params};

use super::*;

pub(super) fn append(
    db: &Connection,
    seen: &SeenRequest,
    new: &NewEntries,
) -> Result<Result<Vec<NativeAccount>, Denied>, StorageError> {
    let judged = judge(db, seen, new)?;
    if let Err(denied) = judged {
        return Ok(Err(denied));
    }
    put_entries(db, new)?;
    for (device, _) in &new.removed {
        devices::remove(db, *device, seen.now)?;
    }
    if let Some((version, content)) = &new.locker {
        lockers::set(db, new.user, *version, content)?;
    }
    let Some(added) = &new.added else {
        return Ok(Ok(Vec::new()));
    };
    if !devices::add(db, new.user, added, seen.now)? {
        return Ok(Err(ErrorCode::BadEntries.into()));
    }
    if let Some(registration) = new.registration {
        db.prepare_cached(
            "UPDATE registrations SET state = 'active', device = ?2 WHERE registration = ?1",
        )?
        .execute(params![registration.0, added.device.0])?;
    }
    Ok(Ok(devices::hand_out(db, added.device, seen.now)?.accounts))
}

/// Everything that may stand against it, before anything is written.
fn judge(
    db: &Connection,
    seen: &SeenRequest,
    new: &NewEntries,
) -> Result<Result<(), Denied>, StorageError> {
    if let Some(registration) = new.registration {
        let proven = &[State::Proven];
        match registrations::permitted(db, &seen.signer, registration, proven, seen.now)? {
            Ok(found) if found.user == Some(new.user) => {}
            Ok(_) => return Ok(Err(ErrorCode::WrongState.into())),
            Err(denied) => return Ok(Err(denied)),
        }
    }
    match (head(db, new.user)?, new.after) {
        (Some(_), None) => return Ok(Err(ErrorCode::AlreadyRegistered.into())),
        (present, after) if present != after => return Ok(Err(ErrorCode::ListMoved.into())),
        _ => {}
    }
    for (device, stated) in &new.removed {
        if devices::chain(db, *device)? != Some(*stated) {
            return Ok(Err(ErrorCode::ChainMoved.into()));
        }
    }
    Ok(Ok(()))
}

fn put_entries(db: &Connection, new: &NewEntries) -> Result<(), StorageError> {
    db.prepare_cached(
        "INSERT INTO lists (user, sequence, hash, epoch) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (user) DO UPDATE SET sequence = ?2, hash = ?3, epoch = ?4",
    )?
    .execute(params![
        new.user.0,
        new.head.sequence,
        new.head.hash.0,
        new.epoch
    ])?;
    let first = new.after.map_or(1, |after| after.sequence + 1);
    for (sequence, entry) in (first..).zip(&new.entries) {
        db.prepare_cached("INSERT INTO entries (user, sequence, entry) VALUES (?1, ?2, ?3)")?
            .execute(params![new.user.0, sequence, entry])?;
    }
    Ok(())
}

fn head(db: &Connection, user: UserId) -> Result<Option<Head>, StorageError> {
    Ok(db
        .prepare_cached("SELECT sequence, hash FROM lists WHERE user = ?1")?
        .query_row([user.0], |row| {
            Ok(Head {
                sequence: row.get(0)?,
                hash: Hash(row.get(1)?),
            })
        })
        .optional()?)
}

pub(super) fn entries(
    db: &Connection,
    user: UserId,
    after: u64,
    limit: u32,
) -> Result<Option<Entries>, StorageError> {
    let Some(head) = head(db, user)? else {
        return Ok(None);
    };
    let mut statement = db.prepare_cached(
        "SELECT entry FROM entries WHERE user = ?1 AND sequence > ?2 ORDER BY sequence LIMIT ?3",
    )?;
    let entries = statement
        .query_map(params![user.0, values::at_most(after), limit], |row| {
            row.get(0)
        })?
        .collect::<Result<_, _>>()?;
    Ok(Some(Entries { head, entries }))
}

pub(super) fn newest(db: &Connection, user: UserId) -> Result<Option<Newest>, StorageError> {
    Ok(db
        .prepare_cached(
            "SELECT l.sequence, l.hash, l.revision, u.accounts_revision
             FROM lists l JOIN users u USING (user) WHERE l.user = ?1",
        )?
        .query_row([user.0], |row| {
            Ok(Newest {
                head: Head {
                    sequence: row.get(0)?,
                    hash: Hash(row.get(1)?),
                },
                revision: row.get(2)?,
                accounts: row.get(3)?,
            })
        })
        .optional()?)
}

/// A chain as two columns.
pub(super) fn chain_of(row: &rusqlite::Row<'_>) -> rusqlite::Result<ChainHead> {
    Ok(ChainHead {
        dseq: row.get(0)?,
        link: Hash(row.get(1)?),
    })
}

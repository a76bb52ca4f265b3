//! Records: pushed in the order of their device, read as a feed.

use authr_api::chain::Superseded;
use authr_api::error::ErrorCode;
use authr_api::id::{Hash, RecordId};
use authr_api::record::{USER_RECORDS, USER_STEPS};
use rusqlite::{Connection, OptionalExtension, params};

use super::*;

/// Where a user's feed stands while records are put in.
struct Feed {
    user: UserId,
    epoch: u32,
    revision: u64,
    records: usize,
}

pub(super) fn push(
    db: &Connection,
    device: &KnownDevice,
    new: &[NewRecord],
) -> Result<Result<Vec<u64>, Denied>, StorageError> {
    let Some(mut chain) = devices::chain(db, device.device)? else {
        return Ok(Err(ErrorCode::DeviceRemoved.into()));
    };
    let mut feed = db
        .prepare_cached("SELECT epoch, revision, records FROM lists WHERE user = ?1")?
        .query_row([device.user.0], |row| {
            Ok(Feed {
                user: device.user,
                epoch: row.get(0)?,
                revision: row.get(1)?,
                records: row.get(2)?,
            })
        })?;
    let mut revisions = Vec::with_capacity(new.len());
    for one in new {
        let (header, hash) = (one.record.header(), one.record.hash());
        if (1..=chain.dseq).contains(&header.dseq) {
            match stored(db, device.device, header.dseq, &hash)? {
                Some(revision) => revisions.push(revision),
                None => return Ok(Err(ErrorCode::SequenceUsed.into())),
            }
            continue;
        }
        if header.dseq != chain.dseq + 1 {
            return Ok(Err(Denied {
                expected: Some(chain.dseq + 1),
                ..ErrorCode::SequenceGap.into()
            }));
        }
        if header.link != chain.link {
            return Ok(Err(ErrorCode::BadRecord.into()));
        }
        if header.epoch != feed.epoch {
            return Ok(Err(ErrorCode::StaleEpoch.into()));
        }
        if let Err(denied) = replace(db, &mut feed, header.id, one.base)? {
            return Ok(Err(denied));
        }
        revisions.push(put(db, &mut feed, one, &hash)?);
        chain = header.chain_after(&hash);
    }
    db.prepare_cached("UPDATE lists SET revision = ?2, records = ?3 WHERE user = ?1")?
        .execute(params![feed.user.0, feed.revision, feed.records])?;
    devices::put_chain(db, device.device, &chain)?;
    Ok(Ok(revisions))
}

/// The revision of a record that is there already.
fn stored(
    db: &Connection,
    device: DeviceId,
    dseq: u64,
    hash: &Hash,
) -> Result<Option<u64>, StorageError> {
    Ok(db
        .prepare_cached(
            "SELECT revision FROM records WHERE device = ?1 AND dseq = ?2 AND hash = ?3",
        )?
        .query_row(params![device.0, dseq, hash.0], |row| row.get(0))
        .optional()?)
}

/// Makes room for a version: the one before stays as its place in its device's chain.
fn replace(
    db: &Connection,
    feed: &mut Feed,
    id: RecordId,
    base: u64,
) -> Result<Result<(), Denied>, StorageError> {
    let present: u64 = db
        .prepare_cached("SELECT revision FROM records WHERE user = ?1 AND record_id = ?2")?
        .query_row(params![feed.user.0, id.0], |row| row.get(0))
        .optional()?
        .unwrap_or(0);
    if present != base {
        return Ok(Err(ErrorCode::RecordMoved.into()));
    }
    if present == 0 {
        feed.records += 1;
    }
    if feed.records > USER_RECORDS || feed.revision >= USER_STEPS {
        return Ok(Err(ErrorCode::LimitReached.into()));
    }
    db.prepare_cached(
        "UPDATE records SET record_id = NULL, record = NULL WHERE user = ?1 AND record_id = ?2",
    )?
    .execute(params![feed.user.0, id.0])?;
    Ok(Ok(()))
}

fn put(
    db: &Connection,
    feed: &mut Feed,
    new: &NewRecord,
    hash: &Hash,
) -> Result<u64, StorageError> {
    let header = new.record.header();
    feed.revision += 1;
    db.prepare_cached(
        "INSERT INTO records (user, revision, device, dseq, hash, record_id, record)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?
    .execute(params![
        feed.user.0,
        feed.revision,
        header.device.0,
        header.dseq,
        hash.0,
        header.id.0,
        new.record.to_wire()
    ])?;
    Ok(feed.revision)
}

pub(super) fn steps(
    db: &Connection,
    user: UserId,
    after: u64,
    limit: u32,
) -> Result<Option<Steps>, StorageError> {
    let Some(newest) = lists::newest(db, user)? else {
        return Ok(None);
    };
    let mut statement = db.prepare_cached(
        "SELECT revision, device, dseq, hash, record FROM records
         WHERE user = ?1 AND revision > ?2 ORDER BY revision LIMIT ?3",
    )?;
    let steps = statement
        .query_map(params![user.0, values::at_most(after), limit], |row| {
            let record: Option<Vec<u8>> = row.get(4)?;
            let step = match record {
                Some(record) => Step::Record(record),
                None => Step::Superseded(Superseded {
                    device: DeviceId(row.get(1)?),
                    dseq: row.get(2)?,
                    hash: Hash(row.get(3)?),
                }),
            };
            Ok((row.get(0)?, step))
        })?
        .collect::<Result<_, _>>()?;
    Ok(Some(Steps {
        revision: newest.revision,
        steps,
    }))
}

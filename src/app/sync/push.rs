//! What the server does not have goes out, in batches: each is written ahead, and taken in with its answer.

use authr_api::bytes::Bytes;
use authr_api::error::ErrorCode;
use authr_api::id::{IdempotencyKey, RecordId};
use authr_api::list::EpochKeys;
use authr_api::path::PUSH_BODY_BYTES;
use authr_api::record::{NewRecord, PUSH_RECORDS, Presence, RecordError, RecordKind, SealedRecord};
use authr_api::sync::{Push, PushRecord, Pushed};
use authr_core::content::Content;
use authr_core::identity::{Pending, WrittenAhead};
use authr_core::sync::{self, Outgoing, Version};
use data_encoding::BASE64URL_NOPAD;

use super::Run;
use super::link::{Link, chain_ends, chains};
use crate::app::error::Error;
use crate::app::session::Planning;
use crate::remote::{Change, RemoteError};

/// What a record takes in the body beside its bytes: names, quotes, and a number of twenty digits.
const AROUND_A_RECORD: usize = 64;

/// How a push ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pushing {
    /// The server has everything.
    Done,
    /// It has something that this device must see first.
    PullFirst,
}

/// What was planned.
#[derive(Default)]
struct Planned {
    /// How many records the batch has; 0: there is none.
    records: usize,
    /// Accounts that are too long.
    too_long: Vec<String>,
}

impl Run<'_, '_> {
    /// Pushes batch after batch.
    pub(super) fn push(&mut self) -> Result<Pushing, Error> {
        if self.session.content().unsent() == 0 {
            return Ok(Pushing::Done);
        }
        let (link, keys, now) = (self.link, &self.keys, self.status.time);
        let mut planned = self
            .session
            .edit(|content, planning| plan(content, link, keys, now, planning))?;
        loop {
            let records = planned.records;
            self.synced.too_long = planned.too_long;
            if records == 0 {
                return Ok(Pushing::Done);
            }
            let Some(pushed) = self.send_push()? else {
                return Ok(Pushing::PullFirst);
            };
            let (link, keys, now) = (self.link, &self.keys, self.status.time);
            let answered = self.session.edit(|content, planning| {
                let follows = take_answer(content, link, keys, now, &pushed)?;
                // Between this batch and the next stand records of other devices.
                follows
                    .then(|| plan(content, link, keys, now, planning))
                    .transpose()
            });
            self.synced.sent += records;
            match self.or_give_up(answered)? {
                Some(next) => planned = next,
                None => return Ok(Pushing::PullFirst),
            }
        }
    }

    /// Sends a push that may have been sent before.
    pub(super) fn resume_push(&mut self) -> Result<(), Error> {
        let Some(pushed) = self.send_push()? else {
            return Ok(());
        };
        let (link, keys, now) = (self.link, &self.keys, self.status.time);
        let answered = self.session.edit(|content, _| {
            take_answer(content, link, keys, now, &pushed)?;
            Ok(pushed.revisions.len())
        });
        self.synced.sent += self.or_give_up(answered)?;
        Ok(())
    }

    /// Sends what is written ahead; `None` when the server has something newer.
    fn send_push(&mut self) -> Result<Option<Pushed>, Error> {
        let Some(Pending::Push { request }) = &self.session.content().pending else {
            return Ok(None);
        };
        let change = Change {
            key: IdempotencyKey(request.idempotency_key),
            body: &request.body,
        };
        match self.client.push(change) {
            Ok(pushed) => Ok(Some(pushed)),
            Err(RemoteError::Refused(body)) if !is_for_later(body.code) => {
                self.give_up()?;
                let copied = [ErrorCode::SequenceGap, ErrorCode::SequenceUsed];
                self.synced.pushed_elsewhere |= copied.contains(&body.code);
                let moved = [ErrorCode::RecordMoved, ErrorCode::StaleEpoch];
                if moved.contains(&body.code) || copied.contains(&body.code) {
                    return Ok(None);
                }
                Err(RemoteError::Refused(body).into())
            }
            Err(error) => Err(error.into()),
        }
    }

    /// An answer that cannot be taken in is not asked for again and again.
    fn or_give_up<T>(&mut self, answered: Result<T, Error>) -> Result<T, Error> {
        if matches!(answered, Err(Error::BadAnswer(_))) {
            self.give_up()?;
        }
        answered
    }

    fn give_up(&mut self) -> Result<(), Error> {
        self.session.edit(|content, _| {
            content.pending = None;
            Ok(())
        })
    }
}

/// Whether the same request may succeed later, as it is.
pub(super) fn is_for_later(code: ErrorCode) -> bool {
    matches!(
        code,
        ErrorCode::RateLimited
            | ErrorCode::Unavailable
            | ErrorCode::Internal
            | ErrorCode::ClockSkew
            | ErrorCode::Replay
            | ErrorCode::DeviceRemoved
            | ErrorCode::UnknownKey
            | ErrorCode::Unknown
    )
}

/// Encrypts the next batch and writes it ahead.
fn plan(
    content: &mut Content,
    link: &Link<'_>,
    keys: &EpochKeys,
    server_now: u64,
    planning: &Planning<'_>,
) -> Result<Planned, Error> {
    let mut chain = chains(&link.identity(content)?.sync).head(&link.device);
    let records = content.records(link.device.0, server_now);
    let outgoing = records.ok_or(Error::NotRegistered)?.outgoing();
    let (mut push, mut size, mut too_long) = (Vec::new(), AROUND_A_RECORD, Vec::new());
    for one in outgoing {
        let sealed = SealedRecord::seal(
            &link.place.user,
            &NewRecord {
                id: RecordId(one.id),
                kind: RecordKind::Account,
                presence: presence(&one),
                device: link.device,
                chain,
            },
            &one.plaintext,
            keys,
            &link.signer,
            planning.random,
        );
        let sealed = match sealed {
            Ok(sealed) => sealed,
            Err(RecordError::TooLong) => {
                too_long.push(one.id);
                continue;
            }
            Err(error) => return Err(Error::Record(error)),
        };
        let wire = sealed.to_wire();
        size += BASE64URL_NOPAD.encode_len(wire.len()) + AROUND_A_RECORD;
        if push.len() == PUSH_RECORDS || size > PUSH_BODY_BYTES {
            break;
        }
        chain = sealed.header().chain_after(&sealed.hash());
        push.push(PushRecord {
            base: one.base,
            record: Bytes::new(wire).expect("because a sealed record is within the limit"),
        });
    }
    let records = push.len();
    if records > 0 {
        let push = Push { records: push };
        content.pending = Some(Pending::Push {
            request: WrittenAhead {
                idempotency_key: planning.random.bytes(),
                body: serde_json::to_vec(&push).expect("because a push is text and numbers"),
            },
        });
    }
    let name = |id| content.account(authr_core::account::AccountId(id));
    Ok(Planned {
        records,
        too_long: (too_long.into_iter())
            .filter_map(name)
            .map(authr_core::account::Account::name)
            .collect(),
    })
}

fn presence(outgoing: &Outgoing) -> Presence {
    match outgoing.presence {
        sync::Presence::Present => Presence::Present,
        sync::Presence::Deleted => Presence::Tombstone,
    }
}

/// Remembers what the server has now, and drops the request. Whether the records directly follow what was read of the
/// feed: then that is read too.
fn take_answer(
    content: &mut Content,
    link: &Link<'_>,
    keys: &EpochKeys,
    server_now: u64,
    pushed: &Pushed,
) -> Result<bool, Error> {
    let Some(Pending::Push { request }) = content.pending.take() else {
        return Ok(false);
    };
    let push: Push = serde_json::from_slice(&request.body).map_err(|_| Error::NotOurs)?;
    if push.records.len() != pushed.revisions.len() {
        return Err(Error::BadAnswer("another number of revisions than records"));
    }
    let state = &link.identity(content)?.sync;
    let (mut cursor, mut chains) = (state.cursor, chains(state));
    let mut follows = true;
    for (one, revision) in push.records.iter().zip(&pushed.revisions) {
        let record = SealedRecord::parse(one.record.as_slice()).map_err(|_| Error::NotOurs)?;
        let plaintext = record.open(&link.place.user, keys);
        let version = Version::decode(&plaintext.map_err(Error::Record)?);
        let version = version.map_err(|_| Error::NotOurs)?;
        let mut records = content
            .records(link.device.0, server_now)
            .ok_or(Error::NotRegistered)?;
        records.pushed(record.header().id.0, *revision, &version);
        follows &= chains.head(&link.device).dseq + 1 == record.header().dseq;
        follows &= cursor.checked_add(1) == Some(*revision);
        if follows {
            cursor = *revision;
            chains = chains.with(link.device, record.header().chain_after(&record.hash()));
        }
    }
    let state = &mut link.identity(content)?.sync;
    state.cursor = cursor;
    state.chains = chain_ends(&chains);
    Ok(follows)
}

//! Registrations: begun, sent again, proven, cancelled.

use authr_api::error::ErrorCode;
use authr_api::id::RegistrationId;
use authr_api::registration::{CODE_TRIES, Flow, State};
use authr_api::signature::KeyId;
use authr_crypto::mac;
use authr_crypto::seal::SealingKey;
use authr_crypto::sign::VerifyingKey;
use rusqlite::types::{FromSqlError, FromSqlResult, ValueRef};
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::*;

/// Begins one and queues its message. Nothing here depends on whether the number is known.
pub(super) fn request(
    db: &Connection,
    new: &NewRegistration,
    message: &NewMessage,
    rule: SendRule,
) -> Result<Result<SendHistory, Denied>, StorageError> {
    let history = match messages::admit(db, message, rule)? {
        Ok(history) => history,
        Err(refusal) => return Ok(Err(refusal.into())),
    };
    db.prepare_cached(
        "INSERT INTO registrations (registration, signing_key, sealing_key, phone_index, phone_sealed, letters,
         message, code_mac, state, expires_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 'requested', ?9)",
    )?
    .execute(params![
        new.registration.0,
        new.signing.0,
        new.sealing.0,
        new.phone,
        new.phone_sealed,
        new.letters,
        message.message,
        new.code.code_mac,
        new.code.expires_at
    ])?;
    Ok(Ok(history))
}

pub(super) fn resend(
    db: &Connection,
    signer: &KeyId,
    registration: RegistrationId,
    code: &NewCode,
    message: &NewMessage,
    rule: SendRule,
) -> Result<Result<SendHistory, Denied>, StorageError> {
    let found = match permitted(db, signer, registration, &[State::Requested], message.now)? {
        Ok(found) => found,
        Err(denied) => return Ok(Err(denied)),
    };
    let history = match messages::admit(db, message, rule)? {
        Ok(history) => history,
        Err(refusal) => return Ok(Err(refusal.into())),
    };
    drop_message_of(db, found.registration)?;
    db.prepare_cached(
        "UPDATE registrations SET message = ?2, code_mac = ?3, expires_at = ?4 WHERE registration = ?1",
    )?
    .execute(params![
        registration.0,
        message.message,
        code.code_mac,
        code.expires_at
    ])?;
    Ok(Ok(history))
}

pub(super) fn cancel(
    db: &Connection,
    signer: &KeyId,
    registration: RegistrationId,
    now: UnixSeconds,
) -> Result<Result<Registration, Denied>, StorageError> {
    let begun = [State::Requested, State::Pending, State::Proven];
    if let Err(denied) = permitted(db, signer, registration, &begun, now)? {
        return Ok(Err(denied));
    }
    drop_message_of(db, registration)?;
    set_state(db, registration, State::Cancelled)?;
    found(db, registration)
}

pub(super) fn prove(
    db: &Connection,
    signer: &KeyId,
    proof: &Proof,
    now: UnixSeconds,
) -> Result<Result<Tried, Denied>, StorageError> {
    let begun = [State::Requested, State::Pending, State::Proven];
    let registration = match permitted(db, signer, proof.registration, &begun, now)? {
        Ok(found) => found,
        Err(denied) => return Ok(Err(denied)),
    };
    let expected: [u8; 32] = db
        .prepare_cached("SELECT code_mac FROM registrations WHERE registration = ?1")?
        .query_row([proof.registration.0], |row| row.get(0))?;
    if !mac::equal(&expected, &proof.code_mac) {
        return Ok(Ok(count_wrong(db, &registration)?));
    }
    if registration.state == State::Requested {
        begin_proven(db, &registration, proof, now)?;
    }
    Ok(found(db, proof.registration)?
        .map(Box::new)
        .map(Tried::Right))
}

fn count_wrong(db: &Connection, registration: &Registration) -> Result<Tried, StorageError> {
    let tries = registration.code_tries + 1;
    db.prepare_cached("UPDATE registrations SET code_tries = ?2 WHERE registration = ?1")?
        .execute(params![registration.registration.0, tries])?;
    if tries >= CODE_TRIES {
        drop_message_of(db, registration.registration)?;
        set_state(db, registration.registration, State::Expired)?;
    }
    Ok(Tried::Wrong {
        tries_left: CODE_TRIES.saturating_sub(tries),
    })
}

/// The number is proven: its user is found or made, and every other proven request for it is over.
fn begin_proven(
    db: &Connection,
    registration: &Registration,
    proof: &Proof,
    now: UnixSeconds,
) -> Result<(), StorageError> {
    let user = users::find_or_add(db, registration.phone, proof.user, &proof.phone_sealed, now)?;
    db.prepare_cached(
        "UPDATE registrations SET state = 'cancelled'
         WHERE phone_index = ?1 AND registration <> ?2 AND state IN ('pending', 'proven')",
    )?
    .execute(params![registration.phone, registration.registration.0])?;
    drop_message_of(db, registration.registration)?;
    db.prepare_cached(
        "UPDATE sends SET verified = 1 WHERE message = (SELECT message FROM registrations WHERE registration = ?1)",
    )?
    .execute([registration.registration.0])?;
    let has_list = db
        .prepare_cached("SELECT 1 FROM lists WHERE user = ?1")?
        .exists([user.0])?;
    let (state, flow) = if has_list {
        (State::Pending, Flow::Restore)
    } else {
        (State::Proven, Flow::First)
    };
    db.prepare_cached(
        "UPDATE registrations SET state = ?2, flow = ?3, user = ?4, expires_at = ?5 WHERE registration = ?1",
    )?
    .execute(params![
        registration.registration.0,
        state_name(state),
        flow_name(flow),
        user.0,
        proof.proven_until
    ])?;
    Ok(())
}

/// A code that is dead is not worth sending any more.
fn drop_message_of(db: &Connection, registration: RegistrationId) -> Result<(), StorageError> {
    db.prepare_cached(
        "DELETE FROM outbox WHERE message = (SELECT message FROM registrations WHERE registration = ?1)",
    )?
    .execute([registration.0])?;
    Ok(())
}

pub(super) fn set_state(
    db: &Connection,
    registration: RegistrationId,
    state: State,
) -> Result<(), StorageError> {
    db.prepare_cached("UPDATE registrations SET state = ?2 WHERE registration = ?1")?
        .execute(params![registration.0, state_name(state)])?;
    Ok(())
}

/// The signer's own registration, if it is in one of these states.
pub(super) fn permitted(
    db: &Connection,
    signer: &KeyId,
    registration: RegistrationId,
    states: &[State],
    now: UnixSeconds,
) -> Result<Result<Registration, Denied>, StorageError> {
    let found = find(db, registration)?
        .filter(|found| *signer == KeyId::Request(found.signing))
        .ok_or_else(|| Denied::from(ErrorCode::NotFound));
    Ok(found.and_then(|found| found.permits(states, now).map(|()| found)))
}

pub(super) fn found(
    db: &Connection,
    registration: RegistrationId,
) -> Result<Result<Registration, Denied>, StorageError> {
    Ok(find(db, registration)?.ok_or_else(|| ErrorCode::NotFound.into()))
}

pub(super) fn find(
    db: &Connection,
    registration: RegistrationId,
) -> Result<Option<Registration>, StorageError> {
    let found = db
        .prepare_cached(
            "SELECT registration, signing_key, sealing_key, phone_index, phone_sealed, letters, state, flow, user,
             device, code_tries, locker_tries, expires_at FROM registrations WHERE registration = ?1",
        )?
        .query_row([registration.0], read)
        .optional()?;
    let Some(mut found) = found else {
        return Ok(None);
    };
    if let Some(user) = found.user {
        found.applications = db
            .prepare_cached(
                "SELECT p.name FROM accounts a JOIN applications p USING (application)
                 WHERE a.user = ?1 AND a.removed_at IS NULL ORDER BY a.created_at, a.account",
            )?
            .query_map([user.0], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        found.locker = lockers::find(db, user)?;
    }
    Ok(Some(found))
}

fn read(row: &Row<'_>) -> rusqlite::Result<Registration> {
    let user: Option<[u8; 16]> = row.get(8)?;
    let device: Option<[u8; 16]> = row.get(9)?;
    let flow: Option<FlowName> = row.get(7)?;
    let StateName(state) = row.get(6)?;
    Ok(Registration {
        registration: RegistrationId(row.get(0)?),
        signing: VerifyingKey(row.get(1)?),
        sealing: SealingKey(row.get(2)?),
        phone: row.get(3)?,
        phone_sealed: row.get(4)?,
        letters: row.get(5)?,
        state,
        flow: flow.map(|FlowName(flow)| flow),
        user: user.map(UserId),
        device: device.map(DeviceId),
        code_tries: row.get(10)?,
        locker_tries: row.get(11)?,
        expires_at: row.get(12)?,
        applications: Vec::new(),
        locker: None,
    })
}

const STATES: [(&str, State); 6] = [
    ("requested", State::Requested),
    ("pending", State::Pending),
    ("proven", State::Proven),
    ("active", State::Active),
    ("cancelled", State::Cancelled),
    ("expired", State::Expired),
];
const FLOWS: [(&str, Flow); 2] = [("first", Flow::First), ("restore", Flow::Restore)];

struct StateName(State);
struct FlowName(Flow);

fn named<T: Copy>(names: &[(&str, T)], value: ValueRef<'_>) -> FromSqlResult<T> {
    let text = value.as_str()?;
    let found = names.iter().find(|(name, _)| *name == text);
    found
        .map(|(_, value)| *value)
        .ok_or(FromSqlError::InvalidType)
}

impl rusqlite::types::FromSql for StateName {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        named(&STATES, value).map(Self)
    }
}

impl rusqlite::types::FromSql for FlowName {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        named(&FLOWS, value).map(Self)
    }
}

fn state_name(state: State) -> &'static str {
    let found = STATES.iter().find(|(_, known)| *known == state);
    found.map_or("", |(name, _)| name)
}

fn flow_name(flow: Flow) -> &'static str {
    match flow {
        Flow::First => "first",
        Flow::Restore => "restore",
    }
}

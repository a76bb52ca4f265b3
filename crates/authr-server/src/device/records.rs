//! Records: pushed in the order of their device, pulled as a feed.

use authr_api::bytes::Bytes;
use authr_api::error::ErrorCode;
use authr_api::path;
use authr_api::record::{PUSH_RECORDS, RECORD_BYTES, SealedRecord};
use authr_api::sync::{Feed, FeedContent, FeedStep, PAGE_RECORDS, Pushed};
use axum::response::Response;
use serde::Deserialize;

use super::answer::{done, respond};
use super::blocking;
use super::error::DeviceError;
use super::signed::Signed;
use crate::domain::Fault;
use crate::storage::{KnownDevice, NewRecord, Step};

/// A push, before its lengths are looked at.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Push {
    records: Vec<PushRecord>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PushRecord {
    base: u64,
    record: Bytes<{ path::PUSH_BODY_BYTES }>,
}

pub(crate) async fn push(call: Signed) -> Result<Response, DeviceError> {
    call.changes(async {
        let device = call.device()?;
        let Push { records } = call.json()?;
        if records.is_empty() {
            return Err(ErrorCode::BadRequest.into());
        }
        let long = |one: &PushRecord| one.record.as_slice().len() > RECORD_BYTES;
        if records.len() > PUSH_RECORDS || records.iter().any(long) {
            return Err(ErrorCode::TooLarge.into());
        }
        let records: Vec<NewRecord> =
            blocking(move || records.iter().map(|one| signed(&device, one)).collect()).await?;
        let answer = respond(|revisions| done(&Pushed { revisions }));
        let storage = &call.server.storage;
        let change = call.change()?;
        Ok(storage
            .push_records(change, device, records, answer)
            .await?)
    })
    .await
}

/// A record of the device that sends it, signed by it.
fn signed(device: &KnownDevice, one: &PushRecord) -> Result<NewRecord, DeviceError> {
    let record = SealedRecord::parse(one.record.as_slice()).map_err(|_| ErrorCode::BadRecord)?;
    if record.header().device != device.device {
        return Err(ErrorCode::BadRecord.into());
    }
    record
        .verify(&device.user, &device.signing)
        .map_err(|_| ErrorCode::BadRecord)?;
    Ok(NewRecord {
        base: one.base,
        record,
    })
}

pub(crate) async fn pull(call: Signed) -> Result<Response, DeviceError> {
    call.reads(async {
        let device = call.device()?;
        let limit = u32::try_from(PAGE_RECORDS).unwrap_or(u32::MAX);
        let storage = &call.server.storage;
        let found = storage.steps(device.user, call.after()?, limit).await?;
        let found = found.ok_or(Fault::Content("device list"))?;
        let mut steps = Vec::with_capacity(found.steps.len());
        for (revision, step) in found.steps {
            let step = match step {
                Step::Superseded(left) => FeedContent::Superseded(left),
                Step::Record(record) => {
                    FeedContent::Record(Bytes::new(record).map_err(|_| Fault::Content("record"))?)
                }
            };
            steps.push(FeedStep { revision, step });
        }
        Ok(Feed {
            revision: found.revision,
            steps,
        })
    })
    .await
}

//! The device list: shown in pages, continued by a device, begun or joined by a registration.

use std::sync::Arc;

use authr_api::append::{Append, Caller, Finish};
use authr_api::bytes::Bytes;
use authr_api::error::ErrorCode;
use authr_api::list::{DeviceList, ENTRIES, Expect};
use authr_api::registration::{Finished, Flow, State};
use authr_api::sync::{ListPage, PAGE_ENTRIES};
use authr_crypto::derive::Info;
use authr_crypto::kdf::Argon2id;
use authr_crypto::seal;
use axum::extract::Path;
use axum::response::Response;

use super::answer::{done, respond};
use super::error::DeviceError;
use super::registrations::own;
use super::signed::{Signed, seconds};
use super::{accounts, blocking};
use crate::Server;
use crate::domain::Fault;
use crate::keys::Column;
use crate::storage::{NativeAccount, NewDevice, NewEntries, UserId};

/// The list, for a device.
pub(crate) async fn list(call: Signed) -> Result<Response, DeviceError> {
    call.reads(async { page(&call.server, call.device()?.user, call.after()?).await })
        .await
}

/// The list, for a request that opened the locker.
pub(crate) async fn registration_list(
    Path(id): Path<String>,
    call: Signed,
) -> Result<Response, DeviceError> {
    call.reads(async {
        let after = call.after()?;
        let found = own(&call, &id).await?;
        found.permits(&[State::Proven], call.now())?;
        match (found.flow, found.user) {
            (Some(Flow::Restore), Some(user)) => page(&call.server, user, after).await,
            _ => Err(ErrorCode::WrongState.into()),
        }
    })
    .await
}

async fn page(server: &Server, user: UserId, after: u64) -> Result<ListPage, DeviceError> {
    let limit = u32::try_from(PAGE_ENTRIES).unwrap_or(u32::MAX);
    let found = server.storage.entries(user, after, limit).await?;
    let found = found.ok_or(Fault::Content("device list"))?;
    let entries = found.entries.into_iter().map(Bytes::new);
    Ok(ListPage {
        head: found.head,
        entries: entries
            .collect::<Result<_, _>>()
            .map_err(|_| Fault::Content("device list"))?,
    })
}

/// What a device appends.
pub(crate) async fn append(call: Signed) -> Result<Response, DeviceError> {
    call.changes(async {
        let device = call.device()?;
        let append: Append = call.sealed()?;
        let caller = Caller::Device(device.device);
        let new = checked(&call.server, device.user, append, caller).await?;
        let head = new.head;
        let answer = respond(move |_: Vec<NativeAccount>| done(&head));
        let storage = &call.server.storage;
        let change = call.change()?;
        Ok(storage.append_entries(change, new, answer).await?)
    })
    .await
}

/// What makes a device active: the first of a user, or one that joins by the restore key.
pub(crate) async fn finish(Path(id): Path<String>, call: Signed) -> Result<Response, DeviceError> {
    call.changes(async {
        let Finish(append) = call.sealed()?;
        let found = own(&call, &id).await?;
        found.permits(&[State::Proven], call.now())?;
        let (Some(user), Some(flow)) = (found.user, found.flow) else {
            return Err(ErrorCode::WrongState.into());
        };
        let caller = match flow {
            Flow::First => Caller::First(user),
            Flow::Restore => Caller::Restore,
        };
        let mut new = checked(&call.server, user, append, caller).await?;
        new.registration = Some(found.registration);
        let added = new.added.ok_or(ErrorCode::BadEntries)?;
        let (server, head, now) = (Arc::clone(&call.server), new.head, call.now());
        let answer = respond(move |given: Vec<NativeAccount>| {
            done(&Finished {
                user,
                device: added.device,
                head,
                accounts: accounts::sealed(&server, user, &added, &given)?,
                time: seconds(now),
            })
        });
        let storage = &call.server.storage;
        let change = call.change()?;
        Ok(storage.append_entries(change, new, answer).await?)
    })
    .await
}

/// Entries that may follow the user's list. Whether they still do, the transaction judges by their head.
async fn checked(
    server: &Arc<Server>,
    user: UserId,
    append: Append,
    caller: Caller,
) -> Result<NewEntries, DeviceError> {
    let all = u32::try_from(ENTRIES).unwrap_or(u32::MAX);
    let stored = server.storage.entries(user, 0, all).await?;
    let server = Arc::clone(server);
    // A long list takes a while to verify.
    blocking(move || {
        let list = stored
            .map(|stored| DeviceList::verify(&stored.entries, &Expect::Nothing))
            .transpose()
            .map_err(|_| Fault::Content("device list"))?;
        let appended = append
            .check(list.as_ref(), &caller, &Argon2id)
            .map_err(|error| error.code())?;
        let added = appended.added.map(|id| added(&server, &appended.list, id));
        Ok(NewEntries {
            user,
            after: append.after,
            entries: append.entries.iter().map(|one| one.to_wire()).collect(),
            head: appended.list.head(),
            epoch: appended.list.epoch().number,
            registration: None,
            added: added.transpose()?,
            removed: appended.removed,
            locker: append.locker.map(|set| {
                let random = server.random.as_ref();
                let sealed = (server.keys).seal(Column::Locker, &user.0, set.encode(), random);
                (set.version, sealed)
            }),
        })
    })
    .await
}

/// The device that becomes active: its native accounts can be sealed to it.
fn added(
    server: &Server,
    list: &DeviceList,
    id: crate::storage::DeviceId,
) -> Result<NewDevice, DeviceError> {
    let device = list.device(&id).ok_or(ErrorCode::BadEntries)?;
    let info = Info::new("authr/1/server/trial");
    seal::seal(&device.sealing, &info, &[], &[], server.random.as_ref())
        .map_err(|_| ErrorCode::BadEntries)?;
    Ok(NewDevice {
        device: id,
        signing: device.signing,
        sealing: device.sealing,
    })
}

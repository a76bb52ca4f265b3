//! The locker: opened by a registration, each try counted; shown to a device.

use std::sync::Arc;

use authr_api::answer::LockerContent;
use authr_api::append::LockerSet;
use authr_api::error::ErrorCode;
use authr_api::registration::OpenLocker;
use authr_api::sealed::{Route, Sealed};
use authr_crypto::seal::SealingKey;
use axum::extract::Path;
use axum::response::Response;

use super::answer::{counted, done, respond, undo};
use super::error::DeviceError;
use super::signed::{Signed, registration};
use super::status::locker_set;
use crate::Server;
use crate::domain::Fault;
use crate::storage::{Denied, Judge, Locker, LockerTry, Registration, Tried, UserId};

/// A try with what the backups password became.
pub(crate) async fn open(Path(id): Path<String>, call: Signed) -> Result<Response, DeviceError> {
    call.changes(async {
        call.request_key()?;
        let opened: OpenLocker = call.sealed()?;
        let attempt = LockerTry {
            registration: registration(&id)?,
            version: opened.version,
        };
        let shared = Arc::clone(&call.server);
        let judge: Judge = Box::new(move |asks| {
            let (user, locker) = locker_of(asks).map_err(undo)?;
            let set = locker_set(&shared, user, locker).map_err(undo)?;
            Ok(LockerSet::accepts(&set.verifier, &opened.auth))
        });
        let shared = Arc::clone(&call.server);
        let answer = respond(move |tried| match tried {
            Tried::Right(found) => {
                let (user, locker) = locker_of(&found)?;
                done(&sealed(&shared, user, &found.sealing, locker)?)
            }
            Tried::Wrong { tries_left } => counted(Denied {
                tries_left: Some(tries_left),
                ..ErrorCode::WrongPassword.into()
            }),
        });
        let storage = &call.server.storage;
        let change = call.change()?;
        Ok(storage.try_locker(change, attempt, judge, answer).await?)
    })
    .await
}

/// The locker, for a device: sealed, and not counted.
pub(crate) async fn locker(call: Signed) -> Result<Response, DeviceError> {
    call.reads(async {
        call.bare()?;
        let device = call.device()?;
        let locker = call.server.storage.locker(device.user).await?;
        let locker = locker.ok_or(Fault::Content("locker"))?;
        Ok(sealed(&call.server, device.user, &device.sealing, &locker)?)
    })
    .await
}

fn locker_of(asks: &Registration) -> Result<(UserId, &Locker), Fault> {
    let locker = asks.user.zip(asks.locker.as_ref());
    locker.ok_or(Fault::Content("locker"))
}

fn sealed(
    server: &Server,
    user: UserId,
    recipient: &SealingKey,
    locker: &Locker,
) -> Result<Sealed, Fault> {
    let set = locker_set(server, user, locker)?;
    let content = LockerContent {
        version: set.version,
        salt: set.salt,
        params: set.params,
        share: set.share,
        blob: set.blob,
    };
    let route = Route::ToDevice {
        server: server.identity.id(),
        user: &user,
        recipient,
    };
    Sealed::seal(&content, recipient, &route, server.random.as_ref())
        .map_err(|_| Fault::Content("recipient's key"))
}

//! Native accounts, sealed to a device; what is new; who the devices are.

use authr_api::answer::NativeAccount as Content;
use authr_api::sealed::{Route, Sealed};
use authr_api::sync::{Devices, NativeAccounts, SeenDevice, Status};
use axum::response::Response;

use super::error::DeviceError;
use super::signed::{Signed, seconds};
use crate::Server;
use crate::domain::{Fault, accounts, native};
use crate::storage::{NativeAccount, NewDevice, UserId};

pub(crate) async fn newest(call: Signed) -> Result<Response, DeviceError> {
    call.reads(async {
        call.bare()?;
        let user = call.device()?.user;
        let newest = call.server.storage.newest(user).await?;
        let newest = newest.ok_or(Fault::Content("device list"))?;
        Ok(Status {
            revision: newest.revision,
            head: newest.head,
            accounts: newest.accounts,
            time: seconds(call.now()),
        })
    })
    .await
}

pub(crate) async fn devices(call: Signed) -> Result<Response, DeviceError> {
    call.reads(async {
        call.bare()?;
        let user = call.device()?.user;
        let active = call.server.storage.active_devices(user).await?;
        let devices = active.into_iter().map(|(device, seen)| SeenDevice {
            device,
            last_seen: seconds(seen),
        });
        Ok(Devices {
            devices: devices.collect(),
        })
    })
    .await
}

pub(crate) async fn native_accounts(call: Signed) -> Result<Response, DeviceError> {
    call.reads(async {
        call.bare()?;
        let device = call.device()?;
        let storage = &call.server.storage;
        let given = storage.hand_out_accounts(device.device, call.now()).await?;
        let recipient = NewDevice {
            device: device.device,
            signing: device.signing,
            sealing: device.sealing,
        };
        Ok(NativeAccounts {
            revision: given.revision,
            accounts: sealed(&call.server, device.user, &recipient, &given.accounts)?,
        })
    })
    .await
}

/// Accounts with the seeds that this device alone has.
pub(super) fn sealed(
    server: &Server,
    user: UserId,
    device: &NewDevice,
    given: &[NativeAccount],
) -> Result<Vec<Sealed>, Fault> {
    let route = Route::ToDevice {
        server: server.identity.id(),
        user: &user,
        recipient: &device.sealing,
    };
    let seal = |account: &NativeAccount| {
        let root = accounts::seed_of(server, account.account, &account.seed_sealed)?;
        let content = Content {
            application: account.application.0,
            name: account.name.clone(),
            generation: account.generation,
            digits: native::DIGITS,
            period: native::PERIOD,
            seed: native::seed(&root, device.device, account.generation),
        };
        Sealed::seal(&content, &device.sealing, &route, server.random.as_ref())
            .map_err(|_| Fault::Content("device key"))
    };
    given.iter().map(seal).collect()
}

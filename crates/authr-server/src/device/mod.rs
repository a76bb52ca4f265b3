//! The device API: registrations, the device list, the locker, native accounts, records (sync-protocol.md).
//!
//! A call is read by [`signed`]: who signed it is known before anything else is looked at. What it changes is one verb
//! of the storage, and its answer is made in that verb's transaction.

mod accounts;
mod answer;
mod error;
mod lists;
mod lockers;
mod records;
mod registrations;
mod signed;
mod status;

pub(crate) use accounts::{devices, native_accounts, newest};
pub(crate) use error::DeviceError;
pub(crate) use lists::{append, finish, list, registration_list};
pub(crate) use lockers::{locker, open};
pub(crate) use records::{pull, push};
pub(crate) use registrations::{
    cancel as cancel_registration, prove, request as request_registration, resend,
    status as registration_status,
};
pub(crate) use status::server_info;

use crate::domain::Fault;

/// Computes on a thread that may.
async fn blocking<T: Send + 'static>(
    compute: impl FnOnce() -> Result<T, DeviceError> + Send + 'static,
) -> Result<T, DeviceError> {
    tokio::task::spawn_blocking(compute)
        .await
        .unwrap_or_else(|_| Err(Fault::Content("computation").into()))
}

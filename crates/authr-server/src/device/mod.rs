//! The device API: registrations, the device list, the locker, native accounts, records (sync-protocol.md).
//!
//! A call is read by [`signed`]: who signed it is known before anything else is looked at. What it changes is one verb
//! of the storage, and its answer is made in that verb's transaction.

mod answer;
mod error;
mod registrations;
mod signed;
mod status;

pub(crate) use error::DeviceError;
pub(crate) use registrations::{
    cancel as cancel_registration, prove, request as request_registration, resend,
    status as registration_status,
};
pub(crate) use status::server_info;

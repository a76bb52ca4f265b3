//! A person with requests and devices, as the app makes them.

mod device;
mod joining;
mod request;

pub(crate) use device::Device;
pub(crate) use joining::{Joining, copy};
pub(crate) use request::{Keys, PASSWORD, PHONE, Request, Terms, ask, request_list, unseal};

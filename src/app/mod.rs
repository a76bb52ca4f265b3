//! The use cases: plan and apply. They never print and never ask.

pub(crate) mod accounts;
pub(crate) mod agent;
pub(crate) mod backup;
pub(crate) mod card;
pub(crate) mod codes;
pub(crate) mod damage;
pub(crate) mod devices;
pub(crate) mod doctor;
pub(crate) mod edit;
mod error;
pub(crate) mod files;
pub(crate) mod held;
pub(crate) mod import;
pub(crate) mod listing;
pub(crate) mod natives;
pub(crate) mod password;
pub(crate) mod phone;
pub(crate) mod profile;
pub(crate) mod registration;
pub(crate) mod remember;
pub(crate) mod request;
pub(crate) mod session;
pub(crate) mod settings;
pub(crate) mod sync;
pub(crate) mod trash;
pub(crate) mod usage;
mod wire;

pub(crate) use crate::remote::RemoteError;
pub(crate) use error::Error;
pub(crate) use session::{Rollback, Session};

//! The files of this installation: where they lie, how they are replaced whole, who may write at a time.

pub(crate) mod atomic;
mod error;
mod generations;
mod lock;
mod paths;
mod place;
mod request;
mod settings;
mod state;
mod vault;

pub(crate) use error::StoreError;
pub(crate) use lock::Lock;
pub(crate) use paths::Paths;
pub(crate) use request::{RequestAnswer, RequestFile};
pub(crate) use settings::{Setting, Settings};
pub(crate) use state::{ServerTime, State};
pub(crate) use vault::{Stamp, Store, read_own_vault, read_vault};

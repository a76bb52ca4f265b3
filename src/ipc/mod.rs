//! The way between a command and the agent: where they meet, who may, and how messages travel. What the messages say is
//! the business of whoever sends them.

mod client;
mod error;
mod frame;
mod hello;
mod place;

pub(crate) use client::Client;
pub(crate) use error::{AskError, IpcError};
pub(crate) use frame::{receive, send};
pub(crate) use hello::{Hello, Purpose, VERSION};
pub(crate) use place::{Hold, Place};

//! The device API over HTTP, by a client made of authr-api: every refusal that it can give, and the flows.
#![expect(clippy::unwrap_used, reason = "a test says what it expects")]

mod attacks;
mod bodies;
mod person;
mod records;
mod registration;
mod restore;
mod running;
mod signature;
mod story;

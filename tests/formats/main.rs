//! Other programs' files: the same accounts through every format both ways, plain and encrypted, what was made to hurt, and
//! what the fuzz targets start from.
//!
//! What is only read here is written by the tests, from what its program publishes. An adjustment that a format forces stands in
//! its test: it is in the name, or in the filter of the accounts.

#![expect(
    clippy::unwrap_used,
    reason = "what the test made itself is as it made it"
)]

mod archives;
mod corpus;
mod databases;
mod documents;
mod kdbx;
mod keepass;
mod opvault;
mod phones;
mod pictures;
mod readers;
mod reference;
mod seal;
mod steam;
mod work;
mod written;

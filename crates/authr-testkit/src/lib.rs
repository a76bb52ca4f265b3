//! What the tests share: accounts, a home of their own, a program's run as a snapshot, and a canary that
//! finds secrets where none may be. Never part of a program.

mod accounts;
mod canary;
mod clock;
mod desktop;
mod home;
mod kdf;
mod random;
mod server;
mod sitting;

pub use accounts::{ACCOUNTS, Account};
pub use canary::Canary;
pub use clock::FixedClock;
pub use desktop::Desktop;
pub use home::{Captured, Home, Program, Ran};
pub use kdf::CheapKdf;
pub use random::CountingRandom;
pub use server::TestServer;
pub use sitting::{Ended, Sitting};

//! An authenticator for the terminal, with its own self-hosted server.
//!
//! One public entry: [`run`] takes a command line and the [`Context`] it runs in, and gives the exit code.
//! Everything else is the program's own, so that the compiler reports what nobody uses, while examples and
//! tests drive the real command line in their own process.

mod agent;
mod app;
mod cli;
mod clipboard;
mod clock;
mod config;
mod context;
mod failure;
mod ipc;
mod keyring;
mod remote;
mod screen;
mod store;
mod terminal;

use std::ffi::OsString;

pub use clipboard::{Clipboard, Through};
pub use clock::{Clock, SystemClock};
pub use config::Environment;
pub use context::{Context, Machine};
pub use keyring::Keyring;
pub use screen::Screen;
pub use terminal::{Glyphs, Input, Stream, Terminal};

/// Runs one command line (the program's name first) and returns its exit code.
pub fn run(arguments: impl IntoIterator<Item = OsString>, context: &Context) -> u8 {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    if agent::is_meant(&arguments) {
        return agent::run(context);
    }
    if clipboard::holder::is_meant(&arguments) {
        return clipboard::holder::run();
    }
    cli::run(arguments, context)
}

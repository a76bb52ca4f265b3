//! The `authr` program: the command line, in the context of this process.

use std::process::ExitCode;

fn main() -> ExitCode {
    let context = authr::Context::of_this_process();
    ExitCode::from(authr::run(std::env::args_os(), &context))
}

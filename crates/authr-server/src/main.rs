//! The program: arguments in, exit code out.

use std::process::ExitCode;

fn main() -> ExitCode {
    authr_server::cli::run(std::env::args_os(), &mut std::io::stdout())
}

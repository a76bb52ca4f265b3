//! The `authr` program: the command line, in the context of this process.

use std::process::ExitCode;

fn main() -> ExitCode {
    // A picture that the reader of QR codes gives up on is no accident of this program.
    let tell = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if !authr_formats::catches_panics() {
            tell(panic);
        }
    }));
    let context = authr::Context::of_this_process();
    ExitCode::from(authr::run(std::env::args_os(), &context))
}

//! The agent: a process that holds one vault open for the commands of its person, and ends when it locks.

mod serve;
mod watch;

use std::ffi::OsString;
use std::io;
use std::os::unix::net::{UnixListener, UnixStream};

use crate::app::agent::{ARGUMENT, Hold, IpcError, Limits, Order, Place, Refusal, encode, send};
use crate::app::held::Held;
use crate::context::Context;
use crate::failure::{Failure, Kind};

/// Whether a command line asks for the agent's process.
pub(crate) fn is_meant(arguments: &[OsString]) -> bool {
    matches!(arguments, [_, argument] if argument == ARGUMENT)
}

/// Is the agent, until it locks; the exit code.
pub(crate) fn run(context: &Context) -> u8 {
    match begin(context) {
        Ok(()) => 0,
        Err(failure) => failure.kind().exit_code(),
    }
}

fn begin(context: &Context) -> Result<(), Failure> {
    // Before there is anything to be read.
    authr_sys::close_to_others().map_err(cannot("keep this process to itself"))?;
    // Started by anything but a command, there is nobody to tell.
    let mut starter = authr_sys::given_socket().map_err(cannot("begin"))?;
    let unlocked = unlock(context, &mut starter);
    let told: Option<Refusal> = unlocked.as_ref().err().map(refusal);
    send(&mut starter, &encode(&told)).map_err(no_agent)?;
    drop(starter);
    let unlocked = unlocked?;
    serve::until_locked(context, unlocked.held, unlocked.limits, unlocked.listener);
    // What it holds is dropped last: until then nobody else listens here.
    drop(unlocked.hold);
    Ok(())
}

/// An agent that is about to listen.
struct Unlocked<'a> {
    held: Held<'a>,
    limits: Limits,
    hold: Hold,
    listener: UnixListener,
}

fn unlock<'a>(context: &'a Context, starter: &mut UnixStream) -> Result<Unlocked<'a>, Failure> {
    // The end of the terminal that it was started from is not its own.
    rustix::process::setsid().map_err(|error| cannot("begin")(error.into()))?;
    let order = Order::receive(starter).map_err(no_agent)?;
    let held = Held::open(context, &order.home, &order.config, order.key)?;
    let place = Place::new(&order.sockets, &order.home);
    let listening = place.listen().map_err(no_agent)?;
    let (hold, listener) =
        listening.ok_or_else(|| Failure::new(Kind::Failed, "another one runs already"))?;
    Ok(Unlocked {
        held,
        limits: order.limits,
        hold,
        listener,
    })
}

fn cannot(what: &'static str) -> impl FnOnce(io::Error) -> Failure {
    move |error| Failure::new(Kind::Failed, format!("cannot {what}: {error}"))
}

fn no_agent(error: IpcError) -> Failure {
    Failure::new(Kind::Failed, error)
}

/// A failure as it crosses the socket.
fn refusal(failure: &Failure) -> Refusal {
    Refusal {
        exit_code: failure.kind().exit_code(),
        message: failure.message(),
        hints: failure.hints().to_vec(),
    }
}

//! The agent's one loop. Other threads read the questions; this one thread has the vault.

use std::os::unix::net::{UnixListener, UnixStream};
use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread;
use std::time::Duration;

use zeroize::Zeroizing;

use super::refusal;
use super::watch::Watch;
use crate::app::agent::{
    Hello, IpcError, Limits, Purpose, Question, Reply, Status, VERSION, decode, encode, receive,
    send,
};
use crate::app::held::Held;
use crate::app::request::MAX_REQUEST_BYTES;
use crate::context::Context;
use crate::failure::Failure;

/// The longest that a client may take for one message.
const PATIENCE: Duration = Duration::from_secs(10);
/// How many connections are read at once; more wait.
const READERS: usize = 16;
/// How often it looks at the clock and at the vault's file: after a sleep of the machine, this much passes at most.
const LOOKS: Duration = Duration::from_secs(5);

enum Event {
    Question(Zeroizing<Vec<u8>>, Client),
    /// The client waits for the end of the process, which closes the stream.
    Lock(UnixStream),
}

/// Whoever waits for a reply.
struct Client {
    stream: UnixStream,
    /// The hello that it waits for too. It goes out with the reply, so that it is woken up once.
    hello: Option<Hello>,
}

/// Whether the agent goes on.
#[derive(PartialEq, Eq)]
enum Then {
    Stay,
    Lock,
}

/// Answers questions until it is time to lock.
pub(super) fn until_locked(
    context: &Context,
    mut held: Held<'_>,
    limits: Limits,
    listener: UnixListener,
) {
    let (sender, events) = mpsc::channel();
    let listener = Arc::new(listener);
    for _ in 0..READERS {
        let (listener, sender) = (Arc::clone(&listener), sender.clone());
        // Where there is no thread to be had, those that there are do it.
        let _ = thread::Builder::new().spawn(move || accept(&listener, &sender));
    }
    drop(sender);
    let now = || {
        let clock = &context.clock;
        clock.since_start().unwrap_or_else(|| clock.now())
    };
    let mut watch = Watch::begin(limits, now());
    loop {
        let wait = LOOKS.min(Duration::from_secs(watch.idle_lock_in(now())));
        let then = match events.recv_timeout(wait) {
            Ok(Event::Lock(stream)) => {
                // Closed by the system, once nothing of this process is left.
                std::mem::forget(stream);
                Then::Lock
            }
            Ok(Event::Question(question, mut client)) => {
                reply(&mut held, &mut watch, now(), &question, &mut client)
            }
            Err(RecvTimeoutError::Timeout) if watch.is_over(now()) => Then::Lock,
            Err(RecvTimeoutError::Timeout) => match held.settle() {
                Err(error) if error.ends_agent() => Then::Lock,
                // A disk that cannot be read just now is told to whoever asks.
                _ => Then::Stay,
            },
            // Nobody listens any more.
            Err(RecvTimeoutError::Disconnected) => Then::Lock,
        };
        if then == Then::Lock {
            // What of it cannot be done is nobody's business any more.
            let _ = held.settle();
            return;
        }
    }
}

fn reply(
    held: &mut Held<'_>,
    watch: &mut Watch,
    now: u64,
    question: &[u8],
    client: &mut Client,
) -> Then {
    if watch.is_over(now) {
        client.say(&Reply::Locked);
        return Then::Lock;
    }
    let request = match decode(question) {
        Ok(Question::Status) => {
            client.say(&Reply::Status(Status {
                process: std::process::id(),
                idle_lock_in: watch.idle_lock_in(now),
                lock_in: watch.lock_in(now),
            }));
            return Then::Stay;
        }
        Ok(Question::Use(request)) => request,
        Err(error) => {
            client.say(&Reply::Refused(refusal(&super::no_agent(error))));
            return Then::Stay;
        }
    };
    watch.used(now);
    if request.saves() {
        client.greet();
    }
    match held.answer(&request) {
        Ok(answer) => {
            let reply = Reply::Done(answer);
            client.say(&reply);
            if let Reply::Done(answer) = &reply {
                held.remember_answer(&request, answer);
            }
            Then::Stay
        }
        Err(error) if error.ends_agent() => {
            client.say(&Reply::Locked);
            Then::Lock
        }
        Err(error) => {
            client.say(&Reply::Refused(refusal(&Failure::from(error))));
            Then::Stay
        }
    }
}

// One that went away is no reason to end.
impl Client {
    /// Says hello if that was not done: who hears none may ask for the same again.
    fn greet(&mut self) {
        if let Some(hello) = self.hello.take() {
            let _ = hello.send(&mut self.stream);
        }
    }

    fn say(&mut self, reply: &Reply) {
        let reply = encode(reply);
        let _ = match self.hello.take() {
            Some(hello) => hello.send_before(&mut self.stream, &reply),
            None => send(&mut self.stream, &reply),
        };
    }
}

/// Takes connections as long as the process lives, one after the other: a thread that is there already answers sooner than
/// a new one.
fn accept(listener: &UnixListener, events: &Sender<Event>) {
    for stream in listener.incoming() {
        let Ok(stream) = stream else {
            // Out of descriptors, it may be: connections that end give theirs back.
            thread::sleep(Duration::from_millis(20));
            continue;
        };
        // What breaks the protocol, or is another user, is hung up on.
        if let Ok(event) = hear(stream)
            && events.send(event).is_err()
        {
            return;
        }
    }
}

/// Hears what a client wants.
fn hear(mut stream: UnixStream) -> Result<Event, IpcError> {
    let failed = || IpcError::io("hear");
    stream.set_read_timeout(Some(PATIENCE)).map_err(failed())?;
    stream.set_write_timeout(Some(PATIENCE)).map_err(failed())?;
    let user = authr_sys::peer_user(&stream).map_err(failed())?;
    if user != rustix::process::geteuid().as_raw() {
        return Err(IpcError::Nonsense);
    }
    let theirs = Hello::receive(&mut stream)?;
    let ours = Hello::of_this_program(theirs.purpose);
    if theirs.purpose == Purpose::Lock {
        ours.send(&mut stream)?;
        return Ok(Event::Lock(stream));
    }
    if theirs.version != VERSION {
        ours.send(&mut stream)?;
        return Err(IpcError::OtherVersion {
            theirs: theirs.version,
        });
    }
    // One that has asked already knows how it goes on; one that has not waits for a word first.
    let has_asked = rustix::io::ioctl_fionread(&stream).is_ok_and(|bytes| bytes > 0);
    let hello = if has_asked {
        Some(ours)
    } else {
        ours.send(&mut stream)?;
        None
    };
    let question = receive(&mut stream, MAX_REQUEST_BYTES)?;
    Ok(Event::Question(question, Client { stream, hello }))
}

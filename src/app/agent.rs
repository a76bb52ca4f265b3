//! The agent, as a command sees it: found, started, asked, ended. And the messages of both sides.

use std::ffi::OsString;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use authr_crypto::secret::VaultKey;
use postcard::ser_flavors::Size;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::error::Error;
use super::request::{Answer, MAX_REQUEST_BYTES, Request};
use super::session::Session;
use crate::context::Context;
use crate::ipc::{AskError, Client};
pub(crate) use crate::ipc::{Hello, Hold, IpcError, Place, Purpose, VERSION, receive, send};
use crate::store::{Setting, Settings, Store};

/// The argument by which the program becomes the agent.
pub(crate) const ARGUMENT: &str = "agent-process";
/// The largest message of the order by which it starts.
const MAX_ORDER_BYTES: usize = 16 * 1024;
/// The longest wait for an agent to start.
const LONGEST_START: Duration = Duration::from_secs(20);

/// When an agent locks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Limits {
    /// After so many seconds in which nobody used it.
    pub(crate) idle: u64,
    /// After so many seconds, whatever happened.
    pub(crate) longest: u64,
}

impl Limits {
    /// Those that the person has set.
    pub(crate) fn of(settings: &Settings) -> Self {
        Self {
            idle: settings.value(Setting::IdleLock),
            longest: settings.value(Setting::LockAfter),
        }
    }
}

/// What a command sends.
#[derive(Serialize, Deserialize)]
pub(crate) enum Question {
    /// How it stands; no use of the vault.
    Status,
    /// A use case.
    Use(Request),
}

impl Question {
    fn saves(&self) -> bool {
        matches!(self, Self::Use(request) if request.saves())
    }
}

/// What the agent sends back.
#[derive(Serialize, Deserialize)]
pub(crate) enum Reply {
    /// To [`Question::Status`].
    Status(Status),
    /// What came of a use case.
    Done(Answer),
    /// It did not succeed.
    Refused(Refusal),
    /// The vault is locked by now, and the agent ends.
    Locked,
}

/// How an agent stands.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Status {
    /// The number of its process.
    pub(crate) process: u32,
    /// It locks in so many seconds, if nobody uses it.
    pub(crate) idle_lock_in: u64,
    /// It locks in so many seconds, whatever happens.
    pub(crate) lock_in: u64,
}

/// A failure, as the command that asked shows it.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Refusal {
    /// The exit code.
    pub(crate) exit_code: u8,
    /// What happened.
    pub(crate) message: String,
    /// What to try next.
    pub(crate) hints: Vec<String>,
}

/// A message as it travels; wiped, since a request can hold a secret.
pub(crate) fn encode(message: &impl Serialize) -> Zeroizing<Vec<u8>> {
    let because = "because our messages have lengths";
    // A buffer that grows leaves copies behind: its length is found out first.
    let length = postcard::serialize_with_flavor(message, Size::default()).expect(because);
    let mut bytes = Zeroizing::new(vec![0; length]);
    postcard::to_slice(message, &mut bytes).expect(because);
    bytes
}

/// A message as it was meant, and nothing behind it.
pub(crate) fn decode<'b, M: Deserialize<'b>>(bytes: &'b [u8]) -> Result<M, IpcError> {
    match postcard::take_from_bytes(bytes) {
        Ok((message, [])) => Ok(message),
        _ => Err(IpcError::Nonsense),
    }
}

/// What an agent is started with.
pub(crate) struct Order {
    /// The folder of the vault.
    pub(crate) home: PathBuf,
    /// The folder of what the person has set.
    pub(crate) config: PathBuf,
    /// The folder of the sockets.
    pub(crate) sockets: PathBuf,
    /// When it locks.
    pub(crate) limits: Limits,
    /// The vault's key.
    pub(crate) key: VaultKey,
}

impl Order {
    fn send(&self, stream: &mut UnixStream) -> Result<(), IpcError> {
        send(stream, self.home.as_os_str().as_bytes())?;
        send(stream, self.config.as_os_str().as_bytes())?;
        send(stream, self.sockets.as_os_str().as_bytes())?;
        send(stream, &encode(&self.limits))?;
        send(stream, self.key.expose_secret())
    }

    /// What the process that started this one says.
    pub(crate) fn receive(stream: &mut UnixStream) -> Result<Self, IpcError> {
        let mut next = || receive(stream, MAX_ORDER_BYTES);
        let path = |bytes: Zeroizing<Vec<u8>>| PathBuf::from(OsString::from_vec(bytes.to_vec()));
        Ok(Self {
            home: path(next()?),
            config: path(next()?),
            sockets: path(next()?),
            limits: decode(&next()?)?,
            key: VaultKey::from_slice(&next()?).ok_or(IpcError::Nonsense)?,
        })
    }
}

/// An agent that holds the vault of this home open.
pub(crate) struct Agent(Client);

impl Agent {
    /// The agent of a home, if one runs.
    pub(crate) fn find(context: &Context, store: &Store) -> Result<Option<Self>, Error> {
        Self::by(Client::find, context, store)
    }

    /// The same, in the hope that it is of this version: otherwise the first question says so.
    pub(crate) fn reach(context: &Context, store: &Store) -> Result<Option<Self>, Error> {
        Self::by(Client::reach, context, store)
    }

    fn by(
        client: impl FnOnce(Place) -> Result<Client, IpcError>,
        context: &Context,
        store: &Store,
    ) -> Result<Option<Self>, Error> {
        let Some(place) = place(context, store) else {
            return Ok(None);
        };
        match client(place) {
            Ok(client) => Ok(Some(Self(client))),
            Err(IpcError::NoAgent) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Asks it, and waits for the reply. One that ended meanwhile has locked: what it was asked can be asked again, but for a
    /// change that it may have saved.
    pub(crate) fn ask(&mut self, question: &Question) -> Result<Reply, Error> {
        let message = encode(question);
        if message.len() > MAX_REQUEST_BYTES {
            return Err(IpcError::TooLarge.into());
        }
        let answer = self.0.ask(&message);
        let answer = answer.and_then(|reply| decode(&reply).map_err(AskError::NotAnswered));
        match answer {
            Ok(reply) => Ok(reply),
            Err(AskError::NotAnswered(source)) if question.saves() => {
                Err(Error::Unanswered { source })
            }
            Err(AskError::NotAsked(IpcError::NoAgent) | AskError::NotAnswered(IpcError::Ended)) => {
                Ok(Reply::Locked)
            }
            Err(AskError::NotAsked(error) | AskError::NotAnswered(error)) => Err(error.into()),
        }
    }
}

/// Ends the agent of a home, and waits for its end; whether there was one.
pub(crate) fn lock(context: &Context, store: &Store) -> Result<bool, Error> {
    let Some(place) = place(context, store) else {
        return Ok(false);
    };
    match Client::lock(&place) {
        Ok(()) => Ok(true),
        Err(IpcError::NoAgent) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// Starts an agent that holds the vault of this session open. It is given the key, and never has the password.
pub(crate) fn start(context: &Context, session: &Session<'_>, limits: Limits) -> Result<(), Error> {
    let (Some(program), Some(sockets)) = (&context.program, &context.sockets) else {
        return Err(Error::NoAgentHere);
    };
    let failed = || IpcError::io("start");
    let order = Order {
        home: home(&session.store).map_err(failed())?,
        config: std::path::absolute(session.store.settings_folder()).map_err(failed())?,
        sockets: std::path::absolute(sockets).map_err(failed())?,
        limits,
        key: session.vault.key().duplicate(),
    };
    let (mut ours, theirs) = UnixStream::pair().map_err(failed())?;
    ours.set_read_timeout(Some(LONGEST_START))
        .map_err(failed())?;
    authr_sys::keep_descriptors().map_err(failed())?;
    // Nothing of the environment or the folder of the person goes with it.
    Command::new(program)
        .arg(ARGUMENT)
        .env_clear()
        .current_dir("/")
        .stdin(Stdio::from(OwnedFd::from(theirs)))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .map_err(failed())?;
    order.send(&mut ours)?;
    let refusal: Option<Refusal> = decode(&receive(&mut ours, MAX_ORDER_BYTES)?)?;
    match refusal {
        None => Ok(()),
        Some(refusal) => Err(Error::AgentDidNotStart {
            message: refusal.message,
        }),
    }
}

fn place(context: &Context, store: &Store) -> Option<Place> {
    let sockets = context.sockets.as_ref()?;
    Some(Place::new(sockets, &home(store).ok()?))
}

/// The folder of a vault by its one true name, so that every way to write it meets the same agent.
fn home(store: &Store) -> io::Result<PathBuf> {
    Path::canonicalize(store.folder())
}

//! A command's side of the socket.

use std::io::{self, Read};
use std::os::unix::net::UnixStream;
use std::time::Duration;

use zeroize::Zeroizing;

use super::error::{AskError, IpcError};
use super::frame::{MAX_MESSAGE_BYTES, receive, send};
use super::hello::{Hello, Purpose};
use super::place::Place;

/// The longest wait for an answer: twice as long as one agent waits for the right to save.
const LONGEST: Duration = Duration::from_secs(20);

/// An agent that was found. Each request has a connection of its own; the first is the one by which it was found.
#[derive(Debug)]
pub(crate) struct Client {
    place: Place,
    connected: Option<Connection>,
}

impl Client {
    /// The agent that listens here, of this version and this user.
    pub(crate) fn find(place: Place) -> Result<Self, IpcError> {
        let mut client = Self::reach(place)?;
        if let Some(connection) = &mut client.connected {
            connection.meet()?;
        }
        Ok(client)
    }

    /// Whoever listens here, of this user: its version shows with the first request.
    pub(crate) fn reach(place: Place) -> Result<Self, IpcError> {
        let connected = Connection::open(&place)?;
        Ok(Self {
            place,
            connected: Some(connected),
        })
    }

    /// Sends a request, and waits for the answer.
    pub(crate) fn ask(&mut self, request: &[u8]) -> Result<Zeroizing<Vec<u8>>, AskError> {
        let mut stream = self.sent(request).map_err(AskError::NotAsked)?;
        let answer = receive(&mut stream, MAX_MESSAGE_BYTES).map_err(IpcError::or_ended);
        answer.map_err(AskError::NotAnswered)
    }

    fn sent(&mut self, request: &[u8]) -> Result<UnixStream, IpcError> {
        if let Some(connection) = self.connected.take() {
            match connection.send(request) {
                // The agent hangs up on whoever says nothing for long: a person was asked something meanwhile.
                Err(error) if error.is_end() => {}
                outcome => return outcome,
            }
        }
        let connection = Connection::open(&self.place)?;
        connection.send(request).map_err(IpcError::or_no_agent)
    }

    /// Ends the agent that listens here, whatever its version, and waits until it has ended.
    pub(crate) fn lock(place: &Place) -> Result<(), IpcError> {
        let mut stream = Connection::open(place)?.stream;
        greet(&mut stream, Purpose::Lock).map_err(IpcError::or_no_agent)?;
        // The system closes it when the process is gone.
        match stream.read(&mut [0]) {
            Ok(0) => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::ConnectionReset => Ok(()),
            Ok(_) => Err(IpcError::Nonsense),
            Err(error) => Err(IpcError::io("end")(error)),
        }
    }
}

/// A connection to a process of this user.
#[derive(Debug)]
struct Connection {
    stream: UnixStream,
    /// Whether both have said hello.
    met: bool,
}

impl Connection {
    fn open(place: &Place) -> Result<Self, IpcError> {
        place.check()?;
        let path = place.socket();
        let stream = UnixStream::connect(&path).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused => IpcError::NoAgent,
            _ => IpcError::io("reach")(error),
        })?;
        for set in [UnixStream::set_read_timeout, UnixStream::set_write_timeout] {
            set(&stream, Some(LONGEST)).map_err(IpcError::io("reach"))?;
        }
        let user = authr_sys::peer_user(&stream).map_err(IpcError::io("reach"))?;
        if user != rustix::process::geteuid().as_raw() {
            return Err(IpcError::OtherUser { path });
        }
        Ok(Self { stream, met: false })
    }

    fn meet(&mut self) -> Result<(), IpcError> {
        greet(&mut self.stream, Purpose::Ask).map_err(IpcError::or_no_agent)?;
        self.met = true;
        Ok(())
    }

    /// Sends a request. An error means that nothing was changed but, it may be, a counter: an agent says hello before any other change,
    /// and hears no request of another version.
    fn send(mut self, request: &[u8]) -> Result<UnixStream, IpcError> {
        if self.met {
            send(&mut self.stream, request)?;
            return Ok(self.stream);
        }
        // In one write, not in two trips.
        let hello = Hello::of_this_program(Purpose::Ask);
        let written = hello.send_before(&mut self.stream, request);
        // One of another version hangs up at the hello, whether or not it took the rest.
        let theirs = Hello::receive(&mut self.stream)?;
        theirs.checked()?;
        written?;
        Ok(self.stream)
    }
}

/// Says hello, and hears it; for [`Purpose::Ask`] it must be of this version.
fn greet(stream: &mut UnixStream, purpose: Purpose) -> Result<(), IpcError> {
    Hello::of_this_program(purpose).send(stream)?;
    let theirs = Hello::receive(stream)?;
    match purpose {
        Purpose::Ask => theirs.checked(),
        Purpose::Lock => Ok(()),
    }
}

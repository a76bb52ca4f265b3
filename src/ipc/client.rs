//! A command's side of the socket.

use std::io::{self, Read};
use std::os::unix::net::UnixStream;
use std::time::Duration;

use zeroize::Zeroizing;

use super::error::{AskError, IpcError};
use super::frame::{MAX_MESSAGE_BYTES, receive, send};
use super::hello::{Hello, Purpose, VERSION};
use super::place::Place;

/// The longest wait for an answer: twice as long as one agent waits for the right to save.
const LONGEST: Duration = Duration::from_secs(20);

/// An agent that was found. Each request has a connection of its own; the first is the one by which it was found.
#[derive(Debug)]
pub(crate) struct Client {
    place: Place,
    connected: Option<UnixStream>,
}

impl Client {
    /// The agent that listens here, of this version and this user.
    pub(crate) fn find(place: Place) -> Result<Self, IpcError> {
        let connected = connect(&place, Purpose::Ask)?;
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
        // The agent hangs up on whoever says nothing for long: a person was asked something meanwhile.
        if let Some(mut stream) = self.connected.take()
            && send(&mut stream, request).is_ok()
        {
            return Ok(stream);
        }
        let mut stream = connect(&self.place, Purpose::Ask)?;
        send(&mut stream, request).map_err(IpcError::or_no_agent)?;
        Ok(stream)
    }

    /// Ends the agent that listens here, whatever its version, and waits until it has ended.
    pub(crate) fn lock(place: &Place) -> Result<(), IpcError> {
        let mut stream = connect(place, Purpose::Lock)?;
        // The system closes it when the process is gone.
        match stream.read(&mut [0]) {
            Ok(0) => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::ConnectionReset => Ok(()),
            Ok(_) => Err(IpcError::Nonsense),
            Err(error) => Err(IpcError::io("end")(error)),
        }
    }
}

fn connect(place: &Place, purpose: Purpose) -> Result<UnixStream, IpcError> {
    place.check()?;
    let path = place.socket();
    let mut stream = UnixStream::connect(&path).map_err(|error| match error.kind() {
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
    let theirs = Hello::of_this_program(purpose)
        .send(&mut stream)
        .and_then(|()| Hello::receive(&mut stream))
        .map_err(IpcError::or_no_agent)?;
    if theirs.version != VERSION && purpose == Purpose::Ask {
        return Err(IpcError::OtherVersion {
            theirs: theirs.version,
        });
    }
    Ok(stream)
}

//! A wire between a device and its server: it passes everything on, but for the one request that a test names.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// What becomes of a request.
#[derive(Debug, Clone)]
pub(super) enum Fault {
    /// It is lost on the way there.
    RequestLost,
    /// The server has it, and its answer is lost on the way back.
    AnswerLost,
    /// The answer is another than the server's.
    Answer(u16, String),
}

#[derive(Default)]
struct State {
    server: Option<SocketAddr>,
    /// Requests that begin so meet the fault, so often: a client asks once more where an answer is lost.
    fault: Option<(&'static str, Fault, usize)>,
}

/// The wire.
pub(super) struct Wire {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
}

impl Wire {
    pub(super) fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(Mutex::new(State::default()));
        let shared = Arc::clone(&state);
        std::thread::spawn(move || {
            for client in listener.incoming() {
                let shared = Arc::clone(&shared);
                std::thread::spawn(move || {
                    // A client that hangs up, or a server that is down, ends this connection and no test.
                    let _ = pass_on(client?, &shared);
                    Ok::<(), std::io::Error>(())
                });
            }
        });
        Self { address, state }
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(super) fn leads_to(&self, server: SocketAddr) {
        self.state.lock().unwrap().server = Some(server);
    }

    /// The next request that begins so (`POST /v1/list`) meets a fault.
    pub(super) fn next(&self, request: &'static str, fault: Fault) {
        let count = match fault {
            Fault::RequestLost | Fault::AnswerLost => 2,
            Fault::Answer(..) => 1,
        };
        self.state.lock().unwrap().fault = Some((request, fault, count));
    }

    /// Whether the fault has been met.
    pub(super) fn is_quiet(&self) -> bool {
        self.state.lock().unwrap().fault.is_none()
    }

    /// What the server answers to a request that a test does not sign: for answers to be changed.
    pub(super) fn cut(&self) {
        self.state.lock().unwrap().server = None;
    }
}

fn pass_on(mut client: TcpStream, state: &Mutex<State>) -> std::io::Result<()> {
    let (head, body) = read_request(&mut client)?;
    let (server, fault) = {
        let mut state = state.lock().unwrap();
        let mut met = None;
        if let Some((request, fault, count)) = &mut state.fault
            && head.starts_with(*request)
        {
            met = Some(fault.clone());
            *count -= 1;
            if *count == 0 {
                state.fault = None;
            }
        }
        (state.server, met)
    };
    match fault {
        Some(Fault::RequestLost) => return Ok(()),
        Some(Fault::Answer(status, body)) => {
            let length = body.len();
            let answer = format!(
                "HTTP/1.1 {status} Changed\r\nContent-Type: application/json\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
            );
            return client.write_all(answer.as_bytes());
        }
        Some(Fault::AnswerLost) | None => {}
    }
    let Some(server) = server else {
        return Ok(());
    };
    let mut server = TcpStream::connect(server)?;
    let head = head.replacen("\r\n", "\r\nConnection: close\r\n", 1);
    server.write_all(head.as_bytes())?;
    server.write_all(&body)?;
    let mut answer = Vec::new();
    server.read_to_end(&mut answer)?;
    match fault {
        Some(_) => Ok(()),
        None => client.write_all(&answer),
    }
}

fn read_request(client: &mut TcpStream) -> std::io::Result<(String, Vec<u8>)> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        client.read_exact(&mut byte)?;
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).unwrap();
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        let is_length = name.eq_ignore_ascii_case("content-length");
        is_length.then(|| value.trim().parse::<usize>().unwrap())
    });
    let mut body = vec![0; length.unwrap_or(0)];
    client.read_exact(&mut body)?;
    Ok((head, body))
}

//! What stands between a device and its server: it keeps a copy of every byte, and may change what the server answers.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use super::*;

/// What is made of an answer: path and query of the request, and the answer's body.
type Rewrite = Box<dyn Fn(&str, Vec<u8>) -> Vec<u8> + Send + Sync>;

/// Passes requests on to the server.
pub(crate) struct Proxy {
    url: String,
    state: Arc<State>,
}

struct State {
    to: SocketAddr,
    seen: Mutex<Vec<u8>>,
    rewrite: Mutex<Option<Rewrite>>,
    /// The end of a path, and how many of its answers are lost.
    lose: Mutex<(&'static str, usize)>,
}

impl Proxy {
    /// A proxy, and the server behind it, which the world knows by the proxy's address.
    pub(crate) fn start() -> (Self, TestServer) {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let server = TestServer::with_settings(&format!("public_url = \"{url}\"\n{EAGER}"));
        let state = Arc::new(State {
            to: server.address(),
            seen: Mutex::default(),
            rewrite: Mutex::default(),
            lose: Mutex::default(),
        });
        let shared = Arc::clone(&state);
        std::thread::spawn(move || {
            for client in listener.incoming() {
                let (client, state) = (client.expect("a connection"), Arc::clone(&shared));
                std::thread::spawn(move || state.pass_on(client));
            }
        });
        (Self { url, state }, server)
    }

    pub(crate) fn url(&self) -> String {
        self.url.clone()
    }

    /// Every byte so far, of both directions.
    pub(crate) fn seen(&self) -> Vec<u8> {
        self.state.seen.lock().expect("no panic").clone()
    }

    /// Loses the next answers to a path: the server does what it is asked for, and nobody hears of it.
    pub(crate) fn lose(&self, path: &'static str, count: usize) {
        *self.state.lose.lock().expect("no panic") = (path, count);
    }

    /// Changes answers from now on.
    pub(crate) fn rewrite(
        &self,
        rewrite: impl Fn(&str, Vec<u8>) -> Vec<u8> + Send + Sync + 'static,
    ) {
        *self.state.rewrite.lock().expect("no panic") = Some(Box::new(rewrite));
    }

    /// Changes answers that are JSON, of one path.
    pub(crate) fn rewrite_json(
        &self,
        path: &'static str,
        change: impl Fn(&mut serde_json::Value) + Send + Sync + 'static,
    ) {
        self.rewrite(move |asked, body| {
            if !asked.split('?').next().unwrap_or_default().ends_with(path) {
                return body;
            }
            let mut json = serde_json::from_slice(&body).expect("JSON");
            change(&mut json);
            serde_json::to_vec(&json).expect("JSON")
        });
    }
}

impl State {
    /// One request, one answer, and the connection is over.
    fn pass_on(&self, mut client: TcpStream) {
        let Some((head, body)) = read(&client) else {
            return;
        };
        let mut server = TcpStream::connect(self.to).expect("the server");
        let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
        let head = head.replacen("\r\n", "\r\nconnection: close\r\n", 1);
        self.keep(&[head.as_bytes(), &body]);
        server
            .write_all(head.as_bytes())
            .and_then(|()| server.write_all(&body))
            .expect("sent");
        let (head, mut body) = read(&server).expect("an answer");
        if self.loses(&path) {
            return;
        }
        if let Some(rewrite) = &*self.rewrite.lock().expect("no panic") {
            body = rewrite(&path, body);
        }
        let status = head.lines().next().unwrap_or_default();
        let head = format!(
            "{status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
            body.len()
        );
        self.keep(&[head.as_bytes(), &body]);
        // Whoever asked may have gone.
        let _ = client
            .write_all(head.as_bytes())
            .and_then(|()| client.write_all(&body));
    }

    fn loses(&self, path: &str) -> bool {
        let mut lose = self.lose.lock().expect("no panic");
        let loses = lose.1 > 0 && path.ends_with(lose.0);
        if loses {
            lose.1 -= 1;
        }
        loses
    }

    fn keep(&self, pieces: &[&[u8]]) {
        let mut seen = self.seen.lock().expect("no panic");
        pieces
            .iter()
            .for_each(|piece| seen.extend_from_slice(piece));
    }
}

/// Head and body of a message.
fn read(stream: &TcpStream) -> Option<(String, Vec<u8>)> {
    let mut reader = BufReader::new(stream);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head).ok()? == 0 {
            return None;
        }
    }
    let length = head
        .lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .map_or(0, |(_, length)| length.trim().parse().expect("a length"));
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some((head, body))
}

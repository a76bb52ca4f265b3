//! The real server, in this process: its own folder and database, a free port, messages in an outbox.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use authr_server::Server;
use authr_server::config::{Config, Settings};
use authr_server::listen::Listener;
use tempfile::TempDir;
use tokio::net::TcpSocket;
use tokio::sync::oneshot;

/// How long a message may take from its request to the outbox.
const PATIENCE: Duration = Duration::from_secs(20);

/// A server that serves until it is stopped or dropped.
pub struct TestServer {
    folder: TempDir,
    address: SocketAddr,
    _port: TcpSocket,
    running: Option<(oneshot::Sender<()>, JoinHandle<()>)>,
    settings: String,
}

impl TestServer {
    /// A server with the settings that a person gets who sets none.
    ///
    /// # Panics
    /// When it does not start.
    #[must_use]
    pub fn start() -> Self {
        Self::with_settings("")
    }

    /// A server with a settings file.
    ///
    /// # Panics
    /// When it does not start.
    #[must_use]
    pub fn with_settings(settings: &str) -> Self {
        let (port, address) = a_port_of_its_own().expect("a free port");
        let mut server = Self {
            folder: TempDir::new().expect("a folder"),
            address,
            _port: port,
            running: None,
            settings: settings.to_owned(),
        };
        server.start_again();
        server
    }

    /// Starts it where it was: the same folder, the same port.
    ///
    /// # Panics
    /// When it does not start.
    pub fn start_again(&mut self) {
        assert!(self.running.is_none(), "the server is running");
        fs::create_dir_all(self.data()).expect("a data folder");
        #[expect(
            clippy::disallowed_methods,
            reason = "a file that nobody reads before it is whole"
        )]
        fs::write(self.data().join("authr-server.toml"), &self.settings).expect("settings");
        let typed = Settings {
            listen: Some(self.address.to_string()),
            gateway: Some(format!("outbox:{}", self.outbox().display())),
            ..Settings::default()
        };
        let settings = typed.or(Settings::read(&self.data()).expect("settings that can be read"));
        let config = settings
            .complete(&self.data())
            .expect("settings that are whole");
        let (stop, stopped) = oneshot::channel();
        let (tell, told) = std::sync::mpsc::channel();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread()
                .worker_threads(2)
                .enable_all()
                .build()
                .expect("a runtime");
            runtime.block_on(async {
                let listener = bind(&config).await;
                let url = listener.url();
                let server = Server::open(config).await.expect("a server");
                tell.send(url).expect("somebody waits");
                let stopped = async {
                    // A server that was dropped is stopped too.
                    let _ = stopped.await;
                };
                authr_server::serve(listener, server, stopped).await;
            });
        });
        let url = told.recv_timeout(PATIENCE).expect("the server starts");
        assert_eq!(url, self.url());
        self.running = Some((stop, thread));
    }

    /// Stops it; what it keeps stays.
    ///
    /// # Panics
    /// When it fell over.
    pub fn stop(&mut self) {
        if let Some((stop, thread)) = self.running.take() {
            drop(stop);
            thread.join().expect("the server ends well");
        }
    }

    /// Stops it, and keeps its data folder for [`TestServer::start_on`].
    ///
    /// # Panics
    /// When it fell over, or the folder cannot be copied.
    #[must_use]
    pub fn keep(&mut self) -> TempDir {
        self.stop();
        let kept = TempDir::new().expect("a folder");
        copy(&self.data(), kept.path());
        kept
    }

    /// Starts it anew where it was, on data that was kept, and with an empty outbox: what happened since has not.
    ///
    /// # Panics
    /// When it does not end well, or does not start.
    pub fn start_on(&mut self, kept: &TempDir) {
        self.stop();
        for folder in [self.data(), self.outbox()] {
            if folder.exists() {
                fs::remove_dir_all(folder).expect("a folder of its own");
            }
        }
        fs::create_dir(self.data()).expect("a data folder");
        copy(kept.path(), &self.data());
        self.start_again();
    }

    /// Where it listens: `http://127.0.0.1:PORT`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The same as an address.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The folder of its database and root key.
    #[must_use]
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn outbox(&self) -> PathBuf {
        self.folder.path().join("outbox")
    }

    /// Runs `authr-server` with these words and this server's data; what it printed.
    ///
    /// # Panics
    /// When the command fails.
    pub fn admin(&self, words: &[&str]) -> String {
        let mut line = vec!["authr-server".into()];
        line.extend(words.iter().map(Into::into));
        line.extend(["--data".into(), self.data().into_os_string()]);
        let mut out = Vec::new();
        let code = authr_server::cli::run(line.into_iter(), &mut out);
        let out = String::from_utf8(out).expect("text");
        assert_eq!(
            format!("{code:?}"),
            format!("{:?}", std::process::ExitCode::SUCCESS),
            "{words:?}: {out}"
        );
        out
    }

    /// Makes an application; its API key.
    ///
    /// # Panics
    /// When that fails.
    #[must_use]
    pub fn application(&self, name: &str) -> String {
        let json = self.admin(&["app", "create", name, "--json"]);
        let (_, key) = json.split_once("\"api_key\":\"").expect("an API key");
        key.chars().take_while(|c| *c != '"').collect()
    }

    /// The digits of the newest message to a number, once there are `count` messages to it.
    ///
    /// # Panics
    /// When they do not come.
    #[must_use]
    pub fn code_of_message(&self, phone: &str, count: usize) -> String {
        let until = Instant::now() + PATIENCE;
        loop {
            let messages = self.messages(phone);
            if messages.len() >= count
                && let Some(newest) = messages.last()
            {
                return first_long_number(newest);
            }
            assert!(
                Instant::now() < until,
                "no message to {phone}: {messages:?}"
            );
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// The bodies of the messages to a number, oldest first.
    ///
    /// # Panics
    /// When the outbox cannot be read.
    #[must_use]
    pub fn messages(&self, phone: &str) -> Vec<String> {
        let Ok(folder) = fs::read_dir(self.outbox()) else {
            return Vec::new();
        };
        let mut messages: Vec<(std::time::SystemTime, String)> = folder
            .filter_map(|entry| message(&entry.expect("an entry").path(), phone))
            .collect();
        messages.sort();
        messages.into_iter().map(|(_, body)| body).collect()
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        if let Some((stop, thread)) = self.running.take() {
            drop(stop);
            // A test that failed has said why already.
            let _ = thread.join();
        }
    }
}

/// Takes a port, and keeps it also while no server listens there: the system gives it to no connection, which would be in the
/// way of the next start. Whoever connects meanwhile is refused.
fn a_port_of_its_own() -> std::io::Result<(TcpSocket, SocketAddr)> {
    let socket = TcpSocket::new_v4()?;
    socket.set_reuseaddr(true)?;
    socket.bind(SocketAddr::from(([127, 0, 0, 1], 0)))?;
    let address = socket.local_addr()?;
    Ok((socket, address))
}

/// Listens where the server did before. A process that another thread starts at that moment has the old listener too, until it becomes
/// the program that it is to be.
async fn bind(config: &Config) -> Listener {
    let until = Instant::now() + PATIENCE / 2;
    loop {
        match Listener::bind(config).await {
            Err(_) if Instant::now() < until => {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            listener => return listener.expect("a free port"),
        }
    }
}

/// Copies the files of a folder.
fn copy(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).expect("a folder") {
        let entry = entry.expect("an entry");
        fs::copy(entry.path(), to.join(entry.file_name())).expect("a copy");
    }
}

fn message(path: &Path, phone: &str) -> Option<(std::time::SystemTime, String)> {
    let name = path.file_name()?.to_str()?;
    if name.starts_with('.') || !name.ends_with(".json") {
        return None;
    }
    let text = fs::read_to_string(path).expect("a message is whole");
    let message: serde_json::Value = serde_json::from_str(&text).expect("a message is JSON");
    if message["to"] != phone {
        return None;
    }
    let written = fs::metadata(path).and_then(|about| about.modified());
    Some((
        written.expect("a time"),
        message["body"].as_str()?.to_owned(),
    ))
}

/// The first run of five or more digits.
fn first_long_number(text: &str) -> String {
    text.split(|c: char| !c.is_ascii_digit())
        .find(|run| run.len() >= 5)
        .unwrap_or_else(|| panic!("a code in {text}"))
        .to_owned()
}

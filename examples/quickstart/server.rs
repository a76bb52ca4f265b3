//! The server, as a process of its own: this same program, run as `authr-server`.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::Step;
use super::machine::Folder;

/// Two registrations of one number within a minute are this example's, not a person's.
const SETTINGS: &str = "[messages.registration]\ngap_seconds = 0\nan_hour = 5\na_day = 10\nkept_for_new_networks = 2\n";
/// How long a message may take from its request to the outbox.
const PATIENCE: Duration = Duration::from_secs(20);

/// A server that runs until it is dropped.
pub(crate) struct Server {
    process: Child,
    url: String,
    data: PathBuf,
    outbox: PathBuf,
}

/// A message as the gateway hands it on.
pub(crate) struct Message {
    pub(crate) to: String,
    pub(crate) body: String,
    pub(crate) code: String,
}

impl Server {
    pub(crate) fn start(folder: &Folder) -> Step<Self> {
        let data = folder.path().join("server");
        let outbox = folder.path().join("outbox");
        std::fs::create_dir(&data).map_err(|error| error.to_string())?;
        #[expect(
            clippy::disallowed_methods,
            reason = "a file that nobody reads before it is whole"
        )]
        std::fs::write(data.join("authr-server.toml"), SETTINGS)
            .map_err(|error| error.to_string())?;
        let program = std::env::current_exe().map_err(|error| error.to_string())?;
        println!("$ authr-server serve --data server --listen 127.0.0.1:0 --gateway outbox:outbox");
        let mut process = Command::new(program)
            .args(["authr-server", "serve", "--listen", "127.0.0.1:0", "--data"])
            .arg(&data)
            .arg("--gateway")
            .arg(format!("outbox:{}", outbox.display()))
            .stdin(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| format!("cannot start the server: {error}"))?;
        let stderr = process.stderr.take().ok_or("the server has no stderr")?;
        let mut lines = BufReader::new(stderr).lines();
        let mut url = None;
        for line in lines.by_ref() {
            let line = line.map_err(|error| error.to_string())?;
            println!("{line}");
            if let Some(address) = line.strip_prefix("listening on ") {
                url = Some(address.to_owned());
                break;
            }
        }
        // Whatever it says later is read, so that it never waits for a reader.
        std::thread::spawn(move || for _ in lines {});
        let url = url.ok_or("the server ended before it served")?;
        Ok(Self {
            process,
            url,
            data,
            outbox,
        })
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Runs `authr-server` with these words on this server's data, while it serves; what it printed.
    pub(crate) fn admin(&self, words: &[&str]) -> Step<String> {
        println!("$ authr-server {} --data server", words.join(" "));
        let program = std::env::current_exe().map_err(|error| error.to_string())?;
        let ran = Command::new(program)
            .arg("authr-server")
            .args(words)
            .arg("--data")
            .arg(&self.data)
            .output()
            .map_err(|error| error.to_string())?;
        let out = String::from_utf8(ran.stdout).map_err(|error| error.to_string())?;
        if ran.status.success() {
            print!("{out}");
            Ok(out)
        } else {
            Err(String::from_utf8_lossy(&ran.stderr).into_owned())
        }
    }

    /// The newest message, once there are so many.
    pub(crate) fn message(&self, count: usize) -> Step<Message> {
        let until = Instant::now() + PATIENCE;
        loop {
            let mut messages = self.messages()?;
            if messages.len() >= count
                && let Some(newest) = messages.pop()
            {
                return Ok(newest);
            }
            if Instant::now() > until {
                return Err("the message does not come".to_owned());
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Every message so far, oldest first.
    pub(crate) fn messages(&self) -> Step<Vec<Message>> {
        let mut found = Vec::new();
        let Ok(folder) = std::fs::read_dir(&self.outbox) else {
            return Ok(Vec::new());
        };
        for entry in folder {
            let path = entry.map_err(|error| error.to_string())?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if name.starts_with('.') {
                continue;
            }
            let text = std::fs::read_to_string(&path).map_err(|error| error.to_string())?;
            let json: serde_json::Value =
                serde_json::from_str(&text).map_err(|error| error.to_string())?;
            let text = |name: &str| json[name].as_str().unwrap_or_default().to_owned();
            let written = std::fs::metadata(&path).and_then(|about| about.modified());
            let body = text("body");
            let code = body
                .split(|c: char| !c.is_ascii_digit())
                .find(|digits| digits.len() >= 5)
                .unwrap_or_default()
                .to_owned();
            let to = text("to");
            found.push((
                written.map_err(|error| error.to_string())?,
                Message { to, body, code },
            ));
        }
        found.sort_by_key(|(written, _)| *written);
        Ok(found.into_iter().map(|(_, message)| message).collect())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It is being ended in any case.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

//! The session of a desktop: a D-Bus and a keyring that nobody else has.

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use crate::home::Home;

/// A bus of its own; whoever asks it for a keyring has it start one.
const CONFIGURATION: &str = r#"<busconfig>
<type>session</type>
<listen>unix:path=$FOLDER/bus</listen>
<servicedir>$FOLDER/services</servicedir>
<policy context="default">
<allow send_destination="*" eavesdrop="true"/>
<allow eavesdrop="true"/>
<allow own="*"/>
</policy>
</busconfig>
"#;

/// Unlocked from the beginning, as a desktop's is once its person has signed in. It ends with the bus.
const KEYRING: &str = r#"[D-BUS Service]
Name=org.freedesktop.secrets
Exec=/bin/sh -c "printf keyring-password | exec gnome-keyring-daemon --unlock --components=secrets --foreground"
"#;

/// A session that ends with the test.
#[derive(Debug)]
pub struct Desktop {
    folder: Home,
    bus: Child,
}

impl Desktop {
    /// One with a keyring that is unlocked.
    ///
    /// # Panics
    /// Where dbus-daemon cannot be started.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "it starts programs")]
    pub fn new() -> Self {
        Self::with_services(&[("org.freedesktop.secrets.service", KEYRING)])
    }

    /// One without a keyring.
    ///
    /// # Panics
    /// Where dbus-daemon cannot be started.
    #[must_use]
    pub fn without_keyring() -> Self {
        Self::with_services(&[])
    }

    fn with_services(services: &[(&str, &str)]) -> Self {
        let folder = Home::new();
        let path = folder.path().to_str().expect("a path in ASCII");
        let configuration = CONFIGURATION.replace("$FOLDER", path);
        let configuration = folder.file("bus.conf", configuration);
        fs::create_dir(folder.path().join("services")).expect("a folder");
        for (name, content) in services {
            folder.file(&format!("services/{name}"), content);
        }
        let mut bus = Command::new("dbus-daemon")
            .arg("--config-file")
            .arg(configuration)
            .args(["--nofork", "--print-address"])
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("HOME", folder.path())
            .env("XDG_RUNTIME_DIR", folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("dbus-daemon is installed");
        // It says its address once it listens.
        let mut address = String::new();
        let stdout = bus.stdout.take().expect("because it is piped");
        let said = BufReader::new(stdout).read_line(&mut address);
        said.expect("an address");
        Self { folder, bus }
    }

    /// What `DBUS_SESSION_BUS_ADDRESS` is in it.
    #[must_use]
    pub fn address(&self) -> String {
        format!("unix:path={}", self.folder.path().join("bus").display())
    }

    /// How many entries its keyring keeps for authr.
    ///
    /// # Panics
    /// Where the keyring does not say.
    #[must_use]
    pub fn entries(&self) -> usize {
        let search = "org.freedesktop.Secret.Service.SearchItems";
        let found = self
            .folder
            .program("dbus-send")
            .env("DBUS_SESSION_BUS_ADDRESS", self.address())
            .args(["--print-reply", "--dest=org.freedesktop.secrets"])
            .args(["/org/freedesktop/secrets", search])
            .arg("dict:string:string:service,authr")
            .run()
            .succeeded();
        found.matches("object path").count()
    }
}

impl Drop for Desktop {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.bus.kill();
        let _ = self.bus.wait();
    }
}

//! Settings: what the command line says, then DIR/authr-server.toml, then what stands here.

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use authr_api::signature::authority;
use serde::Deserialize;

use crate::domain::throttle::MessageLimits;

/// The settings file in the data folder.
pub const FILE: &str = "authr-server.toml";
/// The longest settings file.
const MAX_FILE_BYTES: u64 = 1024 * 1024;

/// Everything that is set.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where the database lies.
    pub data: PathBuf,
    /// Where the server listens.
    pub listen: Listen,
    /// What carries messages.
    pub gateway: GatewayChoice,
    /// The address that devices use, where it is not the bound one.
    pub public_url: Option<String>,
    /// The root key file.
    pub root_key: PathBuf,
    /// Certificate and key, where the server speaks TLS itself.
    pub tls: Option<TlsFiles>,
    /// Who may speak plain HTTP from elsewhere, and say whom for.
    pub trusted_proxies: Vec<Network>,
    /// Limits on requests.
    pub limits: Limits,
    /// Limits on messages.
    pub messages: MessageLimits,
}

/// A certificate chain and its key, as PEM files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsFiles {
    /// The chain, the server's own certificate first.
    pub cert: PathBuf,
    /// Its key.
    pub key: PathBuf,
}

/// Limits on requests. One beyond is refused.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Bytes of a body, of a site with a known key.
    pub body_bytes: usize,
    /// Bytes of all long bodies that are held at a time, long being over 128 KiB.
    pub buffered_bytes: usize,
    /// Bytes of all headers together.
    pub header_bytes: usize,
    /// Bytes of path and query.
    pub url_bytes: usize,
    /// Levels of JSON.
    pub json_depth: usize,
    /// Requests being answered at a time.
    pub in_flight: usize,
    /// Connections at a time; further ones wait to be accepted.
    pub connections: usize,
    /// Seconds for the head of a request, once it began, and for a TLS handshake.
    pub header_seconds: u64,
    /// Seconds for the body of a request, and for a client that does not take its answer.
    pub body_seconds: u64,
    /// Seconds that a connection may be silent between requests.
    pub idle_seconds: u64,
    /// Hours that a removed user's status is still answered.
    pub removed_status_hours: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body_bytes: 1024 * 1024,
            buffered_bytes: 64 * 1024 * 1024,
            header_bytes: 16 * 1024,
            url_bytes: 2 * 1024,
            json_depth: 32,
            in_flight: 1024,
            connections: 4096,
            header_seconds: 5,
            body_seconds: 10,
            idle_seconds: 75,
            removed_status_hours: 24,
        }
    }
}

/// Where the server listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Listen {
    /// An address and a port; port 0 is any free one.
    Tcp(SocketAddr),
    /// A socket file.
    Unix(PathBuf),
}

/// What carries messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GatewayChoice {
    /// Standard error.
    Console,
    /// A folder.
    Outbox(PathBuf),
}

/// A text that is none of what a setting may be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not {expected}")]
pub struct BadSetting {
    text: String,
    expected: &'static str,
}

fn bad(text: &str, expected: &'static str) -> BadSetting {
    BadSetting {
        text: text.to_owned(),
        expected,
    }
}

impl FromStr for Listen {
    type Err = BadSetting;

    fn from_str(text: &str) -> Result<Self, BadSetting> {
        let expected = "an address with a port (127.0.0.1:8444) or unix:PATH";
        match text.strip_prefix("unix:") {
            Some("") => Err(bad(text, expected)),
            Some(path) => Ok(Self::Unix(path.into())),
            None => text.parse().map(Self::Tcp).map_err(|_| bad(text, expected)),
        }
    }
}

impl FromStr for GatewayChoice {
    type Err = BadSetting;

    fn from_str(text: &str) -> Result<Self, BadSetting> {
        match (text, text.strip_prefix("outbox:")) {
            ("console", _) => Ok(Self::Console),
            (_, Some(folder)) if !folder.is_empty() => Ok(Self::Outbox(folder.into())),
            _ => Err(bad(text, "a gateway (console or outbox:DIR)")),
        }
    }
}

/// A network: an address and how many of its bits count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    bits: u32,
}

impl FromStr for Network {
    type Err = BadSetting;

    fn from_str(text: &str) -> Result<Self, BadSetting> {
        let error = || bad(text, "a network (10.0.0.0/8)");
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| error())?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let bits = match bits {
            Some(bits) => bits.parse().map_err(|_| error())?,
            None => most,
        };
        if bits > most {
            return Err(error());
        }
        Ok(Self { address, bits })
    }
}

impl Network {
    /// Whether an address is of this network. An IPv4 address in IPv6 clothes is what it is.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        let same = |one: u128, other: u128, width: u32| {
            let shift = width - self.bits;
            one.checked_shr(shift).unwrap_or(0) == other.checked_shr(shift).unwrap_or(0)
        };
        match (self.address.to_canonical(), address.to_canonical()) {
            (IpAddr::V4(one), IpAddr::V4(other)) => {
                same(u128::from(u32::from(one)), u128::from(u32::from(other)), 32)
            }
            (IpAddr::V6(one), IpAddr::V6(other)) => same(one.into(), other.into(), 128),
            _ => false,
        }
    }
}

/// What the command line or the file says; either may leave a thing out.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// `ADDR:PORT` or `unix:PATH`.
    pub listen: Option<String>,
    /// `console` or `outbox:DIR`.
    pub gateway: Option<String>,
    /// The address that devices use.
    pub public_url: Option<String>,
    /// The root key file.
    pub root_key: Option<PathBuf>,
    /// The certificate chain.
    pub tls_cert: Option<PathBuf>,
    /// Its key.
    pub tls_key: Option<PathBuf>,
    /// Networks that may speak plain HTTP from elsewhere.
    pub trusted_proxy: Vec<String>,
    /// Limits on requests.
    pub limits: Limits,
    /// Limits on messages.
    pub messages: MessageLimits,
}

/// Why the settings cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read {path}")]
    Read {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file says something that is none of the settings.
    #[error("{path}: {message}")]
    File {
        /// Which file.
        path: PathBuf,
        /// What, and where.
        message: String,
    },
    /// A setting that has no default.
    #[error("{0} is not set: pass {1}, or write it to authr-server.toml")]
    Missing(&'static str, &'static str),
    /// A setting with a value that it cannot have.
    #[error("{name}: {source}")]
    Value {
        /// Which.
        name: &'static str,
        /// Why.
        source: BadSetting,
    },
    /// A certificate without its key, or the other way round.
    #[error("tls_cert and tls_key go together")]
    HalfTls,
}

impl Settings {
    /// Reads the file of a data folder; none is no settings.
    ///
    /// # Errors
    /// [`ConfigError`].
    pub fn read(data: &Path) -> Result<Self, ConfigError> {
        let path = data.join(FILE);
        let read = || -> std::io::Result<String> {
            let file = std::fs::File::open(&path)?;
            std::io::read_to_string(std::io::Read::take(file, MAX_FILE_BYTES))
        };
        match read() {
            Ok(text) => toml::from_str(&text).map_err(|error| ConfigError::File {
                path,
                message: error.to_string(),
            }),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Self::default()),
            Err(source) => Err(ConfigError::Read { path, source }),
        }
    }

    /// These settings, and where one is not set, that of `other`; limits are the other's.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            listen: self.listen.or(other.listen),
            gateway: self.gateway.or(other.gateway),
            public_url: self.public_url.or(other.public_url),
            root_key: self.root_key.or(other.root_key),
            tls_cert: self.tls_cert.or(other.tls_cert),
            tls_key: self.tls_key.or(other.tls_key),
            trusted_proxy: if self.trusted_proxy.is_empty() {
                other.trusted_proxy
            } else {
                self.trusted_proxy
            },
            limits: other.limits,
            messages: other.messages,
        }
    }

    /// All that a server needs.
    ///
    /// # Errors
    /// [`ConfigError`].
    pub fn complete(self, data: &Path) -> Result<Config, ConfigError> {
        fn parsed<T: FromStr<Err = BadSetting>>(
            name: &'static str,
            text: &str,
        ) -> Result<T, ConfigError> {
            text.parse()
                .map_err(|source| ConfigError::Value { name, source })
        }
        let listen = self
            .listen
            .ok_or(ConfigError::Missing("listen", "--listen ADDR:PORT"))?;
        let gateway = self.gateway.ok_or(ConfigError::Missing(
            "gateway",
            "--gateway console|outbox:DIR",
        ))?;
        let listen = parsed("listen", &listen)?;
        let public_url = self.public_url.map(public_url).transpose()?;
        if matches!(listen, Listen::Unix(_)) && public_url.is_none() {
            return Err(ConfigError::Missing("public_url", "--public-url URL"));
        }
        Ok(Config {
            data: data.to_path_buf(),
            listen,
            gateway: parsed("gateway", &gateway)?,
            public_url,
            root_key: self.root_key.unwrap_or_else(|| data.join("root.key")),
            tls: match (self.tls_cert, self.tls_key) {
                (Some(cert), Some(key)) => Some(TlsFiles { cert, key }),
                (None, None) => None,
                _ => return Err(ConfigError::HalfTls),
            },
            trusted_proxies: self
                .trusted_proxy
                .iter()
                .map(|text| parsed("trusted_proxy", text))
                .collect::<Result<_, _>>()?,
            limits: self.limits,
            messages: self.messages,
        })
    }
}

/// Devices sign the host of this address, and paths that begin at its root.
fn public_url(url: String) -> Result<String, ConfigError> {
    let plain = url.trim_end_matches('/');
    let host = plain.split_once("://").map(|(_, host)| host);
    let known =
        authority(&url).is_some() && host.is_some_and(|host| !host.contains(['/', '?', '#']));
    if known {
        return Ok(url);
    }
    Err(ConfigError::Value {
        name: "public_url",
        source: bad(&url, "an address without a path (https://auth.example)"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[expect(clippy::disallowed_methods, reason = "a test's own file")]
    fn file(text: &str) -> Result<Settings, ConfigError> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(FILE), text).unwrap();
        Settings::read(folder.path())
    }

    #[test]
    fn an_unknown_key_is_an_error_that_names_it() {
        for (text, key) in [
            ("listn = \"127.0.0.1:1\"", "listn"),
            ("[limits]\nbody = 1", "body"),
            (
                "[messages.token]\nan_hour = 1\na_day = 1\ngap_seconds = 0\nkept_for_new_networks = 0\na_week = 1",
                "a_week",
            ),
        ] {
            let message = file(text).unwrap_err().to_string();
            assert!(
                message.contains(&format!("unknown field `{key}`")),
                "{message}"
            );
        }
    }

    #[test]
    fn the_command_line_goes_before_the_file_and_limits_come_from_it() {
        let from_file = file("listen = \"127.0.0.1:1\"\ngateway = \"console\"\n[limits]\nbody_bytes = 7\n[messages]\nprefix_an_hour = 9").unwrap();
        let typed = Settings {
            listen: Some("unix:/run/authr".into()),
            public_url: Some("https://auth.example".into()),
            ..Settings::default()
        };
        let config = typed.or(from_file).complete(Path::new("/data")).unwrap();
        assert_eq!(config.listen, Listen::Unix("/run/authr".into()));
        assert_eq!(config.gateway, GatewayChoice::Console);
        assert_eq!(config.limits.body_bytes, 7);
        assert_eq!(config.limits.url_bytes, 2048);
        assert_eq!(config.messages.prefix_an_hour, 9);
        assert_eq!(config.root_key, Path::new("/data/root.key"));
    }

    #[test]
    fn what_is_not_set_or_half_set_is_refused() {
        let data = Path::new("/data");
        let settings = || Settings {
            listen: Some("127.0.0.1:0".into()),
            gateway: Some("outbox:/out".into()),
            ..Settings::default()
        };
        assert!(settings().complete(data).is_ok());
        for broken in [
            Settings {
                listen: None,
                ..settings()
            },
            Settings {
                gateway: None,
                ..settings()
            },
            Settings {
                gateway: Some("smoke".into()),
                ..settings()
            },
            Settings {
                gateway: Some("outbox:".into()),
                ..settings()
            },
            Settings {
                listen: Some("8444".into()),
                ..settings()
            },
            Settings {
                listen: Some("unix:".into()),
                ..settings()
            },
            Settings {
                listen: Some("unix:/run/authr".into()),
                ..settings()
            },
            Settings {
                public_url: Some("auth.example".into()),
                ..settings()
            },
            Settings {
                public_url: Some("https://auth.example/authr".into()),
                ..settings()
            },
            Settings {
                tls_cert: Some("cert".into()),
                ..settings()
            },
            Settings {
                trusted_proxy: vec!["10.0.0.0/33".into()],
                ..settings()
            },
        ] {
            assert!(broken.clone().complete(data).is_err(), "{broken:?}");
        }
    }

    #[test]
    fn a_network_ends_where_its_bits_end() {
        let network: Network = "10.1.0.0/16".parse().unwrap();
        assert!(network.contains("10.1.255.255".parse().unwrap()));
        assert!(network.contains("::ffff:10.1.0.1".parse().unwrap()));
        assert!(!network.contains("10.2.0.0".parse().unwrap()));
        assert!(!network.contains("::1".parse().unwrap()));
        let all: Network = "0.0.0.0/0".parse().unwrap();
        assert!(all.contains("203.0.113.9".parse().unwrap()));
        let one: Network = "fd00::1".parse().unwrap();
        assert!(one.contains("fd00::1".parse().unwrap()));
        assert!(!one.contains("fd00::2".parse().unwrap()));
        let every: Network = "::/0".parse().unwrap();
        assert!(every.contains("fd00::2".parse().unwrap()));
    }
}

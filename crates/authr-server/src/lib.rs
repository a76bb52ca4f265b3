//! The server of authr: the API that sites call, and what devices need of it.
//!
//! - [`serve()`]: the whole server is one function of a listener, a [`Server`] and a shutdown
//! - [`router`]: the one table of routes
//! - [`site`]: the site API; nothing but glue
//! - `device`: the device API
//! - [`domain`]: the rules, without HTTP and SQL
//! - [`storage`]: verbs of the domain, and SQLite behind them
//! - [`keys`]: the root key ring; what is personal is encrypted or indexed under it
//! - [`gateway`]: how messages leave
//! - [`cli`]: the command line

use std::os::unix::fs::DirBuilderExt;
use std::path::PathBuf;
use std::sync::Arc;

use authr_api::signature::authority;
use authr_crypto::random::{OsRandom, Random};
use tokio::sync::{Notify, Semaphore};

mod admin;
mod body;
pub mod cli;
pub mod clock;
pub mod config;
mod device;
pub mod domain;
mod edge;
pub mod error;
pub mod gateway;
pub mod keys;
pub mod listen;
mod log;
pub mod router;
pub mod serve;
pub mod site;
pub mod storage;
pub mod token;

#[cfg(test)]
mod tests;

pub use serve::serve;

use clock::{Clock, SystemClock};
use config::{Config, GatewayChoice, Listen};
use domain::Fault;
use domain::identity::Identity;
use gateway::{Console, Gateway, Outbox};
use keys::{KeyError, KeyRing, RootKeyFileError};
use storage::sqlite::Sqlite;
use storage::{Storage, StorageError};

/// A server that is ready to serve: what its requests work with.
pub struct Server {
    /// What is set.
    pub config: Config,
    /// What is kept.
    pub storage: Arc<dyn Storage>,
    /// What it is encrypted under.
    pub keys: KeyRing,
    /// Who it is.
    pub identity: Identity,
    /// What carries messages.
    pub gateway: Arc<dyn Gateway>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub random: Arc<dyn Random>,
    /// Host and port that devices know it by, as they sign them.
    authority: String,
    in_flight: Semaphore,
    /// For long bodies, in bytes.
    body_room: Arc<Semaphore>,
    sender: Notify,
}

/// Why a server cannot start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The data folder cannot be made.
    #[error("cannot make {path}")]
    Folder {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The root key file cannot be used.
    #[error(transparent)]
    RootKeyFile(#[from] RootKeyFileError),
    /// The database was made with another root key.
    #[error("{path} is not the root key of this database")]
    RootKey {
        /// The root key file.
        path: PathBuf,
        /// Why.
        source: KeyError,
    },
    /// The database cannot be opened.
    #[error("cannot open {path}")]
    Database {
        /// Which.
        path: PathBuf,
        /// Why.
        source: StorageError,
    },
    /// The server's own key cannot be had.
    #[error("cannot read the server's key")]
    Identity(#[from] Fault),
}

impl Server {
    /// Opens what is kept and carries messages as the settings say, on the machine's clock and randomness.
    ///
    /// # Errors
    /// [`StartError`].
    pub async fn open(config: Config) -> Result<Self, StartError> {
        let (storage, keys) = open_data(&config.data, &config.root_key).await?;
        let identity = Identity::of(storage.as_ref(), &keys, &OsRandom).await?;
        let gateway: Arc<dyn Gateway> = match &config.gateway {
            GatewayChoice::Console => Arc::new(Console),
            GatewayChoice::Outbox(folder) => {
                let outbox = Outbox::open(folder).map_err(|source| StartError::Folder {
                    path: folder.clone(),
                    source,
                })?;
                Arc::new(outbox)
            }
        };
        domain::phone::load_plans();
        Ok(Self::new(
            config,
            storage,
            keys,
            identity,
            gateway,
            Arc::new(SystemClock),
        ))
    }

    /// Puts a server together of its parts.
    #[must_use]
    pub fn new(
        config: Config,
        storage: Arc<dyn Storage>,
        keys: KeyRing,
        identity: Identity,
        gateway: Arc<dyn Gateway>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let url = config.public_url.as_deref();
        let places = |most: usize| Semaphore::new(most.min(Semaphore::MAX_PERMITS));
        Self {
            authority: url.and_then(authority).unwrap_or_default(),
            in_flight: places(config.limits.in_flight),
            body_room: Arc::new(places(config.limits.buffered_bytes)),
            config,
            storage,
            keys,
            identity,
            gateway,
            clock,
            random: Arc::new(OsRandom),
            sender: Notify::new(),
        }
    }

    /// A server whose settings name no public address is known by the one that it listens on.
    pub(crate) fn listening_on(mut self, url: &str) -> Self {
        if self.config.public_url.is_none() {
            if let Listen::Tcp(address) = self.config.listen
                && address.ip().is_unspecified()
            {
                tracing::warn!("devices sign the server's address: set --public-url");
            }
            self.authority = authority(url).unwrap_or_default();
        }
        self
    }

    /// Tells the sender that a message is due.
    pub(crate) fn wake_sender(&self) {
        self.sender.notify_one();
    }

    /// Until [`Self::wake_sender`] was called.
    pub(crate) async fn sender_called(&self) {
        self.sender.notified().await;
    }
}

/// The database in a data folder, made and migrated where need be, and the ring that it was made with.
///
/// # Errors
/// [`StartError`].
pub async fn open_data(
    data: &std::path::Path,
    root_key: &std::path::Path,
) -> Result<(Arc<dyn Storage>, KeyRing), StartError> {
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(data)
        .map_err(|source| StartError::Folder {
            path: data.to_path_buf(),
            source,
        })?;
    let database = data.join("authr.db");
    let if_missing = if database.exists() {
        keys::IfMissing::Refuse
    } else {
        keys::IfMissing::Make
    };
    if if_missing == keys::IfMissing::Make && !root_key.exists() && root_key.starts_with(data) {
        tracing::warn!(
            path = %root_key.display(),
            "a new root key lies beside the database: a copy of the folder contains both"
        );
    }
    let ring = KeyRing::read_or_make(root_key, if_missing, &OsRandom)?;
    let fault = |source| StartError::Database {
        path: database.clone(),
        source,
    };
    let storage = Sqlite::open(&database).map_err(fault)?;
    let check = storage
        .fix_root_key(ring.check(&OsRandom))
        .await
        .map_err(fault)?;
    let ring = ring
        .fixed_to(&check)
        .map_err(|source| StartError::RootKey {
            path: root_key.to_path_buf(),
            source,
        })?;
    Ok((Arc::new(storage), ring))
}

//! Readers: connections of their own, beside the writer.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::Connection;

use super::{Answer, StorageError, connection};

/// Idle connections kept for the next query.
const KEPT: usize = 8;

pub(super) struct Readers {
    path: PathBuf,
    idle: Mutex<Vec<Connection>>,
}

/// A query panicked.
#[derive(Debug, thiserror::Error)]
#[error("the query stopped in the middle")]
struct Stopped;

impl Readers {
    pub(super) fn new(path: &Path) -> Self {
        Self {
            path: path.to_path_buf(),
            idle: Mutex::new(Vec::new()),
        }
    }

    /// Runs a query in one snapshot, on a thread that may block.
    pub(super) fn run<T: Send + 'static>(
        self: &Arc<Self>,
        query: impl FnOnce(&Connection) -> Result<T, StorageError> + Send + 'static,
    ) -> Answer<T> {
        let readers = Arc::clone(self);
        Box::pin(async move {
            tokio::task::spawn_blocking(move || readers.query(query))
                .await
                .unwrap_or_else(|_| Err(StorageError::Unavailable(Arc::new(Stopped))))
        })
    }

    fn query<T>(
        &self,
        query: impl FnOnce(&Connection) -> Result<T, StorageError>,
    ) -> Result<T, StorageError> {
        let idle = self.idle().pop();
        let connection = match idle {
            Some(connection) => connection,
            None => connection::open_reader(&self.path)?,
        };
        // One snapshot for all statements of the query; it only reads, so there is nothing to commit.
        let snapshot = connection.unchecked_transaction()?;
        let result = query(&snapshot);
        drop(snapshot);
        let mut idle = self.idle();
        if idle.len() < KEPT {
            idle.push(connection);
        }
        result
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Connection>> {
        // A poisoned list of connections is still a list of connections.
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

//! The one thread that writes.
//!
//! It takes what is waiting and commits it together: one flush to the disk serves everyone who waits. Each
//! operation stands in a savepoint of its own, so one that fails takes nothing with it; answers go out after
//! the commit. A caller that went away does not stop its operation. A disk that is full or broken ends the
//! transaction itself: then nothing of the batch was done, and no further operation of it runs.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rusqlite::Connection;

use super::{Answer, StorageError, connection};

/// The most operations that one commit carries.
const BATCH: usize = 256;
/// How often the log is folded into the file.
const CHECKPOINT_EVERY: Duration = Duration::from_secs(5);

/// Runs in the transaction, and gives what answers the caller once the transaction's fate is known.
type Job = Box<dyn FnOnce(&Connection) -> Reply + Send>;
type Reply = Box<dyn FnOnce(Result<(), StorageError>)>;

pub(super) struct Writer {
    jobs: Option<Sender<Job>>,
    thread: Option<JoinHandle<()>>,
}

/// The writer is gone, or an operation panicked.
#[derive(Debug, thiserror::Error)]
#[error("the writer stopped in the middle")]
struct Stopped;

/// SQLite ended the transaction under an operation: the disk is full, or broken.
#[derive(Debug, thiserror::Error)]
#[error("the database rolled back by itself")]
struct RolledBack;

impl Writer {
    pub(super) fn start(writer: Connection, path: &Path) -> Result<Self, StorageError> {
        let checkpointer = connection::open(path)?;
        let (jobs, waiting) = channel();
        let thread = std::thread::Builder::new()
            .name("sqlite-writer".into())
            .spawn(move || {
                std::thread::scope(|scope| {
                    let (stop, stopped) = channel::<()>();
                    scope.spawn(move || checkpoint_until(&checkpointer, &stopped));
                    write_until_closed(&writer, &waiting);
                    drop(stop);
                });
                // The last one out folds the log in, so that a stopped server leaves one file.
                drop(writer);
            })
            .map_err(|error| StorageError::Unavailable(Arc::new(error)))?;
        Ok(Self {
            jobs: Some(jobs),
            thread: Some(thread),
        })
    }

    pub(super) fn run<T: Send + 'static>(
        &self,
        operation: impl FnOnce(&Connection) -> Result<T, StorageError> + Send + 'static,
    ) -> Answer<T> {
        let (sender, answer) = tokio::sync::oneshot::channel();
        let job: Job = Box::new(move |connection| {
            let result = in_savepoint(connection, operation);
            Box::new(move |committed| {
                // A caller that went away is no error: what it asked for is done.
                let _ = sender.send(committed.and(result));
            })
        });
        if let Some(jobs) = &self.jobs {
            // A writer that is gone drops the job, and with it the sender: the answer says so.
            let _ = jobs.send(job);
        }
        Box::pin(async move {
            answer
                .await
                .unwrap_or_else(|_| Err(StorageError::Unavailable(Arc::new(Stopped))))
        })
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn write_until_closed(connection: &Connection, waiting: &Receiver<Job>) {
    while let Ok(first) = waiting.recv() {
        let batch: Vec<Job> = std::iter::once(first)
            .chain(waiting.try_iter().take(BATCH - 1))
            .collect();
        if let Err(error) = connection.execute_batch("BEGIN IMMEDIATE") {
            let error = StorageError::from(error);
            tracing::error!(error = crate::log::cause(&error), "write.begin");
            // Nothing ran. Each caller is told by the drop of its job: it never got an answer.
            continue;
        }
        let started = Instant::now();
        let (replies, committed) = run_together(connection, batch);
        tracing::trace!(jobs = replies.len(), elapsed = ?started.elapsed(), "write.batch");
        for reply in replies {
            reply(committed.clone());
        }
    }
}

/// Runs a batch in the transaction that was begun, and ends it. A job that is not run is dropped: its caller is told
/// that it never got an answer.
fn run_together(
    connection: &Connection,
    batch: Vec<Job>,
) -> (Vec<Reply>, Result<(), StorageError>) {
    let mut replies = Vec::with_capacity(batch.len());
    for job in batch {
        replies.push(job(connection));
        if connection.is_autocommit() {
            // What came now would be committed by itself, while what came before is gone.
            tracing::error!("write.rolled_back");
            let error = StorageError::Unavailable(Arc::new(RolledBack));
            return (replies, Err(error));
        }
    }
    let committed = connection
        .execute_batch("COMMIT")
        .map_err(StorageError::from);
    if let Err(error) = &committed {
        tracing::error!(error = crate::log::cause(error), "write.commit");
        // Whether the rollback works or not, nothing was committed.
        let _ = connection.execute_batch("ROLLBACK");
    }
    (replies, committed)
}

/// Runs an operation whole or not at all within the batch; a panic in it is an error of that one.
fn in_savepoint<T>(
    connection: &Connection,
    operation: impl FnOnce(&Connection) -> Result<T, StorageError>,
) -> Result<T, StorageError> {
    connection.execute_batch("SAVEPOINT operation")?;
    let result = catch_unwind(AssertUnwindSafe(|| operation(connection)))
        .unwrap_or_else(|_| Err(StorageError::Unavailable(Arc::new(Stopped))));
    if result.is_err() {
        connection.execute_batch("ROLLBACK TO operation")?;
    }
    connection.execute_batch("RELEASE operation")?;
    result
}

fn checkpoint_until(connection: &Connection, stopped: &Receiver<()>) {
    while stopped.recv_timeout(CHECKPOINT_EVERY) == Err(RecvTimeoutError::Timeout) {
        let folded = connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()));
        if let Err(error) = folded {
            tracing::warn!(error = crate::log::cause(&error), "write.checkpoint");
        }
    }
}

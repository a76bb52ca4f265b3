//! The worker that hands messages to the gateway, off the path of any request.
//!
//! A message is taken for a while, handed over, then deleted. A worker that dies in between leaves it to the
//! next, in this process or another: a message may go out twice, and is never lost while it is worth sending.

use std::future::Future;
use std::time::Duration;

use super::Message;
use crate::Server;
use crate::domain::Fault;
use crate::keys::Column;
use crate::storage::QueuedMessage;

/// How many messages are taken at once.
const BATCH: u32 = 32;
/// How long a message is this worker's, in seconds.
const LEASE: i64 = 60;
/// How often a message is tried.
const ATTEMPTS: u32 = 8;
/// The wait after the first failure, in seconds; it doubles.
const FIRST_WAIT: i64 = 2;
/// How often the queue is looked at when nobody calls.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Sends until told to stop; what is being handed over is finished first.
pub(crate) async fn send_until(server: &Server, stop: impl Future<Output = ()>) {
    let mut stop = std::pin::pin!(stop);
    loop {
        if let Err(error) = send_due(server).await {
            tracing::error!(error = crate::log::cause(&error), "message.queue");
        }
        tokio::select! {
            () = &mut stop => return,
            () = server.sender_called() => {}
            () = tokio::time::sleep(LOOK_EVERY) => {}
        }
    }
}

/// Hands over all that is due.
pub(crate) async fn send_due(server: &Server) -> Result<(), Fault> {
    loop {
        let now = server.clock.now();
        let due = server
            .storage
            .claim_messages(now, now + LEASE, BATCH)
            .await?;
        if due.is_empty() {
            return Ok(());
        }
        for queued in due {
            hand_over(server, queued).await?;
        }
    }
}

async fn hand_over(server: &Server, queued: QueuedMessage) -> Result<(), Fault> {
    let id = queued.message;
    let now = server.clock.now();
    if now >= queued.expires_at {
        tracing::warn!(message.id = %id, "message.expired");
        return Ok(server.storage.drop_message(id).await?);
    }
    let opened = server.keys.open(Column::Message, &id.0, &queued.sealed);
    let message = match opened.map(|bytes| Message::from_bytes(&bytes)) {
        Ok(Some(message)) => message,
        Ok(None) | Err(_) => {
            // It will not open the next time either.
            tracing::error!(message.id = %id, "message.unreadable");
            return Ok(server.storage.drop_message(id).await?);
        }
    };
    match server.gateway.send(id, &message, queued.created_at).await {
        Ok(()) => {
            tracing::info!(message.id = %id, channel = ?message.channel, attempts = queued.attempts, "message.sent");
            Ok(server.storage.drop_message(id).await?)
        }
        Err(error) if queued.attempts >= ATTEMPTS => {
            tracing::error!(message.id = %id, error = crate::log::cause(&error), "message.given_up");
            Ok(server.storage.drop_message(id).await?)
        }
        Err(error) => {
            tracing::warn!(message.id = %id, attempts = queued.attempts, error = crate::log::cause(&error), "message.failed");
            let wait = FIRST_WAIT << queued.attempts.saturating_sub(1).min(ATTEMPTS);
            Ok(server.storage.postpone_message(id, now + wait).await?)
        }
    }
}

#[cfg(test)]
mod tests;

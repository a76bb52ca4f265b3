//! The server as one function: connections in, answers out, the sender and the sweeper beside, until told to stop.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use authr_api::signature::{IDEMPOTENCY_SECONDS, NONCE_SECONDS};
use axum::Router;
use axum::body::Body;
use axum::http::Request;
use hyper::body::Incoming as HyperBody;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use tokio::sync::{Semaphore, watch};
use tower::ServiceExt;

use crate::Server;
use crate::gateway;
use crate::listen::{Incoming, Listener};
use crate::router::router;
use crate::storage::{Kept, StorageError};

mod client;
mod pace;

pub use client::ClientAddress;
use pace::{Pace, Paced};

/// How long requests that are being answered may take to finish once the server stops.
const FINISH_WITHIN: Duration = Duration::from_secs(10);
/// How often what has had its time is swept.
const SWEEP_EVERY: Duration = Duration::from_secs(60);
/// How long a send counts, in seconds.
const SENDS_KEPT: i64 = 24 * 3600;

/// Serves until `shutdown`, then finishes what was begun.
pub async fn serve(listener: Listener, server: Server, shutdown: impl Future<Output = ()>) {
    let server = Arc::new(server.listening_on(&listener.url()));
    let (stop, stopping) = watch::channel(false);
    let sender = tokio::spawn({
        let (server, stopping) = (Arc::clone(&server), stopping.clone());
        async move { gateway::send_until(&server, stopped(stopping)).await }
    });
    let sweeper = tokio::spawn({
        let server = Arc::clone(&server);
        async move { sweep_until(&server, stopped(stopping)).await }
    });

    let graceful = GracefulShutdown::new();
    tokio::select! {
        () = accept_forever(&listener, &server, &graceful) => {}
        () = shutdown => {}
    }
    drop(listener);
    tracing::info!("stopping");
    if tokio::time::timeout(FINISH_WITHIN, graceful.shutdown())
        .await
        .is_err()
    {
        tracing::warn!("some requests did not finish in time");
    }
    stop.send_replace(true);
    for task in [sender, sweeper] {
        if let Err(error) = task.await {
            tracing::error!(error = crate::log::cause(&error), "task");
        }
    }
}

async fn stopped(mut stopping: watch::Receiver<bool>) {
    // An error is a sender that is gone: stop as well.
    let _ = stopping.wait_for(|stop| *stop).await;
}

async fn accept_forever(listener: &Listener, server: &Arc<Server>, graceful: &GracefulShutdown) {
    let router = router(Arc::clone(server));
    let most = server.config.limits.connections.min(Semaphore::MAX_PERMITS);
    let connections = Arc::new(Semaphore::new(most));
    loop {
        // Who comes when all places are taken waits in the kernel's queue.
        let Ok(place) = Arc::clone(&connections).acquire_owned().await else {
            return;
        };
        match listener.accept().await {
            Ok(incoming) => {
                let connection = connection(
                    incoming,
                    Arc::clone(server),
                    router.clone(),
                    graceful.watcher(),
                );
                tokio::spawn(async move {
                    connection.await;
                    drop(place);
                });
            }
            Err(error) => {
                // Out of descriptors, or a client that was gone at once: the next may fare better.
                tracing::warn!(error = crate::log::cause(&error), "connection.accept");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
}

async fn connection(incoming: Incoming, server: Arc<Server>, router: Router, watcher: Watcher) {
    let limits = &server.config.limits;
    let from = incoming.from();
    let handshake = Duration::from_secs(limits.header_seconds);
    let stream = match tokio::time::timeout(handshake, incoming.open()).await {
        Ok(Ok(stream)) => stream,
        Ok(Err(error)) => {
            tracing::debug!(error = crate::log::cause(&error), "connection.tls");
            return;
        }
        Err(_) => return,
    };
    let pace = Arc::new(Pace::default());
    let stream = TokioIo::new(Paced::new(stream, Arc::clone(&pace), limits));
    let service = service_fn(|request: Request<HyperBody>| {
        let answering = pace.answering();
        let mut request = request.map(Body::new);
        let client = client::of(request.headers(), from, &server.config.trusted_proxies);
        request.extensions_mut().insert(ClientAddress(client));
        let router = router.clone();
        async move {
            let response = router.oneshot(request).await;
            drop(answering);
            response
        }
    });
    let connection = hyper::server::conn::http1::Builder::new()
        // Times are the stream's; the router answers what is a little too long, and hyper what is far too long.
        .header_read_timeout(None)
        .max_buf_size(2 * (limits.header_bytes + limits.url_bytes).max(8 * 1024))
        .serve_connection(stream, service);
    if let Err(error) = watcher.watch(connection).await {
        tracing::debug!(error = crate::log::cause(&error), "connection");
    }
}

/// Sweeps until nothing is left that has had its time.
pub(crate) async fn sweep(server: &Server) -> Result<(), StorageError> {
    let now = server.clock.now();
    let before = |seconds: u64| now - i64::try_from(seconds).unwrap_or(i64::MAX);
    let kept = Kept {
        closed: now - i64::from(server.config.limits.removed_status_hours) * 3600,
        sent: now - SENDS_KEPT,
        seen: before(NONCE_SECONDS),
        answered: before(IDEMPOTENCY_SECONDS),
        // As long as its answers: a client that comes back within that time is told how it ended.
        ended: before(IDEMPOTENCY_SECONDS),
    };
    while server.storage.sweep(kept).await? {}
    Ok(())
}

async fn sweep_until(server: &Server, stop: impl Future<Output = ()>) {
    let mut stop = std::pin::pin!(stop);
    loop {
        if let Err(error) = sweep(server).await {
            tracing::error!(error = crate::log::cause(&error), "sweep");
        }
        tokio::select! {
            () = &mut stop => return,
            () = tokio::time::sleep(SWEEP_EVERY) => {}
        }
    }
}

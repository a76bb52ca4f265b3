//! The server as one function: connections in, answers out, the sender and the sweeper beside, until told to stop.

use std::future::Future;
use std::net::IpAddr;
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

mod pace;

use pace::{Pace, Paced};

/// How long requests that are being answered may take to finish once the server stops.
const FINISH_WITHIN: Duration = Duration::from_secs(10);
/// How often what has had its time is swept.
const SWEEP_EVERY: Duration = Duration::from_secs(60);
/// How long a send counts, in seconds.
const SENDS_KEPT: i64 = 24 * 3600;

/// The machine that a request came from; of a trusted proxy, the one it speaks for. `None` on a socket file.
#[derive(Debug, Clone, Copy)]
pub struct ClientAddress(pub Option<IpAddr>);

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
        let request = with_client(request, &server, from);
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

/// Notes whom a request comes from.
fn with_client(
    request: Request<HyperBody>,
    server: &Server,
    from: Option<IpAddr>,
) -> Request<Body> {
    let mut request = request.map(Body::new);
    let proxies = &server.config.trusted_proxies;
    let trusted = |address: IpAddr| proxies.iter().any(|network| network.contains(address));
    let client = match from {
        Some(peer) if trusted(peer) => {
            // Each proxy adds whom it heard: the last one that is no proxy of ours is the client.
            request
                .headers()
                .get_all("x-forwarded-for")
                .iter()
                .filter_map(|value| value.to_str().ok())
                .flat_map(|value| value.split(','))
                .filter_map(|address| address.trim().parse::<IpAddr>().ok())
                .map(|address| address.to_canonical())
                .rfind(|address| !trusted(*address))
                .or(from)
        }
        _ => from,
    };
    request.extensions_mut().insert(ClientAddress(client));
    request
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

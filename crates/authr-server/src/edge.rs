//! What holds for every request, whatever its path: limits on its size and number, and one line in the log.

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::task::Poll;
use std::time::Instant;

use authr_api::error::ErrorCode;
use axum::Router;
use axum::extract::{MatchedPath, Request, State};
use axum::http::uri::PathAndQuery;
use axum::http::{StatusCode, Uri};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use percent_encoding::percent_decode_str;
use tracing::Instrument;

use crate::Server;
use crate::device::DeviceError;
use crate::error::{ApiError, LoggedCode};

/// Where the device API begins.
const DEVICE_PATHS: &str = "/v1/";

/// Puts the limits around the routes.
pub(crate) fn guarded(server: Arc<Server>, routes: Router) -> Router {
    let logged = routes.layer(from_fn(log));
    // A router of its own around it: a layer runs after the path was matched, and these come before.
    Router::new()
        .fallback_service(logged)
        .layer(from_fn_with_state(server, limit))
}

async fn limit(State(server): State<Arc<Server>>, mut request: Request, next: Next) -> Response {
    let limits = &server.config.limits;
    let uri = request.uri().clone();
    let Ok(_in_flight) = server.in_flight.try_acquire() else {
        return refused(&uri, ErrorCode::Unavailable, ApiError::busy());
    };
    let url = request.uri().path_and_query();
    if url.is_some_and(|url| url.as_str().len() > limits.url_bytes) {
        let long = ApiError::new(StatusCode::URI_TOO_LONG, 60002, "The URL is too long.");
        return refused(&uri, ErrorCode::TooLarge, long);
    }
    if percent_decode_str(uri.path()).decode_utf8().is_err() {
        let utf8 = ApiError::new(StatusCode::BAD_REQUEST, 60005, "Invalid UTF-8");
        return refused(&uri, ErrorCode::NotFound, utf8);
    }
    let headers: usize = request
        .headers()
        .iter()
        .map(|(name, value)| name.as_str().len() + value.len() + ": \r\n".len())
        .sum();
    if headers > limits.header_bytes {
        let large = ApiError::new(
            StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
            60002,
            "The headers are too large.",
        );
        return refused(&uri, ErrorCode::TooLarge, large);
    }
    if let Some(plain) = without_double_slash(request.uri()) {
        *request.uri_mut() = plain;
    }
    next.run(request).await
}

/// A refusal as whoever calls this path reads it.
fn refused(uri: &Uri, device: ErrorCode, site: ApiError) -> Response {
    if uri.path().starts_with(DEVICE_PATHS) {
        DeviceError::from(device).into_response()
    } else {
        site.into_response()
    }
}

pub(crate) async fn no_such_path(uri: Uri) -> Response {
    refused(&uri, ErrorCode::NotFound, ApiError::no_such_url())
}

pub(crate) async fn no_such_method(uri: Uri) -> Response {
    refused(&uri, ErrorCode::MethodNotAllowed, ApiError::no_such_url())
}

/// A base URL that ends in a slash makes an SDK ask for `//protected/…`.
fn without_double_slash(uri: &Uri) -> Option<Uri> {
    let url = uri.path_and_query()?.as_str();
    if !url.starts_with("//") {
        return None;
    }
    let mut parts = uri.clone().into_parts();
    let plain = format!("/{}", url.trim_start_matches('/'));
    parts.path_and_query = Some(PathAndQuery::try_from(plain).ok()?);
    Uri::from_parts(parts).ok()
}

/// A handler fell over a mistake of ours. Its message went to standard error.
struct Panicked;

/// Runs a handler; a panic in it is an answer of that request, and the end of nothing else.
async fn whole(handler: impl Future<Output = Response>) -> Result<Response, Panicked> {
    let mut handler = std::pin::pin!(handler);
    std::future::poll_fn(|context| {
        let polled = catch_unwind(AssertUnwindSafe(|| handler.as_mut().poll(context)));
        match polled {
            Ok(poll) => poll.map(Ok),
            Err(_) => Poll::Ready(Err(Panicked)),
        }
    })
    .await
}

/// The route, never the path: a path holds codes and ids of people.
async fn log(request: Request, next: Next) -> Response {
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or_else(|| "none".to_owned(), |path| path.as_str().to_owned());
    let span = tracing::info_span!(
        "request",
        method = %request.method(),
        route,
        application = tracing::field::Empty,
        device = tracing::field::Empty
    );
    let started = Instant::now();
    let uri = request.uri().clone();
    async move {
        let response = whole(next.run(request))
            .await
            .unwrap_or_else(|Panicked| refused(&uri, ErrorCode::Internal, ApiError::internal()));
        let code = response.extensions().get::<LoggedCode>();
        tracing::info!(
            status = response.status().as_u16(),
            error.code = code.map(|LoggedCode(code)| &**code),
            elapsed.us = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX),
            "answered"
        );
        response
    }
    .instrument(span)
    .await
}

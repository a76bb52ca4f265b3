//! Answers: compact JSON of a known length, in one piece. Some SDKs search the bytes for what they want.

use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use serde::Serialize;

/// An answer of a status.
///
/// # Panics
/// Never: what the API answers is JSON.
#[must_use]
pub fn json(status: StatusCode, content: &impl Serialize) -> Response {
    let bytes = serde_json::to_vec(content).expect("because what the API answers is JSON");
    let length = bytes.len();
    let mut response = Response::new(Body::from(bytes));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/json;charset=utf-8"),
    );
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// The answer to what was done. Every SDK takes 200 alone for success.
#[must_use]
pub fn ok(content: &impl Serialize) -> Response {
    json(StatusCode::OK, content)
}

//! Answers: made inside the transaction of what they answer, and kept with it.

use std::sync::Arc;

use authr_api::error::ErrorBody;
use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use serde::Serialize;

use super::error::body_of;
use crate::domain::Fault;
use crate::error::LoggedCode;
use crate::storage::{Denied, Respond, StorageError, StoredAnswer};

/// An answer to what was done.
pub(super) fn done(content: &impl Serialize) -> Result<StoredAnswer, Fault> {
    Ok(StoredAnswer {
        status: StatusCode::OK.as_u16(),
        body: serde_json::to_vec(content).map_err(|_| Fault::Content("answer"))?,
    })
}

/// A refusal that is kept as an answer: the try is counted.
pub(super) fn counted(denied: Denied) -> Result<StoredAnswer, Fault> {
    let body: ErrorBody = body_of(denied);
    Ok(StoredAnswer {
        status: body.code.status(),
        ..done(&body)?
    })
}

/// Makes an answer in the transaction; a fault undoes what was done.
pub(super) fn respond<T: 'static>(
    make: impl FnOnce(T) -> Result<StoredAnswer, Fault> + Send + 'static,
) -> Respond<T> {
    Box::new(move |made| make(made).map_err(undo))
}

/// A fault as an error that undoes a transaction.
pub(super) fn undo(fault: Fault) -> StorageError {
    match fault {
        Fault::Storage(error) => error,
        fault => StorageError::Unavailable(Arc::new(fault)),
    }
}

/// An answer as it goes out.
pub(super) fn response(answer: StoredAnswer) -> Response {
    let length = answer.body.len();
    let refused = serde_json::from_slice::<ErrorBody>(&answer.body)
        .ok()
        .filter(|_| answer.status != StatusCode::OK.as_u16());
    let mut response = Response::new(Body::from(answer.body));
    *response.status_mut() =
        StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    if let Some(refused) = refused {
        response
            .extensions_mut()
            .insert(LoggedCode(refused.code.as_str().into()));
    }
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/json;charset=utf-8"),
    );
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

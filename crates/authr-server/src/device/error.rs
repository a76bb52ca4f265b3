//! What a device is told when something is not done: a status, a stable code, one line. The cause goes to the log.

use std::error::Error;

use authr_api::error::{ErrorBody, ErrorCode};
use authr_api::signature::Refusal;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::domain::Fault;
use crate::error::LoggedCode;
use crate::site::answer;
use crate::storage::{Denied, StorageError};

/// How long a client waits for a database that is busy, in seconds.
const BUSY_SECONDS: i64 = 1;

/// A refusal of the device API.
#[derive(Debug)]
pub(crate) struct DeviceError {
    body: ErrorBody,
    cause: Option<Box<dyn Error + Send + Sync>>,
}

impl DeviceError {
    /// A signature that is not taken, at the server's time.
    pub(crate) fn unsigned(refusal: &Refusal) -> Self {
        let mut body = body_of(refusal.code().into());
        if let Refusal::Skew { server_time, .. } = refusal {
            body.server_time = Some(*server_time);
        }
        if let Refusal::Profile(detail) = refusal {
            body.message = format!("{}: {detail}", body.message);
        }
        Self { body, cause: None }
    }
}

/// The body of a refusal.
pub(crate) fn body_of(denied: Denied) -> ErrorBody {
    let busy = (denied.code == ErrorCode::Unavailable).then_some(BUSY_SECONDS);
    ErrorBody {
        retry_after: denied
            .retry_after
            .or(busy)
            .and_then(|seconds| u64::try_from(seconds.max(1)).ok()),
        tries_left: denied.tries_left,
        expected: denied.expected,
        ..ErrorBody::new(denied.code, text(denied.code))
    }
}

/// One line for a person.
fn text(code: ErrorCode) -> &'static str {
    match code {
        ErrorCode::BadRequest => "the request is not one of this call",
        ErrorCode::BadProfile => "the signature headers are not of the profile authr-1",
        ErrorCode::BadDigest => "the body is not the one that was signed",
        ErrorCode::BadSeal => "the sealed body does not open with the server's key",
        ErrorCode::ClockSkew => "the clocks of device and server differ",
        ErrorCode::UnknownKey => "the key names no request and no device",
        ErrorCode::BadSignature => "the signature does not match",
        ErrorCode::Replay => "the request was seen before",
        ErrorCode::DeviceRemoved => "the device was removed",
        ErrorCode::WrongState => "the registration is in another state",
        ErrorCode::WrongCode => "the code is wrong",
        ErrorCode::WrongPassword => "the backups password is wrong",
        ErrorCode::TriesUsed => "this request has no try left",
        ErrorCode::LockerLocked => "the locker is locked after ten wrong passwords",
        ErrorCode::NotFound => "there is no such thing",
        ErrorCode::MethodNotAllowed => "the path has no such method",
        ErrorCode::AlreadyRegistered => "the number has devices: restore instead",
        ErrorCode::ListMoved => "the device list moved on",
        ErrorCode::LockerMoved => "the locker has another version",
        ErrorCode::ChainMoved => "a removed device wrote more records than stated",
        ErrorCode::StaleEpoch => "the record is not of the newest epoch",
        ErrorCode::RecordMoved => "the record was replaced meanwhile",
        ErrorCode::SequenceGap => "records before this one are missing",
        ErrorCode::SequenceUsed => "the record's number has other content",
        ErrorCode::LimitReached => "a limit of the user is reached",
        ErrorCode::Expired => "the registration is over",
        ErrorCode::TooLarge => "the request is too long",
        ErrorCode::BadPhone => "not a mobile number in international form",
        ErrorCode::CountryNotAllowed => "no messages are sent to this country",
        ErrorCode::BadEntries => "the entries do not continue the device list",
        ErrorCode::BadRecord => "a record is not what it should be",
        ErrorCode::BadLocker => "the locker is not the one that its entry names, or too weak",
        ErrorCode::IdempotencyReused => "the idempotency key was used for another request",
        ErrorCode::RateLimited => "too many of these lately: wait",
        ErrorCode::LockerWaits => "the locker waits after five wrong passwords",
        ErrorCode::NotSupported => "this server does not do that yet",
        ErrorCode::Unavailable => "the server is busy: wait",
        _ => "the server could not do that",
    }
}

impl From<Denied> for DeviceError {
    fn from(denied: Denied) -> Self {
        Self {
            body: body_of(denied),
            cause: None,
        }
    }
}

impl From<ErrorCode> for DeviceError {
    fn from(code: ErrorCode) -> Self {
        Denied::from(code).into()
    }
}

impl From<Fault> for DeviceError {
    fn from(fault: Fault) -> Self {
        let mut error = match &fault {
            Fault::Storage(StorageError::Unavailable(_)) => Self::from(ErrorCode::Unavailable),
            _ => Self::from(ErrorCode::Internal),
        };
        error.cause = Some(Box::new(fault));
        error
    }
}

impl From<StorageError> for DeviceError {
    fn from(error: StorageError) -> Self {
        Fault::from(error).into()
    }
}

impl IntoResponse for DeviceError {
    fn into_response(self) -> Response {
        let code = self.body.code;
        if let Some(cause) = &self.cause {
            tracing::error!(
                error.code = code.as_str(),
                error = crate::log::cause(&**cause),
                "fault"
            );
        }
        let status =
            StatusCode::from_u16(code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = answer::json(status, &self.body);
        response
            .extensions_mut()
            .insert(LoggedCode(code.as_str().into()));
        if let Some(seconds) = self.body.retry_after {
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

//! What a site is told when something is not done: a status, a stable code, and a text. The cause goes to the
//! log, once, and nowhere else.

use std::borrow::Cow;
use std::error::Error;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::ser::{Serialize, SerializeMap, Serializer};

use crate::domain::Fault;
use crate::site::answer;

/// An error as the site API writes it.
#[derive(Debug)]
pub struct ApiError {
    status: StatusCode,
    code: u32,
    message: Cow<'static, str>,
    fields: Vec<(&'static str, &'static str)>,
    retry_after: Option<i64>,
    cause: Option<Box<dyn Error + Send + Sync>>,
}

/// The code of an error, for the log line of its request.
#[derive(Debug, Clone)]
pub(crate) struct LoggedCode(pub(crate) Cow<'static, str>);

impl ApiError {
    /// An error with its text.
    #[must_use]
    pub fn new(status: StatusCode, code: u32, message: impl Into<Cow<'static, str>>) -> Self {
        Self {
            status,
            code,
            message: message.into(),
            fields: Vec::new(),
            retry_after: None,
            cause: None,
        }
    }

    /// Names the fields that are at fault.
    #[must_use]
    pub fn with_fields(mut self, fields: Vec<(&'static str, &'static str)>) -> Self {
        self.fields = fields;
        self
    }

    /// Says when to try again, in seconds.
    #[must_use]
    pub fn with_retry_after(mut self, seconds: i64) -> Self {
        self.retry_after = Some(seconds);
        self
    }

    /// The API key is not one.
    #[must_use]
    pub fn invalid_key() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, 60001, "Invalid API key")
    }

    /// The request is not one.
    #[must_use]
    pub fn invalid_request(message: &'static str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, 60002, message)
    }

    /// No user of the application has this id.
    #[must_use]
    pub fn user_not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, 60026, "User not found.")
    }

    /// The server has too much to do.
    #[must_use]
    pub fn busy() -> Self {
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            60000,
            "The server is busy.",
        )
        .with_retry_after(1)
    }

    /// The server fell over something.
    #[must_use]
    pub fn internal() -> Self {
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            60000,
            "The server could not do that. Please try again later.",
        )
    }

    /// No route has this path.
    #[must_use]
    pub fn no_such_url() -> Self {
        Self::new(StatusCode::NOT_FOUND, 60000, "Requested URL was not found.")
    }
}

impl From<Fault> for ApiError {
    fn from(fault: Fault) -> Self {
        Self {
            cause: Some(Box::new(fault)),
            ..Self::new(
                StatusCode::SERVICE_UNAVAILABLE,
                60000,
                "The server could not do that. Please try again later.",
            )
        }
    }
}

impl Serialize for ApiError {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        struct Errors<'a>(&'a ApiError);

        impl Serialize for Errors<'_> {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let mut map = serializer.serialize_map(None)?;
                for (field, text) in &self.0.fields {
                    map.serialize_entry(field, text)?;
                }
                map.serialize_entry("message", &self.0.message)?;
                map.end()
            }
        }

        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("message", &self.message)?;
        if self.code == 60020 || self.code == 60019 {
            map.serialize_entry("token", "is invalid")?;
        }
        map.serialize_entry("success", &false)?;
        map.serialize_entry("errors", &Errors(self))?;
        for (field, text) in &self.fields {
            map.serialize_entry(field, text)?;
        }
        map.serialize_entry("error_code", &self.code.to_string())?;
        map.end()
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        if let Some(cause) = &self.cause {
            tracing::error!(
                error.code = self.code,
                error = crate::log::cause(&**cause),
                "fault"
            );
        }
        let mut response = answer::json(self.status, &self);
        response
            .extensions_mut()
            .insert(LoggedCode(self.code.to_string().into()));
        if let Some(seconds) = self.retry_after {
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, HeaderValue::from(seconds.max(1)));
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::StorageError;

    #[test]
    fn an_error_is_written_as_sites_read_it() {
        let error = ApiError::new(StatusCode::BAD_REQUEST, 60027, "User was not valid")
            .with_fields(vec![("cellphone", "is invalid")]);
        assert_eq!(
            serde_json::to_string(&error).unwrap(),
            r#"{"message":"User was not valid","success":false,"errors":{"cellphone":"is invalid","message":"User was not valid"},"cellphone":"is invalid","error_code":"60027"}"#
        );
    }

    #[test]
    fn the_cause_of_a_fault_is_not_told() {
        let cause: Box<dyn Error + Send + Sync> = "disk full at /srv".into();
        let error = ApiError::from(Fault::Storage(StorageError::Unavailable(cause.into())));
        assert!(!serde_json::to_string(&error).unwrap().contains("disk"));
    }
}

//! A call of a site: who calls, by its API key, and the parameters.

use std::sync::Arc;

use axum::extract::{FromRequest, Request};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};

use super::params::{Params, ParamsError};
use crate::Server;
use crate::body::{self, BodyError};
use crate::domain::Fault;
use crate::error::ApiError;
use crate::storage::Application;
use crate::token;

/// A call by a known application.
pub(crate) struct SiteCall {
    pub(super) application: Application,
    pub(super) params: Params,
}

impl FromRequest<Arc<Server>> for SiteCall {
    type Rejection = ApiError;

    async fn from_request(request: Request, server: &Arc<Server>) -> Result<Self, ApiError> {
        let limits = &server.config.limits;
        let (head, body) = request.into_parts();
        let (mut params, known) = match by_head(server, &head).await {
            Ok(read) => read,
            Err(refused) => {
                body::discard(server, body).await;
                return Err(refused);
            }
        };
        let limit = match known {
            Some(_) => limits.body_bytes,
            None => limits.body_bytes.min(body::SHORT_BYTES),
        };
        let body = body::receive(server, body, limit).await?;
        let content_type = text_of(&head, header::CONTENT_TYPE).unwrap_or_default();
        params.add_body(content_type, body.bytes(), limits.json_depth)?;
        let application = match known {
            Some(application) => application,
            None => application(server, params.text("api_key")).await?,
        };
        tracing::Span::current().record(
            "application",
            tracing::field::display(application.application),
        );
        Ok(Self {
            application,
            params,
        })
    }
}

/// What the head says: the parameters of the query, and the application where its key is not in the body.
async fn by_head(server: &Server, head: &Parts) -> Result<(Params, Option<Application>), ApiError> {
    let mut params = Params::default();
    params.add_query(head.uri.query().unwrap_or_default())?;
    let in_header = text_of(head, header::HeaderName::from_static("x-authy-api-key"));
    let known = match in_header.or_else(|| params.text("api_key")) {
        Some(key) => Some(application(server, Some(key)).await?),
        None => None,
    };
    Ok((params, known))
}

fn text_of(head: &Parts, name: header::HeaderName) -> Option<&str> {
    head.headers.get(name).and_then(|value| value.to_str().ok())
}

/// The application of a key.
async fn application(server: &Server, key: Option<&str>) -> Result<Application, ApiError> {
    let key = key.ok_or_else(ApiError::invalid_key)?;
    server
        .storage
        .application_by_key(token::hashed(key))
        .await
        .map_err(Fault::from)?
        .ok_or_else(ApiError::invalid_key)
}

impl From<BodyError> for ApiError {
    fn from(error: BodyError) -> Self {
        match error {
            BodyError::TooLarge => Self::new(
                StatusCode::PAYLOAD_TOO_LARGE,
                60002,
                "The body is too large.",
            ),
            BodyError::Late => Self::new(
                StatusCode::REQUEST_TIMEOUT,
                60002,
                "The request took too long.",
            ),
            BodyError::Broken => Self::invalid_request("The body did not arrive."),
            BodyError::NoRoom => Self::busy(),
        }
    }
}

impl From<ParamsError> for ApiError {
    fn from(error: ParamsError) -> Self {
        match error {
            ParamsError::Utf8 => Self::new(StatusCode::BAD_REQUEST, 60005, "Invalid UTF-8"),
            ParamsError::Json => Self::invalid_request("Invalid JSON"),
            ParamsError::Depth => Self::invalid_request("The JSON has too many levels."),
            ParamsError::Name => Self::invalid_request("The name of a parameter is too long."),
            ParamsError::Many => Self::invalid_request("There are too many parameters."),
        }
    }
}

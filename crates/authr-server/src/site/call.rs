//! A call of a site: who calls, by its API key, and the parameters.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{FromRequest, Request};
use axum::http::{StatusCode, header};
use http_body_util::BodyExt;

use super::params::{Params, ParamsError};
use crate::Server;
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
        let body = tokio::time::timeout(
            Duration::from_secs(limits.body_seconds),
            whole(body, limits.body_bytes),
        )
        .await
        .unwrap_or_else(|_| {
            Err(ApiError::new(
                StatusCode::REQUEST_TIMEOUT,
                60002,
                "The request took too long.",
            ))
        })?;
        let text_of = |name| {
            head.headers
                .get(name)
                .and_then(|value: &axum::http::HeaderValue| value.to_str().ok())
        };
        let params = Params::read(
            head.uri.query().unwrap_or_default(),
            text_of(header::CONTENT_TYPE).unwrap_or_default(),
            &body,
            limits.json_depth,
        )?;
        let key = text_of(header::HeaderName::from_static("x-authy-api-key"))
            .or_else(|| params.text("api_key"))
            .ok_or_else(ApiError::invalid_key)?;
        let application = server
            .storage
            .application_by_key(token::hashed(key))
            .await
            .map_err(Fault::from)?
            .ok_or_else(ApiError::invalid_key)?;
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

/// The body, as long as it is within the limit; no more than that is ever held.
async fn whole(mut body: Body, limit: usize) -> Result<Vec<u8>, ApiError> {
    let mut bytes = Vec::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| ApiError::invalid_request("The body did not arrive."))?;
        if let Some(data) = frame.data_ref() {
            if data.len() > limit - bytes.len() {
                return Err(ApiError::new(
                    StatusCode::PAYLOAD_TOO_LARGE,
                    60002,
                    "The body is too large.",
                ));
            }
            bytes.extend_from_slice(data);
        }
    }
    Ok(bytes)
}

impl From<ParamsError> for ApiError {
    fn from(error: ParamsError) -> Self {
        match error {
            ParamsError::Utf8 => Self::new(StatusCode::BAD_REQUEST, 60005, "Invalid UTF-8"),
            ParamsError::Json => Self::invalid_request("Invalid JSON"),
            ParamsError::Depth => Self::invalid_request("The JSON has too many levels."),
        }
    }
}

//! Codes: verified, and sent by SMS or call.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;

use super::call::SiteCall;
use super::{UNKNOWN_SYSTEM, answer, site_id};
use crate::Server;
use crate::domain::codes::{self, CodeError};
use crate::domain::tokens::{self, SendError, SendToken, Sent};
use crate::error::ApiError;
use crate::gateway::Channel;
use crate::storage::Refusal;

/// `success` is a text here, as ever; clients search the bytes for `"token":"is valid"`.
#[derive(Serialize)]
struct Valid {
    message: &'static str,
    token: &'static str,
    success: &'static str,
}

/// A user who never confirmed a code is checked like any other, with or without `force`.
pub(crate) async fn verify(
    State(server): State<Arc<Server>>,
    Path((token, id)): Path<(String, String)>,
    call: SiteCall,
) -> Result<Response, ApiError> {
    let id = site_id(&id).ok_or(CodeError::NoUser)?;
    codes::check(&server, &call.application, id, &token).await?;
    Ok(answer::ok(&Valid {
        message: "Token is valid.",
        token: "is valid",
        success: "true",
    }))
}

impl From<CodeError> for ApiError {
    fn from(error: CodeError) -> Self {
        match error {
            CodeError::NoUser => Self::new(StatusCode::NOT_FOUND, 60016, "User doesn't exist"),
            CodeError::Wrong => Self::new(StatusCode::UNAUTHORIZED, 60020, "Token is invalid"),
            CodeError::Reused => Self::new(
                StatusCode::UNAUTHORIZED,
                60019,
                "Token is invalid. Token was used recently.",
            ),
            CodeError::TooMany => Self::new(
                StatusCode::TOO_MANY_REQUESTS,
                60003,
                "Too many wrong codes. Try again later.",
            ),
            CodeError::Fault(fault) => fault.into(),
        }
    }
}

/// `success` before `message`: a client searches for one behind the other.
#[derive(Serialize)]
struct OnItsWay {
    success: bool,
    message: &'static str,
    cellphone: String,
}

/// `ignored` is there only when it is so: some clients look for the name alone.
#[derive(Serialize)]
struct Ignored {
    message: &'static str,
    cellphone: String,
    device: &'static str,
    ignored: bool,
    success: bool,
}

pub(crate) async fn sms(
    State(server): State<Arc<Server>>,
    Path(id): Path<String>,
    call: SiteCall,
) -> Result<Response, ApiError> {
    send(&server, &id, &call, Channel::Sms).await
}

pub(crate) async fn call(
    State(server): State<Arc<Server>>,
    Path(id): Path<String>,
    call: SiteCall,
) -> Result<Response, ApiError> {
    send(&server, &id, &call, Channel::Call).await
}

async fn send(
    server: &Server,
    id: &str,
    call: &SiteCall,
    channel: Channel,
) -> Result<Response, ApiError> {
    let id = site_id(id).ok_or(SendError::NoUser)?;
    let force = call.params.is_true("force");
    let request = SendToken {
        channel,
        force,
        note: call.params.text("action_message"),
    };
    Ok(
        match tokens::send(server, &call.application, id, request).await? {
            Sent::OnItsWay(phone) => answer::ok(&OnItsWay {
                success: true,
                message: match channel {
                    Channel::Sms => "SMS token was sent",
                    Channel::Call => "Call started...",
                },
                cellphone: phone.masked_with_country(),
            }),
            Sent::Ignored(phone) => answer::ok(&Ignored {
                message: ignored(channel, force),
                cellphone: phone.masked_with_country(),
                device: UNKNOWN_SYSTEM,
                ignored: true,
                success: true,
            }),
        },
    )
}

/// A site that insisted and may not is not told to insist.
fn ignored(channel: Channel, forced: bool) -> &'static str {
    match (channel, forced) {
        (Channel::Sms, false) => {
            "Ignored: SMS is not needed for smartphones. Pass force=true if you want to actually send it anyway."
        }
        (Channel::Call, false) => {
            "Call ignored. User is using  App Tokens and this call is not necessary. Pass force=true if you still want to call users that are using the App."
        }
        (Channel::Sms, true) => "Ignored: SMS is not needed for smartphones.",
        (Channel::Call, true) => {
            "Call ignored. User is using  App Tokens and this call is not necessary."
        }
    }
}

impl From<SendError> for ApiError {
    fn from(error: SendError) -> Self {
        match error {
            SendError::NoUser => Self::user_not_found(),
            SendError::Country => Self::new(
                StatusCode::BAD_REQUEST,
                60013,
                "No messages are sent to this country.",
            ),
            SendError::Landline => Self::new(
                StatusCode::BAD_REQUEST,
                60082,
                "A landline takes no SMS. Call it instead.",
            ),
            SendError::TooMany(refusal) => {
                let error = Self::new(
                    StatusCode::TOO_MANY_REQUESTS,
                    60003,
                    "Too many messages. Try again later.",
                );
                match refusal {
                    Refusal::Number { retry_after } => error.with_retry_after(retry_after),
                    _ => error,
                }
            }
            SendError::Fault(fault) => fault.into(),
        }
    }
}

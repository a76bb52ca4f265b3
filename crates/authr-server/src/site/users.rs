//! Users of a site: new, status, remove.

use std::sync::Arc;

use authr_crypto::mac;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;

use super::call::SiteCall;
use super::{UNKNOWN_SYSTEM, answer, site_id};
use crate::Server;
use crate::domain::accounts::{self, AddError, Field, Flaw, NewUser, Seen};
use crate::error::ApiError;
use crate::storage::{DeviceSummary, SiteId};

/// No digit but those of the id, and no name of a field: some clients search the bytes for both.
#[derive(Serialize)]
struct Created {
    message: &'static str,
    user: CreatedUser,
    success: bool,
}

#[derive(Serialize)]
struct CreatedUser {
    id: u32,
}

pub(crate) async fn new(
    State(server): State<Arc<Server>>,
    call: SiteCall,
) -> Result<Response, ApiError> {
    let text = |name| call.params.text(name).unwrap_or_default();
    let user = NewUser {
        email: text("user[email]"),
        cellphone: text("user[cellphone]"),
        country_code: text("user[country_code]"),
    };
    let SiteId(id) = accounts::add(&server, &call.application, user).await?;
    Ok(answer::ok(&Created {
        message: "User created successfully.",
        user: CreatedUser { id },
        success: true,
    }))
}

impl From<AddError> for ApiError {
    fn from(error: AddError) -> Self {
        let flaws = match error {
            AddError::Invalid(flaws) => flaws,
            AddError::Fault(fault) => return fault.into(),
        };
        let fields = flaws
            .into_iter()
            .map(|(field, flaw)| {
                let field = match field {
                    Field::Email => "email",
                    Field::Cellphone => "cellphone",
                    Field::CountryCode => "country_code",
                };
                let flaw = match flaw {
                    Flaw::Blank => "is invalid and can't be blank",
                    Flaw::Invalid => "is invalid",
                };
                (field, flaw)
            })
            .collect();
        Self::new(StatusCode::BAD_REQUEST, 60027, "User was not valid").with_fields(fields)
    }
}

#[derive(Serialize)]
struct StatusAnswer {
    status: UserStatus,
    message: &'static str,
    success: bool,
}

#[derive(Serialize)]
struct UserStatus {
    authy_id: u32,
    confirmed: bool,
    registered: bool,
    country_code: u16,
    phone_number: String,
    email: String,
    devices: Vec<&'static str>,
    has_hard_token: bool,
    account_disabled: bool,
    detailed_devices: Vec<DetailedDevice>,
    deleted_devices: [(); 0],
}

#[derive(Serialize)]
struct DetailedDevice {
    device_type: &'static str,
    os_type: &'static str,
    registration_device_id: Option<u32>,
    registration_method: Option<&'static str>,
    device_id: u32,
    last_sync_date: i64,
    creation_date: i64,
}

pub(crate) async fn status(
    State(server): State<Arc<Server>>,
    Path(id): Path<String>,
    call: SiteCall,
) -> Result<Response, ApiError> {
    let id = site_id(&id).ok_or_else(ApiError::user_not_found)?;
    let seen = accounts::see(&server, &call.application, id)
        .await?
        .ok_or_else(ApiError::user_not_found)?;
    Ok(answer::ok(&StatusAnswer {
        status: user_status(id, seen),
        message: "User status.",
        success: true,
    }))
}

fn user_status(SiteId(id): SiteId, seen: Seen) -> UserStatus {
    UserStatus {
        authy_id: id,
        confirmed: seen.confirmed,
        registered: !seen.devices.is_empty(),
        country_code: seen.phone.country_code(),
        phone_number: seen.phone.masked(),
        email: seen.email.unwrap_or_default(),
        devices: seen.devices.iter().map(|_| UNKNOWN_SYSTEM).collect(),
        has_hard_token: false,
        account_disabled: seen.removed,
        detailed_devices: seen
            .devices
            .into_iter()
            .map(|device| detailed(id, device))
            .collect(),
        deleted_devices: [],
    }
}

fn detailed(site_id: u32, device: DeviceSummary) -> DetailedDevice {
    // A number that means nothing outside this user of this application.
    let hash = mac::sha256(&[&site_id.to_be_bytes(), &device.device.0]);
    let number = u32::from_be_bytes([hash[0], hash[1], hash[2], hash[3]]) >> 1;
    DetailedDevice {
        device_type: "authy",
        os_type: UNKNOWN_SYSTEM,
        registration_device_id: None,
        registration_method: None,
        device_id: number,
        last_sync_date: device.last_seen,
        creation_date: device.issued_at,
    }
}

#[derive(Serialize)]
struct Removed {
    message: &'static str,
    success: bool,
}

pub(crate) async fn remove(
    State(server): State<Arc<Server>>,
    Path(id): Path<String>,
    call: SiteCall,
) -> Result<Response, ApiError> {
    let id = site_id(&id).ok_or_else(ApiError::user_not_found)?;
    if !accounts::remove(&server, &call.application, id).await? {
        return Err(ApiError::user_not_found());
    }
    Ok(answer::ok(&Removed {
        message: "User removed from application",
        success: true,
    }))
}

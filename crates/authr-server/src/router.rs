//! The one table of routes.

use std::sync::Arc;

use authr_api::path;
use axum::Router;
use axum::routing::{get, post};

use crate::Server;
use crate::site;
use crate::{device, edge};

/// Every path that the server answers, behind the limits that hold for all.
pub fn router(server: Arc<Server>) -> Router {
    let routes = Router::new()
        // Sites, with an API key. Body: limits.body_bytes; with the key in it body::SHORT_BYTES.
        .route("/protected/json/users/new", post(site::new_user))
        .route("/protected/json/users/{id}/status", get(site::user_status))
        .route("/protected/json/users/{id}/delete", post(site::remove_user))
        .route("/protected/json/users/delete/{id}", post(site::remove_user))
        .route("/protected/json/users/{id}/remove", post(site::remove_user))
        .route("/protected/json/verify/{token}/{id}", get(site::verify))
        .route("/protected/json/sms/{id}", get(site::send_sms))
        .route("/protected/json/call/{id}", get(site::send_call))
        // Anyone.
        .route(path::SERVER, get(device::server_info))
        // Devices, by the key of a request. Body: path::BODY_BYTES.
        .route(path::REGISTRATIONS, post(device::request_registration))
        .route(
            path::REGISTRATION,
            get(device::registration_status).delete(device::cancel_registration),
        )
        .route(path::RESEND, post(device::resend))
        .route(path::PROVE, post(device::prove))
        .route(path::OPEN, post(device::open))
        .route(path::REGISTRATION_LIST, get(device::registration_list))
        .route(path::FINISH, post(device::finish))
        // Devices, by their own key. Body: path::BODY_BYTES, of a push path::PUSH_BODY_BYTES.
        .route(path::STATUS, get(device::newest))
        .route(path::LIST, get(device::list).post(device::append))
        .route(path::DEVICES, get(device::devices))
        .route(path::LOCKER, get(device::locker))
        .route(path::ACCOUNTS, get(device::native_accounts))
        .route(path::RECORDS, get(device::pull).post(device::push))
        .fallback(edge::no_such_path)
        .method_not_allowed_fallback(edge::no_such_method)
        .with_state(Arc::clone(&server));
    edge::guarded(server, routes)
}

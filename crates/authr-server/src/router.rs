//! The one table of routes.

use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post};

use crate::Server;
use crate::edge;
use crate::error::ApiError;
use crate::site;

/// Every path that the server answers, behind the limits that hold for all.
pub fn router(server: Arc<Server>) -> Router {
    let routes = Router::new()
        // Sites, with an API key. Body: limits.body_bytes.
        .route("/protected/json/users/new", post(site::new_user))
        .route("/protected/json/users/{id}/status", get(site::user_status))
        .route("/protected/json/users/{id}/delete", post(site::remove_user))
        .route("/protected/json/users/delete/{id}", post(site::remove_user))
        .route("/protected/json/users/{id}/remove", post(site::remove_user))
        .route("/protected/json/verify/{token}/{id}", get(site::verify))
        .route("/protected/json/sms/{id}", get(site::send_sms))
        .route("/protected/json/call/{id}", get(site::send_call))
        .fallback(async || ApiError::no_such_url())
        .method_not_allowed_fallback(async || ApiError::no_such_url())
        .with_state(Arc::clone(&server));
    edge::guarded(server, routes)
}

//! Who the server is, and where a registration stands.

use std::sync::Arc;

use authr_api::append::LockerSet;
use authr_api::registration::{
    Flow, LockerTerms, PROTOCOL_VERSION, ProvenUser, RegistrationStatus, ServerInfo, State,
};
use axum::extract::State as Shared;
use axum::response::Response;

use super::signed::seconds;
use crate::Server;
use crate::domain::Fault;
use crate::keys::Column;
use crate::site::answer;
use crate::storage::{Locker, Registration, UnixSeconds, UserId};

pub(crate) async fn server_info(Shared(server): Shared<Arc<Server>>) -> Response {
    answer::ok(&ServerInfo {
        server: *server.identity.id(),
        sealing_key: server.identity.sealing_key().into(),
        time: seconds(server.clock.now()),
        protocol: PROTOCOL_VERSION,
        software: concat!("authr-server ", env!("CARGO_PKG_VERSION")).to_owned(),
    })
}

/// The status of a registration. Of its user nothing is told before the number is proven.
pub(super) fn of(
    server: &Server,
    registration: &Registration,
    now: UnixSeconds,
) -> Result<RegistrationStatus, Fault> {
    let state = registration.state_at(now);
    let proven = match (state, registration.user, registration.flow) {
        // Not once it is active: a device that is removed later still has the request's key.
        (State::Pending | State::Proven, Some(user), Some(flow)) => Some(ProvenUser {
            user,
            flow,
            applications: registration.applications.clone(),
            locker: terms(server, registration, now)?,
        }),
        _ => None,
    };
    Ok(RegistrationStatus {
        registration: registration.registration,
        state,
        expires_at: seconds(registration.expires_at),
        tries_left: registration.code_tries_left(),
        proven,
        device: registration.device,
    })
}

/// How to ask the locker.
fn terms(
    server: &Server,
    registration: &Registration,
    now: UnixSeconds,
) -> Result<Option<LockerTerms>, Fault> {
    let (Some(user), Some(locker), Some(Flow::Restore)) =
        (registration.user, &registration.locker, registration.flow)
    else {
        return Ok(None);
    };
    let set = locker_set(server, user, locker)?;
    Ok(Some(LockerTerms {
        version: set.version,
        salt: set.salt,
        memory_kib: set.params.memory_kib,
        passes: set.params.passes,
        lanes: set.params.lanes,
        tries_left: registration.locker_tries_left(),
        opens_at: locker.opens_at(now).map(seconds),
    }))
}

/// What a locker holds.
pub(super) fn locker_set(
    server: &Server,
    user: UserId,
    locker: &Locker,
) -> Result<LockerSet, Fault> {
    let content = server.keys.open(Column::Locker, &user.0, &locker.content)?;
    let set = LockerSet::decode(&content).map_err(|_| Fault::Content("locker"))?;
    if set.version != locker.version {
        return Err(Fault::Content("locker"));
    }
    Ok(set)
}

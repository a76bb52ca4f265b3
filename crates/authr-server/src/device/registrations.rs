//! Registrations: requested, sent again, looked at, proven, cancelled.

use std::sync::Arc;

use authr_api::error::ErrorCode;
use authr_api::id::RegistrationId;
use authr_api::registration::{
    Channel, NewRegistration, PHONE_BYTES, PROVEN_SECONDS, Prove, Requested, Resend,
};
use authr_crypto::derive::Info;
use authr_crypto::seal;
use axum::extract::Path;
use axum::response::Response;
use zeroize::Zeroizing;

use super::answer::{counted, done, respond};
use super::error::DeviceError;
use super::signed::{Signed, registration, seconds};
use super::status;
use crate::Server;
use crate::domain::phone::{Phone, Reach};
use crate::domain::registration::{self, Drawn};
use crate::domain::{Fault, accounts};
use crate::keys::Column;
use crate::storage::{
    self, Denied, Index, Proof, Registration, Respond, SendHistory, Tried, UserId,
};

/// Asks for a code. What is done and answered does not depend on whether the number is known.
pub(crate) async fn request(call: Signed) -> Result<Response, DeviceError> {
    let answer = call
        .changes(async {
            let server = &call.server;
            let asked: NewRegistration = call.json()?;
            if asked.signing_key.verifying() != call.request_key()? {
                return Err(ErrorCode::BadRequest.into());
            }
            let phone = reachable(server, &asked)?;
            let id = RegistrationId(server.random.bytes());
            let letters = registration::draw_letters(server.random.as_ref());
            let network = Some(registration::network_index(server, call.client));
            let Drawn { code, message } =
                registration::draw(server, id, &phone, &letters, asked.via, network);
            let new = storage::NewRegistration {
                registration: id,
                signing: asked.signing_key.verifying(),
                sealing: asked.sealing_key.sealing(),
                phone: accounts::phone_index(server, &phone),
                phone_sealed: sealed_phone(server, &phone, Column::RegistrationPhone, &id.0),
                letters: letters.clone(),
                code,
            };
            let rule = registration::rule(server, network, call.now());
            let answer = requested(&call, id, letters, asked.via, code.expires_at, network);
            let storage = &server.storage;
            let change = call.change()?;
            Ok(storage
                .request_registration(change, new, message, rule, answer)
                .await?)
        })
        .await;
    call.server.wake_sender();
    answer
}

/// The number that a code is sent to, and a key that answers can be sealed to.
fn reachable(server: &Server, asked: &NewRegistration) -> Result<Phone, DeviceError> {
    let sealing = asked.sealing_key.sealing();
    let info = Info::new("authr/1/server/trial");
    seal::seal(&sealing, &info, &[], &[], server.random.as_ref())
        .map_err(|_| ErrorCode::BadRequest)?;
    let phone = Phone::international(&asked.phone)
        .ok()
        .filter(|phone| phone.e164() == asked.phone && asked.phone.len() <= PHONE_BYTES)
        .filter(|phone| phone.reach() == Reach::Mobile)
        .ok_or(ErrorCode::BadPhone)?;
    if !server.config.messages.allows(phone.region()) {
        return Err(ErrorCode::CountryNotAllowed.into());
    }
    Ok(phone)
}

/// The answer to a request and to a resend, once the message is on its way.
fn requested(
    call: &Signed,
    registration: RegistrationId,
    letters: String,
    via: Channel,
    expires_at: i64,
    network: Option<Index>,
) -> Respond<SendHistory> {
    let (server, now) = (Arc::clone(&call.server), call.now());
    respond(move |history: SendHistory| {
        let limits = &server.config.messages.registration;
        done(&Requested {
            registration,
            letters,
            via,
            expires_at: seconds(expires_at),
            resend_at: seconds(limits.next(history.number, network, now)),
        })
    })
}

pub(crate) async fn resend(Path(id): Path<String>, call: Signed) -> Result<Response, DeviceError> {
    let answer = call
        .changes(async {
            let server = &call.server;
            let Resend { via } = call.json()?;
            let found = own(&call, &id).await?;
            let phone = phone_of(server, &found)?;
            let network = Some(registration::network_index(server, call.client));
            let Drawn { code, message } = registration::draw(
                server,
                found.registration,
                &phone,
                &found.letters,
                via,
                network,
            );
            let rule = registration::rule(server, network, call.now());
            let id = found.registration;
            let answer = requested(&call, id, found.letters, via, code.expires_at, network);
            let storage = &server.storage;
            let change = call.change()?;
            Ok(storage
                .resend_registration(change, id, code, message, rule, answer)
                .await?)
        })
        .await;
    call.server.wake_sender();
    answer
}

pub(crate) async fn status(Path(id): Path<String>, call: Signed) -> Result<Response, DeviceError> {
    call.reads(async {
        call.bare()?;
        let found = own(&call, &id).await?;
        Ok(status::of(&call.server, &found, call.now())?)
    })
    .await
}

pub(crate) async fn cancel(Path(id): Path<String>, call: Signed) -> Result<Response, DeviceError> {
    call.changes(async {
        call.bare()?;
        call.request_key()?;
        let (server, now) = (Arc::clone(&call.server), call.now());
        let answer = respond(move |found: Registration| done(&status::of(&server, &found, now)?));
        let storage = &call.server.storage;
        let change = call.change()?;
        Ok(storage
            .cancel_registration(change, registration(&id)?, answer)
            .await?)
    })
    .await
}

pub(crate) async fn prove(Path(id): Path<String>, call: Signed) -> Result<Response, DeviceError> {
    call.changes(async {
        let server = &call.server;
        let typed: Prove = call.sealed()?;
        let found = own(&call, &id).await?;
        let phone = phone_of(server, &found)?;
        let user = UserId(server.random.bytes());
        let proof = Proof {
            registration: found.registration,
            code_mac: registration::code_mac(server, found.registration, typed.code()),
            user,
            phone_sealed: sealed_phone(server, &phone, Column::Phone, &user.0),
            proven_until: call.now() + i64::try_from(PROVEN_SECONDS).unwrap_or(i64::MAX),
        };
        let (shared, now) = (Arc::clone(server), call.now());
        let answer = respond(move |tried: Tried| match tried {
            Tried::Right(found) => done(&status::of(&shared, &found, now)?),
            Tried::Wrong { tries_left } => counted(Denied {
                tries_left: Some(tries_left),
                ..ErrorCode::WrongCode.into()
            }),
        });
        let storage = &server.storage;
        let change = call.change()?;
        Ok(storage.prove_registration(change, proof, answer).await?)
    })
    .await
}

/// The signer's own registration.
pub(super) async fn own(call: &Signed, id: &str) -> Result<Registration, DeviceError> {
    let key = call.request_key()?;
    let found = call.server.storage.registration(registration(id)?).await?;
    found
        .filter(|found| found.signing == key)
        .ok_or_else(|| ErrorCode::NotFound.into())
}

fn sealed_phone(server: &Server, phone: &Phone, column: Column, row: &[u8]) -> storage::Sealed {
    let bytes = Zeroizing::new(phone.e164().as_bytes().to_vec());
    server.keys.seal(column, row, bytes, server.random.as_ref())
}

fn phone_of(server: &Server, found: &Registration) -> Result<Phone, Fault> {
    let row = &found.registration.0;
    let opened = (server.keys).open(Column::RegistrationPhone, row, &found.phone_sealed)?;
    let text = std::str::from_utf8(&opened).ok();
    text.and_then(|text| Phone::international(text).ok())
        .ok_or(Fault::Content("phone"))
}

//! From a number to a proven request.

use std::sync::Arc;

use authr_api::error::ErrorCode;
use authr_api::id::PublicKey;
use authr_api::path;
use authr_api::registration::{
    Channel, Flow, NewRegistration, RegistrationStatus, Requested, Resend, State,
};
use authr_api::signature::Method;

use crate::person::*;
use crate::running::{Reply, Running};

/// A code that is not this one.
fn wrong(code: &str) -> String {
    let last = if code.ends_with('0') { "1" } else { "0" };
    format!("{}{last}", &code[..6])
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_known_number_is_answered_like_any_other_until_it_is_proven() {
    let running = Running::start().await;
    running.site_user(PHONE).await;
    Device::first(&running, PHONE).await;
    running.clock.advance(7200);
    let known = Request::new(&running, PHONE).await;
    let unknown = Request::new(&running, "+12015550177").await;
    let shape = |asked: &Requested| {
        assert_eq!(asked.letters.len(), 2);
        (asked.via, asked.expires_at, asked.resend_at)
    };
    assert_eq!(shape(&known.asked), shape(&unknown.asked));
    assert_eq!(known.asked.expires_at, running.now() + 600);
    assert_eq!(known.asked.resend_at, running.now() + 30);
    for request in [&known, &unknown] {
        let status = request.status().await;
        assert_eq!((status.state, status.tries_left), (State::Requested, 5));
        assert!(status.proven.is_none() && status.device.is_none());
    }
    let mut messages = [running.message().await, running.message().await];
    messages.sort();
    let [(to, text), (_, other)] = &messages;
    assert_eq!((to.as_str(), text.len()), (PHONE, other.len()));
    // Registering it again ends in the hint to restore, and only once the number is proven.
    let status: RegistrationStatus = known.prove(&text[..7]).await.json();
    let proven = status.proven.unwrap();
    assert_eq!((status.state, proven.flow), (State::Pending, Flow::Restore));
    let joining = Joining::first(&running, proven.user);
    let finish = known.finish(copy(&joining.append)).await;
    assert_eq!(finish.code(), ErrorCode::WrongState);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_no_code_can_be_sent_to_is_refused_at_once() {
    let running = Running::with(|config| {
        config.messages.allowed_countries = Some(vec!["US".into(), "DE".into()]);
    })
    .await;
    let asked = async |change: &dyn Fn(&mut NewRegistration)| {
        let keys = Keys::new();
        let mut new = ask(&keys, PHONE);
        change(&mut new);
        let draft = Request::draft_of(&running, &keys, &new);
        draft.send(&running, &keys.signer).await
    };
    let phone = async |phone: &str| asked(&|new| new.phone = phone.into()).await.code();
    for text in [
        "",
        "hello",
        "+1 201 555 0123",
        "12015550123",
        "+1201555012",
        "+12015550123012345678",
        "+49301234567",
    ] {
        assert_eq!(phone(text).await, ErrorCode::BadPhone, "{text}");
    }
    assert_eq!(phone("+447400123456").await, ErrorCode::CountryNotAllowed);
    // Another's key, and a key that nothing can be sealed to.
    let other = Keys::new().signer.verifying_key();
    let signer = asked(&|new| new.signing_key = other.into()).await;
    assert_eq!(signer.code(), ErrorCode::BadRequest);
    let low = asked(&|new| new.sealing_key = PublicKey([0; 32])).await;
    assert_eq!(low.code(), ErrorCode::BadRequest);
    let keys = Keys::new();
    for body in [
        r#"{"phone":"+12015550123","via":"device"}"#.to_owned(),
        serde_json::to_string(&ask(&keys, PHONE))
            .unwrap()
            .replace("\"sms\"", "\"device\""),
    ] {
        let mut draft = Request::draft_of(&running, &keys, &());
        draft.body = body.into_bytes();
        let reply = draft.send(&running, &keys.signer).await;
        assert_eq!(reply.code(), ErrorCode::BadRequest);
    }
    assert_eq!(asked(&|_| ()).await.status, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_fifth_wrong_code_ends_a_request_whatever_was_sent_meanwhile() {
    let running = Running::start().await;
    let request = Request::new(&running, PHONE).await;
    let first = running.code().await;
    let refused = request.prove(&wrong(&first)).await.refusal();
    assert_eq!(
        (refused.code, refused.tries_left),
        (ErrorCode::WrongCode, Some(4))
    );
    // The same try again, after an answer that was lost, is no other try.
    let draft = request.prove_draft(&wrong(&first));
    let refused = request.send(&draft).await;
    assert_eq!(refused.refusal().tries_left, Some(3));
    let again = request.send(&draft.again(&running)).await;
    assert_eq!((again.status, &again.body), (403, &refused.body));

    running.clock.advance(30);
    let mut resend = request.draft(Method::Post, path::RESEND);
    resend.body = serde_json::to_vec(&Resend { via: Channel::Call }).unwrap();
    let asked: Requested = request.send(&resend).await.json();
    assert_eq!(
        (asked.registration, &asked.letters),
        (request.id, &request.asked.letters)
    );
    assert_eq!(
        (asked.via, asked.expires_at),
        (Channel::Call, running.now() + 600)
    );
    let second = running.code().await;
    // The code before is dead, and counts as wrong.
    if first != second {
        assert_eq!(request.prove(&first).await.refusal().tries_left, Some(2));
    }
    while request.status().await.tries_left > 1 {
        request.prove(&wrong(&second)).await.refusal();
    }
    assert_eq!(
        request.prove(&wrong(&second)).await.refusal().tries_left,
        Some(0)
    );
    assert_eq!(request.prove(&second).await.code(), ErrorCode::Expired);
    assert_eq!(request.status().await.state, State::Expired);
    running.clock.advance(120);
    assert_eq!(
        request.send(&resend_anew(&request)).await.code(),
        ErrorCode::Expired
    );
}

fn resend_anew(request: &Request) -> crate::running::Draft {
    let mut resend = request.draft(Method::Post, path::RESEND);
    resend.body = serde_json::to_vec(&Resend { via: Channel::Sms }).unwrap();
    resend
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_code_dies_after_ten_minutes_and_a_proof_after_sixty() {
    let running = Running::start().await;
    let request = Request::new(&running, PHONE).await;
    let code = running.code().await;
    running.clock.advance(600);
    assert_eq!(request.prove(&code).await.code(), ErrorCode::Expired);

    running.clock.advance(600);
    let request = Request::new(&running, PHONE).await;
    let code = running.code().await;
    running.clock.advance(599);
    let status: RegistrationStatus = request.prove(&code).await.json();
    assert_eq!(status.expires_at, running.now() + 3600);
    running.clock.advance(3599);
    // The right code again is no try, and begins nothing anew.
    let again: RegistrationStatus = request.prove(&code).await.json();
    assert_eq!(
        (again.state, again.expires_at),
        (State::Proven, status.expires_at)
    );
    running.clock.advance(1);
    assert_eq!(request.status().await.state, State::Expired);
    let joining = Joining::first(&running, status.proven.unwrap().user);
    assert_eq!(
        request.finish(joining.append).await.code(),
        ErrorCode::Expired
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_proven_request_ends_the_proven_one_before_and_a_mere_request_ends_nothing() {
    let running = Running::start().await;
    let (first, before) = Request::proven(&running, PHONE).await;
    running.clock.advance(1200);
    let second = Request::new(&running, PHONE).await;
    let code = running.code().await;
    assert_eq!(first.status().await.state, State::Proven);
    let status: RegistrationStatus = second.prove(&code).await.json();
    assert_eq!(first.status().await.state, State::Cancelled);
    let user = status.proven.unwrap().user;
    assert_eq!(before.proven.unwrap().user, user);
    let joining = Joining::first(&running, user);
    assert_eq!(
        first.finish(copy(&joining.append)).await.code(),
        ErrorCode::WrongState
    );

    let cancelled: RegistrationStatus = {
        let draft = second.draft(Method::Delete, path::REGISTRATION);
        second.send(&draft).await.json()
    };
    assert_eq!(cancelled.state, State::Cancelled);
    assert!(cancelled.proven.is_none());
    let draft = second.draft(Method::Delete, path::REGISTRATION);
    assert_eq!(second.send(&draft).await.code(), ErrorCode::WrongState);
    assert_eq!(second.prove(&code).await.code(), ErrorCode::WrongState);
    assert_eq!(
        second.finish(joining.append).await.code(),
        ErrorCode::WrongState
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_fifty_finishes_at_once_one_makes_a_device() {
    let running = Running::start().await;
    let (request, status) = Request::proven(&running, PHONE).await;
    let request = Arc::new(request);
    let user = status.proven.unwrap().user;
    let finishes: Vec<_> = (0..20)
        .map(|_| {
            let (request, running) = (Arc::clone(&request), Arc::clone(&running));
            tokio::spawn(async move {
                let joining = Joining::first(&running, user);
                request.finish(joining.append).await
            })
        })
        .collect();
    let mut replies: Vec<Reply> = Vec::new();
    for finish in finishes {
        replies.push(finish.await.unwrap());
    }
    let (made, refused): (Vec<_>, Vec<_>) = replies.iter().partition(|reply| reply.status == 200);
    assert_eq!(made.len(), 1);
    for reply in refused {
        let code = reply.code();
        let named = [ErrorCode::WrongState, ErrorCode::AlreadyRegistered].contains(&code);
        assert!(named, "{code:?}");
    }
    assert_eq!(running.storage.active_devices(user).await.unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_finish_that_is_sent_again_gets_the_first_answer_and_another_one_is_refused() {
    let running = Running::start().await;
    running.site_user(PHONE).await;
    let (request, status) = Request::proven(&running, PHONE).await;
    let user = status.proven.unwrap().user;
    let joining = Joining::first(&running, user);
    let draft = request.finish_draft(copy(&joining.append));
    let first = request.send(&draft).await;
    assert_eq!(request.send(&draft).await.code(), ErrorCode::Replay);
    running.clock.advance(3600);
    let again = request.send(&draft.again(&running)).await;
    assert_eq!((first.status, &first.body), (200, &again.body));
    let second = Joining::first(&running, user);
    assert_eq!(
        request.finish(second.append).await.code(),
        ErrorCode::WrongState
    );
    let status = request.status().await;
    assert_eq!(
        (status.state, status.device),
        (State::Active, Some(joining.keys.device()))
    );
    let device = joining.joined(&running, &first);
    assert_eq!(device.accounts.len(), 1);
}

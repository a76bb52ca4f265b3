//! Requests: who signed what, when, and once.

use std::sync::Arc;

use authr_api::error::ErrorCode;
use authr_api::id::{DeviceId, IdempotencyKey, Nonce};
use authr_api::path;
use authr_api::registration::{Channel, Resend};
use authr_api::signature::{KeyId, Method};
use authr_api::sync::Status;

use crate::person::*;
use crate::running::{Draft, Running, plain, random};

/// A draft sent with its headers changed by hand.
async fn tampered(
    running: &Running,
    draft: &Draft,
    keys: &Keys,
    change: impl Fn(&'static str, String) -> Option<String>,
) -> ErrorCode {
    let headers: Vec<_> = draft
        .headers(&running.authority(), &keys.signer)
        .into_iter()
        .filter_map(|(name, value)| Some((name, change(name, value)?)))
        .collect();
    let method = draft.method.as_str();
    let target = draft.target();
    let reply = plain(running.address, method, &target, &headers, &draft.body).await;
    reply.code()
}

/// A device with a push that would be taken as it is signed.
async fn signed_push(running: &Arc<Running>) -> (Device, Draft) {
    let device = Device::first(running, PHONE).await;
    let record = device.record(1, device.chain, "seed");
    let draft = device.push_draft(&[(0, &record)]);
    (device, draft)
}

/// Nothing came of what was changed, and the request as it was signed is taken.
async fn taken_as_signed(device: &Device, draft: &Draft) {
    let status: Status = device.get(path::STATUS).await.json();
    assert_eq!(status.revision, 0);
    let reply = device.send(&draft.again(&device.running)).await;
    assert_eq!(reply.status, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_method_path_query_body_or_authority_is_refused() {
    let running = Running::start().await;
    let (device, draft) = signed_push(&running).await;
    let signer = &device.keys.signer;
    let headers = draft.headers(&running.authority(), signer);
    let send = async |method: &str, target: &str, body: &[u8]| {
        let reply = plain(running.address, method, target, &headers, body);
        reply.await.code()
    };
    let body = draft.body.as_slice();
    let moved = send("POST", path::LIST, body).await;
    assert_eq!(moved, ErrorCode::BadSignature);
    let asked = send("POST", "/v1/records?x", body).await;
    assert_eq!(asked, ErrorCode::BadSignature);
    let longer = send("POST", path::RECORDS, &[body, b" "].concat()).await;
    assert_eq!(longer, ErrorCode::BadDigest);
    let shorter = send("POST", path::RECORDS, b"").await;
    assert_eq!(shorter, ErrorCode::BadDigest);
    let deletes = send("DELETE", path::RECORDS, body).await;
    assert_eq!(deletes, ErrorCode::MethodNotAllowed);
    // A deletion under what was signed for a change, and a change under what was signed for a read.
    let request = Request::new(&running, "+12015550124").await;
    let empty = request.draft(Method::Post, path::PROVE);
    let headers = empty.headers(&running.authority(), &request.keys.signer);
    let target = path::of(path::REGISTRATION, &request.id);
    let reply = plain(running.address, "DELETE", &target, &headers, b"").await;
    assert_eq!(reply.code(), ErrorCode::BadSignature);
    let read = device.draft(Method::Get, path::STATUS);
    let headers = read.headers(&running.authority(), signer);
    let reply = plain(running.address, "POST", path::LIST, &headers, b"").await;
    assert_eq!(reply.code(), ErrorCode::BadProfile);
    // Signed for another server; the Host header of every request here says `elsewhere`.
    for authority in ["elsewhere", "127.0.0.1", ""] {
        let headers = draft.again(&running).headers(authority, signer);
        let reply = plain(running.address, "POST", path::RECORDS, &headers, body).await;
        assert_eq!(reply.code(), ErrorCode::BadSignature, "{authority}");
    }
    taken_as_signed(&device, &draft).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_header_that_is_missing_doubled_or_spelled_otherwise_is_refused() {
    let running = Running::start().await;
    let (device, draft) = signed_push(&running).await;
    let refused = async |change: &dyn Fn(&'static str, String) -> Option<String>| {
        tampered(&running, &draft.again(&running), &device.keys, change).await
    };
    for header in [
        "content-digest",
        "idempotency-key",
        "signature-input",
        "signature",
    ] {
        let lost = refused(&|name, value| (name != header).then_some(value)).await;
        assert_eq!(lost, ErrorCode::BadProfile, "{header}");
        let double = |name: &'static str, value: String| {
            Some(if name == header {
                format!("{value}\r\n{name}: {value}")
            } else {
                value
            })
        };
        assert_eq!(refused(&double).await, ErrorCode::BadProfile, "{header}");
    }
    for (from, to) in [
        ("ed25519", "rsa-v1_5-sha256"),
        ("authr-1", "authr-2"),
        ("\"@path\" ", ""),
        ("\"@method\" \"@authority\"", "\"@authority\" \"@method\""),
        ("authr=", "other="),
        (";created=", "; created="),
    ] {
        let spell = |name: &'static str, value: String| {
            Some(if name == "signature-input" {
                value.replacen(from, to, 1)
            } else {
                value
            })
        };
        assert_eq!(refused(&spell).await, ErrorCode::BadProfile, "{from}");
    }
    taken_as_signed(&device, &draft).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_created_nonce_idempotency_key_or_signer_than_was_signed_is_refused() {
    let running = Running::start().await;
    let (device, draft) = signed_push(&running).await;
    let other = Device::first(&running, "+12015550124").await;
    let signer = &device.keys.signer;
    let changes: [&dyn Fn(&mut Draft); 4] = [
        &|draft| draft.claim.created += 1,
        &|draft| draft.claim.nonce = Nonce(random()),
        &|draft| draft.claim.idempotency_key = Some(IdempotencyKey(random())),
        &|draft| draft.claim.key_id = other.key_id(),
    ];
    for (at, change) in changes.iter().enumerate() {
        let mut changed = draft.again(&running);
        let signed = changed.headers(&running.authority(), signer);
        change(&mut changed);
        // What is claimed now, under the signature of before.
        let mut claimed = changed.headers(&running.authority(), signer);
        assert_eq!(claimed[3].0, "signature");
        claimed[3] = signed[3].clone();
        let reply = plain(
            running.address,
            "POST",
            path::RECORDS,
            &claimed,
            &draft.body,
        );
        assert_eq!(reply.await.code(), ErrorCode::BadSignature, "{at}");
    }
    taken_as_signed(&device, &draft).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_character_of_the_signature_counts() {
    let running = Running::start().await;
    let (device, draft) = signed_push(&running).await;
    // After `authr=:` come 86 characters; the last one carries bits that must be zero.
    for at in 7..93 {
        let flip = |name: &'static str, value: String| {
            if name != "signature" {
                return Some(value);
            }
            let mut bytes = value.into_bytes();
            bytes[at] = if bytes[at] == b'A' { b'Q' } else { b'A' };
            String::from_utf8(bytes).ok()
        };
        let again = draft.again(&running);
        let code = tampered(&running, &again, &device.keys, flip).await;
        assert_eq!(code, ErrorCode::BadSignature, "{at}");
    }
    taken_as_signed(&device, &draft).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_that_is_not_on_the_list_and_a_request_key_read_nothing_of_a_user() {
    let running = Running::start().await;
    let device = Device::first(&running, PHONE).await;
    let stranger = Keys::new();
    let nobody = Draft::new(
        &running,
        KeyId::Device(stranger.device()),
        Method::Get,
        path::STATUS,
    );
    assert_eq!(
        nobody.send(&running, &stranger.signer).await.code(),
        ErrorCode::UnknownKey
    );
    // Another key under the device's id.
    let posing = Draft::new(&running, device.key_id(), Method::Get, path::STATUS);
    assert_eq!(
        posing.send(&running, &stranger.signer).await.code(),
        ErrorCode::BadSignature
    );
    let unasked = Draft::new(&running, stranger.request_id(), Method::Get, path::STATUS);
    assert_eq!(
        unasked.send(&running, &stranger.signer).await.code(),
        ErrorCode::UnknownKey
    );

    running.clock.advance(1200);
    let request = Request::new(&running, PHONE).await;
    for target in [
        path::STATUS,
        path::DEVICES,
        path::LOCKER,
        path::ACCOUNTS,
        "/v1/list?after=0",
        "/v1/records?after=0",
    ] {
        let reply = request.send(&request.draft(Method::Get, target)).await;
        assert_eq!(reply.code(), ErrorCode::WrongState, "{target}");
    }
    // A device, or another request, asks for a registration that is not its own.
    let target = path::of(path::REGISTRATION, &request.id);
    assert_eq!(device.get(&target).await.code(), ErrorCode::NotFound);
    running.clock.advance(1200);
    let other = Request::new(&running, PHONE).await;
    let reply = other.send(&other.draft(Method::Get, &target)).await;
    assert_eq!(reply.code(), ErrorCode::NotFound);
    let cancel = other.draft(Method::Delete, &target);
    assert_eq!(other.send(&cancel).await.code(), ErrorCode::NotFound);
    let ghost = path::of(path::REGISTRATION, &authr_api::id::RegistrationId([9; 16]));
    assert_eq!(
        other.send(&other.draft(Method::Get, &ghost)).await.code(),
        ErrorCode::NotFound
    );
    let badly = other.draft(Method::Get, "/v1/registrations/short");
    assert_eq!(other.send(&badly).await.code(), ErrorCode::NotFound);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_nonce_is_taken_once_also_by_a_request_that_was_refused() {
    let running = Running::start().await;
    let mut device = Device::first(&running, PHONE).await;
    let read = device.draft(Method::Get, path::STATUS);
    assert_eq!(device.send(&read).await.status, 200);
    assert_eq!(device.send(&read).await.code(), ErrorCode::Replay);
    // Refused in the transaction, and before it.
    let stale = device.record(1, device.chain, "one");
    device.write(1, 0, "two").await;
    let used = device.push_draft(&[(0, &stale)]);
    assert_eq!(device.send(&used).await.code(), ErrorCode::SequenceUsed);
    assert_eq!(device.send(&used).await.code(), ErrorCode::Replay);
    let mut malformed = device.draft(Method::Post, path::RECORDS);
    malformed.body = b"{}".to_vec();
    assert_eq!(device.send(&malformed).await.code(), ErrorCode::BadRequest);
    assert_eq!(device.send(&malformed).await.code(), ErrorCode::Replay);
    // An hour later the request is too old, whatever is remembered.
    running.clock.advance(3600);
    let late = device.send(&read).await.refusal();
    assert_eq!(
        (late.code, late.server_time),
        (ErrorCode::ClockSkew, Some(running.now()))
    );
    let mut again = read.again(&running);
    again.claim.created = late.server_time.unwrap() + 60;
    assert_eq!(device.send(&again).await.status, 200);
    let mut early = read.again(&running);
    early.claim.created += 61;
    assert_eq!(device.send(&early).await.code(), ErrorCode::ClockSkew);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_fifty_sends_of_one_request_one_is_taken() {
    let running = Running::start().await;
    let device = Arc::new(Device::first(&running, PHONE).await);
    let record = device.record(1, device.chain, "seed");
    let draft = Arc::new(device.push_draft(&[(0, &record)]));
    let sends: Vec<_> = (0..50)
        .map(|_| {
            let (device, draft) = (Arc::clone(&device), Arc::clone(&draft));
            tokio::spawn(async move { device.send(&draft).await.status })
        })
        .collect();
    let mut taken = 0;
    for send in sends {
        match send.await.unwrap() {
            200 => taken += 1,
            other => assert_eq!(other, 401),
        }
    }
    assert_eq!(taken, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_asked_for_again_is_answered_as_it_was_and_another_under_its_key_is_refused() {
    let running = Running::start().await;
    let keys = Keys::new();
    let draft = Request::draft_of(&running, &keys, &ask(&keys, PHONE));
    let first = draft.send(&running, &keys.signer).await;
    // The limit on messages would stop a second one, and no second message goes out.
    let again = draft.again(&running).send(&running, &keys.signer).await;
    assert_eq!((first.status, &first.body), (200, &again.body));
    running.code().await;
    running.clock.advance(3600);
    let late = draft.again(&running).send(&running, &keys.signer).await;
    assert_eq!(first.body, late.body);

    let mut other = draft.again(&running);
    let asked = authr_api::registration::NewRegistration {
        via: Channel::Call,
        ..ask(&keys, PHONE)
    };
    other.body = serde_json::to_vec(&asked).unwrap();
    let reply = other.send(&running, &keys.signer).await;
    assert_eq!(reply.code(), ErrorCode::IdempotencyReused);
    // A key belongs to its signer: the same key of another is another.
    let theirs = Keys::new();
    let mut draft = Request::draft_of(&running, &theirs, &ask(&theirs, "+12015550124"));
    draft.claim.idempotency_key = other.claim.idempotency_key;
    assert_eq!(draft.send(&running, &theirs.signer).await.status, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refusal_is_not_kept_so_that_the_same_bytes_may_succeed_later() {
    let running = Running::start().await;
    let request = Request::new(&running, PHONE).await;
    let mut resend = request.draft(Method::Post, path::RESEND);
    resend.body = serde_json::to_vec(&Resend { via: Channel::Sms }).unwrap();
    let refused = request.send(&resend).await.refusal();
    assert_eq!(
        (refused.code, refused.retry_after),
        (ErrorCode::RateLimited, Some(30))
    );
    running.clock.advance(30);
    assert_eq!(request.send(&resend.again(&running)).await.status, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_no_call_is_refused_by_its_name() {
    let running = Running::start().await;
    let device = Device::first(&running, PHONE).await;
    let get = async |target: &str| device.get(target).await.code();
    for target in [
        "/v1/records",
        "/v1/records?after=",
        "/v1/records?after=-1",
        "/v1/records?after=1&x=1",
        "/v1/list?after=x",
        "/v1/status?x",
        "/v1/records?after=99999999999999999999",
    ] {
        assert_eq!(get(target).await, ErrorCode::BadRequest, "{target}");
    }
    assert_eq!(
        device
            .get("/v1/records?after=18446744073709551615")
            .await
            .status,
        200
    );
    assert_eq!(get("/v1/elsewhere").await, ErrorCode::NotFound);
    let reply = plain(running.address, "PUT", path::STATUS, &[], b"").await;
    assert_eq!(reply.code(), ErrorCode::MethodNotAllowed);
    let reply = plain(running.address, "GET", path::STATUS, &[], b"").await;
    assert_eq!(reply.code(), ErrorCode::BadProfile);

    let post = async |target: &str, body: &[u8]| {
        let mut draft = device.draft(Method::Post, target);
        draft.body = body.to_vec();
        device.send(&draft).await.code()
    };
    assert_eq!(post(path::LIST, b"").await, ErrorCode::BadRequest);
    assert_eq!(
        post(path::LIST, br#"{"sealed":"AA=="}"#).await,
        ErrorCode::BadRequest
    );
    assert_eq!(
        post(path::LIST, br#"{"sealed":"AAAA","more":1}"#).await,
        ErrorCode::BadRequest
    );
    assert_eq!(
        post(path::LIST, br#"{"sealed":"AAAA"}"#).await,
        ErrorCode::BadSeal
    );
    let long = format!(r#"{{"sealed":"{}"}}"#, "A".repeat(4 * (64 * 1024 / 3 + 2)));
    assert_eq!(post(path::LIST, long.as_bytes()).await, ErrorCode::TooLarge);
    let longer = vec![b' '; path::BODY_BYTES + 1];
    assert_eq!(post(path::LIST, &longer).await, ErrorCode::TooLarge);
    let nested = "[".repeat(100_000);
    assert_eq!(
        post(path::RECORDS, nested.as_bytes()).await,
        ErrorCode::BadRequest
    );

    // What is sealed for another call, or by another signer, does not open.
    let request = Request::new(&running, "+12015550124").await;
    let mut moved = request.prove_draft("1234567");
    moved.path = path::of(path::OPEN, &request.id);
    assert_eq!(request.send(&moved).await.code(), ErrorCode::BadSeal);
    let other = Request::new(&running, "+12015550125").await;
    let mut moved = other.draft(Method::Post, path::PROVE);
    moved.body = request.prove_draft("1234567").body;
    assert_eq!(other.send(&moved).await.code(), ErrorCode::BadSeal);
    let unknown = DeviceId([9; 16]);
    assert!(running.storage.device(unknown).await.unwrap().is_none());
}

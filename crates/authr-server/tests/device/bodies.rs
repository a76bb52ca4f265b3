//! Bodies: what is not wanted is refused while it is still on its way.

use std::time::Duration;

use authr_api::error::ErrorCode;
use authr_api::id::DeviceId;
use authr_api::path;
use authr_api::signature::{KeyId, Method};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::person::*;
use crate::running::{Draft, Running, plain};

/// The answer to a head that announces a body of which nothing ever comes.
async fn answer_to_head(
    running: &Running,
    method: &str,
    target: &str,
    headers: &[(&'static str, String)],
    length: usize,
) -> String {
    let mut head = format!("{method} {target} HTTP/1.1\r\nhost: x\r\ncontent-length: {length}\r\n");
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str("\r\n");
    let mut stream = TcpStream::connect(running.address).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = String::new();
    let read = tokio::time::timeout(Duration::from_secs(5), stream.read_to_string(&mut answer));
    read.await.expect("an answer before the body").unwrap();
    answer
}

#[track_caller]
fn says(answer: &str, code: ErrorCode) {
    assert!(
        answer.contains(&format!(r#""code":"{}""#, code.as_str())),
        "{answer}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_has_not_signed_is_refused_before_the_body() {
    let running = Running::start().await;
    for (method, target) in [
        ("POST", path::RECORDS),
        ("GET", path::STATUS),
        ("POST", path::LIST),
    ] {
        let answer = answer_to_head(&running, method, target, &[], path::PUSH_BODY_BYTES).await;
        says(&answer, ErrorCode::BadProfile);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_reads_or_deletes_has_no_body() {
    let running = Running::start().await;
    let device = Device::first(&running, PHONE).await;
    let signer = &device.keys.signer;
    let read = device.draft(Method::Get, path::STATUS);
    let headers = read.headers(&running.authority(), signer);
    let answer = answer_to_head(&running, "GET", path::STATUS, &headers, path::BODY_BYTES).await;
    says(&answer, ErrorCode::BadRequest);
    let mut read = device.draft(Method::Get, path::STATUS);
    read.body = b"x".to_vec();
    assert_eq!(device.send(&read).await.code(), ErrorCode::BadRequest);
    let request = Request::new(&running, "+12015550124").await;
    let mut delete = request.draft(Method::Delete, path::REGISTRATION);
    delete.body = b"{}".to_vec();
    assert_eq!(request.send(&delete).await.code(), ErrorCode::BadRequest);
    let without = request.draft(Method::Delete, path::REGISTRATION);
    assert_eq!(request.send(&without).await.status, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_long_push_is_taken_of_an_active_device_alone() {
    let running = Running::start().await;
    let mut device = Device::first(&running, PHONE).await;
    let mut push = device.draft(Method::Post, path::RECORDS);
    // As long as it may be, and then looked at.
    push.body = vec![b' '; path::PUSH_BODY_BYTES];
    assert_eq!(device.send(&push).await.code(), ErrorCode::BadRequest);
    let headers = push
        .again(&running)
        .headers(&running.authority(), &device.keys.signer);
    let one_more = path::PUSH_BODY_BYTES + 1;
    let answer = answer_to_head(&running, "POST", path::RECORDS, &headers, one_more).await;
    says(&answer, ErrorCode::TooLarge);

    let second = Device::restored(&running, PHONE).await;
    device.refresh().await;
    device.remove(&[(second.id(), second.chain)]).await;
    let request = Request::new(&running, "+12015550124").await;
    let unknown = KeyId::Device(DeviceId([9; 16]));
    for (by, keys, code) in [
        (unknown, &device.keys, ErrorCode::UnknownKey),
        (
            KeyId::Device(second.id()),
            &second.keys,
            ErrorCode::DeviceRemoved,
        ),
        (
            request.keys.request_id(),
            &request.keys,
            ErrorCode::WrongState,
        ),
    ] {
        let mut push = Draft::new(&running, by, Method::Post, path::RECORDS);
        push.body = vec![b' '; path::BODY_BYTES];
        assert_eq!(push.send(&running, &keys.signer).await.code(), code);
        let headers = push
            .again(&running)
            .headers(&running.authority(), &keys.signer);
        let one_more = path::BODY_BYTES + 1;
        let answer = answer_to_head(&running, "POST", path::RECORDS, &headers, one_more).await;
        says(&answer, ErrorCode::TooLarge);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn long_pushes_that_find_no_room_come_again_and_short_calls_need_none() {
    let running = Running::with(|config| config.limits.buffered_bytes = 0).await;
    let device = Device::first(&running, PHONE).await;
    let mut push = device.draft(Method::Post, path::RECORDS);
    push.body = vec![b' '; path::BODY_BYTES];
    assert_eq!(device.send(&push).await.code(), ErrorCode::BadRequest);
    push.body.push(b' ');
    let refused = device.send(&push.again(&running)).await.refusal();
    assert_eq!(
        (refused.code, refused.retry_after),
        (ErrorCode::Unavailable, Some(1))
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_path_that_is_not_utf_8_is_refused_in_the_words_of_its_api() {
    let running = Running::start().await;
    let reply = plain(running.address, "GET", "/v1/registrations/%ff", &[], b"").await;
    assert_eq!(reply.code(), ErrorCode::NotFound);
    let reply = running
        .site("GET", "/protected/json/users/%ff/status", "")
        .await;
    let text = String::from_utf8(reply.body).unwrap();
    assert!(text.contains(r#""error_code":"60005""#), "{text}");
}

//! Every limit, met and exceeded by one.

use axum::routing::get;

use super::*;

#[tokio::test]
async fn a_body_of_one_mebibyte_is_read_and_one_byte_more_is_not() {
    let site = Site::new().await;
    let most = site.server.config.limits.body_bytes;
    assert_eq!(most, 1024 * 1024);
    let start = "user[email]=a@b&user[cellphone]=2015550123&user[country_code]=1&x=";
    let body = |length: usize| format!("{start}{}", "x".repeat(length - start.len()));
    let path = "/protected/json/users/new";
    assert_eq!(site.post(path, &body(most)).await.status, 200);
    let refused = site.post(path, &body(most + 1)).await;
    assert_eq!(refused.error(), (413, "60002".into()));
}

#[tokio::test]
async fn a_body_that_has_to_name_the_key_is_short() {
    let site = Site::new().await;
    let start = format!("api_key={}&x=", site.key);
    let body = |length: usize| Body::from(format!("{start}{}", "x".repeat(length - start.len())));
    let most = authr_api::path::BODY_BYTES;
    for (length, expected) in [(most, (404, "60026")), (most + 1, (413, "60002"))] {
        let request = Request::builder().uri("/protected/json/users/1/status");
        let answer = site.send(request.body(body(length)).unwrap()).await;
        assert_eq!(answer.error(), (expected.0, expected.1.into()));
    }
}

#[tokio::test]
async fn a_long_body_that_finds_no_room_is_told_to_come_again() {
    let site = Site::with(|config| config.limits.buffered_bytes = 70_000, |_| {}).await;
    let path = "/protected/json/users/1/status";
    let body = |length: usize| format!("x={}", "x".repeat(length - 2));
    let free = authr_api::path::BODY_BYTES;
    let most = free + 70_000;
    assert_eq!(
        site.call_as(&site.key, "GET", path, &body(most))
            .await
            .status,
        404
    );
    let refused = site.call_as(&site.key, "GET", path, &body(most + 1)).await;
    assert_eq!(refused.error(), (503, "60000".into()));
    assert_eq!(refused.headers["retry-after"], "1");
    // What was held is free again.
    assert_eq!(
        site.call_as(&site.key, "GET", path, &body(most))
            .await
            .status,
        404
    );
}

#[tokio::test]
async fn a_url_of_two_kibibytes_is_read_and_one_byte_more_is_not() {
    let site = Site::new().await;
    let start = "/protected/json/users/1/status?x=";
    let url = |length: usize| format!("{start}{}", "x".repeat(length - start.len()));
    assert_eq!(site.get(&url(2048)).await.status, 404);
    assert_eq!(site.get(&url(2049)).await.error(), (414, "60002".into()));
}

#[tokio::test]
async fn headers_of_sixteen_kibibytes_are_read_and_one_byte_more_is_not() {
    let site = Site::new().await;
    let key = "x-authy-api-key".len() + 32 + 4;
    for (length, status) in [(16 * 1024, 404), (16 * 1024 + 1, 431)] {
        let value = "x".repeat(length - key - "x-long".len() - 4);
        let request = Request::builder()
            .uri("/protected/json/users/1/status")
            .header("x-authy-api-key", &site.key)
            .header("x-long", value)
            .body(Body::empty())
            .unwrap();
        assert_eq!(site.send(request).await.error().0, status);
    }
}

#[tokio::test]
async fn json_of_thirty_two_levels_is_read_and_one_more_is_not() {
    let site = Site::new().await;
    let nested = |levels: usize| {
        format!(
            r#"{{"user":{{"email":"a@b","cellphone":"2015550123","country_code":1}},"x":{}{}}}"#,
            "[".repeat(levels - 1),
            "]".repeat(levels - 1)
        )
    };
    let path = "/protected/json/users/new";
    assert_eq!(site.post(path, &nested(32)).await.status, 200);
    assert_eq!(
        site.post(path, &nested(33)).await.error(),
        (400, "60002".into())
    );
}

#[tokio::test]
async fn a_request_too_many_is_told_to_come_again() {
    let site = Site::with(|config| config.limits.in_flight = 2, |_| {}).await;
    let path = "/protected/json/users/1/status";
    let taken = site.server.in_flight.try_acquire_many(1).unwrap();
    assert_eq!(site.get(path).await.status, 404);
    let all = site.server.in_flight.try_acquire_many(1).unwrap();
    let refused = site.get(path).await;
    assert_eq!(refused.error().0, 503);
    assert_eq!(refused.headers["retry-after"], "1");
    drop((taken, all));
    assert_eq!(site.get(path).await.status, 404);
}

#[tokio::test]
async fn parameters_that_are_not_utf_8_or_not_json_are_refused() {
    let site = Site::new().await;
    let path = "/protected/json/users/new";
    assert_eq!(
        site.post(&format!("{path}?user%5Bemail%5D=%FF"), "")
            .await
            .error(),
        (400, "60005".into())
    );
    assert_eq!(
        site.post(path, r#"{"user":"#).await.error(),
        (400, "60002".into())
    );
}

#[tokio::test]
async fn a_handler_that_panics_answers_500_and_the_next_request_is_answered() {
    async fn panics() -> &'static str {
        panic!("as a bug would")
    }
    let site = Site::new().await;
    let routes = Router::new()
        .route("/v1/panics", get(panics))
        .route("/protected/panics", get(panics))
        .route("/fine", get(async || "fine"));
    let router = crate::edge::guarded(Arc::clone(&site.server), routes);
    let ask = async |path: &str| {
        let request = Request::builder().uri(path).body(Body::empty()).unwrap();
        let response = router.clone().oneshot(request).await.unwrap();
        let status = response.status().as_u16();
        let body = axum::body::to_bytes(response.into_body(), 1000).await;
        (status, String::from_utf8(body.unwrap().to_vec()).unwrap())
    };
    let (status, text) = ask("/v1/panics").await;
    assert_eq!(status, 500);
    assert!(
        text.contains(r#""code":"internal""#) && !text.contains("bug"),
        "{text}"
    );
    let (status, text) = ask("/protected/panics").await;
    assert_eq!(status, 500);
    assert!(text.contains("60000") && !text.contains("bug"), "{text}");
    assert_eq!(ask("/fine").await, (200, "fine".to_owned()));
}

#[tokio::test]
async fn a_device_is_told_of_the_same_limits_in_its_own_words() {
    let busy = Site::with(|config| config.limits.in_flight = 0, |_| {}).await;
    let answer = busy.get("/v1/server").await;
    assert_eq!(answer.status, 503);
    assert_eq!(answer.json()["code"], "unavailable");
    assert_eq!(answer.json()["retry_after"], 1);

    let site = Site::new().await;
    let answer = site.get(&format!("/v1/{}", "x".repeat(3000))).await;
    assert_eq!(
        (answer.status.as_u16(), &answer.json()["code"]),
        (413, &"too_large".into())
    );
    let answer = site.get("/v1/elsewhere").await;
    assert_eq!(
        (answer.status.as_u16(), &answer.json()["code"]),
        (404, &"not_found".into())
    );
    let answer = site.call_as("", "PUT", "/v1/server", "").await;
    let expected = (405, &"method_not_allowed".into());
    assert_eq!((answer.status.as_u16(), &answer.json()["code"]), expected);
}

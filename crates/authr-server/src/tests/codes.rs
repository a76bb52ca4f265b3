//! Codes: right once, wrong ones counted, tokens sent or not.

use super::*;
use crate::gateway::Channel;

const VALID: &str = r#"{"message":"Token is valid.","token":"is valid","success":"true"}"#;
const WRONG: (u16, &str) = (401, "60020");
const REUSED: (u16, &str) = (401, "60019");
const TOO_MANY: (u16, &str) = (429, "60003");

fn error(answer: &Answer) -> (u16, String) {
    answer.error()
}

fn is(expected: (u16, &str)) -> (u16, String) {
    (expected.0, expected.1.to_owned())
}

#[tokio::test]
async fn a_code_is_right_once() {
    let site = Site::new().await;
    let id = site.user("201-555-0123").await;
    let device = site.device(id, 7).await;
    let code = device.code_at(NOW);
    let accepted = site.verify(id, &code).await;
    assert_eq!(
        (accepted.status.as_u16(), accepted.text.as_str()),
        (200, VALID)
    );
    let again = site.verify(id, &code).await;
    assert_eq!(error(&again), is(REUSED));
    site.clock.advance(10);
    assert_eq!(site.verify(id, &device.code_at(NOW + 10)).await.text, VALID);
    assert_eq!(error(&site.verify(id, &code).await), is(REUSED));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_fifty_parallel_uses_of_one_code_one_is_accepted() {
    let site = Arc::new(Site::new().await);
    let id = site.user("201-555-0123").await;
    let code = site.device(id, 7).await.code_at(NOW);
    let uses: Vec<_> = (0..50)
        .map(|_| {
            let (site, code) = (Arc::clone(&site), code.clone());
            tokio::spawn(async move { site.verify(id, &code).await.status.as_u16() })
        })
        .collect();
    let mut accepted = 0;
    for one in uses {
        accepted += usize::from(one.await.unwrap() == 200);
    }
    assert_eq!(accepted, 1);
}

#[tokio::test]
async fn two_devices_in_one_step_are_both_accepted_once() {
    let site = Site::new().await;
    let id = site.user("201-555-0123").await;
    let (one, other) = (site.device(id, 7).await, site.device(id, 8).await);
    for device in [&one, &other] {
        assert_eq!(site.verify(id, &device.code_at(NOW)).await.text, VALID);
        let again = site.verify(id, &device.code_at(NOW)).await;
        assert_eq!(error(&again), is(REUSED));
    }
    site.expel(&one).await;
    site.clock.advance(10);
    let removed = site.verify(id, &one.code_at(NOW + 10)).await;
    assert_eq!(error(&removed), is(WRONG));
    assert_eq!(site.verify(id, &other.code_at(NOW + 10)).await.text, VALID);
}

#[tokio::test]
async fn sixty_wrong_codes_lock_the_app_and_not_the_token() {
    let site = Site::new().await;
    let id = site.user("201-555-0123").await;
    let device = site.device(id, 7).await;
    let wrong = device.wrong_code(NOW);
    for number in 1..=49 {
        let expected = if number < 5 { WRONG } else { TOO_MANY };
        assert_eq!(
            error(&site.verify(id, &wrong).await),
            is(expected),
            "{number}"
        );
    }
    // Below the limit a right one still passes, and resets.
    assert_eq!(site.verify(id, &device.code_at(NOW)).await.text, VALID);
    assert_eq!(error(&site.verify(id, &wrong).await), is(WRONG));
    for _ in 2..=60 {
        site.verify(id, &wrong).await;
    }
    site.clock.advance(10);
    let right = device.code_at(NOW + 10);
    assert_eq!(error(&site.verify(id, &right).await), is(TOO_MANY));
    site.get(&format!("/protected/json/sms/{id}?force=true"))
        .await;
    let token = site.delivered_code().await;
    assert_eq!(site.verify(id, &token).await.text, VALID);
    assert_eq!(site.verify(id, &right).await.text, VALID);
}

#[tokio::test]
async fn a_lock_is_of_one_application() {
    let site = Site::new().await;
    let other = site
        .another_application(Application {
            application: ApplicationId([2; 16]),
            name: "other".into(),
            token_lifetime: None,
            forced_sms: ForcedSms::Allow,
            created_at: NOW,
        })
        .await;
    let id = site.user("201-555-0123").await;
    let elsewhere = site
        .call_as(
            &other,
            "POST",
            "/protected/json/users/new",
            "user[email]=a@b&user[cellphone]=2015550123&user[country_code]=1",
        )
        .await
        .json()["user"]["id"]
        .clone();
    assert_ne!(elsewhere, id);
    for _ in 0..6 {
        site.verify(id, "0000000").await;
    }
    let path = format!("/protected/json/verify/0000000/{elsewhere}");
    let first = site.call_as(&other, "GET", &path, "").await;
    assert_eq!(error(&first), is(WRONG));
}

#[tokio::test]
async fn what_is_no_code_is_wrong_and_no_guess() {
    let site = Site::new().await;
    let id = site.user("201-555-0123").await;
    for _ in 0..3 {
        for code in ["hello", "12345%3B7", "%F0%9F%98%80", "12345678901234567"] {
            assert_eq!(error(&site.verify(id, code).await), is(WRONG), "{code}");
        }
    }
    assert_eq!(error(&site.verify(id, "1234567").await), is(WRONG));
}

#[tokio::test]
async fn an_unconfirmed_user_is_checked_with_and_without_force() {
    let site = Site::new().await;
    let id = site.user("201-555-0123").await;
    for force in ["", "?force=false", "?force=true"] {
        let answer = site
            .get(&format!("/protected/json/verify/0000000/{id}{force}"))
            .await;
        assert_eq!(error(&answer), is(WRONG));
        assert_eq!(answer.json()["message"], "Token is invalid");
        assert_eq!(answer.json()["token"], "is invalid");
    }
}

#[tokio::test]
async fn a_token_is_sent_off_the_request_and_right_once() {
    let site = Site::new().await;
    let id = site.user("201-555-0123").await;
    for (path, channel, message) in [
        ("sms", Channel::Sms, "SMS token was sent"),
        ("call", Channel::Call, "Call started..."),
    ] {
        let sent = site.get(&format!("/protected/json/{path}/{id}")).await;
        assert_eq!(
            sent.text,
            format!(r#"{{"success":true,"message":"{message}","cellphone":"+1-XXX-XXX-XX23"}}"#)
        );
        let code = site.delivered_code().await;
        let (to, by, body) = site.gateway.messages.lock().unwrap().pop().unwrap();
        assert_eq!((to.as_str(), by), ("+12015550123", channel));
        assert_eq!(
            body,
            format!("{code} is your drchrono code. Never tell it to anyone.")
        );
        assert_eq!(site.verify(id, &code).await.text, VALID);
        assert_eq!(error(&site.verify(id, &code).await), is(REUSED));
    }
}

#[tokio::test]
async fn a_token_lives_as_long_as_its_application_says() {
    for (lifetime, after, right) in [
        (Some(600), 599, true),
        (Some(600), 600, false),
        (None, 10_000_000, true),
    ] {
        let site = Site::with(|_| {}, |application| application.token_lifetime = lifetime).await;
        let id = site.user("201-555-0123").await;
        site.get(&format!("/protected/json/sms/{id}")).await;
        let code = site.delivered_code().await;
        site.clock.advance(after);
        assert_eq!(site.verify(id, &code).await.status == 200, right);
    }
}

#[tokio::test]
async fn a_user_with_the_app_gets_a_token_only_where_the_site_insists_and_may() {
    let site = Site::new().await;
    let id = site.user("201-555-0123").await;
    site.device(id, 7).await;
    let ignored = site.get(&format!("/protected/json/sms/{id}")).await;
    assert_eq!(
        ignored.text,
        r#"{"message":"Ignored: SMS is not needed for smartphones. Pass force=true if you want to actually send it anyway.","cellphone":"+1-XXX-XXX-XX23","device":"unknown","ignored":true,"success":true}"#
    );
    let call = site.get(&format!("/protected/json/call/{id}")).await.json();
    assert_eq!(call["ignored"], true);
    for force in ["true", "True", "1"] {
        let sent = site
            .get(&format!("/protected/json/sms/{id}?force={force}"))
            .await;
        assert!(!sent.text.contains("ignored"), "{force}: {}", sent.text);
    }
    let strict = Site::with(
        |_| {},
        |application| application.forced_sms = ForcedSms::Refuse,
    )
    .await;
    let id = strict.user("201-555-0123").await;
    strict.device(id, 7).await;
    let refused = strict
        .get(&format!("/protected/json/sms/{id}?force=true"))
        .await
        .json();
    assert_eq!(refused["ignored"], true);
    assert!(!refused["message"].as_str().unwrap().contains("force"));
}

#[tokio::test]
async fn messages_have_limits_and_say_when_to_try_again() {
    let site = Site::with(|config| config.messages.token.an_hour = 2, |_| {}).await;
    let id = site.user("201-555-0123").await;
    let path = format!("/protected/json/sms/{id}");
    for _ in 0..2 {
        assert_eq!(site.get(&path).await.status, 200);
    }
    let refused = site.get(&path).await;
    assert_eq!(error(&refused), is(TOO_MANY));
    assert_eq!(refused.headers["retry-after"], "3600");
    site.clock.advance(3600);
    assert_eq!(site.get(&path).await.status, 200);
}

#[tokio::test]
async fn a_landline_and_a_country_that_is_not_allowed_get_no_sms() {
    let site = Site::with(
        |config| config.messages.allowed_countries = Some(vec!["DE".into()]),
        |_| {},
    )
    .await;
    let american = site.user("201-555-0123").await;
    let refused = site.get(&format!("/protected/json/sms/{american}")).await;
    assert_eq!(error(&refused), is((400, "60013")));
    let german = site
        .post(
            "/protected/json/users/new",
            "user[email]=a@b&user[cellphone]=30123456&user[country_code]=49",
        )
        .await
        .json()["user"]["id"]
        .clone();
    let refused = site.get(&format!("/protected/json/sms/{german}")).await;
    assert_eq!(error(&refused), is((400, "60082")));
    assert_eq!(
        site.get(&format!("/protected/json/call/{german}"))
            .await
            .status,
        200
    );
}

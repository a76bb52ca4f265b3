//! Users: new, status, the three ways to remove.

use super::*;

#[tokio::test]
async fn the_answer_to_a_new_user_has_the_id_and_no_other_digit() {
    let site = Site::new().await;
    let id = site.user("201-555-0123").await;
    let again = site
        .post(
            "/protected/json/users/new",
            r#"{"user":{"email":"other@example.com","cellphone":"(201) 555 0123","country_code":"1"}}"#,
        )
        .await;
    assert_eq!(
        again.text,
        format!(
            r#"{{"message":"User created successfully.","user":{{"id":{id}}},"success":true}}"#
        )
    );
    let length: usize = again.headers["content-length"]
        .to_str()
        .unwrap()
        .parse()
        .unwrap();
    assert_eq!(length, again.text.len());
    assert_eq!(
        again.headers["content-type"],
        "application/json;charset=utf-8"
    );
    assert!(id > 0 && i32::try_from(id).is_ok());
}

#[tokio::test]
async fn a_user_who_is_not_valid_is_told_field_by_field() {
    let site = Site::new().await;
    let answer = site
        .post(
            "/protected/json/users/new",
            r#"{"user":{"email":"u@example.com","cellphone":"12","country_code":1}}"#,
        )
        .await;
    assert_eq!(answer.status, 400);
    assert_eq!(
        answer.text,
        r#"{"message":"User was not valid","success":false,"errors":{"cellphone":"is invalid","message":"User was not valid"},"cellphone":"is invalid","error_code":"60027"}"#
    );
    let nothing = site.post("/protected/json/users/new", "").await;
    assert_eq!(nothing.error(), (400, "60027".into()));
    for field in ["email", "cellphone", "country_code"] {
        assert_eq!(nothing.json()[field], "is invalid and can't be blank");
        assert_eq!(nothing.json()["errors"][field], nothing.json()[field]);
    }
}

#[tokio::test]
async fn the_status_of_a_user_has_every_field_and_hides_the_number() {
    let site = Site::new().await;
    let id = site.user("201-555-0123").await;
    let path = format!("/protected/json/users/{id}/status");
    assert_eq!(
        site.get(&path).await.text,
        format!(
            r#"{{"status":{{"authy_id":{id},"confirmed":false,"registered":false,"country_code":1,"phone_number":"XXX-XXX-0123","email":"u@example.com","devices":[],"has_hard_token":false,"account_disabled":false,"detailed_devices":[],"deleted_devices":[]}},"message":"User status.","success":true}}"#
        )
    );
    let device = site.device(id, 7).await;
    site.verify(id, &device.code_at(NOW)).await;
    let status = site.get(&path).await.json();
    assert_eq!(status["status"]["confirmed"], true);
    assert_eq!(status["status"]["registered"], true);
    assert_eq!(status["status"]["devices"][0], "unknown");
    let detailed = &status["status"]["detailed_devices"][0];
    assert_eq!(detailed["os_type"], "unknown");
    assert!(detailed["device_id"].is_u64());
    assert!(!status.to_string().contains(&device.device.to_string()));
}

#[tokio::test]
async fn each_way_to_remove_removes_once_and_the_status_still_answers() {
    let site = Site::new().await;
    for (number, path) in [
        ("201-555-0123", "users/{id}/delete"),
        ("201-555-0124", "users/delete/{id}"),
        ("201-555-0125", "users/{id}/remove"),
    ] {
        let id = site.user(number).await;
        let path = format!("/protected/json/{}", path.replace("{id}", &id.to_string()));
        let removed = site.post(&path, "").await;
        assert_eq!(
            removed.text,
            r#"{"message":"User removed from application","success":true}"#
        );
        assert_eq!(site.post(&path, "").await.error(), (404, "60026".into()));
        let status = site
            .get(&format!("/protected/json/users/{id}/status"))
            .await
            .json();
        assert_eq!(status["status"]["account_disabled"], true);
        assert_eq!(status["status"]["email"], "");
        assert_eq!(
            site.verify(id, "1234567").await.error(),
            (404, "60016".into())
        );
        assert_ne!(site.user(number).await, id);
    }
}

#[tokio::test]
async fn an_application_sees_its_own_users_alone() {
    let site = Site::new().await;
    let id = site.user("201-555-0123").await;
    let other = site
        .another_application(Application {
            application: ApplicationId([2; 16]),
            name: "other".into(),
            token_lifetime: None,
            forced_sms: ForcedSms::Allow,
            created_at: NOW,
        })
        .await;
    let call = async |method: &str, path: String| {
        site.call_as(&other, method, &format!("/protected/json/{path}"), "")
            .await
            .error()
    };
    let not_found = (404, "60026".to_owned());
    assert_eq!(call("GET", format!("users/{id}/status")).await, not_found);
    assert_eq!(call("POST", format!("users/{id}/delete")).await, not_found);
    assert_eq!(call("GET", format!("sms/{id}?force=true")).await, not_found);
    assert_eq!(
        call("GET", format!("verify/1234567/{id}")).await,
        (404, "60016".into())
    );
}

#[tokio::test]
async fn what_is_no_id_is_no_user() {
    let site = Site::new().await;
    for id in [
        "0",
        "-1",
        "+1",
        "1e3",
        "abc",
        "4294967296",
        "2147483648",
        "%31%20",
        "1",
    ] {
        for path in [
            format!("users/{id}/status"),
            format!("sms/{id}"),
            format!("call/{id}"),
        ] {
            let answer = site.get(&format!("/protected/json/{path}")).await;
            assert_eq!(answer.error(), (404, "60026".into()), "{path}");
        }
        assert_eq!(
            site.get(&format!("/protected/json/verify/1234567/{id}"))
                .await
                .error(),
            (404, "60016".into())
        );
    }
}

#[tokio::test]
async fn a_wrong_key_opens_nothing_and_an_unknown_url_is_json() {
    let site = Site::new().await;
    for key in ["", "x", &"k".repeat(32), &site.key[..31]] {
        let answer = site
            .call_as(key, "GET", "/protected/json/users/1/status", "")
            .await;
        assert_eq!(answer.error(), (401, "60001".into()));
        assert_eq!(answer.json()["message"], "Invalid API key");
    }
    for (method, path) in [
        ("GET", "/"),
        ("GET", "/protected/xml/users/1/status"),
        ("GET", "/protected/json/users/1"),
        ("PUT", "/protected/json/users/new"),
        ("GET", "/protected/json/users/new"),
    ] {
        let answer = site.call_as(&site.key, method, path, "").await;
        assert_eq!(answer.error().0, 404, "{method} {path}");
    }
}

#[tokio::test]
async fn nothing_personal_is_readable_in_any_file() {
    let site = Site::new().await;
    let id = site.user("201-555-0123").await;
    site.get(&format!("/protected/json/sms/{id}?force=true"))
        .await;
    for entry in std::fs::read_dir(site.folder.path()).unwrap() {
        let path = entry.unwrap().path();
        let bytes = std::fs::read(&path).unwrap();
        for personal in ["2015550123", "5550123", "u@example.com", "example.com"] {
            for needle in [
                personal.as_bytes().to_vec(),
                data_encoding::HEXLOWER.encode(personal.as_bytes()).into(),
                data_encoding::BASE64_NOPAD
                    .encode(personal.as_bytes())
                    .into(),
            ] {
                let found = bytes.windows(needle.len()).any(|window| window == needle);
                assert!(!found, "{personal} in {}", path.display());
            }
        }
    }
}

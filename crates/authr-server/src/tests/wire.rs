//! What each SDK puts on the wire, told in our own requests: method, place of the key, place of the parameters.

use super::*;

struct Shape {
    sdk: &'static str,
    method: &'static str,
    path: &'static str,
    content_type: Option<&'static str>,
    key_in_header: bool,
    body: &'static str,
}

const FORM: Option<&str> = Some("application/x-www-form-urlencoded");
const JSON: Option<&str> = Some("application/json");
const FORM_USER: &str =
    "user%5Bemail%5D=u%40example.com&user%5Bcellphone%5D=201-555-0123&user%5Bcountry_code%5D=1";

const fn shape(
    sdk: &'static str,
    method: &'static str,
    path: &'static str,
    content_type: Option<&'static str>,
    key_in_header: bool,
    body: &'static str,
) -> Shape {
    Shape {
        sdk,
        method,
        path,
        content_type,
        key_in_header,
        body,
    }
}

/// Adds a user, in every way the SDKs know.
const NEW: &[Shape] = &[
    shape(
        "python",
        "POST",
        "users/new",
        JSON,
        true,
        r#"{"user": {"email": "u@example.com", "cellphone": "201-555-0123", "country_code": 1}, "send_install_link_via_sms": false}"#,
    ),
    shape(
        "node",
        "POST",
        "users/new?send_install_link_via_sms=false&api_key=KEY",
        FORM,
        false,
        FORM_USER,
    ),
    shape(
        "client",
        "POST",
        "users/new",
        JSON,
        true,
        r#"{"user":{"cellphone":"2015550123","country_code":1,"email":"u@example.com"}}"#,
    ),
    shape("rust, ruby", "POST", "users/new", FORM, true, FORM_USER),
    shape(
        "php",
        "POST",
        "users/new?user%5Bemail%5D=u%40example.com&user%5Bcellphone%5D=201-555-0123&user%5Bcountry_code%5D=1&user%5Bsend_install_link_via_sms%5D=1",
        None,
        true,
        "",
    ),
    shape(
        "java",
        "POST",
        "users/new",
        JSON,
        true,
        r#"{"user":{"country_code":"1","cellphone":"201-555-0123","email":"u@example.com"}}"#,
    ),
    shape(
        "go",
        "POST",
        "users/new",
        FORM,
        false,
        "api_key=KEY&user%5Bcellphone%5D=201-555-0123&user%5Bcountry_code%5D=1&user%5Bemail%5D=u%40example.com",
    ),
    shape(
        "shell",
        "POST",
        "users/new?api_key=KEY",
        FORM,
        false,
        "user[email]=u@example.com&user[country_code]=1&user[cellphone]=2015550123",
    ),
    shape(
        "slash",
        "POST",
        "/users/new",
        JSON,
        true,
        r#"{"user":{"cellphone":"2015550123","country_code":1,"email":"u@example.com"}}"#,
    ),
];

/// Asks of that user, with the status that the answer must have.
const ASK: &[(u16, Shape)] = &[
    (
        200,
        shape("python", "GET", "users/ID/status", None, true, ""),
    ),
    (
        200,
        shape(
            "node",
            "GET",
            "users/ID/status?api_key=KEY",
            FORM,
            false,
            "",
        ),
    ),
    (
        200,
        shape(
            "node, form on GET",
            "GET",
            "users/ID/status",
            FORM,
            false,
            "api_key=KEY&user_ip=1.2.3.4",
        ),
    ),
    (
        200,
        shape("client", "GET", "users/ID/status", JSON, true, "{}"),
    ),
    (
        200,
        shape(
            "client",
            "GET",
            "users/ID/status",
            JSON,
            true,
            r#"{"user_ip":"1.2.3.4"}"#,
        ),
    ),
    (
        200,
        shape("ruby", "GET", "users/ID/status?", None, true, ""),
    ),
    (200, shape("java", "GET", "users/ID/status", JSON, true, "")),
    (
        401,
        shape(
            "python",
            "GET",
            "verify/1234567/ID?force=true",
            None,
            true,
            "",
        ),
    ),
    (
        401,
        shape(
            "node",
            "GET",
            "verify/1234567/ID?force=true&api_key=KEY",
            FORM,
            false,
            "",
        ),
    ),
    (
        401,
        shape("client", "GET", "verify/1234567/ID", None, true, ""),
    ),
    (
        401,
        shape(
            "java",
            "GET",
            "verify/1234567/ID?force=true",
            JSON,
            true,
            "",
        ),
    ),
    (
        200,
        shape("python", "GET", "sms/ID?force=True", None, true, ""),
    ),
    (
        200,
        shape(
            "client",
            "GET",
            "sms/ID?action=login&action_message=m&force=true",
            None,
            true,
            "",
        ),
    ),
    (200, shape("ruby", "GET", "call/ID?", None, true, "")),
    (
        200,
        shape("node", "GET", "call/ID?api_key=KEY", FORM, false, ""),
    ),
];

/// Removes a user.
const REMOVE: &[Shape] = &[
    shape("python", "POST", "users/ID/delete", JSON, true, "{}"),
    shape(
        "node",
        "POST",
        "users/delete/ID?api_key=KEY",
        FORM,
        false,
        "",
    ),
    shape("client", "POST", "users/ID/remove", JSON, true, "{}"),
    shape("rust", "POST", "users/ID/delete", None, true, ""),
    shape("ruby", "POST", "users/delete/ID", FORM, true, ""),
    shape("php", "POST", "users/ID/remove", None, true, ""),
    shape("java", "POST", "users/delete/ID", JSON, true, ""),
];

async fn send(site: &Site, shape: &Shape, id: u32) -> Answer {
    let filled = |text: &str| {
        text.replace("KEY", &site.key)
            .replace("ID", &id.to_string())
    };
    let slash = if shape.sdk == "slash" { "/" } else { "" };
    let path = shape.path.trim_start_matches('/');
    let mut request = Request::builder()
        .method(shape.method)
        .uri(format!("{slash}/protected/json/{}", filled(path)));
    if let Some(content_type) = shape.content_type {
        request = request.header("content-type", content_type);
    }
    if shape.key_in_header {
        request = request.header("x-authy-api-key", &site.key);
    }
    site.send(request.body(Body::from(filled(shape.body))).unwrap())
        .await
}

#[tokio::test]
async fn every_sdk_adds_the_same_user() {
    let site = Site::new().await;
    let id = site.user("201-555-0123").await;
    for shape in NEW {
        let answer = send(&site, shape, id).await;
        assert_eq!(
            answer.json()["user"]["id"],
            id,
            "{}: {}",
            shape.sdk,
            answer.text
        );
    }
}

#[tokio::test]
async fn every_sdk_is_answered() {
    let site = Site::new().await;
    let id = site.user("201-555-0123").await;
    for (status, shape) in ASK {
        let answer = send(&site, shape, id).await;
        assert_eq!(
            answer.status.as_u16(),
            *status,
            "{} {}: {}",
            shape.sdk,
            shape.path,
            answer.text
        );
    }
}

#[tokio::test]
async fn every_sdk_removes_its_user() {
    let site = Site::new().await;
    for shape in REMOVE {
        let id = site.user("201-555-0123").await;
        let answer = send(&site, shape, id).await;
        assert_eq!(
            answer.json()["success"],
            true,
            "{}: {}",
            shape.sdk,
            answer.text
        );
    }
}

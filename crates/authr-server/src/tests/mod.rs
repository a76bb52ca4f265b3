//! The server through its router, as sites call it.

use std::sync::{Arc, Mutex};

use authr_crypto::random::{OsRandom, Random};
use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use serde_json::Value;
use tower::ServiceExt;

use crate::Server;
use crate::clock::HeldClock;
use crate::config::{Config, Settings};
use crate::domain::identity::Identity;
use crate::gateway::{Gateway, Message, Taken};
use crate::storage::conformance::fixtures;
use crate::storage::{Application, ApplicationId, ForcedSms, MessageId, SiteId, UnixSeconds};
use crate::token::{self, PlainToken};

mod codes;
mod limits;
mod served;
mod users;
mod wire;

pub(crate) const NOW: UnixSeconds = 1_700_000_005;

/// A gateway that keeps what it is handed.
#[derive(Default)]
pub(crate) struct Kept {
    pub(crate) messages: Mutex<Vec<(String, crate::gateway::Channel, String)>>,
    /// Refuses as long as it is set.
    pub(crate) refuses: std::sync::atomic::AtomicBool,
}

impl Gateway for Kept {
    fn send<'a>(&'a self, _: MessageId, message: &'a Message, _: UnixSeconds) -> Taken<'a> {
        Box::pin(async move {
            if self.refuses.load(std::sync::atomic::Ordering::SeqCst) {
                return Err(crate::gateway::GatewayError(std::io::Error::other("down")));
            }
            self.messages.lock().unwrap().push((
                message.to.clone(),
                message.channel,
                message.body.clone(),
            ));
            Ok(())
        })
    }
}

/// A server with one application, "drchrono", and a clock that stands.
pub(crate) struct Site {
    pub(crate) server: Arc<Server>,
    pub(crate) clock: Arc<HeldClock>,
    pub(crate) gateway: Arc<Kept>,
    pub(crate) key: String,
    pub(crate) folder: tempfile::TempDir,
    router: Router,
}

pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: axum::http::HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap()
    }

    /// Status and code of an error, after a look at its shape.
    pub(crate) fn error(&self) -> (u16, String) {
        let json = self.json();
        assert_eq!(json["success"], false, "{}", self.text);
        assert!(json["message"].is_string() && json["errors"]["message"].is_string());
        let code = json["error_code"].as_str().expect("a text");
        (self.status.as_u16(), code.to_owned())
    }
}

impl Site {
    pub(crate) async fn new() -> Self {
        Self::with(|_| {}, |_| {}).await
    }

    pub(crate) async fn with(
        set: impl FnOnce(&mut Config),
        policy: impl FnOnce(&mut Application),
    ) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut config = Settings {
            listen: Some("127.0.0.1:0".into()),
            gateway: Some("console".into()),
            ..Settings::default()
        }
        .complete(folder.path())
        .unwrap();
        set(&mut config);
        let (storage, keys) = crate::open_data(&config.data, &config.root_key)
            .await
            .unwrap();
        let clock = Arc::new(HeldClock::new(NOW));
        let gateway = Arc::new(Kept::default());
        let identity = Identity::of(storage.as_ref(), &keys, &OsRandom)
            .await
            .unwrap();
        let server = Server::new(
            config,
            storage,
            keys,
            identity,
            gateway.clone(),
            clock.clone(),
        );
        let server = Arc::new(server);
        let mut application = Application {
            application: ApplicationId([1; 16]),
            name: "drchrono".into(),
            token_lifetime: Some(600),
            forced_sms: ForcedSms::Allow,
            created_at: NOW,
        };
        policy(&mut application);
        let mut site = Self {
            router: crate::router::router(Arc::clone(&server)),
            key: String::new(),
            server,
            clock,
            gateway,
            folder,
        };
        site.key = site.another_application(application).await;
        site
    }

    /// Adds an application; answers its key.
    pub(crate) async fn another_application(&self, application: Application) -> String {
        let random: &dyn Random = &OsRandom;
        let key = PlainToken::draw(random);
        self.server
            .storage
            .create_application(application, token::hashed(key.expose_secret()))
            .await
            .unwrap();
        key.expose_secret().to_owned()
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (head, body) = response.into_parts();
        let bytes = axum::body::to_bytes(body, usize::MAX).await.unwrap();
        Answer {
            status: head.status,
            headers: head.headers,
            text: String::from_utf8(bytes.to_vec()).unwrap(),
        }
    }

    pub(crate) async fn call_as(&self, key: &str, method: &str, path: &str, body: &str) -> Answer {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("X-Authy-API-Key", key)
            .body(Body::from(body.to_owned()))
            .unwrap();
        self.send(request).await
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.call_as(&self.key, "GET", path, "").await
    }

    pub(crate) async fn post(&self, path: &str, body: &str) -> Answer {
        self.call_as(&self.key, "POST", path, body).await
    }

    /// Adds the user of a number; answers the id.
    pub(crate) async fn user(&self, cellphone: &str) -> u32 {
        let body = format!(
            r#"{{"user":{{"email":"u@example.com","cellphone":"{cellphone}","country_code":1}}}}"#
        );
        let answer = self.post("/protected/json/users/new", &body).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        answer.json()["user"]["id"]
            .as_u64()
            .unwrap()
            .try_into()
            .unwrap()
    }

    pub(crate) async fn verify(&self, id: u32, code: &str) -> Answer {
        self.get(&format!("/protected/json/verify/{code}/{id}"))
            .await
    }

    /// Delivers what is due; answers the code of the newest message.
    pub(crate) async fn delivered_code(&self) -> String {
        crate::gateway::send_due(&self.server).await.unwrap();
        let messages = self.gateway.messages.lock().unwrap();
        let body = &messages.last().expect("a message").2;
        body[..7].to_owned()
    }

    /// Removes a device.
    pub(crate) async fn expel(&self, device: &TestDevice) {
        fixtures::expel(&self.server.storage, device.user, device.device).await;
    }

    /// Gives the user's account to a device, and answers how to compute that device's codes.
    pub(crate) async fn device(&self, id: u32, number: u8) -> TestDevice {
        let storage = &self.server.storage;
        let application = ApplicationId([1; 16]);
        let account = storage
            .account(application, SiteId(id))
            .await
            .unwrap()
            .unwrap();
        let device = fixtures::join(storage, account.user, number).await;
        let native = storage.hand_out_accounts(device, NOW).await.unwrap();
        let root = crate::domain::accounts::seed_of(
            &self.server,
            account.account,
            &native.accounts[0].seed_sealed,
        )
        .unwrap();
        TestDevice {
            device,
            user: account.user,
            otp: authr_otp::Otp {
                secret: crate::domain::native::seed(&root, device, 1),
                kind: authr_otp::Kind::Native,
            },
        }
    }
}

/// A device as a person has it.
pub(crate) struct TestDevice {
    pub(crate) device: crate::storage::DeviceId,
    user: crate::storage::UserId,
    otp: authr_otp::Otp,
}

impl TestDevice {
    pub(crate) fn code_at(&self, now: UnixSeconds) -> String {
        let now = authr_otp::UnixSeconds(now.try_into().unwrap());
        self.otp.code_at(now).expose_secret().to_owned()
    }

    /// A code that is wrong now, whatever step is looked at.
    pub(crate) fn wrong_code(&self, now: UnixSeconds) -> String {
        let right: Vec<String> = (-3..=3).map(|step| self.code_at(now + step * 10)).collect();
        (0..)
            .map(|number: u32| format!("{number:07}"))
            .find(|code| !right.contains(code))
            .unwrap()
    }
}

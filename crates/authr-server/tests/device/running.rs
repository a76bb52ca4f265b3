//! A server in this process, on a free port, with a clock that stands and messages that arrive here.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use authr_api::error::{ErrorBody, ErrorCode};
use authr_api::id::{IdempotencyKey, Nonce};
use authr_api::registration::ServerInfo;
use authr_api::sealed::{Content, Route, Sealed};
use authr_api::signature::{Claim, KeyId, Method, Parts, sign};
use authr_crypto::random::{OsRandom, Random};
use authr_crypto::sign::Signer;
use authr_server::Server;
use authr_server::clock::{Clock, HeldClock};
use authr_server::config::{Config, Settings};
use authr_server::gateway::{Gateway, Message, Taken};
use authr_server::listen::Listener;
use authr_server::storage::{Application, ApplicationId, ForcedSms, MessageId, Storage};
use authr_server::token::{self, PlainToken};
use serde::de::DeserializeOwned;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

pub(crate) const NOW: i64 = 1_800_000_000;

pub(crate) fn random<const N: usize>() -> [u8; N] {
    let source: &dyn Random = &OsRandom;
    source.bytes()
}

struct Kept(mpsc::UnboundedSender<(String, String)>);

impl Gateway for Kept {
    fn send<'a>(&'a self, _: MessageId, message: &'a Message, _: i64) -> Taken<'a> {
        // Nobody listens any more when a test is over.
        let _ = self.0.send((message.to.clone(), message.body.clone()));
        Box::pin(async { Ok(()) })
    }
}

pub(crate) struct Running {
    pub(crate) address: SocketAddr,
    pub(crate) clock: Arc<HeldClock>,
    pub(crate) storage: Arc<dyn Storage>,
    pub(crate) info: ServerInfo,
    pub(crate) folder: Arc<tempfile::TempDir>,
    api_key: String,
    messages: tokio::sync::Mutex<mpsc::UnboundedReceiver<(String, String)>>,
    served: Mutex<Option<(oneshot::Sender<()>, JoinHandle<()>)>>,
}

impl Running {
    pub(crate) async fn start() -> Arc<Self> {
        Self::with(|_| {}).await
    }

    pub(crate) async fn with(set: impl FnOnce(&mut Config)) -> Arc<Self> {
        let folder = Arc::new(tempfile::tempdir().unwrap());
        Self::on(folder, None, set).await
    }

    /// Ends the server and starts another one on its data, on another port.
    pub(crate) async fn restarted(&self) -> Arc<Self> {
        let (stop, task) = self.served.lock().unwrap().take().unwrap();
        stop.send(()).unwrap();
        task.await.unwrap();
        let api_key = Some(self.api_key.clone());
        Self::on(Arc::clone(&self.folder), api_key, |_| {}).await
    }

    async fn on(
        folder: Arc<tempfile::TempDir>,
        api_key: Option<String>,
        set: impl FnOnce(&mut Config),
    ) -> Arc<Self> {
        let mut config = Settings {
            listen: Some("127.0.0.1:0".into()),
            gateway: Some("console".into()),
            ..Settings::default()
        }
        .complete(folder.path())
        .unwrap();
        set(&mut config);
        let listener = Listener::bind(&config).await.unwrap();
        let url = listener.url();
        let address = url.strip_prefix("http://").unwrap().parse().unwrap();
        let mut server = Server::open(config).await.unwrap();
        let clock = Arc::new(HeldClock::new(NOW));
        let (sender, messages) = mpsc::unbounded_channel();
        server.clock = clock.clone();
        server.gateway = Arc::new(Kept(sender));
        let storage = Arc::clone(&server.storage);
        let api_key = match api_key {
            Some(known) => known,
            None => application(&storage, "drchrono", 1).await,
        };
        let (stop, stopped) = oneshot::channel::<()>();
        let task = tokio::spawn(authr_server::serve(listener, server, async {
            let _ = stopped.await;
        }));
        let info = plain(address, "GET", "/v1/server", &[], b"").await.json();
        Arc::new(Self {
            address,
            clock,
            storage,
            info,
            folder,
            api_key,
            messages: tokio::sync::Mutex::new(messages),
            served: Mutex::new(Some((stop, task))),
        })
    }

    pub(crate) fn authority(&self) -> String {
        self.address.to_string()
    }

    pub(crate) fn now(&self) -> u64 {
        self.clock.now().try_into().unwrap()
    }

    /// The text of the next message, and to whom it went.
    pub(crate) async fn message(&self) -> (String, String) {
        let mut messages = self.messages.lock().await;
        let next = tokio::time::timeout(Duration::from_secs(10), messages.recv());
        next.await.expect("a message in time").unwrap()
    }

    /// The code in the next message.
    pub(crate) async fn code(&self) -> String {
        self.message().await.1[..7].to_owned()
    }

    /// A call of the site.
    pub(crate) async fn site(&self, method: &str, path: &str, form: &str) -> Reply {
        let headers = [("x-authy-api-key", self.api_key.clone())];
        plain(self.address, method, path, &headers, form.as_bytes()).await
    }

    /// The site's user of a number.
    pub(crate) async fn site_user(&self, phone: &str) -> u64 {
        let number = phone.strip_prefix("+1").unwrap();
        let form =
            format!("user[email]=u@example.com&user[cellphone]={number}&user[country_code]=1");
        let reply = self.site("POST", "/protected/json/users/new", &form).await;
        let json: serde_json::Value = reply.json();
        json["user"]["id"].as_u64().unwrap()
    }

    /// Whether the site accepts a code: the HTTP status.
    pub(crate) async fn verify(&self, site_id: u64, code: &str) -> u16 {
        let path = format!("/protected/json/verify/{code}/{site_id}");
        self.site("GET", &path, "").await.status
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some((stop, _)) = self.served.lock().unwrap().take() {
            let _ = stop.send(());
        }
    }
}

/// Adds an application; answers its key.
pub(crate) async fn application(storage: &Arc<dyn Storage>, name: &str, number: u8) -> String {
    let key = PlainToken::draw(&OsRandom);
    let application = Application {
        application: ApplicationId([number; 16]),
        name: name.into(),
        token_lifetime: Some(600),
        forced_sms: ForcedSms::Allow,
        created_at: NOW,
    };
    storage
        .create_application(application, token::hashed(key.expose_secret()))
        .await
        .unwrap();
    key.expose_secret().to_owned()
}

#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
}

impl Reply {
    #[track_caller]
    pub(crate) fn json<T: DeserializeOwned>(&self) -> T {
        let text = String::from_utf8_lossy(&self.body);
        assert_eq!(self.status, 200, "{text}");
        serde_json::from_slice(&self.body).unwrap()
    }

    /// The refusal, after a look at its status.
    #[track_caller]
    pub(crate) fn refusal(&self) -> ErrorBody {
        let text = String::from_utf8_lossy(&self.body);
        let body: ErrorBody = serde_json::from_slice(&self.body).expect("a refusal");
        assert_eq!(self.status, body.code.status(), "{text}");
        assert_ne!(self.status, 200, "{text}");
        body
    }

    #[track_caller]
    pub(crate) fn code(&self) -> ErrorCode {
        self.refusal().code
    }
}

/// One request on a connection of its own.
pub(crate) async fn plain(
    address: SocketAddr,
    method: &str,
    target: &str,
    headers: &[(&'static str, String)],
    body: &[u8],
) -> Reply {
    let mut head = format!(
        "{method} {target} HTTP/1.1\r\nhost: elsewhere\r\nconnection: close\r\ncontent-length: {}\r\n",
        body.len()
    );
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str("\r\n");
    let mut stream = TcpStream::connect(address).await.unwrap();
    // A server that refuses early may close before it took all.
    let _ = stream.write_all(&[head.as_bytes(), body].concat()).await;
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n");
    let (head, body) = answer.split_at(end.expect("an answer") + 4);
    let status = std::str::from_utf8(&head[9..12]).unwrap();
    Reply {
        status: status.parse().unwrap(),
        body: body.to_vec(),
    }
}

/// A request before it is signed.
#[derive(Clone)]
pub(crate) struct Draft {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) body: Vec<u8>,
    pub(crate) claim: Claim,
}

impl Draft {
    pub(crate) fn new(running: &Running, by: KeyId, method: Method, target: &str) -> Self {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        Self {
            method,
            path: path.to_owned(),
            query: query.to_owned(),
            body: Vec::new(),
            claim: Claim {
                key_id: by,
                created: running.now(),
                nonce: Nonce(random()),
                idempotency_key: method.changes().then(|| IdempotencyKey(random())),
            },
        }
    }

    /// The same change, as a client repeats it.
    pub(crate) fn again(&self, running: &Running) -> Self {
        let mut again = self.clone();
        again.claim.nonce = Nonce(random());
        again.claim.created = running.now();
        again
    }

    pub(crate) fn headers(&self, authority: &str, signer: &Signer) -> Vec<(&'static str, String)> {
        let parts = Parts {
            method: self.method,
            authority,
            path: &self.path,
            query: &self.query,
            body: &self.body,
        };
        sign(&parts, &self.claim, signer)
    }

    pub(crate) fn target(&self) -> String {
        match self.query.as_str() {
            "" => self.path.clone(),
            query => format!("{}?{query}", self.path),
        }
    }

    pub(crate) async fn send(&self, running: &Running, signer: &Signer) -> Reply {
        let headers = self.headers(&running.authority(), signer);
        let method = self.method.as_str();
        plain(
            running.address,
            method,
            &self.target(),
            &headers,
            &self.body,
        )
        .await
    }
}

/// Content as the server is sent it.
pub(crate) fn sealed<C: Content>(running: &Running, by: KeyId, content: &C) -> Vec<u8> {
    let route = Route::ToServer {
        server: &running.info.server,
        signer: &by,
    };
    let key = running.info.sealing_key.sealing();
    serde_json::to_vec(&Sealed::seal(content, &key, &route, &OsRandom).unwrap()).unwrap()
}

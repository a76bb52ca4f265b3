//! The server on a socket: time-outs, plain HTTP and TLS, the end.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::*;
use crate::config::Listen;
use crate::listen::{ListenError, Listener};

struct Served {
    address: String,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
    _folder: tempfile::TempDir,
}

async fn config(set: impl FnOnce(&mut Config)) -> (Config, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let mut config = Settings {
        listen: Some("127.0.0.1:0".into()),
        gateway: Some(format!("outbox:{}", folder.path().join("out").display())),
        ..Settings::default()
    }
    .complete(folder.path())
    .unwrap();
    set(&mut config);
    (config, folder)
}

async fn serve(set: impl FnOnce(&mut Config)) -> Served {
    let (config, folder) = config(set).await;
    let listener = Listener::bind(&config).await.unwrap();
    let address = listener.url().split_once("//").unwrap().1.to_owned();
    let server = Server::open(config).await.unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let task = tokio::spawn(crate::serve(listener, server, async {
        let _ = stopped.await;
    }));
    Served {
        address,
        stop,
        task,
        _folder: folder,
    }
}

const REQUEST: &[u8] = b"GET /protected/json/users/1/status HTTP/1.1\r\nhost: x\r\n\r\n";

/// Sends a request and reads its whole answer off a connection that stays open.
async fn ask(stream: &mut (impl AsyncReadExt + AsyncWriteExt + Unpin), request: &[u8]) -> String {
    stream.write_all(request).await.unwrap();
    let mut text = String::new();
    loop {
        let mut part = [0; 4096];
        let length = stream.read(&mut part).await.unwrap();
        assert!(length > 0, "closed after {text:?}");
        text.push_str(std::str::from_utf8(&part[..length]).unwrap());
        if text.ends_with('}') {
            return text;
        }
    }
}

/// Reads until the other end closes; answers after how long.
async fn closed_after(stream: &mut TcpStream) -> Duration {
    let started = std::time::Instant::now();
    let mut rest = Vec::new();
    let read = tokio::time::timeout(Duration::from_secs(8), stream.read_to_end(&mut rest)).await;
    assert!(read.is_ok(), "still open");
    started.elapsed()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_answers_request_after_request_and_ends_with_the_server() {
    let served = serve(|_| {}).await;
    let mut stream = TcpStream::connect(&served.address).await.unwrap();
    for _ in 0..3 {
        let answer = ask(&mut stream, REQUEST).await;
        assert!(answer.starts_with("HTTP/1.1 401 "), "{answer}");
        assert!(answer.contains("content-length: 105\r\n"), "{answer}");
    }
    // No length and no body: that is a POST without parameters.
    let bare = b"POST /protected/json/users/1/delete HTTP/1.1\r\nhost: x\r\n\r\n";
    assert!(ask(&mut stream, bare).await.starts_with("HTTP/1.1 401 "));
    served.stop.send(()).unwrap();
    served.task.await.unwrap();
    assert_eq!(stream.read(&mut [0; 1]).await.unwrap(), 0);
    assert!(TcpStream::connect(&served.address).await.is_err());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_dawdles_with_head_or_body_or_between_requests_is_cut_off() {
    let served = serve(|config| {
        config.limits.header_seconds = 1;
        config.limits.body_seconds = 2;
        config.limits.idle_seconds = 3;
    })
    .await;
    let connect = async || TcpStream::connect(&served.address).await.unwrap();
    let seconds = |least: u64, found: Duration| {
        let least = Duration::from_secs(least);
        assert!(
            found + Duration::from_millis(200) >= least && found < least + Duration::from_secs(2),
            "{found:?} instead of {least:?}"
        );
    };

    let mut head = connect().await;
    head.write_all(b"GET / HTTP/1.1\r\n").await.unwrap();
    let mut body = connect().await;
    body.write_all(b"POST /protected/json/users/new HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 9\r\n\r\nx")
        .await
        .unwrap();
    let mut idle = connect().await;
    let mut between = connect().await;
    ask(&mut between, REQUEST).await;
    let (head, body, idle, between) = tokio::join!(
        closed_after(&mut head),
        closed_after(&mut body),
        closed_after(&mut idle),
        closed_after(&mut between)
    );
    seconds(1, head);
    seconds(2, body);
    seconds(3, idle);
    seconds(3, between);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_site_with_a_wrong_key_is_refused_before_its_body() {
    let served = serve(|_| {}).await;
    for (target, header) in [
        ("users/new", "x-authy-api-key: wrong\r\n"),
        ("users/new?api_key=wrong", ""),
    ] {
        let mut stream = TcpStream::connect(&served.address).await.unwrap();
        let head = format!(
            "POST /protected/json/{target} HTTP/1.1\r\nhost: x\r\n{header}content-length: 1000000\r\n\r\n"
        );
        let answer =
            tokio::time::timeout(Duration::from_secs(5), ask(&mut stream, head.as_bytes()));
        let answer = answer.await.expect("an answer before the body");
        assert!(answer.starts_with("HTTP/1.1 401 "), "{answer}");
    }
    // A short one is let run out: who sends it after its head still gets to read the answer.
    let mut stream = TcpStream::connect(&served.address).await.unwrap();
    let head = b"POST /protected/json/users/new HTTP/1.1\r\nhost: x\r\nx-authy-api-key: wrong\r\ncontent-length: 9\r\n\r\n";
    stream.write_all(head).await.unwrap();
    let silent = tokio::time::timeout(Duration::from_millis(200), stream.read_u8()).await;
    assert!(silent.is_err());
    assert!(
        ask(&mut stream, b"a=b&c=d&e")
            .await
            .starts_with("HTTP/1.1 401 ")
    );
    assert!(ask(&mut stream, REQUEST).await.starts_with("HTTP/1.1 401 "));
}

#[tokio::test]
async fn plain_http_is_refused_where_it_would_cross_a_network() {
    let (config, _folder) = config(|config| {
        config.listen = Listen::Tcp("0.0.0.0:0".parse().unwrap());
    })
    .await;
    let refused = Listener::bind(&config).await.map(drop);
    assert!(matches!(refused, Err(ListenError::Plain(_))));
    let behind_proxy = Config {
        trusted_proxies: vec!["10.0.0.0/8".parse().unwrap()],
        ..config
    };
    assert!(Listener::bind(&behind_proxy).await.is_ok());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_socket_file_is_its_owners_alone_and_gone_afterwards() {
    use std::os::unix::fs::PermissionsExt;

    let (config, folder) = config(|_| {}).await;
    let path = folder.path().join("socket");
    let config = Config {
        listen: Listen::Unix(path.clone()),
        ..config
    };
    // A file that a server left behind when it died is cleared away.
    drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
    let listener = Listener::bind(&config).await.unwrap();
    let mode = std::fs::metadata(&path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode, 0o600);
    let second = Listener::bind(&config).await.map(drop);
    assert!(matches!(second, Err(ListenError::InUse(_))));
    let server = Server::open(config).await.unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let task = tokio::spawn(crate::serve(listener, server, async {
        let _ = stopped.await;
    }));
    let mut stream = tokio::net::UnixStream::connect(&path).await.unwrap();
    assert!(ask(&mut stream, REQUEST).await.starts_with("HTTP/1.1 401 "));
    stop.send(()).unwrap();
    task.await.unwrap();
    assert!(!path.exists());
}

/// What asks for a registration of a number, signed for `auth.example`.
fn registration(phone: &str, forwarded_for: &str) -> Vec<u8> {
    use authr_api::id::{IdempotencyKey, Nonce, PublicKey};
    use authr_api::registration::{Channel, NewRegistration};
    use authr_api::signature::{Claim, KeyId, Method, Parts, sign};
    use authr_crypto::seal::Opener;
    use authr_crypto::secret::{SealingSecret, SigningSeed};
    use authr_crypto::sign::Signer;

    let random: &dyn Random = &OsRandom;
    let signer = Signer::new(&SigningSeed::new(&random.bytes()));
    let opener = Opener::new(&SealingSecret::new(&random.bytes()));
    let body = serde_json::to_vec(&NewRegistration {
        phone: phone.to_owned(),
        via: Channel::Sms,
        signing_key: signer.verifying_key().into(),
        sealing_key: PublicKey::from(opener.sealing_key()),
    })
    .unwrap();
    let parts = Parts {
        method: Method::Post,
        authority: "auth.example",
        path: authr_api::path::REGISTRATIONS,
        query: "",
        body: &body,
    };
    let claim = Claim {
        key_id: KeyId::Request(signer.verifying_key()),
        created: crate::clock::Clock::now(&crate::clock::SystemClock)
            .try_into()
            .unwrap(),
        nonce: Nonce(random.bytes()),
        idempotency_key: Some(IdempotencyKey(random.bytes())),
    };
    let mut head = format!(
        "POST {} HTTP/1.1\r\nhost: x\r\ncontent-length: {}\r\nx-forwarded-for: {forwarded_for}\r\n",
        parts.path,
        body.len()
    );
    for (name, value) in sign(&parts, &claim, &signer) {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    [head.as_bytes(), b"\r\n", &body].concat()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn behind_a_socket_file_a_network_has_its_limit_as_well() {
    let (config, folder) = config(|config| {
        config.public_url = Some("https://auth.example".into());
        config.messages.network_an_hour = 1;
    })
    .await;
    let path = folder.path().join("socket");
    let config = Config {
        listen: Listen::Unix(path.clone()),
        ..config
    };
    let listener = Listener::bind(&config).await.unwrap();
    let server = Server::open(config).await.unwrap();
    let task = tokio::spawn(crate::serve(listener, server, std::future::pending()));
    let mut stream = tokio::net::UnixStream::connect(&path).await.unwrap();
    for (number, forwarded_for, status) in [
        (1, "203.0.113.9", 200),
        (2, "198.51.100.1, 203.0.113.10", 429),
        (3, "198.51.100.1", 200),
        // The proxy names nobody: all of these are one network.
        (4, "", 200),
        (5, "198.51.100.2, unknown", 429),
    ] {
        let request = registration(&format!("+1201555010{number}"), forwarded_for);
        let answer = ask(&mut stream, &request).await;
        let expected = format!("HTTP/1.1 {status} ");
        assert!(answer.starts_with(&expected), "{number}: {answer}");
    }
    task.abort();
}

#[expect(clippy::disallowed_methods, reason = "a test's own files")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tls_is_spoken_with_the_certificate_given() {
    use rustls::pki_types::ServerName;

    let (config, folder) = config(|_| {}).await;
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let files = crate::config::TlsFiles {
        cert: folder.path().join("cert.pem"),
        key: folder.path().join("key.pem"),
    };
    std::fs::write(&files.cert, made.cert.pem()).unwrap();
    std::fs::write(&files.key, made.signing_key.serialize_pem()).unwrap();
    let config = Config {
        tls: Some(files),
        ..config
    };
    let listener = Listener::bind(&config).await.unwrap();
    let url = listener.url();
    let address = url.strip_prefix("https://").unwrap().to_owned();
    let server = Server::open(config).await.unwrap();
    let task = tokio::spawn(crate::serve(listener, server, std::future::pending()));

    let mut roots = rustls::RootCertStore::empty();
    roots.add(made.cert.der().clone()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let client = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let connector = tokio_rustls::TlsConnector::from(Arc::new(client));
    let stream = TcpStream::connect(&address).await.unwrap();
    let name = ServerName::try_from("localhost").unwrap();
    let mut stream = connector.connect(name, stream).await.unwrap();
    assert!(ask(&mut stream, REQUEST).await.starts_with("HTTP/1.1 401 "));
    let mut plain = TcpStream::connect(&address).await.unwrap();
    plain.write_all(REQUEST).await.unwrap();
    let mut answer = Vec::new();
    let _ = plain.read_to_end(&mut answer).await;
    assert!(!answer.starts_with(b"HTTP"));
    task.abort();
}

//! Where connections come from, and what they are let speak: TLS, or plain HTTP where nobody listens in.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream, UnixListener, UnixStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::config::{Config, Listen, Network, TlsFiles};

/// A bound listener.
pub struct Listener {
    socket: Socket,
    tls: Option<TlsAcceptor>,
    /// Who may connect from another machine, where that is not everyone.
    only_from: Option<Vec<Network>>,
}

enum Socket {
    Tcp(TcpListener),
    Unix(UnixListener, PathBuf),
}

/// Why the server does not listen.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ListenError {
    /// Plain HTTP would cross a network.
    #[error(
        "{0} is not a loopback address: pass --tls-cert and --tls-key, or --trusted-proxy CIDR, or listen on 127.0.0.1 or unix:PATH"
    )]
    Plain(SocketAddr),
    /// The address is taken, or not ours.
    #[error("cannot listen on {address}")]
    Bind {
        /// Which.
        address: String,
        /// Why.
        source: io::Error,
    },
    /// A socket file where a server still answers, or a file that is no socket.
    #[error("{0} is in use")]
    InUse(PathBuf),
    /// The certificate or its key cannot be used.
    #[error("cannot use {path}")]
    Tls {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl Listener {
    /// Binds as the settings say.
    ///
    /// # Errors
    /// [`ListenError`].
    pub async fn bind(config: &Config) -> Result<Self, ListenError> {
        let tls = config.tls.as_ref().map(acceptor).transpose()?;
        let mut only_from = None;
        let socket = match &config.listen {
            Listen::Unix(path) => Socket::Unix(bind_unix(path).await?, path.clone()),
            Listen::Tcp(address) => {
                if tls.is_none() && !address.ip().to_canonical().is_loopback() {
                    if config.trusted_proxies.is_empty() {
                        return Err(ListenError::Plain(*address));
                    }
                    only_from = Some(config.trusted_proxies.clone());
                }
                let listener =
                    TcpListener::bind(address)
                        .await
                        .map_err(|source| ListenError::Bind {
                            address: address.to_string(),
                            source,
                        })?;
                Socket::Tcp(listener)
            }
        };
        Ok(Self {
            socket,
            tls,
            only_from,
        })
    }

    /// Where it listens, as an address to type: `http://127.0.0.1:8444`.
    #[must_use]
    pub fn url(&self) -> String {
        let scheme = if self.tls.is_some() { "https" } else { "http" };
        match &self.socket {
            Socket::Unix(_, path) => format!("unix:{}", path.display()),
            Socket::Tcp(listener) => match listener.local_addr() {
                Ok(address) => format!("{scheme}://{address}"),
                Err(_) => format!("{scheme}://?"),
            },
        }
    }

    /// The next connection that is let in.
    pub(crate) async fn accept(&self) -> io::Result<Incoming> {
        loop {
            let (socket, from) = match &self.socket {
                Socket::Unix(listener, _) => {
                    let (stream, _) = listener.accept().await?;
                    (Plain::Unix(stream), None)
                }
                Socket::Tcp(listener) => {
                    let (stream, from) = listener.accept().await?;
                    // An answer is one small write: it does not wait for company. Where this fails the client is gone
                    // already, which its connection finds out; the listener is well.
                    let _ = stream.set_nodelay(true);
                    (Plain::Tcp(stream), Some(from.ip().to_canonical()))
                }
            };
            if self.lets_in(from) {
                return Ok(Incoming {
                    socket,
                    from,
                    tls: self.tls.clone(),
                });
            }
            tracing::warn!(
                "connection.refused: plain HTTP from a machine that is no trusted proxy"
            );
        }
    }

    fn lets_in(&self, from: Option<IpAddr>) -> bool {
        match (&self.only_from, from) {
            (Some(networks), Some(from)) => {
                from.is_loopback() || networks.iter().any(|network| network.contains(from))
            }
            _ => true,
        }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        if let Socket::Unix(_, path) = &self.socket {
            // It may be gone already; the next start clears a stale one.
            let _ = std::fs::remove_file(path);
        }
    }
}

/// Binds a socket file, 0600; one that nobody answers on is left over from a server that died.
async fn bind_unix(path: &Path) -> Result<UnixListener, ListenError> {
    use std::os::unix::fs::{FileTypeExt, PermissionsExt};

    if let Ok(metadata) = std::fs::symlink_metadata(path) {
        if !metadata.file_type().is_socket() || UnixStream::connect(path).await.is_ok() {
            return Err(ListenError::InUse(path.to_path_buf()));
        }
        let _ = std::fs::remove_file(path);
    }
    UnixListener::bind(path)
        .and_then(|listener| {
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))?;
            Ok(listener)
        })
        .map_err(|source| ListenError::Bind {
            address: format!("unix:{}", path.display()),
            source,
        })
}

fn acceptor(files: &TlsFiles) -> Result<TlsAcceptor, ListenError> {
    fn unusable<E: std::error::Error + Send + Sync + 'static>(
        path: &Path,
    ) -> impl FnOnce(E) -> ListenError {
        move |source| ListenError::Tls {
            path: path.to_path_buf(),
            source: Box::new(source),
        }
    }
    let chain = CertificateDer::pem_file_iter(&files.cert)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(unusable(&files.cert))?;
    let key = PrivateKeyDer::from_pem_file(&files.key).map_err(unusable(&files.key))?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(unusable(&files.cert))?
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .map_err(unusable(&files.cert))?;
    Ok(TlsAcceptor::from(Arc::new(config)))
}

/// A connection before its handshake.
pub(crate) struct Incoming {
    socket: Plain,
    from: Option<IpAddr>,
    tls: Option<TlsAcceptor>,
}

impl Incoming {
    /// The machine at the other end.
    pub(crate) fn from(&self) -> Option<IpAddr> {
        self.from
    }

    /// Shakes hands, where TLS is spoken.
    pub(crate) async fn open(self) -> io::Result<Stream> {
        Ok(match self.tls {
            None => Stream::Plain(self.socket),
            Some(tls) => Stream::Tls(Box::new(tls.accept(self.socket).await?)),
        })
    }
}

pub(crate) enum Plain {
    Tcp(TcpStream),
    Unix(UnixStream),
}

/// A connection, whatever it is made of.
pub(crate) enum Stream {
    Plain(Plain),
    Tls(Box<TlsStream<Plain>>),
}

macro_rules! delegate {
    ($type:ident: $($variant:ident)*) => {
        impl AsyncRead for $type {
            fn poll_read(
                self: Pin<&mut Self>,
                context: &mut Context<'_>,
                buffer: &mut ReadBuf<'_>,
            ) -> Poll<io::Result<()>> {
                match self.get_mut() {
                    $(Self::$variant(inner) => Pin::new(inner).poll_read(context, buffer),)*
                }
            }
        }

        impl AsyncWrite for $type {
            fn poll_write(
                self: Pin<&mut Self>,
                context: &mut Context<'_>,
                bytes: &[u8],
            ) -> Poll<io::Result<usize>> {
                match self.get_mut() {
                    $(Self::$variant(inner) => Pin::new(inner).poll_write(context, bytes),)*
                }
            }

            fn poll_flush(
                self: Pin<&mut Self>,
                context: &mut Context<'_>,
            ) -> Poll<io::Result<()>> {
                match self.get_mut() {
                    $(Self::$variant(inner) => Pin::new(inner).poll_flush(context),)*
                }
            }

            fn poll_shutdown(
                self: Pin<&mut Self>,
                context: &mut Context<'_>,
            ) -> Poll<io::Result<()>> {
                match self.get_mut() {
                    $(Self::$variant(inner) => Pin::new(inner).poll_shutdown(context),)*
                }
            }
        }
    };
}

delegate!(Plain: Tcp Unix);
delegate!(Stream: Plain Tls);

//! Bytes to a server and back: TLS, time limits, and a limit on every answer.

use std::io::ErrorKind;
use std::sync::Arc;
use std::time::Duration;

use authr_api::signature::Method;
use ureq::Agent;
use ureq::http::{Request, Response};
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};

use super::address::Address;
use super::error::RemoteError;

/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(10);
/// How long a whole call may take.
const CALL: Duration = Duration::from_secs(60);
/// The longest answer, in bytes: a page of the feed has 128 records of 16 KiB in Base64.
const ANSWER_BYTES: u64 = 4 * 1024 * 1024;

/// A connection to one server.
pub(super) struct Transport {
    agent: Agent,
    address: Address,
}

/// What came back.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: Vec<u8>,
}

impl Transport {
    /// `ca` is PEM that the server's certificate is checked with; empty: what the system trusts.
    pub(super) fn new(address: Address, ca: &[u8]) -> Result<Self, RemoteError> {
        let mut tls = TlsConfig::builder()
            .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::ring::default_provider()));
        if address.url().starts_with("https://") {
            tls = tls.root_certs(RootCerts::new_with_certs(&roots(ca)?));
        }
        let agent = Agent::config_builder()
            .tls_config(tls.build())
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .proxy(None)
            .timeout_connect(Some(CONNECT))
            .timeout_global(Some(CALL))
            .user_agent(concat!("authr/", env!("CARGO_PKG_VERSION")))
            .build()
            .new_agent();
        Ok(Self { agent, address })
    }

    pub(super) fn address(&self) -> &Address {
        &self.address
    }

    /// Sends a request. `path` has its query with it.
    pub(super) fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&'static str, String)],
        body: Option<&[u8]>,
    ) -> Result<Answer, RemoteError> {
        let mut request = Request::builder()
            .method(method.as_str())
            .uri(format!("{}{path}", self.address.url()));
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        let built = |error: ureq::http::Error| self.failed(&error.into());
        let response = match body {
            Some(body) => {
                let request = request.header("content-type", "application/json");
                self.agent.run(request.body(body).map_err(built)?)
            }
            None => self.agent.run(request.body(()).map_err(built)?),
        };
        self.read(response.map_err(|error| self.failed(&error))?)
    }

    fn read(&self, response: Response<ureq::Body>) -> Result<Answer, RemoteError> {
        let status = response.status().as_u16();
        let mut body = response.into_body();
        let body = body.with_config().limit(ANSWER_BYTES).read_to_vec();
        let body = body.map_err(|error| self.failed(&error))?;
        Ok(Answer { status, body })
    }

    fn failed(&self, error: &ureq::Error) -> RemoteError {
        let url = self.address.url().to_owned();
        let reason = match error {
            ureq::Error::Io(error) => error.to_string(),
            error => error.to_string(),
        };
        match error {
            ureq::Error::Http(_) | ureq::Error::Protocol(_) | ureq::Error::BodyExceedsLimit(_) => {
                RemoteError::NotAuthr { url, reason }
            }
            ureq::Error::Io(error)
                if matches!(
                    error.kind(),
                    ErrorKind::ConnectionReset
                        | ErrorKind::ConnectionAborted
                        | ErrorKind::BrokenPipe
                        | ErrorKind::UnexpectedEof
                ) =>
            {
                RemoteError::Lost { url, reason }
            }
            _ => RemoteError::Unreachable { url, reason },
        }
    }
}

/// The certificates that a server's is checked with.
fn roots(ca: &[u8]) -> Result<Vec<Certificate<'static>>, RemoteError> {
    if ca.is_empty() {
        let found = rustls_native_certs::load_native_certs();
        if found.certs.is_empty() {
            let reason = found.errors.first().map(ToString::to_string);
            let none = || "the system has none; pass --ca-file FILE".to_owned();
            return Err(RemoteError::Certificates(reason.unwrap_or_else(none)));
        }
        return Ok(found
            .certs
            .iter()
            .map(|certificate| Certificate::from_der(certificate).to_owned())
            .collect());
    }
    let mut certificates = Vec::new();
    for item in parse_pem(ca) {
        match item {
            Ok(PemItem::Certificate(certificate)) => certificates.push(certificate),
            Ok(_) => {}
            Err(error) => return Err(RemoteError::Certificates(error.to_string())),
        }
    }
    if certificates.is_empty() {
        return Err(RemoteError::Certificates("the file has none".to_owned()));
    }
    Ok(certificates)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_file_without_a_certificate_is_refused() {
        let refused = |pem: &[u8]| {
            let address = Address::parse("https://auth.example").unwrap();
            matches!(
                Transport::new(address, pem),
                Err(RemoteError::Certificates(_))
            )
        };
        assert!(refused(b"nothing"));
        assert!(refused(
            b"-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n"
        ));
    }
}

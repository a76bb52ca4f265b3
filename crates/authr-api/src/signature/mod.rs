//! The signature of a request: RFC 9421 HTTP message signatures with Ed25519, in one fixed profile.
//!
//! ```text
//! Content-Digest:  sha-256=:base64(SHA-256(body)):
//! Idempotency-Key: "base64url(16 bytes)"                      on changing requests, and only there
//! Signature-Input: authr=("@method" "@authority" "@path" "@query" "content-digest" "idempotency-key");created=…;
//!                  nonce="…";keyid="…";alg="ed25519";tag="authr-1"
//! Signature:       authr=:base64(signature):
//! ```
//!
//! One request has one spelling: the reader takes created, nonce and key id out of `Signature-Input`, writes the
//! header anew as the signer would, and refuses whatever differs.

mod read;

use std::fmt;

use authr_crypto::mac::sha256;
use authr_crypto::sign::{Signer, VerifyingKey};
use data_encoding::{BASE64, BASE64URL_NOPAD};

use crate::id::{DeviceId, IdempotencyKey, Nonce};

pub use read::{Announced, Refusal, Unverified, Verified};

/// How far `created` may be from the server's time, in seconds.
pub const SKEW_SECONDS: u64 = 60;
/// How long the server remembers a nonce, in seconds: longer than a request stays acceptable.
pub const NONCE_SECONDS: u64 = 180;
/// How long the server remembers an answer under its idempotency key, in seconds.
pub const IDEMPOTENCY_SECONDS: u64 = 24 * 60 * 60;

/// The header that states the hash of the body.
pub const CONTENT_DIGEST: &str = "content-digest";
/// The header that names a change.
pub const IDEMPOTENCY_KEY: &str = "idempotency-key";
/// The header that says what is signed, when, and by whom.
pub const SIGNATURE_INPUT: &str = "signature-input";
/// The header with the signature.
pub const SIGNATURE: &str = "signature";

/// What the request does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Reads.
    Get,
    /// Changes.
    Post,
    /// Takes away.
    Delete,
}

impl Method {
    /// The method as it is sent.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Delete => "DELETE",
        }
    }

    /// Whether the request carries an idempotency key.
    #[must_use]
    pub fn changes(self) -> bool {
        self != Self::Get
    }
}

/// What is signed of a request.
#[derive(Debug, Clone, Copy)]
pub struct Parts<'a> {
    /// The method.
    pub method: Method,
    /// Host and port as the server is known outside, from [`authority`]; never what a `Host` header says.
    pub authority: &'a str,
    /// The path as it stands in the request line.
    pub path: &'a str,
    /// The query as it stands in the request line, without the question mark; empty when there is none.
    pub query: &'a str,
    /// The body, empty when there is none.
    pub body: &'a [u8],
}

/// Who signs: the request's key until the device is active, the device's key from then on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum KeyId {
    /// The key of a registration request: it names itself.
    Request(VerifyingKey),
    /// An active device: the server looks its key up.
    Device(DeviceId),
}

impl KeyId {
    /// Reads what `Display` writes: 43 characters name a request's key, 22 a device.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).ok()?;
        if let Ok(key) = bytes.as_slice().try_into() {
            return Some(Self::Request(VerifyingKey(key)));
        }
        bytes.try_into().ok().map(|id| Self::Device(DeviceId(id)))
    }

    /// The bytes of the key or of the id.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Request(key) => &key.0,
            Self::Device(id) => &id.0,
        }
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&BASE64URL_NOPAD.encode(self.as_bytes()))
    }
}

/// What a signature says besides the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Claim {
    /// Who signs.
    pub key_id: KeyId,
    /// When, in unix seconds.
    pub created: u64,
    /// Another one for every request sent, a repetition included.
    pub nonce: Nonce,
    /// The change that is asked for; on changing requests, and only there.
    pub idempotency_key: Option<IdempotencyKey>,
}

/// Signs a request: the headers to send with it.
///
/// # Panics
/// When a changing request has no idempotency key or a reading one has one: that is the caller's mistake, not input.
#[must_use]
pub fn sign(parts: &Parts<'_>, claim: &Claim, signer: &Signer) -> Vec<(&'static str, String)> {
    assert_eq!(
        parts.method.changes(),
        claim.idempotency_key.is_some(),
        "a changing request, and only such a one, has an idempotency key"
    );
    let signature = signer.sign(base(parts, claim).as_bytes());
    let mut headers = vec![(CONTENT_DIGEST, digest(parts.body))];
    if let Some(key) = &claim.idempotency_key {
        headers.push((IDEMPOTENCY_KEY, quoted(key)));
    }
    headers.push((SIGNATURE_INPUT, format!("authr={}", parameters(claim))));
    headers.push((SIGNATURE, format!("authr=:{}:", BASE64.encode(&signature))));
    headers
}

/// The signature base (RFC 9421 section 2.5): what the signature is over.
#[must_use]
pub fn base(parts: &Parts<'_>, claim: &Claim) -> String {
    let idempotency_key = match &claim.idempotency_key {
        Some(key) => format!("\"idempotency-key\": {}\n", quoted(key)),
        None => String::new(),
    };
    format!(
        "\"@method\": {}\n\"@authority\": {}\n\"@path\": {}\n\"@query\": ?{}\n\"content-digest\": {}\n{}\"@signature-params\": {}",
        parts.method.as_str(),
        parts.authority,
        parts.path,
        parts.query,
        digest(parts.body),
        idempotency_key,
        parameters(claim),
    )
}

/// The value of `@signature-params`.
fn parameters(claim: &Claim) -> String {
    let idempotency_key = match claim.idempotency_key {
        Some(_) => " \"idempotency-key\"",
        None => "",
    };
    format!(
        "(\"@method\" \"@authority\" \"@path\" \"@query\" \"content-digest\"{idempotency_key});created={};nonce=\"{}\";keyid=\"{}\";alg=\"ed25519\";tag=\"authr-1\"",
        claim.created, claim.nonce, claim.key_id,
    )
}

/// The value of `Content-Digest` (RFC 9530).
fn digest(body: &[u8]) -> String {
    format!("sha-256=:{}:", BASE64.encode(&sha256(&[body])))
}

fn quoted(key: &IdempotencyKey) -> String {
    format!("\"{key}\"")
}

/// The authority of a server's address: host in lower case, and the port unless it is the scheme's own.
/// `https://Auth.Example:443/x` has `auth.example`; what is no HTTP address has none.
#[must_use]
pub fn authority(url: &str) -> Option<String> {
    let (rest, default_port) = match url.split_once("://")? {
        ("https", rest) => (rest, ":443"),
        ("http", rest) => (rest, ":80"),
        _ => return None,
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let plain = |c: char| c.is_ascii_alphanumeric() || "-.:[]".contains(c);
    if authority.is_empty() || authority.starts_with(':') || !authority.chars().all(plain) {
        return None;
    }
    let authority = authority.to_ascii_lowercase();
    let shortened = authority.strip_suffix(default_port);
    Some(shortened.unwrap_or(&authority).to_owned())
}

#[cfg(test)]
mod tests;

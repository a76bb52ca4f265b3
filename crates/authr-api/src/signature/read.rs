//! The reader of signed requests. The headers are read before the body is
//! ([`Announced`]); a whole one is [`Unverified`], and only the right key turns that into [`Verified`].

use authr_crypto::sign::VerifyingKey;
use data_encoding::BASE64;

use super::{
    CONTENT_DIGEST, Claim, IDEMPOTENCY_KEY, KeyId, Method, Parts, SIGNATURE, SIGNATURE_INPUT,
    SKEW_SECONDS, base, digest, parameters, quoted,
};
use crate::error::ErrorCode;
use crate::id::{IdempotencyKey, Nonce};

/// Why a request is not what a known key signed just now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// A header is missing, stands twice, or is not spelled as the profile says.
    #[error("the signature headers are not of the profile authr-1: {0}")]
    Profile(&'static str),
    /// The body is not the one that was signed.
    #[error("the content digest is not the body's")]
    Digest,
    /// The clocks differ, or the request is old.
    #[error("the request was signed at {created}, the server has {server_time}")]
    Skew {
        /// When it says it was signed.
        created: u64,
        /// What time the server has.
        server_time: u64,
    },
    /// The key id names nobody.
    #[error("the key id names no request and no active device")]
    UnknownKey,
    /// Not this key's signature, or not over this request.
    #[error("the signature does not match")]
    Signature,
}

impl Refusal {
    /// The code that the server answers with.
    #[must_use]
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Profile(_) => ErrorCode::BadProfile,
            Self::Digest => ErrorCode::BadDigest,
            Self::Skew { .. } => ErrorCode::ClockSkew,
            Self::UnknownKey => ErrorCode::UnknownKey,
            Self::Signature => ErrorCode::BadSignature,
        }
    }
}

/// What the headers of a request say, while its body is still on its way.
#[derive(Debug)]
pub struct Announced<'h> {
    claim: Claim,
    content_digest: &'h str,
    signature: [u8; 64],
}

/// A request that has the right form, an intact body and a present time, from whom it may be.
#[derive(Debug)]
pub struct Unverified {
    claim: Claim,
    base: String,
    signature: [u8; 64],
}

/// A request that a key did sign.
#[derive(Debug)]
pub struct Verified {
    claim: Claim,
}

impl<'h> Announced<'h> {
    /// Reads the headers of a request. `headers` are all of them, names in lower case.
    ///
    /// # Errors
    /// [`Refusal::Profile`].
    pub fn read(
        method: Method,
        headers: impl Iterator<Item = (&'h str, &'h [u8])>,
    ) -> Result<Self, Refusal> {
        let found = Found::among(headers)?;
        Ok(Self {
            signature: found.signature()?,
            claim: found.claim(method)?,
            content_digest: found.content_digest,
        })
    }

    /// Whose signature it is said to be: nothing proves it yet.
    #[must_use]
    pub fn key_id(&self) -> KeyId {
        self.claim.key_id
    }

    /// Takes in the rest of the request.
    ///
    /// # Errors
    /// [`Refusal::Digest`], [`Refusal::Skew`].
    pub fn with_body(self, parts: &Parts<'_>, now: u64) -> Result<Unverified, Refusal> {
        let Self {
            claim,
            content_digest,
            signature,
        } = self;
        if digest(parts.body) != content_digest {
            return Err(Refusal::Digest);
        }
        if claim.created.abs_diff(now) > SKEW_SECONDS {
            return Err(Refusal::Skew {
                created: claim.created,
                server_time: now,
            });
        }
        let base = base(parts, &claim);
        Ok(Unverified {
            claim,
            base,
            signature,
        })
    }
}

impl Unverified {
    /// Whose signature it is said to be.
    #[must_use]
    pub fn key_id(&self) -> KeyId {
        self.claim.key_id
    }

    /// Checks the signature; `key` is what the key id names, if it names anyone.
    ///
    /// # Errors
    /// [`Refusal::UnknownKey`], [`Refusal::Signature`].
    pub fn verify(self, key: Option<&VerifyingKey>) -> Result<Verified, Refusal> {
        let key = key.ok_or(Refusal::UnknownKey)?;
        key.verify(self.base.as_bytes(), &self.signature)
            .map_err(|_| Refusal::Signature)?;
        Ok(Verified { claim: self.claim })
    }
}

impl Verified {
    /// Who signed, when, with which nonce, for which change.
    #[must_use]
    pub fn claim(&self) -> &Claim {
        &self.claim
    }
}

/// The four headers, each at most once.
#[derive(Default)]
struct Found<'h> {
    content_digest: &'h str,
    idempotency_key: Option<&'h str>,
    signature_input: &'h str,
    signature: &'h str,
}

impl<'h> Found<'h> {
    fn among(headers: impl Iterator<Item = (&'h str, &'h [u8])>) -> Result<Self, Refusal> {
        let mut values: [Option<&'h str>; 4] = [None; 4];
        let names = [CONTENT_DIGEST, IDEMPOTENCY_KEY, SIGNATURE_INPUT, SIGNATURE];
        for (name, value) in headers {
            let Some(at) = names.iter().position(|known| *known == name) else {
                continue;
            };
            let value = std::str::from_utf8(value).map_err(|_| Refusal::Profile("not ASCII"))?;
            if values[at].replace(value).is_some() {
                return Err(Refusal::Profile("a header stands twice"));
            }
        }
        let [content_digest, idempotency_key, signature_input, signature] = values;
        Ok(Self {
            content_digest: content_digest.ok_or(Refusal::Profile("no content-digest"))?,
            idempotency_key,
            signature_input: signature_input.ok_or(Refusal::Profile("no signature-input"))?,
            signature: signature.ok_or(Refusal::Profile("no signature"))?,
        })
    }

    fn signature(&self) -> Result<[u8; 64], Refusal> {
        let refusal = Refusal::Profile("signature is not authr=:base64 of 64 bytes:");
        let inner = self.signature.strip_prefix("authr=:");
        let text = inner
            .and_then(|rest| rest.strip_suffix(':'))
            .ok_or(refusal)?;
        let bytes = BASE64.decode(text.as_bytes()).map_err(|_| refusal)?;
        bytes.try_into().map_err(|_| refusal)
    }

    /// Takes out what varies, and compares the whole header with what the signer writes for it.
    fn claim(&self, method: Method) -> Result<Claim, Refusal> {
        let refusal = Refusal::Profile("signature-input is not spelled as the profile says");
        let claim = Claim {
            key_id: KeyId::parse(self.between(";keyid=\"", "\"")?).ok_or(refusal)?,
            created: self
                .between(";created=", ";")?
                .parse()
                .map_err(|_| refusal)?,
            nonce: Nonce::parse(self.between(";nonce=\"", "\"")?).map_err(|_| refusal)?,
            idempotency_key: self.idempotency_key(method)?,
        };
        match self.signature_input.strip_prefix("authr=") {
            Some(written) if written == parameters(&claim) => Ok(claim),
            _ => Err(refusal),
        }
    }

    fn idempotency_key(&self, method: Method) -> Result<Option<IdempotencyKey>, Refusal> {
        match (self.idempotency_key, method.changes()) {
            (None, false) => Ok(None),
            (None, true) => Err(Refusal::Profile("no idempotency-key")),
            (Some(_), false) => Err(Refusal::Profile("idempotency-key on a reading request")),
            (Some(written), true) => {
                let inner = written
                    .strip_prefix('"')
                    .and_then(|rest| rest.strip_suffix('"'));
                let key = inner.and_then(|text| IdempotencyKey::parse(text).ok());
                key.filter(|key| quoted(key) == written)
                    .map(Some)
                    .ok_or(Refusal::Profile("idempotency-key is not a quoted id"))
            }
        }
    }

    fn between(&self, before: &str, after: &str) -> Result<&'h str, Refusal> {
        self.signature_input
            .split_once(before)
            .and_then(|(_, rest)| rest.split_once(after))
            .map(|(value, _)| value)
            .ok_or(Refusal::Profile("signature-input lacks a parameter"))
    }
}

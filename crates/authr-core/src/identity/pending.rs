//! A changing request that may have been sent (vault-format.md section 7.6): it is saved before it is sent, and dropped
//! in the save that takes in its answer, so that a crash in between repeats it and does not double it.

use std::fmt;

use authr_crypto::secret::{SealingSecret, SigningSeed};
use zeroize::Zeroizing;

use super::Identity;
use crate::tlv::{CRITICAL, Field, FieldError, Reader, Writer};

const KIND: u16 = CRITICAL | 1;
const KEY: u16 = CRITICAL | 2;
const BODY: u16 = CRITICAL | 3;
const LOCKER_VERSION: u16 = CRITICAL | 4;
const LOCKER_HASH: u16 = CRITICAL | 5;
const REGISTRATION: u16 = CRITICAL | 6;
const REQUEST_SIGNING: u16 = CRITICAL | 7;
const REQUEST_SEALING: u16 = CRITICAL | 8;
const IDENTITY: u16 = CRITICAL | 9;

const KIND_FINISH: u8 = 1;
const KIND_APPEND: u8 = 2;
const KIND_PUSH: u8 = 3;

/// The longest body of a request, in bytes.
pub const MAX_BODY_BYTES: usize = 4 * 1024 * 1024;

/// The exact bytes of a request, and what names its effect.
#[derive(Clone, PartialEq, Eq)]
pub struct WrittenAhead {
    /// The same key and the same body have one effect.
    pub idempotency_key: [u8; 16],
    /// 1 to [`MAX_BODY_BYTES`] bytes.
    pub body: Vec<u8>,
}

impl fmt::Debug for WrittenAhead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "WrittenAhead({} bytes)", self.body.len())
    }
}

/// A changing request that may have been sent.
#[derive(Debug)]
pub enum Pending {
    /// The last step of a registration.
    Finish {
        /// What this installation becomes by it.
        identity: Box<Identity>,
        /// The registration.
        registration: [u8; 16],
        /// The Ed25519 key of the request.
        request_signing: SigningSeed,
        /// The X25519 key of the request.
        request_sealing: SealingSecret,
        /// What is sent.
        request: WrittenAhead,
    },
    /// New entries of the device list.
    Append {
        /// The version of the locker that comes with them.
        locker_version: u64,
        /// The hash of its content.
        locker_hash: [u8; 32],
        /// What is sent.
        request: WrittenAhead,
    },
    /// Records.
    Push {
        /// What is sent.
        request: WrittenAhead,
    },
}

impl Pending {
    /// What is sent.
    #[must_use]
    pub fn request(&self) -> &WrittenAhead {
        match self {
            Self::Finish { request, .. }
            | Self::Append { request, .. }
            | Self::Push { request } => request,
        }
    }

    /// The same request held twice.
    #[must_use]
    pub fn duplicate(&self) -> Self {
        match self {
            Self::Finish {
                identity,
                registration,
                request_signing,
                request_sealing,
                request,
            } => Self::Finish {
                identity: Box::new(identity.duplicate()),
                registration: *registration,
                request_signing: request_signing.duplicate(),
                request_sealing: request_sealing.duplicate(),
                request: request.clone(),
            },
            Self::Append {
                locker_version,
                locker_hash,
                request,
            } => Self::Append {
                locker_version: *locker_version,
                locker_hash: *locker_hash,
                request: request.clone(),
            },
            Self::Push { request } => Self::Push {
                request: request.clone(),
            },
        }
    }

    /// The fields of the request.
    #[must_use]
    pub fn encode(&self) -> Zeroizing<Vec<u8>> {
        let (request, kind) = match self {
            Self::Finish { request, .. } => (request, KIND_FINISH),
            Self::Append { request, .. } => (request, KIND_APPEND),
            Self::Push { request } => (request, KIND_PUSH),
        };
        let mut writer = Writer::with_capacity(512 + request.body.len());
        writer.field(KIND, &[kind]);
        writer.field(KEY, &request.idempotency_key);
        writer.field(BODY, &request.body);
        match self {
            Self::Finish {
                identity,
                registration,
                request_signing,
                request_sealing,
                ..
            } => {
                writer.field(REGISTRATION, registration);
                writer.field(REQUEST_SIGNING, request_signing.expose_secret());
                writer.field(REQUEST_SEALING, request_sealing.expose_secret());
                writer.field(IDENTITY, &identity.encode());
            }
            Self::Append {
                locker_version,
                locker_hash,
                ..
            } => {
                writer.number(LOCKER_VERSION, *locker_version);
                writer.field(LOCKER_HASH, locker_hash);
            }
            Self::Push { .. } => {}
        }
        writer.finish()
    }

    /// The request of the fields.
    ///
    /// # Errors
    /// [`FieldError`], also where a field is missing or belongs to another kind.
    pub fn decode(bytes: &[u8]) -> Result<Self, FieldError> {
        let mut parts = Parts::default();
        let mut reader = Reader::new(bytes, &[]);
        while let Some(field) = reader.next()? {
            parts.take(&field)?;
        }
        parts.build(FieldError::Malformed { at: bytes.len() })
    }
}

/// The fields of a request as they come.
#[derive(Default)]
struct Parts {
    kind: Option<u8>,
    key: Option<[u8; 16]>,
    body: Option<Vec<u8>>,
    locker_version: Option<u64>,
    locker_hash: Option<[u8; 32]>,
    registration: Option<[u8; 16]>,
    signing: Option<SigningSeed>,
    sealing: Option<SealingSecret>,
    identity: Option<Identity>,
}

impl Parts {
    fn take(&mut self, field: &Field<'_>) -> Result<(), FieldError> {
        let malformed = field.malformed();
        match field.tag {
            KIND => self.kind = Some(field.u8()?),
            KEY => self.key = Some(field.array()?),
            BODY if (1..=MAX_BODY_BYTES).contains(&field.value.len()) => {
                self.body = Some(field.value.to_vec());
            }
            BODY => return Err(malformed),
            LOCKER_VERSION => self.locker_version = Some(field.u64()?),
            LOCKER_HASH => self.locker_hash = Some(field.array()?),
            REGISTRATION => self.registration = Some(field.array()?),
            REQUEST_SIGNING => {
                self.signing = Some(SigningSeed::from_slice(field.value).ok_or(malformed)?);
            }
            REQUEST_SEALING => {
                self.sealing = Some(SealingSecret::from_slice(field.value).ok_or(malformed)?);
            }
            IDENTITY => {
                let identity = Identity::decode(field.value);
                self.identity = Some(identity.map_err(|error| field.within(error))?);
            }
            _ => return Err(field.unknown()),
        }
        Ok(())
    }

    fn build(self, missing: FieldError) -> Result<Pending, FieldError> {
        let request = WrittenAhead {
            idempotency_key: self.key.ok_or(missing)?,
            body: self.body.ok_or(missing)?,
        };
        let locker = (self.locker_version, self.locker_hash);
        let finish = (self.registration, self.signing, self.sealing, self.identity);
        match (self.kind.ok_or(missing)?, finish, locker) {
            (
                KIND_FINISH,
                (Some(registration), Some(signing), Some(sealing), Some(identity)),
                (None, None),
            ) => Ok(Pending::Finish {
                identity: Box::new(identity),
                registration,
                request_signing: signing,
                request_sealing: sealing,
                request,
            }),
            (KIND_APPEND, (None, None, None, None), (Some(locker_version), Some(locker_hash))) => {
                Ok(Pending::Append {
                    locker_version,
                    locker_hash,
                    request,
                })
            }
            (KIND_PUSH, (None, None, None, None), (None, None)) => Ok(Pending::Push { request }),
            (KIND_FINISH | KIND_APPEND | KIND_PUSH, _, _) => Err(missing),
            _ => Err(FieldError::Unknown { tag: KIND }),
        }
    }
}

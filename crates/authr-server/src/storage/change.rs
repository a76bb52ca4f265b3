//! A change that a signer asks for: told from a replay, answered once, and the same again under its key.

use std::fmt;

use authr_api::error::ErrorCode;
use authr_api::id::{Hash, IdempotencyKey, Nonce};
use authr_api::signature::KeyId;

use super::{Refusal, StorageError, UnixSeconds};

/// How many answers are kept of a signer at a time. Beyond them its changes wait.
pub const ANSWERS: u32 = 2048;
/// How long a caller waits whom a limit stopped that does not say when it opens, in seconds.
const LIMIT_WAITS: i64 = 3600;

/// A request with a verified signature.
#[derive(Debug, Clone, Copy)]
pub struct SeenRequest {
    /// Who signed it.
    pub signer: KeyId,
    /// What makes it another than every other.
    pub nonce: Nonce,
    /// When it came.
    pub now: UnixSeconds,
}

/// A request that changes something.
#[derive(Debug, Clone, Copy)]
pub struct Change {
    /// The request.
    pub seen: SeenRequest,
    /// What names the change.
    pub key: IdempotencyKey,
    /// The hash of its method, path and body.
    pub request: Hash,
}

/// An answer as it goes out, and goes out again.
#[derive(Clone, PartialEq, Eq)]
pub struct StoredAnswer {
    /// Its HTTP status.
    pub status: u16,
    /// Its body.
    pub body: Vec<u8>,
}

impl fmt::Debug for StoredAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "StoredAnswer({}, {} bytes)",
            self.status,
            self.body.len()
        )
    }
}

/// Why a change was not made: what the caller is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Denied {
    /// What to branch on.
    pub code: ErrorCode,
    /// After how many seconds a repetition makes sense.
    pub retry_after: Option<i64>,
    /// How many tries are left.
    pub tries_left: Option<u8>,
    /// The number that was expected.
    pub expected: Option<u64>,
}

impl Denied {
    /// It waits for so many seconds.
    #[must_use]
    pub fn until(code: ErrorCode, seconds: i64) -> Self {
        Self {
            retry_after: Some(seconds),
            ..code.into()
        }
    }

    /// A limit stopped it that does not say when it opens.
    #[must_use]
    pub fn for_now() -> Self {
        Self::until(ErrorCode::RateLimited, LIMIT_WAITS)
    }
}

impl From<ErrorCode> for Denied {
    fn from(code: ErrorCode) -> Self {
        Self {
            code,
            retry_after: None,
            tries_left: None,
            expected: None,
        }
    }
}

impl From<Refusal> for Denied {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Number { retry_after } => Self::until(ErrorCode::RateLimited, retry_after),
            Refusal::Prefix | Refusal::Application | Refusal::Network | Refusal::All => {
                Self::for_now()
            }
        }
    }
}

/// What became of a change: its answer, made now or the first time; or why nothing was changed.
pub type Changed = Result<StoredAnswer, Denied>;

/// Makes the answer of a change that took place, inside its transaction: an error undoes it.
pub type Respond<T> = Box<dyn FnOnce(T) -> Result<StoredAnswer, StorageError> + Send>;

/// What is remembered of a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recalled {
    /// Neither its nonce nor its key was seen.
    Nothing,
    /// It was answered before; or it is a replay, or another change under a used key.
    Known(Changed),
}

//! How messages leave: a gateway each, and the worker that hands them over.

use std::future::Future;
use std::pin::Pin;

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::storage::{MessageId, UnixSeconds};

mod console;
mod outbox;
mod worker;

pub use console::Console;
pub use outbox::Outbox;
#[cfg(test)]
pub(crate) use worker::send_due;
pub(crate) use worker::send_until;

/// How a message goes out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Channel {
    /// A text message.
    Sms,
    /// A call that says it.
    Call,
}

/// A message to a person. `Debug` shows neither number nor text.
#[derive(Serialize, Deserialize)]
pub struct Message {
    /// The number, in E.164.
    pub to: String,
    /// How it goes out.
    pub channel: Channel,
    /// The text; the code is its first run of five or more digits.
    pub body: String,
}

impl Message {
    /// As it is encrypted.
    ///
    /// # Panics
    /// Never: three texts are JSON.
    #[must_use]
    pub fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        Zeroizing::new(serde_json::to_vec(self).expect("because three texts are JSON"))
    }

    /// What [`Self::to_bytes`] wrote.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        serde_json::from_slice(bytes).ok()
    }
}

impl Drop for Message {
    fn drop(&mut self) {
        zeroize::Zeroize::zeroize(&mut self.body);
        zeroize::Zeroize::zeroize(&mut self.to);
    }
}

impl std::fmt::Debug for Message {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Message({:?})", self.channel)
    }
}

/// The gateway did not take a message.
#[derive(Debug, thiserror::Error)]
#[error("the gateway did not take the message")]
pub struct GatewayError(#[source] pub std::io::Error);

/// What a gateway answers.
pub type Taken<'a> = Pin<Box<dyn Future<Output = Result<(), GatewayError>> + Send + 'a>>;

/// What carries messages to people.
pub trait Gateway: Send + Sync {
    /// Takes a message. It may be handed the same id twice, after a crash, and then sends once if it can tell.
    fn send<'a>(
        &'a self,
        id: MessageId,
        message: &'a Message,
        created_at: UnixSeconds,
    ) -> Taken<'a>;
}

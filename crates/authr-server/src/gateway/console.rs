//! Messages on standard error: for trying things out.

use std::io::Write;

use super::{Channel, Gateway, GatewayError, Message, Taken};
use crate::storage::{MessageId, UnixSeconds};

/// Writes each message to standard error.
#[derive(Debug, Default, Clone, Copy)]
pub struct Console;

impl Gateway for Console {
    fn send<'a>(&'a self, _: MessageId, message: &'a Message, _: UnixSeconds) -> Taken<'a> {
        Box::pin(async move {
            let channel = match message.channel {
                Channel::Sms => "SMS",
                Channel::Call => "call",
            };
            writeln!(
                std::io::stderr().lock(),
                "{channel} to {}: {}",
                message.to,
                message.body
            )
            .map_err(GatewayError)
        })
    }
}

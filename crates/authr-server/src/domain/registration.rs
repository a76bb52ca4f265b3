//! The message of a registration: its code, its two letters, what it counts against.

use std::net::IpAddr;

use authr_api::id::RegistrationId;
use authr_api::registration::{CODE_SECONDS, Channel};
use authr_crypto::random::Random;

use super::phone::Phone;
use super::{accounts, tokens};
use crate::Server;
use crate::gateway::{self, Message};
use crate::keys::{Column, Lookup};
use crate::storage::{Index, MessageId, NewCode, NewMessage, Purpose, SendRule, UnixSeconds};

/// No letter is taken for another, or for a digit.
const LETTERS: &[u8; 24] = b"ABCDEFGHJKLMNPQRSTUVWXYZ";

/// A code on its way to a number.
pub(crate) struct Drawn {
    pub(crate) code: NewCode,
    pub(crate) message: NewMessage,
}

/// Draws a code for a registration, and writes its message.
pub(crate) fn draw(
    server: &Server,
    registration: RegistrationId,
    phone: &Phone,
    letters: &str,
    via: Channel,
    network: Option<Index>,
) -> Drawn {
    let random = server.random.as_ref();
    let now = server.clock.now();
    let expires_at = now + i64::try_from(CODE_SECONDS).unwrap_or(i64::MAX);
    let id = MessageId(random.bytes());
    let digits = tokens::draw_code(random);
    let message = Message {
        to: phone.e164().to_owned(),
        channel: match via {
            Channel::Sms => gateway::Channel::Sms,
            Channel::Call => gateway::Channel::Call,
        },
        body: format!(
            "{digits} is your authr code for request {letters}. Never tell it to anyone."
        ),
    };
    Drawn {
        code: NewCode {
            code_mac: code_mac(server, registration, &digits),
            expires_at,
        },
        message: NewMessage {
            message: id,
            purpose: Purpose::Registration,
            phone: accounts::phone_index(server, phone),
            prefix: server
                .keys
                .index(Lookup::Prefix, &[phone.prefix().as_bytes()]),
            network,
            application: None,
            sealed: server
                .keys
                .seal(Column::Message, &id.0, message.to_bytes(), random),
            now,
            expires_at,
        },
    }
}

/// What stands for a registration's code in the database.
pub(crate) fn code_mac(server: &Server, registration: RegistrationId, digits: &str) -> [u8; 32] {
    let fields: [&[u8]; 2] = [&registration.0, digits.as_bytes()];
    server.keys.index(Lookup::RegistrationCode, &fields).0
}

/// Two letters that request and message show.
pub(crate) fn draw_letters(random: &dyn Random) -> String {
    let letter = || loop {
        let [drawn] = random.bytes();
        // 240 is ten times the letters: none is likelier.
        if drawn < 240 {
            return char::from(LETTERS[usize::from(drawn) % LETTERS.len()]);
        }
    };
    [letter(), letter()].iter().collect()
}

/// What a network is counted by: what one subscriber has, /24 or /48. Who comes from nowhere known is one of them.
pub(crate) fn network_index(server: &Server, client: Option<IpAddr>) -> Index {
    let network: Vec<u8> = match client.map(|address| address.to_canonical()) {
        Some(IpAddr::V4(address)) => address.octets()[..3].to_vec(),
        Some(IpAddr::V6(address)) => address.octets()[..6].to_vec(),
        None => Vec::new(),
    };
    server.keys.index(Lookup::Network, &[&network])
}

/// The limits on messages, as a rule for one of them.
pub(crate) fn rule(server: &Server, network: Option<Index>, now: UnixSeconds) -> SendRule {
    let limits = server.config.messages.clone();
    Box::new(move |history| limits.check(history, Purpose::Registration, network, now))
}

#[cfg(test)]
mod tests {
    use authr_crypto::random::OsRandom;

    use super::*;

    #[test]
    fn letters_are_two_and_none_is_taken_for_another() {
        for _ in 0..500 {
            let letters = draw_letters(&OsRandom);
            assert_eq!(letters.len(), 2);
            assert!(letters.bytes().all(|letter| LETTERS.contains(&letter)));
        }
        assert!(!LETTERS.contains(&b'I') && !LETTERS.contains(&b'O'));
    }
}

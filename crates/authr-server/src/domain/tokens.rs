//! Tokens that a site has sent: by SMS or call, seven digits, right once.

use authr_crypto::random::Random;

use super::phone::{Phone, Reach};
use super::{Fault, accounts};
use crate::Server;
use crate::gateway::{Channel, Message};
use crate::keys::{Column, Lookup};
use crate::storage::{
    AccountId, Application, ForcedSms, MessageId, NewMessage, NewToken, Purpose, Refusal, SiteId,
    StorageError,
};

/// How long a token lives where the application says nothing, in seconds.
pub const LIFETIME: u32 = 600;
/// How long sending a token that does not expire is tried, in seconds.
const WORTH_SENDING: i64 = 24 * 3600;
/// The longest text that a site may add.
const MAX_NOTE_CHARS: usize = 140;

/// What a site asks for.
#[derive(Debug, Clone, Copy)]
pub struct SendToken<'a> {
    /// How it goes out.
    pub channel: Channel,
    /// Also to a user who has the app.
    pub force: bool,
    /// A text that the site adds.
    pub note: Option<&'a str>,
}

/// What became of it.
#[derive(Debug)]
pub enum Sent {
    /// It is on its way.
    OnItsWay(Phone),
    /// The user has the app: nothing was sent to this number.
    Ignored(Phone),
}

/// Why no token was sent.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SendError {
    /// The application has no such user.
    #[error("no such user")]
    NoUser,
    /// No messages go to that country.
    #[error("no messages to that country")]
    Country,
    /// A landline takes calls alone.
    #[error("a landline takes no SMS")]
    Landline,
    /// Too many lately.
    #[error("too many messages")]
    TooMany(Refusal),
    /// The server could not.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// Sends a token, unless the user has the app and the site does not insist (or may not).
///
/// # Errors
/// [`SendError`].
pub async fn send(
    server: &Server,
    application: &Application,
    site_id: SiteId,
    request: SendToken<'_>,
) -> Result<Sent, SendError> {
    let found = server
        .storage
        .account(application.application, site_id)
        .await
        .map_err(Fault::from)?;
    let account = found
        .filter(|account| account.removed_at.is_none())
        .ok_or(SendError::NoUser)?;
    let phone = accounts::phone_of(server, &account)?;
    let insists = request.force && application.forced_sms == ForcedSms::Allow;
    if !account.devices.is_empty() && !insists {
        return Ok(Sent::Ignored(phone));
    }
    let limits = &server.config.messages;
    if !limits.allows(phone.region()) {
        return Err(SendError::Country);
    }
    if request.channel == Channel::Sms && phone.reach() == Reach::Landline {
        return Err(SendError::Landline);
    }

    let (token, message) = draw(server, application, account.account, &phone, request);
    let rule = {
        let (limits, now) = (limits.clone(), message.now);
        Box::new(move |history: &_| limits.check(history, Purpose::Token, None, now))
    };
    let sent = server.storage.send_token(token, message, rule).await;
    match sent {
        Ok(Ok(())) => {
            server.wake_sender();
            Ok(Sent::OnItsWay(phone))
        }
        Ok(Err(refusal)) => Err(SendError::TooMany(refusal)),
        Err(StorageError::NotFound) => Err(SendError::NoUser),
        Err(error) => Err(Fault::from(error).into()),
    }
}

fn draw(
    server: &Server,
    application: &Application,
    account: AccountId,
    phone: &Phone,
    request: SendToken<'_>,
) -> (NewToken, NewMessage) {
    let random = server.random.as_ref();
    let now = server.clock.now();
    let code = draw_code(random);
    let id = MessageId(random.bytes());
    let expires_at = application
        .token_lifetime
        .map(|lifetime| now + i64::from(lifetime));
    let message = Message {
        to: phone.e164().to_owned(),
        channel: request.channel,
        body: body(&code, &application.name, request.note),
    };
    let token = NewToken {
        account,
        code_mac: code_mac(server, account, id, &code),
        expires_at,
    };
    let message = NewMessage {
        message: id,
        purpose: Purpose::Token,
        phone: accounts::phone_index(server, phone),
        prefix: server
            .keys
            .index(Lookup::Prefix, &[phone.prefix().as_bytes()]),
        network: None,
        application: Some(application.application),
        sealed: server
            .keys
            .seal(Column::Message, &id.0, message.to_bytes(), random),
        now,
        expires_at: expires_at.unwrap_or(now + WORTH_SENDING),
    };
    (token, message)
}

/// The code comes first: whoever reads the message by machine takes its first digits, whatever the names are.
fn body(code: &str, application: &str, note: Option<&str>) -> String {
    let note: String = note
        .unwrap_or_default()
        .chars()
        .filter(|c| !c.is_control())
        .take(MAX_NOTE_CHARS)
        .collect();
    let note = note.trim();
    let space = if note.is_empty() { "" } else { " " };
    format!("{code} is your {application} code. Never tell it to anyone.{space}{note}")
}

/// Seven random digits, each code as likely as another.
#[must_use]
pub fn draw_code(random: &dyn Random) -> String {
    const CODES: u32 = 10_000_000;
    loop {
        let drawn = u32::from_be_bytes(random.bytes());
        if drawn < u32::MAX - u32::MAX % CODES {
            return format!("{:07}", drawn % CODES);
        }
    }
}

/// What stands for a token's code in the database.
#[must_use]
pub fn code_mac(server: &Server, account: AccountId, token: MessageId, code: &str) -> [u8; 32] {
    server
        .keys
        .index(Lookup::TokenCode, &[&account.0, &token.0, code.as_bytes()])
        .0
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Fixed(std::sync::Mutex<Vec<u32>>);

    impl Random for Fixed {
        fn fill(&self, buffer: &mut [u8]) {
            buffer.copy_from_slice(&self.0.lock().unwrap().remove(0).to_be_bytes());
        }
    }

    #[test]
    fn a_code_has_seven_digits_and_no_code_is_likelier() {
        let random = Fixed(vec![u32::MAX, 4_290_000_000, 4_289_999_999, 42].into());
        assert_eq!(draw_code(&random), "9999999");
        assert_eq!(draw_code(&random), "0000042");
    }

    #[test]
    fn the_code_is_the_first_run_of_digits_whatever_the_names_say() {
        let text = body("0000042", "99999 clinic", Some("call 12345678\u{1b}[2J\n"));
        assert_eq!(
            text,
            "0000042 is your 99999 clinic code. Never tell it to anyone. call 12345678[2J"
        );
    }
}

//! What `register` and `restore PHONE` share: the request, its code, the password, and what came of it.

use std::path::PathBuf;

use authr_api::error::ErrorCode;
use authr_api::registration::{CODE_SECONDS, Channel};
use authr_crypto::secret::Password;
use clap::{Args, ValueEnum};
use serde_json::json;

use super::Invocation;
use super::list::List;
use super::output::Format;
use super::when;
use crate::app::phone::Phone;
use crate::app::registration::{
    Intent, Proven, Registered, Registration, Sent, ServerChoice, refuse_registered, resume,
};
use crate::app::sync::{self, Synced};
use crate::app::{Error, Session};
use crate::failure::{Failure, Kind};

/// How often a wrong code or password may be typed before the command ends; the server's own count goes on.
const TRIES: usize = 5;

/// How to reach the server and its message.
#[derive(Debug, Args)]
pub(super) struct Options {
    /// The server's address, as in auth.example.com; remembered
    #[arg(long, value_name = "URL")]
    server: Option<String>,
    /// Check the server's certificate with the ones in FILE (PEM) instead of the system's
    #[arg(long, value_name = "FILE")]
    ca_file: Option<PathBuf>,
    /// How the code comes
    #[arg(long, value_enum)]
    via: Option<Via>,
    /// Ask for the code and end (exit 7); --finish CODE goes on
    #[arg(long)]
    start: bool,
    /// Go on with the code that was sent
    #[arg(long, value_name = "CODE", conflicts_with_all = ["start", "server", "ca_file", "via"])]
    finish: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Via {
    /// A text message
    Sms,
    /// A phone call that speaks it
    Call,
}

impl From<Via> for Channel {
    fn from(via: Via) -> Self {
        match via {
            Via::Sms => Self::Sms,
            Via::Call => Self::Call,
        }
    }
}

/// The vault that is there already, and the password that opened it.
type Unlocked<'a> = Option<(Session<'a>, Password)>;

impl Options {
    pub(super) fn run(
        &self,
        invocation: &Invocation<'_>,
        intent: Intent,
        phone: Option<&str>,
    ) -> Result<(), Failure> {
        if self.start {
            let (registration, _) = self.begin(invocation, intent, phone)?;
            return started(invocation, &registration);
        }
        // A vault that does not open is found out before a message is sent for nothing.
        let mut vault = unlocked(invocation)?;
        if let Some((session, _)) = &mut vault
            && let Some(registered) = resume(session)?
        {
            let (session, _) = vault.expect("because it was just looked into");
            return done(invocation, session, &registered);
        }
        if let Some((session, _)) = &vault {
            match refuse_registered(session) {
                // The same command again, after it was done.
                Err(Error::RegisteredHere { .. })
                    if self.finish.is_some() && was_done(invocation, session)? =>
                {
                    let (session, _) = vault.expect("because it was just looked into");
                    return done(invocation, session, &Registered::default());
                }
                other => other?,
            }
        }
        let (registration, proven) = match &self.finish {
            Some(code) => {
                let registration = pending(invocation, intent)?;
                let proven = registration.prove(code)?;
                (registration, proven)
            }
            None => self.asked(invocation, intent, phone)?,
        };
        tell_found(invocation, &proven);
        let (session, registered) = match intent {
            Intent::Register => first(invocation, &registration, &proven, vault)?,
            Intent::Restore => restored(invocation, &registration, &proven, vault)?,
        };
        done(invocation, session, &registered)
    }

    /// A request and its proof, with a person at the terminal.
    fn asked<'a>(
        &self,
        invocation: &Invocation<'a>,
        intent: Intent,
        phone: Option<&str>,
    ) -> Result<(Registration<'a>, Proven), Failure> {
        if !invocation.prompt.can_ask() {
            let message = "there is no terminal to ask on: the code of the message";
            return Err(Failure::new(Kind::Locked, message)
                .hint("pass --start, and then --finish CODE with the code"));
        }
        let (mut registration, sent) = self.begin(invocation, intent, phone)?;
        let proven = match sent {
            Sent::Proven(proven) => proven,
            Sent::Now | Sent::Before => prove(invocation, &mut registration)?,
        };
        Ok((registration, proven))
    }

    fn begin<'a>(
        &self,
        invocation: &Invocation<'a>,
        intent: Intent,
        phone: Option<&str>,
    ) -> Result<(Registration<'a>, Sent), Failure> {
        let server = self.server(invocation)?;
        let phone = self.phone(invocation, phone)?;
        let via = match self.via {
            Some(via) => via.into(),
            None => ask_via(invocation)?,
        };
        let store = invocation.store()?;
        let context = invocation.context;
        let begun = Registration::begin(context, store, &server, &phone, via, intent);
        let (registration, sent) = begun?;
        let letters = &registration.message().letters;
        let minutes = CODE_SECONDS / 60;
        let told = match (&sent, via) {
            (Sent::Now, Channel::Sms) => format!(
                "A message with a code is on its way to {phone}. It names the letters {letters}, and is good for {minutes} minutes."
            ),
            (Sent::Now, Channel::Call) => format!(
                "A call that speaks a code is on its way to {phone}. It names the letters {letters}, and is good for {minutes} minutes."
            ),
            (Sent::Before, _) => format!(
                "The code that was sent to {phone} before is still good; it names the letters {letters}."
            ),
            (Sent::Proven(_), _) => format!("{phone} was proven before; no code is needed."),
        };
        invocation.output.note(&told);
        Ok((registration, sent))
    }

    fn server(&self, invocation: &Invocation<'_>) -> Result<ServerChoice, Failure> {
        let address = match &self.server {
            Some(address) => address.clone(),
            None => match remembered(invocation)? {
                Some(address) => address,
                None => {
                    let question = "Server (as in https://auth.example.com)";
                    invocation.prompt.line(question, "--server URL")?
                }
            },
        };
        Ok(ServerChoice::new(&address, self.ca_file.as_deref())?)
    }

    fn phone(&self, invocation: &Invocation<'_>, given: Option<&str>) -> Result<Phone, Failure> {
        if let Some(given) = given {
            return Phone::parse(given).map_err(|error| Failure::new(Kind::Usage, error));
        }
        loop {
            let typed = invocation
                .prompt
                .line("Phone number, with its country code (+1 …)", "PHONE")?;
            match Phone::parse(&typed) {
                Ok(phone) => return Ok(phone),
                Err(error) => invocation.output.warning(&error.to_string()),
            }
        }
    }
}

/// The server of a request that was begun here and not finished.
fn remembered(invocation: &Invocation<'_>) -> Result<Option<String>, Failure> {
    let store = invocation.store()?;
    // Where the file is damaged, the address is simply asked again.
    Ok(store.request().ok().flatten().map(|request| request.url))
}

/// Whether the registration that was begun here has become this device, or there is none.
fn was_done(invocation: &Invocation<'_>, session: &Session<'_>) -> Result<bool, Failure> {
    let store = invocation.store()?;
    match Registration::pending(invocation.context, store)? {
        None => Ok(true),
        Some(registration) if registration.became(session)? => {
            registration.forget()?;
            Ok(true)
        }
        Some(_) => Ok(false),
    }
}

fn unlocked<'a>(invocation: &Invocation<'a>) -> Result<Unlocked<'a>, Failure> {
    if !invocation.store()?.exists() {
        return Ok(None);
    }
    let (session, password) = invocation.unlock_and_tell()?;
    Ok(Some((session, password)))
}

fn pending<'a>(invocation: &Invocation<'a>, intent: Intent) -> Result<Registration<'a>, Failure> {
    let store = invocation.store()?;
    let registration = Registration::pending(invocation.context, store)?;
    let registration = registration.ok_or(Error::NoRequest)?;
    if registration.intent() == intent {
        return Ok(registration);
    }
    let command = match registration.intent() {
        Intent::Register => "register",
        Intent::Restore => "restore",
    };
    let message = format!("the code belongs to a request of authr {command}");
    Err(Failure::new(Kind::Usage, message).hint(format!("authr {command} --finish CODE")))
}

fn ask_via(invocation: &Invocation<'_>) -> Result<Channel, Failure> {
    loop {
        let answer = invocation
            .prompt
            .line("SMS or phone call? [sms/call]", "--via sms or --via call")?;
        match answer.to_lowercase().as_str() {
            "" | "s" | "sms" => return Ok(Channel::Sms),
            "c" | "call" | "phone" | "phone call" => return Ok(Channel::Call),
            _ => invocation.output.warning("please answer sms or call"),
        }
    }
}

/// Asks for the code until it is right, or the server takes no more.
fn prove(
    invocation: &Invocation<'_>,
    registration: &mut Registration<'_>,
) -> Result<Proven, Failure> {
    loop {
        let question = "Code (Enter: send another)";
        let code = invocation.prompt.line(question, "--finish CODE")?;
        if code.is_empty() {
            let via = ask_via(invocation)?;
            match registration.resend(via) {
                Ok(()) => invocation
                    .output
                    .note("Another one is on its way; the one before is dead."),
                Err(error) => retry(invocation, error, ErrorCode::RateLimited)?,
            }
            continue;
        }
        match registration.prove(&code) {
            Ok(proven) => return Ok(proven),
            Err(error @ Error::NotACode) => invocation.output.warning(&error.to_string()),
            Err(error) => retry(invocation, error, ErrorCode::WrongCode)?,
        }
    }
}

/// An error that the person can answer by another try is told; any other ends the command.
fn retry(invocation: &Invocation<'_>, error: Error, allowed: ErrorCode) -> Result<(), Failure> {
    if error.server_code() != Some(allowed) || error.tries_left() == Some(0) {
        return Err(error.into());
    }
    let tries = |what: &str, left: u8| match left {
        1 => format!("{what}; one try is left"),
        left => format!("{what}; {left} tries are left"),
    };
    let said = match (allowed, error.tries_left()) {
        (ErrorCode::WrongCode, Some(left)) => tries("wrong code", left),
        (ErrorCode::WrongPassword, Some(left)) => tries("wrong password", left),
        _ => {
            let failure = Failure::from(error);
            let hints = failure.hints().join("; ");
            format!("{}: {hints}", failure.message())
        }
    };
    invocation.output.warning(&said);
    Ok(())
}

fn tell_found(invocation: &Invocation<'_>, proven: &Proven) {
    let found = match proven.applications.as_slice() {
        [] => "The number is proven. No site has issued an account for it yet; one that does appears at the next authr sync.".to_owned(),
        names => format!("The number is proven. Found for it: {}.", names.join(", ")),
    };
    invocation.output.note(&found);
}

fn first<'a>(
    invocation: &Invocation<'a>,
    registration: &Registration<'a>,
    proven: &Proven,
    vault: Unlocked<'a>,
) -> Result<(Session<'a>, Registered), Failure> {
    let (mut session, password) = match vault {
        Some((session, password)) => {
            super::prompt::refuse_weak(&password)?;
            (session, password)
        }
        None => {
            let store = invocation.store()?;
            let password = invocation.new_strong_password("New backups password")?;
            let session = Session::create(invocation.context, store, &password)?;
            (session, password)
        }
    };
    let registered = registration.finish_first(&mut session, proven, &password)?;
    Ok((session, registered))
}

fn restored<'a>(
    invocation: &Invocation<'a>,
    registration: &Registration<'a>,
    proven: &Proven,
    vault: Unlocked<'a>,
) -> Result<(Session<'a>, Registered), Failure> {
    if let Some((mut session, password)) = vault {
        let remembered = session.content().identity.as_ref();
        let unlocked = match registration.open_locker(proven, &password, remembered) {
            Err(error) if error.server_code() == Some(ErrorCode::WrongPassword) => {
                let message =
                    "the vault on this machine has another password than the one that restores";
                return Err(Failure::new(Kind::Locked, message)
                    .hint("authr password change, to that one")
                    .hint("authr --home DIR restore, into a new folder"));
            }
            other => other?,
        };
        let registered = registration.finish_restore(&mut session, proven, unlocked)?;
        return Ok((session, registered));
    }
    for tries_left in (0..TRIES).rev() {
        let password = invocation.password("Backups password")?;
        let unlocked = match registration.open_locker(proven, &password, None) {
            Err(error) if tries_left > 0 && invocation.source.can_ask_again() => {
                retry(invocation, error, ErrorCode::WrongPassword)?;
                continue;
            }
            other => other?,
        };
        let store = invocation.store()?;
        let mut session = Session::create(invocation.context, store, &password)?;
        let registered = registration.finish_restore(&mut session, proven, unlocked)?;
        return Ok((session, registered));
    }
    unreachable!("because the last try returns")
}

/// `--start`: the code is awaited.
fn started(invocation: &Invocation<'_>, registration: &Registration<'_>) -> Result<(), Failure> {
    let message = registration.message();
    if invocation.output.format() == Format::Json {
        invocation.output.json(&json!({
            "registration": registration.id().to_string(),
            "via": message.via,
            "letters": message.letters,
            "expires_at": when::rfc3339(message.expires_at),
        }))?;
    }
    let command = match registration.intent() {
        Intent::Register => "register",
        Intent::Restore => "restore",
    };
    Err(
        Failure::new(Kind::Waiting, "waiting for the code of the message")
            .hint(format!("authr {command} --finish CODE")),
    )
}

/// The device is active: what came, and the accounts with their codes.
fn done(
    invocation: &Invocation<'_>,
    mut session: Session<'_>,
    registered: &Registered,
) -> Result<(), Failure> {
    let output = &invocation.output;
    let mut synced = Synced::default();
    let outcome = output.meanwhile("Syncing", || sync::sync(&mut session, &mut synced));
    super::sync::warn(output, &synced);
    if let Err(error) = outcome {
        // The device is registered all the same.
        let failure = Failure::from(error);
        output.warning(&format!(
            "own accounts are not here yet: {}; authr sync",
            failure.message()
        ));
    }
    if !registered.natives.unusable.is_empty() {
        output.warning(&format!(
            "this version makes no codes for {}; update authr",
            registered.natives.unusable.join(", ")
        ));
    }
    output.note("This device is registered.");
    List::with_codes().show(invocation, &mut invocation.kept_here(session))
}

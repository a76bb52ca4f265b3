use std::time::Duration;

use authr_core::account::AccountId;
use authr_otp::UnixSeconds;
use clap::Args;
use serde_json::{Value, json};

use super::Invocation;
use super::add::lifetime;
use super::output::Format;
use super::watch;
use super::when;
use crate::app::accounts::find;
use crate::app::codes::{ShownCode, Which};
use crate::app::{Error, Session};
use crate::failure::{Failure, Kind};

/// Show the current code of an account
#[derive(Debug, Args)]
pub(super) struct ShowCode {
    /// Issuer, label, issuer:label, or the beginning of an id
    #[arg(required = true, value_name = "NAME")]
    names: Vec<String>,
    /// The code of another time: RFC 3339, or @ and the seconds since 1970; no counter moves
    #[arg(long, value_name = "TIME", value_parser = when::parse)]
    at: Option<UnixSeconds>,
    /// The code after the current one
    #[arg(long, conflicts_with = "previous")]
    next: bool,
    /// The code before the current one
    #[arg(long)]
    previous: bool,
    /// Wait for the next code where the current one is valid for fewer than SECONDS
    #[arg(long, value_name = "SECONDS")]
    #[arg(conflicts_with_all = ["at", "next", "previous", "watch"])]
    min_remaining: Option<u64>,
    /// Show the codes as they change, until Ctrl-C
    #[arg(long, conflicts_with_all = ["at", "next", "previous"])]
    watch: bool,
}

impl ShowCode {
    pub(super) fn run(&self, invocation: &Invocation<'_>) -> Result<(), Failure> {
        let mut session = invocation.unlock()?;
        let mut ids = Vec::new();
        for name in &self.names {
            ids.push(find(session.content(), name)?.id);
        }
        if self.watch {
            session.remember_use(&ids);
            return watch::run(&session, &ids, invocation);
        }
        if let Some(seconds) = self.min_remaining {
            wait(&session, &ids, seconds, invocation)?;
        }
        let shown = match (self.at, self.which()) {
            (None, Which::Current) => session.codes_now(&ids)?,
            (Some(at), Which::Current) => ids
                .iter()
                .filter_map(|id| session.content().account(*id))
                .map(|account| ShownCode::at(account, at))
                .collect(),
            (at, which) => beside(&session, &ids, at, which)?,
        };
        self.print(invocation, &shown)?;
        if self.at.is_none() {
            session.remember_use(&ids);
        }
        Ok(())
    }

    fn which(&self) -> Which {
        match (self.next, self.previous) {
            (true, _) => Which::Next,
            (_, true) => Which::Previous,
            _ => Which::Current,
        }
    }

    fn print(&self, invocation: &Invocation<'_>, shown: &[ShownCode]) -> Result<(), Failure> {
        let output = &invocation.output;
        // Only the code that is valid has seconds left.
        let left = |shown| match self.which() {
            Which::Current => lifetime(shown),
            Which::Next | Which::Previous => None,
        };
        match (output.format(), shown) {
            (Format::Json, [one]) => output.json(&as_json(one)),
            (Format::Json, several) => {
                output.json(&several.iter().map(as_json).collect::<Vec<_>>())
            }
            (Format::Text, several) => several.iter().try_for_each(|shown| {
                if several.len() > 1 && output.is_terminal() {
                    output.line(&shown.name)?;
                }
                output.code(shown.code.expose_secret(), left(shown))
            }),
        }
    }
}

/// The codes beside the current ones.
fn beside(
    session: &Session<'_>,
    ids: &[AccountId],
    at: Option<UnixSeconds>,
    which: Which,
) -> Result<Vec<ShownCode>, Failure> {
    let one = |id: &AccountId| {
        let account = session.content().account(*id).ok_or(Error::Vanished)?;
        let now = at.unwrap_or_else(|| session.time_of(account));
        ShownCode::beside(account, now, which).ok_or_else(|| match account.otp.kind.period() {
            None => counts(&account.name()),
            Some(_) => Failure::new(Kind::Usage, "there is no such code at that time"),
        })
    };
    ids.iter().map(one).collect()
}

/// An account that counts shows each code once, at its turn.
pub(super) fn counts(name: &str) -> Failure {
    let message = format!("{name} counts: each of its codes is shown once, at its turn");
    Failure::new(Kind::Usage, message).hint(format!("authr code '{name}'"))
}

/// Waits until each code is valid for long enough.
fn wait(
    session: &Session<'_>,
    ids: &[AccountId],
    least: u64,
    invocation: &Invocation<'_>,
) -> Result<(), Failure> {
    let accounts = || ids.iter().filter_map(|id| session.content().account(*id));
    for account in accounts() {
        let period = account.otp.kind.period().map(|period| period.seconds());
        if let Some(period) = period.filter(|period| u64::from(*period) < least) {
            let name = account.name();
            let message = format!("the codes of {name} are valid for {period} seconds at most");
            return Err(Failure::new(Kind::Usage, message));
        }
    }
    // After one wait for each of them, several with periods that never meet are shown as they are.
    for _ in ids {
        let left = accounts().filter_map(|account| account.otp.remaining(session.time_of(account)));
        let Some(seconds) = left.filter(|left| *left < least).max() else {
            break;
        };
        let note = format!("Waiting {seconds} s for the next code.");
        invocation.output.note(&note);
        invocation.context.clock.wait(Duration::from_secs(seconds));
    }
    Ok(())
}

/// The code and its time, as scripts read them.
pub(super) fn as_json(shown: &ShownCode) -> Value {
    json!({
        "issuer": shown.issuer,
        "label": shown.label,
        "kind": shown.kind.name(),
        "code": shown.code.expose_secret(),
        "next": shown.next.as_ref().map(authr_otp::Code::expose_secret),
        "digits": shown.kind.digits().get(),
        "period": shown.kind.period().map(authr_otp::Period::seconds),
        "remaining": shown.remaining,
        "valid_until": shown.valid_until.map(|at| when::rfc3339(at.0)),
    })
}

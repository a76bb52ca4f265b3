use std::time::Duration;

use authr_otp::UnixSeconds;
use clap::Args;
use serde_json::{Value, json};

use super::Invocation;
use super::add::lifetime;
use super::copy::Copying;
use super::keeper::Keeper;
use super::output::Format;
use super::watch;
use super::when;
use crate::app::card::{Card, Codes};
use crate::app::codes::{ShownCode, Which};
use crate::failure::{Failure, Kind};

/// Show the current code of an account
#[derive(Debug, Default, Args)]
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
    /// Copy the code instead of showing it; it is cleared after 30 seconds
    #[arg(long, conflicts_with = "watch")]
    copy: bool,
}

impl ShowCode {
    /// Of these accounts, with no option.
    pub(super) fn of(names: Vec<String>) -> Self {
        Self {
            names,
            ..Self::default()
        }
    }

    pub(super) fn run(&self, invocation: &Invocation<'_>) -> Result<(), Failure> {
        let copying = self.copying(invocation)?;
        let mut keeper = invocation.keeper()?;
        if self.watch {
            return watch::run(&mut keeper, &self.names, invocation);
        }
        if let Some(seconds) = self.min_remaining {
            wait(&mut keeper, &self.names, seconds, invocation)?;
        }
        let shown = keeper.codes(&self.names, self.at, self.which())?;
        match (copying, &*shown) {
            (Some(copying), [one]) => copying.copy(one, invocation)?,
            _ => self.print(invocation, &shown)?,
        }
        if self.at.is_none() {
            keeper.codes_were_shown(&shown);
        }
        Ok(())
    }

    /// Finds the clipboard before there is a code to copy: a counter would have moved for nothing.
    fn copying(&self, invocation: &Invocation<'_>) -> Result<Option<Copying>, Failure> {
        match &*self.names {
            _ if !self.copy => Ok(None),
            [_] => Copying::begin(invocation).map(Some),
            _ => Err(Failure::new(
                Kind::Usage,
                "the clipboard holds one code; name one account",
            )),
        }
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

/// Waits until each code is valid for long enough.
fn wait(
    keeper: &mut Keeper<'_, '_>,
    names: &[String],
    least: u64,
    invocation: &Invocation<'_>,
) -> Result<(), Failure> {
    // After one wait for each of them, several with periods that never meet are shown as they are.
    for _ in names {
        let cards = keeper.find(names, Codes::Shown)?;
        for Card { name, kind, .. } in &cards {
            let period = kind.period().map(authr_otp::Period::seconds);
            if let Some(period) = period.filter(|period| u64::from(*period) < least) {
                let message = format!("the codes of {name} are valid for {period} seconds at most");
                return Err(Failure::new(Kind::Usage, message));
            }
        }
        let left = cards
            .iter()
            .filter_map(|card| card.code.as_ref()?.remaining);
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

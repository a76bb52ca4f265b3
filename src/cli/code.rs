use authr_otp::UnixSeconds;
use clap::Args;
use serde_json::{Value, json};

use super::Invocation;
use super::add::lifetime;
use super::output::Format;
use super::when;
use crate::app::accounts::find;
use crate::app::codes::ShownCode;
use crate::failure::Failure;

/// Show the current code of an account
#[derive(Debug, Args)]
pub(super) struct ShowCode {
    /// Issuer, label, issuer:label, or the beginning of an id
    #[arg(required = true, value_name = "NAME")]
    names: Vec<String>,
    /// The code of another time: RFC 3339, or @ and the seconds since 1970; no counter moves
    #[arg(long, value_name = "TIME", value_parser = when::parse)]
    at: Option<UnixSeconds>,
}

impl ShowCode {
    pub(super) fn run(&self, invocation: &Invocation<'_>) -> Result<(), Failure> {
        let mut session = invocation.unlock()?;
        let mut ids = Vec::new();
        for name in &self.names {
            ids.push(find(session.content(), name)?.id);
        }
        let shown = match self.at {
            None => session.codes_now(&ids)?,
            Some(at) => ids
                .iter()
                .filter_map(|id| session.content().account(*id))
                .map(|account| ShownCode::at(account, at))
                .collect(),
        };
        self.print(invocation, &shown)?;
        if self.at.is_none() {
            session.remember_use(&ids);
        }
        Ok(())
    }

    fn print(&self, invocation: &Invocation<'_>, shown: &[ShownCode]) -> Result<(), Failure> {
        let output = &invocation.output;
        match (output.format(), shown) {
            (Format::Json, [one]) => output.json(&as_json(one)),
            (Format::Json, several) => {
                output.json(&several.iter().map(as_json).collect::<Vec<_>>())
            }
            (Format::Text, several) => several.iter().try_for_each(|shown| {
                if several.len() > 1 && output.is_terminal() {
                    output.line(&shown.name)?;
                }
                output.code(shown.code.expose_secret(), lifetime(shown))
            }),
        }
    }
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

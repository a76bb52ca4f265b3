//! A code on its way to the clipboard.

use std::time::Duration;

use serde_json::Value;

use super::Invocation;
use super::code::as_json;
use super::output::Format;
use crate::app::codes::ShownCode;
use crate::app::settings::{Setting, settings};
use crate::clipboard::holder::Holder;
use crate::clipboard::{Through, escape};
use crate::failure::{Failure, Kind};

/// A clipboard that was found, and waits for a code.
pub(super) enum Copying {
    /// The desktop's, held by a process of its own.
    Desktop(Holder),
    /// That of the terminal, which this process waits beside.
    Terminal(Through),
}

impl Copying {
    /// Finds one.
    pub(super) fn begin(invocation: &Invocation<'_>) -> Result<Self, Failure> {
        let context = invocation.context;
        let terminal = (context.clipboard.terminal).filter(|_| invocation.prompt.can_ask());
        let program = context
            .program
            .as_ref()
            .filter(|_| context.clipboard.desktop);
        let failed = match program.map(|program| Holder::start(program)) {
            Some(Ok(holder)) => return Ok(Self::Desktop(holder)),
            Some(Err(error)) => Failure::new(Kind::Failed, error),
            None => Failure::new(
                Kind::Failed,
                "there is no clipboard: no desktop is shown here, and no terminal could take the code",
            ),
        };
        match terminal {
            Some(through) => Ok(Self::Terminal(through)),
            None => Err(failed.hint("authr code NAME")),
        }
    }

    /// Copies a code, and says how long it stays.
    pub(super) fn copy(
        self,
        shown: &ShownCode,
        invocation: &Invocation<'_>,
    ) -> Result<(), Failure> {
        let seconds = settings(&invocation.store()?)?.value(Setting::ClearAfter);
        let (output, clear_after) = (&invocation.output, Duration::from_secs(seconds));
        let code = shown.code.expose_secret();
        let print = || match output.format() {
            Format::Json => output.json(&copied(shown, seconds)),
            Format::Text => Ok(()),
        };
        match self {
            Self::Desktop(holder) => {
                let held = holder.hold(code, clear_after);
                held.map_err(|error| Failure::new(Kind::Failed, error))?;
                output.note(&format!(
                    "Copied the code of {}; cleared in {seconds} s.",
                    shown.name
                ));
                print()
            }
            Self::Terminal(through) => {
                // First what a script waits for: from here on the terminal is waited for.
                print()?;
                output.finish()?;
                if through == Through::Tmux {
                    output.note("tmux hands it on where its option allow-passthrough is on.");
                }
                let notice = format!(
                    "The terminal has the code of {} in its clipboard; cleared in {seconds} s, or by any key:",
                    shown.name
                );
                let (take, give_back) = (escape::copy(code, through), escape::clear(through));
                (invocation.prompt).hold(&notice, &take, &give_back, clear_after)
            }
        }
    }
}

fn copied(shown: &ShownCode, seconds: u64) -> Value {
    let mut value = as_json(shown);
    if let Some(fields) = value.as_object_mut() {
        fields.insert("cleared_in".to_owned(), seconds.into());
    }
    value
}

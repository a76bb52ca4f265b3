use authr_core::account::{Icon, Note};
use authr_otp::Name;
use clap::Args;
use zeroize::Zeroizing;

use super::Invocation;
use super::add::{name, read_stdin};
use crate::app::accounts::Details;
use crate::app::card::Card;
use crate::app::edit::Edit as Change;
use crate::failure::{Failure, Kind};

/// What answers the questions without asking.
const INSTEAD: &str = "--issuer, --label, --note or --icon";

/// Change what is written about an account
#[derive(Debug, Args)]
pub(super) struct Edit {
    /// Issuer, label, issuer:label, or the beginning of an id
    #[arg(value_name = "NAME")]
    account: String,
    /// The new issuer
    #[arg(long, value_name = "NAME")]
    issuer: Option<String>,
    /// The new label
    #[arg(long, value_name = "NAME")]
    label: Option<String>,
    /// The new note; - from standard input, '' for none
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    note: Option<String>,
    /// The name of an icon; '' for none
    #[arg(long, value_name = "NAME")]
    icon: Option<String>,
}

impl Edit {
    pub(super) fn run(&self, invocation: &Invocation<'_>) -> Result<(), Failure> {
        let mut details = self.given(invocation)?;
        let mut keeper = invocation.keeper()?;
        let before = keeper.find_one(&self.account)?;
        if details == Details::default() {
            details = asked(&before, invocation)?;
        }
        if details == Details::default() {
            return invocation.changed(&before, "Nothing was changed.");
        }
        let id = before.id;
        let after = keeper.edit_one(Change::Change { id, details })?;
        invocation.changed(&after, &format!("Changed {}.", before.name))
    }

    /// What the command line says.
    fn given(&self, invocation: &Invocation<'_>) -> Result<Details, Failure> {
        let text = match self.note.as_deref() {
            Some("-") => Some(read_stdin(invocation, Note::MAX_BYTES)?),
            text => text.map(|text| Zeroizing::new(text.to_owned())),
        };
        Ok(Details {
            issuer: self.issuer.as_deref().map(name).transpose()?,
            label: self.label.as_deref().map(name).transpose()?,
            note: text.map(|text| note(text.trim_end())).transpose()?,
            icon: self.icon.as_deref().map(icon).transpose()?,
        })
    }
}

/// What the person says, question by question.
fn asked(card: &Card, invocation: &Invocation<'_>) -> Result<Details, Failure> {
    let ask = |what: &str, present: &str| -> Result<Option<String>, Failure> {
        let present = present.lines().next().unwrap_or("it empty");
        let question = format!("New {what} (Enter keeps {present})");
        let typed = invocation.prompt.line(&question, INSTEAD)?;
        Ok((!typed.is_empty()).then_some(typed))
    };
    let issuer = ask("issuer", &card.issuer)?;
    let label = ask("label", &card.label)?;
    let new_note = ask("note", &card.note)?;
    let new_icon = ask("icon", &card.icon)?;
    let parsed = |text: Option<String>| -> Result<Option<Name>, Failure> {
        text.as_deref().map(name).transpose()
    };
    Ok(Details {
        issuer: parsed(issuer)?,
        label: parsed(label)?,
        note: new_note.as_deref().map(note).transpose()?,
        icon: new_icon.as_deref().map(icon).transpose()?,
    })
}

fn note(text: &str) -> Result<Note, Failure> {
    Note::new(text).map_err(|error| Failure::new(Kind::Usage, error))
}

fn icon(text: &str) -> Result<Icon, Failure> {
    Icon::new(text).map_err(|error| Failure::new(Kind::Usage, error))
}

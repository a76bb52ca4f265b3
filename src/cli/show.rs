use authr_formats::write::secret_text;
use authr_otp::{Algorithm, Counter, Period, Pin};
use clap::Args;
use serde_json::{Value, json};

use super::Invocation;
use super::list;
use super::output::{Format, Output};
use super::when;
use crate::app::accounts::find;
use crate::app::card::Card;
use crate::failure::Failure;

/// Show all about an account but its secret
#[derive(Debug, Args)]
pub(super) struct Show {
    /// Issuer, label, issuer:label, or the beginning of an id
    #[arg(value_name = "NAME")]
    account: String,
    /// Show the secret too; the password is asked for, whatever is unlocked
    #[arg(long)]
    secret: bool,
}

impl Show {
    pub(super) fn run(&self, invocation: &Invocation<'_>) -> Result<(), Failure> {
        let output = &invocation.output;
        if !self.secret {
            let card = invocation.keeper()?.find_one(&self.account)?;
            return match output.format() {
                Format::Json => output.json(&as_json(&card)),
                Format::Text => lines(&card, output),
            };
        }
        let (session, _) = invocation.unlock_either_way()?;
        let account = find(session.content(), &self.account)?;
        let card = session.card(account);
        let (secret, pin) = (secret_text(&account.otp), account.otp.kind.pin());
        if output.format() == Format::Json {
            let mut value = as_json(&card);
            value["secret"] = secret.as_str().into();
            value["pin"] = pin.as_ref().map(Pin::expose_secret).into();
            return output.json(&value);
        }
        lines(&card, output)?;
        line(output, "secret", &secret)?;
        if let Some(pin) = pin.filter(|pin| !pin.is_unknown()) {
            line(output, "pin", pin.expose_secret())?;
        }
        output.note("Whoever has the secret has the account; clear the screen afterwards.");
        Ok(())
    }
}

fn line(output: &Output<'_>, what: &str, text: &str) -> Result<(), Failure> {
    let mut lines = text.lines();
    lines.try_for_each(|text| output.line(&format!("{what:<10}{text}")))
}

fn lines(card: &Card, output: &Output<'_>) -> Result<(), Failure> {
    let kind = card.kind;
    let line = |what: &str, text: &str| line(output, what, text);
    line("issuer", &card.issuer)?;
    line("label", &card.label)?;
    line("kind", kind.name())?;
    line("algorithm", kind.algorithm().map_or("MD5", Algorithm::name))?;
    line("digits", &kind.digits().get().to_string())?;
    if let Some(period) = kind.period() {
        line("period", &format!("{} s", period.seconds()))?;
    }
    if let Some(counter) = kind.counter() {
        line("counter", &counter.get().to_string())?;
    }
    line("tags", &card.tags.join(", "))?;
    line("pinned", if card.pinned { "yes" } else { "" })?;
    line("icon", &card.icon)?;
    line("note", &card.note)?;
    line("added", &when::rfc3339(card.created_at))?;
    line("changed", &when::rfc3339(card.changed_at))?;
    if let Some(last) = card.last_used {
        let times = card.uses;
        line("used", &format!("{} ({times} in all)", when::rfc3339(last)))?;
    }
    line("id", &card.id.to_string())
}

/// All about an account but its secret.
pub(super) fn as_json(card: &Card) -> Value {
    let kind = card.kind;
    let mut value = list::as_json(card);
    let more = json!({
        "algorithm": kind.algorithm().map_or("MD5", Algorithm::name),
        "digits": kind.digits().get(),
        "period": kind.period().map(Period::seconds),
        "counter": kind.counter().map(Counter::get),
        "note": card.note,
        "icon": card.icon,
        "uses": card.uses,
        "created_at": when::rfc3339(card.created_at),
        "changed_at": when::rfc3339(card.changed_at),
    });
    if let (Some(fields), Value::Object(more)) = (value.as_object_mut(), more) {
        fields.extend(more);
    }
    value
}

impl Invocation<'_> {
    /// What became of an account: all about it as JSON, or a note.
    pub(super) fn changed(&self, card: &Card, note: &str) -> Result<(), Failure> {
        if self.output.format() == Format::Json {
            return self.output.json(&as_json(card));
        }
        self.output.note(note);
        Ok(())
    }
}

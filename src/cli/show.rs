use authr_core::account::Account;
use authr_formats::write::secret_text;
use authr_otp::{Algorithm, Counter, Period, Pin, Tag};
use clap::Args;
use serde_json::{Value, json};

use super::Invocation;
use super::list;
use super::output::{Format, Output};
use super::when;
use crate::app::Session;
use crate::app::accounts::find;
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
        let session = if self.secret {
            invocation.unlock_either_way()?.0
        } else {
            invocation.unlock()?
        };
        let account = find(session.content(), &self.account)?;
        let output = &invocation.output;
        if output.format() == Format::Json {
            let mut value = as_json(account, &session);
            if self.secret {
                value["secret"] = secret_text(&account.otp).as_str().into();
                let pin = account.otp.kind.pin();
                value["pin"] = pin.as_ref().map(Pin::expose_secret).into();
            }
            return output.json(&value);
        }
        self.lines(account, &session, output)
    }

    fn lines(
        &self,
        account: &Account,
        session: &Session<'_>,
        output: &Output<'_>,
    ) -> Result<(), Failure> {
        let kind = account.otp.kind;
        let line = |what: &str, text: &str| match text {
            "" => Ok(()),
            text => text
                .lines()
                .try_for_each(|text| output.line(&format!("{what:<10}{text}"))),
        };
        line("issuer", account.issuer.as_str())?;
        line("label", account.label.as_str())?;
        line("kind", kind.name())?;
        line("algorithm", kind.algorithm().map_or("MD5", Algorithm::name))?;
        line("digits", &kind.digits().get().to_string())?;
        if let Some(period) = kind.period() {
            line("period", &format!("{} s", period.seconds()))?;
        }
        if let Some(counter) = kind.counter() {
            line("counter", &counter.get().to_string())?;
        }
        line("tags", &tags(account))?;
        line("pinned", if account.pinned { "yes" } else { "" })?;
        line("icon", account.icon.as_str())?;
        line("note", account.note.as_str())?;
        line("added", &when::rfc3339(account.created_at))?;
        line("changed", &when::rfc3339(account.changed_at))?;
        let usage = session.usage();
        if let Some(last) = usage.last(account.id) {
            let times = usage.times(account.id);
            line("used", &format!("{} ({times} in all)", when::rfc3339(last)))?;
        }
        line("id", &account.id.to_string())?;
        if self.secret {
            line("secret", &secret_text(&account.otp))?;
            if let Some(pin) = kind.pin().filter(|pin| !pin.is_unknown()) {
                line("pin", pin.expose_secret())?;
            }
            output.note("Whoever has the secret has the account; clear the screen afterwards.");
        }
        Ok(())
    }
}

/// The tags, in one line.
pub(super) fn tags(account: &Account) -> String {
    let tags: Vec<&str> = account.tags.iter().map(Tag::as_str).collect();
    tags.join(", ")
}

/// All about an account but its secret.
pub(super) fn as_json(account: &Account, session: &Session<'_>) -> Value {
    let kind = account.otp.kind;
    let mut value = list::as_json(account, &session.usage(), None);
    let more = json!({
        "algorithm": kind.algorithm().map_or("MD5", Algorithm::name),
        "digits": kind.digits().get(),
        "period": kind.period().map(Period::seconds),
        "counter": kind.counter().map(Counter::get),
        "note": account.note.as_str(),
        "icon": account.icon.as_str(),
        "uses": session.usage().times(account.id),
        "created_at": when::rfc3339(account.created_at),
        "changed_at": when::rfc3339(account.changed_at),
    });
    if let (Some(fields), Value::Object(more)) = (value.as_object_mut(), more) {
        fields.extend(more);
    }
    value
}

impl Invocation<'_> {
    /// What became of an account: all about it as JSON, or a note.
    pub(super) fn changed(
        &self,
        session: &Session<'_>,
        account: authr_core::account::AccountId,
        note: &str,
    ) -> Result<(), Failure> {
        if self.output.format() == Format::Json {
            let account = session.content().account(account);
            return self
                .output
                .json(&account.map(|account| as_json(account, session)));
        }
        self.output.note(note);
        Ok(())
    }
}

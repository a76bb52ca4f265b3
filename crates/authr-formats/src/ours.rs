//! The JSON that `authr export --format json` writes: `{authr: 1, accounts}`.

use serde_json::Value;

use crate::entry::{Draft, Harvest, Raw, Reason, Word, motp_text};
use crate::json::{self, flag, given, list, needed, number, text};
use crate::{Format, FormatError, Input, Parsed};

/// The field that only this document has.
pub(crate) const MARK: &str = "authr";

pub(crate) fn parse(input: &Input<'_>) -> Result<Parsed, FormatError> {
    let mut harvest = Harvest::new(Format::Authr);
    for account in json::entries(input.json()?, "accounts")? {
        let mut draft = Draft::named(text(account, "issuer"), text(account, "label"));
        draft.note(text(account, "note"));
        draft.icon = text(account, "icon").to_owned();
        draft.pinned = flag(account, "pinned");
        for tag in list(account, "tags").iter().filter_map(Value::as_str) {
            draft.tag(tag);
        }
        harvest.take(draft, otp(account))?;
    }
    Ok(harvest.finish())
}

fn otp(account: &Value) -> Result<authr_otp::Otp, Reason> {
    let word = Word::parse(needed(account, "kind")?)?;
    let secret = needed(account, "secret")?;
    let raw = Raw {
        algorithm: given(account, "algorithm"),
        digits: number(account, "digits")?,
        period: number(account, "period")?,
        counter: number(account, "counter")?,
        pin: given(account, "pin"),
    };
    match word {
        Word::Motp => raw.build(word, motp_text(secret)?),
        _ => raw.base32(word, secret),
    }
}

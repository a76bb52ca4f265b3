//! What `authr export` writes as JSON, `{authr: 1, accounts}`, and as a table: the same fields in columns.

use serde_json::{Value, json};

use crate::columns::{Columns, table};
use crate::entry::{Draft, Harvest, Raw, Reason, Word, motp_text};
use crate::json::{self, Json, flag, given, list, needed, number, text};
use crate::{Format, FormatError, Input, Parsed};

/// The field that only this document has.
pub(crate) const MARK: &str = "authr";

pub(crate) fn parse(input: &Input<'_>) -> Result<Parsed, FormatError> {
    let mut harvest = Harvest::new(Format::Authr);
    for account in json::entries(input.json()?, "accounts")? {
        take(&mut harvest, account)?;
    }
    Ok(harvest.finish())
}

/// The columns that only this table has side by side.
pub(crate) const COLUMNS: [&str; 4] = ["issuer", "label", "kind", "secret"];

pub(crate) fn parse_table(input: &Input<'_>) -> Result<Parsed, FormatError> {
    let (header, rows) = table(input.text()?)?;
    let columns = Columns::new(&header);
    let mut harvest = Harvest::new(Format::AuthrTable);
    for row in rows {
        let row = row?;
        let of = |name: &str| columns.of(&row, name);
        // What a spreadsheet would run stands behind an apostrophe.
        let text = |name: &str| {
            let text = of(name);
            text.strip_prefix('\'').unwrap_or(text).to_owned()
        };
        let account = Json(json!({
            "issuer": text("issuer"),
            "label": text("label"),
            "note": text("note"),
            "tags": tags(&text("tags")),
            "pinned": of("pinned") == "1",
            "kind": of("kind"),
            "secret": of("secret"),
            "algorithm": of("algorithm"),
            "digits": of("digits"),
            "period": of("period"),
            "counter": of("counter"),
            "pin": of("pin"),
        }));
        take(&mut harvest, &account.0)?;
    }
    Ok(harvest.finish())
}

/// Tags with commas between; a comma or backslash that belongs to one has a backslash before it.
fn tags(text: &str) -> Vec<String> {
    let mut tags = vec![String::new()];
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        let belongs = match character {
            ',' => {
                tags.push(String::new());
                continue;
            }
            '\\' => characters.next(),
            other => Some(other),
        };
        if let Some(tag) = tags.last_mut() {
            tag.extend(belongs);
        }
    }
    tags
}

fn take(harvest: &mut Harvest, account: &Value) -> Result<(), FormatError> {
    let mut draft = Draft::named(text(account, "issuer"), text(account, "label"));
    draft.note(text(account, "note"));
    draft.icon = text(account, "icon").to_owned();
    draft.pinned = flag(account, "pinned");
    for tag in list(account, "tags").iter().filter_map(Value::as_str) {
        draft.tag(tag);
    }
    harvest.take(draft, otp(account))
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

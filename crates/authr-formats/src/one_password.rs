//! 1Password's 1PUX: a zip whose `export.data` has accounts of vaults of items; one-time passwords are fields of sections.
//! Older versions keep an OPVault. Its CSV has the columns that Apple's Passwords writes, and some more.

use serde_json::Value;

use crate::bitwarden::Item;
use crate::columns::{Columns, NOT_A_TABLE, table};
use crate::entry::{Draft, Harvest};
use crate::json::{Json, given, list, text};
use crate::zip_file::{self, Zip};
use crate::{Format, FormatError, Input, Parsed, opvault};

/// The member that has the items.
pub(crate) const MEMBER: &str = "export.data";

/// The columns that tell its table from others, in whatever order.
pub(crate) const COLUMNS: [&str; 2] = ["Title", "OTPAuth"];

pub(crate) fn parse(input: &Input<'_>) -> Result<Parsed, FormatError> {
    if !input.bytes.starts_with(zip_file::MAGIC) {
        return match input.json.is_some() {
            true => read(input.json()?),
            false if opvault::is_recognised(input.text()?) => opvault::parse(input),
            false => csv(input.text()?),
        };
    }
    let mut zip = Zip::open(input.bytes)?;
    if zip.names().any(|name| opvault::is_member(&name)) {
        return opvault::parse(input);
    }
    let content = zip.read(MEMBER, None)?;
    read(&Json::parse_bytes(&content)?.0)
}

fn read(file: &Value) -> Result<Parsed, FormatError> {
    let mut harvest = Harvest::new(Format::OnePassword);
    let vaults = crate::json::entries(file, "accounts")?
        .iter()
        .flat_map(|account| list(account, "vaults"));
    let items = vaults.flat_map(|vault| list(vault, "items"));
    for (position, item) in (1..).zip(items) {
        let details = item.get("details").unwrap_or(&Value::Null);
        let overview = item.get("overview").unwrap_or(&Value::Null);
        let fields = list(details, "sections")
            .iter()
            .flat_map(|section| list(section, "fields"));
        for field in fields {
            let value = field.get("value").unwrap_or(&Value::Null);
            let Some(totp) = given(value, "totp") else {
                continue;
            };
            let item = Item {
                name: text(overview, "title"),
                username: "",
                note: text(details, "notesPlain"),
                folder: list(overview, "tags")
                    .first()
                    .and_then(Value::as_str)
                    .unwrap_or_default(),
                favorite: item.get("favIndex").and_then(Value::as_i64) > Some(0),
                totp,
            };
            item.harvest(position, &mut harvest)?;
        }
    }
    Ok(harvest.finish())
}

/// The table. What is archived is taken as what is not: it was put aside, and not thrown away.
fn csv(text: &str) -> Result<Parsed, FormatError> {
    let (header, rows) = table(text)?;
    let columns = Columns::new(&header);
    if COLUMNS.iter().any(|name| columns.place(name).is_none()) {
        return Err(NOT_A_TABLE);
    }
    let mut harvest = Harvest::new(Format::OnePassword);
    for (position, row) in (1..).zip(rows) {
        let row = row?;
        let of = |name: &str| columns.of(&row, name).trim();
        // Most items of a vault have no codes.
        let totp = of("OTPAuth");
        if totp.is_empty() {
            continue;
        }
        let mut draft = Draft::named(of("Title"), of("Username"));
        draft.note(of("Notes"));
        draft.pinned = of("Favorite").eq_ignore_ascii_case("true");
        for tag in of("Tags").split(';') {
            draft.tag(tag);
        }
        harvest.take_totp(position, draft, totp)?;
    }
    Ok(harvest.finish())
}

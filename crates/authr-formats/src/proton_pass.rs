//! Proton Pass: a zip with `Proton Pass/data.json`, vaults of items with `totpUri` and extra fields of type `totp`.

use serde_json::Value;

use crate::bitwarden::Item;
use crate::entry::Harvest;
use crate::json::{Json, flag, given, list, text};
use crate::zip_file::{self, Zip};
use crate::{Damage, Format, FormatError, Input, Parsed};

/// The member that has the items.
pub(crate) const MEMBER: &str = "Proton Pass/data.json";

pub(crate) fn parse(input: &Input<'_>) -> Result<Parsed, FormatError> {
    if !input.bytes.starts_with(zip_file::MAGIC) {
        return read(input.json()?);
    }
    let content = Zip::open(input.bytes)?.read(MEMBER, None)?;
    read(&Json::parse_bytes(&content)?.0)
}

fn read(file: &Value) -> Result<Parsed, FormatError> {
    let vaults = file.get("vaults").and_then(Value::as_object);
    let vaults = vaults.ok_or(FormatError::Damaged {
        what: Damage::Field { field: "vaults" },
    })?;
    let mut harvest = Harvest::new(Format::ProtonPass);
    let items = vaults
        .values()
        .flat_map(|vault| list(vault, "items").iter().map(move |item| (vault, item)));
    for (position, (vault, item)) in (1..).zip(items) {
        let data = item.get("data").unwrap_or(&Value::Null);
        let content = data.get("content").unwrap_or(&Value::Null);
        let metadata = data.get("metadata").unwrap_or(&Value::Null);
        let username = given(content, "itemUsername").or_else(|| given(content, "itemEmail"));
        let mut take = |totp: &str| {
            let item = Item {
                name: text(metadata, "name"),
                username: username.unwrap_or_default(),
                note: text(metadata, "note"),
                folder: text(vault, "name"),
                favorite: flag(item, "pinned"),
                totp,
            };
            item.harvest(position, &mut harvest)
        };
        if let Some(uri) = given(content, "totpUri") {
            take(uri)?;
        }
        for field in list(data, "extraFields") {
            let value = field.get("data").and_then(|data| given(data, "totpUri"));
            if let Some(uri) = value.filter(|_| text(field, "type") == "totp") {
                take(uri)?;
            }
        }
    }
    Ok(harvest.finish())
}

//! LastPass Authenticator: `{accounts, folders}`, TOTP only.

use std::collections::HashMap;

use serde_json::Value;

use crate::entry::{Draft, Harvest, Raw, Reason, Word};
use crate::json::{self, flag, given, list, needed, number, text};
use crate::{Format, FormatError, Input, Parsed};

pub(crate) fn parse(input: &Input<'_>) -> Result<Parsed, FormatError> {
    let file = input.json()?;
    // An id is a number; its text is as good.
    let id = |value: Option<&Value>| value.map(Value::to_string);
    let folders: HashMap<Option<String>, &str> = list(file, "folders")
        .iter()
        .rev()
        .map(|folder| (id(folder.get("id")), text(folder, "name")))
        .collect();
    let mut harvest = Harvest::new(Format::LastPass);
    for account in json::entries(file, "accounts")? {
        // The names that the person gave; those of the site where there is none at all.
        let field = |own: &str, original: &str| match account.get(own) {
            Some(Value::String(name)) => name.clone(),
            _ => text(account, original).to_owned(),
        };
        let issuer = field("issuerName", "originalIssuerName");
        let mut draft = Draft::named(&issuer, &field("userName", "originalUserName"));
        draft.pinned = flag(account, "isFavorite");
        let data = account.get("folderData");
        let folder = id(data.and_then(|data| data.get("folderId")));
        if folder.is_some() {
            draft.tag(folders.get(&folder).unwrap_or(&""));
        }
        harvest.take(draft, otp(account))?;
    }
    Ok(harvest.finish())
}

fn otp(account: &Value) -> Result<authr_otp::Otp, Reason> {
    let raw = Raw {
        algorithm: given(account, "algorithm"),
        digits: number(account, "digits")?,
        period: number(account, "timeStep")?,
        ..Raw::default()
    };
    raw.base32(Word::Totp, needed(account, "secret")?)
}

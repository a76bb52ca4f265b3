//! LastPass Authenticator: `{accounts, folders}`, TOTP only.

use serde_json::Value;

use crate::entry::{Draft, Harvest, Raw, Reason, Word};
use crate::json::{self, flag, given, list, needed, number, text};
use crate::{Format, FormatError, Input, Parsed};

pub(crate) fn parse(input: &Input<'_>) -> Result<Parsed, FormatError> {
    let file = input.json()?;
    let folders = list(file, "folders");
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
        let id = account
            .get("folderData")
            .and_then(|data| data.get("folderId"));
        let folder = folders
            .iter()
            .find(|folder| folder.get("id") == id && id.is_some());
        draft
            .tags
            .extend(folder.map(|folder| text(folder, "name").to_owned()));
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

//! Proton Authenticator: `{version, entries}` of URIs, or `{version, salt, content}`: Argon2id and AES-256-GCM.

use serde_json::Value;

use crate::crypto::{Argon2Cost, argon2id, gcm_open};
use crate::entry::{Draft, Harvest};
use crate::json::{self, Json, given, text};
use crate::{Format, FormatError, Input, Parsed, base64};

pub(crate) const AAD: &[u8] = b"proton.authenticator.export.v1";
pub(crate) const COST: Argon2Cost = Argon2Cost {
    kib: 19 << 10,
    passes: 2,
    lanes: 1,
};

pub(crate) fn parse(input: &Input<'_>) -> Result<Parsed, FormatError> {
    let file = input.json()?;
    let Some(sealed) = given(file, "content") else {
        return read(file);
    };
    let password = input.password(Format::ProtonAuthenticator)?;
    let salt = base64(text(file, "salt")).ok_or(FormatError::field("salt"))?;
    let sealed = base64(sealed).ok_or(FormatError::field("content"))?;
    let (nonce, sealed) = sealed
        .split_at_checked(12)
        .ok_or(FormatError::field("content"))?;
    let key = argon2id(password.as_bytes(), &salt, &COST)?;
    let plain = gcm_open(&key, nonce, AAD, sealed).ok_or(FormatError::WrongPasswordOrDamaged)?;
    read(&Json::parse_bytes(&plain)?.0)
}

fn read(file: &Value) -> Result<Parsed, FormatError> {
    let mut harvest = Harvest::new(Format::ProtonAuthenticator);
    for (position, entry) in (1..).zip(json::entries(file, "entries")?) {
        let content = entry.get("content").unwrap_or(&Value::Null);
        let name = text(content, "name");
        let uri = text(content, "uri");
        let mut draft = Draft::named(name, "");
        draft.note(text(entry, "note"));
        harvest.take_uri(position, draft, uri)?;
    }
    Ok(harvest.finish())
}

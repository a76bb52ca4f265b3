//! Steam's `shared_secret`, from its app's JSON or a `maFile`. Steam Desktop Authenticator and steamguard-cli encrypt each
//! `maFile` with AES-256-CBC; salt and nonce stand in the `manifest.json` beside it.

use serde_json::Value;

use crate::crypto::{Argon2Cost, Hash, Key, argon2id, cbc_open, pbkdf2_key};
use crate::entry::{Draft, Harvest, Raw, Reason, Word, secret};
use crate::json::{Json, given, list, text};
use crate::{Format, FormatError, Input, Parsed, base64};

const ROUNDS: u64 = 50_000;
const COST: Argon2Cost = Argon2Cost {
    kib: 12 << 10,
    passes: 3,
    lanes: 12,
};
/// The most files of a manifest that are tried.
const MAX_FILES: usize = 64;

pub(crate) fn parse(input: &Input<'_>) -> Result<Parsed, FormatError> {
    if input.json.is_some() {
        return read(input.json()?);
    }
    let sealed = base64(input.text()?).ok_or(FormatError::NotRecognised)?;
    let manifest = input.companion.ok_or(FormatError::Sealed {
        why: "the manifest.json that lay beside it is needed",
    })?;
    let manifest = Json::parse_bytes(manifest)?;
    let password = input.password(Format::Steam)?;
    for entry in list(&manifest.0, "entries").iter().take(MAX_FILES) {
        if let Some(plain) = open(entry, &sealed, password)?
            && let Ok(file) = Json::parse_bytes(&plain)
        {
            return read(&file.0);
        }
    }
    Err(FormatError::WrongPasswordOrDamaged)
}

fn open(entry: &Value, sealed: &[u8], password: &str) -> Result<Option<Key>, FormatError> {
    let newer = entry.get("encryption");
    let field = |older: &str, name: &str| {
        let text = newer.map_or_else(|| text(entry, older), |newer| text(newer, name));
        base64(text).filter(|bytes| !bytes.is_empty())
    };
    let (Some(iv), Some(salt)) = (
        field("encryption_iv", "iv"),
        field("encryption_salt", "salt"),
    ) else {
        return Ok(None);
    };
    let scheme = newer.map_or("", |newer| text(newer, "scheme"));
    let key = if scheme.starts_with("Argon2") {
        argon2id(password.as_bytes(), &salt, &COST)?
    } else {
        pbkdf2_key(Hash::Sha1, password.as_bytes(), &salt, ROUNDS, 32)?
    };
    Ok(cbc_open(&key, &iv, sealed))
}

fn read(file: &Value) -> Result<Parsed, FormatError> {
    let shared = given(file, "shared_secret").ok_or(FormatError::field("shared_secret"))?;
    let otp = base64(shared)
        .ok_or(Reason::Encoding { encoding: "Base64" })
        .and_then(|bytes| Raw::default().build(Word::Steam, secret(bytes.to_vec())?));
    let mut harvest = Harvest::new(Format::Steam);
    harvest.take(Draft::named("Steam", text(file, "account_name")), otp)?;
    Ok(harvest.finish())
}

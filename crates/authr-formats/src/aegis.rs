//! Aegis: `{version, header, db}`. The header's password slots wrap a master key with scrypt and AES-256-GCM; the
//! database is an object, or Base64 of it sealed with the master key.

use serde_json::Value;

use crate::crypto::{Key, gcm_open, scrypt_key};
use crate::entry::{Draft, Harvest, Raw, Reason, Word, motp_bytes};
use crate::json::{self, Json, flag, given, list, needed, number, text};
use crate::{Format, FormatError, Input, Parsed, base64, hex};

/// The most slots that are tried.
const MAX_SLOTS: usize = 8;

pub(crate) fn parse(input: &Input<'_>) -> Result<Parsed, FormatError> {
    let file = input.json()?;
    match file.get("db") {
        Some(Value::String(sealed)) => {
            let password = input.password(Format::Aegis)?;
            let header = file.get("header").ok_or(FormatError::field("header"))?;
            let master = master_key(header, password)?;
            let params = header.get("params").ok_or(FormatError::field("params"))?;
            let sealed = base64(sealed).ok_or(FormatError::field("db"))?;
            let plain = gcm(&master, params, &sealed)?.ok_or(FormatError::content())?;
            database(&Json::parse_bytes(&plain)?.0)
        }
        Some(db) => database(db),
        None => Err(FormatError::field("db")),
    }
}

/// The key that a password slot gives to this password.
fn master_key(header: &Value, password: &str) -> Result<Key, FormatError> {
    let slots = json::entries(header, "slots")?;
    let password_slots = slots
        .iter()
        .filter(|slot| slot.get("type").and_then(Value::as_i64) == Some(1));
    for slot in password_slots.take(MAX_SLOTS) {
        let of = |field| slot.get(field).and_then(Value::as_u64);
        let (Some(n), Some(r), Some(p)) = (of("n"), of("r"), of("p")) else {
            return Err(FormatError::field("n"));
        };
        let salt = hex(text(slot, "salt")).ok_or(FormatError::field("salt"))?;
        let wrapped = hex(text(slot, "key")).ok_or(FormatError::field("key"))?;
        let params = slot
            .get("key_params")
            .ok_or(FormatError::field("key_params"))?;
        let key = scrypt_key(password.as_bytes(), &salt, n, r, p)?;
        if let Some(master) = gcm(&key, params, &wrapped)? {
            return Ok(master);
        }
    }
    Err(FormatError::WrongPassword)
}

/// AES-256-GCM with nonce and tag in fields of their own.
fn gcm(key: &[u8], params: &Value, sealed: &[u8]) -> Result<Option<Key>, FormatError> {
    let nonce = hex(text(params, "nonce")).ok_or(FormatError::field("nonce"))?;
    let tag = hex(text(params, "tag")).ok_or(FormatError::field("tag"))?;
    Ok(gcm_open(key, &nonce, &[], &[sealed, &tag].concat()))
}

fn database(db: &Value) -> Result<Parsed, FormatError> {
    let mut harvest = Harvest::new(Format::Aegis);
    let groups = json::by(list(db, "groups"), "uuid");
    for entry in json::entries(db, "entries")? {
        let mut draft = Draft::named(text(entry, "issuer"), text(entry, "name"));
        draft.note(text(entry, "note"));
        draft.pinned = flag(entry, "favorite");
        draft.tag(text(entry, "group"));
        for id in list(entry, "groups").iter().filter_map(Value::as_str) {
            draft.tag(groups.get(id).map_or(id, |group| text(group, "name")));
        }
        harvest.take(draft, otp(entry))?;
    }
    Ok(harvest.finish())
}

fn otp(entry: &Value) -> Result<authr_otp::Otp, Reason> {
    let word = Word::parse(needed(entry, "type")?)?;
    let info = entry.get("info").ok_or(Reason::missing("info"))?;
    let secret = needed(info, "secret")?;
    let raw = Raw {
        algorithm: given(info, "algo"),
        digits: number(info, "digits")?,
        period: number(info, "period")?,
        counter: number(info, "counter")?,
        pin: given(info, "pin"),
    };
    match word {
        Word::Motp => raw.build(word, motp_bytes(secret)?),
        _ => raw.base32(word, secret),
    }
}

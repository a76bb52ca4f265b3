//! Stratum (Authenticator Pro): `{Authenticators, Categories, AuthenticatorCategories}`, plain or behind a mark of 16
//! bytes: the newer with Argon2id and AES-256-GCM, the older with PBKDF2-HMAC-SHA1 and AES-256-CBC without a MAC.

use std::collections::HashMap;

use serde_json::Value;

use crate::crypto::{Argon2Cost, Hash, Key, argon2id, cbc_open, gcm_open, pbkdf2_key};
use crate::entry::{Draft, Harvest, Raw, Reason, Word, motp_text};
use crate::json::{self, Json, given, list, needed, number, text};
use crate::sqlite::{self, Database};
use crate::{Format, FormatError, Input, Parsed};

pub(crate) const MAGIC: &[u8] = b"AUTHENTICATORPRO";
pub(crate) const OLD_MAGIC: &[u8] = b"AuthenticatorPro";
pub(crate) const COST: Argon2Cost = Argon2Cost {
    kib: 64 << 10,
    passes: 3,
    lanes: 4,
};
const OLD_ROUNDS: u64 = 64_000;

pub(crate) fn parse(input: &Input<'_>) -> Result<Parsed, FormatError> {
    if input.bytes.starts_with(sqlite::MAGIC) {
        return database(&Database::open(input.bytes, input.companion)?);
    }
    let newer = input.bytes.strip_prefix(MAGIC);
    let older = input.bytes.strip_prefix(OLD_MAGIC);
    if newer.is_none() && older.is_none() {
        return read(input.json()?);
    }
    let password = input.password(Format::Stratum)?;
    let plain = match (newer, older) {
        (Some(sealed), _) => open(sealed, password)?,
        (_, Some(sealed)) => open_old(sealed, password)?,
        (None, None) => None,
    };
    let plain = plain.ok_or(FormatError::WrongPasswordOrDamaged)?;
    // Without a MAC, a wrong password can leave something that is padded rightly.
    let json = Json::parse_bytes(&plain).map_err(|_| FormatError::WrongPasswordOrDamaged)?;
    read(&json.0)
}

fn open(sealed: &[u8], password: &str) -> Result<Option<Key>, FormatError> {
    let parts = sealed
        .split_at_checked(16)
        .and_then(|(salt, rest)| Some((salt, rest.split_at_checked(12)?)));
    let Some((salt, (nonce, sealed))) = parts else {
        return Ok(None);
    };
    let key = argon2id(password.as_bytes(), salt, &COST)?;
    Ok(gcm_open(&key, nonce, &[], sealed))
}

fn open_old(sealed: &[u8], password: &str) -> Result<Option<Key>, FormatError> {
    let parts = sealed
        .split_at_checked(20)
        .and_then(|(salt, rest)| Some((salt, rest.split_at_checked(16)?)));
    let Some((salt, (iv, sealed))) = parts else {
        return Ok(None);
    };
    let key = pbkdf2_key(Hash::Sha1, password.as_bytes(), salt, OLD_ROUNDS, 32)?;
    Ok(cbc_open(&key, iv, sealed))
}

fn read(file: &Value) -> Result<Parsed, FormatError> {
    let mut harvest = Harvest::new(Format::Stratum);
    let categories = json::by(list(file, "Categories"), "Id");
    let mut tags: HashMap<&str, Vec<&str>> = HashMap::new();
    for binding in list(file, "AuthenticatorCategories") {
        if let Some(category) = categories.get(text(binding, "CategoryId")) {
            let of = tags.entry(text(binding, "AuthenticatorSecret"));
            of.or_default().push(text(category, "Name"));
        }
    }
    let entries = json::entries(file, "Authenticators")?;
    let mut ordered: Vec<(usize, &Value)> = (1..).zip(entries).collect();
    ordered.sort_by_key(|(_, entry)| entry.get("Ranking").and_then(Value::as_i64));
    for (position, entry) in ordered {
        let mut draft = Draft::named(text(entry, "Issuer"), text(entry, "Username"));
        // A custom icon is an @ and a hash: a name only inside that file.
        let icon = given(entry, "Icon").filter(|icon| !icon.starts_with('@'));
        draft.icon = icon.unwrap_or_default().to_owned();
        for tag in tags.get(text(entry, "Secret")).into_iter().flatten() {
            draft.tag(tag);
        }
        harvest.take_at(position, draft, otp(entry))?;
    }
    Ok(harvest.finish())
}

fn otp(entry: &Value) -> Result<authr_otp::Otp, Reason> {
    let kind = number(entry, "Type")?.ok_or(Reason::missing("Type"))?;
    let algorithm = number(entry, "Algorithm")?;
    let raw = Raw {
        algorithm: Some(algorithm_name(algorithm)?),
        digits: number(entry, "Digits")?,
        period: number(entry, "Period")?,
        counter: number(entry, "Counter")?,
        pin: given(entry, "Pin"),
    };
    build(kind, &raw, needed(entry, "Secret")?)
}

fn algorithm_name(number: Option<i64>) -> Result<&'static str, Reason> {
    match number {
        None | Some(0) => Ok("SHA1"),
        Some(1) => Ok("SHA256"),
        Some(2) => Ok("SHA512"),
        Some(_) => Err(authr_otp::kind::UnknownAlgorithm.into()),
    }
}

fn build(kind: i64, raw: &Raw<'_>, secret: &str) -> Result<authr_otp::Otp, Reason> {
    match kind {
        1 => raw.base32(Word::Hotp, secret),
        2 => raw.base32(Word::Totp, secret),
        3 => raw.build(Word::Motp, motp_text(secret)?),
        4 => raw.base32(Word::Steam, secret),
        5 => raw.base32(Word::Yandex, secret),
        _ => Err(Reason::Kind),
    }
}

/// The app's own database, from a rooted device.
fn database(database: &Database) -> Result<Parsed, FormatError> {
    let mut tags: HashMap<String, Vec<String>> = HashMap::new();
    if database.has(
        "authenticatorcategory",
        &["categoryId", "authenticatorSecret"],
    ) && database.has("category", &["id", "name"])
    {
        let query = "SELECT b.authenticatorSecret, c.name FROM authenticatorcategory b
                     JOIN category c ON c.id = b.categoryId";
        database.rows(query, |row| {
            let of = tags.entry(sqlite::text(row, 0)).or_default();
            of.push(sqlite::text(row, 1));
            Ok(())
        })?;
    }
    let columns = "type issuer username secret pin algorithm digits period counter icon ranking";
    let columns: Vec<&str> = columns.split(' ').collect();
    database.need("authenticator", &columns)?;
    let mut harvest = Harvest::new(Format::Stratum);
    let query =
        "SELECT type, issuer, username, secret, pin, algorithm, digits, period, counter, icon
                 FROM authenticator ORDER BY ranking, rowid";
    database.rows(query, |row| {
        let mut draft = Draft::named(&sqlite::text(row, 1), &sqlite::text(row, 2));
        draft.icon = sqlite::text(row, 9);
        let (secret, pin) = (sqlite::text(row, 3), sqlite::text(row, 4));
        for tag in tags.get(&secret).into_iter().flatten() {
            draft.tag(tag);
        }
        let otp = algorithm_name(sqlite::number(row, 5)).and_then(|algorithm| {
            let raw = Raw {
                algorithm: Some(algorithm),
                digits: sqlite::number(row, 6),
                period: sqlite::number(row, 7),
                counter: sqlite::number(row, 8),
                pin: Some(&pin),
            };
            build(sqlite::number(row, 0).unwrap_or_default(), &raw, &secret)
        });
        harvest.take(draft, otp)
    })?;
    Ok(harvest.finish())
}

//! Bitwarden, vault and Authenticator: `{encrypted, items, folders}` or CSV. A password-protected export is the same JSON
//! in an AES-256-CBC and HMAC-SHA256 envelope under PBKDF2 or Argon2id.

use serde_json::Value;

use crate::columns::{Columns, NOT_A_TABLE, table};
use crate::crypto::{
    Argon2Cost, Hash, Key, argon2id, cbc_open, hmac_sha256, hmac_sha256_holds, pbkdf2_key, sha256,
};
use crate::entry::{Draft, Harvest};
use crate::json::{self, Json, flag, given, list, text};
use crate::{Damage, Format, FormatError, Input, Parsed, base64};

pub(crate) fn parse(input: &Input<'_>) -> Result<Parsed, FormatError> {
    if input.json.is_none() {
        return csv(input.text()?);
    }
    let file = input.json()?;
    if !flag(file, "encrypted") {
        return items(file);
    }
    if !flag(file, "passwordProtected") {
        return Err(FormatError::Sealed {
            why: "it is encrypted with the key of the Bitwarden account; export it again with a password of its own",
        });
    }
    let password = input.password(Format::Bitwarden)?;
    let keys = Keys::derive(file, password)?;
    let check = keys.open(text(file, "encKeyValidation_DO_NOT_EDIT"))?;
    if check.is_none() {
        return Err(FormatError::WrongPassword);
    }
    let plain = keys
        .open(text(file, "data"))?
        .ok_or(FormatError::content())?;
    items(&Json::parse_bytes(&plain)?.0)
}

/// The two keys of an envelope.
pub(crate) struct Keys {
    pub(crate) cipher: Key,
    pub(crate) mac: Key,
}

impl Keys {
    fn derive(file: &Value, password: &str) -> Result<Self, FormatError> {
        // The salt is the text, whatever it encodes.
        let salt = text(file, "salt").as_bytes();
        let number = |field: &'static str| {
            let number = file.get(field).and_then(Value::as_u64);
            number.ok_or(FormatError::field(field))
        };
        let passes = number("kdfIterations")?;
        let key = match number("kdfType")? {
            0 => pbkdf2_key(Hash::Sha256, password.as_bytes(), salt, passes, 32)?,
            1 => {
                let cost = Argon2Cost {
                    kib: number("kdfMemory")?.saturating_mul(1024),
                    passes,
                    lanes: number("kdfParallelism")?,
                };
                argon2id(password.as_bytes(), &sha256(salt), &cost)?
            }
            _ => return Err(FormatError::field("kdfType")),
        };
        Ok(Self::expand(&key))
    }

    /// `HKDF-Expand(key, "enc")` and `HKDF-Expand(key, "mac")`, one block each.
    pub(crate) fn expand(key: &[u8]) -> Self {
        Self {
            cipher: hmac_sha256(key, b"enc\x01"),
            mac: hmac_sha256(key, b"mac\x01"),
        }
    }

    /// Opens `2.iv|ciphertext|mac`; `None` where the MAC is another.
    fn open(&self, sealed: &str) -> Result<Option<Key>, FormatError> {
        const DAMAGED: FormatError = FormatError::Damaged {
            what: Damage::Field { field: "data" },
        };
        let parts = sealed.strip_prefix("2.").ok_or(DAMAGED)?;
        let mut parts = parts.split('|').map(base64);
        let mut part = || parts.next().flatten();
        let (Some(iv), Some(sealed), Some(mac)) = (part(), part(), part()) else {
            return Err(DAMAGED);
        };
        let message = [iv.as_slice(), &sealed].concat();
        if !hmac_sha256_holds(&self.mac, &message, &mac) {
            return Ok(None);
        }
        cbc_open(&self.cipher, &iv, &sealed)
            .ok_or(DAMAGED)
            .map(Some)
    }
}

fn items(file: &Value) -> Result<Parsed, FormatError> {
    let mut harvest = Harvest::new(Format::Bitwarden);
    let folders = json::by(list(file, "folders"), "id");
    for (position, item) in (1..).zip(json::entries(file, "items")?) {
        let login = item.get("login").unwrap_or(&Value::Null);
        // Most items of a vault have no codes: they are no accounts, and nothing is lost.
        let Some(totp) = given(login, "totp") else {
            continue;
        };
        let folder = given(item, "folderId").and_then(|id| folders.get(id));
        let item = Item {
            name: text(item, "name"),
            username: text(login, "username"),
            note: text(item, "notes"),
            folder: folder
                .map(|folder| text(folder, "name"))
                .unwrap_or_default(),
            favorite: flag(item, "favorite"),
            totp,
        };
        item.harvest(position, &mut harvest)?;
    }
    Ok(harvest.finish())
}

/// An entry of a password manager that has codes.
pub(crate) struct Item<'a> {
    pub(crate) name: &'a str,
    pub(crate) username: &'a str,
    pub(crate) note: &'a str,
    pub(crate) folder: &'a str,
    pub(crate) favorite: bool,
    /// A URI, or a bare secret.
    pub(crate) totp: &'a str,
}

impl Item<'_> {
    pub(crate) fn harvest(
        &self,
        position: usize,
        harvest: &mut Harvest,
    ) -> Result<(), FormatError> {
        let mut draft = Draft::named(self.name, self.username);
        draft.note(self.note);
        draft.pinned = self.favorite;
        draft.tag(self.folder);
        harvest.take_totp(position, draft, self.totp)
    }
}

/// The CSV of the vault, and that of Authenticator for Android, whose rows have three fields more than its header.
fn csv(text: &str) -> Result<Parsed, FormatError> {
    let (header, rows) = table(text)?;
    let columns = Columns::new(&header);
    let (Some(name), Some(totp)) = (columns.place("name"), columns.place("login_totp")) else {
        return Err(NOT_A_TABLE);
    };
    let mut harvest = Harvest::new(Format::Bitwarden);
    for (position, row) in (1..).zip(rows) {
        let row = row?;
        let of = |name: &str| columns.of(&row, name);
        let item = Item {
            name: row.get(name).unwrap_or_default(),
            username: of("login_username"),
            note: of("notes"),
            folder: of("folder"),
            favorite: of("favorite") == "1",
            totp: row.get(totp).unwrap_or_default(),
        };
        if !item.totp.is_empty() {
            item.harvest(position, &mut harvest)?;
        }
    }
    Ok(harvest.finish())
}

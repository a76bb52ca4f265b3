//! 1Password's OPVault: a folder of scripts, `profile.js` with the keys, `band_0.js` to `band_F.js` with the items. Read as
//! one text of all of them, or out of a zip of the folder.
//!
//! ```text
//! derived = PBKDF2-HMAC-SHA512(password, salt) = key ‖ MAC key; it opens the master and the overview keys, whose SHA-512
//! are key ‖ MAC key again: the overview's open the names, the master's each item's own keys, and those its details
//! "opdata01" ‖ length ‖ IV ‖ AES-256-CBC(padding ‖ text) ‖ HMAC-SHA256 of all before
//! ```

use std::collections::HashMap;

use ring::digest;
use serde_json::{Deserializer, Value};
use zeroize::Zeroizing;

use crate::bitwarden::Item;
use crate::crypto::{Hash, Key, cbc_open_unpadded, hmac_sha256_holds, pbkdf2_key};
use crate::entry::Harvest;
use crate::json::{Json, flag, given, list, text};
use crate::limits::MAX_FILE_BYTES;
use crate::zip_file::{self, Zip};
use crate::{Damage, Format, FormatError, Input, Parsed, base64};

const PROFILE: &str = "var profile";
const BAND: &str = "ld";
const FOLDERS: &str = "loadFolders";
/// How the names of fields begin that hold one-time passwords.
const TOTP: &str = "TOTP_";

/// Whether a text is a script of such a folder.
pub(crate) fn is_recognised(text: &str) -> bool {
    [PROFILE, BAND, FOLDERS].iter().any(|name| {
        let after = text.trim_start().strip_prefix(name);
        after.is_some_and(|after| after.starts_with(['=', '(']))
    })
}

/// Whether a file of an OPVault, by its path in there, is one of those that are read: one after the other they are a file
/// that [`crate::parse`] takes.
#[must_use]
pub fn is_member(name: &str) -> bool {
    let file = name.rsplit('/').next().unwrap_or_default();
    let band = file.strip_prefix("band_");
    file == "profile.js" || file == "folders.js" || band.is_some_and(|band| band.ends_with(".js"))
}

pub(crate) fn parse(input: &Input<'_>) -> Result<Parsed, FormatError> {
    let joined;
    let content = if input.bytes.starts_with(zip_file::MAGIC) {
        joined = unzip(input.bytes)?;
        std::str::from_utf8(&joined).map_err(|_| FormatError::Damaged {
            what: Damage::NotText,
        })?
    } else {
        input.text()?
    };
    let scripts = scripts(content)?;
    let of = |name: &'static str| scripts.iter().filter(move |script| script.name == name);
    let profile = of(PROFILE).next().ok_or(FormatError::Sealed {
        why: "the keys are in profile.js; give the folder that holds it, or a zip of the folder",
    })?;
    if of(BAND).next().is_none() {
        let why =
            "the items are in band_….js; give the folder that holds them, or a zip of the folder";
        return Err(FormatError::Sealed { why });
    }
    let keys = Keys::open(&profile.value.0, input.password(Format::OnePassword)?)?;
    let folders: HashMap<String, Json> = of(FOLDERS)
        .filter_map(|script| script.value.0.as_object())
        .flatten()
        .filter_map(|(id, folder)| {
            let overview = keys.overview.document(text(folder, "overview"))?;
            Some((id.clone(), overview))
        })
        .collect();
    let mut items: Vec<&Value> = of(BAND)
        .filter_map(|script| script.value.0.as_object())
        .flat_map(|band| band.values())
        .collect();
    items.sort_by_key(|item| item.get("created").and_then(Value::as_i64));
    let mut harvest = Harvest::new(Format::OnePassword);
    for (position, item) in (1..).zip(items) {
        take(position, item, &keys, &folders, &mut harvest)?;
    }
    Ok(harvest.finish())
}

/// The scripts of a zip, one after the other.
fn unzip(file: &[u8]) -> Result<Zeroizing<Vec<u8>>, FormatError> {
    let mut zip = Zip::open(file)?;
    let names = zip.names().filter(|name| is_member(name));
    let names: Vec<String> = names.map(|name| name.into_owned()).collect();
    let mut whole = Zeroizing::new(Vec::new());
    for name in names {
        let member = zip.read(&name, None)?;
        if whole.len() + member.len() > MAX_FILE_BYTES {
            return Err(FormatError::TooLarge);
        }
        whole.extend_from_slice(&member);
        whole.push(b'\n');
    }
    Ok(whole)
}

/// What a script gives to a variable or a function.
struct Script {
    name: &'static str,
    value: Json,
}

fn scripts(content: &str) -> Result<Vec<Script>, FormatError> {
    const DAMAGED: FormatError = FormatError::Damaged {
        what: Damage::NotJson,
    };
    let mut scripts = Vec::new();
    let mut rest = content.trim_start();
    while !rest.is_empty() {
        let (name, after) = [PROFILE, BAND, FOLDERS]
            .iter()
            .find_map(|name| Some((*name, rest.strip_prefix(name)?)))
            .ok_or(DAMAGED)?;
        let after = after.strip_prefix(['=', '(']).ok_or(DAMAGED)?;
        let mut values = Deserializer::from_str(after).into_iter::<Value>();
        let value = Json(values.next().and_then(Result::ok).ok_or(DAMAGED)?);
        rest = after.get(values.byte_offset()..).unwrap_or_default();
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, ')' | ';'));
        scripts.push(Script { name, value });
    }
    Ok(scripts)
}

/// A key, and the key of its MACs.
struct Pair(Key);

struct Keys {
    master: Pair,
    overview: Pair,
}

impl Keys {
    fn open(profile: &Value, password: &str) -> Result<Self, FormatError> {
        let salt = base64(text(profile, "salt")).ok_or(FormatError::field("salt"))?;
        let rounds = profile.get("iterations").and_then(Value::as_u64);
        let rounds = rounds.ok_or(FormatError::field("iterations"))?;
        let derived = Pair(pbkdf2_key(
            Hash::Sha512,
            password.as_bytes(),
            &salt,
            rounds,
            64,
        )?);
        let key = |field: &'static str| {
            let sealed = base64(text(profile, field)).ok_or(FormatError::field(field))?;
            let plain = derived.opdata(&sealed).ok_or(FormatError::WrongPassword)?;
            let digest = digest::digest(&digest::SHA512, &plain);
            Ok(Pair(Zeroizing::new(digest.as_ref().to_vec())))
        };
        Ok(Self {
            master: key("masterKey")?,
            overview: key("overviewKey")?,
        })
    }

    /// An item's own keys: `IV ‖ ciphertext ‖ HMAC`.
    fn item(&self, item: &Value) -> Option<Pair> {
        let sealed = base64(text(item, "k"))?;
        let (message, seal) = sealed.split_at_checked(sealed.len().checked_sub(32)?)?;
        let (iv, ciphertext) = message.split_at_checked(16)?;
        let (key, mac) = self.master.0.split_at_checked(32)?;
        if !hmac_sha256_holds(mac, message, seal) {
            return None;
        }
        let keys = cbc_open_unpadded(key, iv, ciphertext)?;
        (keys.len() == 64).then_some(Pair(keys))
    }
}

impl Pair {
    fn opdata(&self, sealed: &[u8]) -> Option<Key> {
        let (message, seal) = sealed.split_at_checked(sealed.len().checked_sub(32)?)?;
        let (length, rest) = message
            .strip_prefix(b"opdata01")?
            .split_first_chunk::<8>()?;
        let (iv, ciphertext) = rest.split_at_checked(16)?;
        let (key, mac) = self.0.split_at_checked(32)?;
        if !hmac_sha256_holds(mac, message, seal) {
            return None;
        }
        let padded = cbc_open_unpadded(key, iv, ciphertext)?;
        // The padding stands before the text.
        let length = usize::try_from(u64::from_le_bytes(*length)).ok()?;
        let plain = padded.get(padded.len().checked_sub(length)?..)?;
        Some(Zeroizing::new(plain.to_vec()))
    }

    fn document(&self, sealed: &str) -> Option<Json> {
        Json::parse_bytes(&self.opdata(&base64(sealed)?)?).ok()
    }
}

fn take(
    position: usize,
    item: &Value,
    keys: &Keys,
    folders: &HashMap<String, Json>,
    harvest: &mut Harvest,
) -> Result<(), FormatError> {
    // What was thrown away stays away.
    if flag(item, "trashed") {
        return Ok(());
    }
    let overview = keys.overview.document(text(item, "o"));
    let overview = overview.as_ref().map_or(&Value::Null, |json| &json.0);
    let own = keys.item(item);
    let Some(details) = own.and_then(|own| own.document(text(item, "d"))) else {
        return harvest.sealed(position, text(overview, "title"));
    };
    let fields = list(&details.0, "sections")
        .iter()
        .flat_map(|section| list(section, "fields"));
    let username = list(&details.0, "fields")
        .iter()
        .find(|field| text(field, "designation") == "username");
    let folder = folders.get(text(item, "folder"));
    let tag = list(overview, "tags").first().and_then(Value::as_str);
    let folder = folder.map(|folder| text(&folder.0, "title"));
    for field in fields.filter(|field| text(field, "n").starts_with(TOTP)) {
        let Some(totp) = given(field, "v") else {
            continue;
        };
        let item = Item {
            name: text(overview, "title"),
            username: username.map_or("", |field| text(field, "value")),
            note: text(&details.0, "notesPlain"),
            folder: folder.or(tag).unwrap_or_default(),
            favorite: item.get("fave").is_some_and(|place| !place.is_null()),
            totp,
        };
        item.harvest(position, harvest)?;
    }
    Ok(())
}

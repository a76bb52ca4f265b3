//! Which format a file is of: by what it holds, never by its name.

use serde_json::Value;

use crate::json::{self, text};
use crate::prefs::Prefs;
use crate::sqlite::Database;
use crate::zip_file::{self, Zip};
use crate::{
    Format, FormatError, Input, Parsed, andotp, authenticator_plus, authy, battlenet, freeotp,
    html, image_codes, java, kdbx, one_password, opvault, ours, paper, proton_pass, raivo, sqlite,
    stratum, totp_authenticator, uri_list,
};

/// Below so many bytes, nothing that is encrypted without a mark can be an export.
const MIN_UNMARKED_BYTES: usize = 44;

/// Reads a file of whatever format.
pub(crate) fn parse(input: &Input<'_>) -> Result<Parsed, FormatError> {
    match detect(input)? {
        Some(format) => crate::read(format, input),
        None => unmarked(input),
    }
}

/// The format of a file; `None` for bytes without any mark.
fn detect(input: &Input<'_>) -> Result<Option<Format>, FormatError> {
    let starts = |magic: &[u8]| input.bytes.starts_with(magic);
    if starts(b"AUTHRVLT") {
        let why = "it is a vault or a backup of authr itself; authr restore FILE takes it";
        return Err(FormatError::Sealed { why });
    }
    if starts(b"-----BEGIN PGP MESSAGE-----") {
        let why = "it is encrypted with OpenPGP; decrypt it with gpg and import what comes out";
        return Err(FormatError::Sealed { why });
    }
    if starts(stratum::MAGIC) || starts(stratum::OLD_MAGIC) {
        return Ok(Some(Format::Stratum));
    }
    if starts(sqlite::MAGIC) {
        return database(input).map(Some);
    }
    if starts(zip_file::MAGIC) {
        return zip(input).map(Some);
    }
    if starts(kdbx::MAGIC) {
        return Ok(Some(Format::KeePass));
    }
    if starts(java::MAGIC) {
        return Ok(Some(Format::FreeOtp2));
    }
    if image_codes::is_picture(input.bytes) {
        return Ok(Some(Format::Image));
    }
    match (input.text, &input.json) {
        (_, Some(Ok(document))) => document_format(&document.0).map(Some),
        (Some(content), Some(Err(_))) if uri_list::is_recognised(content) => {
            Ok(Some(Format::UriList))
        }
        (_, Some(Err(error))) => Err(*error),
        (Some(content), None) => text_format(content, input).map(Some),
        (None, None) => Ok(None),
    }
}

fn database(input: &Input<'_>) -> Result<Format, FormatError> {
    let database = Database::open(input.bytes, input.companion)?;
    if database.has("accounts", &["name", "username", "oath_secret_key"]) {
        return Ok(Format::Microsoft);
    }
    if database.has("authenticator", &["issuer", "username", "secret", "type"]) {
        return Ok(Format::Stratum);
    }
    if database.has("accounts", &["email", "secret", "counter", "type"]) {
        return Ok(Format::Google);
    }
    Err(FormatError::NotRecognised)
}

fn zip(input: &Input<'_>) -> Result<Format, FormatError> {
    let zip = Zip::open(input.bytes)?;
    let has = |member: &str| zip.names().any(|name| name == member);
    if has(one_password::MEMBER) || zip.names().any(|name| opvault::is_member(&name)) {
        return Ok(Format::OnePassword);
    }
    if has(raivo::MEMBER) {
        return Ok(Format::Raivo);
    }
    if has(authenticator_plus::MEMBER) {
        return Ok(Format::AuthenticatorPlus);
    }
    if has(proton_pass::MEMBER) {
        return Ok(Format::ProtonPass);
    }
    if zip.names().any(|name| name.ends_with(".txt")) {
        return Ok(Format::WinAuth);
    }
    Err(FormatError::NotRecognised)
}

fn document_format(document: &Value) -> Result<Format, FormatError> {
    let has = |field: &str| document.get(field).is_some();
    let format = match document {
        Value::Array(list) => return list_format(document, list),
        _ if has(ours::MARK) && has("accounts") => Format::Authr,
        _ if has("db") && (has("header") || has("version")) => Format::Aegis,
        _ if has("schemaVersion") => Format::TwoFas,
        _ if has("kdfParams") && has("encryptedData") => Format::Ente,
        _ if has("Authenticators") => Format::Stratum,
        _ if has("tokens") && has(freeotp::ORDER) => Format::FreeOtpPlus,
        _ if text(document, "app").starts_with("2fauth") && has("data") => Format::TwoFAuth,
        _ if has("nonce") && has("salt") && has("cipher") => Format::Cotp,
        _ if has("elements") => Format::Cotp,
        _ if has("shared_secret") => Format::Steam,
        _ if has(authy::MIGRATED) => Format::Authy,
        _ if has("vaults") && has("userId") => Format::ProtonPass,
        _ if has("accounts") && !json::list(document, "accounts").is_empty() => {
            match json::list(document, "accounts").first() {
                Some(account) if account.get("vaults").is_some() => Format::OnePassword,
                _ => Format::LastPass,
            }
        }
        _ if has("localDeviceId") => Format::LastPass,
        _ if has("version") && has("salt") && has("content") => Format::ProtonAuthenticator,
        _ if has("version") && has("entries") => {
            let first = json::list(document, "entries").first();
            match first.is_none_or(|entry| entry.get("content").is_some()) {
                true => Format::ProtonAuthenticator,
                false => return Err(FormatError::NotRecognised),
            }
        }
        _ if !uri_list::texts(document).is_empty() => Format::UriList,
        _ if has("items") || (has("encrypted") && has("data")) => Format::Bitwarden,
        _ => return Err(FormatError::NotRecognised),
    };
    Ok(format)
}

fn list_format(document: &Value, list: &[Value]) -> Result<Format, FormatError> {
    let any = |fields: &[&str]| {
        let all = |entry: &Value| fields.iter().all(|field| entry.get(field).is_some());
        list.iter().any(all)
    };
    if any(&["otpGenerator"]) {
        Ok(Format::Duo)
    } else if any(&["kind", "timer", "secret"]) {
        Ok(Format::Raivo)
    } else if !uri_list::texts(document).is_empty() {
        Ok(Format::UriList)
    } else if any(&["secret", "label", "type"]) {
        Ok(Format::AndOtp)
    } else {
        Err(FormatError::NotRecognised)
    }
}

fn text_format(content: &str, input: &Input<'_>) -> Result<Format, FormatError> {
    // Before all that looks for something within: its notes may hold anything, and its codes are URIs.
    if kdbx::is_export(content) {
        return Ok(Format::KeePass);
    }
    if paper::is_in(content) {
        return Err(paper::NOT_AN_IMPORT);
    }
    let start = content.trim_start();
    let header = start.lines().next().unwrap_or_default().replace('"', "");
    let columns: Vec<&str> = header.split(',').map(str::trim).collect();
    let has = |name: &str| columns.contains(&name);
    if columns.starts_with(&ours::COLUMNS) {
        return Ok(Format::AuthrTable);
    }
    if has("name") && has("login_totp") {
        return Ok(Format::Bitwarden);
    }
    let passwords = [
        "TOTP",
        "TimeOtp-Secret-Base32",
        "HmacOtp-Secret-Base32",
        "TOTP Seed",
    ];
    if has("Title") && passwords.iter().any(|name| has(name)) {
        return Ok(Format::KeePassCsv);
    }
    if one_password::COLUMNS.iter().all(|name| has(name)) {
        return Ok(Format::OnePassword);
    }
    if has("account_type") && has("encrypted_seed") {
        return Ok(Format::Authy);
    }
    if opvault::is_recognised(content) {
        return Ok(Format::OnePassword);
    }
    if html::is_page(content) || uri_list::is_recognised(content) {
        return Ok(Format::UriList);
    }
    if start.starts_with("<?xml") || start.starts_with("<map") {
        return prefs_format(&Prefs::parse(content)?);
    }
    match totp_authenticator::sealed(content) {
        Some(_) if input.companion.is_some() => Ok(Format::Steam),
        Some(_) => Ok(Format::TotpAuthenticator),
        None => Err(FormatError::NotRecognised),
    }
}

fn prefs_format(prefs: &Prefs) -> Result<Format, FormatError> {
    let named = |part: &str| prefs.iter().any(|(name, _)| name.contains(part));
    if named(authy::MARK) {
        Ok(Format::Authy)
    } else if named(battlenet::SECRET) {
        Ok(Format::BattleNet)
    } else if named(totp_authenticator::LIST) {
        Ok(Format::TotpAuthenticator)
    } else if named(freeotp::ORDER) {
        Ok(Format::FreeOtp1)
    } else {
        Err(FormatError::NotRecognised)
    }
}

/// Bytes without a mark: all that can be done is to try the password.
fn unmarked(input: &Input<'_>) -> Result<Parsed, FormatError> {
    if input.bytes.len() < MIN_UNMARKED_BYTES {
        return Err(FormatError::NotRecognised);
    }
    let password = input.password.ok_or(FormatError::PasswordWouldTell)?;
    if let Some(plain) = andotp::open(input.bytes, password) {
        return andotp::read(&json::Json::parse_bytes(&plain)?.0);
    }
    match authenticator_plus::open(input.bytes, password)? {
        Some(plain) => authenticator_plus::read(&plain),
        None => Err(FormatError::NothingOpens),
    }
}

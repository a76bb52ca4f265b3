//! Holds the importer against a folder of real files: `cargo run --example check_imports -- DIR`.
//!
//! DIR has an `expected.json`: for each path the password, the `entries` that must come out, the `rejected` that must be
//! named, and those that may be `either`. Every other file in DIR must be refused or read without a panic.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::{fs, panic};

use authr_formats::{FormatError, Imported, Options, Parsed};
use authr_otp::{Kind, base32};
use serde_json::Value;

fn main() -> ExitCode {
    let Some(folder) = std::env::args_os().nth(1).map(PathBuf::from) else {
        say("usage: check_imports DIR");
        return ExitCode::FAILURE;
    };
    let expected = fs::read(folder.join("expected.json")).ok();
    let expected = expected.and_then(|text| serde_json::from_slice::<Value>(&text).ok());
    let Some(Value::Object(expected)) = expected else {
        say("there is no expected.json in DIR, or it is no JSON object");
        return ExitCode::FAILURE;
    };
    let (mut ok, mut differ, mut refused) = (0, 0, 0);
    for (path, expectation) in &expected {
        let password = expectation["password"].as_str();
        let differences = match import(&folder.join(path), password) {
            Ok(Ok(parsed)) => compare(&parsed, expectation),
            Ok(Err(_)) if list(expectation, "entries").is_empty() => Vec::new(),
            Ok(Err(error)) => vec![format!("refused: {error}")],
            Err(Panicked) => vec!["panic".to_owned()],
        };
        if differences.is_empty() {
            ok += 1;
            say(&format!("ok       {path}"));
        } else {
            differ += 1;
            say(&format!("differs  {path}: {}", differences.join("; ")));
        }
    }
    for path in others(&folder, &expected) {
        let name = path.strip_prefix(&folder).unwrap_or(&path).display();
        match import(&path, None) {
            Ok(Ok(parsed)) => say(&format!(
                "read     {name}: {} accounts, {} rejected",
                parsed.accounts.len(),
                parsed.rejected.len()
            )),
            Ok(Err(error)) => say(&format!("refused  {name}: {error}")),
            Err(Panicked) => {
                differ += 1;
                say(&format!("differs  {name}: panic"));
                continue;
            }
        }
        refused += 1;
    }
    say(&format!(
        "{ok} ok, {differ} differ, {refused} refused as expected"
    ));
    if differ == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

#[expect(clippy::print_stdout, reason = "a checker prints what it found")]
fn say(line: &str) {
    println!("{line}");
}

struct Panicked;

fn import(path: &Path, password: Option<&str>) -> Result<Result<Parsed, FormatError>, Panicked> {
    let file = match path.is_dir() {
        true => folder(path),
        false => fs::read(path).ok(),
    };
    let Some(file) = file else {
        return Ok(Err(FormatError::NotRecognised));
    };
    let manifest = path.parent().map(|folder| folder.join("manifest.json"));
    let companion = match path.extension() {
        Some(extension) if extension.eq_ignore_ascii_case("mafile") => manifest,
        _ => {
            let mut log = path.to_owned().into_os_string();
            log.push("-wal");
            Some(PathBuf::from(log))
        }
    };
    let companion = companion.and_then(|path| fs::read(path).ok());
    let options = Options {
        format: None,
        password,
        companion: companion.as_deref(),
    };
    panic::catch_unwind(|| authr_formats::parse_with(&file, &options)).map_err(|_| Panicked)
}

/// The files of an OPVault, one after the other.
fn folder(path: &Path) -> Option<Vec<u8>> {
    let mut files: Vec<PathBuf> = fs::read_dir(path.join("default"))
        .ok()?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|file| authr_formats::is_opvault_member(&file.to_string_lossy()))
        .collect();
    files.sort();
    let texts: Result<Vec<Vec<u8>>, _> = files.iter().map(fs::read).collect();
    Some(texts.ok()?.join(&b'\n'))
}

fn list<'a>(value: &'a Value, field: &str) -> &'a [Value] {
    value[field].as_array().map_or(&[], Vec::as_slice)
}

fn compare(parsed: &Parsed, expectation: &Value) -> Vec<String> {
    let mut differences = Vec::new();
    let mut left: Vec<&Imported> = parsed.accounts.iter().collect();
    for entry in list(expectation, "entries") {
        let found = left
            .iter()
            .position(|account| differs(account, entry).is_none());
        match found {
            Some(at) => drop(left.remove(at)),
            None => {
                let name = entry["name"].as_str();
                let near = left
                    .iter()
                    .find(|account| Some(account.account.label.as_str()) == name)
                    .or(left.first());
                let why = near.map_or("nothing is left".to_owned(), |near| {
                    format!(
                        "{} in {}:{}",
                        differs(near, entry).unwrap_or_default(),
                        near.account.issuer,
                        near.account.label
                    )
                });
                differences.push(format!("missing {entry}: {why}"));
            }
        }
    }
    for entry in list(expectation, "either") {
        if let Some(at) = left.iter().position(|account| label_is(account, entry)) {
            left.remove(at);
        }
    }
    for account in left {
        let account = &account.account;
        differences.push(format!("unexpected {}:{}", account.issuer, account.label));
    }
    let at_least = list(expectation, "rejected").len();
    if parsed.rejected.len() < at_least {
        differences.push(format!(
            "{} rejected, {at_least} should be",
            parsed.rejected.len()
        ));
    }
    differences
}

fn label_is(account: &Imported, entry: &Value) -> bool {
    entry["name"].as_str().map(str::trim) == Some(account.account.label.as_str())
}

/// What of an account is not as the entry has it.
fn differs(account: &Imported, entry: &Value) -> Option<&'static str> {
    let text = |field: &str| entry[field].as_str().unwrap_or_default().trim();
    let (kind, uri) = (account.account.otp.kind, &account.account);
    let issuer = uri.issuer.as_str();
    let tags: Vec<&str> = uri.tags.iter().map(|tag| tag.as_str()).collect();
    let has_tags = |field: &str| {
        let wanted = list(entry, field).iter().filter_map(Value::as_str);
        wanted.into_iter().all(|tag| tags.contains(&tag.trim()))
    };
    // A site that the entry itself does not name may be what the item is called.
    let issuer_is =
        issuer == text("issuer") || (text("issuer").is_empty() && issuer == text("item_name"));
    // What every program takes for Steam Guard, whatever the URI calls it.
    let steam_by_name = kind == Kind::Steam && text("issuer") == "Steam" && entry["digits"] == 5;
    let number = |field: &str| entry[field].as_u64();
    let fixed = matches!(kind, Kind::Steam | Kind::Motp { .. } | Kind::Yandex { .. });
    let checks: BTreeMap<&str, bool> = [
        ("kind", kind.name() == text("type") || steam_by_name),
        ("issuer", issuer_is),
        ("label", uri.label.as_str() == text("name")),
        ("secret", same_secret(account, text("secret"))),
        (
            "algorithm",
            fixed
                || kind.algorithm().map(|a| a.name().to_lowercase())
                    == Some(text("algo").to_lowercase()),
        ),
        (
            "digits",
            fixed || Some(u64::from(kind.digits().get())) == number("digits"),
        ),
        (
            "period",
            fixed
                || kind.period().is_none()
                || kind.period().map(|p| u64::from(p.seconds())) == number("period"),
        ),
        (
            "counter",
            kind.counter().is_none()
                || kind.counter().map(authr_otp::Counter::get) == number("counter"),
        ),
        (
            "pin",
            entry["pin"].is_null()
                || kind
                    .pin()
                    .is_some_and(|pin| pin.expose_secret() == text("pin")),
        ),
        (
            "note",
            entry["note"].is_null() || account.note == text("note"),
        ),
        ("tags", has_tags("tags") && has_tags("groups")),
        (
            "favourite",
            [&entry["favorite"], &entry["pinned"]]
                .iter()
                .all(|flag| flag.is_null() || flag.as_bool() == Some(account.pinned)),
        ),
        (
            "trashed",
            entry["trashed"].is_null() || entry["trashed"].as_bool() == Some(account.trashed),
        ),
    ]
    .into();
    checks
        .into_iter()
        .find(|(_, holds)| !holds)
        .map(|(what, _)| what)
}

/// A secret in Base32 by its bytes; the text of an mOTP key as it stands, or its bytes in Base32.
fn same_secret(account: &Imported, wanted: &str) -> bool {
    let secret = account.account.otp.secret.expose_secret();
    let decoded = base32::decode(wanted).ok();
    let decoded = decoded.as_ref().map(|secret| secret.expose_secret());
    if !matches!(account.account.otp.kind, Kind::Motp { .. }) {
        let hex = data_encoding::HEXUPPER.encode(secret);
        return decoded == Some(secret) || hex == wanted;
    }
    let hex = decoded.map(|bytes| data_encoding::HEXLOWER.encode(bytes).into_bytes());
    secret == wanted.as_bytes() || decoded == Some(secret) || hex.as_deref() == Some(secret)
}

/// Every file that the expectations do not name.
fn others(folder: &Path, expected: &serde_json::Map<String, Value>) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).into_iter().flatten().flatten() {
            let path = entry.path();
            let name = path.strip_prefix(folder).unwrap_or(&path).to_string_lossy();
            if path.is_dir() {
                folders.push(path);
            } else if name != "expected.json" && !expected.contains_key(&*name) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

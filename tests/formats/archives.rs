//! Zip files of other programs, and what each seals without one.

use std::io::{Cursor, Write};

use authr_formats::{Format, FormatError};
use authr_otp::{Kind, Name};
use serde_json::{Value, json};
use zip::unstable::write::FileOptionsExt;
use zip::write::SimpleFileOptions;
use zip::{AesMode, ZipWriter};

use crate::documents::{issuer, kind, label, list, raivo, secret, uri};
use crate::reference::{PASSWORD, comes_back, counts_or_not, held, is_totp, opens, reference};

/// A zip of one member.
pub(crate) fn zip(name: &str, content: &[u8], options: SimpleFileOptions) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    writer.start_file(name, options).unwrap();
    writer.write_all(content).unwrap();
    writer.finish().unwrap().into_inner()
}

#[test]
fn raivo_encrypts_with_the_aes_of_winzip() {
    let accounts = held(counts_or_not);
    let options = SimpleFileOptions::default().with_aes_encryption(AesMode::Aes256, PASSWORD);
    let file = zip(
        "raivo-otp-export.json",
        raivo(&accounts).as_bytes(),
        options,
    );
    opens(Format::Raivo, &file, FormatError::WrongPassword, &accounts);
}

#[test]
fn winauth_and_authenticator_plus_have_lists_in_a_zip_plain_and_encrypted() {
    let accounts = reference();
    let lines: Vec<String> = accounts.iter().map(uri).collect();
    let lines = lines.join("\n");
    let plain = SimpleFileOptions::default();
    let sealed = plain
        .with_deprecated_encryption(PASSWORD.as_bytes())
        .unwrap();
    for (format, name) in [
        (Format::WinAuth, "winauth.txt"),
        (Format::AuthenticatorPlus, "Accounts.txt"),
    ] {
        comes_back(format, &zip(name, lines.as_bytes(), plain), None, &accounts);
        let file = zip(name, lines.as_bytes(), sealed);
        opens(format, &file, FormatError::WrongPassword, &accounts);
    }
}

#[test]
fn one_password_names_no_user_so_a_bare_steam_secret_keeps_the_title_alone() {
    let mut accounts = held(|kind| is_totp(kind) || kind == Kind::Steam);
    let totp = |one: &_| match kind(one) {
        Kind::Steam => format!("steam://{}", secret(one)),
        _ => uri(one),
    };
    let item = |one: &_| {
        json!({
            "uuid": "1", "favIndex": 0, "overview": {"title": issuer(one), "tags": []},
            "details": {"notesPlain": "", "sections": [{"title": "", "fields": [
                {"title": "one-time password", "value": {"totp": totp(one)}},
                {"title": "other", "value": {"concealed": "x"}},
            ]}]},
        })
    };
    let export = json!({"accounts": [{"vaults": [{"items": list(&accounts, item)}]}]}).to_string();
    for one in &mut accounts {
        if kind(one) == Kind::Steam {
            one.account.label = Name::default();
        }
    }
    comes_back(Format::OnePassword, export.as_bytes(), None, &accounts);
    let file = zip(
        "export.data",
        export.as_bytes(),
        SimpleFileOptions::default(),
    );
    comes_back(Format::OnePassword, &file, None, &accounts);
}

#[test]
fn proton_pass_has_uris_in_its_items_and_in_fields_of_the_persons_own() {
    let accounts = held(is_totp);
    let item = |one: &_| {
        json!({"pinned": false, "data": {
            "metadata": {"name": issuer(one), "note": ""},
            "content": {"itemUsername": label(one), "totpUri": ""},
            "extraFields": [{"type": "totp", "data": {"totpUri": uri(one)}}],
        }})
    };
    let mut items = list(&accounts, item);
    // The first has it in its own field instead.
    items[0]["data"]["content"]["totpUri"] = uri(&accounts[0]).into();
    items[0]["data"]["extraFields"] = Value::Array(Vec::new());
    let export = json!({
        "version": "1.0", "userId": "x", "encrypted": false,
        "vaults": {"id": {"name": "Personal", "items": items}},
    });
    let name = "Proton Pass/data.json";
    let file = zip(
        name,
        export.to_string().as_bytes(),
        SimpleFileOptions::default(),
    );
    comes_back(Format::ProtonPass, &file, None, &accounts);
}

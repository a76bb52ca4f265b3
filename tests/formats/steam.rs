//! Steam's secrets: one account a file, encrypted under a manifest that lies beside it.

use authr_formats::write::Exported;
use authr_formats::{Format, FormatError, Options, parse_with};
use authr_otp::{Kind, Name};
use serde_json::{Value, json};

use crate::reference::{PASSWORD, comes_back, held, is_whole};
use crate::seal::{self, base64};

/// The one account; every one of them is Steam's.
fn account() -> Vec<Exported> {
    let mut accounts = held(|kind| kind == Kind::Steam);
    accounts[0].account.issuer = Name::new("Steam").unwrap();
    accounts
}

fn ma_file() -> String {
    let account = account();
    let secret = account[0].account.otp.secret.expose_secret();
    json!({"shared_secret": base64(secret), "account_name": "Sophia", "uri": ""}).to_string()
}

#[test]
fn a_file_has_the_secret_in_base64_and_the_name_of_the_user() {
    comes_back(Format::Steam, ma_file().as_bytes(), None, &account());
}

#[test]
fn steam_desktop_authenticator_has_pbkdf2_and_steamguard_cli_argon2id_in_the_manifest() {
    let (salt, iv) = ([1; 8], [2; 16]);
    let older = seal::pbkdf2(ring::pbkdf2::PBKDF2_HMAC_SHA1, &salt, 50_000, 32);
    let older_entry = json!({"encryption_salt": base64(&salt), "encryption_iv": base64(&iv)});
    let newer = seal::argon2(
        argon2::Algorithm::Argon2id,
        PASSWORD.as_bytes(),
        &salt,
        (12 << 10, 3, 12),
    );
    let newer_entry = json!({"encryption": {
        "scheme": "Argon2idAes256", "salt": base64(&salt), "iv": base64(&iv),
    }});
    for (key, entry) in [(older, older_entry), (newer, newer_entry)] {
        let file = base64(&seal::cbc(&key, &iv, ma_file().as_bytes()));
        let manifest = json!({"encrypted": true, "entries": [Value::Null, entry]}).to_string();
        let read = |password, manifest: &str| {
            let options = Options {
                format: None,
                password,
                companion: Some(manifest.as_bytes()),
            };
            parse_with(file.as_bytes(), &options)
        };
        is_whole(
            Format::Steam,
            &read(Some(PASSWORD), &manifest).unwrap(),
            &account(),
        );
        let format = Format::Steam;
        let asked = read(None, &manifest).unwrap_err();
        assert_eq!(asked, FormatError::PasswordNeeded { format });
        let wrong = read(Some("another"), &manifest).unwrap_err();
        assert_eq!(wrong, FormatError::WrongPasswordOrDamaged);
        let other = read(Some(PASSWORD), r#"{"entries":[]}"#).unwrap_err();
        assert_eq!(other, FormatError::WrongPasswordOrDamaged);
    }
}

//! Programs that write JSON or a table, and whose files are only read here.

use authr_formats::write::{Exported, secret_text};
use authr_formats::{Format, FormatError};
use authr_otp::uri::render;
use authr_otp::{Algorithm, Counter, Kind, Name, Period};
use serde_json::{Value, json};

use crate::reference::{
    PASSWORD, account, comes_back, counts_or_not, held, is_plain, is_steam_too, is_totp, opens,
    read, reference, totp,
};
use crate::seal::{self, base64};

pub(crate) fn issuer(one: &Exported) -> &str {
    one.account.issuer.as_str()
}

pub(crate) fn label(one: &Exported) -> &str {
    one.account.label.as_str()
}

pub(crate) fn kind(one: &Exported) -> Kind {
    one.account.otp.kind
}

pub(crate) fn secret(one: &Exported) -> String {
    secret_text(&one.account.otp).to_string()
}

pub(crate) fn uri(one: &Exported) -> String {
    render(&one.account).unwrap().to_string()
}

fn algorithm(one: &Exported) -> &'static str {
    kind(one).algorithm().map_or("SHA1", Algorithm::name)
}

fn digits(one: &Exported) -> u8 {
    kind(one).digits().get()
}

fn period(one: &Exported) -> Option<u32> {
    kind(one).period().map(Period::seconds)
}

fn counter(one: &Exported) -> Option<u64> {
    kind(one).counter().map(Counter::get)
}

/// The word for a kind that most programs share, in capitals.
fn word(one: &Exported) -> String {
    kind(one).name().to_uppercase()
}

pub(crate) fn list(accounts: &[Exported], entry: impl Fn(&Exported) -> Value) -> Value {
    accounts.iter().map(entry).collect()
}

pub(crate) fn raivo(accounts: &[Exported]) -> String {
    let number = |number: Option<u64>| number.unwrap_or_default().to_string();
    let entry = |one: &Exported| {
        json!({
            "issuer": issuer(one), "account": label(one), "secret": secret(one), "kind": word(one),
            "algorithm": algorithm(one), "digits": digits(one).to_string(),
            "timer": period(one).map_or_else(|| "30".to_owned(), |period| period.to_string()),
            "counter": number(counter(one)), "pinned": "false", "iconType": "", "iconValue": "",
        })
    };
    list(accounts, entry).to_string()
}

#[test]
fn raivo_holds_codes_by_time_and_by_counter() {
    let accounts = held(counts_or_not);
    comes_back(Format::Raivo, raivo(&accounts).as_bytes(), None, &accounts);
}

#[test]
fn lastpass_holds_codes_by_time_alone() {
    let accounts = held(is_totp);
    let entry = |one: &Exported| {
        json!({
            "accountID": "1", "issuerName": issuer(one), "originalIssuerName": "before",
            "userName": label(one), "originalUserName": "before", "pushNotification": false,
            "secret": secret(one), "timeStep": period(one), "digits": digits(one),
            "algorithm": algorithm(one), "isFavorite": false,
            "folderData": {"folderId": 1, "position": 0},
        })
    };
    let file = json!({
        "deviceId": "", "localDeviceId": "x", "version": 3, "accounts": list(&accounts, entry),
        "folders": [{"id": 1, "name": "work", "isOpened": true}],
    });
    comes_back(
        Format::LastPass,
        file.to_string().as_bytes(),
        None,
        &accounts,
    );
}

#[test]
fn duo_has_no_issuers_and_one_kind_of_code_of_each() {
    let mut accounts = held(is_plain);
    let entry = |one: &Exported| match counter(one) {
        None => json!({"name": label(one), "otpGenerator": {"otpSecret": secret(one)}}),
        Some(counter) => {
            json!({"name": label(one), "otpGenerator": {"otpSecret": secret(one), "counter": counter}})
        }
    };
    let file = list(&accounts, entry).to_string();
    for one in &mut accounts {
        one.account.issuer = Name::default();
    }
    comes_back(Format::Duo, file.as_bytes(), None, &accounts);
}

#[test]
fn two_fauth_holds_steam_too() {
    let accounts = held(is_steam_too);
    let entry = |one: &Exported| {
        let otp_type = match kind(one) {
            Kind::Steam => "steamtotp",
            other => other.name(),
        };
        json!({
            "otp_type": otp_type, "account": label(one), "service": issuer(one), "icon": null,
            "icon_mime": null, "icon_file": null, "secret": secret(one), "digits": digits(one),
            "algorithm": algorithm(one).to_lowercase(), "period": period(one),
            "counter": counter(one), "legacy_uri": "",
        })
    };
    let file = json!({
        "app": "2fauth_v5.4.3", "schema": 1, "datetime": "2025-01-01T00:00:00.000000Z",
        "data": list(&accounts, entry),
    });
    comes_back(
        Format::TwoFAuth,
        file.to_string().as_bytes(),
        None,
        &accounts,
    );
}

fn cotp(accounts: &[Exported]) -> String {
    let entry = |one: &Exported| {
        json!({
            "secret": secret(one), "issuer": issuer(one), "label": label(one), "digits": digits(one),
            "type": word(one), "algorithm": algorithm(one), "period": period(one).unwrap_or(30),
            "counter": counter(one), "pin": kind(one).pin().map(|pin| pin.expose_secret().to_owned()),
        })
    };
    json!({"version": 2, "elements": list(accounts, entry)}).to_string()
}

#[test]
fn cotp_holds_every_kind() {
    let accounts = reference();
    comes_back(Format::Cotp, cotp(&accounts).as_bytes(), None, &accounts);
}

#[test]
fn cotp_encrypted_is_argon2id_and_xchacha20() {
    let accounts = reference();
    let (salt, nonce) = ([1; 16], [2; 24]);
    let key = seal::argon2(
        argon2::Algorithm::Argon2id,
        PASSWORD.as_bytes(),
        &salt,
        (32 << 10, 4, 4),
    );
    let cipher = seal::xchacha(&key, nonce, cotp(&accounts).as_bytes());
    let file = json!({
        "version": 1, "nonce": base64(&nonce), "salt": base64(&salt), "cipher": base64(&cipher),
    });
    let wrong = FormatError::WrongPasswordOrDamaged;
    opens(Format::Cotp, file.to_string().as_bytes(), wrong, &accounts);
}

/// A token of authy-migrate: the text of a secret under a key of its own.
fn authy_token(one: &Exported, salt: &str, iv: [u8; 16]) -> Value {
    let key = seal::pbkdf2(ring::pbkdf2::PBKDF2_HMAC_SHA1, salt.as_bytes(), 2_000, 32);
    json!({
        "account_type": "authenticator", "unique_id": "1", "name": label(one), "issuer": issuer(one),
        "algorithm": algorithm(one), "digits": digits(one), "period": period(one),
        "encrypted_seed": base64(&seal::cbc(&key, &iv, secret(one).as_bytes())), "salt": salt,
        "unique_iv": data_encoding::HEXLOWER.encode(&iv), "key_derivation_iterations": 2_000,
    })
}

#[test]
fn authy_migrate_writes_the_same_in_json_and_in_a_table() {
    let accounts = held(is_totp);
    let tokens = list(&accounts, |one| authy_token(one, "salt, é", [7; 16]));
    let file = json!({"authenticator_tokens": tokens}).to_string();
    let wrong = FormatError::WrongPasswordOrDamaged;
    // Names stand in clear, as in the app's own storage.
    comes_back(Format::Authy, file.as_bytes(), Some(PASSWORD), &accounts);
    let another = read(file.as_bytes(), Some("another"));
    assert_eq!(another.unwrap_err(), wrong);

    let columns = [
        "account_type",
        "unique_id",
        "name",
        "issuer",
        "algorithm",
        "digits",
        "period",
        "encrypted_seed",
        "salt",
        "unique_iv",
        "key_derivation_iterations",
    ];
    let cell = |token: &Value, column: &str| match &token[column] {
        Value::String(text) => format!("\"{text}\""),
        other => format!("\"{other}\""),
    };
    let mut table = format!("\"{}\"\r\n", columns.join("\",\"")).replace("unique_iv", "iv");
    for token in tokens.as_array().unwrap() {
        let row: Vec<String> = columns.iter().map(|column| cell(token, column)).collect();
        table.push_str(&format!("{}\r\n", row.join(",")));
    }
    comes_back(Format::Authy, table.as_bytes(), Some(PASSWORD), &accounts);
}

#[test]
fn bitwarden_authenticator_holds_uris_in_json_and_rows_longer_than_their_header() {
    let accounts = held(is_totp);
    let entry = |one: &Exported| {
        json!({
            "favorite": false, "id": "1", "login": {"totp": uri(one), "username": label(one)},
            "name": issuer(one), "type": 1,
        })
    };
    let file = json!({"encrypted": false, "items": list(&accounts, entry)});
    comes_back(
        Format::Bitwarden,
        file.to_string().as_bytes(),
        None,
        &accounts,
    );
    let mut table = "folder,favorite,type,name,login_uri,login_totp\n".to_owned();
    for one in &accounts {
        table.push_str(&format!(",,1,\"{}\",,{},,,\n", issuer(one), uri(one)));
    }
    comes_back(Format::Bitwarden, table.as_bytes(), None, &accounts);
}

#[test]
fn bitwarden_with_argon2id_and_a_bare_steam_secret_opens() {
    let accounts = held(|kind| is_totp(kind) || kind == Kind::Steam);
    let entry = |one: &Exported| {
        let totp = match kind(one) {
            Kind::Steam => format!("steam://{}", secret(one)),
            _ => uri(one),
        };
        json!({"type": 1, "name": issuer(one), "login": {"username": label(one), "totp": totp}})
    };
    let plain = json!({"encrypted": false, "items": list(&accounts, entry)}).to_string();
    let salt = "the salt is text";
    let key = seal::argon2(
        argon2::Algorithm::Argon2id,
        PASSWORD.as_bytes(),
        &seal::sha256(&[salt.as_bytes()]),
        (16 << 10, 2, 4),
    );
    let expand = |info: &[u8]| seal::hmac(ring::hmac::HMAC_SHA256, &key, &[info, &[1]].concat());
    let (cipher, mac) = (expand(b"enc"), expand(b"mac"));
    let part = |iv: [u8; 16], plain: &[u8]| {
        let sealed = seal::cbc(&cipher, &iv, plain);
        let tag = seal::hmac(ring::hmac::HMAC_SHA256, &mac, &[&iv[..], &sealed].concat());
        format!("2.{}|{}|{}", base64(&iv), base64(&sealed), base64(&tag))
    };
    let file = json!({
        "encrypted": true, "passwordProtected": true, "salt": salt, "kdfType": 1, "kdfIterations": 2,
        "kdfMemory": 16, "kdfParallelism": 4,
        "encKeyValidation_DO_NOT_EDIT": part([3; 16], b"any text"),
        "data": part([4; 16], plain.as_bytes()),
    });
    opens(
        Format::Bitwarden,
        file.to_string().as_bytes(),
        FormatError::WrongPassword,
        &accounts,
    );
}

#[test]
fn keepassxc_has_a_table_of_uris_and_keeotp_and_keetraytotp_have_words_of_their_own() {
    let accounts = held(is_steam_too);
    let mut table =
        "\"Group\",\"Title\",\"Username\",\"Password\",\"URL\",\"Notes\",\"TOTP\",\"Icon\"\n"
            .to_owned();
    for one in &accounts {
        let row = format!(
            "\"Root\",\"{}\",\"{}\",\"p\",\"\",\"\",\"{}\",\"0\"\n",
            issuer(one),
            label(one),
            uri(one)
        );
        table.push_str(&row);
    }
    comes_back(Format::KeePassCsv, table.as_bytes(), None, &accounts);

    let table = "Title,User Name,TimeOtp-Secret-Hex,TimeOtp-Length,TimeOtp-Period,TimeOtp-Algorithm,\
                 TOTP Seed,TOTP Settings,TOTP\n\
                 Hex,a,0101010101010101010101010101010101010101,8,60,HMAC-SHA-512,,,\n\
                 Tray,b,,,,,AEAQCAIBAEAQCAIB,45;8,\n\
                 Steam,c,,,,,AEAQCAIBAEAQCAIB,30;S,\n\
                 KeeOtp,d,,,,,,,key=AEAQCAIBAEAQCAIB&step=20&size=7&otpHashMode=Sha256\n";
    let expected = [
        account("Hex", "a", &[1; 20], totp(Algorithm::Sha512, 8, 60)),
        account("Tray", "b", &[1; 10], totp(Algorithm::Sha1, 8, 45)),
        account("Steam", "c", &[1; 10], Kind::Steam),
        account("KeeOtp", "d", &[1; 10], totp(Algorithm::Sha256, 7, 20)),
    ];
    comes_back(Format::KeePassCsv, table.as_bytes(), None, &expected);
}

#[test]
fn one_password_has_a_table_in_whatever_order_and_an_archived_item_is_no_trash() {
    let accounts = held(is_steam_too);
    let mut table = "Title,Url,Username,Password,OTPAuth,Favorite,Archived,Tags,Notes\n".to_owned();
    for one in &accounts {
        let row = format!(
            "{},https://x.example/,{},p,{},false,true,,\n",
            issuer(one),
            label(one),
            uri(one)
        );
        table.push_str(&row);
    }
    comes_back(Format::OnePassword, table.as_bytes(), None, &accounts);

    let table = "\u{feff}\"OTPAuth\",\"Notes\",\"Tags\",\"Title\",\"Favorite\",\"Archived\",\"Username\"\r\n\
                 AEAQCAIB AEAQCAIB,\"two\nlines\",Work; home ;;Work,Bare,TRUE,true,a\r\n\
                 ,a note,,No code,true,false,b\r\n\
                 otpauth://totp/?secret=AEAQCAIBAEAQCAIB&digits=8,,,Nameless,false,false,c\r\n\
                 not a secret!,,,Wrong,false,false,d\r\n";
    let parsed = read(table.as_bytes(), None).unwrap();
    assert_eq!(parsed.format, Format::OnePassword);
    let names = |one: &authr_formats::Imported| {
        let account = &one.account;
        (
            one.position,
            format!("{}:{}", account.issuer, account.label),
        )
    };
    let read: Vec<_> = parsed.accounts.iter().map(names).collect();
    let expected = [(1, "Bare:a".to_owned()), (3, "Nameless:c".to_owned())];
    assert_eq!(read, expected);
    let bare = &parsed.accounts[0];
    let tags: Vec<&str> = bare.account.tags.iter().map(|tag| tag.as_str()).collect();
    assert_eq!(tags, ["Work", "home"]);
    assert_eq!(
        (bare.note.as_str(), bare.pinned, bare.trashed),
        ("two\nlines", true, false)
    );
    assert!(!parsed.accounts[1].pinned);
    let rejected = &parsed.rejected[0];
    let name = rejected.name.as_ref().map(Name::as_str);
    assert_eq!((rejected.position, name), (4, Some("Wrong:d")));
}

#[test]
fn an_older_aegis_names_its_group_in_the_entry_and_an_older_2fas_its_kind() {
    let aegis = json!({"version": 1, "header": {"slots": null, "params": null}, "db": {
        "version": 1, "entries": [{"type": "totp", "name": "Mason", "issuer": "Deno", "group": "work",
        "info": {"secret": "4TSOJZHE4TSOJZHE4TSOJZHE4Q", "algo": "SHA1", "digits": 6, "period": 30}}],
    }});
    let accounts = &reference()[..1];
    comes_back(Format::Aegis, aegis.to_string().as_bytes(), None, accounts);
    let read = authr_formats::parse(aegis.to_string().as_bytes()).unwrap();
    assert_eq!(read.accounts[0].account.tags[0].as_str(), "work");

    let two_fas = json!({"schemaVersion": 1, "services": [{
        "name": "Deno", "secret": "4TSOJZHE4TSOJZHE4TSOJZHE4Q", "type": "Deno",
        "otp": {"account": "Mason"}, "order": {"position": 0},
    }]});
    comes_back(
        Format::TwoFas,
        two_fas.to_string().as_bytes(),
        None,
        accounts,
    );
}

#[test]
fn andotp_has_motp_keys_as_the_base32_of_their_text() {
    let accounts = held(|kind| matches!(kind, Kind::Motp { .. }));
    let file = json!([{
        "secret": data_encoding::BASE32.encode(secret(&accounts[0]).as_bytes()), "issuer": "VPN",
        "label": "motp", "type": "MOTP", "pin": "7586", "algorithm": "SHA1", "tags": [],
        "thumbnail": "Default", "used_frequency": 0,
    }]);
    comes_back(Format::AndOtp, file.to_string().as_bytes(), None, &accounts);
}

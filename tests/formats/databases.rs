//! Databases of rooted devices, and SQLCipher.

use authr_formats::write::Exported;
use authr_formats::{Format, FormatError};
use authr_otp::{Algorithm, Counter, Kind, Period};
use rusqlite::{Connection, MAIN_DB, params};

use crate::documents::{issuer, kind, label, secret};
use crate::reference::{account, comes_back, held, is_plain, opens, reference, totp};
use crate::seal;

fn counter(one: &Exported) -> Option<u64> {
    kind(one).counter().map(Counter::get)
}

fn bytes(connection: &mut Connection) -> Vec<u8> {
    connection.serialize(MAIN_DB).unwrap().to_vec()
}

#[test]
fn google_keeps_one_kind_of_code_of_each() {
    let accounts = held(is_plain);
    let mut database = Connection::open_in_memory().unwrap();
    database
        .execute_batch(
            "CREATE TABLE accounts (_id INTEGER PRIMARY KEY, email TEXT NOT NULL, secret TEXT NOT NULL,
             counter INTEGER DEFAULT 0, type INTEGER, provider INTEGER DEFAULT 0, issuer TEXT, original_name TEXT)",
        )
        .unwrap();
    for one in &accounts {
        let row = params![
            label(one),
            secret(one),
            counter(one),
            i64::from(counter(one).is_some()),
            issuer(one)
        ];
        let insert =
            "INSERT INTO accounts (email, secret, counter, type, issuer) VALUES (?, ?, ?, ?, ?)";
        database.execute(insert, row).unwrap();
    }
    comes_back(Format::Google, &bytes(&mut database), None, &accounts);
}

#[test]
fn microsoft_keeps_its_own_accounts_in_base64_with_eight_digits() {
    let mut accounts = held(|kind| kind == totp(Algorithm::Sha1, 6, 30));
    accounts.push(account(
        "Microsoft",
        "own",
        &[11; 20],
        totp(Algorithm::Sha1, 8, 30),
    ));
    let mut database = Connection::open_in_memory().unwrap();
    database
        .execute_batch(
            "CREATE TABLE accounts (_id INTEGER PRIMARY KEY, name TEXT, username TEXT, account_type INTEGER,
             oath_secret_key TEXT)",
        )
        .unwrap();
    for one in &accounts {
        let own = issuer(one) == "Microsoft";
        let key = match own {
            true => seal::base64(one.account.otp.secret.expose_secret()),
            false => secret(one),
        };
        let insert = "INSERT INTO accounts (name, username, account_type, oath_secret_key) VALUES (?, ?, ?, ?)";
        let row = params![issuer(one), label(one), i64::from(own), key];
        database.execute(insert, row).unwrap();
    }
    comes_back(Format::Microsoft, &bytes(&mut database), None, &accounts);
}

#[test]
fn stratum_keeps_every_kind_and_its_categories() {
    let accounts = reference();
    let mut database = Connection::open_in_memory().unwrap();
    database
        .execute_batch(
            "CREATE TABLE authenticator (type INTEGER, icon TEXT, issuer TEXT, username TEXT, secret TEXT, pin TEXT,
             algorithm INTEGER, digits INTEGER, period INTEGER, counter INTEGER, ranking INTEGER);
             CREATE TABLE category (id TEXT, name TEXT, ranking INTEGER);
             CREATE TABLE authenticatorcategory (categoryId TEXT, authenticatorSecret TEXT, ranking INTEGER);
             INSERT INTO category VALUES ('1', 'work', 0);",
        )
        .unwrap();
    for (place, one) in (0_i64..).zip(&accounts) {
        let number = match kind(one) {
            Kind::Hotp { .. } => 1,
            Kind::Motp { .. } => 3,
            Kind::Steam => 4,
            Kind::Yandex { .. } => 5,
            _ => 2,
        };
        let algorithm = match kind(one).algorithm() {
            Some(Algorithm::Sha256) => 1,
            Some(Algorithm::Sha512) => 2,
            _ => 0,
        };
        let row = params![
            number,
            issuer(one),
            label(one),
            secret(one),
            kind(one).pin().map(|pin| pin.expose_secret().to_owned()),
            algorithm,
            kind(one).digits().get(),
            kind(one).period().map_or(30, Period::seconds),
            counter(one),
            place
        ];
        let insert = "INSERT INTO authenticator (type, issuer, username, secret, pin, algorithm, digits, period,
                      counter, ranking) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
        database.execute(insert, row).unwrap();
    }
    let bind = "INSERT INTO authenticatorcategory VALUES ('1', ?, 0)";
    database.execute(bind, [secret(&accounts[0])]).unwrap();
    comes_back(Format::Stratum, &bytes(&mut database), None, &accounts);
    let parsed = authr_formats::parse(&bytes(&mut database)).unwrap();
    assert_eq!(parsed.accounts[0].account.tags[0].as_str(), "work");
}

/// A database of pages of 1024 bytes, the last 48 of each left to SQLCipher.
fn with_reserve(accounts: &[Exported]) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("database");
    let empty = Connection::open(&path).unwrap();
    empty
        .execute_batch("PRAGMA page_size = 1024; PRAGMA user_version = 1")
        .unwrap();
    drop(empty);
    let mut page = std::fs::read(&path).unwrap();
    page[20] = 48;
    page[105..107].copy_from_slice(&976_u16.to_be_bytes());
    #[expect(
        clippy::disallowed_methods,
        reason = "a file that SQLite opens once more, in a folder of the test's own"
    )]
    std::fs::write(&path, page).unwrap();
    let database = Connection::open(&path).unwrap();
    database
        .execute_batch(
            "CREATE TABLE accounts (_id INTEGER PRIMARY KEY, email TEXT, secret TEXT, counter INTEGER, type INTEGER,
             issuer TEXT, category TEXT)",
        )
        .unwrap();
    for one in accounts {
        let is_battle_net = kind(one) == totp(Algorithm::Sha1, 8, 30);
        let number = match kind(one) {
            Kind::Hotp { .. } => 1,
            _ if is_battle_net => 2,
            _ => 0,
        };
        let key = match is_battle_net {
            true => data_encoding::HEXLOWER.encode(one.account.otp.secret.expose_secret()),
            false => secret(one),
        };
        let row = params![label(one), key, counter(one), number, issuer(one), ""];
        let insert = "INSERT INTO accounts (email, secret, counter, type, issuer, category) VALUES (?, ?, ?, ?, ?, ?)";
        database.execute(insert, row).unwrap();
    }
    drop(database);
    std::fs::read(&path).unwrap()
}

#[test]
fn authenticator_plus_keeps_sqlcipher_and_battle_net_in_hexadecimal() {
    let mut accounts = held(is_plain);
    accounts.push(account(
        "Battle.net",
        "own",
        &[11; 20],
        totp(Algorithm::Sha1, 8, 30),
    ));
    let plain = with_reserve(&accounts);
    assert_eq!((plain.len() % 1024, plain[20]), (0, 48));
    let salt = [9; 16];
    let sha1 = ring::pbkdf2::PBKDF2_HMAC_SHA1;
    let key = seal::pbkdf2(sha1, &salt, 64_000, 32);
    let mut mac_key = [0; 32];
    let mac_salt = salt.map(|byte| byte ^ 0x3a);
    ring::pbkdf2::derive(sha1, 2.try_into().unwrap(), &mac_salt, &key, &mut mac_key);
    let mut file = Vec::new();
    for (number, page) in (1_u32..).zip(plain.chunks_exact(1024)) {
        let start = if number == 1 { 16 } else { 0 };
        let iv = [3; 16];
        let content = seal::cbc_unpadded(&key, &iv, &page[start..976]);
        let counted = [&content[..], &iv, &number.to_le_bytes()].concat();
        let mac = seal::hmac(
            ring::hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
            &mac_key,
            &counted,
        );
        if number == 1 {
            file.extend_from_slice(&salt);
        }
        file.extend_from_slice(&[&content[..], &iv, &mac, &[0; 12]].concat());
    }
    opens(
        Format::AuthenticatorPlus,
        &file,
        FormatError::NothingOpens,
        &accounts,
    );
}

//! What lies on phones: preferences, a Java stream, and seals around texts.

use authr_formats::write::Exported;
use authr_formats::{Format, FormatError};
use authr_otp::{Algorithm, Counter, Kind, Name, Period};
use serde_json::{Value, json};

use crate::documents::{issuer, kind, label, list, secret};
use crate::reference::{
    PASSWORD, account, comes_back, counts_or_not, held, is_totp, opens, read, reference, totp,
};
use crate::seal::{self, base64};

/// Preferences of an Android app.
fn prefs(strings: &[(&str, String)]) -> String {
    let escaped = |text: &str| {
        text.replace('&', "&amp;")
            .replace('<', "&lt;")
            .replace('"', "&quot;")
    };
    let lines = strings.iter().map(|(name, text)| {
        format!(
            "    <string name=\"{}\">{}</string>\n",
            escaped(name),
            escaped(text)
        )
    });
    let lines: String = lines.collect();
    format!("<?xml version='1.0' encoding='utf-8' standalone='yes' ?>\n<map>\n{lines}</map>\n")
}

/// Java's bytes have signs.
fn signed(bytes: &[u8]) -> Vec<i8> {
    bytes
        .iter()
        .map(|byte| i8::from_be_bytes([*byte]))
        .collect()
}

/// A token of FreeOTP without its secret.
fn token(one: &Exported) -> Value {
    json!({
        "algo": kind(one).algorithm().map(Algorithm::name), "digits": kind(one).digits().get(),
        "counter": kind(one).counter().map(Counter::get), "issuerExt": issuer(one), "label": label(one),
        "issuerInt": issuer(one), "period": kind(one).period().map_or(30, Period::seconds),
        "type": kind(one).name().to_uppercase(),
    })
}

#[test]
fn freeotp_1_keeps_a_preference_a_token_and_their_order_in_another() {
    let accounts = held(counts_or_not);
    let name = |one: &Exported| format!("{}:{}", issuer(one), label(one));
    let names: Vec<String> = accounts.iter().map(name).collect();
    let mut strings: Vec<(&str, String)> = names
        .iter()
        .zip(&accounts)
        .map(|(name, one)| {
            let mut token = token(one);
            token["secret"] = signed(one.account.otp.secret.expose_secret()).into();
            (name.as_str(), token.to_string())
        })
        .collect();
    strings.reverse();
    strings.push(("tokenOrder", json!(names).to_string()));
    comes_back(
        Format::FreeOtp1,
        prefs(&strings).as_bytes(),
        None,
        &accounts,
    );
}

#[test]
fn freeotp_counts_before_it_shows_so_minus_one_is_the_first_counter() {
    let token =
        json!({"type": "HOTP", "secret": [1, -1], "counter": -1, "label": "a", "issuerExt": "b"});
    let file = prefs(&[("b:a", token.to_string()), ("tokenOrder", "[]".to_owned())]);
    let parsed = read(file.as_bytes(), None).unwrap();
    let kind = parsed.accounts[0].account.otp.kind;
    assert_eq!(kind.counter(), Some(Counter::ZERO));
}

/// A key that another one wraps, as FreeOTP 2 writes it.
fn wrapped(key: &[u8], plain: &[u8]) -> Value {
    let nonce = [4; 12];
    let parameters = [&[0x30, 0x11, 0x04, 0x0c], &nonce[..], &[0x02, 0x01, 0x10]].concat();
    json!({
        "mCipher": "AES/GCM/NoPadding", "mCipherText": signed(&seal::gcm(key, nonce, b"AES", plain)),
        "mParameters": signed(&parameters), "mToken": "AES",
    })
}

/// A stream of one map of texts.
fn java_map(pairs: &[(String, String)]) -> Vec<u8> {
    let mut stream = b"\xac\xed\x00\x05sr\x00\x11java.util.HashMap".to_vec();
    stream.extend_from_slice(b"\x05\x07\xda\xc1\xc3\x16\x60\xd1\x03\x00\x02F\x00\x0aloadFactor");
    stream
        .extend_from_slice(b"I\x00\x09thresholdxp?@\x00\x00\x00\x00\x00\x0cw\x08\x00\x00\x00\x10");
    stream.extend_from_slice(&u32::try_from(pairs.len()).unwrap().to_be_bytes());
    for text in pairs.iter().flat_map(|(key, value)| [key, value]) {
        // No text here has a character that Java would write otherwise.
        stream.push(0x74);
        stream.extend_from_slice(&u16::try_from(text.len()).unwrap().to_be_bytes());
        stream.extend_from_slice(text.as_bytes());
    }
    stream.push(0x78);
    stream
}

#[test]
fn freeotp_2_wraps_each_secret_under_a_master_key_under_the_password() {
    let accounts = held(counts_or_not);
    for (name, hash) in [
        ("PBKDF2withHmacSHA1", ring::pbkdf2::PBKDF2_HMAC_SHA1),
        ("PBKDF2withHmacSHA512", ring::pbkdf2::PBKDF2_HMAC_SHA512),
    ] {
        let (salt, master) = ([3; 32], [0xb5; 32]);
        let key = seal::pbkdf2(hash, &salt, 10_000, 32);
        let key = json!({
            "mAlgorithm": name, "mIterations": 10_000, "mSalt": signed(&salt),
            "mEncryptedKey": wrapped(&key, &master),
        });
        let mut pairs = vec![("masterKey".to_owned(), key.to_string())];
        for (place, one) in accounts.iter().enumerate() {
            let key = wrapped(&master, one.account.otp.secret.expose_secret());
            let key = json!({"key": key.to_string()}).to_string();
            pairs.push((place.to_string(), key));
            pairs.push((format!("{place}-token"), token(one).to_string()));
        }
        // The tokens' names stand in clear: that is the app's way.
        let file = java_map(&pairs);
        comes_back(Format::FreeOtp2, &file, Some(PASSWORD), &accounts);
        let format = Format::FreeOtp2;
        assert_eq!(
            read(&file, None).unwrap_err(),
            FormatError::PasswordNeeded { format }
        );
        assert_eq!(
            read(&file, Some("another")).unwrap_err(),
            FormatError::WrongPassword
        );
    }
}

#[test]
fn totp_authenticator_has_a_default_password_and_keys_in_three_bases() {
    let accounts = held(|kind| is_totp(kind) && kind.algorithm() == Some(Algorithm::Sha1));
    let entry = |(place, one): (usize, &Exported)| {
        let bytes = one.account.otp.secret.expose_secret();
        let (base, key) = match place % 3 {
            0 => (16, data_encoding::HEXLOWER.encode(bytes)),
            1 => (32, secret(one)),
            _ => (64, base64(bytes)),
        };
        json!({
            "issuer": issuer(one), "name": label(one), "key": key, "base": base,
            "digits": kind(one).digits().get().to_string(), "isFavorite": false,
            "period": kind(one).period().map_or(30, Period::seconds),
        })
    };
    let entries: Value = accounts.iter().enumerate().map(entry).collect();
    // The list is the name of the one field.
    let plain = json!({entries.to_string(): ""}).to_string();
    let sealed = |password: &str| {
        let key = seal::sha256(&[password.as_bytes()]);
        base64(&seal::cbc(&key, &[0; 16], plain.as_bytes()))
    };
    let format = Format::TotpAuthenticator;
    let wrong = FormatError::WrongPasswordOrDamaged;
    opens(format, sealed(PASSWORD).as_bytes(), wrong, &accounts);
    comes_back(
        format,
        sealed("TotpAuthenticator").as_bytes(),
        None,
        &accounts,
    );
    let strings = [("STATIC_TOTP_CODES_LIST", entries.to_string())];
    comes_back(format, prefs(&strings).as_bytes(), None, &accounts);
}

#[test]
fn battle_net_hides_one_secret_of_eight_digits_under_a_mask() {
    /// The mask of every copy of the app.
    const MASK: &str = "398e27fc50276a656065b0e525f4c06c04c61075\
                        286b8e7aeda59da9813b5dd6c80d2fb38068773f";
    let secret: [u8; 20] = std::array::from_fn(|at| u8::try_from(at).unwrap() * 11);
    let masked = |text: &str| {
        let mask = data_encoding::HEXLOWER.decode(MASK.as_bytes()).unwrap();
        let bytes = mask
            .iter()
            .zip(text.bytes())
            .map(|(mask, byte)| mask ^ byte);
        data_encoding::HEXLOWER.encode(&bytes.collect::<Vec<u8>>())
    };
    let file = prefs(&[
        (
            "com.blizzard.bma.AUTHENTICATOR_DEVICE_SECRET",
            masked(&data_encoding::HEXLOWER.encode(&secret)),
        ),
        (
            "com.blizzard.bma.AUTHENTICATOR_SERIAL",
            masked("EU-1234-5678-9012"),
        ),
    ]);
    let expected = [account(
        "Battle.net",
        "EU-1234-5678-9012",
        &secret,
        totp(Algorithm::Sha1, 8, 30),
    )];
    comes_back(Format::BattleNet, file.as_bytes(), None, &expected);
}

#[test]
fn authy_has_what_a_person_added_with_a_colon_in_its_name_and_what_sites_issued_with_seven_digits()
{
    let accounts = held(|kind| kind == totp(Algorithm::Sha1, 6, 30));
    let key = seal::pbkdf2(
        ring::pbkdf2::PBKDF2_HMAC_SHA1,
        "salt, é".as_bytes(),
        1_000,
        32,
    );
    let own = |one: &Exported| {
        let sealed = seal::cbc(&key, &[0; 16], secret(one).as_bytes());
        json!({
            "accountType": "authenticator", "originalName": format!("{}:{}", issuer(one), label(one)),
            "originalIssuer": issuer(one), "digits": 6, "encryptedSecret": base64(&sealed),
            "salt": "salt, é",
        })
    };
    let issued =
        json!([{"name": "drchrono", "digits": 7, "secretSeed": "0b".repeat(16), "uniqueId": "1"}]);
    let (own_key, issued_key) = (
        "com.authy.storage.tokens.authenticator.key",
        "com.authy.storage.tokens.authy.key",
    );
    let file = prefs(&[
        (own_key, list(&accounts, own).to_string()),
        (issued_key, issued.to_string()),
    ]);
    let mut expected = accounts;
    expected.push(account(
        "drchrono",
        "",
        &[11; 16],
        totp(Algorithm::Sha1, 7, 10),
    ));
    comes_back(Format::Authy, file.as_bytes(), Some(PASSWORD), &expected);
    let wrong = read(file.as_bytes(), Some("another")).unwrap_err();
    assert_eq!(wrong, FormatError::WrongPasswordOrDamaged);
    // What sites issued is not encrypted: alone it needs no password.
    let file = prefs(&[(issued_key, issued.to_string())]);
    let last = expected.split_off(expected.len() - 1);
    comes_back(Format::Authy, file.as_bytes(), None, &last);
}

#[test]
fn authy_entries_whose_rounds_add_up_to_too_much_are_refused() {
    let token = |rounds: &str| {
        format!(
            r#"{{"name":"a","issuer":"b","digits":6,"encrypted_seed":"AAAAAAAAAAAAAAAAAAAAAA==","salt":"s",
            "unique_iv":"","key_derivation_iterations":{rounds}}}"#
        )
    };
    let file =
        |tokens: Vec<String>| format!(r#"{{"authenticator_tokens":[{}]}}"#, tokens.join(","));
    let refused = FormatError::KdfOutOfRange { kdf: "PBKDF2" };
    for tokens in [vec![token("10000001")], vec![token("200000001")]] {
        assert_eq!(
            read(file(tokens).as_bytes(), Some("x")).unwrap_err(),
            refused
        );
    }
    // Each within the ceiling, the second beyond what all may have.
    let many = vec![token("1"), token("199999999"), token("1")];
    assert_eq!(read(file(many).as_bytes(), Some("x")).unwrap_err(), refused);
}

#[test]
fn authy_digits_that_are_none_cost_the_entry_and_are_not_taken_for_six() {
    let file = br#"{"authenticator_tokens":[
        {"originalName":"b:a","digits":"six","decryptedSecret":"AAAA"},
        {"originalName":"d:c","digits":8,"decryptedSecret":"AAAA"}]}"#;
    let parsed = read(file, None).unwrap();
    assert_eq!((parsed.accounts.len(), parsed.rejected.len()), (1, 1));
    assert_eq!(parsed.rejected[0].name, Some(Name::new("b:a").unwrap()));
}

#[test]
fn an_older_stratum_is_pbkdf2_and_cbc_and_an_older_andotp_the_hash_of_the_password() {
    let accounts = reference();
    let plain = authr_formats::write::write(authr_formats::write::Target::Stratum, &accounts, None);
    let (salt, iv) = ([1; 20], [2; 16]);
    let key = seal::pbkdf2(ring::pbkdf2::PBKDF2_HMAC_SHA1, &salt, 64_000, 32);
    let sealed = seal::cbc(&key, &iv, &plain.unwrap());
    let file = [&b"AuthenticatorPro"[..], &salt, &iv, &sealed].concat();
    opens(
        Format::Stratum,
        &file,
        FormatError::WrongPasswordOrDamaged,
        &accounts,
    );

    let accounts = held(|kind| counts_or_not(kind) || kind == Kind::Steam);
    let plain = authr_formats::write::write(authr_formats::write::Target::AndOtp, &accounts, None);
    let key = seal::sha256(&[PASSWORD.as_bytes()]);
    let file = [
        &[6; 12][..],
        &seal::gcm(&key, [6; 12], &[], &plain.unwrap()),
    ]
    .concat();
    opens(Format::AndOtp, &file, FormatError::NothingOpens, &accounts);
}

#[test]
fn a_token_of_a_kind_that_its_secret_cannot_be_of_is_rejected() {
    // Found by fuzzing: bytes that are no text became the key of an mOTP account, which is one.
    let token = json!({"type": "MOTP", "secret": [4, 4, -4], "label": "a", "issuerExt": "b"});
    let file = prefs(&[("b:a", token.to_string()), ("tokenOrder", "[]".to_owned())]);
    let raivo =
        json!([{"kind": "MOTP", "timer": "30", "secret": "AQCA", "issuer": "b", "account": "a"}]);
    for file in [file, raivo.to_string()] {
        let parsed = read(file.as_bytes(), None).unwrap();
        assert_eq!((parsed.accounts.len(), parsed.rejected.len()), (0, 1));
        let reason = parsed.rejected[0].reason;
        assert!(
            matches!(reason, authr_formats::Reason::Encoding { .. }),
            "{reason}"
        );
    }
}

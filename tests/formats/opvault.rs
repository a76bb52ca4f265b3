//! 1Password's OPVault: scripts in a folder.

use authr_formats::write::Exported;
use authr_formats::{Format, FormatError};
use authr_otp::{Kind, Name};
use serde_json::{Map, Value, json};
use zip::write::SimpleFileOptions;

use crate::documents::{issuer, kind, label, secret, uri};
use crate::reference::{PASSWORD, held, is_totp, opens, read};
use crate::seal::{self, base64};

/// A key and the key of its MACs, 32 bytes each.
type Pair = Vec<u8>;

/// `"opdata01" ‖ length ‖ IV ‖ ciphertext of padding ‖ text ‖ HMAC`.
fn opdata(pair: &Pair, plain: &[u8]) -> String {
    let padding = 16 - plain.len() % 16;
    let padded = [&vec![0xaa; padding][..], plain].concat();
    let (key, iv) = (&pair[..32], [7; 16]);
    let length = u64::try_from(plain.len()).unwrap().to_le_bytes();
    let ciphertext = seal::cbc_unpadded(key, &iv, &padded);
    base64(&sealed(
        pair,
        &[b"opdata01", &length[..], &iv, &ciphertext].concat(),
    ))
}

fn sealed(pair: &Pair, message: &[u8]) -> Vec<u8> {
    let mac = seal::hmac(ring::hmac::HMAC_SHA256, &pair[32..], message);
    [message, &mac].concat()
}

struct Vault {
    master: Pair,
    overview: Pair,
    profile: String,
}

fn vault(rounds: u32) -> Vault {
    let salt = [5; 16];
    let derived = seal::pbkdf2(ring::pbkdf2::PBKDF2_HMAC_SHA512, &salt, rounds, 64);
    let (master, overview) = ([1; 256], [2; 64]);
    let profile = json!({
        "salt": base64(&salt), "iterations": rounds, "profileName": "default",
        "masterKey": opdata(&derived, &master), "overviewKey": opdata(&derived, &overview),
    });
    Vault {
        master: seal::sha512(&[&master]),
        overview: seal::sha512(&[&overview]),
        profile: format!("var profile={profile};"),
    }
}

impl Vault {
    fn item(&self, place: usize, one: &Exported) -> Value {
        let own: Pair = vec![9; 64];
        let iv = [8; 16];
        let key = seal::cbc_unpadded(&self.master[..32], &iv, &own);
        let key = sealed(&self.master, &[&iv[..], &key].concat());
        let totp = match kind(one) {
            Kind::Steam => format!("steam://{}", secret(one)),
            _ => uri(one),
        };
        let overview = json!({"title": issuer(one), "tags": ["a tag"]}).to_string();
        let details = json!({
            "fields": [{"designation": "username", "value": label(one)}],
            "sections": [{"fields": [
                {"k": "string", "n": "other", "v": "otpauth://totp/no?secret=AAAA"},
                {"k": "concealed", "n": "TOTP_0123", "t": "one-time password", "v": totp},
            ]}],
        });
        json!({
            "uuid": place.to_string(), "created": place, "folder": "F", "k": base64(&key),
            "o": opdata(&self.overview, overview.as_bytes()),
            "d": opdata(&own, details.to_string().as_bytes()),
        })
    }

    /// Bands in the order of their names, items in the order of none.
    fn scripts(&self, accounts: &[Exported]) -> Vec<(String, String)> {
        let title = json!({"title": "work"}).to_string();
        let folders = json!({"F": {"overview": opdata(&self.overview, title.as_bytes())}});
        let mut scripts = vec![
            ("profile.js".to_owned(), self.profile.clone()),
            ("folders.js".to_owned(), format!("loadFolders({folders});")),
        ];
        for band in 0..2 {
            let items = accounts
                .iter()
                .enumerate()
                .filter(|(place, _)| place % 2 == band);
            let items: Map<String, Value> = items
                .map(|(place, one)| (format!("{:02}", 99 - place), self.item(place, one)))
                .collect();
            let text = format!("ld({});", Value::Object(items));
            scripts.push((format!("band_{band}.js"), text));
        }
        scripts
    }
}

fn joined(scripts: &[(String, String)]) -> String {
    let texts: Vec<&str> = scripts.iter().map(|(_, text)| text.as_str()).collect();
    texts.join("\n")
}

#[test]
fn a_folder_opens_as_one_text_of_its_scripts_and_as_a_zip() {
    let accounts = held(|kind| is_totp(kind) || kind == Kind::Steam);
    let scripts = vault(1_000).scripts(&accounts);
    let wrong = FormatError::WrongPassword;
    opens(
        Format::OnePassword,
        joined(&scripts).as_bytes(),
        wrong,
        &accounts,
    );
    let first = read(joined(&scripts).as_bytes(), Some(PASSWORD))
        .unwrap()
        .accounts
        .remove(0);
    assert_eq!(first.account.tags[0].as_str(), "work");

    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, text) in &scripts {
        let path = format!("My.opvault/default/{name}");
        writer
            .start_file(path, SimpleFileOptions::default())
            .unwrap();
        std::io::Write::write_all(&mut writer, text.as_bytes()).unwrap();
    }
    let file = writer.finish().unwrap().into_inner();
    opens(Format::OnePassword, &file, wrong, &accounts);
}

#[test]
fn a_script_alone_says_what_it_lacks() {
    let scripts = vault(1_000).scripts(&held(is_totp));
    for (script, lacks) in [(0, "band_"), (2, "profile.js")] {
        let error = read(scripts[script].1.as_bytes(), Some(PASSWORD)).unwrap_err();
        assert!(matches!(error, FormatError::Sealed { .. }), "{error}");
        assert!(error.to_string().contains(lacks), "{error}");
    }
}

#[test]
fn an_item_that_was_changed_is_rejected_by_name_and_one_in_the_trash_stays_there() {
    let accounts = held(is_totp);
    let vault = vault(1_000);
    let mut changed = vault.item(0, &accounts[0]);
    changed["k"] = vault.item(1, &accounts[1])["d"].clone();
    let mut trashed = vault.item(2, &accounts[1]);
    trashed["trashed"] = true.into();
    let items = json!({"1": changed, "2": trashed, "3": vault.item(3, &accounts[2])});
    let file = format!("{}\nld({items});", vault.profile);
    let parsed = read(file.as_bytes(), Some(PASSWORD)).unwrap();
    assert_eq!(parsed.accounts.len(), 1);
    assert_eq!(parsed.rejected.len(), 1);
    assert_eq!(parsed.rejected[0].name, Some(Name::new("Deno").unwrap()));
}

#[test]
fn rounds_beyond_the_ceiling_are_refused_before_anything_is_derived() {
    let vault = vault(1_000);
    let profile = vault
        .profile
        .replace("\"iterations\":1000", "\"iterations\":10000001");
    assert_ne!(profile, vault.profile);
    let error = read(format!("{profile}\nld({{}});").as_bytes(), Some(PASSWORD)).unwrap_err();
    assert_eq!(error, FormatError::KdfOutOfRange { kdf: "PBKDF2" });
}

//! Every format that is written, from the command line and back.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;

use authr_testkit::Home;
use serde_json::Value;

use crate::{authr, json};

/// The formats with a seal of their own, and those without.
const SEALED: [&str; 7] = [
    "aegis",
    "2fas",
    "andotp",
    "stratum",
    "ente",
    "proton",
    "bitwarden",
];
const PLAIN: [&str; 6] = ["otpauth", "json", "csv", "html", "freeotp-plus", "google"];
/// One account of each kind, and of each way to differ.
const LIST: &str = "\
    otpauth://totp/Acme:six?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Acme&tags=work\n\
    otpauth://totp/Acme:eight?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJR&issuer=Acme&digits=8&algorithm=SHA512\n\
    otpauth://totp/Acme:seven?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJS&issuer=Acme&digits=7&period=10&algorithm=SHA256\n\
    otpauth://totp/Acme:fifty?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJT&issuer=Acme&period=50\n\
    otpauth://hotp/Acme:counts?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJU&issuer=Acme&counter=41\n\
    otpauth://totp/Z%C3%BCrich:n%C3%A9?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJV&issuer=Z%C3%BCrich\n\
    otpauth://totp/nobody?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJW\n\
    steam://63BEDWCQZKTQWPESARIERL5DTTQFCJTK\n\
    motp://VPN:me?secret=30edcc8edae50a60&pin=1234\n";

fn home() -> Home {
    let home = Home::new();
    home.file("list.txt", LIST);
    home.file("seal", "the file's own");
    let _ = authr(&home, &["import", "list.txt", "--yes"]).succeeded();
    home
}

/// What makes the codes of each account, by its secret; tags that a format has no place for are warned of.
fn codes(read: &Value) -> BTreeMap<String, Value> {
    let accounts = read["accounts"].as_array().expect("a list").iter();
    let code = |account: &Value| {
        let secret = account["secret"].as_str().expect("with --secrets");
        let of = ["kind", "digits", "period", "counter", "pin", "issuer"];
        let mut fields: Vec<Value> = of.iter().map(|field| account[field].clone()).collect();
        if account["kind"] == "totp" || account["kind"] == "hotp" {
            fields.push(account["algorithm"].clone());
        }
        (secret.to_owned(), fields.into())
    };
    accounts.map(code).collect()
}

fn comes_back(home: &Home, format: &str, seal: &[&str]) {
    let plaintext: &[&str] = if seal.is_empty() {
        &["--plaintext"]
    } else {
        seal
    };
    let export = ["--json", "export", "--format", format, "-o", "out", "--yes"];
    let ran = authr(home, &[&export[..], plaintext].concat());
    let told: Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{ran}"));
    assert_eq!(
        (&told["format"], &told["encrypted"]),
        (&format.into(), &(!seal.is_empty()).into())
    );
    let left_out = told["left_out"].as_array().expect("a list");
    let warned = ran.stderr.matches(" is left out: ").count();
    assert_eq!(left_out.len(), warned, "{ran}");
    let path = home.path().join("out");
    let mode = fs::metadata(&path).expect("the file").permissions().mode();
    assert_eq!(mode & 0o777, 0o600, "{format}");
    let import = ["import", "out", "--dry-run", "--secrets"];
    let read = json(home, &[&import[..], seal].concat());
    assert_eq!(read["rejected"], serde_json::json!([]), "{format}");
    let original = json(home, &["import", "list.txt", "--dry-run", "--secrets"]);
    let (read, original) = (codes(&read), codes(&original));
    assert_eq!(told["accounts"], read.len(), "{format}");
    assert_eq!(read.len() + left_out.len(), original.len(), "{format}");
    for (secret, account) in read {
        assert_eq!(original.get(&secret), Some(&account), "{format}");
    }
    fs::remove_file(path).expect("it is there");
}

#[test]
fn what_a_format_in_clear_text_holds_comes_back_the_same() {
    let home = home();
    for format in SEALED.iter().chain(&PLAIN) {
        comes_back(&home, format, &[]);
    }
}

#[test]
fn what_a_sealed_format_holds_comes_back_the_same() {
    let home = home();
    for format in SEALED {
        comes_back(&home, format, &["--file-password-file", "seal"]);
    }
}

#[test]
fn the_formats_of_the_command_line_are_all_tried_here() {
    let home = Home::new();
    let ran = authr(&home, &["export", "--format", "nothing", "-o", "out"]);
    let mut known: Vec<&str> = SEALED.into_iter().chain(PLAIN).collect();
    known.extend(["authr", "paper"]);
    let (_, listed) = ran.stderr.split_once("possible values: ").expect("a list");
    let (listed, _) = listed.split_once(']').expect("its end");
    let mut listed: Vec<&str> = listed
        .split([',', ' ', '\n'])
        .filter(|name| !name.is_empty())
        .collect();
    known.sort_unstable();
    listed.sort_unstable();
    assert_eq!(listed, known);
    let _ = ran.failed(2);
}

#[test]
fn clear_text_is_never_written_without_the_password() {
    let home = home();
    home.file("wrong", "another password");
    let export = ["export", "--plaintext", "-o", "out"];
    let nobody = home.program(crate::AUTHR).args(export).run();
    let _ = nobody.failed(3);
    let wrong = home.program(crate::AUTHR).args(export);
    let _ = wrong.args(["--password-file", "wrong"]).run().failed(3);
    assert!(!home.path().join("out").exists());
}

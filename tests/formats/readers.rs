//! What is written for other programs, read by readers that share no code with this one: `readers.py` beside this file.

#![expect(
    clippy::disallowed_methods,
    reason = "the files are given to another program, and whose Python it is the environment says"
)]

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use authr_formats::write::{Exported, Target, write};
use authr_otp::{Kind, UnixSeconds};

use crate::reference::PASSWORD;
use crate::written::{accepted, adjusted, seal};

/// When the codes are compared.
const AT: u64 = 1_764_000_000;

/// An account as the other readers show it: with its code, or its PIN where they have no codes of the kind.
fn line(one: &Exported) -> String {
    let account = &one.account;
    let code = match account.otp.kind {
        Kind::Motp { pin } | Kind::Yandex { pin } => format!("PIN {}", pin.expose_secret()),
        _ => account
            .otp
            .code_at(UnixSeconds(AT))
            .expose_secret()
            .to_owned(),
    };
    let secret = data_encoding::HEXLOWER.encode(account.otp.secret.expose_secret());
    let kind = account.otp.kind.name();
    format!(
        "{} | {} | {kind} | {secret} | {code}",
        account.issuer, account.label
    )
}

#[test]
fn every_file_is_read_by_a_reader_of_another_and_gives_the_same_codes() {
    let folder = tempfile::tempdir().unwrap();
    let mut expected = BTreeMap::new();
    for target in Target::ALL {
        for (form, seal) in [("plain", None), ("sealed", Some(seal()))] {
            if seal.is_some() && !target.can_be_encrypted() {
                continue;
            }
            let name = format!("{}.{form}", target.name());
            let file = write(*target, &accepted(*target), seal.as_ref()).unwrap();
            std::fs::write(folder.path().join(&name), &*file).unwrap();
            let lines: Vec<String> = adjusted(*target).iter().map(line).collect();
            expected.insert(name, lines);
        }
    }
    let python = std::env::var_os("AUTHR_TEST_PYTHON");
    let python = python.expect("AUTHR_TEST_PYTHON names a Python with the packages: run tests/run");
    let reader = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/formats/readers.py");
    let output = Command::new(python)
        .arg(reader)
        .arg(folder.path())
        .args([PASSWORD, &AT.to_string()])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    let read: BTreeMap<String, Vec<String>> = serde_json::from_slice(&output.stdout).unwrap();
    for (name, lines) in &expected {
        assert_eq!(read.get(name), Some(lines), "{name}");
    }
    assert_eq!(read.len(), expected.len());
}

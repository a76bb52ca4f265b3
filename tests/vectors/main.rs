//! The vectors of vault-format.md: files that must open, and files that must be refused with one class each.
//!
//! They are generated, so that a change of the format shows as a difference: `cargo test --test vectors -- --ignored`
//! writes them anew. The generator is a second writer and shares with the program only the primitives.

#![expect(
    clippy::unwrap_used,
    reason = "what the test made itself is as it made it"
)]
#![expect(
    clippy::too_many_lines,
    reason = "a list of vectors is as long as it is"
)]

mod account;
mod clear;
mod content;
mod device;
mod opened;
mod payload;
mod shapes;
mod slots;
mod vector;
mod writer;

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use authr_core::vault::{Generation, OpenError, VaultFile, recovery};
use authr_crypto::kdf::Argon2id;
use authr_crypto::mac::sha256;
use authr_crypto::secret::{KeyringSecret, Password, VaultKey};
use data_encoding::HEXLOWER;

use crate::vector::Vector;

/// How many vectors there are at least.
const AT_LEAST: usize = 150;

fn folder() -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "tests", "vectors", "vault"]
        .iter()
        .collect()
}

fn generated() -> Vec<Vector> {
    [
        opened::vectors(),
        clear::vectors(),
        shapes::vectors(),
        slots::vectors(),
        payload::vectors(),
        content::vectors(),
        account::vectors(),
        device::vectors(),
    ]
    .concat()
}

fn names() -> BTreeSet<String> {
    let entries = fs::read_dir(folder()).expect("the folder of the vectors");
    let name = |entry: fs::DirEntry| entry.file_name().into_string().unwrap();
    entries.map(|entry| name(entry.unwrap())).collect()
}

/// What the program's reader says of a vector.
fn read(vector: &Vector) -> String {
    let mut bytes = vector.bytes.clone();
    if let Some(length) = vector.extend_to {
        bytes.resize(length, 0);
    }
    let seen = vector.seen.and_then(Generation::new);
    let (what, value) = &vector.offer;
    if what == "recovery-code" && recovery::from_text(value).is_err() {
        return "BadRecoveryCode".to_owned();
    }
    let key = || HEXLOWER.decode(value.as_bytes()).unwrap();
    let opened = VaultFile::parse(&bytes, &Argon2id).and_then(|file| match what.as_str() {
        "password" => file.unlock(&Password::new(value), &Argon2id),
        "keyring-secret" => file.unlock_with_keyring(&KeyringSecret::from_slice(&key()).unwrap()),
        "vault-key" => Ok(file.unlock_with_key(VaultKey::from_slice(&key()).unwrap())),
        "recovery-code" => file.unlock_with_recovery(&recovery::from_text(value).unwrap()),
        other => panic!("nothing is opened by {other}"),
    });
    match opened.and_then(|unlocked| unlocked.open(seen)) {
        Ok(vault) => {
            let header = vault.header();
            let content = HEXLOWER.encode(&sha256(&[&vault.content.encode()]));
            format!("Opened {} {} {content}", header.generation, header.saved_at)
        }
        Err(error) => class(error),
    }
}

fn class(error: OpenError) -> String {
    match error {
        OpenError::TooLarge => "TooLarge".to_owned(),
        OpenError::NotAVault => "NotAVault".to_owned(),
        OpenError::UnsupportedVersion { .. } => "UnsupportedVersion".to_owned(),
        OpenError::Malformed { section, .. } => format!("Malformed {section}"),
        OpenError::Tampered { section } => format!("Tampered {section}"),
        OpenError::KdfTooWeak => "KdfTooWeak".to_owned(),
        OpenError::KdfTooExpensive => "KdfTooExpensive".to_owned(),
        OpenError::NoSlotOpened
        | OpenError::NoRecoverySlotOpened
        | OpenError::NoKeyringSlotOpened => "NoSlotOpened".to_owned(),
        OpenError::Rollback { .. } => "Rollback".to_owned(),
        other => panic!("no vector may end in {other}"),
    }
}

#[test]
fn every_vector_in_the_folder_is_read_as_it_says() {
    let mut wrong = Vec::new();
    for name in names() {
        let vector = Vector::parse(&name, &fs::read(folder().join(&name)).unwrap());
        let read = read(&vector);
        if read != vector.expect {
            wrong.push(format!("{name}: {read}, not {}", vector.expect));
        }
    }
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}

#[test]
fn a_second_reader_written_from_the_specification_alone_agrees_on_every_vector() {
    #[expect(clippy::disallowed_methods, reason = "tests/run says where it is")]
    let python = std::env::var_os("AUTHR_TEST_PYTHON");
    let python = python.expect("AUTHR_TEST_PYTHON names a Python with the packages: run tests/run");
    let reader: PathBuf = [env!("CARGO_MANIFEST_DIR"), "examples", "read-vault.py"]
        .iter()
        .collect();
    let ran = Command::new(python)
        .arg(reader)
        .arg("--vectors")
        .arg(folder())
        .output()
        .expect("Python starts");
    let (said, complaints) = (
        String::from_utf8_lossy(&ran.stdout),
        String::from_utf8_lossy(&ran.stderr),
    );
    assert!(ran.status.success(), "\n{complaints}{said}");
    let all = names().len();
    assert_eq!(said, format!("{all} vectors read as they say, 0 not\n"));
}

#[test]
fn the_vectors_are_what_the_generator_makes() {
    let vectors = generated();
    let made: BTreeSet<String> = vectors.iter().map(|vector| vector.name.clone()).collect();
    assert_eq!(made.len(), vectors.len(), "two have one name");
    assert!(made.len() >= AT_LEAST, "only {}", made.len());
    assert_eq!(made, names());
    for vector in vectors {
        let file = fs::read(folder().join(&vector.name)).unwrap();
        assert_eq!(Vector::parse(&vector.name, &file), vector);
        assert_eq!(vector.render(), file, "{}", vector.name);
    }
}

#[test]
fn no_two_vectors_are_the_same_question() {
    let mut seen = BTreeSet::new();
    for mut vector in generated() {
        let name = std::mem::take(&mut vector.name);
        vector.comment.clear();
        assert!(seen.insert(sha256(&[&vector.render()])), "{name}");
    }
}

#[test]
#[ignore = "writes the vectors anew"]
fn write() {
    for name in names() {
        fs::remove_file(folder().join(name)).unwrap();
    }
    for vector in generated() {
        #[expect(clippy::disallowed_methods, reason = "these files are the test's own")]
        fs::write(folder().join(&vector.name), vector.render()).unwrap();
    }
}

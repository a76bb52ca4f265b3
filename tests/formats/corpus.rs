//! What the fuzz targets start from, and what they found, read on stable: `fuzz/corpus`.

use std::fs;
use std::path::{Path, PathBuf};

use authr_core::content::Content;
use authr_core::vault::VaultFile;
use authr_crypto::kdf::Argon2id;
use authr_formats::paper::Parts;
use authr_formats::{Format, FormatError, Options, Parsed, parse_with};
use data_encoding::BASE64URL_NOPAD;

/// Parsers that are no format of a file.
const OTHERS: [&str; 7] = [
    "any_file",
    "content",
    "migration",
    "migration_uri",
    "paper",
    "uri",
    "vault",
];

fn fuzz() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz")
}

/// The files of a target, with their names.
fn corpus(target: &str) -> Vec<(String, Vec<u8>)> {
    let folder = fuzz().join("corpus").join(target);
    let files = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{target}: {error}"));
    let files = files.map(|file| file.expect("a file").path());
    // What a fuzzer adds is named by a hash, and stays on its machine.
    let named = files.filter(|path| path.file_name().is_some_and(|name| name.len() != 40));
    named
        .map(|path| {
            let name = path.strip_prefix(fuzz()).expect("because it lies there");
            (name.display().to_string(), fs::read(&path).expect("a file"))
        })
        .collect()
}

fn target(format: Format) -> String {
    match format {
        Format::TwoFas => "two_fas".to_owned(),
        Format::TwoFAuth => "two_fauth".to_owned(),
        Format::OnePassword => "one_password".to_owned(),
        other => other.name().replace('-', "_"),
    }
}

fn read(
    file: &[u8],
    format: Option<Format>,
    password: Option<&str>,
) -> Result<Parsed, FormatError> {
    let options = Options {
        format,
        password,
        companion: None,
    };
    parse_with(file, &options)
}

#[test]
fn every_parser_has_a_fuzz_target_and_something_to_start_from() {
    let mut expected: Vec<String> = Format::ALL.iter().copied().map(target).collect();
    expected.extend(OTHERS.map(str::to_owned));
    expected.sort();
    let targets = fs::read_dir(fuzz().join("fuzz_targets")).expect("the targets");
    let mut targets: Vec<String> = targets
        .map(|file| file.expect("a file").path())
        .map(|path| path.file_stem().expect("a name").display().to_string())
        .collect();
    targets.sort();
    assert_eq!(targets, expected);
    for target in targets.iter().filter(|target| *target != "any_file") {
        assert!(!corpus(target).is_empty(), "{target}");
    }
}

#[test]
fn every_seed_of_a_format_is_read_or_asks_for_a_password() {
    for format in Format::ALL {
        for (name, file) in corpus(&target(*format)) {
            let read = read(&file, Some(*format), None);
            let holds = match &read {
                Ok(parsed) => !parsed.accounts.is_empty(),
                Err(error) => matches!(error, FormatError::PasswordNeeded { .. }),
            };
            assert!(holds, "{name}: {read:?}");
        }
    }
}

#[test]
fn no_seed_makes_any_reader_panic() {
    for format in Format::ALL {
        for (_, file) in corpus(&target(*format)) {
            let _ = read(&file, None, None);
            let _ = read(&file, Some(*format), Some("password"));
            for other in Format::ALL {
                let _ = read(&file, Some(*other), None);
            }
        }
    }
}

#[test]
fn every_uri_and_every_batch_is_read() {
    let payloads = corpus("migration").into_iter().map(|(name, payload)| {
        let data = BASE64URL_NOPAD.encode(&payload);
        let uri = format!("otpauth-migration://offline?data={data}");
        (name, uri.into_bytes())
    });
    let uris = corpus("uri").into_iter().chain(corpus("migration_uri"));
    for (name, uri) in uris.chain(payloads) {
        let parsed = authr_formats::parse(&uri).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(!parsed.accounts.is_empty(), "{name}");
        assert_eq!(parsed.rejected, [], "{name}");
    }
}

#[test]
fn every_kit_on_paper_gives_its_file() {
    for (name, text) in corpus("paper") {
        let mut parts = Parts::default();
        let taken = parts.take_file(&text);
        assert!(taken.is_ok() && parts.file().is_ok(), "{name}: {taken:?}");
    }
}

#[test]
fn every_vault_and_every_content_is_read() {
    for (name, file) in corpus("vault") {
        let parsed = VaultFile::parse(&file, &Argon2id);
        assert!(parsed.is_ok(), "{name}: {:?}", parsed.err());
    }
    for (name, bytes) in corpus("content") {
        let content = Content::decode(&bytes);
        assert!(content.is_ok(), "{name}: {:?}", content.err());
    }
}

//! What the fuzz targets start from, and what they found, read on stable: `fuzz/corpus`.

use std::fs;
use std::path::Path;

use authr_formats::{Format, Options, parse, parse_with};

fn corpus(target: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../fuzz/corpus")
        .join(target);
    let files = fs::read_dir(folder).expect("the corpus of a target");
    let files: Vec<Vec<u8>> = files
        .map(|file| fs::read(file.expect("a file").path()).expect("a file"))
        .collect();
    assert!(!files.is_empty(), "no seed of {target} was found");
    files
}

#[test]
fn every_seed_is_read_and_none_panics_as_any_format() {
    for file in corpus("import") {
        let parsed = parse(&file).unwrap_or_else(|error| {
            panic!("{error}: {}", String::from_utf8_lossy(&file));
        });
        assert_eq!(parsed.rejected, [], "{}", String::from_utf8_lossy(&file));
        for format in Format::ALL {
            let options = Options {
                format: Some(*format),
                ..Options::default()
            };
            let _ = parse_with(&file, &options);
        }
    }
}

#[test]
fn every_uri_and_every_batch_is_read() {
    for file in corpus("otpauth").iter().chain(&corpus("migration")) {
        let parsed = parse(file).unwrap();
        assert_eq!((parsed.accounts.len(), parsed.rejected.len()), (1, 0));
    }
}

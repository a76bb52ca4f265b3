//! A file as of the format that its first byte names. What lies behind a KDF is the same parser as the plain file's.
#![no_main]

use authr_formats::{Format, Options, parse_with};

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    let Some((format, file)) = input.split_first() else { return };
    let options = Options {
        format: Some(Format::ALL[usize::from(*format) % Format::ALL.len()]),
        ..Options::default()
    };
    let _ = parse_with(file, &options);
});

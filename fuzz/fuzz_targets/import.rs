//! A file of whatever format, told by content, without a password: no key is derived.
#![no_main]

libfuzzer_sys::fuzz_target!(|file: &[u8]| {
    let _ = authr_formats::parse(file);
});

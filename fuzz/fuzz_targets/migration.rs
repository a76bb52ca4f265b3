//! A batch of Google's.
#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| {
    let _ = authr_otp::migration::parse(text);
});

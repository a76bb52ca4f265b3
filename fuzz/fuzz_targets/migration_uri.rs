//! The URI of a batch of Google's.
#![no_main]

authr_fuzz::fuzz_target!(|text: &str| {
    let _ = authr_otp::migration::parse(text);
});

//! The protobuf of a batch of Google's, behind its Base64.
#![no_main]

use authr_otp::migration::parse;

authr_fuzz::fuzz_target!(|payload: &[u8]| {
    let data = data_encoding::BASE64URL_NOPAD.encode(payload);
    let _ = parse(&format!("otpauth-migration://offline?data={data}"));
});

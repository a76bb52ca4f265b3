//! A URI, and what is read of it written and read again.
#![no_main]

use authr_otp::uri::{parse, render};

authr_fuzz::fuzz_target!(|text: &str| {
    let Ok(account) = parse(text) else { return };
    let Ok(uri) = render(&account) else { return };
    let again = parse(&uri).expect("what was rendered is read");
    assert!(again.otp.same_codes(&account.otp));
    assert_eq!(
        (&again.issuer, &again.label),
        (&account.issuer, &account.label)
    );
});

//! The content of a vault, behind its seal; what is read of it stays the same through a save.
#![no_main]

use authr_core::content::Content;

authr_fuzz::fuzz_target!(|bytes: &[u8]| {
    let Ok(content) = Content::decode(bytes) else {
        return;
    };
    let saved = content.encode();
    let again = Content::decode(&saved).expect("what was encoded is decoded");
    assert_eq!(again.encode().as_slice(), saved.as_slice());
});

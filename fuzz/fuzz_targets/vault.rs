//! A vault file, as it is and with the hash of its header made right: the fields of the header lie behind it.
#![no_main]

use authr_core::vault::VaultFile;
use authr_crypto::{kdf::Argon2id, mac};

authr_fuzz::fuzz_target!(|file: &[u8]| {
    let _ = VaultFile::parse(file, &Argon2id);
    let Some(length) = file.get(12..16) else {
        return;
    };
    let length = u32::from_be_bytes(length.try_into().expect("four bytes"));
    let end = 16_usize.saturating_add(usize::try_from(length).expect("64 bits"));
    let Some((covered, rest)) = file.split_at_checked(end) else {
        return;
    };
    let right = [covered, &mac::sha256(&[covered]), rest].concat();
    let _ = VaultFile::parse(&right, &Argon2id);
});

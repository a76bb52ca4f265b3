use authr_crypto::kdf::{Argon2id, KdfError, KdfParams, PasswordKdf};
use authr_crypto::mac;
use authr_crypto::random::{OsRandom, Random};
use authr_crypto::secret::{OtpSecret, Password, PasswordKey};
use authr_otp::{Kind, Name, Otp};

use super::*;
use crate::account::{Account, AccountId};
use crate::content::Content;

/// A KDF for these tests alone: the policy of Argon2id, at the price of a hash.
struct Cheap;

impl PasswordKdf for Cheap {
    fn check(&self, params: KdfParams) -> Result<(), KdfError> {
        Argon2id.check(params)
    }

    fn derive(
        &self,
        password: &Password,
        salt: &[u8; 32],
        _: KdfParams,
    ) -> Result<PasswordKey, KdfError> {
        Ok(PasswordKey::new(&mac::sha256(&[
            salt,
            password.expose_secret().as_bytes(),
        ])))
    }
}

fn account(number: u64) -> Account {
    let mut id = [0; 16];
    id[..8].copy_from_slice(&number.to_be_bytes());
    let otp = Otp {
        secret: OtpSecret::new(vec![0x5a; 20]).unwrap(),
        kind: Kind::Native,
    };
    Account::new(
        AccountId(id),
        Name::new("drchrono").unwrap(),
        Name::new("Dr. Who").unwrap(),
        otp,
        1,
    )
}

fn content(accounts: u64) -> Content {
    let mut content = Content::default();
    content.accounts.extend((0..accounts).map(account));
    content
}

fn password() -> Password {
    Password::new("correct horse")
}

fn new_vault() -> Vault {
    Vault::create(
        &password(),
        KdfParams::DEFAULT,
        content(1),
        &Cheap,
        &OsRandom,
    )
    .unwrap()
}

fn sealed() -> Vec<u8> {
    new_vault().seal(1_700_000_000, &OsRandom).unwrap().bytes
}

fn open_with(
    bytes: &[u8],
    password: &Password,
    seen: Option<Generation>,
) -> Result<Vault, OpenError> {
    VaultFile::parse(bytes, &Cheap)?
        .unlock(password, &Cheap)?
        .open(seen)
}

fn open(bytes: &[u8]) -> Result<Vault, OpenError> {
    open_with(bytes, &password(), None)
}

/// Where the header ends.
fn header_end(bytes: &[u8]) -> usize {
    16 + usize::try_from(u32::from_be_bytes(bytes[12..16].try_into().unwrap())).unwrap()
}

/// The file with another header and a hash that fits it, as anybody can make.
fn with_header(bytes: &[u8], header: &[u8]) -> Vec<u8> {
    let mut changed = bytes[..12].to_vec();
    changed.extend_from_slice(&u32::try_from(header.len()).unwrap().to_be_bytes());
    changed.extend_from_slice(header);
    let hash = mac::sha256(&[&changed]);
    changed.extend_from_slice(&hash);
    changed.extend_from_slice(&bytes[header_end(bytes) + 32..]);
    changed
}

fn header(bytes: &[u8]) -> Vec<u8> {
    bytes[16..header_end(bytes)].to_vec()
}

fn field(tag: u16, value: &[u8]) -> Vec<u8> {
    [
        &tag.to_be_bytes()[..],
        &u32::try_from(value.len()).unwrap().to_be_bytes(),
        value,
    ]
    .concat()
}

/// Where a slot's body starts in the header: after saved_at, vault id, generation, salt and the field's own head.
const SLOT_AT: usize = (6 + 8) + (6 + 16) + (6 + 8) + (6 + 32) + 6;

#[test]
fn what_was_sealed_opens_with_its_password_alone() {
    let bytes = sealed();
    let vault = open(&bytes).unwrap();
    assert_eq!(vault.content.accounts.len(), 1);
    assert_eq!(vault.content.accounts[0].name(), "drchrono:Dr. Who");
    assert_eq!(vault.header().generation, Generation::FIRST);
    assert_eq!(vault.header().saved_at, 1_700_000_000);
    let wrong = open_with(&bytes, &Password::new("incorrect horse"), None);
    assert_eq!(wrong.err(), Some(OpenError::NoSlotOpened));
}

#[test]
fn every_flipped_bit_is_refused_and_never_called_a_wrong_password() {
    let bytes = sealed();
    for byte in 0..bytes.len() {
        for bit in 0..8 {
            let mut changed = bytes.clone();
            changed[byte] ^= 1 << bit;
            let error = open(&changed)
                .err()
                .unwrap_or_else(|| panic!("byte {byte} bit {bit} opens"));
            assert_ne!(error, OpenError::NoSlotOpened, "byte {byte} bit {bit}");
        }
    }
}

#[test]
fn every_truncation_and_every_trailing_byte_is_refused() {
    let bytes = sealed();
    for cut in 0..bytes.len() {
        let error = open(&bytes[..cut])
            .err()
            .unwrap_or_else(|| panic!("cut at {cut} opens"));
        let expected = if cut < 8 { OpenError::NotAVault } else { error };
        assert_eq!(error, expected);
        assert!(
            matches!(error, OpenError::NotAVault | OpenError::Malformed { .. }),
            "cut at {cut}: {error:?}"
        );
    }
    let longer = [&bytes[..], &[0]].concat();
    assert!(matches!(
        open(&longer).err(),
        Some(OpenError::Malformed {
            section: Section::Payload,
            ..
        })
    ));
}

#[test]
fn each_damaged_section_is_named() {
    let bytes = sealed();
    let end = header_end(&bytes);
    let damaged = |at: usize| {
        let mut changed = bytes.clone();
        changed[at] ^= 1;
        open(&changed).err().unwrap()
    };
    assert_eq!(damaged(0), OpenError::NotAVault);
    assert_eq!(
        damaged(9),
        OpenError::UnsupportedVersion { major: 0, minor: 0 }
    );
    assert_eq!(
        damaged(20),
        OpenError::Tampered {
            section: Section::Header
        }
    );
    assert_eq!(
        damaged(end),
        OpenError::Tampered {
            section: Section::Header
        }
    );
    assert_eq!(
        damaged(end + 32),
        OpenError::Tampered {
            section: Section::Header
        }
    );
    assert_eq!(
        damaged(end + 64),
        OpenError::Tampered {
            section: Section::Payload
        }
    );
    assert_eq!(
        damaged(end + MIDDLE_BYTES),
        OpenError::Tampered {
            section: Section::Payload
        }
    );
    // A wrapped key that was changed, under a hash that fits: the commitment holds, the AEAD does not.
    let mut changed = header(&bytes);
    *changed.last_mut().unwrap() ^= 1;
    assert_eq!(
        open(&with_header(&bytes, &changed)).err(),
        Some(OpenError::Tampered {
            section: Section::Slot
        })
    );
}

#[test]
fn a_changed_header_with_a_fitting_hash_is_tampered() {
    let bytes = sealed();
    for at in 6..14 {
        let mut changed = header(&bytes);
        changed[at] ^= 1; // saved_at
        assert_eq!(
            open(&with_header(&bytes, &changed)).err(),
            Some(OpenError::Tampered {
                section: Section::Header
            })
        );
    }
    let added = [field(0x7fff, b"more"), Vec::new()].concat();
    let mut changed = header(&bytes);
    changed.splice(14..14, added);
    assert_eq!(
        open(&with_header(&bytes, &changed)).err(),
        Some(OpenError::Tampered {
            section: Section::Header
        })
    );
}

#[test]
fn a_slot_of_another_vault_opens_nothing() {
    let (ours, theirs) = (sealed(), sealed());
    let mut changed = header(&ours);
    changed.truncate(SLOT_AT - 6);
    changed.extend_from_slice(&header(&theirs)[SLOT_AT - 6..]);
    assert_eq!(
        open(&with_header(&ours, &changed)).err(),
        Some(OpenError::NoSlotOpened)
    );
}

#[test]
fn a_payload_of_another_generation_is_tampered() {
    let mut vault = new_vault();
    let first = vault.seal(1, &OsRandom).unwrap().bytes;
    vault = open(&first).unwrap();
    let second = vault.seal(2, &OsRandom).unwrap().bytes;
    let mixed = [
        &second[..header_end(&second) + 64],
        &first[header_end(&first) + 64..],
    ]
    .concat();
    assert_eq!(
        open(&mixed).err(),
        Some(OpenError::Tampered {
            section: Section::Payload
        })
    );
}

#[test]
fn parameters_outside_the_policy_are_refused_before_any_derivation() {
    struct Never;
    impl PasswordKdf for Never {
        fn check(&self, params: KdfParams) -> Result<(), KdfError> {
            Argon2id.check(params)
        }
        fn derive(
            &self,
            _: &Password,
            _: &[u8; 32],
            _: KdfParams,
        ) -> Result<PasswordKey, KdfError> {
            panic!("derived")
        }
    }
    let bytes = sealed();
    for (memory_kib, passes, lanes, expected) in [
        (64 * 1024 - 1, 3u32, 4u32, OpenError::KdfTooWeak),
        (128 * 1024, 2, 4, OpenError::KdfTooWeak),
        (1024 * 1024 + 1, 3, 4, OpenError::KdfTooExpensive),
        (128 * 1024, 17, 4, OpenError::KdfTooExpensive),
        (1024 * 1024, 5, 4, OpenError::KdfTooExpensive),
        (u32::MAX, u32::MAX, u32::MAX, OpenError::KdfTooExpensive),
    ] {
        let memory_kib: u32 = memory_kib;
        let mut changed = header(&bytes);
        let params = [
            memory_kib.to_be_bytes(),
            passes.to_be_bytes(),
            lanes.to_be_bytes(),
        ]
        .concat();
        changed[SLOT_AT + 2..SLOT_AT + 14].copy_from_slice(&params);
        assert_eq!(
            VaultFile::parse(&with_header(&bytes, &changed), &Never).err(),
            Some(expected)
        );
    }
}

#[test]
fn weaker_parameters_within_the_policy_are_a_wrong_password_not_a_cheaper_guess() {
    let bytes = sealed();
    let mut changed = header(&bytes);
    changed[SLOT_AT + 2..SLOT_AT + 6].copy_from_slice(&(64u32 * 1024).to_be_bytes());
    assert_eq!(
        open(&with_header(&bytes, &changed)).err(),
        Some(OpenError::NoSlotOpened)
    );
}

#[test]
fn sixteen_slots_are_allowed_and_seventeen_are_malformed() {
    let bytes = sealed();
    let slot = header(&bytes)[SLOT_AT - 6..].to_vec();
    let with = |more: usize| with_header(&bytes, &[header(&bytes), slot.repeat(more)].concat());
    // The MAC no longer fits, which is told only after the fields were read.
    assert_eq!(
        open(&with(15)).err(),
        Some(OpenError::Tampered {
            section: Section::Header
        })
    );
    assert!(matches!(
        open(&with(16)).err(),
        Some(OpenError::Malformed {
            section: Section::Header,
            ..
        })
    ));
    let none = header(&bytes)[..SLOT_AT - 6].to_vec();
    assert!(matches!(
        open(&with_header(&bytes, &none)).err(),
        Some(OpenError::Malformed { .. })
    ));
}

#[test]
fn at_most_four_password_slots_are_tried() {
    let bytes = sealed();
    let mut wrong = header(&bytes)[SLOT_AT - 6..].to_vec();
    wrong[6 + 14] ^= 1; // the KDF salt
    let before = |count: usize| {
        let mut changed = header(&bytes);
        changed.splice(SLOT_AT - 6..SLOT_AT - 6, wrong.repeat(count));
        open(&with_header(&bytes, &changed)).err()
    };
    assert_eq!(
        before(3),
        Some(OpenError::Tampered {
            section: Section::Header
        })
    );
    assert_eq!(before(4), Some(OpenError::NoSlotOpened));
}

#[test]
fn lengths_above_the_limits_are_too_large_before_they_are_believed() {
    let bytes = sealed();
    let mut changed = bytes.clone();
    changed[12..16].copy_from_slice(&(64u32 * 1024 + 1).to_be_bytes());
    assert_eq!(open(&changed).err(), Some(OpenError::TooLarge));
    let mut changed = bytes.clone();
    let at = header_end(&bytes) + 96;
    changed[at..at + 8].copy_from_slice(&(16u64 * 1024 * 1024 + 1).to_be_bytes());
    assert_eq!(open(&changed).err(), Some(OpenError::TooLarge));
    assert_eq!(
        open(&vec![0; MAX_FILE_BYTES + 1]).err(),
        Some(OpenError::TooLarge)
    );
}

#[test]
fn a_newer_minor_version_is_carried_along_and_its_critical_fields_are_refused() {
    let vault = new_vault();
    let bytes = vault.seal(1, &OsRandom).unwrap().bytes;
    let mut newer = header(&bytes);
    newer.splice(14..14, field(2, b"from the future"));
    let forged = remade(&vault, &newer, 3, &content(1).encode());
    let opened = open(&forged).unwrap();
    let again = opened.seal(2, &OsRandom).unwrap().bytes;
    assert_eq!(u16::from_be_bytes([again[10], again[11]]), 3);
    assert!(again.windows(15).any(|window| window == b"from the future"));
    assert!(open(&again).is_ok());

    let critical = [header(&bytes), field(0x8005, b"x")].concat();
    let refused = open(&remade(&vault, &critical, 3, &content(1).encode())).err();
    assert_eq!(
        refused,
        Some(OpenError::UnsupportedVersion { major: 1, minor: 3 })
    );

    let inside = [
        field(9, b"content from the future"),
        content(1).encode().to_vec(),
    ]
    .concat();
    let opened = open(&remade(&vault, &header(&bytes), 1, &inside)).unwrap();
    assert_eq!(opened.content.encode().as_slice(), inside);
    let critical = [content(1).encode().to_vec(), field(0x8fff, b"x")].concat();
    let refused = open(&remade(&vault, &header(&bytes), 1, &critical)).err();
    assert_eq!(
        refused,
        Some(OpenError::UnsupportedVersion { major: 1, minor: 1 })
    );
}

/// A file that a holder of the key wrote, with any header fields and any content.
fn remade(vault: &Vault, fields: &[u8], minor: u16, content: &[u8]) -> Vec<u8> {
    let parsed = Header::decode(fields);
    let mut bytes = [&MAGIC[..], &MAJOR.to_be_bytes(), &minor.to_be_bytes()].concat();
    bytes.extend_from_slice(&u32::try_from(fields.len()).unwrap().to_be_bytes());
    bytes.extend_from_slice(fields);
    let hash = mac::sha256(&[&bytes]);
    bytes.extend_from_slice(&hash);
    let Ok(header) = parsed else {
        return [bytes, vec![0; 72]].concat();
    };
    bytes.extend_from_slice(&read::header_mac(
        &vault.key,
        header.vault_id,
        &bytes.clone(),
    ));
    let key = read::payload_key(&vault.key, &header);
    bytes.extend_from_slice(key.commitment());
    let payload = key.seal(&bytes, padding::pad(content));
    bytes.extend_from_slice(&u64::try_from(payload.len()).unwrap().to_be_bytes());
    [bytes, payload].concat()
}

#[test]
fn an_account_twice_or_malformed_inside_an_intact_payload_is_malformed_content() {
    let vault = new_vault();
    let fields = header(&vault.seal(1, &OsRandom).unwrap().bytes);
    let one = content(1).encode().to_vec();
    let twice = [one.clone(), one.clone()].concat();
    for bad in [
        twice,
        field(0x8001, b"no account"),
        one[..one.len() - 1].to_vec(),
    ] {
        let error = open(&remade(&vault, &fields, 0, &bad)).err();
        assert!(
            matches!(
                error,
                Some(OpenError::Malformed {
                    section: Section::Content,
                    ..
                })
            ),
            "{error:?}"
        );
    }
}

#[test]
fn an_older_generation_than_was_seen_is_a_rollback() {
    let vault = open(&sealed()).unwrap();
    let second = vault.seal(2, &OsRandom).unwrap().bytes;
    let seen = Generation::new(3);
    let error = open_with(&second, &password(), seen).err();
    let found = Generation::new(2).unwrap();
    assert_eq!(
        error,
        Some(OpenError::Rollback {
            found,
            seen: seen.unwrap()
        })
    );
    assert!(open_with(&second, &password(), Generation::new(2)).is_ok());
}

#[test]
fn after_a_password_change_the_old_password_opens_nothing_and_the_old_key_neither() {
    let mut vault = open(&sealed()).unwrap();
    let old_key = vault.key().duplicate();
    let new = Password::new("battery staple");
    vault
        .change_password(&new, KdfParams::DEFAULT, &Cheap, &OsRandom)
        .unwrap();
    let bytes = vault.seal(2, &OsRandom).unwrap().bytes;
    assert!(open_with(&bytes, &new, None).is_ok());
    assert_eq!(open(&bytes).err(), Some(OpenError::NoSlotOpened));
    let with_old_key = VaultFile::parse(&bytes, &Cheap)
        .unwrap()
        .unlock_with_key(old_key)
        .open(None);
    assert_eq!(
        with_old_key.err(),
        Some(OpenError::Tampered {
            section: Section::Header
        })
    );
}

#[test]
fn ten_thousand_accounts_fit_and_one_more_does_not() {
    let mut vault = new_vault();
    vault.content = content(10_000);
    let bytes = vault.seal(1, &OsRandom).unwrap().bytes;
    assert_eq!(open(&bytes).unwrap().content.accounts.len(), 10_000);
    let one_more = content(10_001);
    assert!(Content::decode(&one_more.encode()).is_err());
    vault.content = one_more;
    assert_eq!(
        vault.seal(1, &OsRandom).err(),
        Some(SealError::TooManyAccounts)
    );
}

#[test]
fn content_beyond_the_payload_limit_is_not_sealed() {
    let mut vault = new_vault();
    vault.content = content(4_096);
    for account in &mut vault.content.accounts {
        account.note = crate::account::Note::new("n".repeat(4096)).unwrap();
    }
    assert_eq!(vault.seal(1, &OsRandom).err(), Some(SealError::TooLarge));
}

#[test]
fn a_backup_opens_with_the_same_password_and_holds_no_native_seed() {
    let mut vault = open(&sealed()).unwrap();
    let mut own = account(7);
    own.otp.kind = Kind::Totp {
        algorithm: authr_otp::Algorithm::Sha1,
        digits: authr_otp::Digits::SIX,
        period: authr_otp::Period::THIRTY,
    };
    vault.content.accounts.push(own);
    let backup = open(&vault.seal_backup(5, &OsRandom).unwrap().bytes).unwrap();
    assert_eq!(backup.content.accounts.len(), 1);
    assert!(!backup.content.accounts[0].is_native());
    assert_eq!(backup.header().vault_id, vault.header().vault_id);
}

#[test]
fn each_save_draws_a_new_payload_salt() {
    let vault = open(&sealed()).unwrap();
    let (one, other) = (
        vault.seal(1, &OsRandom).unwrap(),
        vault.seal(1, &OsRandom).unwrap(),
    );
    assert_ne!(one.header_mac, other.header_mac);
    let random: &dyn Random = &OsRandom;
    assert_ne!(random.bytes::<32>(), random.bytes::<32>());
}

use authr_crypto::secret::{KeyringSecret, RecoveryCode};

use super::*;

fn code(byte: u8) -> RecoveryCode {
    RecoveryCode::new(&[byte; 20])
}

fn keyring(byte: u8) -> KeyringSecret {
    KeyringSecret::new(&[byte; 32])
}

fn with_code(bytes: &[u8], byte: u8) -> Result<Vault, OpenError> {
    VaultFile::parse(bytes, &Cheap)?
        .unlock_with_recovery(&code(byte))?
        .open(None)
}

fn with_keyring(bytes: &[u8], byte: u8) -> Result<Vault, OpenError> {
    VaultFile::parse(bytes, &Cheap)?
        .unlock_with_keyring(&keyring(byte))?
        .open(None)
}

/// A vault with all three kinds of slots.
fn three() -> Vec<u8> {
    let mut vault = open(&sealed()).unwrap();
    vault.set_recovery(&code(1), &OsRandom).unwrap();
    vault.set_keyring(Some(&keyring(1)), &OsRandom).unwrap();
    vault.seal(2, &OsRandom).unwrap().bytes
}

#[test]
fn each_of_the_three_ways_opens_the_same_content_and_no_other_secret_does() {
    let bytes = three();
    let accounts = |vault: Vault| vault.content.accounts.len();
    assert_eq!(open(&bytes).map(accounts).ok(), Some(1));
    assert_eq!(with_code(&bytes, 1).map(accounts).ok(), Some(1));
    assert_eq!(with_keyring(&bytes, 1).map(accounts).ok(), Some(1));
    assert_eq!(
        with_code(&bytes, 2).err(),
        Some(OpenError::NoRecoverySlotOpened)
    );
    assert_eq!(
        with_keyring(&bytes, 2).err(),
        Some(OpenError::NoKeyringSlotOpened)
    );
}

#[test]
fn a_slot_of_one_kind_is_not_opened_as_another() {
    let mut vault = open(&sealed()).unwrap();
    vault.set_recovery(&code(1), &OsRandom).unwrap();
    let bytes = vault.seal(2, &OsRandom).unwrap().bytes;
    let mut changed = header(&bytes);
    let slot = changed.len() - 114;
    changed[slot + 1] = 3;
    assert_eq!(
        with_keyring(&with_header(&bytes, &changed), 1).err(),
        Some(OpenError::NoKeyringSlotOpened)
    );
    assert_eq!(
        with_code(&with_header(&bytes, &changed), 1).err(),
        Some(OpenError::NoRecoverySlotOpened)
    );
}

#[test]
fn slots_are_carried_byte_for_byte_through_a_save_that_has_the_key_alone() {
    let bytes = three();
    let slots = |bytes: &[u8]| header(bytes)[SLOT_AT - 6..].to_vec();
    let key = open(&bytes).unwrap().key().duplicate();
    let file = VaultFile::parse(&bytes, &Cheap).unwrap();
    let vault = file.unlock_with_key(key).open(None).unwrap();
    let again = vault.seal(3, &OsRandom).unwrap().bytes;
    assert_eq!(slots(&again), slots(&bytes));
    assert!(open(&again).is_ok() && with_code(&again, 1).is_ok());
}

#[test]
fn a_new_recovery_code_ends_the_one_before_and_a_new_password_ends_both_others() {
    let mut vault = open(&three()).unwrap();
    vault.set_recovery(&code(2), &OsRandom).unwrap();
    let bytes = vault.seal(3, &OsRandom).unwrap().bytes;
    assert!(with_code(&bytes, 1).is_err() && with_code(&bytes, 2).is_ok());
    assert!(with_keyring(&bytes, 1).is_ok());
    vault.set_keyring(None, &OsRandom).unwrap();
    let bytes = vault.seal(3, &OsRandom).unwrap().bytes;
    assert!(with_keyring(&bytes, 1).is_err() && with_code(&bytes, 2).is_ok());
    let params = KdfParams::DEFAULT;
    vault
        .change_password(&password(), params, &Cheap, &OsRandom)
        .unwrap();
    let bytes = vault.seal(4, &OsRandom).unwrap().bytes;
    assert!(open(&bytes).is_ok() && with_code(&bytes, 2).is_err());
}

#[test]
fn a_backup_opens_with_password_and_recovery_code_and_with_no_keyring() {
    let bytes = open(&three()).unwrap();
    let bytes = bytes.seal_backup(3, &OsRandom).unwrap().bytes;
    assert!(open(&bytes).is_ok() && with_code(&bytes, 1).is_ok());
    assert!(with_keyring(&bytes, 1).is_err());
}

#[test]
fn a_known_slot_of_another_length_is_malformed_and_an_unknown_kind_is_carried_along() {
    let bytes = three();
    let (before, keyring) = {
        let fields = header(&bytes);
        let (before, keyring) = fields.split_at(fields.len() - 114);
        (before[..before.len() - 6].to_vec(), keyring.to_vec())
    };
    for slot in [&keyring[..113], &[&keyring[..], &[0]].concat()] {
        let changed = [before.clone(), field(0x8004, slot)].concat();
        assert!(matches!(
            open(&with_header(&bytes, &changed)).err(),
            Some(OpenError::Malformed {
                section: Section::Header,
                ..
            })
        ));
    }
    let vault = open(&bytes).unwrap();
    let unknown = field(0x8004, b"\x7f\xffa slot of the future");
    let fields = [header(&bytes), unknown].concat();
    let newer = remade(&vault, &fields, 0, &content(1).encode());
    let again = open(&newer).unwrap().seal(9, &OsRandom).unwrap().bytes;
    assert!(header(&again).ends_with(b"\x7f\xffa slot of the future"));
}

#[test]
fn a_seventeenth_slot_is_not_made() {
    let vault = new_vault();
    let own = vault.seal(1, &OsRandom).unwrap().bytes;
    let slot = header(&own)[SLOT_AT - 6..].to_vec();
    let fields = [header(&own), slot.repeat(15)].concat();
    let full = remade(&vault, &fields, 0, &content(1).encode());
    let mut full = open(&full).unwrap();
    assert_eq!(
        full.set_recovery(&code(1), &OsRandom),
        Err(SealError::TooManySlots)
    );
}

#[test]
fn a_password_slot_that_became_cheap_is_wrapped_anew_and_the_others_stay() {
    let cheap = KdfParams::FLOOR;
    let vault = Vault::create(&password(), cheap, content(1), &Cheap, &OsRandom).unwrap();
    let mut vault = open(&vault.seal(1, &OsRandom).unwrap().bytes).unwrap();
    vault.set_recovery(&code(1), &OsRandom).unwrap();
    let mut vault = open(&vault.seal(2, &OsRandom).unwrap().bytes).unwrap();
    assert!(vault.is_cheaper_than(KdfParams::DEFAULT) && !vault.is_cheaper_than(cheap));
    vault
        .rewrap(&password(), KdfParams::DEFAULT, &Cheap, &OsRandom)
        .unwrap();
    let bytes = vault.seal(3, &OsRandom).unwrap().bytes;
    let dear = open(&bytes).unwrap();
    assert!(!dear.is_cheaper_than(KdfParams::DEFAULT));
    assert_eq!(dear.header().slots.len(), 2);
    assert!(dear.key().ct_eq(vault.key()));
    // Opened by the code, the password is not known: nothing is due.
    let by_code = with_code(&bytes, 1).unwrap();
    assert!(!by_code.is_cheaper_than(KdfParams::CEILING));
}

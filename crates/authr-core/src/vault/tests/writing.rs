use super::*;

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
fn a_change_under_way_opens_with_both_passwords_and_ends_with_the_one_that_stays() {
    let (new, old) = (Password::new("battery staple"), password());
    for (stays, opens) in [(Stays::New, [true, false]), (Stays::Old, [false, true])] {
        let mut vault = open(&sealed()).unwrap();
        let old_key = vault.key().duplicate();
        vault
            .begin_password_change(&new, &old, KdfParams::DEFAULT, &Cheap, &OsRandom)
            .unwrap();
        assert!(!vault.key().ct_eq(&old_key));
        let bytes = vault.seal(2, &OsRandom).unwrap().bytes;
        assert!(open_with(&bytes, &new, None).is_ok());
        // Whichever password opens it can end the change.
        let mut vault = open(&bytes).unwrap();
        assert!(vault.is_changing_password());
        vault.end_password_change(stays);
        let bytes = vault.seal(3, &OsRandom).unwrap().bytes;
        let opened = [&new, &old].map(|password| open_with(&bytes, password, None).is_ok());
        assert_eq!(opened, opens);
        let mut vault = open_with(&bytes, if opens[0] { &new } else { &old }, None).unwrap();
        vault.end_password_change(Stays::Old);
        assert_eq!(vault.header().slots.len(), 1, "there is nothing to end");
    }
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

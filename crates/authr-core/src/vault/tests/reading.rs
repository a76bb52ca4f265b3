use super::*;

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
fn a_trailing_byte_is_refused() {
    let longer = [&sealed()[..], &[0]].concat();
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

//! A reference vault of 2 KiB with each of its bits turned, and cut at each of its bytes.

use std::cell::RefCell;
use std::collections::HashMap;

use authr_crypto::secret::{KeyringSecret, RecoveryCode};

use super::*;

/// Argon2id itself, which remembers what it derived: most bits of a slot do not change the derivation.
#[derive(Default)]
struct Remembering(RefCell<HashMap<SaltAndCost, PasswordKey>>);

type SaltAndCost = ([u8; 32], [u32; 3]);

impl PasswordKdf for Remembering {
    fn check(&self, params: KdfParams) -> Result<(), KdfError> {
        Argon2id.check(params)
    }

    fn derive(
        &self,
        password: &Password,
        salt: &[u8; 32],
        params: KdfParams,
    ) -> Result<PasswordKey, KdfError> {
        let cost = [params.memory_kib, params.passes, params.lanes];
        let mut known = self.0.borrow_mut();
        if let Some(key) = known.get(&(*salt, cost)) {
            return Ok(key.duplicate());
        }
        let key = Argon2id.derive(password, salt, params)?;
        known.insert((*salt, cost), key.duplicate());
        Ok(key)
    }
}

/// One slot of each kind; the accounts fill it up.
fn reference(kdf: &dyn PasswordKdf) -> Vec<u8> {
    let mut vault =
        Vault::create(&password(), KdfParams::FLOOR, content(13), kdf, &OsRandom).unwrap();
    vault
        .set_recovery(&RecoveryCode::new(&[1; 20]), &OsRandom)
        .unwrap();
    vault
        .set_keyring(Some(&KeyringSecret::new(&[1; 32])), &OsRandom)
        .unwrap();
    let bytes = vault.seal(1_700_000_000, &OsRandom).unwrap().bytes;
    assert!((2048..2304).contains(&bytes.len()), "{}", bytes.len());
    bytes
}

fn tampered(section: Section) -> OpenError {
    OpenError::Tampered { section }
}

/// Whether the class is one that damage at this byte may have.
fn is_allowed(error: OpenError, at: usize, end: usize) -> bool {
    use OpenError::{Malformed, NotAVault, TooLarge, UnsupportedVersion};
    if at < 8 {
        error == NotAVault
    } else if at < 10 {
        matches!(error, UnsupportedVersion { .. })
    } else if (12..16).contains(&at) {
        matches!(
            error,
            TooLarge
                | Malformed {
                    section: Section::Header,
                    ..
                }
        ) || error == tampered(Section::Header)
    } else if at < end + 64 {
        error == tampered(Section::Header)
    } else if (end + 96..end + 104).contains(&at) {
        matches!(
            error,
            TooLarge
                | Malformed {
                    section: Section::Payload,
                    ..
                }
        )
    } else {
        error == tampered(Section::Payload)
    }
}

#[test]
fn every_flipped_bit_of_two_kib_is_refused_with_the_class_of_its_place() {
    let bytes = reference(&Cheap);
    let end = header_end(&bytes);
    for at in 0..bytes.len() {
        for bit in 0..8 {
            let mut changed = bytes.clone();
            changed[at] ^= 1 << bit;
            let error = open(&changed).err();
            let error = error.unwrap_or_else(|| panic!("byte {at} bit {bit} opens"));
            assert!(is_allowed(error, at, end), "byte {at} bit {bit}: {error:?}");
        }
    }
}

#[test]
fn every_truncation_of_two_kib_is_refused_as_cut_off() {
    let bytes = reference(&Cheap);
    for cut in 0..bytes.len() {
        let error = open(&bytes[..cut]).err();
        let is_cut = match error {
            Some(OpenError::NotAVault) => cut < 8,
            Some(OpenError::Malformed { .. }) => cut >= 8,
            _ => false,
        };
        assert!(is_cut, "cut at {cut}: {error:?}");
    }
}

// The hash finds chance; here someone made a hash that fits, so that the slots themselves must refuse.
#[test]
fn every_flipped_bit_of_the_slots_under_a_hash_that_fits_is_refused_by_the_real_kdf() {
    let kdf = Remembering::default();
    let bytes = reference(&kdf);
    let fields = header(&bytes);
    let (recovery, keyring) = (RecoveryCode::new(&[1; 20]), KeyringSecret::new(&[1; 32]));
    let kdf_salt = SLOT_AT + 14..SLOT_AT + 46;
    for at in SLOT_AT - 6..fields.len() {
        for bit in 0..8 {
            // Each bit of the salt is a derivation of its own: one of each byte.
            if kdf_salt.contains(&at) && bit != at % 8 {
                continue;
            }
            let mut changed = fields.clone();
            changed[at] ^= 1 << bit;
            let changed = with_header(&bytes, &changed);
            let parse = || VaultFile::parse(&changed, &kdf);
            let ways = [
                parse().and_then(|file| file.unlock(&password(), &kdf)),
                parse().and_then(|file| file.unlock_with_recovery(&recovery)),
                parse().and_then(|file| file.unlock_with_keyring(&keyring)),
            ];
            for (way, opened) in ways.into_iter().enumerate() {
                let error = opened.and_then(|unlocked| unlocked.open(None)).err();
                let refused = matches!(
                    error,
                    Some(
                        OpenError::Malformed {
                            section: Section::Header,
                            ..
                        } | OpenError::UnsupportedVersion { .. }
                            | OpenError::KdfTooWeak
                            | OpenError::KdfTooExpensive
                            | OpenError::NoSlotOpened
                            | OpenError::NoRecoverySlotOpened
                            | OpenError::NoKeyringSlotOpened
                            | OpenError::Tampered {
                                section: Section::Slot | Section::Header
                            }
                    )
                );
                assert!(refused, "byte {at} bit {bit} way {way}: {error:?}");
            }
        }
    }
}

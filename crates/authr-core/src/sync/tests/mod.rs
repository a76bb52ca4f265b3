//! Laws of the merge, and devices that sync.

mod cases;
mod devices;
mod laws;

use authr_crypto::secret::OtpSecret;
use authr_otp::{Algorithm, Counter, Digits, Kind, Name, Otp};

use super::*;
use crate::account::{Account, AccountId};

const NOW: u64 = 1_790_000_000;

/// An account that counts, with a secret that this number alone makes.
fn account(id: u8, label: &str, secret: u32, counter: u64) -> Account {
    let label = Name::new(label).unwrap();
    Account::new(
        AccountId([id; 16]),
        Name::default(),
        label,
        otp(secret, counter),
        NOW,
    )
}

fn otp(secret: u32, counter: u64) -> Otp {
    Otp {
        secret: OtpSecret::new(secret.to_be_bytes().repeat(5)).unwrap(),
        kind: Kind::Hotp {
            algorithm: Algorithm::Sha1,
            digits: Digits::SIX,
            counter: Counter::new(counter).unwrap(),
        },
    }
}

fn secret_of(secret: &OtpSecret) -> u32 {
    u32::from_be_bytes(*secret.expose_secret().first_chunk().unwrap())
}

fn stamp(clock: u64) -> Stamp {
    Stamp {
        clock,
        author: [1; 16],
    }
}

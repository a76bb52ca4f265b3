//! Tests of the vault file: what a reader refuses, and what a writer writes.

mod flips;
mod reading;
mod slots;
mod writing;

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

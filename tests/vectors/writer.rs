//! A second writer of the format, from vault-format.md: it also writes what no program should.

use authr_crypto::aead::MessageKey;
use authr_crypto::derive::{Info, key};
use authr_crypto::kdf::{Argon2id, KdfParams, PasswordKdf};
use authr_crypto::mac::{hmac_sha256, sha256};
use authr_crypto::secret::{KeyMaterial, KeyringSecret, Password, RecoveryCode, VaultKey};
use zeroize::Zeroizing;

pub(crate) const CODE: [u8; 20] = *b"twenty bytes of code";
pub(crate) const CODE_TEXT: &str = "EHVP-AVKM-F4G6-4YBM-CNSJ-0VV6-41HP-YS35-7";
pub(crate) const KEYRING: [u8; 32] = *b"the keyring keeps these 32 bytes";
pub(crate) const PASSWORD: &str = "sunlit-harbour-quarry-lemon-41";
/// The cheapest cost that is opened.
pub(crate) const FLOOR: [u32; 3] = [64 * 1024, 3, 1];

pub(crate) const VAULT_ID: [u8; 16] = *b"id of the vault.";
pub(crate) const GENERATION: u64 = 7;
pub(crate) const SAVED_AT: u64 = 1_763_985_600;

/// 32 bytes that are the same in each run.
pub(crate) fn salt(name: &str) -> [u8; 32] {
    sha256(&[b"authr vault vector", name.as_bytes()])
}

pub(crate) fn vault_key() -> VaultKey {
    VaultKey::new(&salt("vault key"))
}

pub(crate) fn field(tag: u16, value: &[u8]) -> Vec<u8> {
    let length = u32::try_from(value.len()).unwrap();
    [&tag.to_be_bytes()[..], &length.to_be_bytes(), value].concat()
}

/// A list of fields.
pub(crate) fn fields(list: &[(u16, Vec<u8>)]) -> Vec<u8> {
    list.iter()
        .flat_map(|(tag, value)| field(*tag, value))
        .collect()
}

fn wrap(
    mut bound: Vec<u8>,
    secret: &impl KeyMaterial,
    wrap_salt: [u8; 32],
    vk: &VaultKey,
) -> Vec<u8> {
    bound.extend_from_slice(&wrap_salt);
    let info = Info::new("authr/1/vault/slot")
        .bytes(&VAULT_ID)
        .bytes(&bound);
    let wrap = MessageKey::derive(secret, &wrap_salt, &info);
    let commitment = *wrap.commitment();
    let wrapped = wrap.seal(&[], Zeroizing::new(vk.expose_secret().to_vec()));
    [&bound[..], &commitment, &wrapped].concat()
}

/// The head of a password slot, up to its KDF salt.
pub(crate) fn password_head(cost: [u32; 3], kdf_salt: [u8; 32]) -> Vec<u8> {
    let mut head = 1u16.to_be_bytes().to_vec();
    for number in cost {
        head.extend_from_slice(&number.to_be_bytes());
    }
    [head, kdf_salt.to_vec()].concat()
}

pub(crate) fn password_slot(password: &str, cost: [u32; 3]) -> Vec<u8> {
    let [memory_kib, passes, lanes] = cost;
    let params = KdfParams {
        memory_kib,
        passes,
        lanes,
    };
    let kdf_salt = salt("kdf salt");
    let secret = Argon2id
        .derive(&Password::new(password), &kdf_salt, params)
        .unwrap();
    wrap(
        password_head(cost, kdf_salt),
        &secret,
        salt("wrap salt"),
        &vault_key(),
    )
}

/// A password slot that no password opens: its cost is stated, and was not paid.
pub(crate) fn password_slot_unpaid(cost: [u32; 3]) -> Vec<u8> {
    wrap(
        password_head(cost, salt("kdf salt")),
        &VaultKey::new(&salt("no password")),
        salt("wrap salt"),
        &vault_key(),
    )
}

pub(crate) fn recovery_slot(vk: &VaultKey) -> Vec<u8> {
    let kind = 2u16.to_be_bytes().to_vec();
    wrap(
        kind,
        &RecoveryCode::new(&CODE),
        salt("recovery wrap salt"),
        vk,
    )
}

pub(crate) fn keyring_slot() -> Vec<u8> {
    let kind = 3u16.to_be_bytes().to_vec();
    wrap(
        kind,
        &KeyringSecret::new(&KEYRING),
        salt("keyring wrap salt"),
        &vault_key(),
    )
}

/// A vault as a holder of its key writes it.
pub(crate) struct Draft {
    pub(crate) major: u16,
    pub(crate) minor: u16,
    pub(crate) generation: u64,
    pub(crate) slots: Vec<Vec<u8>>,
    /// The fields of the header, where they are not the usual ones.
    pub(crate) header: Option<Vec<u8>>,
    pub(crate) content: Vec<u8>,
    /// What is encrypted, where it is not the padded content.
    pub(crate) padded: Option<Vec<u8>>,
    /// What the payload is bound to beside the file itself.
    pub(crate) aad_more: &'static [u8],
}

impl Draft {
    /// One recovery slot and this content.
    pub(crate) fn new(content: Vec<u8>) -> Self {
        Self {
            major: 1,
            minor: 0,
            generation: GENERATION,
            slots: vec![recovery_slot(&vault_key())],
            header: None,
            content,
            padded: None,
            aad_more: b"",
        }
    }

    pub(crate) fn slots(mut self, slots: &[Vec<u8>]) -> Self {
        self.slots = slots.to_vec();
        self
    }

    pub(crate) fn header_fields(&self) -> Vec<(u16, Vec<u8>)> {
        let mut list = vec![
            (0x0001, SAVED_AT.to_be_bytes().to_vec()),
            (0x8001, VAULT_ID.to_vec()),
            (0x8002, self.generation.to_be_bytes().to_vec()),
            (0x8003, salt("payload salt").to_vec()),
        ];
        list.extend(self.slots.iter().map(|slot| (0x8004, slot.clone())));
        list
    }

    pub(crate) fn write(&self) -> Vec<u8> {
        self.write_with(&vault_key())
    }

    pub(crate) fn write_with(&self, vk: &VaultKey) -> Vec<u8> {
        let header = self
            .header
            .clone()
            .unwrap_or_else(|| fields(&self.header_fields()));
        let mut bytes = b"AUTHRVLT".to_vec();
        bytes.extend_from_slice(&self.major.to_be_bytes());
        bytes.extend_from_slice(&self.minor.to_be_bytes());
        bytes.extend_from_slice(&u32::try_from(header.len()).unwrap().to_be_bytes());
        bytes.extend_from_slice(&header);
        let hash = sha256(&[&bytes]);
        bytes.extend_from_slice(&hash);
        let mac_key = key(vk, &VAULT_ID, &Info::new("authr/1/vault/header-mac"));
        let mac = hmac_sha256(&mac_key, &[&bytes]);
        bytes.extend_from_slice(&mac);
        let info = Info::new("authr/1/vault/payload")
            .bytes(&VAULT_ID)
            .number(self.generation);
        let payload_key = MessageKey::derive(vk, &salt("payload salt"), &info);
        bytes.extend_from_slice(payload_key.commitment());
        let padded = self.padded.clone().unwrap_or_else(|| pad(&self.content));
        let payload = payload_key.seal(&[&bytes, self.aad_more].concat(), Zeroizing::new(padded));
        bytes.extend_from_slice(&u64::try_from(payload.len()).unwrap().to_be_bytes());
        bytes.extend_from_slice(&payload);
        bytes
    }
}

/// Section 7.1, in numbers that are added up rather than shifted.
pub(crate) fn padme(length: usize) -> usize {
    let length = length.max(1024);
    let (mut exponent, mut power) = (0, 1);
    while power * 2 <= length {
        power *= 2;
        exponent += 1;
    }
    let mut mantissa = 1;
    while 1 << mantissa <= exponent {
        mantissa += 1;
    }
    let step = 1 << (exponent - mantissa);
    length.div_ceil(step) * step
}

pub(crate) fn pad(content: &[u8]) -> Vec<u8> {
    let mut padded = u64::try_from(content.len()).unwrap().to_be_bytes().to_vec();
    padded.extend_from_slice(content);
    padded.resize(padme(padded.len()), 0);
    padded
}

/// Where the parts of a file lie.
pub(crate) struct At {
    pub(crate) hash: usize,
    pub(crate) mac: usize,
    pub(crate) commitment: usize,
    pub(crate) length: usize,
    pub(crate) payload: usize,
}

impl At {
    pub(crate) fn of(bytes: &[u8]) -> Self {
        let header = u32::from_be_bytes(bytes[12..16].try_into().unwrap());
        let hash = 16 + usize::try_from(header).unwrap();
        Self {
            hash,
            mac: hash + 32,
            commitment: hash + 64,
            length: hash + 96,
            payload: hash + 104,
        }
    }
}

/// The bytes with one bit turned.
pub(crate) fn flipped(mut bytes: Vec<u8>, at: usize, bit: u8) -> Vec<u8> {
    bytes[at] ^= 1 << bit;
    bytes
}

/// The bytes with others put over them.
pub(crate) fn over(mut bytes: Vec<u8>, at: usize, put: &[u8]) -> Vec<u8> {
    bytes[at..at + put.len()].copy_from_slice(put);
    bytes
}

/// The bytes with another header and a hash that fits it, as anybody can make them without the key.
pub(crate) fn rehashed(bytes: &[u8], header: &[u8]) -> Vec<u8> {
    let mut changed = bytes[..12].to_vec();
    changed.extend_from_slice(&u32::try_from(header.len()).unwrap().to_be_bytes());
    changed.extend_from_slice(header);
    let hash = sha256(&[&changed]);
    changed.extend_from_slice(&hash);
    changed.extend_from_slice(&bytes[At::of(bytes).mac..]);
    changed
}

//! The seals of other programs, around the text that each would have in plain.

use data_encoding::{BASE64, HEXLOWER};
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::{Seal, Target};
use crate::bitwarden::Keys;
use crate::crypto::{
    Argon2Cost, Hash, Key, argon2id, cbc_seal, gcm_seal, hmac_sha256, pbkdf2_key, scrypt_key,
};
use crate::json::Json;
use crate::{proton, stratum, two_fas};

const ANDOTP_ROUNDS: u32 = 150_000;
const BITWARDEN_ROUNDS: u64 = 600_000;
/// What Ente's app takes for passwords that are not asked often, in bytes and passes.
const ENTE_MEMORY: u64 = 64 << 20;
const ENTE_PASSES: u64 = 3;

/// Seals a text; `None` for a program without a seal.
pub(super) fn seal(target: Target, text: &str, seal: &Seal<'_>) -> Option<Zeroizing<Vec<u8>>> {
    let mut random = Random(seal.random);
    let password = seal.password.as_bytes();
    let sealed = match target {
        Target::Aegis => aegis(text, password, &mut random),
        Target::TwoFas => two_fas_file(text, password, &mut random),
        Target::AndOtp => andotp(text, password, &mut random),
        Target::Stratum => stratum_file(text, password, &mut random),
        Target::Proton => proton_file(text, password, &mut random),
        Target::Bitwarden => bitwarden(text, password, &mut random),
        Target::Ente => ente(text, password, &mut random),
        _ => return None,
    };
    Some(Zeroizing::new(sealed))
}

/// The random bytes, each given out once.
struct Random<'a>(&'a [u8]);

impl Random<'_> {
    fn take<const N: usize>(&mut self) -> [u8; N] {
        let (taken, rest) = self
            .0
            .split_first_chunk::<N>()
            .expect("because no format takes more than there are");
        self.0 = rest;
        *taken
    }
}

fn derived(key: Result<Key, crate::FormatError>) -> Key {
    key.expect("because our own costs are within the ceilings")
}

fn aegis(text: &str, password: &[u8], random: &mut Random<'_>) -> Vec<u8> {
    let mut file = Json::parse(text).expect("because it was written a moment ago");
    let db = Zeroizing::new(file.0["db"].to_string());
    let master = Zeroizing::new(random.take::<32>());
    let salt = random.take::<32>();
    let key = derived(scrypt_key(password, &salt, 1 << 15, 8, 1));
    let (wrapped, key_params) = with_params(&key, random.take(), &*master);
    let (sealed, params) = with_params(&*master, random.take(), db.as_bytes());
    file.0["header"] = json!({
        "slots": [{
            "type": 1,
            "uuid": uuid(&random.take::<16>()),
            "key": HEXLOWER.encode(&wrapped),
            "key_params": key_params,
            "n": 1 << 15,
            "r": 8,
            "p": 1,
            "salt": HEXLOWER.encode(&salt),
            "repaired": true,
            "is_backup": false,
        }],
        "params": params,
    });
    file.0["db"] = BASE64.encode(&sealed).into();
    file.0.to_string().into_bytes()
}

/// Ciphertext, and the nonce and tag that stand apart.
fn with_params(key: &[u8], nonce: [u8; 12], plain: &[u8]) -> (Vec<u8>, Value) {
    let mut sealed = gcm_seal(key, nonce, &[], plain);
    let tag = sealed.split_off(plain.len());
    let params = json!({"nonce": HEXLOWER.encode(&nonce), "tag": HEXLOWER.encode(&tag)});
    (sealed, params)
}

fn uuid(bytes: &[u8; 16]) -> String {
    let hex = HEXLOWER.encode(bytes);
    let part = |from: usize, to: usize| hex.get(from..to).unwrap_or_default();
    format!(
        "{}-{}-4{}-8{}-{}",
        part(0, 8),
        part(8, 12),
        part(13, 16),
        part(17, 20),
        part(20, 32)
    )
}

fn two_fas_file(text: &str, password: &[u8], random: &mut Random<'_>) -> Vec<u8> {
    /// What the app seals beside the services, to tell a wrong password.
    const REFERENCE: &str = "tRViSsLKzd86Hprh4ceC2OP7xazn4rrt4xhfEUbOjxLX8Rc3mkISXE0lWbmnWfggogbBJhtYgpK6fMl1D6mtsy92R3HkdGfwuXbzLebqVFJsR7IZ2w58t938iymwG4824igYy1wi6n2WDpO1Q1P69zwJGs2F5a1qP4MyIiDSD7NCV2OvidXQCBnDlGfmz0f1BQySRkkt4ryiJeCjD2o4QsveJ9uDBUn8ELyOrESv5R5DMDkD4iAF8TXU7KyoJujd";
    let mut file = Json::parse(text).expect("because it was written a moment ago");
    let services = Zeroizing::new(file.0["services"].to_string());
    let salt = random.take::<256>();
    let rounds = two_fas::ROUNDS;
    let key = derived(pbkdf2_key(Hash::Sha256, password, &salt, rounds, 32));
    let mut part = |plain: &[u8]| {
        let nonce = random.take();
        let sealed = BASE64.encode(&gcm_seal(&key, nonce, &[], plain));
        format!(
            "{sealed}:{}:{}",
            BASE64.encode(&salt),
            BASE64.encode(&nonce)
        )
    };
    file.0["servicesEncrypted"] = part(services.as_bytes()).into();
    file.0["reference"] = part(REFERENCE.as_bytes()).into();
    file.0["services"] = json!([]);
    file.0.to_string().into_bytes()
}

fn andotp(text: &str, password: &[u8], random: &mut Random<'_>) -> Vec<u8> {
    let (salt, nonce) = (random.take::<12>(), random.take::<12>());
    let rounds = u64::from(ANDOTP_ROUNDS);
    let key = derived(pbkdf2_key(Hash::Sha1, password, &salt, rounds, 32));
    let sealed = gcm_seal(&key, nonce, &[], text.as_bytes());
    [&ANDOTP_ROUNDS.to_be_bytes()[..], &salt, &nonce, &sealed].concat()
}

fn stratum_file(text: &str, password: &[u8], random: &mut Random<'_>) -> Vec<u8> {
    let (salt, nonce) = (random.take::<16>(), random.take::<12>());
    let key = derived(argon2id(password, &salt, &stratum::COST));
    let sealed = gcm_seal(&key, nonce, &[], text.as_bytes());
    [stratum::MAGIC, &salt, &nonce, &sealed].concat()
}

fn proton_file(text: &str, password: &[u8], random: &mut Random<'_>) -> Vec<u8> {
    let (salt, nonce) = (random.take::<16>(), random.take::<12>());
    let key = derived(argon2id(password, &salt, &proton::COST));
    let sealed = gcm_seal(&key, nonce, proton::AAD, text.as_bytes());
    let content = [&nonce[..], &sealed].concat();
    json!({"version": 1, "salt": BASE64.encode(&salt), "content": BASE64.encode(&content)})
        .to_string()
        .into_bytes()
}

fn bitwarden(text: &str, password: &[u8], random: &mut Random<'_>) -> Vec<u8> {
    // The salt is used as the text that it is.
    let salt = BASE64.encode(&random.take::<16>());
    let key = pbkdf2_key(
        Hash::Sha256,
        password,
        salt.as_bytes(),
        BITWARDEN_ROUNDS,
        32,
    );
    let keys = Keys::expand(&derived(key));
    let mut part = |plain: &[u8]| {
        let iv = random.take::<16>();
        let sealed = cbc_seal(&keys.cipher, &iv, plain);
        let mac = hmac_sha256(&keys.mac, &[&iv[..], &sealed].concat());
        let encode = |bytes: &[u8]| BASE64.encode(bytes);
        format!("2.{}|{}|{}", encode(&iv), encode(&sealed), encode(&mac))
    };
    let check = part(b"00000000-0000-4000-8000-000000000000");
    let data = part(text.as_bytes());
    json!({
        "encrypted": true,
        "passwordProtected": true,
        "salt": salt,
        "kdfType": 0,
        "kdfIterations": BITWARDEN_ROUNDS,
        "kdfMemory": null,
        "kdfParallelism": null,
        "encKeyValidation_DO_NOT_EDIT": check,
        "data": data,
    })
    .to_string()
    .into_bytes()
}

fn ente(text: &str, password: &[u8], random: &mut Random<'_>) -> Vec<u8> {
    let salt = random.take::<16>();
    let header = random.take::<24>();
    let cost = Argon2Cost {
        kib: ENTE_MEMORY >> 10,
        passes: ENTE_PASSES,
        lanes: 1,
    };
    let key = derived(argon2id(password, &salt, &cost));
    let sealed = crate::ente::seal(&key, header, text.as_bytes());
    json!({
        "version": 1,
        "kdfParams": {"memLimit": ENTE_MEMORY, "opsLimit": ENTE_PASSES, "salt": BASE64.encode(&salt)},
        "encryptedData": BASE64.encode(&sealed),
        "encryptionNonce": BASE64.encode(&header),
    })
    .to_string()
    .into_bytes()
}

//! Section 5: slots. Each wraps the vault key under another secret; any one of them opens the vault.
//!
//! ```text
//! slot     = kind u16 || body
//! password = kind 1 || memory_kib u32 || passes u32 || lanes u32 || kdf_salt[32] || wrap_salt[32] || commitment[32] || wrapped[48]
//! secret   = Argon2id(password, kdf_salt, memory_kib, passes, lanes)
//! key || commitment = HKDF-SHA256(secret, wrap_salt, lp("authr/1/vault/slot") || lp(vault_id) || lp(kind … wrap_salt))
//! wrapped  = ChaCha20-Poly1305(key, nonce 0, no aad, VK)
//! ```
//!
//! The generation is not bound: a slot is carried byte for byte through a save, which has the vault key but no password.

use authr_crypto::aead::{AeadError, MessageKey};
use authr_crypto::derive::Info;
use authr_crypto::kdf::{KdfError, KdfParams, PasswordKdf};
use authr_crypto::random::Random;
use authr_crypto::secret::{Password, VaultKey};
use zeroize::Zeroizing;

use super::error::{OpenError, Section};
use super::header::VaultId;

const LABEL: &str = "authr/1/vault/slot";
const KIND_PASSWORD: u16 = 1;
const WRAPPED_BYTES: usize = 32 + 16;

/// One slot of the header.
pub struct Slot {
    bytes: Vec<u8>,
    kind: Kind,
}

enum Kind {
    Password(PasswordSlot),
    /// A kind that this version does not know; carried along.
    Unknown,
}

struct PasswordSlot {
    params: KdfParams,
    kdf_salt: [u8; 32],
    wrap_salt: [u8; 32],
    commitment: [u8; 32],
    wrapped: [u8; WRAPPED_BYTES],
}

impl Slot {
    /// Wraps the vault key under a password.
    ///
    /// # Errors
    /// [`KdfError`].
    pub fn password(
        password: &Password,
        params: KdfParams,
        vault_id: VaultId,
        key: &VaultKey,
        kdf: &dyn PasswordKdf,
        random: &dyn Random,
    ) -> Result<Self, KdfError> {
        let kdf_salt = random.bytes();
        let wrap_salt = random.bytes();
        let bound = bound(params, &kdf_salt, &wrap_salt);
        let secret = kdf.derive(password, &kdf_salt, params)?;
        let wrap = MessageKey::derive(&secret, &wrap_salt, &info(vault_id, &bound));
        let mut bytes = bound;
        bytes.extend_from_slice(wrap.commitment());
        bytes.extend_from_slice(&wrap.seal(&[], Zeroizing::new(key.expose_secret().to_vec())));
        Ok(Self::decode(&bytes).expect("because it was just written"))
    }

    /// The slot as it stands in the header.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The cost of a password slot; `None` for another kind.
    #[must_use]
    pub fn params(&self) -> Option<KdfParams> {
        match &self.kind {
            Kind::Password(slot) => Some(slot.params),
            Kind::Unknown => None,
        }
    }

    /// The slot that the bytes are; `None` where a known kind has another shape.
    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        let (kind, body) = bytes.split_first_chunk::<2>()?;
        let kind = match u16::from_be_bytes(*kind) {
            KIND_PASSWORD => Kind::Password(PasswordSlot::decode(body)?),
            _ => Kind::Unknown,
        };
        Some(Self {
            bytes: bytes.to_vec(),
            kind,
        })
    }

    /// The same slot held twice.
    pub(super) fn duplicate(&self) -> Self {
        Self::decode(&self.bytes).expect("because it was decoded before")
    }

    /// The vault key, or `None` where this slot is not opened by this password.
    pub(super) fn unwrap(
        &self,
        password: &Password,
        vault_id: VaultId,
        kdf: &dyn PasswordKdf,
    ) -> Result<Option<VaultKey>, OpenError> {
        let Kind::Password(slot) = &self.kind else {
            return Ok(None);
        };
        let secret = kdf.derive(password, &slot.kdf_salt, slot.params)?;
        let bound = bound(slot.params, &slot.kdf_salt, &slot.wrap_salt);
        let wrap = MessageKey::derive(&secret, &slot.wrap_salt, &info(vault_id, &bound));
        if wrap.check(&slot.commitment) == Err(AeadError::WrongKey) {
            return Ok(None);
        }
        let tampered = OpenError::Tampered {
            section: Section::Slot,
        };
        let key = wrap.open(&[], &slot.wrapped).map_err(|_| tampered)?;
        VaultKey::from_slice(&key).map(Some).ok_or(tampered)
    }
}

impl PasswordSlot {
    fn decode(body: &[u8]) -> Option<Self> {
        let (memory_kib, body) = body.split_first_chunk()?;
        let (passes, body) = body.split_first_chunk()?;
        let (lanes, body) = body.split_first_chunk()?;
        let (kdf_salt, body) = body.split_first_chunk()?;
        let (wrap_salt, body) = body.split_first_chunk()?;
        let (commitment, wrapped) = body.split_first_chunk()?;
        Some(Self {
            params: KdfParams {
                memory_kib: u32::from_be_bytes(*memory_kib),
                passes: u32::from_be_bytes(*passes),
                lanes: u32::from_be_bytes(*lanes),
            },
            kdf_salt: *kdf_salt,
            wrap_salt: *wrap_salt,
            commitment: *commitment,
            wrapped: wrapped.try_into().ok()?,
        })
    }
}

/// `kind … wrap_salt`: what the wrapping key is bound to.
fn bound(params: KdfParams, kdf_salt: &[u8; 32], wrap_salt: &[u8; 32]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(2 + 12 + 32 + 32 + 32 + WRAPPED_BYTES);
    bytes.extend_from_slice(&KIND_PASSWORD.to_be_bytes());
    bytes.extend_from_slice(&params.memory_kib.to_be_bytes());
    bytes.extend_from_slice(&params.passes.to_be_bytes());
    bytes.extend_from_slice(&params.lanes.to_be_bytes());
    bytes.extend_from_slice(kdf_salt);
    bytes.extend_from_slice(wrap_salt);
    bytes
}

fn info(vault_id: VaultId, bound: &[u8]) -> Info {
    Info::new(LABEL).bytes(&vault_id.0).bytes(bound)
}

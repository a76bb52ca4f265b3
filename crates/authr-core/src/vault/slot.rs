//! Section 5: slots. Each wraps the vault key under another secret; any one of them opens the vault.
//!
//! ```text
//! slot     = bound || commitment[32] || wrapped[48]
//! bound    = kind u16 || memory_kib u32 || passes u32 || lanes u32 || kdf_salt[32] || wrap_salt[32]     kind 1, password
//!          | kind u16 || wrap_salt[32]                                       kind 2, recovery; kind 3, keyring
//! secret   = Argon2id(password, kdf_salt, memory_kib, passes, lanes) | recovery code[20] | keyring secret[32]
//! key || commitment = HKDF-SHA256(secret, wrap_salt, lp("authr/1/vault/slot") || lp(vault_id) || lp(bound))
//! wrapped  = ChaCha20-Poly1305(key, nonce 0, no aad, VK)
//! ```
//!
//! The generation is not bound: a slot is carried byte for byte through a save, which has the vault key but no password.

use authr_crypto::aead::{AeadError, MessageKey};
use authr_crypto::derive::Info;
use authr_crypto::kdf::{KdfError, KdfParams, PasswordKdf};
use authr_crypto::random::Random;
use authr_crypto::secret::{KeyMaterial, KeyringSecret, Password, RecoveryCode, VaultKey};
use zeroize::Zeroizing;

use super::error::{OpenError, Section};
use super::header::VaultId;

const LABEL: &str = "authr/1/vault/slot";
const KIND_PASSWORD: u16 = 1;
const KIND_RECOVERY: u16 = 2;
const KIND_KEYRING: u16 = 3;
const COMMITMENT_BYTES: usize = 32;
const WRAPPED_BYTES: usize = 32 + 16;
/// What follows the kind in each slot that is known: wrap salt, commitment, wrapped key.
const WRAP_BYTES: usize = 32 + COMMITMENT_BYTES + WRAPPED_BYTES;

/// One slot of the header.
pub struct Slot {
    bytes: Vec<u8>,
    kind: SlotKind,
}

/// What opens a slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SlotKind {
    /// The backups password.
    Password {
        /// The cost of a guess.
        params: KdfParams,
        /// The salt of the derivation.
        kdf_salt: [u8; 32],
    },
    /// The recovery code.
    Recovery,
    /// What the operating system's keyring keeps.
    Keyring,
    /// A kind that this version does not know; carried along.
    Unknown,
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
        let mut bound = KIND_PASSWORD.to_be_bytes().to_vec();
        bound.extend_from_slice(&params.memory_kib.to_be_bytes());
        bound.extend_from_slice(&params.passes.to_be_bytes());
        bound.extend_from_slice(&params.lanes.to_be_bytes());
        bound.extend_from_slice(&kdf_salt);
        let secret = kdf.derive(password, &kdf_salt, params)?;
        Ok(Self::wrap(bound, &secret, vault_id, key, random))
    }

    /// Wraps the vault key under a recovery code.
    #[must_use]
    pub fn recovery(
        code: &RecoveryCode,
        vault_id: VaultId,
        key: &VaultKey,
        random: &dyn Random,
    ) -> Self {
        let bound = KIND_RECOVERY.to_be_bytes().to_vec();
        Self::wrap(bound, code, vault_id, key, random)
    }

    /// Wraps the vault key under a secret that a keyring keeps.
    #[must_use]
    pub fn keyring(
        secret: &KeyringSecret,
        vault_id: VaultId,
        key: &VaultKey,
        random: &dyn Random,
    ) -> Self {
        let bound = KIND_KEYRING.to_be_bytes().to_vec();
        Self::wrap(bound, secret, vault_id, key, random)
    }

    fn wrap(
        mut bound: Vec<u8>,
        secret: &impl KeyMaterial,
        vault_id: VaultId,
        key: &VaultKey,
        random: &dyn Random,
    ) -> Self {
        let wrap_salt = random.bytes();
        bound.extend_from_slice(&wrap_salt);
        let wrap = MessageKey::derive(secret, &wrap_salt, &info(vault_id, &bound));
        let mut bytes = bound;
        bytes.extend_from_slice(wrap.commitment());
        bytes.extend_from_slice(&wrap.seal(&[], Zeroizing::new(key.expose_secret().to_vec())));
        Self::decode(&bytes).expect("because it was just written")
    }

    /// The slot as it stands in the header.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// What opens it.
    #[must_use]
    pub fn kind(&self) -> SlotKind {
        self.kind
    }

    /// The cost of a password slot; `None` for another kind.
    #[must_use]
    pub fn params(&self) -> Option<KdfParams> {
        match self.kind {
            SlotKind::Password { params, .. } => Some(params),
            _ => None,
        }
    }

    /// The slot that the bytes are; `None` where a known kind has another shape.
    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        let (kind, body) = bytes.split_first_chunk::<2>()?;
        let (kind, wrap) = match u16::from_be_bytes(*kind) {
            KIND_PASSWORD => decode_password(body)?,
            KIND_RECOVERY => (SlotKind::Recovery, body),
            KIND_KEYRING => (SlotKind::Keyring, body),
            _ => (SlotKind::Unknown, &[][..]),
        };
        if kind != SlotKind::Unknown && wrap.len() != WRAP_BYTES {
            return None;
        }
        let bytes = bytes.to_vec();
        Some(Self { bytes, kind })
    }

    /// The same slot held twice.
    pub(super) fn duplicate(&self) -> Self {
        Self::decode(&self.bytes).expect("because it was decoded before")
    }

    /// The vault key, or `None` where this slot is not opened by this password.
    pub(super) fn unwrap_with_password(
        &self,
        password: &Password,
        vault_id: VaultId,
        kdf: &dyn PasswordKdf,
    ) -> Result<Option<VaultKey>, OpenError> {
        let SlotKind::Password { params, kdf_salt } = self.kind else {
            return Ok(None);
        };
        let secret = kdf.derive(password, &kdf_salt, params)?;
        self.unwrap_with(&secret, vault_id)
    }

    /// The vault key, or `None` where this slot is not opened by this secret, or is of no kind that is known.
    pub(super) fn unwrap_with(
        &self,
        secret: &impl KeyMaterial,
        vault_id: VaultId,
    ) -> Result<Option<VaultKey>, OpenError> {
        if self.kind == SlotKind::Unknown {
            return Ok(None);
        }
        let (rest, wrapped) = tail::<WRAPPED_BYTES>(&self.bytes);
        let (bound, commitment) = tail::<COMMITMENT_BYTES>(rest);
        let (_, wrap_salt) = tail::<32>(bound);
        let wrap = MessageKey::derive(secret, wrap_salt, &info(vault_id, bound));
        if wrap.check(commitment) == Err(AeadError::WrongKey) {
            return Ok(None);
        }
        let tampered = OpenError::Tampered {
            section: Section::Slot,
        };
        let key = wrap.open(&[], wrapped).map_err(|_| tampered)?;
        VaultKey::from_slice(&key).map(Some).ok_or(tampered)
    }
}

/// The kind of a password slot, and what follows the KDF's fields.
fn decode_password(body: &[u8]) -> Option<(SlotKind, &[u8])> {
    let (memory_kib, body) = body.split_first_chunk()?;
    let (passes, body) = body.split_first_chunk()?;
    let (lanes, body) = body.split_first_chunk()?;
    let (kdf_salt, body) = body.split_first_chunk()?;
    let params = KdfParams {
        memory_kib: u32::from_be_bytes(*memory_kib),
        passes: u32::from_be_bytes(*passes),
        lanes: u32::from_be_bytes(*lanes),
    };
    let kind = SlotKind::Password {
        params,
        kdf_salt: *kdf_salt,
    };
    Some((kind, body))
}

/// What stands before the last N bytes, and those.
fn tail<const N: usize>(bytes: &[u8]) -> (&[u8], &[u8; N]) {
    bytes
        .split_last_chunk()
        .expect("because the length was checked when the slot was decoded")
}

fn info(vault_id: VaultId, bound: &[u8]) -> Info {
    Info::new(LABEL).bytes(&vault_id.0).bytes(bound)
}

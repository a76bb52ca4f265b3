//! Password to key: Argon2id version 1.3 (RFC 9106), with a floor and a ceiling for parameters that a file or
//! a server states.

use argon2::{Algorithm, Argon2, Block, Params, Version};
use zeroize::Zeroizing;

use crate::secret::{Password, PasswordKey};

/// The cost of one derivation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KdfParams {
    /// Memory, in KiB.
    pub memory_kib: u32,
    /// Passes over the memory.
    pub passes: u32,
    /// Lanes, computed side by side.
    pub lanes: u32,
}

impl KdfParams {
    /// What a new slot is made with: 128 MiB, 3 passes, 4 lanes.
    pub const DEFAULT: Self = Self {
        memory_kib: 128 * 1024,
        passes: 3,
        lanes: 4,
    };
    /// The least that is opened: a hostile file must not lower the price of a guess.
    pub const FLOOR: Self = Self {
        memory_kib: 64 * 1024,
        passes: 3,
        lanes: 1,
    };
    /// The most that is opened: a hostile file must not exhaust the machine.
    pub const CEILING: Self = Self {
        memory_kib: 1024 * 1024,
        passes: 16,
        lanes: 4,
    };
    /// The most memory × passes, in KiB: 4 GiB.
    pub const CEILING_WORK_KIB: u64 = 4 * 1024 * 1024;

    /// Memory × passes, in KiB: what one guess costs.
    #[must_use]
    pub fn work_kib(self) -> u64 {
        u64::from(self.memory_kib) * u64::from(self.passes)
    }

    /// Whether a guess costs less memory or less work than with `other`.
    #[must_use]
    pub fn is_cheaper_than(self, other: Self) -> bool {
        self.memory_kib < other.memory_kib || self.work_kib() < other.work_kib()
    }
}

/// Why parameters are refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KdfError {
    /// Below the floor of the KDF.
    #[error("the password protection is weaker than allowed")]
    TooWeak,
    /// Above the ceiling of the KDF.
    #[error("the password protection asks for more memory or time than allowed")]
    TooExpensive,
    /// The memory for the derivation could not be had.
    #[error("there is not enough memory for the password protection")]
    OutOfMemory,
}

/// A password KDF and its policy. The core takes it as an argument, so that its tests can pass a cheap one; the
/// programs pass [`Argon2id`].
pub trait PasswordKdf {
    /// Whether parameters that were read may be used.
    ///
    /// # Errors
    /// [`KdfError::TooWeak`], [`KdfError::TooExpensive`].
    fn check(&self, params: KdfParams) -> Result<(), KdfError>;

    /// Derives the key.
    ///
    /// # Errors
    /// As [`Self::check`], and [`KdfError::OutOfMemory`].
    fn derive(
        &self,
        password: &Password,
        salt: &[u8; 32],
        params: KdfParams,
    ) -> Result<PasswordKey, KdfError>;
}

/// Argon2id, the only KDF of a shipped program.
#[derive(Debug, Clone, Copy)]
pub struct Argon2id;

impl PasswordKdf for Argon2id {
    fn check(&self, params: KdfParams) -> Result<(), KdfError> {
        let work = params.work_kib();
        let (floor, ceiling) = (KdfParams::FLOOR, KdfParams::CEILING);
        if params.memory_kib < floor.memory_kib
            || params.passes < floor.passes
            || params.lanes < floor.lanes
        {
            return Err(KdfError::TooWeak);
        }
        if params.memory_kib > ceiling.memory_kib
            || params.passes > ceiling.passes
            || params.lanes > ceiling.lanes
            || work > KdfParams::CEILING_WORK_KIB
        {
            return Err(KdfError::TooExpensive);
        }
        Ok(())
    }

    fn derive(
        &self,
        password: &Password,
        salt: &[u8; 32],
        params: KdfParams,
    ) -> Result<PasswordKey, KdfError> {
        self.check(params)?;
        argon2id(password, salt, params)
    }
}

/// `Argon2id(password, salt[32], memory, passes, lanes)` → 32 bytes, version 0x13, no secret, no associated data.
fn argon2id(
    password: &Password,
    salt: &[u8; 32],
    params: KdfParams,
) -> Result<PasswordKey, KdfError> {
    let params = Params::new(params.memory_kib, params.passes, params.lanes, Some(32))
        .map_err(|_| KdfError::TooExpensive)?;
    let mut memory = memory_of(&params)?;
    let mut out = Zeroizing::new([0u8; 32]);
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into_with_memory(
            password.expose_secret().as_bytes(),
            salt,
            out.as_mut_slice(),
            memory.as_mut_slice(),
        )
        .map_err(|_| KdfError::TooExpensive)?;
    Ok(PasswordKey::new(&out))
}

/// The memory that an Argon2 fills.
///
/// # Errors
/// [`KdfError::OutOfMemory`]: it could not be had.
pub fn memory_of(params: &Params) -> Result<Vec<Block>, KdfError> {
    // Reserved first: an allocation that fails must be an error, not an abort.
    let mut memory = Vec::new();
    memory
        .try_reserve_exact(params.block_count())
        .map_err(|_| KdfError::OutOfMemory)?;
    authr_sys::prefer_large_pages(memory.spare_capacity_mut());
    memory.resize(params.block_count(), Block::default());
    Ok(memory)
}

#[cfg(test)]
mod tests {
    use data_encoding::HEXLOWER;

    use super::*;

    fn params(memory_kib: u32, passes: u32, lanes: u32) -> KdfParams {
        KdfParams {
            memory_kib,
            passes,
            lanes,
        }
    }

    #[test]
    fn parameters_below_the_floor_and_above_the_ceiling_are_refused() {
        let mib = 1024;
        assert_eq!(Argon2id.check(KdfParams::DEFAULT), Ok(()));
        assert_eq!(Argon2id.check(params(64 * mib, 3, 1)), Ok(()));
        assert_eq!(
            Argon2id.check(params(64 * mib - 1, 3, 4)),
            Err(KdfError::TooWeak)
        );
        assert_eq!(
            Argon2id.check(params(64 * mib, 2, 4)),
            Err(KdfError::TooWeak)
        );
        assert_eq!(
            Argon2id.check(params(64 * mib, 3, 0)),
            Err(KdfError::TooWeak)
        );
        assert_eq!(Argon2id.check(params(1024 * mib, 4, 4)), Ok(()));
        assert_eq!(
            Argon2id.check(params(1024 * mib + 1, 3, 4)),
            Err(KdfError::TooExpensive)
        );
        assert_eq!(
            Argon2id.check(params(1024 * mib, 5, 4)),
            Err(KdfError::TooExpensive)
        );
        assert_eq!(
            Argon2id.check(params(64 * mib, 17, 4)),
            Err(KdfError::TooExpensive)
        );
        assert_eq!(
            Argon2id.check(params(64 * mib, 3, 5)),
            Err(KdfError::TooExpensive)
        );
    }

    // Computed with argon2-cffi 25.1 (the reference implementation): hash_secret_raw(b"password", bytes(range(32)),
    // time_cost=3, memory_cost=65536, parallelism=4, hash_len=32, type=Type.ID).
    #[test]
    fn argon2id_agrees_with_the_reference_implementation() {
        let salt = core::array::from_fn(|i| u8::try_from(i).unwrap());
        let key = Argon2id
            .derive(&Password::new("password"), &salt, params(64 * 1024, 3, 4))
            .unwrap();
        assert_eq!(
            HEXLOWER.encode(key.expose_secret()),
            "74ed3a2d9ce786bcff70336ea666b9acaee4cfc2ce826b28133b70b617983d52"
        );
    }
}

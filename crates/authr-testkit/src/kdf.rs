//! A password KDF that costs nothing, for tests of everything but the cost.

use authr_crypto::kdf::{KdfError, KdfParams, PasswordKdf};
use authr_crypto::mac::sha256;
use authr_crypto::secret::{Password, PasswordKey};

/// `SHA-256(salt ‖ memory ‖ passes ‖ lanes ‖ password)`: cheap, and protects nothing. It keeps to the ceiling
/// of the real one, so that tests meet the same refusals there; it has no floor.
#[derive(Debug, Clone, Copy)]
pub struct CheapKdf;

impl PasswordKdf for CheapKdf {
    fn check(&self, params: KdfParams) -> Result<(), KdfError> {
        if params.memory_kib > KdfParams::CEILING.memory_kib
            || params.passes > KdfParams::CEILING.passes
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
        Ok(PasswordKey::new(&sha256(&[
            salt,
            &params.memory_kib.to_be_bytes(),
            &params.passes.to_be_bytes(),
            &params.lanes.to_be_bytes(),
            password.expose_secret().as_bytes(),
        ])))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn password_salt_and_cost_each_change_the_key() {
        let cost = KdfParams::DEFAULT;
        let dearer = KdfParams { passes: 4, ..cost };
        let key = |password, salt, cost| {
            let key = CheapKdf.derive(&Password::new(password), &[salt; 32], cost);
            *key.unwrap().expose_secret()
        };
        assert_eq!(key("a", 1, cost), key("a", 1, cost));
        assert_ne!(key("a", 1, cost), key("b", 1, cost));
        assert_ne!(key("a", 1, cost), key("a", 2, cost));
        assert_ne!(key("a", 1, cost), key("a", 1, dearer));
    }
}

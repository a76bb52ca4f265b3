//! API keys: shown once, stored as a hash.

use std::fmt;

use authr_crypto::mac;
use authr_crypto::random::Random;
use data_encoding::BASE32_NOPAD;
use zeroize::Zeroizing;

use crate::storage::KeyHash;

/// An API key as a site has it: 32 characters, 160 random bits. It leaves the server once.
pub struct PlainToken(Zeroizing<String>);

impl PlainToken {
    /// Draws a key.
    #[must_use]
    pub fn draw(random: &dyn Random) -> Self {
        let bytes = Zeroizing::new(random.bytes::<20>());
        Self(Zeroizing::new(
            BASE32_NOPAD.encode(bytes.as_slice()).to_ascii_lowercase(),
        ))
    }

    /// The text, for the one time it is shown.
    #[must_use]
    pub fn expose_secret(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PlainToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PlainToken(..)")
    }
}

/// What stands for a key in the database. A key has 160 random bits, so a plain hash gives nothing to try.
#[must_use]
pub fn hashed(key: &str) -> KeyHash {
    KeyHash(mac::sha256(&[b"authr/1/server/api-key\0", key.as_bytes()]))
}

#[cfg(test)]
mod tests {
    use authr_crypto::random::OsRandom;

    use super::*;

    #[test]
    fn a_key_has_32_characters_and_no_two_are_the_same() {
        let one = PlainToken::draw(&OsRandom);
        let other = PlainToken::draw(&OsRandom);
        assert_eq!(one.expose_secret().len(), 32);
        assert_ne!(one.expose_secret(), other.expose_secret());
        assert_eq!(format!("{one:?}"), "PlainToken(..)");
    }

    #[test]
    fn a_key_is_found_by_its_hash_alone() {
        let key = PlainToken::draw(&OsRandom);
        assert_eq!(hashed(key.expose_secret()), hashed(key.expose_secret()));
        assert_ne!(
            hashed(key.expose_secret()),
            hashed(&key.expose_secret()[..31])
        );
    }
}

//! The root key ring, and what is encrypted and indexed under it.
//!
//! ```text
//! sealed = key id u32 || aead::seal(root key, salt, info = "authr/1/server/column" || table || column || row)
//! index  = HMAC-SHA256(HKDF(root key, "authr/1/server/index" || table || column), fields)
//! ```
//!
//! Each column's key is bound to its table, column and row, so a ciphertext that is moved does not open.

use std::collections::BTreeMap;

use authr_crypto::aead::{self, AeadError};
use authr_crypto::derive::{self, Info};
use authr_crypto::mac;
use authr_crypto::random::Random;
use authr_crypto::secret::{DerivedKey, RootKey};
use zeroize::Zeroizing;

use crate::storage::{Index, RootKeyCheck, Sealed};

mod file;

pub(crate) use file::IfMissing;
pub use file::RootKeyFileError;

/// A column that is encrypted. The names are part of what is encrypted: they never change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Column {
    /// The phone of a user, in E.164.
    Phone,
    /// The root seed of an account.
    Seed,
    /// An e-mail address.
    Email,
    /// A message on its way.
    Message,
    /// The server's sealing key.
    SealingKey,
    /// The phone of a registration, in E.164.
    RegistrationPhone,
    /// What a locker holds.
    Locker,
    /// The check that a database and a ring belong together.
    Check,
}

impl Column {
    fn name(self) -> (&'static str, &'static str) {
        match self {
            Self::Phone => ("users", "phone"),
            Self::Seed => ("accounts", "seed"),
            Self::Email => ("emails", "address"),
            Self::Message => ("outbox", "message"),
            Self::SealingKey => ("sealing_key", "secret"),
            Self::RegistrationPhone => ("registrations", "phone"),
            Self::Locker => ("lockers", "content"),
            Self::Check => ("root_key", "check"),
        }
    }

    fn info(self, row: &[u8]) -> Info {
        let (table, column) = self.name();
        Info::new("authr/1/server/column")
            .bytes(table.as_bytes())
            .bytes(column.as_bytes())
            .bytes(row)
    }
}

/// What is looked up by a keyed hash. The names never change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lookup {
    /// A phone number.
    Phone,
    /// A block of numbers.
    Prefix,
    /// A network that a request came from.
    Network,
    /// An e-mail address of a user at an application.
    Email,
    /// The code of a token that was sent.
    TokenCode,
    /// The code of a registration.
    RegistrationCode,
}

impl Lookup {
    const ALL: [Self; 6] = [
        Self::Phone,
        Self::Prefix,
        Self::Network,
        Self::Email,
        Self::TokenCode,
        Self::RegistrationCode,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Phone => "phone",
            Self::Prefix => "prefix",
            Self::Network => "network",
            Self::Email => "email",
            Self::TokenCode => "token-code",
            Self::RegistrationCode => "registration-code",
        }
    }
}

/// Why a column did not open: the wrong ring, or a changed database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The ring lacks the key that the row names.
    #[error("root key {0} is not in the root key file")]
    Missing(u32),
    /// It does not open.
    #[error("an encrypted column does not open: {0}")]
    Column(#[from] AeadError),
}

/// The ring of a database: its keys, and the keys of its indexes.
pub struct KeyRing {
    keys: BTreeMap<u32, RootKey>,
    indexes: Vec<DerivedKey>,
}

impl KeyRing {
    fn new(keys: BTreeMap<u32, RootKey>, index_key: u32) -> Result<Self, KeyError> {
        let root = keys.get(&index_key).ok_or(KeyError::Missing(index_key))?;
        let indexes = Lookup::ALL
            .iter()
            .map(|lookup| {
                let info = Info::new("authr/1/server/index").bytes(lookup.name().as_bytes());
                derive::key(root, b"", &info)
            })
            .collect();
        Ok(Self { keys, indexes })
    }

    /// The ring's newest key and a check sealed under it: what a new database is fixed to.
    ///
    /// # Panics
    /// Never: a ring has a key.
    #[must_use]
    pub fn check(&self, random: &dyn Random) -> RootKeyCheck {
        let (newest, _) = self.newest();
        RootKeyCheck {
            index_key: newest,
            check: self.seal(Column::Check, b"", Zeroizing::new(Vec::new()), random),
        }
    }

    /// The ring as a database needs it, once its check opened.
    ///
    /// # Errors
    /// [`KeyError`] when the database was made with another ring.
    pub fn fixed_to(self, check: &RootKeyCheck) -> Result<Self, KeyError> {
        self.open(Column::Check, b"", &check.check)?;
        Self::new(self.keys, check.index_key)
    }

    /// Encrypts a column of a row under the newest key.
    #[must_use]
    pub fn seal(
        &self,
        column: Column,
        row: &[u8],
        plaintext: Zeroizing<Vec<u8>>,
        random: &dyn Random,
    ) -> Sealed {
        let (id, key) = self.newest();
        let sealed = aead::seal(key, &random.bytes(), &column.info(row), b"", plaintext);
        Sealed([id.to_be_bytes().as_slice(), &sealed].concat())
    }

    /// Decrypts a column of a row.
    ///
    /// # Errors
    /// [`KeyError`] for another ring, another place, or changed bytes.
    pub fn open(
        &self,
        column: Column,
        row: &[u8],
        sealed: &Sealed,
    ) -> Result<Zeroizing<Vec<u8>>, KeyError> {
        let (id, sealed) = sealed
            .0
            .split_first_chunk::<4>()
            .ok_or(AeadError::Tampered)?;
        let id = u32::from_be_bytes(*id);
        let key = self.keys.get(&id).ok_or(KeyError::Missing(id))?;
        Ok(aead::open(key, &column.info(row), b"", sealed)?)
    }

    /// The keyed hash of a list of fields.
    ///
    /// # Panics
    /// Never: every lookup has its key.
    #[must_use]
    pub fn index(&self, lookup: Lookup, fields: &[&[u8]]) -> Index {
        let key = Lookup::ALL
            .iter()
            .position(|candidate| *candidate == lookup)
            .and_then(|at| self.indexes.get(at))
            .expect("because a key was derived for every lookup");
        // Length-prefixed, so that no two lists of fields are the same bytes.
        let fields = fields
            .iter()
            .fold(Info::new(lookup.name()), |info, field| info.bytes(field));
        Index(mac::hmac_sha256(key, &[fields.as_bytes()]))
    }

    fn newest(&self) -> (u32, &RootKey) {
        let (id, key) = self
            .keys
            .last_key_value()
            .expect("because a ring without a key is refused when it is read");
        (*id, key)
    }
}

#[cfg(test)]
mod tests {
    use authr_crypto::random::OsRandom;

    use super::*;

    fn ring(ids: &[u8]) -> KeyRing {
        let keys = ids
            .iter()
            .map(|id| (u32::from(*id), RootKey::new(&[*id; 32])))
            .collect();
        KeyRing::new(keys, u32::from(ids[0])).unwrap()
    }

    fn text(text: &str) -> Zeroizing<Vec<u8>> {
        Zeroizing::new(text.as_bytes().to_vec())
    }

    #[test]
    fn a_ciphertext_opens_in_its_own_column_and_row_alone() {
        let ring = ring(&[1]);
        let sealed = ring.seal(Column::Phone, b"row", text("+12015550123"), &OsRandom);
        assert_eq!(
            ring.open(Column::Phone, b"row", &sealed)
                .unwrap()
                .as_slice(),
            b"+12015550123"
        );
        let moved = Err(KeyError::Column(AeadError::WrongKey));
        assert_eq!(ring.open(Column::Phone, b"other", &sealed), moved);
        assert_eq!(ring.open(Column::Email, b"row", &sealed), moved);
    }

    #[test]
    fn a_newer_key_seals_and_the_older_still_opens() {
        let old = ring(&[1]);
        let sealed = old.seal(Column::Seed, b"row", text("seed"), &OsRandom);
        let both = ring(&[1, 2]);
        assert!(both.open(Column::Seed, b"row", &sealed).is_ok());
        let newer = both.seal(Column::Seed, b"row", text("seed"), &OsRandom);
        assert_eq!(newer.0[..4], [0, 0, 0, 2]);
        assert_eq!(
            old.open(Column::Seed, b"row", &newer),
            Err(KeyError::Missing(2))
        );
        assert_eq!(
            both.index(Lookup::Phone, &[b"x"]),
            old.index(Lookup::Phone, &[b"x"])
        );
    }

    #[test]
    fn a_database_refuses_a_ring_that_it_was_not_made_with() {
        let check = ring(&[1]).check(&OsRandom);
        assert!(ring(&[1, 2]).fixed_to(&check).is_ok());
        assert!(matches!(
            ring(&[2]).fixed_to(&check),
            Err(KeyError::Missing(1))
        ));
        let impostor = KeyRing::new([(1, RootKey::new(&[9; 32]))].into(), 1).unwrap();
        assert!(matches!(
            impostor.fixed_to(&check),
            Err(KeyError::Column(AeadError::WrongKey))
        ));
    }

    #[test]
    fn fields_of_an_index_cannot_run_into_each_other() {
        let ring = ring(&[1]);
        assert_ne!(
            ring.index(Lookup::Email, &[b"ab", b"c"]),
            ring.index(Lookup::Email, &[b"a", b"bc"])
        );
        assert_ne!(
            ring.index(Lookup::Email, &[b"a"]),
            ring.index(Lookup::Phone, &[b"a"])
        );
    }
}

//! The locker, as the app computes it. The server never calls this module.
//!
//! ```text
//! salt'   = SHA-256(lp("authr/1/locker/salt") || lp(server id) || lp(user) || lp(salt))
//! s       = Argon2id(password, salt', parameters)
//! kek     = HKDF(s, "", "authr/1/locker/kek"   || user)
//! auth    = HKDF(s, "", "authr/1/locker/auth"  || user || server id)          verifier = SHA-256(auth)
//! check   = HKDF(kek, "", "authr/1/locker/check" || user || server id)
//! mixed   = HKDF(kek || share, "", "authr/1/locker/mix" || user)
//! restore = Ed25519 key pair of HKDF(mixed, "", "authr/1/locker/sign" || user)
//! blob    = version[1] = 1 || check[32] || AEAD seal with mixed, info "authr/1/locker/wrap" || user || server id
//! plain   = epoch u32 || data key[32] || server id[32] || genesis[32] || sequence u64 || hash[32]
//! ```
//! `check` tells a wrong password from a wrong share. It gives nobody a new way to guess: who has the blob has the
//! server's verifier too.

use authr_crypto::aead::{self, AeadError, TAG_BYTES};
use authr_crypto::derive::{self, Info};
use authr_crypto::kdf::{KdfError, KdfParams, PasswordKdf};
use authr_crypto::mac::{self, sha256};
use authr_crypto::random::Random;
use authr_crypto::secret::{DataKey, DerivedKey, Password, SigningSeed};
use authr_crypto::sign::Signer;
use zeroize::Zeroizing;

use crate::answer::LockerContent;
use crate::append::LockerSet;
use crate::codec::{Malformed, Reader, Writer};
use crate::id::{Hash, ServerId, UserId};
use crate::list::{DeviceList, Expect, Head, LockerEntry};

const VERSION: u8 = 1;
const PLAIN_BYTES: usize = 4 + 32 + 32 + 32 + 8 + 32;

/// Whose locker at which server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The server.
    pub server: ServerId,
    /// The user.
    pub user: UserId,
}

/// What the backups password becomes.
#[derive(Debug)]
pub struct LockerKeys {
    place: Place,
    salt: Hash,
    params: KdfParams,
    kek: DerivedKey,
    auth: DerivedKey,
}

/// What the locker keeps for the next device.
#[derive(Debug)]
pub struct Contents {
    /// The number of the newest epoch.
    pub epoch: u32,
    /// Its data key.
    pub data_key: DataKey,
    /// The server, as the devices know it.
    pub server: ServerId,
    /// The hash of the list's first entry.
    pub genesis: Hash,
    /// The entry before the locker's own.
    pub before: Head,
}

/// An opened locker.
#[derive(Debug)]
pub struct Opened {
    /// What it kept.
    pub contents: Contents,
    /// Signs the `add` of this device.
    pub restore: RestoreSigner,
    version: u64,
    blob: Hash,
}

/// The restore key: it signs the `add` of a device that opened the locker.
pub struct RestoreSigner(pub Signer);

impl std::fmt::Debug for RestoreSigner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RestoreSigner(..)")
    }
}

/// Why a locker did not open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LockerError {
    /// Below the floor, or below what this locker had before: a server must not lower the price of a guess.
    #[error("the server states a weaker password derivation than allowed")]
    TooWeak,
    /// The derivation is refused or failed.
    #[error(transparent)]
    Kdf(KdfError),
    /// Not the password of this locker.
    #[error("the backups password is wrong")]
    WrongPassword,
    /// The password is right; the server gave another share than the one it was wrapped with.
    #[error("the server's share of the locker is wrong")]
    WrongShare,
    /// Password and share are right; the content was changed.
    #[error("the locker was changed")]
    Tampered,
    /// Not a locker of this version.
    #[error("the locker is {0}")]
    Malformed(#[from] Malformed),
    /// It keeps what belongs to another server.
    #[error("the locker belongs to another server")]
    OtherServer,
    /// The device list is not the one that the locker names, or names another locker.
    #[error("the device list and the locker do not belong together")]
    ListForged,
}

impl LockerKeys {
    /// Derives the keys. `remembered` are the parameters that this device saw before, if it did.
    ///
    /// # Errors
    /// [`LockerError::TooWeak`], [`LockerError::Kdf`].
    pub fn derive(
        kdf: &dyn PasswordKdf,
        password: &Password,
        place: Place,
        salt: Hash,
        params: KdfParams,
        remembered: Option<KdfParams>,
    ) -> Result<Self, LockerError> {
        let weaker = |than: KdfParams| {
            params.memory_kib < than.memory_kib
                || params.passes < than.passes
                || params.lanes < than.lanes
        };
        if remembered.is_some_and(weaker) {
            return Err(LockerError::TooWeak);
        }
        let bound = Info::new("authr/1/locker/salt")
            .bytes(&place.server.0)
            .bytes(&place.user.0)
            .bytes(&salt.0);
        let s = kdf
            .derive(password, &sha256(&[bound.as_bytes()]), params)
            .map_err(|error| match error {
                KdfError::TooWeak => LockerError::TooWeak,
                other => LockerError::Kdf(other),
            })?;
        let kek = Info::new("authr/1/locker/kek").bytes(&place.user.0);
        let auth = place.info("authr/1/locker/auth");
        Ok(Self {
            place,
            salt,
            params,
            kek: derive::key(&s, &[], &kek),
            auth: derive::key(&s, &[], &auth),
        })
    }

    /// What is shown to the server, once for each try.
    #[must_use]
    pub fn auth(&self) -> &DerivedKey {
        &self.auth
    }

    /// The restore key that goes with a share. It follows from password and share alone, so the locker's entry can
    /// name it before the blob is wrapped.
    #[must_use]
    pub fn restore_signer(&self, share: &[u8; 32]) -> RestoreSigner {
        self.restore(&self.mix(share))
    }

    /// Wraps new content: what the server is given, and what the list states of it.
    pub fn wrap(
        &self,
        version: u64,
        contents: &Contents,
        random: &dyn Random,
    ) -> (LockerSet, LockerEntry) {
        let share: Zeroizing<[u8; 32]> = Zeroizing::new(random.bytes());
        let mixed = self.mix(&share);
        let plain = Writer::new(PLAIN_BYTES + TAG_BYTES)
            .u32(contents.epoch)
            .raw(contents.data_key.expose_secret())
            .raw(&contents.server.0)
            .raw(&contents.genesis.0)
            .u64(contents.before.sequence)
            .raw(&contents.before.hash.0)
            .finish_secret();
        let sealed = aead::seal(&mixed, &random.bytes(), &self.wrap_info(), &[], plain);
        let mut blob = vec![VERSION];
        blob.extend_from_slice(self.check().expose_secret());
        blob.extend_from_slice(&sealed);
        let entry = LockerEntry {
            version,
            restore_key: self.restore(&mixed).0.verifying_key(),
            blob: Hash::of(&blob),
        };
        let set = LockerSet {
            version,
            salt: self.salt,
            params: self.params,
            verifier: Hash::of(self.auth.expose_secret()),
            share,
            blob,
        };
        (set, entry)
    }

    /// Opens what the server gave.
    ///
    /// # Errors
    /// [`LockerError`].
    pub fn open(&self, content: &LockerContent) -> Result<Opened, LockerError> {
        let mut reader = Reader::new(&content.blob);
        reader.expect(VERSION)?;
        let check: [u8; 32] = reader.array()?;
        if !mac::equal(self.check().expose_secret(), &check) {
            return Err(LockerError::WrongPassword);
        }
        let mixed = self.mix(&content.share);
        let plain =
            aead::open(&mixed, &self.wrap_info(), &[], reader.rest()).map_err(
                |error| match error {
                    AeadError::WrongKey => LockerError::WrongShare,
                    AeadError::Tampered => LockerError::Tampered,
                },
            )?;
        let contents = Contents::decode(&plain)?;
        if contents.server != self.place.server {
            return Err(LockerError::OtherServer);
        }
        Ok(Opened {
            contents,
            restore: self.restore(&mixed),
            version: content.version,
            blob: Hash::of(&content.blob),
        })
    }

    fn mix(&self, share: &[u8; 32]) -> DerivedKey {
        let mut ikm = Zeroizing::new([0u8; 64]);
        ikm[..32].copy_from_slice(self.kek.expose_secret());
        ikm[32..].copy_from_slice(share);
        let info = Info::new("authr/1/locker/mix").bytes(&self.place.user.0);
        DerivedKey::new(&derive::expand::<32>(ikm.as_slice(), &[], &info))
    }

    fn restore(&self, mixed: &DerivedKey) -> RestoreSigner {
        let info = Info::new("authr/1/locker/sign").bytes(&self.place.user.0);
        let seed = derive::key(mixed, &[], &info);
        RestoreSigner(Signer::new(&SigningSeed::new(seed.expose_secret())))
    }

    fn check(&self) -> DerivedKey {
        derive::key(&self.kek, &[], &self.place.info("authr/1/locker/check"))
    }

    fn wrap_info(&self) -> Info {
        self.place.info("authr/1/locker/wrap")
    }
}

impl Opened {
    /// Verifies the list that the server shows to the restoring device: it is the user's, has the entries that the
    /// locker names, and its newest locker entry names this locker.
    ///
    /// # Errors
    /// [`LockerError::ListForged`], whatever the list lacks.
    pub fn verify_list<E: AsRef<[u8]>>(
        &self,
        place: &Place,
        entries: &[E],
    ) -> Result<DeviceList, LockerError> {
        let expect = Expect::Locker {
            genesis: self.contents.genesis,
            before: self.contents.before,
        };
        let list = DeviceList::verify(entries, &expect).map_err(|_| LockerError::ListForged)?;
        let named = LockerEntry {
            version: self.version,
            restore_key: self.restore.0.verifying_key(),
            blob: self.blob,
        };
        let epoch = list.epoch();
        let belongs = *list.user() == place.user
            && *list.locker() == named
            && epoch.number == self.contents.epoch
            && epoch.check(list.user(), &self.contents.data_key).is_ok();
        belongs.then_some(list).ok_or(LockerError::ListForged)
    }
}

impl Contents {
    fn decode(plain: &[u8]) -> Result<Self, Malformed> {
        let mut reader = Reader::new(plain);
        let epoch = reader.u32()?;
        let data_key = Zeroizing::new(reader.array()?);
        let contents = Self {
            epoch,
            data_key: DataKey::new(&data_key),
            server: ServerId(reader.array()?),
            genesis: Hash(reader.array()?),
            before: Head {
                sequence: reader.u64()?,
                hash: Hash(reader.array()?),
            },
        };
        reader.end()?;
        Ok(contents)
    }
}

impl Place {
    fn info(&self, label: &str) -> Info {
        Info::new(label).bytes(&self.user.0).bytes(&self.server.0)
    }
}

#[cfg(test)]
mod tests;

//! What the server seals to a request or a device.

use std::fmt;

use authr_crypto::kdf::KdfParams;
use authr_crypto::secret::OtpSecret;
use zeroize::Zeroizing;

use crate::append::BLOB_BYTES;
use crate::codec::{Malformed, Reader, Writer};
use crate::id::Hash;
use crate::sealed::Content;

/// The longest name of an application, in bytes.
pub const APPLICATION_NAME_BYTES: usize = 256;
/// The most native accounts of a user.
pub const NATIVE_ACCOUNTS: usize = 256;
/// The seed of a native account on one device, in bytes.
pub const SEED_BYTES: usize = 20;

/// The locker's content: to a request whose password was right, and, uncounted, to an active device.
///
/// `version u64 || salt[32] || memory u32 || passes u32 || lanes u32 || share[32] || lp(blob)`
pub struct LockerContent {
    /// Its version.
    pub version: u64,
    /// The random salt of the password's derivation.
    pub salt: Hash,
    /// The cost of that derivation.
    pub params: KdfParams,
    /// The server's half of the wrapping key.
    pub share: Zeroizing<[u8; 32]>,
    /// What is wrapped.
    pub blob: Vec<u8>,
}

impl fmt::Debug for LockerContent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LockerContent {{ version: {}, .. }}", self.version)
    }
}

impl Content for LockerContent {
    const PURPOSE: &'static str = "locker";

    fn encode(&self) -> Zeroizing<Vec<u8>> {
        Writer::new(128 + self.blob.len())
            .u64(self.version)
            .raw(&self.salt.0)
            .u32(self.params.memory_kib)
            .u32(self.params.passes)
            .u32(self.params.lanes)
            .raw(self.share.as_slice())
            .long(&self.blob)
            .finish_secret()
    }

    fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut reader = Reader::new(bytes);
        let content = Self {
            version: reader.u64()?,
            salt: Hash(reader.array()?),
            params: KdfParams {
                memory_kib: reader.u32()?,
                passes: reader.u32()?,
                lanes: reader.u32()?,
            },
            share: Zeroizing::new(reader.array()?),
            blob: reader.long(BLOB_BYTES)?.to_vec(),
        };
        reader.end()?;
        Ok(content)
    }
}

/// A native account, with the seed that this device alone has.
///
/// `application[16] || lp(name) || generation u32 || digits[1] || period u32 || seed[20]`; the algorithm is SHA-1.
#[derive(Debug)]
pub struct NativeAccount {
    /// The application that issued it.
    pub application: [u8; 16],
    /// Its name, as the person sees it.
    pub name: String,
    /// How often its seed was replaced.
    pub generation: u32,
    /// How many digits its codes have.
    pub digits: u8,
    /// How long a step of its codes is, in seconds.
    pub period: u32,
    /// The seed.
    pub seed: OtpSecret,
}

impl Content for NativeAccount {
    const PURPOSE: &'static str = "account";

    fn encode(&self) -> Zeroizing<Vec<u8>> {
        Writer::new(64 + self.name.len() + SEED_BYTES)
            .raw(&self.application)
            .long(self.name.as_bytes())
            .u32(self.generation)
            .u8(self.digits)
            .u32(self.period)
            .raw(self.seed.expose_secret())
            .finish_secret()
    }

    fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut reader = Reader::new(bytes);
        let application = reader.array()?;
        let malformed = reader.malformed();
        let name = reader.long(APPLICATION_NAME_BYTES)?.to_vec();
        let name = String::from_utf8(name).map_err(|_| malformed)?;
        let generation = reader.u32()?;
        let malformed = reader.malformed();
        let digits = reader.u8()?;
        let period = reader.u32()?;
        if !(5..=10).contains(&digits) || !(1..=3600).contains(&period) {
            return Err(malformed);
        }
        let malformed = reader.malformed();
        let seed = OtpSecret::new(reader.raw(SEED_BYTES)?.to_vec()).map_err(|_| malformed)?;
        reader.end()?;
        Ok(Self {
            application,
            name,
            generation,
            digits,
            period,
            seed,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(name: &str, digits: u8, period: u32) -> NativeAccount {
        NativeAccount {
            application: [1; 16],
            name: name.to_owned(),
            generation: 3,
            digits,
            period,
            seed: OtpSecret::new(vec![5; SEED_BYTES]).unwrap(),
        }
    }

    #[test]
    fn a_native_account_comes_back_as_it_was_sealed() {
        let bytes = account("Zoë's clinic", 7, 10).encode();
        let read = NativeAccount::decode(&bytes).unwrap();
        assert_eq!(read.name, "Zoë's clinic");
        assert_eq!((read.digits, read.period, read.generation), (7, 10, 3));
        assert_eq!(read.seed.expose_secret(), [5; SEED_BYTES]);
        for cut in 0..bytes.len() {
            assert!(NativeAccount::decode(&bytes[..cut]).is_err(), "{cut}");
        }
    }

    #[test]
    fn a_native_account_that_could_make_no_code_is_refused() {
        let refused = |account: NativeAccount| NativeAccount::decode(&account.encode()).is_err();
        assert!(refused(account("x", 4, 10)));
        assert!(refused(account("x", 11, 10)));
        assert!(refused(account("x", 7, 0)));
        assert!(refused(account("x", 7, 3601)));
        assert!(refused(account(
            &"x".repeat(APPLICATION_NAME_BYTES + 1),
            7,
            10
        )));
        assert!(!refused(account(
            &"x".repeat(APPLICATION_NAME_BYTES),
            7,
            10
        )));
    }

    #[test]
    fn neither_share_nor_seed_shows_in_debug() {
        let content = LockerContent {
            version: 2,
            salt: Hash([0x41; 32]),
            params: KdfParams::DEFAULT,
            share: Zeroizing::new([0x41; 32]),
            blob: vec![0x41; 8],
        };
        assert_eq!(format!("{content:?}"), "LockerContent { version: 2, .. }");
        assert!(format!("{:?}", account("x", 7, 10)).contains("OtpSecret(..)"));
    }
}

//! The name of a device, sealed under the data key of the epoch in which it came: the server holds no name.
//!
//! ```text
//! plaintext[98]  = length[1] || name, zeros to 64 || length[1] || system, zeros to 32
//! sealed[178]    = AEAD seal with the data key, info "authr/1/list/description" || user || device
//! ```
//! Every sealed name has the same length.

use authr_crypto::aead::{self, COMMITMENT_BYTES, SALT_BYTES, TAG_BYTES};
use authr_crypto::derive::Info;
use authr_crypto::random::Random;
use authr_crypto::secret::DataKey;

use crate::codec::{Malformed, Reader, Writer};
use crate::id::{DeviceId, UserId};

/// The longest name, in bytes.
pub const NAME_BYTES: usize = 64;
/// The longest name of a system, in bytes.
pub const SYSTEM_BYTES: usize = 32;

const PLAIN_BYTES: usize = 1 + NAME_BYTES + 1 + SYSTEM_BYTES;
const SEALED_BYTES: usize = SALT_BYTES + COMMITMENT_BYTES + PLAIN_BYTES + TAG_BYTES;

/// What a person calls a device, and what it runs on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Description {
    name: String,
    system: String,
}

/// A name or a system longer than allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the name of a device has at most {NAME_BYTES} bytes, its system {SYSTEM_BYTES}")]
pub struct DescriptionTooLong;

/// A description as it stands in the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedDescription(pub [u8; SEALED_BYTES]);

impl Description {
    /// Takes both texts in.
    ///
    /// # Errors
    /// [`DescriptionTooLong`].
    pub fn new(name: &str, system: &str) -> Result<Self, DescriptionTooLong> {
        if name.len() > NAME_BYTES || system.len() > SYSTEM_BYTES {
            return Err(DescriptionTooLong);
        }
        Ok(Self {
            name: name.to_owned(),
            system: system.to_owned(),
        })
    }

    /// What a person calls it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it runs on.
    #[must_use]
    pub fn system(&self) -> &str {
        &self.system
    }

    /// Seals it for those who hold the data key.
    ///
    /// # Panics
    /// Never: the length is fixed.
    #[must_use]
    pub fn seal(
        &self,
        user: &UserId,
        device: &DeviceId,
        key: &DataKey,
        random: &dyn Random,
    ) -> SealedDescription {
        let mut plain = Writer::new(PLAIN_BYTES + TAG_BYTES);
        for (text, width) in [(&self.name, NAME_BYTES), (&self.system, SYSTEM_BYTES)] {
            let length = u8::try_from(text.len()).expect("because both limits are below 256");
            plain = plain
                .u8(length)
                .raw(text.as_bytes())
                .raw(&vec![0; width - text.len()]);
        }
        let info = info(user, device);
        let sealed = aead::seal(key, &random.bytes(), &info, &[], plain.finish_secret());
        SealedDescription(
            sealed
                .try_into()
                .expect("because the plaintext has one length"),
        )
    }
}

impl SealedDescription {
    /// Opens it; `None` when it is not a description under this key. A name is never a reason to refuse a list.
    #[must_use]
    pub fn open(&self, user: &UserId, device: &DeviceId, key: &DataKey) -> Option<Description> {
        let plain = aead::open(key, &info(user, device), &[], &self.0).ok()?;
        parse(&plain).ok()
    }
}

fn parse(plain: &[u8]) -> Result<Description, Malformed> {
    let mut reader = Reader::new(plain);
    let name = text(&mut reader, NAME_BYTES)?;
    let system = text(&mut reader, SYSTEM_BYTES)?;
    reader.end()?;
    Ok(Description { name, system })
}

fn text(reader: &mut Reader<'_>, width: usize) -> Result<String, Malformed> {
    let malformed = reader.malformed();
    let length = usize::from(reader.u8()?);
    let (text, zeros) = reader
        .raw(width)?
        .split_at_checked(length)
        .ok_or(malformed)?;
    if zeros.iter().any(|byte| *byte != 0) {
        return Err(malformed);
    }
    String::from_utf8(text.to_vec()).map_err(|_| malformed)
}

fn info(user: &UserId, device: &DeviceId) -> Info {
    Info::new("authr/1/list/description")
        .bytes(&user.0)
        .bytes(&device.0)
}

#[cfg(test)]
mod tests {
    use authr_crypto::random::OsRandom;

    use super::*;

    #[test]
    fn a_name_opens_for_the_data_key_and_in_its_place_alone() {
        let (user, device, key) = (UserId([1; 16]), DeviceId([2; 16]), DataKey::new(&[3; 32]));
        let description = Description::new("Zoë's laptop", "Linux").unwrap();
        let sealed = description.seal(&user, &device, &key, &OsRandom);
        assert_eq!(sealed.open(&user, &device, &key), Some(description));
        assert_eq!(sealed.open(&user, &DeviceId([4; 16]), &key), None);
        assert_eq!(sealed.open(&UserId([4; 16]), &device, &key), None);
        assert_eq!(sealed.open(&user, &device, &DataKey::new(&[4; 32])), None);
    }

    #[test]
    fn a_name_has_at_most_64_bytes_and_a_system_32() {
        assert!(Description::new(&"n".repeat(64), &"s".repeat(32)).is_ok());
        assert_eq!(
            Description::new(&"n".repeat(65), ""),
            Err(DescriptionTooLong)
        );
        assert_eq!(
            Description::new("", &"s".repeat(33)),
            Err(DescriptionTooLong)
        );
    }
}

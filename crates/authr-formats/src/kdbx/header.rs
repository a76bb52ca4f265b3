//! The header: fields of type, length and value, up to a field of type 0.

use super::DAMAGED;
use crate::FormatError;

/// The most rounds of AES-KDF: some seconds.
const MAX_AES_ROUNDS: u64 = 200_000_000;
/// The most memory of Argon2, in bytes.
const MAX_ARGON2_BYTES: u64 = 1 << 30;
/// The most passes of Argon2.
const MAX_ARGON2_PASSES: u64 = 10_000;
/// The most memory of Argon2 times its passes, in bytes.
const MAX_ARGON2_WORK: u64 = 64 << 30;
/// The most lanes of Argon2.
const MAX_ARGON2_LANES: u64 = 64;

/// The ciphers of a payload, by their UUIDs.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Cipher {
    Aes256,
    Twofish,
    ChaCha20,
}

const CIPHERS: [([u8; 16], Cipher); 3] = [
    (
        *b"\x31\xc1\xf2\xe6\xbf\x71\x43\x50\xbe\x58\x05\x21\x6a\xfc\x5a\xff",
        Cipher::Aes256,
    ),
    (
        *b"\xad\x68\xf2\x9f\x57\x6f\x4b\xb9\xa3\x6a\xd4\x7a\xf9\x65\x34\x6c",
        Cipher::Twofish,
    ),
    (
        *b"\xd6\x03\x8a\x2b\x8b\x6f\x4c\xb5\xa5\x24\x33\x9a\x31\xdb\xb5\x9a",
        Cipher::ChaCha20,
    ),
];

const AES_KDF: [&[u8]; 2] = [
    b"\xc9\xd9\xf3\x9a\x62\x8a\x44\x60\xbf\x74\x0d\x08\xc1\x8a\x4f\xea",
    b"\x7c\x02\xbb\x82\x79\xa7\x4a\xc0\x92\x7d\x11\x4a\x00\x64\x82\x38",
];
const ARGON2D: &[u8] = b"\xef\x63\x6d\xdf\x8c\x29\x44\x4b\x91\xf7\xa9\xa4\x03\xe3\x0a\x0c";
const ARGON2ID: &[u8] = b"\x9e\x29\x8b\x19\x56\xdb\x47\x73\xb2\x3d\xfc\x3e\xc6\xf0\xa1\xe6";

/// How the password becomes a key; its cost is within the limits.
pub(super) enum Kdf<'a> {
    Aes {
        seed: &'a [u8],
        rounds: u64,
    },
    Argon2 {
        id: bool,
        version: u64,
        salt: &'a [u8],
        bytes: u64,
        passes: u64,
        lanes: u64,
    },
}

/// What differs between the two versions.
pub(super) enum Version<'a> {
    /// The key of the inner stream, and what the payload begins with under the right key.
    Three {
        stream: u64,
        stream_key: &'a [u8],
        start: &'a [u8],
    },
    Four,
}

pub(super) struct Header<'a> {
    pub(super) version: Version<'a>,
    pub(super) cipher: Cipher,
    pub(super) is_packed: bool,
    pub(super) seed: &'a [u8],
    pub(super) iv: &'a [u8],
    pub(super) kdf: Kdf<'a>,
    /// All of it, as it stands in the file.
    pub(super) bytes: &'a [u8],
    /// What follows.
    pub(super) rest: &'a [u8],
}

impl<'a> Header<'a> {
    pub(super) fn read(file: &'a [u8]) -> Result<Self, FormatError> {
        let major = file.get(10..12).map(little).ok_or(DAMAGED)?;
        if !file.starts_with(super::MAGIC) || !matches!(major, 3 | 4) {
            return Err(DAMAGED);
        }
        let width = if major == 3 { 2 } else { 4 };
        let mut fields: [&[u8]; 13] = [&[]; 13];
        let mut rest = file.get(12..).ok_or(DAMAGED)?;
        loop {
            let (kind, after) = rest.split_first().ok_or(DAMAGED)?;
            let (value, after) = sized(after, width).ok_or(DAMAGED)?;
            rest = after;
            match (*kind, fields.get_mut(usize::from(*kind))) {
                (0, _) => break,
                (_, Some(field)) => *field = value,
                (_, None) => return Err(DAMAGED),
            }
        }
        let [
            _,
            _,
            cipher,
            packing,
            seed,
            kdf_seed,
            rounds,
            iv,
            key,
            start,
            stream,
            parameters,
            _,
        ] = fields;
        let cipher = CIPHERS.iter().find(|(uuid, _)| uuid == cipher);
        let (version, kdf) = if major == 3 {
            let stream = little(stream);
            let version = Version::Three {
                stream,
                stream_key: key,
                start,
            };
            (version, aes(kdf_seed, little(rounds))?)
        } else {
            (Version::Four, kdf(parameters)?)
        };
        Ok(Self {
            version,
            cipher: cipher.ok_or(DAMAGED)?.1,
            is_packed: little(packing) == 1,
            seed,
            iv,
            kdf,
            bytes: file.get(..file.len() - rest.len()).ok_or(DAMAGED)?,
            rest,
        })
    }
}

/// A dictionary: its version, then type, name and value of each parameter, and a zero.
fn kdf(dictionary: &[u8]) -> Result<Kdf<'_>, FormatError> {
    let mut rest = dictionary.get(2..).ok_or(DAMAGED)?;
    let mut named = ["$UUID", "S", "R", "M", "I", "P", "V"].map(|name| (name, &[][..]));
    while let Some((_, after)) = rest.split_first().filter(|(kind, _)| **kind != 0) {
        let (name, after) = sized(after, 4).ok_or(DAMAGED)?;
        let (value, after) = sized(after, 4).ok_or(DAMAGED)?;
        if let Some(known) = named.iter_mut().find(|known| known.0.as_bytes() == name) {
            known.1 = value;
        }
        rest = after;
    }
    let [uuid, salt, rounds, bytes, passes, lanes, version] = named.map(|(_, value)| value);
    if AES_KDF.contains(&uuid) {
        return aes(salt, little(rounds));
    }
    if uuid != ARGON2D && uuid != ARGON2ID {
        return Err(DAMAGED);
    }
    let (bytes, passes, lanes) = (little(bytes), little(passes), little(lanes));
    within("Argon2", bytes, MAX_ARGON2_BYTES)?;
    within("Argon2", passes, MAX_ARGON2_PASSES)?;
    within("Argon2", lanes, MAX_ARGON2_LANES)?;
    within("Argon2", bytes.saturating_mul(passes), MAX_ARGON2_WORK)?;
    Ok(Kdf::Argon2 {
        id: uuid == ARGON2ID,
        version: little(version),
        salt,
        bytes,
        passes,
        lanes,
    })
}

fn aes(seed: &[u8], rounds: u64) -> Result<Kdf<'_>, FormatError> {
    within("AES-KDF", rounds, MAX_AES_ROUNDS)?;
    Ok(Kdf::Aes { seed, rounds })
}

fn within(kdf: &'static str, value: u64, most: u64) -> Result<(), FormatError> {
    if value > most {
        return Err(FormatError::KdfOutOfRange { kdf });
    }
    Ok(())
}

/// What a length of so many bytes announces, and the rest.
pub(super) fn sized(bytes: &[u8], width: usize) -> Option<(&[u8], &[u8])> {
    let (length, after) = bytes.split_at_checked(width)?;
    after.split_at_checked(usize::try_from(little(length)).ok()?)
}

/// A number, its lowest byte first; one that is too large is the largest.
pub(super) fn little(bytes: &[u8]) -> u64 {
    let mut whole = bytes.iter().rev();
    whole
        .try_fold(0_u64, |value, byte| {
            value.checked_mul(256).map(|value| value | u64::from(*byte))
        })
        .unwrap_or(u64::MAX)
}

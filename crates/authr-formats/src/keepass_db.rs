//! KeePass databases (KDBX 3 and 4), and the ways in which KeePass programs write one-time passwords.

use keepass::db::{DatabaseOpenError, GroupRef};
use keepass::{Database, DatabaseKey};

use crate::entry::{Draft, Harvest, Raw, Reason, Word, secret};
use crate::{Damage, Format, FormatError, Input, Parsed, base64, hex};

/// How every KDBX file begins.
pub(crate) const MAGIC: &[u8] = &[0x03, 0xd9, 0xa2, 0x9a, 0x67, 0xfb, 0x4b, 0xb5];

/// The most rounds of AES-KDF: some seconds.
const MAX_AES_ROUNDS: u64 = 200_000_000;
/// The most memory of Argon2, in bytes.
const MAX_ARGON2_BYTES: u64 = 1 << 30;
/// The most passes of Argon2.
const MAX_ARGON2_PASSES: u64 = 10_000;
/// The most memory of Argon2 times its passes, in bytes.
const MAX_ARGON2_WORK: u64 = 64 << 30;
/// How deep groups may stand in each other.
const MAX_DEPTH: usize = 32;

const DAMAGED: FormatError = FormatError::Damaged {
    what: Damage::NotKeePass,
};

pub(crate) fn parse(input: &Input<'_>) -> Result<Parsed, FormatError> {
    let password = input.password(Format::KeePass)?;
    check_cost(input.bytes)?;
    let key = DatabaseKey::new().with_password(password);
    let database = Database::parse(input.bytes, key).map_err(|error| match error {
        DatabaseOpenError::Key(_) => FormatError::WrongPassword,
        _ => DAMAGED,
    })?;
    let bin = database.recycle_bin().map(|bin| bin.id());
    let mut harvest = Harvest::new(Format::KeePass);
    let mut walk = Walk {
        bin,
        position: 0,
        harvest: &mut harvest,
    };
    walk.group(&database.root(), &mut Vec::new())?;
    Ok(harvest.finish())
}

/// Looks at the KDF that the header asks for, before anything is derived.
fn check_cost(file: &[u8]) -> Result<(), FormatError> {
    let major = file.get(10..12).and_then(|major| major.try_into().ok());
    let major = u16::from_le_bytes(major.ok_or(DAMAGED)?);
    let mut rest = file.get(12..).ok_or(DAMAGED)?;
    loop {
        let (kind, after) = rest.split_first().ok_or(DAMAGED)?;
        let (length, after) = if major >= 4 {
            let (length, after) = after.split_first_chunk::<4>().ok_or(DAMAGED)?;
            (u32::from_le_bytes(*length), after)
        } else {
            let (length, after) = after.split_first_chunk::<2>().ok_or(DAMAGED)?;
            (u32::from(u16::from_le_bytes(*length)), after)
        };
        let length = usize::try_from(length).map_err(|_| DAMAGED)?;
        let (value, after) = after.split_at_checked(length).ok_or(DAMAGED)?;
        match kind {
            0 => return Ok(()),
            6 => within("AES-KDF", little(value), MAX_AES_ROUNDS)?,
            11 => check_parameters(value)?,
            _ => {}
        }
        rest = after;
    }
}

/// A dictionary: version, then type, name and value of each parameter, and a zero.
fn check_parameters(dictionary: &[u8]) -> Result<(), FormatError> {
    let mut rest = dictionary.get(2..).ok_or(DAMAGED)?;
    let (mut memory, mut passes) = (0_u64, 0_u64);
    while let Some((kind, after)) = rest.split_first().filter(|(kind, _)| **kind != 0) {
        let _ = kind;
        let (name, after) = sized(after).ok_or(DAMAGED)?;
        let (value, after) = sized(after).ok_or(DAMAGED)?;
        match name {
            b"M" => memory = little(value),
            b"I" => passes = little(value),
            b"R" => within("AES-KDF", little(value), MAX_AES_ROUNDS)?,
            _ => {}
        }
        rest = after;
    }
    within("Argon2", memory, MAX_ARGON2_BYTES)?;
    within("Argon2", passes, MAX_ARGON2_PASSES)?;
    within("Argon2", memory.saturating_mul(passes), MAX_ARGON2_WORK)
}

fn sized(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, after) = bytes.split_first_chunk::<4>()?;
    after.split_at_checked(usize::try_from(u32::from_le_bytes(*length)).ok()?)
}

fn little(bytes: &[u8]) -> u64 {
    let mut whole = bytes.iter().rev();
    whole
        .try_fold(0_u64, |value, byte| {
            value.checked_mul(256).map(|value| value | u64::from(*byte))
        })
        .unwrap_or(u64::MAX)
}

fn within(kdf: &'static str, value: u64, most: u64) -> Result<(), FormatError> {
    if value > most {
        return Err(FormatError::KdfOutOfRange { kdf });
    }
    Ok(())
}

struct Walk<'a> {
    bin: Option<keepass::db::GroupId>,
    position: usize,
    harvest: &'a mut Harvest,
}

impl Walk<'_> {
    fn group(&mut self, group: &GroupRef<'_>, path: &mut Vec<String>) -> Result<(), FormatError> {
        // What was thrown away stays away.
        if self.bin == Some(group.id()) || path.len() > MAX_DEPTH {
            return Ok(());
        }
        for entry in group.entries() {
            self.position += 1;
            let of = |name: &str| entry.get(name).filter(|value| !value.is_empty());
            let field = |name: &str| of(name).unwrap_or_default();
            let mut draft = Draft::named(field("Title"), field("UserName"));
            draft.note = field("Notes").to_owned();
            draft.tags = entry.tags.clone();
            draft
                .tags
                .extend(Some(path.join("/")).filter(|path| !path.is_empty()));
            let attributes = Attributes {
                get: &of,
                uri: of("otp"),
            };
            attributes.harvest(self.position, draft, self.harvest)?;
        }
        for child in group.groups() {
            path.push(child.name.clone());
            self.group(&child, path)?;
            path.pop();
        }
        Ok(())
    }
}

/// The attributes of an entry, by name.
pub(crate) struct Attributes<'a, 'v> {
    pub(crate) get: &'a dyn Fn(&str) -> Option<&'v str>,
    /// The one that has a URI, or KeeOtp's `key=…`.
    pub(crate) uri: Option<&'v str>,
}

impl Attributes<'_, '_> {
    /// Takes every one-time password of the entry; an entry without one is no account.
    pub(crate) fn harvest(
        &self,
        position: usize,
        draft: Draft,
        harvest: &mut Harvest,
    ) -> Result<(), FormatError> {
        if let Some(uri) = self.uri {
            if !uri.contains("://") {
                return harvest.take_at(position, draft, kee_otp(uri));
            }
            return harvest.take_uri(position, draft, uri);
        }
        if let Some(otp) = self.keepass().or_else(|| self.tray_totp()) {
            return harvest.take_at(position, draft, otp);
        }
        Ok(())
    }

    /// KeePass 2.47: `TimeOtp-Secret…` or `HmacOtp-Secret…`, and what goes with it.
    fn keepass(&self) -> Option<Result<authr_otp::Otp, Reason>> {
        for (prefix, word) in [("TimeOtp", Word::Totp), ("HmacOtp", Word::Hotp)] {
            for encoding in ["", "-Hex", "-Base32", "-Base64"] {
                if let Some(text) = (self.get)(&format!("{prefix}-Secret{encoding}")) {
                    return Some(self.build(word, prefix, encoding, text));
                }
            }
        }
        None
    }

    fn build(
        &self,
        word: Word,
        prefix: &str,
        encoding: &str,
        text: &str,
    ) -> Result<authr_otp::Otp, Reason> {
        let number = |name: &str, field: &'static str| {
            let text = (self.get)(&format!("{prefix}-{name}"));
            text.map(|text| text.parse().map_err(|_| Reason::missing(field)))
                .transpose()
        };
        let algorithm = (self.get)(&format!("{prefix}-Algorithm"));
        let raw = Raw {
            algorithm: algorithm.map(|name| name.trim_start_matches("HMAC-")),
            digits: number("Length", "Length")?,
            period: number("Period", "Period")?,
            counter: number("Counter", "Counter")?,
            pin: None,
        };
        let bytes = match encoding {
            "" => text.as_bytes().to_vec(),
            "-Hex" => hex(text)
                .ok_or(Reason::Encoding {
                    encoding: "hexadecimal",
                })?
                .to_vec(),
            "-Base64" => base64(text)
                .ok_or(Reason::Encoding { encoding: "Base64" })?
                .to_vec(),
            _ => return raw.base32(word, text),
        };
        raw.build(word, secret(bytes)?)
    }

    /// KeeTrayTOTP: `TOTP Seed` and `TOTP Settings`, `30;6` or `30;S`.
    fn tray_totp(&self) -> Option<Result<authr_otp::Otp, Reason>> {
        let seed = (self.get)("TOTP Seed")?;
        let settings = (self.get)("TOTP Settings").unwrap_or("30;6");
        let mut parts = settings.split(';').map(str::trim);
        let (period, digits) = (parts.next().unwrap_or(""), parts.next().unwrap_or(""));
        if digits.eq_ignore_ascii_case("S") {
            return Some(Raw::default().base32(Word::Steam, seed));
        }
        let (Ok(period), Ok(digits)) = (period.parse(), digits.parse()) else {
            return Some(Err(Reason::missing("TOTP Settings")));
        };
        let raw = Raw {
            digits: Some(digits),
            period: Some(period),
            ..Raw::default()
        };
        Some(raw.base32(Word::Totp, seed))
    }
}

/// KeeOtp: `key=…&step=…&size=…&otpHashMode=…&type=…&counter=…`.
fn kee_otp(text: &str) -> Result<authr_otp::Otp, Reason> {
    let of = |name: &str| {
        let mut pairs = text.split('&').filter_map(|pair| pair.split_once('='));
        let value = pairs.find(|(key, _)| key.eq_ignore_ascii_case(name))?.1;
        percent_encoding::percent_decode_str(value)
            .decode_utf8()
            .ok()
    };
    let number = |name: &'static str| {
        let text = of(name);
        text.map(|text| text.parse().map_err(|_| Reason::missing(name)))
            .transpose()
    };
    let algorithm = of("otpHashMode");
    let raw = Raw {
        algorithm: algorithm.as_deref(),
        digits: number("size")?,
        period: number("step")?,
        counter: number("counter")?,
        pin: None,
    };
    let word = match of("type").as_deref() {
        None => Word::Totp,
        Some(name) => Word::parse(name)?,
    };
    let key = of("key").ok_or(Reason::missing("key"))?;
    match of("encoding").as_deref() {
        Some(name) if name.eq_ignore_ascii_case("hex") => {
            let bytes = hex(&key).ok_or(Reason::Encoding {
                encoding: "hexadecimal",
            })?;
            raw.build(word, secret(bytes.to_vec())?)
        }
        _ => raw.base32(word, &key),
    }
}

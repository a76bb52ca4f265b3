//! Authenticator Plus: a SQLCipher 3 database, or a zip whose `Accounts.txt` is a list of URIs.
//!
//! SQLCipher 3: the file begins with the salt; PBKDF2-HMAC-SHA1 gives the key, and, from it, the key of the MACs. A page is
//! 1024 bytes: ciphertext, 16 bytes of IV, 20 of HMAC-SHA1 over both and the page's number, 12 that are not used.

use zeroize::Zeroizing;

use crate::crypto::{Hash, cbc_open_unpadded, hmac_sha1_holds, pbkdf2_key};
use crate::entry::{Draft, Harvest, Raw, Reason, Word};
use crate::sqlite::{self, Database, number, text};
use crate::zip_file;
use crate::{Format, FormatError, Input, Parsed, uri_list};

/// The member of the zip.
pub(crate) const MEMBER: &str = "Accounts.txt";
const PAGE: usize = 1024;
const RESERVED: usize = 48;
const SALT: usize = 16;
const ROUNDS: u64 = 64_000;

pub(crate) fn parse(input: &Input<'_>) -> Result<Parsed, FormatError> {
    if input.bytes.starts_with(zip_file::MAGIC) {
        return uri_list::parse_zip(input);
    }
    let password = input.password(Format::AuthenticatorPlus)?;
    let plain = open(input.bytes, password)?.ok_or(FormatError::WrongPasswordOrDamaged)?;
    read(&plain)
}

/// The database behind the cipher; `None` where the first page does not have its MAC.
pub(crate) fn open(file: &[u8], password: &str) -> Result<Option<Zeroizing<Vec<u8>>>, FormatError> {
    let Some(salt) = file.get(..SALT) else {
        return Ok(None);
    };
    if !file.len().is_multiple_of(PAGE) {
        return Ok(None);
    }
    let key = pbkdf2_key(Hash::Sha1, password.as_bytes(), salt, ROUNDS, 32)?;
    let mac_salt: Vec<u8> = salt.iter().map(|byte| byte ^ 0x3a).collect();
    let mac_key = pbkdf2_key(Hash::Sha1, &key, &mac_salt, 2, 32)?;
    let mut plain = Zeroizing::new(Vec::with_capacity(file.len()));
    for (number, page) in (1_u32..).zip(file.chunks_exact(PAGE)) {
        let start = if number == 1 { SALT } else { 0 };
        let parts = page.get(start..).and_then(|page| {
            let (content, reserve) = page.split_at_checked(page.len() - RESERVED)?;
            let (iv, reserve) = reserve.split_at_checked(16)?;
            Some((content, iv, reserve.get(..20)?))
        });
        let Some((content, iv, mac)) = parts else {
            return Ok(None);
        };
        let message = [content, iv, &number.to_le_bytes()].concat();
        if !hmac_sha1_holds(&mac_key, &message, mac) {
            return match number {
                1 => Ok(None),
                _ => Err(FormatError::content()),
            };
        }
        let content = cbc_open_unpadded(&key, iv, content).ok_or(FormatError::content())?;
        if number == 1 {
            plain.extend_from_slice(sqlite::MAGIC);
        }
        plain.extend_from_slice(&content);
        plain.extend_from_slice(&[0; RESERVED]);
    }
    Ok(Some(plain))
}

/// Reads the database behind the cipher.
pub(crate) fn read(plain: &[u8]) -> Result<Parsed, FormatError> {
    let database = Database::open(plain, None)?;
    database.need("accounts", &["_id", "email", "secret", "counter", "type"])?;
    let columns = database.columns("accounts");
    let column = |name: &'static str| match columns.iter().any(|column| column == name) {
        true => name,
        false => "NULL",
    };
    let query = format!(
        "SELECT email, secret, counter, type, {}, {} FROM accounts ORDER BY _id",
        column("issuer"),
        column("category")
    );
    let mut harvest = Harvest::new(Format::AuthenticatorPlus);
    database.rows(&query, |row| {
        let mut draft = Draft::named(&text(row, 4), &text(row, 0));
        draft.tag(&text(row, 5));
        let secret = text(row, 1);
        let otp = match number(row, 3) {
            Some(0) => Raw::default().base32(Word::Totp, &secret),
            Some(1) => {
                let raw = Raw {
                    counter: number(row, 2),
                    ..Raw::default()
                };
                raw.base32(Word::Hotp, &secret)
            }
            // Blizzard: the secret in hexadecimal, 8 digits.
            Some(2) => blizzard(&secret),
            _ => Err(Reason::Kind),
        };
        harvest.take(draft, otp)
    })?;
    Ok(harvest.finish())
}

fn blizzard(text: &str) -> Result<authr_otp::Otp, Reason> {
    let raw = Raw {
        digits: Some(8),
        ..Raw::default()
    };
    let bytes = crate::hex(text).ok_or(Reason::Encoding {
        encoding: "hexadecimal",
    })?;
    raw.build(Word::Totp, crate::entry::secret(bytes.to_vec())?)
}

//! Microsoft Authenticator's database, from a rooted device: SHA-1, 30 seconds, 6 digits; Microsoft's own accounts have a
//! secret in Base64 and 8 digits.

use crate::entry::{Draft, Harvest, Raw, Reason, Word, secret};
use crate::sqlite::{Database, number, text};
use crate::{Format, FormatError, Input, Parsed, base64};

pub(crate) fn parse(input: &Input<'_>) -> Result<Parsed, FormatError> {
    let database = Database::open(input.bytes, input.companion)?;
    let columns = ["name", "username", "account_type", "oath_secret_key"];
    database.need("accounts", &columns)?;
    let mut harvest = Harvest::new(Format::Microsoft);
    let query = "SELECT name, username, account_type, oath_secret_key FROM accounts ORDER BY rowid";
    database.rows(query, |row| {
        let draft = Draft::named(&text(row, 0), &text(row, 1));
        let key = text(row, 3);
        let otp = match number(row, 2) {
            Some(0) => Raw::default().base32(Word::Totp, &key),
            Some(1) => base64(&key)
                .ok_or(Reason::Encoding { encoding: "Base64" })
                .and_then(|bytes| {
                    let raw = Raw {
                        digits: Some(8),
                        ..Raw::default()
                    };
                    raw.build(Word::Totp, secret(bytes.to_vec())?)
                }),
            // Work and school accounts approve by push and have no secret.
            _ => Err(Reason::Kind),
        };
        harvest.take(draft, otp)
    })?;
    Ok(harvest.finish())
}

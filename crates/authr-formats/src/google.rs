//! Google Authenticator's database, from a rooted device: always SHA-1, 6 digits, 30 seconds.

use crate::entry::{Draft, Harvest, Raw, Reason, Word};
use crate::sqlite::{Database, number, text};
use crate::{Format, FormatError, Input, Parsed};

pub(crate) fn parse(input: &Input<'_>) -> Result<Parsed, FormatError> {
    let database = Database::open(input.bytes, input.companion)?;
    database.need("accounts", &["_id", "email", "secret", "counter", "type"])?;
    let columns = database.columns("accounts");
    let has = |name: &str| columns.iter().any(|column| column == name);
    let column = |name: &'static str| if has(name) { name } else { "NULL" };
    let query = format!(
        "SELECT email, secret, counter, type, {}, {} FROM accounts ORDER BY _id",
        column("issuer"),
        column("isencrypted")
    );
    let mut harvest = Harvest::new(Format::Google);
    database.rows(&query, |row| {
        let draft = Draft::named(&text(row, 4), &text(row, 0));
        let raw = Raw {
            counter: number(row, 2),
            ..Raw::default()
        };
        let word = match number(row, 3) {
            Some(0) => Ok(Word::Totp),
            Some(1) => Ok(Word::Hotp),
            _ => Err(Reason::Kind),
        };
        let otp = match number(row, 5) {
            None | Some(0) => word.and_then(|word| raw.base32(word, &text(row, 1))),
            Some(_) => Err(Reason::DeviceKey),
        };
        harvest.take(draft, otp)
    })?;
    Ok(harvest.finish())
}

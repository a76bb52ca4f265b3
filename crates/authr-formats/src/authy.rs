//! Authy, from a rooted device: lists in its preferences; or as authy-migrate writes them, in JSON or CSV. What a person added is in Base32, plain or under
//! PBKDF2-HMAC-SHA1 and AES-256-CBC with a zero IV; what a site issued is in hexadecimal, 7 digits every 10 seconds.

use serde_json::Value;
use zeroize::Zeroizing;

use crate::crypto::{Hash, Key, cbc_open, pbkdf2_key};
use crate::entry::{Draft, Harvest, Raw, Reason, Word, secret};
use crate::json::{Json, given, list, number, text};
use crate::limits::MAX_ENTRIES;
use crate::prefs::Prefs;
use crate::{Damage, Format, FormatError, Input, Parsed, base64, hex};

/// What the names of its preferences hold.
pub(crate) const MARK: &str = "com.authy.storage";
/// The field of what authy-migrate writes.
pub(crate) const MIGRATED: &str = "authenticator_tokens";
const OWN: &str = "tokens.authenticator.key";
const ISSUED: &str = "tokens.authy.key";
const ROUNDS: u64 = 1_000;
/// The most rounds of PBKDF2 for all entries of a file together: each has a key of its own.
const MAX_ROUNDS: u64 = 200_000_000;

pub(crate) fn parse(input: &Input<'_>) -> Result<Parsed, FormatError> {
    let mut harvest = Harvest::new(Format::Authy);
    if input.json.is_some() {
        own(list(input.json()?, MIGRATED), input, &mut harvest)?;
        return Ok(harvest.finish());
    }
    if !input.text()?.trim_start().starts_with('<') {
        let rows = table(input.text()?)?;
        own(list(&rows.0, MIGRATED), input, &mut harvest)?;
        return Ok(harvest.finish());
    }
    let prefs = Prefs::parse(input.text()?)?;
    if let Some(tokens) = prefs.ending(OWN) {
        let tokens = Json::parse(tokens)?;
        let tokens = tokens.0.as_array().ok_or(FormatError::field(OWN))?;
        own(tokens, input, &mut harvest)?;
    }
    if let Some(tokens) = prefs.ending(ISSUED) {
        let tokens = Json::parse(tokens)?;
        for token in tokens.0.as_array().ok_or(FormatError::field(ISSUED))? {
            harvest.take(Draft::named(text(token, "name"), ""), issued(token))?;
        }
    }
    Ok(harvest.finish())
}

/// The rows of a table, as the JSON that the same program writes.
fn table(text: &str) -> Result<Json, FormatError> {
    const DAMAGED: FormatError = FormatError::Damaged {
        what: Damage::NotCsv,
    };
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let header = reader.headers().map_err(|_| DAMAGED)?.clone();
    let mut tokens = Vec::new();
    for row in reader.records() {
        if tokens.len() == MAX_ENTRIES {
            return Err(FormatError::TooManyEntries);
        }
        let row = row.map_err(|_| DAMAGED)?;
        let fields = header.iter().zip(&row).map(|(name, value)| {
            let name = if name == "iv" { "unique_iv" } else { name };
            (name.to_owned(), Value::from(value))
        });
        tokens.push(Value::Object(fields.collect()));
    }
    Ok(Json(serde_json::json!({MIGRATED: tokens})))
}

fn own(tokens: &[Value], input: &Input<'_>, harvest: &mut Harvest) -> Result<(), FormatError> {
    let (mut opened, mut closed, mut rounds) = (0, 0, 0_u64);
    for token in tokens {
        let otp = match given(token, "decryptedSecret") {
            Some(plain) => codes(token, plain),
            None => {
                let password = input.password(Format::Authy)?;
                match Sealed::read(token) {
                    Err(reason) => Err(reason),
                    Ok(sealed) => {
                        rounds = rounds.saturating_add(sealed.rounds);
                        if rounds > MAX_ROUNDS {
                            return Err(FormatError::KdfOutOfRange { kdf: "PBKDF2" });
                        }
                        let plain = sealed.open(password)?;
                        match plain {
                            Some(_) => opened += 1,
                            None => closed += 1,
                        }
                        plain
                            .ok_or(Reason::Sealed)
                            .and_then(|plain| codes(token, &plain))
                    }
                }
            }
        };
        harvest.take(draft(token), otp)?;
    }
    if closed > 0 && opened == 0 {
        return Err(FormatError::WrongPasswordOrDamaged);
    }
    Ok(())
}

fn codes(token: &Value, secret: &str) -> Result<authr_otp::Otp, Reason> {
    let raw = Raw {
        algorithm: given(token, "algorithm"),
        digits: number(token, "digits")?,
        period: number(token, "period")?,
        ..Raw::default()
    };
    raw.base32(Word::Totp, secret)
}

/// A secret under a key of its own.
struct Sealed<'a> {
    /// The text as it stands, whatever it encodes.
    salt: &'a [u8],
    rounds: u64,
    iv: [u8; 16],
    secret: Key,
}

impl<'a> Sealed<'a> {
    fn read(token: &'a Value) -> Result<Self, Reason> {
        let secret = given(token, "encryptedSecret").or_else(|| given(token, "encrypted_seed"));
        let secret = secret.and_then(base64);
        let rounds = number(token, "key_derivation_iterations")?;
        let iv = match given(token, "unique_iv").map(hex) {
            None => [0; 16],
            Some(iv) => iv
                .and_then(|iv| iv.as_slice().try_into().ok())
                .ok_or(Reason::missing("unique_iv"))?,
        };
        Ok(Self {
            salt: text(token, "salt").as_bytes(),
            rounds: rounds.map_or(ROUNDS, |rounds| u64::try_from(rounds).unwrap_or_default()),
            iv,
            secret: secret.ok_or(Reason::missing("encryptedSecret"))?,
        })
    }

    /// The secret in Base32; `None` where the password is another.
    fn open(&self, password: &str) -> Result<Option<Zeroizing<String>>, FormatError> {
        let key = pbkdf2_key(Hash::Sha1, password.as_bytes(), self.salt, self.rounds, 32)?;
        let plain = cbc_open(&key, &self.iv, &self.secret);
        Ok(plain.and_then(|mut plain| {
            let text = String::from_utf8(std::mem::take(&mut plain));
            text.ok().map(Zeroizing::new)
        }))
    }
}

fn issued(token: &Value) -> Result<authr_otp::Otp, Reason> {
    let raw = Raw {
        digits: number(token, "digits")?.or(Some(7)),
        period: Some(10),
        ..Raw::default()
    };
    let seed = hex(text(token, "secretSeed")).ok_or(Reason::Encoding {
        encoding: "hexadecimal",
    })?;
    raw.build(Word::Totp, secret(seed.to_vec())?)
}

/// The site's own names where there are any; else what stands before and after the colon of the shown name.
fn draft(token: &Value) -> Draft {
    if token.get("encrypted_seed").is_some() {
        return Draft::named(text(token, "issuer"), text(token, "name"));
    }
    let shown = given(token, "originalName").unwrap_or(text(token, "name"));
    match (given(token, "originalIssuer"), shown.split_once(':')) {
        (Some(issuer), Some((prefix, label))) if prefix == issuer => Draft::named(issuer, label),
        (Some(issuer), _) => Draft::named(issuer, shown),
        (None, Some((issuer, label))) => Draft::named(issuer, label),
        (None, None) => Draft::named(shown, shown),
    }
}

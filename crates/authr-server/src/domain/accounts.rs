//! What a site does with its users: add, look at, remove.

use authr_crypto::secret::RootSeed;
use zeroize::Zeroizing;

use super::Fault;
use super::phone::{Phone, PhoneError};
use crate::Server;
use crate::keys::{Column, Lookup};
use crate::storage::{
    Account, AccountId, Application, ApplicationId, DeviceSummary, NewAccount, NewEmail, RowId,
    SiteId, StorageError, UserId,
};

/// The most addresses that an account keeps.
const MAX_EMAILS: u32 = 10;
/// The longest address (RFC 5321).
const MAX_EMAIL_BYTES: usize = 254;
/// How often a new id is drawn when the one before was taken.
const DRAWS: u32 = 16;

/// What a site says of a new user.
#[derive(Debug, Clone, Copy)]
pub struct NewUser<'a> {
    /// The address.
    pub email: &'a str,
    /// The number, as people write it.
    pub cellphone: &'a str,
    /// Its calling code.
    pub country_code: &'a str,
}

/// Why a user was not added.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AddError {
    /// These fields are not valid.
    #[error("not valid")]
    Invalid(Vec<(Field, Flaw)>),
    /// The server could not.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// A field of a new user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    /// The address.
    Email,
    /// The number.
    Cellphone,
    /// The calling code.
    CountryCode,
}

/// What is wrong with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flaw {
    /// It is not there.
    Blank,
    /// It is none.
    Invalid,
}

/// Adds a user to an application, or finds the one that is there.
///
/// # Errors
/// [`AddError`].
pub async fn add(
    server: &Server,
    application: &Application,
    new: NewUser<'_>,
) -> Result<SiteId, AddError> {
    let phone = valid(new).map_err(AddError::Invalid)?;
    for _ in 0..DRAWS {
        let account = offer(server, application.application, &phone, new.email.trim());
        match server.storage.open_account(account).await {
            Err(StorageError::Conflict(_)) => {}
            other => return Ok(other.map_err(Fault::from)?),
        }
    }
    Err(Fault::from(StorageError::Conflict("site id")).into())
}

fn valid(new: NewUser<'_>) -> Result<Phone, Vec<(Field, Flaw)>> {
    let mut flaws = Vec::new();
    let email = new.email.trim();
    if email.is_empty() {
        flaws.push((Field::Email, Flaw::Blank));
    } else if !is_email(email) {
        flaws.push((Field::Email, Flaw::Invalid));
    }
    let phone = Phone::parse(new.country_code, new.cellphone);
    match phone {
        Err(PhoneError::CountryCode) if new.country_code.trim().is_empty() => {
            flaws.push((Field::CountryCode, Flaw::Blank));
        }
        Err(PhoneError::CountryCode) => flaws.push((Field::CountryCode, Flaw::Invalid)),
        Err(PhoneError::Number) if !new.cellphone.trim().is_empty() => {
            flaws.push((Field::Cellphone, Flaw::Invalid));
        }
        _ => {}
    }
    if new.cellphone.trim().is_empty() {
        flaws.push((Field::Cellphone, Flaw::Blank));
    }
    match phone {
        Ok(phone) if flaws.is_empty() => Ok(phone),
        _ => Err(flaws),
    }
}

fn is_email(text: &str) -> bool {
    text.len() <= MAX_EMAIL_BYTES
        && !text.chars().any(|c| c.is_whitespace() || c.is_control())
        && text
            .split_once('@')
            .is_some_and(|(name, host)| !name.is_empty() && !host.is_empty() && !host.contains('@'))
}

fn offer(server: &Server, application: ApplicationId, phone: &Phone, email: &str) -> NewAccount {
    let (keys, random) = (&server.keys, server.random.as_ref());
    let bytes = |text: &str| Zeroizing::new(text.as_bytes().to_vec());
    let user = UserId(random.bytes());
    let account = AccountId(random.bytes());
    let row = RowId(random.bytes());
    let seed = Zeroizing::new(random.bytes::<32>());
    NewAccount {
        application,
        phone: phone_index(server, phone),
        user,
        phone_sealed: keys.seal(Column::Phone, &user.0, bytes(phone.e164()), random),
        account,
        site_id: SiteId((u32::from_be_bytes(random.bytes()) >> 1).max(1)),
        seed_sealed: keys.seal(
            Column::Seed,
            &account.0,
            Zeroizing::new(seed.to_vec()),
            random,
        ),
        email: NewEmail {
            row,
            index: keys.index(
                Lookup::Email,
                &[
                    &application.0,
                    phone.e164().as_bytes(),
                    email.to_lowercase().as_bytes(),
                ],
            ),
            sealed: keys.seal(Column::Email, &row.0, bytes(email), random),
        },
        max_emails: MAX_EMAILS,
        now: server.clock.now(),
    }
}

/// What a number is looked up by.
#[must_use]
pub fn phone_index(server: &Server, phone: &Phone) -> crate::storage::Index {
    server.keys.index(Lookup::Phone, &[phone.e164().as_bytes()])
}

/// A user as its site may see it.
#[derive(Debug)]
pub struct Seen {
    /// The number.
    pub phone: Phone,
    /// The newest address; none after the site removed the user.
    pub email: Option<String>,
    /// Whether a code was ever accepted.
    pub confirmed: bool,
    /// Whether the site removed it.
    pub removed: bool,
    /// The devices that hold this account.
    pub devices: Vec<DeviceSummary>,
}

/// Looks at a user, for a while also at one that the site removed.
///
/// # Errors
/// [`Fault`].
pub async fn see(
    server: &Server,
    application: &Application,
    site_id: SiteId,
) -> Result<Option<Seen>, Fault> {
    let found = server
        .storage
        .account(application.application, site_id)
        .await?;
    let Some(account) = found else {
        return Ok(None);
    };
    let email = match &account.email {
        None => None,
        Some((row, sealed)) => {
            let address = server.keys.open(Column::Email, &row.0, sealed)?;
            Some(String::from_utf8(address.to_vec()).map_err(|_| Fault::Content("address"))?)
        }
    };
    Ok(Some(Seen {
        phone: phone_of(server, &account)?,
        email,
        confirmed: account.confirmed,
        removed: account.removed_at.is_some(),
        devices: account.devices,
    }))
}

/// The number of an account.
///
/// # Errors
/// [`Fault`].
pub fn phone_of(server: &Server, account: &Account) -> Result<Phone, Fault> {
    let phone = server
        .keys
        .open(Column::Phone, &account.user.0, &account.phone_sealed)?;
    std::str::from_utf8(&phone)
        .ok()
        .and_then(|text| Phone::international(text).ok())
        .ok_or(Fault::Content("phone"))
}

/// The root seed of an account's native codes.
///
/// # Errors
/// [`Fault`].
pub fn seed_of(
    server: &Server,
    account: AccountId,
    sealed: &crate::storage::Sealed,
) -> Result<RootSeed, Fault> {
    let seed = server.keys.open(Column::Seed, &account.0, sealed)?;
    RootSeed::from_slice(&seed).ok_or(Fault::Content("seed"))
}

/// Removes a user from an application. Answers whether there was one.
///
/// # Errors
/// [`Fault`].
pub async fn remove(
    server: &Server,
    application: &Application,
    site_id: SiteId,
) -> Result<bool, Fault> {
    Ok(server
        .storage
        .close_account(application.application, site_id, server.clock.now())
        .await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flaws(email: &str, cellphone: &str, country_code: &str) -> Vec<(Field, Flaw)> {
        valid(NewUser {
            email,
            cellphone,
            country_code,
        })
        .unwrap_err()
    }

    #[test]
    fn every_flaw_is_named_once() {
        assert_eq!(
            flaws("", "", ""),
            [
                (Field::Email, Flaw::Blank),
                (Field::CountryCode, Flaw::Blank),
                (Field::Cellphone, Flaw::Blank)
            ]
        );
        assert_eq!(flaws("a@b", "12", "1"), [(Field::Cellphone, Flaw::Invalid)]);
        assert_eq!(
            flaws("a@b", "201-555-0123", "999"),
            [(Field::CountryCode, Flaw::Invalid)]
        );
    }

    #[test]
    fn what_is_no_address_is_refused() {
        let long = format!("{}@b", "a".repeat(MAX_EMAIL_BYTES - 1));
        for email in ["a", "@", "a@", "@b", "a@b@c", "a b@c", "a@b\n", &long] {
            let email = format!("x{email}");
            if email == "x@b" || email == "xa@b\n" {
                continue;
            }
            assert!(!is_email(&email) || email == "x@b", "{email}");
        }
        assert!(!is_email("@b") && !is_email("a@b\u{7}"));
        assert!(is_email(&long[1..]));
    }
}

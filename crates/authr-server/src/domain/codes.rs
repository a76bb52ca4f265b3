//! Checking a code: of a device, or the token that was sent. Each is right once.

use authr_crypto::mac;

use super::{Fault, accounts, native, tokens};
use crate::Server;
use crate::storage::{Application, Attempt, DeviceId, SiteId, Verdict};

/// From this many wrong codes in a row on, a wrong one is answered with "too many".
const TOO_MANY: u32 = 5;
/// A token is dead after this many wrong codes.
const TOKEN_TRIES: u32 = 10;
/// The longest text that is looked at as a code.
const MAX_BYTES: usize = 16;

/// What a right code was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Accepted {
    /// A device's.
    Device(DeviceId),
    /// The token that was sent.
    Token,
}

/// Why a code was not accepted.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CodeError {
    /// The application has no such user.
    #[error("no such user")]
    NoUser,
    /// It is wrong.
    #[error("wrong")]
    Wrong,
    /// It is wrong, as were those before; or codes of devices are not looked at any more.
    #[error("too many wrong codes")]
    TooMany,
    /// It was right, once.
    #[error("used before")]
    Reused,
    /// The server could not.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// Checks a code of a user at an application, and uses it up.
///
/// What the code matches is found first, beside the database; whether that counts is decided in the one
/// transaction of [`crate::storage::Storage::settle_attempt`].
///
/// # Errors
/// [`CodeError`].
pub async fn check(
    server: &Server,
    application: &Application,
    site_id: SiteId,
    typed: &str,
) -> Result<Accepted, CodeError> {
    let found = server
        .storage
        .code_check(application.application, site_id)
        .await
        .map_err(Fault::from)?;
    let check = found.ok_or(CodeError::NoUser)?;
    // What cannot be a code is no guess at one.
    let code = digits(typed).ok_or(CodeError::Wrong)?;

    let now = server.clock.now();
    let cap = native::cap(check.devices.len());
    let steps = if check.failures < cap && !check.devices.is_empty() {
        let root = accounts::seed_of(server, check.account, &check.seed_sealed)?;
        native::matches(&root, &check.devices, &code, now)
    } else {
        Vec::new()
    };
    let token = check
        .token
        .filter(|sent| {
            let mac = tokens::code_mac(server, check.account, sent.token, &code);
            mac::equal(&mac, &sent.code_mac)
        })
        .map(|sent| sent.token);
    let verdict = server
        .storage
        .settle_attempt(Attempt {
            account: check.account,
            steps,
            token,
            cap,
            token_tries: TOKEN_TRIES,
            now,
        })
        .await
        .map_err(Fault::from)?;
    match verdict {
        Verdict::AcceptedDevice(device) => Ok(Accepted::Device(device)),
        Verdict::AcceptedToken => Ok(Accepted::Token),
        Verdict::Reused => Err(CodeError::Reused),
        Verdict::Gone => Err(CodeError::NoUser),
        Verdict::Wrong { failures } if failures >= TOO_MANY => Err(CodeError::TooMany),
        Verdict::Wrong { .. } => Err(CodeError::Wrong),
    }
}

/// The digits of a code as people type it, spaced or with dashes.
fn digits(typed: &str) -> Option<String> {
    if typed.len() > MAX_BYTES {
        return None;
    }
    let code: String = typed.chars().filter(|c| !matches!(c, ' ' | '-')).collect();
    let numeric = !code.is_empty() && code.bytes().all(|byte| byte.is_ascii_digit());
    numeric.then_some(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_digits_are_a_code() {
        assert_eq!(digits("482 0193").as_deref(), Some("4820193"));
        assert_eq!(digits("482-0193").as_deref(), Some("4820193"));
        for typed in ["", " ", "48201a3", "４８２０１９３", "4820193;", "+4820193"] {
            assert_eq!(digits(typed), None, "{typed}");
        }
        assert_eq!(digits(&"1".repeat(17)), None);
    }
}

//! Every path of the device API, for the server's router and for the app.
//!
//! `{registration}` is a [`RegistrationId`] in base64url, so that no path needs an escape.

use crate::id::RegistrationId;

/// The longest body of a request, in bytes: 128 KiB. The longest sealed content has 86 KiB there.
pub const BODY_BYTES: usize = 128 * 1024;
/// The longest body of a push by a device that is active, in bytes: 4 MiB. A push of long records ends there before it
/// has 256.
pub const PUSH_BODY_BYTES: usize = 4 * 1024 * 1024;

/// `GET`: who the server is, and what time it has. The only call without a signature.
pub const SERVER: &str = "/v1/server";
/// `POST`: asks for a code. Signed by the request key, as everything below it.
pub const REGISTRATIONS: &str = "/v1/registrations";
/// `GET`: the state of one's own request. `DELETE`: cancels it.
pub const REGISTRATION: &str = "/v1/registrations/{registration}";
/// `POST`: asks for another message with the same code's lifetime begun anew.
pub const RESEND: &str = "/v1/registrations/{registration}/resend";
/// `POST`: proves the number with the code.
pub const PROVE: &str = "/v1/registrations/{registration}/prove";
/// `POST`: opens the locker with what the backups password becomes.
pub const OPEN: &str = "/v1/registrations/{registration}/open";
/// `GET`: the device list, for a request that opened the locker.
pub const REGISTRATION_LIST: &str = "/v1/registrations/{registration}/list";
/// `POST`: makes the device active.
pub const FINISH: &str = "/v1/registrations/{registration}/finish";
/// `GET`: the entries of the device list after a sequence number. `POST`: appends entries. Signed by the device key,
/// as everything below it.
pub const LIST: &str = "/v1/list";
/// `GET`: what the server knows of each device beyond the list.
pub const DEVICES: &str = "/v1/devices";
/// `GET`: the locker's content, sealed to the device, not counted as a try.
pub const LOCKER: &str = "/v1/locker";
/// `GET`: the native accounts, sealed to the device.
pub const ACCOUNTS: &str = "/v1/accounts";
/// `GET`: records after a revision. `POST`: pushes records.
pub const RECORDS: &str = "/v1/records";
/// `GET`: whether anything is new, in one small answer.
pub const STATUS: &str = "/v1/status";

/// One of the paths above with its registration filled in.
#[must_use]
pub fn of(template: &str, registration: &RegistrationId) -> String {
    template.replace("{registration}", &registration.to_string())
}

/// The query of [`LIST`], [`REGISTRATION_LIST`] and [`RECORDS`]: what comes after a number.
#[must_use]
pub fn after(number: u64) -> String {
    format!("after={number}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_registration_stands_in_its_path_without_an_escape() {
        let path = of(PROVE, &RegistrationId([0xff; 16]));
        assert_eq!(path, "/v1/registrations/_____________________w/prove");
    }
}

//! The site API: what a site, or the SDK in it, calls with its API key.

pub mod answer;
mod call;
mod codes;
mod params;
mod users;

pub(crate) use codes::{call as send_call, sms as send_sms, verify};
pub(crate) use users::{new as new_user, remove as remove_user, status as user_status};

use crate::storage::SiteId;

/// What a site is told of a device's system: the device list is encrypted, and the server never learns it.
const UNKNOWN_SYSTEM: &str = "unknown";

/// The id in a path. What is no id is no user's.
fn site_id(text: &str) -> Option<SiteId> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse::<u32>()
        .ok()
        .filter(|id| digits && *id > 0 && i32::try_from(*id).is_ok())
        .map(SiteId)
}

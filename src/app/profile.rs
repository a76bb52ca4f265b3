//! The person at the server, as this device knows them.

use authr_core::account::Account;

use super::error::Error;
use super::session::Session;
use super::sync::{Synced, connected, device_name};

/// Who this device belongs to, and where.
#[derive(Debug)]
pub(crate) struct Profile {
    /// The number in E.164.
    pub(crate) phone: String,
    /// The server's address.
    pub(crate) server: String,
    /// Its id, which every device of the user has pinned.
    pub(crate) server_id: String,
    /// The user's id.
    pub(crate) user: String,
    /// This device's id.
    pub(crate) device: String,
    /// What it is called.
    pub(crate) name: String,
    /// How many devices are active.
    pub(crate) devices: usize,
    /// How many listed accounts came from sites.
    pub(crate) native_accounts: usize,
    /// How many listed accounts the person added.
    pub(crate) own_accounts: usize,
    /// How many of them the server has in another version, or not at all.
    pub(crate) unsent: usize,
}

/// Asks the server, and says who this device belongs to.
pub(crate) fn show(session: &mut Session<'_>, synced: &mut Synced) -> Result<Profile, Error> {
    connected(session, synced, |run| {
        let identity = run.session.identity()?;
        let content = run.session.content();
        let native_accounts = content.listed().filter(|one| one.is_native()).count();
        let own = |account: &&Account| !account.is_native();
        Ok(Profile {
            phone: identity.phone.clone(),
            server: identity.server.url.clone(),
            server_id: run.link.place.server.to_string(),
            user: run.link.place.user.to_string(),
            device: run.link.device.to_string(),
            name: device_name(&run.list, &run.keys, &run.link.device),
            devices: run.list.active().count(),
            native_accounts,
            own_accounts: content.listed().filter(own).count(),
            unsent: content.unsent(),
        })
    })
}

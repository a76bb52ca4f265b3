//! Sync: what the server has comes in, what it does not have goes out (sync-protocol.md sections 9 to 11).
//!
//! Each step is saved before the next begins, so that a run that dies anywhere is gone on with by the next one.

mod append;
mod link;
mod list;
mod pull;
mod push;
mod time;

use authr_api::chain::Chains;
use authr_api::id::DeviceId;
use authr_api::list::{DeviceList, EpochKeys};
use authr_api::sync::Status;
use authr_core::identity::{Identity, Pending};
use authr_core::sync::Changes;

pub(super) use self::append::NewPassword;
use self::link::Link;
pub(super) use self::list::device_name;
pub(super) use self::time::known_offset;
use super::error::Error;
use super::natives::{self, NativeChanges};
use super::registration;
use super::session::Session;
use crate::remote::{Client, difference};

/// Beyond so many seconds a clock is so far off that codes may be refused.
pub(crate) const DRIFT_SECONDS: u64 = 5;
/// How often records are merged and pushed anew, where other devices push meanwhile.
const ATTEMPTS: usize = 5;

/// What a sync did.
#[derive(Debug, Default)]
pub(crate) struct Synced {
    /// Native accounts.
    pub(crate) natives: NativeChanges,
    /// Own accounts, by name.
    pub(crate) received: Received,
    /// How many own accounts went to the server.
    pub(crate) sent: usize,
    /// Own accounts that are too long for a record.
    pub(crate) too_long: Vec<String>,
    /// How many records are not taken in yet: ahead of the server's time, or of a newer version of authr.
    pub(crate) set_aside: usize,
    /// Devices that were added since the last sync.
    pub(crate) devices_added: Vec<AddedDevice>,
    /// Devices that were removed since the last sync.
    pub(crate) devices_removed: Vec<String>,
    /// The locker opens with another password than this vault.
    pub(crate) password_changed_elsewhere: bool,
    /// A change of the backups password that died was ended by this run: made, or refused.
    pub(crate) password_change: Option<Ended>,
    /// The server has records of this device that it does not know of.
    pub(crate) pushed_elsewhere: bool,
    /// The server's time less this machine's, in seconds.
    pub(crate) offset: i64,
}

/// A device that was added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AddedDevice {
    /// What it is called; others may be called the same.
    pub(crate) name: String,
    /// Its id.
    pub(crate) id: DeviceId,
}

/// How what was begun by an earlier run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ended {
    /// It is made.
    Made,
    /// The server refused it.
    Refused,
}

/// What became of own accounts, by name.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Received {
    /// They are new here.
    pub(crate) added: Vec<String>,
    /// They were edited elsewhere.
    pub(crate) changed: Vec<String>,
    /// They were deleted elsewhere, and are in the trash.
    pub(crate) deleted: Vec<String>,
    /// They were in the trash, and are listed again.
    pub(crate) returned: Vec<String>,
    /// They were deleted elsewhere, and stay since they were edited here.
    pub(crate) kept: Vec<String>,
    /// They hold a secret that was set at the same time as another.
    pub(crate) conflicts: Vec<String>,
    /// How many stood here a second time and were dropped.
    pub(crate) doubles: usize,
}

/// A conversation with the server: the session, and what was verified of the list.
pub(super) struct Run<'r, 'a> {
    pub(super) session: &'r mut Session<'a>,
    pub(super) link: &'r Link<'a>,
    pub(super) client: &'r Client<'r>,
    pub(super) list: DeviceList,
    pub(super) keys: EpochKeys,
    pub(super) status: Status,
    pub(super) synced: &'r mut Synced,
}

/// Sends what is unsent and takes in what is new. What was done is in `synced`, also where it ends with an error.
pub(crate) fn sync(session: &mut Session<'_>, synced: &mut Synced) -> Result<(), Error> {
    connected(session, synced, |run| {
        run.natives()?;
        run.records()
    })
}

/// Asks the server for its time, as this device: that less this machine's, in seconds.
pub(super) fn server_offset(session: &Session<'_>) -> Result<i64, Error> {
    let link = Link::of(session)?;
    let status = link.with_client(|client| Ok(client.status()?))?;
    Ok(difference(status.time, session.now().0))
}

/// Goes on with what was written ahead, brings the list up to date, and then does the work. One process of a home does
/// so at a time.
pub(super) fn connected<T>(
    session: &mut Session<'_>,
    synced: &mut Synced,
    work: impl FnOnce(&mut Run<'_, '_>) -> Result<T, Error>,
) -> Result<T, Error> {
    let _lock = session.store.lock_for_server()?.ok_or(Error::Busy)?;
    // Another process may have written since this one read.
    session.reload()?;
    registration::resume(session)?;
    let link = Link::of(session)?;
    link.with_client(|client| {
        let status = client.status()?;
        let (list, keys) = list::verified(session.identity()?, &link)?;
        let mut run = Run {
            session,
            link: &link,
            client,
            list,
            keys,
            status,
            synced,
        };
        run.compare_clocks()?;
        run.resume()?;
        run.update_list()?;
        work(&mut run)
    })
}

impl Session<'_> {
    /// What this device is.
    pub(super) fn identity(&self) -> Result<&Identity, Error> {
        let identity = self.content().identity.as_ref();
        identity.ok_or(Error::NotRegistered)
    }
}

impl Run<'_, '_> {
    fn compare_clocks(&mut self) -> Result<(), Error> {
        let offset = difference(self.status.time, self.session.now().0);
        self.synced.offset = offset;
        self.session.remember_server_time(offset)
    }

    /// A request that may have been sent is sent again as it was.
    fn resume(&mut self) -> Result<(), Error> {
        match self.session.content().pending {
            Some(Pending::Push { .. }) => self.resume_push()?,
            Some(Pending::Append { .. }) => self.send_append()?,
            // `registration::resume` has done it.
            Some(Pending::Finish { .. }) | None => return Ok(()),
        }
        // What was asked for before is older than what was just done.
        self.status = self.client.status()?;
        Ok(())
    }

    fn natives(&mut self) -> Result<(), Error> {
        if self.status.accounts == self.session.identity()?.natives {
            return Ok(());
        }
        let answer = self.client.accounts()?;
        let route = self.link.route_to_us();
        let issued = natives::open(&answer.accounts, &self.link.opener, &route)?;
        let link = self.link;
        self.synced.natives = self.session.edit(|content, planning| {
            let changes = natives::take_in(content, issued, planning.now);
            link.identity(content)?.natives = answer.revision;
            Ok(changes)
        })?;
        Ok(())
    }

    /// Pulls, merges and pushes, until both sides have the same.
    pub(super) fn records(&mut self) -> Result<(), Error> {
        for _ in 0..ATTEMPTS {
            self.pull()?;
            if self.push()? == push::Pushing::Done {
                return Ok(());
            }
            self.update_status()?;
        }
        Err(Error::KeepsMoving)
    }

    /// Asks anew what is new, the list among it.
    pub(super) fn update_status(&mut self) -> Result<(), Error> {
        self.status = self.client.status()?;
        self.update_list()
    }

    /// The chains as far as they were verified.
    pub(super) fn chains(&self) -> Result<Chains, Error> {
        Ok(link::chains(&self.session.identity()?.sync))
    }
}

impl Received {
    /// Adds what happened, by the names that the accounts have now.
    fn extend(&mut self, content: &authr_core::content::Content, changes: Changes) {
        let names = |ids: Vec<authr_core::account::AccountId>| {
            let accounts = ids.into_iter().filter_map(|id| content.account(id));
            accounts
                .map(authr_core::account::Account::name)
                .collect::<Vec<_>>()
        };
        self.added.extend(names(changes.added));
        self.changed.extend(names(changes.changed));
        self.deleted.extend(changes.deleted);
        self.returned.extend(names(changes.returned));
        self.kept.extend(names(changes.kept));
        self.conflicts.extend(names(changes.conflicts));
        self.doubles += changes.doubles;
    }
}

#[cfg(test)]
mod tests;

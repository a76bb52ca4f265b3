//! The device list: what the server adds to it is verified, and told.

use std::collections::BTreeSet;

use authr_api::bytes::Bytes;
use authr_api::id::DeviceId;
use authr_api::list::{
    Body, DeviceList, ENTRIES, EpochKeys, Expect, ListError, SignedEntry, Standing,
};
use authr_core::identity::{EpochKey, Identity, pack_list};

use super::link::Link;
use super::{AddedDevice, Run};
use crate::app::error::Error;

/// The list that the vault keeps, and the data keys that it leads to.
pub(super) fn verified(
    identity: &Identity,
    link: &Link<'_>,
) -> Result<(DeviceList, EpochKeys), Error> {
    let list = DeviceList::verify(&identity.entries(), &Expect::Nothing)?;
    if *list.user() != link.place.user {
        return Err(ListError::ListForged.into());
    }
    let keys = keys(&list, &identity.data_key, link)?;
    Ok((list, keys))
}

/// The keys of every epoch: the newest is at hand, or is sealed to this device.
fn keys(list: &DeviceList, at_hand: &EpochKey, link: &Link<'_>) -> Result<EpochKeys, Error> {
    let epoch = list.epoch();
    let newest = if epoch.number == at_hand.epoch {
        at_hand.key.duplicate()
    } else {
        epoch.open(list.user(), &link.device, &link.opener)?
    };
    Ok(list.epoch_keys(newest)?)
}

impl Run<'_, '_> {
    /// Fetches what the server has beyond the list that was verified.
    pub(super) fn update_list(&mut self) -> Result<(), Error> {
        if self.list.compare(&self.status.head)? == Standing::Behind {
            self.fetch_list()?;
        }
        self.look_for_other_password()
    }

    /// Fetches, verifies and saves new entries: all, or none.
    pub(super) fn fetch_list(&mut self) -> Result<(), Error> {
        let (entries, head) = self.new_entries()?;
        let mut list = self.list.clone();
        list.extend(&entries)?;
        if list.compare(&head)? != Standing::Same {
            return Err(Error::BadAnswer("a device list that ends before its head"));
        }
        if entries.is_empty() {
            return Ok(());
        }
        let keys = keys(&list, &self.session.identity()?.data_key, self.link)?;
        let epoch = keys.newest();
        let key = keys.key(epoch).map(|key| EpochKey {
            epoch,
            key: key.duplicate(),
        });
        let link = self.link;
        self.session.edit(|content, _| {
            let identity = link.identity(content)?;
            identity.list.extend(pack_list(&entries));
            if let Some(key) = key {
                identity.data_key = key;
            }
            Ok(())
        })?;
        self.tell_devices(&list, &keys);
        (self.list, self.keys) = (list, keys);
        Ok(())
    }

    fn new_entries(&self) -> Result<(Vec<Vec<u8>>, authr_api::list::Head), Error> {
        let from = self.list.head().sequence;
        let mut entries: Vec<Vec<u8>> = Vec::new();
        loop {
            let reached = from.saturating_add(u64::try_from(entries.len()).unwrap_or(u64::MAX));
            let page = self.client.list(reached)?;
            let came = page.entries.len();
            entries.extend(page.entries.into_iter().map(Bytes::into_vec));
            let reached = reached.saturating_add(u64::try_from(came).unwrap_or(u64::MAX));
            if reached >= page.head.sequence {
                return Ok((entries, page.head));
            }
            if came == 0 || entries.len() > ENTRIES {
                return Err(Error::BadAnswer("a device list without an end"));
            }
        }
    }

    fn tell_devices(&mut self, list: &DeviceList, keys: &EpochKeys) {
        let name = |id: &DeviceId| device_name(list, keys, id);
        let active = |list: &DeviceList| -> BTreeSet<DeviceId> {
            list.active().map(|(id, _)| *id).collect()
        };
        let (before, after) = (active(&self.list), active(list));
        let added = after.difference(&before).map(|id| AddedDevice {
            name: name(id),
            id: *id,
        });
        let removed = before.difference(&after).map(name);
        self.synced.devices_added.extend(added);
        self.synced.devices_removed.extend(removed);
    }

    /// Whether a locker was set since this vault's password was the locker's, other than by a removal: that one keeps
    /// the password.
    fn look_for_other_password(&mut self) -> Result<(), Error> {
        let newest = self.list.locker().version;
        let identity = self.session.identity()?;
        let seen = identity.sync.locker;
        if seen.is_some_and(|seen| seen.version >= newest) {
            self.synced.password_changed_elsewhere = false;
            return Ok(());
        }
        let since = seen.map_or(0, |seen| seen.version);
        let mut removing = false;
        let mut changed = false;
        for entry in identity.entries() {
            let Ok(signed) = SignedEntry::parse(entry) else {
                continue;
            };
            match &signed.entry().body {
                Body::Remove { .. } => removing = true,
                Body::Locker(locker) => {
                    changed |= !removing && locker.version > since;
                    removing = false;
                }
                Body::Epoch(_) => {}
                Body::Genesis { .. } | Body::Add { .. } | Body::Policy { .. } => removing = false,
            }
        }
        self.synced.password_changed_elsewhere = changed;
        if let (false, Some(mut seen)) = (changed, seen) {
            seen.version = newest;
            let link = self.link;
            self.session.edit(|content, _| {
                link.identity(content)?.sync.locker = Some(seen);
                Ok(())
            })?;
        }
        Ok(())
    }

    /// Whether the list has this locker.
    pub(super) fn has_locker(&self, version: u64, blob: &[u8; 32]) -> Result<bool, Error> {
        let identity = self.session.identity()?;
        let entries = identity.entries();
        let mut entries = entries
            .iter()
            .filter_map(|entry| SignedEntry::parse(entry).ok());
        Ok(entries.any(|signed| match &signed.entry().body {
            Body::Locker(locker) => locker.version == version && locker.blob.0 == *blob,
            _ => false,
        }))
    }
}

/// The name of a device, or its id where the name does not open.
pub(in crate::app) fn device_name(list: &DeviceList, keys: &EpochKeys, id: &DeviceId) -> String {
    match list.description(id, keys) {
        Some(description) => description.name().to_owned(),
        None => id.to_string(),
    }
}

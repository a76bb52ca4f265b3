//! The devices of the user: which there are, and how a lost one is removed.

use std::collections::BTreeMap;

use authr_api::append::Append;
use authr_api::error::ErrorCode;
use authr_api::id::DeviceId;
use authr_api::list::{Author, Body, Draft, Epoch};
use authr_api::locker::Contents;
use authr_core::account::Account;
use authr_crypto::secret::{DataKey, Password};

use super::error::Error;
use super::session::Session;
use super::sync::{Run, Synced, connected, device_name};

/// How often a removal is made anew, where the list or the lost device's records move meanwhile.
const ATTEMPTS: usize = 3;

/// An active device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Device {
    /// Its id.
    pub(crate) id: DeviceId,
    /// What it is called.
    pub(crate) name: String,
    /// Its operating system.
    pub(crate) system: String,
    /// When it was added, in seconds since 1970.
    pub(crate) added_at: u64,
    /// When the server last heard of it, exact to the hour.
    pub(crate) last_seen: Option<u64>,
    /// Whether it is this one.
    pub(crate) this: bool,
}

/// The active devices, this one first.
pub(crate) fn list(session: &mut Session<'_>, synced: &mut Synced) -> Result<Vec<Device>, Error> {
    connected(session, synced, |run| run.devices())
}

/// The one device of that name, or whose id begins so.
pub(crate) fn find<'d>(devices: &'d [Device], typed: &str) -> Result<&'d Device, Error> {
    let by_id = |device: &&Device| typed.len() >= 8 && device.id.to_string().starts_with(typed);
    let by_name = |device: &&Device| device.name == typed;
    let by_case = |device: &&Device| device.name.to_lowercase() == typed.to_lowercase();
    let tiers: [&dyn Fn(&&Device) -> bool; 3] = [&by_id, &by_name, &by_case];
    for tier in tiers {
        let found: Vec<&Device> = devices.iter().filter(tier).collect();
        match found.as_slice() {
            [] => {}
            [one] => return Ok(one),
            several => {
                return Err(Error::AmbiguousDevice {
                    name: typed.to_owned(),
                    ids: several.iter().map(|one| one.id.to_string()).collect(),
                });
            }
        }
    }
    Err(Error::NoSuchDevice {
        name: typed.to_owned(),
    })
}

/// Removes devices: their signatures and native codes are refused at once, and they read nothing that is written from now
/// on. The backups password must open the locker, since a new one is set. The result are the own accounts that they
/// could read, by name.
pub(crate) fn remove(
    session: &mut Session<'_>,
    synced: &mut Synced,
    password: &Password,
    lost: &[DeviceId],
) -> Result<Vec<String>, Error> {
    connected(session, synced, |run| {
        if lost.contains(&run.link.device) {
            return Err(Error::ThisDevice);
        }
        for _ in 1..ATTEMPTS {
            match run.remove(password, lost) {
                Err(error) if moved(&error) => run.update_status()?,
                other => return other.map(|()| run.own_accounts()),
            }
        }
        run.remove(password, lost).map(|()| run.own_accounts())
    })
}

fn moved(error: &Error) -> bool {
    matches!(
        error.server_code(),
        Some(ErrorCode::ListMoved | ErrorCode::ChainMoved | ErrorCode::LockerMoved)
    )
}

impl Run<'_, '_> {
    fn devices(&self) -> Result<Vec<Device>, Error> {
        let seen: BTreeMap<DeviceId, u64> = (self.client.devices()?.devices)
            .into_iter()
            .map(|device| (device.device, device.last_seen))
            .collect();
        let row = |(id, device): (&DeviceId, &authr_api::list::Device)| {
            let description = self.list.description(id, &self.keys);
            let system = description.as_ref().map(|it| it.system().to_owned());
            Device {
                id: *id,
                name: device_name(&self.list, &self.keys, id),
                system: system.unwrap_or_default(),
                added_at: device.added,
                last_seen: seen.get(id).copied(),
                this: *id == self.link.device,
            }
        };
        let mut devices: Vec<Device> = self.list.active().map(row).collect();
        devices.sort_by_key(|device| (!device.this, device.added_at, device.id));
        Ok(devices)
    }

    /// Sync-protocol.md section 10, "Remove a device".
    fn remove(&mut self, password: &Password, lost: &[DeviceId]) -> Result<(), Error> {
        self.records()?;
        let is_active = |id: &DeviceId| self.list.active().any(|(active, _)| active == id);
        let lost: Vec<DeviceId> = lost.iter().copied().filter(is_active).collect();
        if lost.is_empty() {
            // Another device was faster.
            return Ok(());
        }
        let content = self.locker()?;
        self.open_locker(&content, password)?;
        let append = self.removing(password, &lost)?;
        self.append(append, None)
    }

    pub(super) fn removing(&self, password: &Password, lost: &[DeviceId]) -> Result<Append, Error> {
        let (link, user) = (self.link, self.list.user());
        let random = &*link.context.random;
        let locker = self.new_locker(password)?;
        let chains = self.chains()?;
        let number = self.keys.newest() + 1;
        let before = self.keys.key(self.keys.newest()).ok_or(Error::NotOurs)?;
        let data_key = DataKey::new(&random.bytes());

        let after = self.list.head();
        let mut draft = Draft::after(Some(after), self.status.time);
        let author = Author::Device(link.device);
        for device in lost {
            let last = chains.head(device);
            let device = *device;
            draft.sign(author, Body::Remove { device, last }, &link.signer);
        }
        let staying = self.list.active().filter(|(id, _)| !lost.contains(id));
        let staying = staying.map(|(id, device)| (*id, device.sealing));
        let epoch = Epoch::make(user, number, &data_key, Some(before), staying, random)
            .map_err(|_| Error::BadAnswer("a device whose key cannot be sealed to"))?;
        let head = draft.sign(author, Body::Epoch(epoch), &link.signer);
        let contents = Contents {
            epoch: number,
            data_key,
            server: link.place.server,
            genesis: self.list.genesis(),
            before: head,
        };
        let version = self.list.locker().version + 1;
        let (set, entry) = locker.wrap(version, &contents, random);
        draft.sign(author, Body::Locker(entry), &link.signer);
        Ok(Append {
            after: Some(after),
            entries: draft.finish(),
            locker: Some(set),
        })
    }

    fn own_accounts(&self) -> Vec<String> {
        let content = self.session.content();
        let own = content.listed().filter(|account| !account.is_native());
        let mut names: Vec<String> = own.map(Account::name).collect();
        names.sort();
        names
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn device(id: u8, name: &str) -> Device {
        Device {
            id: DeviceId([id; 16]),
            name: name.to_owned(),
            system: "Linux".to_owned(),
            added_at: 1,
            last_seen: None,
            this: false,
        }
    }

    #[test]
    fn a_name_is_one_device_or_an_error_that_lists_them() {
        let devices = [
            device(1, "laptop"),
            device(2, "Phone"),
            device(3, "laptop"),
            device(4, "LAPTOP"),
        ];
        assert_eq!(find(&devices, "phone").unwrap().id, DeviceId([2; 16]));
        assert_eq!(find(&devices, "LAPTOP").unwrap().id, DeviceId([4; 16]));
        let id = DeviceId([3; 16]).to_string();
        assert_eq!(find(&devices, &id[..8]).unwrap().id, DeviceId([3; 16]));
        assert!(matches!(
            find(&devices, "laptop"),
            Err(Error::AmbiguousDevice { ids, .. }) if ids.len() == 2
        ));
        for nothing in ["", "lap", &id[..7]] {
            let found = find(&devices, nothing);
            assert!(matches!(found, Err(Error::NoSuchDevice { .. })));
        }
    }
}

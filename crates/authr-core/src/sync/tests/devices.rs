//! Three devices edit and sync in any order, with clocks that are off and answers that are lost.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use zeroize::Zeroizing;

use super::*;
use crate::content::Content;
use crate::identity::tests::identity;

const DEVICES: usize = 3;

#[derive(Debug, Clone)]
enum Op {
    Add,
    Rename(usize),
    SetSecret(usize),
    Trash(usize),
    Untrash(usize),
    Count(usize),
    EmptyTrash,
    Sync(Fault),
    /// The device is registered anew on the vault that it has.
    Register,
    Wait(u64),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    None,
    /// The push is made, its answer does not come.
    AnswerLost,
    /// The device pulls, and does not push.
    PullOnly,
}

fn op() -> impl Strategy<Value = (usize, Op)> {
    let which = 0..4_usize;
    let op = prop_oneof![
        1 => Just(Op::Add),
        2 => which.clone().prop_map(Op::Rename),
        3 => which.clone().prop_map(Op::SetSecret),
        1 => which.clone().prop_map(Op::Trash),
        1 => which.clone().prop_map(Op::Untrash),
        1 => which.prop_map(Op::Count),
        1 => Just(Op::EmptyTrash),
        4 => prop_oneof![
            3 => Just(Fault::None),
            1 => Just(Fault::AnswerLost),
            1 => Just(Fault::PullOnly),
        ].prop_map(Op::Sync),
        1 => Just(Op::Register),
        1 => (1..1000_u64).prop_map(Op::Wait),
    ];
    (0..DEVICES, op)
}

/// The records of a user, and a feed of revisions.
#[derive(Default)]
struct Server {
    revision: u64,
    records: BTreeMap<[u8; 16], (u64, Vec<u8>)>,
}

impl Server {
    fn after(&self, cursor: u64) -> Vec<Incoming> {
        let newer = self
            .records
            .iter()
            .filter(|(_, (revision, _))| *revision > cursor);
        let mut feed: Vec<Incoming> = newer
            .map(|(id, (revision, bytes))| Incoming {
                id: *id,
                revision: *revision,
                plaintext: Zeroizing::new(bytes.clone()),
            })
            .collect();
        feed.sort_by_key(|record| record.revision);
        feed
    }

    /// All or none, and only on top of what is there.
    fn push(&mut self, records: &[Outgoing]) -> Option<Vec<u64>> {
        let present = |id| self.records.get(id).map_or(0, |(revision, _)| *revision);
        if records
            .iter()
            .any(|record| present(&record.id) != record.base)
        {
            return None;
        }
        let store = |record: &Outgoing| {
            self.revision += 1;
            let stored = (self.revision, record.plaintext.to_vec());
            self.records.insert(record.id, stored);
            self.revision
        };
        Some(records.iter().map(store).collect())
    }
}

struct Device {
    content: Content,
    number: u8,
    skew: i64,
}

impl Device {
    fn new(number: u8, skew: i64) -> Self {
        let mut content = Content::default();
        content.identity = Some(crate::identity::Identity {
            sync: SyncState::default(),
            ..identity()
        });
        Self {
            content,
            number,
            skew,
        }
    }

    fn register_anew(&mut self) {
        self.content.identity.as_mut().unwrap().sync = SyncState::default();
        self.number = self.number.wrapping_add(10);
    }

    fn records(&mut self, now: u64) -> Records<'_> {
        self.content.records([self.number; 16], now).unwrap()
    }

    fn pull(&mut self, server: &Server, now: u64) {
        let cursor = self.content.identity.as_ref().unwrap().sync.cursor;
        self.records(now).take_in(server.after(cursor)).unwrap();
        self.content.identity.as_mut().unwrap().sync.cursor = server.revision;
    }

    fn sync(&mut self, server: &mut Server, now: u64, fault: Fault) {
        self.pull(server, now);
        if fault == Fault::PullOnly {
            return;
        }
        let outgoing = self.records(now).outgoing();
        let revisions = server.push(&outgoing).expect("because it pulled just now");
        if fault == Fault::AnswerLost {
            return;
        }
        for (record, revision) in outgoing.iter().zip(revisions) {
            let version = Version::decode(&record.plaintext).unwrap();
            self.records(now).pushed(record.id, revision, &version);
        }
    }

    fn nth(&mut self, which: usize) -> Option<&mut Account> {
        let count = self.content.accounts.len();
        (count > 0).then(|| &mut self.content.accounts[which % count])
    }
}

/// Everything that was done, to hold the end against.
#[derive(Default)]
struct Story {
    secrets: u32,
    set: BTreeSet<u32>,
    /// Secrets that more than two later ones of their account replaced, or that left the trash.
    replaced: BTreeSet<u32>,
}

impl Story {
    fn new_secret(&mut self) -> u32 {
        self.secrets += 1;
        self.set.insert(self.secrets);
        self.secrets
    }

    fn edit(&mut self, device: &mut Device, op: &Op, now: u64) {
        let edited = now.saturating_add_signed(device.skew);
        match op {
            Op::Add => {
                let secret = self.new_secret();
                let id = u8::try_from(secret).unwrap();
                device
                    .content
                    .accounts
                    .push(account(id, &format!("account {id}"), secret, 0));
            }
            Op::Rename(which) => {
                if let Some(account) = device.nth(*which) {
                    account.label = Name::new(&format!("renamed at {edited}")).unwrap();
                    account.changed_at = edited;
                }
            }
            Op::SetSecret(which) => {
                let secret = self.secrets + 1;
                if let Some(account) = device.nth(*which) {
                    self.replaced
                        .extend(account.earlier_secrets.get(1).map(secret_of));
                    account.set_otp(otp(secret, 0));
                    account.changed_at = edited;
                    self.new_secret();
                }
            }
            Op::Trash(which) | Op::Untrash(which) => {
                let trashed = matches!(op, Op::Trash(_)).then_some(edited);
                if let Some(account) = device.nth(*which) {
                    account.trashed_at = trashed;
                    account.changed_at = edited;
                }
            }
            Op::Count(which) => {
                if let Some(account) = device.nth(*which) {
                    account.otp.kind = account.otp.kind.advanced().unwrap();
                }
            }
            Op::EmptyTrash => {
                let gone = device
                    .content
                    .accounts
                    .iter()
                    .filter(|account| !account.is_listed());
                for account in gone {
                    self.replaced.insert(secret_of(&account.otp.secret));
                    self.replaced
                        .extend(account.earlier_secrets.iter().map(secret_of));
                }
                device.content.accounts.retain(Account::is_listed);
            }
            Op::Sync(_) | Op::Register | Op::Wait(_) => {}
        }
    }
}

fn accounts(content: &Content) -> BTreeMap<[u8; 16], Vec<u8>> {
    let accounts = content.accounts.iter();
    accounts
        .map(|account| (account.id.0, account.encode().to_vec()))
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn devices_converge_and_no_secret_is_lost(ops in prop::collection::vec(op(), 1..60)) {
        let (mut server, mut story, mut now) = (Server::default(), Story::default(), NOW);
        let mut devices = [Device::new(1, 0), Device::new(2, -5000), Device::new(3, 90_000)];
        for (device, op) in &ops {
            match op {
                Op::Sync(fault) => devices[*device].sync(&mut server, now, *fault),
                Op::Register => devices[*device].register_anew(),
                Op::Wait(seconds) => now += seconds,
                _ => story.edit(&mut devices[*device], op, now),
            }
        }
        for _ in 0..3 {
            for device in &mut devices {
                device.sync(&mut server, now, Fault::None);
            }
        }
        for device in &mut devices {
            prop_assert!(device.records(now).outgoing().is_empty());
        }
        let [one, two, three] = devices.map(|device| accounts(&device.content));
        prop_assert_eq!(&one, &two);
        prop_assert_eq!(&two, &three);
        let mut kept = BTreeSet::new();
        for bytes in one.values() {
            let account = Account::decode(bytes).unwrap();
            kept.insert(secret_of(&account.otp.secret));
            kept.extend(account.earlier_secrets.iter().map(secret_of));
        }
        let lost: BTreeSet<_> = story.set.difference(&kept).collect();
        prop_assert!(lost.iter().all(|secret| story.replaced.contains(*secret)), "{:?}", lost);
    }
}

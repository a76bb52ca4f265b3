//! An active device: its list, its records, its codes.

use std::sync::Arc;

use authr_api::answer::NativeAccount;
use authr_api::append::Append;
use authr_api::bytes::Bytes;
use authr_api::chain::ChainHead;
use authr_api::id::{DeviceId, RecordId, UserId};
use authr_api::list::{DeviceList, EpochKeys, Head};
use authr_api::path;
use authr_api::record::{NewRecord, Presence, RecordKind, SealedRecord};
use authr_api::signature::{KeyId, Method};
use authr_api::sync::{ListPage, Push, PushRecord, Pushed};
use authr_crypto::random::OsRandom;
use authr_crypto::secret::DataKey;

use super::joining::{Joining, Removal, copy, wires};
use super::request::{Keys, PASSWORD, Request, Terms, request_list};
use crate::running::{Draft, Reply, Running, sealed};

/// An active device, and what it knows of its user.
pub(crate) struct Device {
    pub(crate) running: Arc<Running>,
    pub(crate) keys: Keys,
    pub(crate) user: UserId,
    pub(crate) list: DeviceList,
    pub(crate) data_key: DataKey,
    pub(crate) chain: ChainHead,
    pub(crate) accounts: Vec<NativeAccount>,
}

impl Device {
    /// Registers the first device of a number.
    pub(crate) async fn first(running: &Arc<Running>, phone: &str) -> Self {
        let (request, status) = Request::proven(running, phone).await;
        let joining = Joining::first(running, status.proven.unwrap().user);
        let reply = request.finish(copy(&joining.append)).await;
        joining.joined(running, &reply)
    }

    /// Restores on a new device; the clock has moved on, so that a message goes out.
    pub(crate) async fn restored(running: &Arc<Running>, phone: &str) -> Self {
        let (request, terms) = Self::asks(running, phone).await;
        let opened = request.opened(&terms, &request.open(&terms, PASSWORD).await);
        let joining = Joining::restore(running, &terms, &opened, &request_list(&request).await);
        let reply = request.finish(copy(&joining.append)).await;
        joining.joined(running, &reply)
    }

    /// A proven request of a number that has devices.
    pub(crate) async fn asks(running: &Arc<Running>, phone: &str) -> (Request, Terms) {
        running.clock.advance(1200);
        let (request, status) = Request::proven(running, phone).await;
        let terms = Terms::of(running, &status);
        (request, terms)
    }

    pub(crate) fn id(&self) -> DeviceId {
        self.keys.device()
    }

    pub(crate) fn key_id(&self) -> KeyId {
        KeyId::Device(self.id())
    }

    pub(crate) fn draft(&self, method: Method, target: &str) -> Draft {
        Draft::new(&self.running, self.key_id(), method, target)
    }

    pub(crate) async fn send(&self, draft: &Draft) -> Reply {
        draft.send(&self.running, &self.keys.signer).await
    }

    pub(crate) async fn get(&self, target: &str) -> Reply {
        self.send(&self.draft(Method::Get, target)).await
    }

    /// Takes in what others appended.
    pub(crate) async fn refresh(&mut self) {
        let after = path::after(self.list.head().sequence);
        let page: ListPage = self.get(&format!("{}?{after}", path::LIST)).await.json();
        self.list.extend(&page.entries).unwrap();
    }

    /// Entries that remove devices, and the key of the epoch then.
    pub(crate) fn removal(
        &self,
        lost: &[(DeviceId, ChainHead)],
        password: &str,
    ) -> (Append, DataKey) {
        let removal = Removal {
            running: &self.running,
            user: self.user,
            keys: &self.keys,
            list: &self.list,
            data_key: &self.data_key,
        };
        removal.of(lost, password)
    }

    pub(crate) fn append_draft(&self, append: Append) -> Draft {
        let mut draft = self.draft(Method::Post, path::LIST);
        draft.body = sealed(&self.running, self.key_id(), &append);
        draft
    }

    pub(crate) async fn append(&self, append: Append) -> Reply {
        self.send(&self.append_draft(append)).await
    }

    /// Removes devices, and knows the new key.
    pub(crate) async fn remove(&mut self, lost: &[(DeviceId, ChainHead)]) {
        let (append, data_key) = self.removal(lost, PASSWORD);
        let entries = wires(&append);
        let head: Head = self.append(append).await.json();
        self.list.extend(&entries).unwrap();
        assert_eq!(head, self.list.head());
        self.data_key = data_key;
    }

    pub(crate) fn epoch_keys(&self) -> EpochKeys {
        self.list.epoch_keys(self.data_key.duplicate()).unwrap()
    }

    /// A record that follows a chain; the device's own does not move.
    pub(crate) fn record(&self, id: u8, chain: ChainHead, text: &str) -> SealedRecord {
        let new = NewRecord {
            id: RecordId([id; 16]),
            kind: RecordKind::Account,
            presence: Presence::Present,
            device: self.id(),
            chain,
        };
        let (keys, signer) = (self.epoch_keys(), &self.keys.signer);
        SealedRecord::seal(&self.user, &new, text.as_bytes(), &keys, signer, &OsRandom).unwrap()
    }

    pub(crate) fn push_draft(&self, records: &[(u64, &SealedRecord)]) -> Draft {
        let mut draft = self.draft(Method::Post, path::RECORDS);
        let records = records.iter().map(|(base, record)| PushRecord {
            base: *base,
            record: Bytes::new(record.to_wire()).unwrap(),
        });
        let push = Push {
            records: records.collect(),
        };
        draft.body = serde_json::to_vec(&push).unwrap();
        draft
    }

    pub(crate) async fn push(&self, records: &[(u64, &SealedRecord)]) -> Reply {
        self.send(&self.push_draft(records)).await
    }

    /// Pushes one record and moves on.
    pub(crate) async fn write(&mut self, id: u8, base: u64, text: &str) -> u64 {
        let record = self.record(id, self.chain, text);
        let pushed: Pushed = self.push(&[(base, &record)]).await.json();
        self.chain = record.header().chain_after(&record.hash());
        pushed.revisions[0]
    }

    /// The code of its first native account.
    pub(crate) fn native_code(&self, now: i64) -> String {
        let otp = authr_otp::Otp {
            secret: self.accounts[0].seed.duplicate(),
            kind: authr_otp::Kind::Native,
        };
        let now = authr_otp::UnixSeconds(now.try_into().unwrap());
        otp.code_at(now).expose_secret().to_owned()
    }
}

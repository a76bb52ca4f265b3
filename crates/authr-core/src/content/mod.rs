//! What a vault holds (vault-format.md section 7.2): accounts, the device's identity, and whatever a newer version adds.

use std::collections::HashSet;

use authr_crypto::secret::OtpSecret;
use zeroize::Zeroizing;

use crate::account::{Account, AccountId};
use crate::identity::{Identity, Pending};
use crate::tlv::{CRITICAL, FieldError, Reader, UnknownField, Writer};
use crate::vault::MAX_ACCOUNTS;

const ACCOUNT: u16 = CRITICAL | 1;
const IDENTITY: u16 = CRITICAL | 2;
const PENDING: u16 = CRITICAL | 3;

/// How long a removed account stays in the trash, in seconds: 30 days.
pub const TRASH_SECONDS: u64 = 30 * 24 * 60 * 60;

/// The decrypted content of a vault.
#[derive(Default)]
pub struct Content {
    /// The accounts, in the order in which they were added; those in the trash among them.
    pub accounts: Vec<Account>,
    /// What makes this installation a device of its user at a server; none before it is registered.
    pub identity: Option<Identity>,
    /// A changing request that may have been sent, and whose answer was not taken in.
    pub pending: Option<Pending>,
    unknown: Vec<UnknownField>,
}

/// What came of bringing back accounts of an earlier content.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct BroughtBack {
    /// Accounts that were gone and are back.
    pub returned: usize,
    /// Accounts that were changed and are as they were.
    pub reverted: usize,
    /// Accounts that were not there and are in the trash now.
    pub trashed: usize,
    /// Accounts beside the present one, since the secrets differ.
    pub kept_both: usize,
}

impl BroughtBack {
    /// Whether nothing was different.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        *self == Self::default()
    }
}

impl Content {
    /// The account with this id, in the trash or not.
    #[must_use]
    pub fn account(&self, id: AccountId) -> Option<&Account> {
        self.accounts.iter().find(|account| account.id == id)
    }

    /// The account with this id, to edit.
    pub fn account_mut(&mut self, id: AccountId) -> Option<&mut Account> {
        self.accounts.iter_mut().find(|account| account.id == id)
    }

    /// The accounts that are not in the trash.
    pub fn listed(&self) -> impl Iterator<Item = &Account> {
        self.accounts.iter().filter(|account| account.is_listed())
    }

    /// A listed account that makes the same codes (same kind but for a counter, same parameters, same secret).
    #[must_use]
    pub fn twin(&self, account: &Account) -> Option<&Account> {
        self.listed()
            .find(|other| other.id != account.id && other.otp.same_codes(&account.otp))
    }

    /// Drops what was in the trash for longer than [`TRASH_SECONDS`].
    pub fn empty_old_trash(&mut self, now: u64) {
        self.accounts.retain(|account| {
            account
                .trashed_at
                .is_none_or(|at| now.saturating_sub(at) <= TRASH_SECONDS)
        });
    }

    /// Makes the accounts what they were in `earlier`, as new edits: those that were added since go to the trash, and
    /// a counter takes the higher value, so that no code is shown twice. A secret that is replaced stays among the
    /// account's earlier ones. Native accounts are the server's and stay as they are.
    pub fn revert_to(&mut self, earlier: &Self, now: u64) -> BroughtBack {
        let mut done = BroughtBack::default();
        let known: HashSet<AccountId> = earlier.accounts.iter().map(|account| account.id).collect();
        for account in &mut self.accounts {
            if !known.contains(&account.id) && account.is_listed() && !account.is_native() {
                account.trashed_at = Some(now);
                account.changed_at = now;
                done.trashed += 1;
            }
        }
        for before in earlier
            .accounts
            .iter()
            .filter(|account| !account.is_native())
        {
            match self.account_mut(before.id) {
                None if before.is_listed() => {
                    self.accounts.push(changed_now(before.duplicate(), now));
                    done.returned += 1;
                }
                None => {}
                Some(present) if same_but_for_counter(present, before) => {}
                Some(present) => {
                    match (present.is_listed(), before.is_listed()) {
                        (false, true) => done.returned += 1,
                        (true, false) => done.trashed += 1,
                        _ => done.reverted += 1,
                    }
                    let mut back = changed_now(before.duplicate(), now);
                    keep_what_must_not_be_lost(&mut back, present);
                    *present = back;
                }
            }
        }
        done
    }

    /// Brings back accounts of a backup, as new edits: what is missing here returns, what is in the trash leaves it,
    /// what is the same stays, and an account whose secret differs stands beside the present one under a new id.
    /// Nothing here is changed or removed. `draw_id` draws a new id.
    pub fn bring_back(
        &mut self,
        backup: &Self,
        now: u64,
        mut draw_id: impl FnMut() -> AccountId,
    ) -> BroughtBack {
        let mut done = BroughtBack::default();
        for before in backup.listed().filter(|account| !account.is_native()) {
            if let Some(present) = self.account_mut(before.id) {
                if present.otp.same_codes(&before.otp) {
                    present.raise_counter(before.counter());
                    if present.trashed_at.take().is_some() {
                        present.changed_at = now;
                        done.returned += 1;
                    }
                    continue;
                }
                let mut beside = changed_now(before.duplicate(), now);
                beside.id = draw_id();
                if self.twin(&beside).is_none() {
                    self.accounts.push(beside);
                    done.kept_both += 1;
                }
            } else if self.twin(before).is_none() {
                self.accounts.push(changed_now(before.duplicate(), now));
                done.returned += 1;
            }
        }
        done
    }

    /// The same content held twice.
    #[must_use]
    pub fn duplicate(&self) -> Self {
        Self {
            accounts: self.accounts.iter().map(Account::duplicate).collect(),
            identity: self.identity.as_ref().map(Identity::duplicate),
            pending: self.pending.as_ref().map(Pending::duplicate),
            unknown: self.unknown.iter().map(UnknownField::duplicate).collect(),
        }
    }

    /// What a backup holds: the accounts, but not the seeds of native ones, which belong to one device, and neither
    /// the device's identity nor its requests, so that no backup can stand in for the device.
    #[must_use]
    pub fn for_backup(&self) -> Self {
        let accounts = self
            .accounts
            .iter()
            .filter(|account| !account.is_native())
            .map(Account::duplicate)
            .collect();
        Self {
            accounts,
            identity: None,
            pending: None,
            unknown: self.unknown.iter().map(UnknownField::duplicate).collect(),
        }
    }

    /// The fields of the content.
    #[must_use]
    pub fn encode(&self) -> Zeroizing<Vec<u8>> {
        let mut writer = Writer::with_capacity(64 + 320 * self.accounts.len());
        writer.carried(&self.unknown);
        for account in &self.accounts {
            writer.field(ACCOUNT, &account.encode());
        }
        if let Some(identity) = &self.identity {
            writer.field(IDENTITY, &identity.encode());
        }
        if let Some(pending) = &self.pending {
            writer.field(PENDING, &pending.encode());
        }
        writer.finish()
    }

    /// The content of the fields.
    ///
    /// # Errors
    /// [`FieldError`]: malformed, two accounts with one id, or more accounts than [`MAX_ACCOUNTS`].
    pub fn decode(bytes: &[u8]) -> Result<Self, FieldError> {
        let mut content = Self::default();
        let mut ids = HashSet::new();
        let mut reader = Reader::new(bytes, &[ACCOUNT]);
        while let Some(field) = reader.next()? {
            match field.tag {
                ACCOUNT if content.accounts.len() == MAX_ACCOUNTS => return Err(field.malformed()),
                ACCOUNT => {
                    let account =
                        Account::decode(field.value).map_err(|error| field.within(error))?;
                    if !ids.insert(account.id) {
                        return Err(field.malformed());
                    }
                    content.accounts.push(account);
                }
                IDENTITY => {
                    let identity = Identity::decode(field.value);
                    content.identity = Some(identity.map_err(|error| field.within(error))?);
                }
                PENDING => {
                    let pending = Pending::decode(field.value);
                    content.pending = Some(pending.map_err(|error| field.within(error))?);
                }
                _ => content.unknown.push(UnknownField::keep(&field)?),
            }
        }
        Ok(content)
    }
}

fn changed_now(mut account: Account, now: u64) -> Account {
    account.changed_at = now;
    account
}

fn same_but_for_counter(one: &Account, other: &Account) -> bool {
    one.otp.same_codes(&other.otp)
        && one.label == other.label
        && one.issuer == other.issuer
        && one.note == other.note
        && one.tags == other.tags
        && one.icon == other.icon
        && one.pinned == other.pinned
        && one.is_listed() == other.is_listed()
}

fn keep_what_must_not_be_lost(back: &mut Account, present: &Account) {
    back.raise_counter(present.counter());
    let otp = std::mem::replace(&mut back.otp, present.otp.duplicate());
    back.earlier_secrets = present
        .earlier_secrets
        .iter()
        .map(OtpSecret::duplicate)
        .collect();
    back.set_otp(otp);
}

#[cfg(test)]
mod tests;

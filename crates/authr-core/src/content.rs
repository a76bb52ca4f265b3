//! What a vault holds (vault-format.md section 7.2): accounts, and whatever a newer version adds.

use std::collections::HashSet;

use authr_otp::Kind;
use zeroize::Zeroizing;

use crate::account::{Account, AccountId, MAX_EARLIER_SECRETS};
use crate::tlv::{CRITICAL, FieldError, Reader, UnknownField, Writer};
use crate::vault::MAX_ACCOUNTS;

const ACCOUNT: u16 = CRITICAL | 1;

/// How long a removed account stays in the trash, in seconds: 30 days.
pub const TRASH_SECONDS: u64 = 30 * 24 * 60 * 60;

/// The decrypted content of a vault.
#[derive(Default)]
pub struct Content {
    /// The accounts, in the order in which they were added; those in the trash among them.
    pub accounts: Vec<Account>,
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
                    raise_counter(present, before);
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
            unknown: self.unknown.iter().map(UnknownField::duplicate).collect(),
        }
    }

    /// What a backup holds: the accounts, but not the seeds of native ones, which belong to one device.
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
                    let account = Account::decode(field.value).map_err(|error| match error {
                        FieldError::Malformed { at } => FieldError::Malformed { at: field.at + at },
                        unknown @ FieldError::Unknown { .. } => unknown,
                    })?;
                    if !ids.insert(account.id) {
                        return Err(field.malformed());
                    }
                    content.accounts.push(account);
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

/// A counter takes the higher value: the lower one would show a code again.
fn raise_counter(account: &mut Account, other: &Account) {
    if let (Kind::Hotp { counter, .. }, Kind::Hotp { counter: seen, .. }) =
        (&mut account.otp.kind, other.otp.kind)
    {
        *counter = seen.max(*counter);
    }
}

fn keep_what_must_not_be_lost(back: &mut Account, present: &Account) {
    raise_counter(back, present);
    if back.otp.secret.ct_eq(&present.otp.secret) {
        return;
    }
    let kept = [&present.otp.secret]
        .into_iter()
        .chain(&present.earlier_secrets);
    back.earlier_secrets = kept
        .filter(|secret| !secret.ct_eq(&back.otp.secret))
        .take(MAX_EARLIER_SECRETS)
        .map(authr_crypto::secret::OtpSecret::duplicate)
        .collect();
}

#[cfg(test)]
mod tests {
    use authr_crypto::secret::OtpSecret;
    use authr_otp::{Algorithm, Counter, Digits, Name, Otp, Period};

    use super::*;

    const TOTP: Kind = Kind::Totp {
        algorithm: Algorithm::Sha1,
        digits: Digits::SIX,
        period: Period::THIRTY,
    };

    fn hotp(counter: u64) -> Kind {
        let counter = Counter::new(counter).unwrap();
        Kind::Hotp {
            algorithm: Algorithm::Sha1,
            digits: Digits::SIX,
            counter,
        }
    }

    fn account(id: u8, label: &str, secret: u8, kind: Kind) -> Account {
        let otp = Otp {
            secret: OtpSecret::new(vec![secret; 20]).unwrap(),
            kind,
        };
        Account::new(
            AccountId([id; 16]),
            Name::default(),
            Name::new(label).unwrap(),
            otp,
            1,
        )
    }

    fn content(accounts: Vec<Account>) -> Content {
        Content {
            accounts,
            unknown: Vec::new(),
        }
    }

    #[test]
    fn undoing_an_add_puts_it_into_the_trash() {
        let mut now = content(vec![account(1, "a", 1, TOTP), account(2, "b", 2, TOTP)]);
        let done = now.revert_to(&content(vec![account(1, "a", 1, TOTP)]), 9);
        assert_eq!(
            done,
            BroughtBack {
                trashed: 1,
                ..BroughtBack::default()
            }
        );
        assert_eq!(now.listed().count(), 1);
        assert_eq!(now.account(AccountId([2; 16])).unwrap().trashed_at, Some(9));
    }

    #[test]
    fn undoing_a_removal_brings_the_account_back() {
        let mut gone = account(1, "a", 1, TOTP);
        gone.trashed_at = Some(5);
        let mut now = content(vec![gone]);
        let done = now.revert_to(&content(vec![account(1, "a", 1, TOTP)]), 9);
        assert_eq!(done.returned, 1);
        assert_eq!(now.listed().count(), 1);
    }

    #[test]
    fn undoing_a_change_of_secret_keeps_both_secrets() {
        let mut now = content(vec![account(1, "a", 2, TOTP)]);
        now.revert_to(&content(vec![account(1, "a", 1, TOTP)]), 9);
        let back = now.account(AccountId([1; 16])).unwrap();
        assert_eq!(back.otp.secret.expose_secret(), [1; 20]);
        assert_eq!(back.earlier_secrets[0].expose_secret(), [2; 20]);
    }

    #[test]
    fn undo_never_takes_a_counter_back() {
        let mut now = content(vec![account(1, "renamed", 1, hotp(9))]);
        now.revert_to(&content(vec![account(1, "a", 1, hotp(4))]), 9);
        let back = now.account(AccountId([1; 16])).unwrap();
        assert_eq!((back.label.as_str(), back.otp.kind), ("a", hotp(9)));
        assert!(
            now.revert_to(&content(vec![account(1, "a", 1, hotp(4))]), 9)
                .is_nothing()
        );
    }

    #[test]
    fn a_native_account_is_neither_reverted_nor_brought_back() {
        let native = || account(1, "drchrono", 1, Kind::Native);
        let mut now = content(vec![native()]);
        assert!(now.revert_to(&content(Vec::new()), 9).is_nothing());
        let mut empty = content(Vec::new());
        assert!(
            empty
                .bring_back(&content(vec![native()]), 9, || AccountId([9; 16]))
                .is_nothing()
        );
    }

    #[test]
    fn bringing_back_a_backup_changes_and_removes_nothing() {
        let mut now = content(vec![
            account(1, "renamed", 1, TOTP),
            account(2, "b", 22, TOTP),
            account(5, "e", 5, hotp(3)),
        ]);
        let backup = content(vec![
            account(1, "a", 1, TOTP),
            account(2, "b", 2, TOTP),
            account(3, "c", 3, TOTP),
            account(5, "e", 5, hotp(8)),
        ]);
        let done = now.bring_back(&backup, 9, || AccountId([9; 16]));
        assert_eq!(
            done,
            BroughtBack {
                returned: 1,
                kept_both: 1,
                ..BroughtBack::default()
            }
        );
        assert_eq!(
            now.account(AccountId([1; 16])).unwrap().label.as_str(),
            "renamed"
        );
        assert_eq!(
            now.account(AccountId([2; 16]))
                .unwrap()
                .otp
                .secret
                .expose_secret(),
            [22; 20]
        );
        assert_eq!(
            now.account(AccountId([9; 16]))
                .unwrap()
                .otp
                .secret
                .expose_secret(),
            [2; 20]
        );
        assert_eq!(now.account(AccountId([5; 16])).unwrap().otp.kind, hotp(8));
        assert!(
            now.bring_back(&backup, 10, || AccountId([10; 16]))
                .is_nothing(),
            "a second time finds all there"
        );
    }

    #[test]
    fn the_trash_is_emptied_after_30_days() {
        let mut gone = account(1, "a", 1, TOTP);
        gone.trashed_at = Some(100);
        let mut now = content(vec![gone, account(2, "b", 2, TOTP)]);
        now.empty_old_trash(100 + TRASH_SECONDS);
        assert_eq!(now.accounts.len(), 2);
        now.empty_old_trash(101 + TRASH_SECONDS);
        assert_eq!(now.accounts.len(), 1);
    }
}

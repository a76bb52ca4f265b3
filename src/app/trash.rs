//! Removed accounts, until they are gone for good.

use authr_core::account::{Account, AccountId};
use authr_core::content::Content;

use super::accounts::find;
use super::error::Error;
use super::session::Session;

/// The accounts in the trash, as a content of their own in which names find them.
fn trash(content: &Content) -> Content {
    let mut trash = Content::default();
    let removed = content
        .accounts
        .iter()
        .filter(|account| !account.is_listed());
    trash.accounts = removed.map(listed).collect();
    trash
}

fn listed(account: &Account) -> Account {
    let mut account = account.duplicate();
    account.trashed_at = None;
    account
}

impl Session<'_> {
    /// The accounts with these names in the trash.
    pub(super) fn named_in_trash(&self, names: &[String]) -> Result<Vec<AccountId>, Error> {
        let trash = trash(self.content());
        let mut names = names.iter();
        names.try_fold(Vec::new(), |mut found, name| {
            found.push(find(&trash, name)?.id);
            Ok(found)
        })
    }

    /// Takes accounts out of the trash.
    pub(crate) fn restore_from_trash(&mut self, ids: &[AccountId]) -> Result<(), Error> {
        self.edit(|content, planning| {
            for id in ids {
                let account = content.account_mut(*id).ok_or(Error::Vanished)?;
                account.trashed_at = None;
                account.changed_at = planning.now.0;
            }
            Ok(())
        })
    }

    /// Drops these accounts, if they are still in the trash; how many were.
    pub(crate) fn empty_trash(&mut self, ids: &[AccountId]) -> Result<usize, Error> {
        self.edit(|content, _| {
            let before = content.accounts.len();
            content
                .accounts
                .retain(|account| account.is_listed() || !ids.contains(&account.id));
            Ok(before - content.accounts.len())
        })
    }
}

//! Adding, naming and removing accounts.

use authr_core::account::{Account, AccountId};
use authr_core::content::{BroughtBack, Content};
use authr_core::find::{self, FindError};
use authr_core::vault::VaultFile;
use authr_otp::Name;
use authr_otp::uri::UriAccount;

use super::error::Error;
use super::session::{Planning, Session};
use crate::store::StoreError;

/// The one listed account of that name.
pub(crate) fn find<'a>(content: &'a Content, name: &str) -> Result<&'a Account, Error> {
    find::find(content, name).map_err(|error| match error {
        FindError::NotFound { nearest } => Error::NotFound {
            name: name.to_owned(),
            nearest,
        },
        FindError::Ambiguous { matches } => Error::Ambiguous {
            name: name.to_owned(),
            matches: matches
                .into_iter()
                .filter_map(|id| content.account(id))
                .map(|account| format!("{} ({})", account.name(), short_id(account.id)))
                .collect(),
        },
    })
}

/// The beginning of an id, enough to name one account.
pub(crate) fn short_id(id: AccountId) -> String {
    id.to_string().chars().take(8).collect()
}

/// A parsed account as the vault keeps it.
pub(crate) fn new_account(parsed: &UriAccount, planning: &Planning<'_>) -> Account {
    let id = AccountId(planning.random.bytes());
    let otp = parsed.otp.duplicate();
    let mut account = Account::new(
        id,
        parsed.issuer.clone(),
        parsed.label.clone(),
        otp,
        planning.now.0,
    );
    account.tags.clone_from(&parsed.tags);
    account
}

impl Session<'_> {
    /// The name of a listed account that gives the same codes.
    pub(crate) fn twin(&self, parsed: &UriAccount) -> Option<String> {
        self.content()
            .listed()
            .find(|account| account.otp.same_codes(&parsed.otp))
            .map(Account::name)
    }

    /// Adds one account; its id.
    pub(crate) fn add(&mut self, parsed: &UriAccount) -> Result<AccountId, Error> {
        self.edit(|content, planning| {
            let account = new_account(parsed, planning);
            let id = account.id;
            content.accounts.push(account);
            Ok(id)
        })
    }

    /// Gives an account another issuer, another label, or both.
    pub(crate) fn rename(
        &mut self,
        id: AccountId,
        issuer: Option<Name>,
        label: Option<Name>,
    ) -> Result<(), Error> {
        self.edit(|content, planning| {
            let account = content.account_mut(id).ok_or(Error::Vanished)?;
            if let Some(issuer) = issuer {
                account.issuer = issuer;
            }
            if let Some(label) = label {
                account.label = label;
            }
            account.changed_at = planning.now.0;
            Ok(())
        })
    }

    /// Moves accounts to the trash.
    pub(crate) fn remove(&mut self, ids: &[AccountId]) -> Result<(), Error> {
        self.edit(|content, planning| {
            for id in ids {
                let account = content.account_mut(*id).ok_or(Error::Vanished)?;
                account.trashed_at = Some(planning.now.0);
                account.changed_at = planning.now.0;
            }
            Ok(())
        })
    }

    /// What undoing the last change would do.
    pub(crate) fn plan_undo(&self) -> Result<BroughtBack, Error> {
        let (_, plan) = self.last_change(self.content())?;
        Ok(plan)
    }

    /// Makes the accounts what they were before the last change, as a new edit.
    pub(crate) fn undo(&mut self) -> Result<BroughtBack, Error> {
        let (earlier, _) = self.last_change(self.content())?;
        self.edit(|content, planning| Ok(content.revert_to(&earlier, planning.now.0)))
    }

    /// The newest earlier content that differs, and how. A generation that does not open is passed over: it is a
    /// copy, and the one before it may serve.
    fn last_change(&self, present: &Content) -> Result<(Content, BroughtBack), Error> {
        for kept in self.store.generations(self.vault.header().vault_id)? {
            let bytes = match crate::store::read_vault(&kept.path) {
                Ok(bytes) => bytes,
                // Thinned out by another process since the folder was listed.
                Err(StoreError::Io { source, .. })
                    if source.kind() == std::io::ErrorKind::NotFound =>
                {
                    continue;
                }
                Err(error) => return Err(error.into()),
            };
            let opened = VaultFile::parse(&bytes, &*self.context.kdf).and_then(|file| {
                file.unlock_with_key(self.vault.key().duplicate())
                    .open(None)
            });
            let Ok(earlier) = opened else { continue };
            let mut trial = present.duplicate();
            let difference = trial.revert_to(&earlier.content, 0);
            if !difference.is_nothing() {
                return Ok((earlier.content, difference));
            }
        }
        Err(Error::NothingToUndo)
    }
}

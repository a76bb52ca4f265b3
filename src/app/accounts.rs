//! Adding, naming and removing accounts.

use authr_core::account::{Account, AccountId, Icon, MAX_TAGS, Note};
use authr_core::content::{BroughtBack, Content};
use authr_core::find::{self, FindError, Names};
use authr_core::vault::VaultFile;
use authr_otp::uri::UriAccount;
use authr_otp::{Name, Tag};

use super::error::Error;
use super::session::{Planning, Session};
use crate::store::StoreError;

/// The one listed account of that name.
pub(crate) fn find<'a>(content: &'a Content, name: &str) -> Result<&'a Account, Error> {
    find_by(content, None, name)
}

/// The same, with the names of the content at hand.
pub(super) fn find_by<'a>(
    content: &'a Content,
    known: Option<&Names>,
    name: &str,
) -> Result<&'a Account, Error> {
    find::find(content, known, name).map_err(|error| match error {
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

/// What a person writes about an account; what is none stays as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Details {
    /// Who issued it.
    pub(crate) issuer: Option<Name>,
    /// Whose it is there.
    pub(crate) label: Option<Name>,
    /// A note; an empty one takes the note away.
    pub(crate) note: Option<Note>,
    /// The name of an icon; an empty one takes it away.
    pub(crate) icon: Option<Icon>,
}

/// Whether two tags are the same but for case.
pub(crate) fn same_tag(one: &Tag, other: &Tag) -> bool {
    one.as_str().to_lowercase() == other.as_str().to_lowercase()
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

    /// Changes what a person wrote about an account.
    pub(crate) fn change(&mut self, id: AccountId, details: Details) -> Result<(), Error> {
        self.edit_accounts(&[id], |account| {
            let Details {
                issuer,
                label,
                note,
                icon,
            } = details;
            account.issuer = issuer.unwrap_or_else(|| account.issuer.clone());
            account.label = label.unwrap_or_else(|| account.label.clone());
            account.note = note.unwrap_or_else(|| account.note.clone());
            account.icon = icon.unwrap_or_else(|| account.icon.clone());
            if account.name().is_empty() {
                return Err(Error::Nameless);
            }
            Ok(())
        })
    }

    /// Lets accounts stand first in lists, or no more.
    pub(crate) fn pin(&mut self, ids: &[AccountId], pinned: bool) -> Result<(), Error> {
        self.edit_accounts(ids, |account| {
            account.pinned = pinned;
            Ok(())
        })
    }

    /// Gives an account tags and takes others from it. Case alone makes no other tag.
    pub(crate) fn tag(&mut self, id: AccountId, add: &[Tag], remove: &[Tag]) -> Result<(), Error> {
        self.edit_accounts(&[id], |account| {
            let is_one_of = |tags: &[Tag], tag: &Tag| tags.iter().any(|own| same_tag(own, tag));
            account.tags.retain(|tag| !is_one_of(remove, tag));
            for tag in add {
                if !is_one_of(&account.tags, tag) {
                    account.tags.push(tag.clone());
                }
            }
            if account.tags.len() > MAX_TAGS {
                return Err(Error::TooManyTags);
            }
            Ok(())
        })
    }

    pub(super) fn edit_accounts(
        &mut self,
        ids: &[AccountId],
        edit: impl FnOnce(&mut Account) -> Result<(), Error> + Clone,
    ) -> Result<(), Error> {
        self.edit(|content, planning| {
            for id in ids {
                let account = content.account_mut(*id).ok_or(Error::Vanished)?;
                edit.clone()(account)?;
                account.changed_at = planning.now.0;
            }
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
            let bytes = match crate::store::read_own_vault(&kept.path) {
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

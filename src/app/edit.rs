//! The changes that a command asks for, each saved whole or not at all.

use std::rc::Rc;

use authr_core::account::AccountId;
use authr_formats::Imported;
use authr_otp::Tag;
use authr_otp::uri::UriAccount;
use serde::{Deserialize, Serialize};

use super::accounts::Details;
use super::card::Codes;
use super::error::Error;
use super::request::Answer;
use super::session::Session;
use super::wire;

/// One change of the vault.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Edit {
    /// One account more.
    Add(#[serde(with = "wire::incoming::account")] Rc<UriAccount>),
    /// Those of these that are not there yet.
    Import(#[serde(with = "wire::incoming::entries")] Rc<Vec<Imported>>),
    /// Other details of an account.
    Change {
        /// Which one.
        #[serde(with = "wire::id")]
        id: AccountId,
        /// What is written about it from now on.
        #[serde(with = "wire::details")]
        details: Details,
    },
    /// Accounts stand first in lists, or no more.
    Pin {
        /// Which ones.
        #[serde(with = "wire::ids")]
        ids: Vec<AccountId>,
        /// Whether they do.
        pinned: bool,
    },
    /// Tags of an account.
    Tag {
        /// Which account.
        #[serde(with = "wire::id")]
        id: AccountId,
        /// Those that it gets.
        #[serde(with = "wire::tags")]
        add: Vec<Tag>,
        /// Those that it loses.
        #[serde(with = "wire::tags")]
        remove: Vec<Tag>,
    },
    /// The counter of an account stands after two codes in a row.
    Resync {
        /// Which account.
        #[serde(with = "wire::id")]
        id: AccountId,
        /// As it was typed.
        first: String,
        /// As it was typed.
        second: String,
    },
    /// Accounts go to the trash.
    Remove {
        /// Which ones.
        #[serde(with = "wire::ids")]
        ids: Vec<AccountId>,
    },
    /// Accounts of these names come back from the trash.
    RestoreFromTrash {
        /// As they were typed.
        names: Vec<String>,
    },
    /// Accounts in the trash are dropped.
    EmptyTrash {
        /// Which ones.
        #[serde(with = "wire::ids")]
        ids: Vec<AccountId>,
    },
    /// The accounts as they were before the last change.
    Undo,
}

impl Session<'_> {
    /// Makes a change; what became of the accounts.
    pub(super) fn carry_out(&mut self, edit: &Edit) -> Result<Answer, Error> {
        let (ids, codes) = match edit {
            Edit::Import(entries) => return self.import(entries).map(Answer::Number),
            Edit::EmptyTrash { ids } => return self.empty_trash(ids).map(Answer::Number),
            Edit::Undo => return self.undo().map(Answer::BroughtBack),
            Edit::Add(account) => (vec![self.add(account)?], Codes::Shown),
            Edit::Change { id, details } => {
                self.change(*id, details.clone())?;
                (vec![*id], Codes::Hidden)
            }
            Edit::Pin { ids, pinned } => {
                self.pin(ids, *pinned)?;
                (ids.clone(), Codes::Hidden)
            }
            Edit::Tag { id, add, remove } => {
                self.tag(*id, add, remove)?;
                (vec![*id], Codes::Hidden)
            }
            Edit::Resync { id, first, second } => {
                self.resync(*id, first, second)?;
                (vec![*id], Codes::Hidden)
            }
            Edit::Remove { ids } => {
                self.remove(ids)?;
                (ids.clone(), Codes::Hidden)
            }
            Edit::RestoreFromTrash { names } => {
                let ids = self.named_in_trash(names)?;
                self.restore_from_trash(&ids)?;
                (ids, Codes::Hidden)
            }
        };
        let accounts = ids.iter().filter_map(|id| self.content().account(*id));
        Ok(Answer::Cards(self.cards(accounts, codes)))
    }
}

//! The use cases that a command asks for, whoever holds the vault open: its own process, or the agent.

use std::rc::Rc;

use authr_core::account::AccountId;
use authr_core::content::BroughtBack;
use authr_formats::Imported;
use authr_otp::UnixSeconds;
use authr_otp::uri::UriAccount;
use serde::{Deserialize, Serialize};

use super::backup::Sealed;
use super::card::{Card, Codes};
use super::codes::{ShownCode, Which};
use super::edit::Edit;
use super::error::Error;
use super::import::{Status, plan};
use super::listing::{Order, Wanted, listed};
use super::session::Session;
use super::usage::Shown;
use super::wire;

/// The largest request: an import of all that a vault has room for, in the words of [`wire`].
pub(crate) const MAX_REQUEST_BYTES: usize = 32 * 1024 * 1024;

/// One use case with what it needs.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Request {
    /// The codes of the accounts with these names.
    Codes {
        /// As they were typed.
        names: Vec<String>,
        /// Another time than now, in seconds since 1970; no counter moves.
        at: Option<u64>,
        /// The code of that time, or one beside it.
        which: Which,
    },
    /// The accounts that are wanted, in order.
    List {
        /// Only accounts with this tag.
        tag: Option<String>,
        /// Only accounts that it fits.
        query: String,
        /// What they are sorted by.
        order: Option<Order>,
        /// Whether with their codes.
        codes: Codes,
    },
    /// The accounts with these names, in their order.
    Find {
        /// As they were typed.
        names: Vec<String>,
        /// Whether with their codes.
        codes: Codes,
    },
    /// The codes of these accounts were shown.
    Used {
        /// Which ones.
        #[serde(with = "wire::ids")]
        ids: Vec<AccountId>,
    },
    /// The name of a listed account that gives the same codes as this one would.
    Twin(#[serde(with = "wire::incoming::account")] Rc<UriAccount>),
    /// What importing these would do.
    PlanImport(#[serde(with = "wire::incoming::entries")] Rc<Vec<Imported>>),
    /// What is in the trash.
    Trash,
    /// What undoing the last change would do.
    PlanUndo,
    /// A backup, sealed.
    Backup,
    /// A change, saved.
    Edit(Edit),
}

impl Request {
    /// Whether its answer tells when codes were shown.
    pub(crate) fn tells_usage(&self) -> bool {
        !matches!(self, Self::Codes { .. } | Self::Used { .. })
    }

    /// Whether it changes accounts for good: one that was not answered is not asked again by itself. (A counter that moves once
    /// more costs one code.)
    pub(crate) fn saves(&self) -> bool {
        matches!(self, Self::Edit(_))
    }
}

/// What came of it.
#[derive(Serialize, Deserialize)]
pub(crate) enum Answer {
    /// To [`Request::Codes`].
    Codes(Vec<ShownCode>),
    /// To [`Request::List`].
    List(Listing),
    /// To [`Request::Find`] and [`Request::Trash`], and what became of accounts that were changed.
    Cards(Vec<Card>),
    /// To [`Request::Twin`].
    Twin(Option<String>),
    /// To [`Request::PlanImport`].
    Plan(Vec<Status>),
    /// How many accounts were imported, or dropped.
    Number(usize),
    /// To [`Request::PlanUndo`], and to the request that applies it.
    BroughtBack(#[serde(with = "wire::BroughtBack")] BroughtBack),
    /// To [`Request::Backup`].
    Backup(Sealed),
    /// There is nothing to tell.
    Done,
}

/// Accounts in a list.
#[derive(Serialize, Deserialize)]
pub(crate) struct Listing {
    /// Those that are wanted, in order.
    pub(crate) cards: Vec<Card>,
    /// How many there are in all.
    pub(crate) all: usize,
}

impl Session<'_> {
    /// Carries out a request.
    pub(crate) fn answer(&mut self, request: &Request) -> Result<Answer, Error> {
        match request {
            Request::Codes { names, at, which } => self
                .codes(names, at.map(UnixSeconds), *which)
                .map(Answer::Codes),
            Request::List {
                tag,
                query,
                order,
                codes,
            } => {
                let wanted = Wanted {
                    tag: tag.as_deref(),
                    query: Some(query),
                    order: *order,
                };
                let accounts = listed(self.content(), &self.usage(), wanted);
                Ok(Answer::List(Listing {
                    cards: self.cards(accounts, *codes),
                    all: self.content().listed().count(),
                }))
            }
            Request::Find { names, codes } => {
                let accounts = self.named(names)?;
                Ok(Answer::Cards(self.cards(accounts, *codes)))
            }
            Request::Twin(account) => Ok(Answer::Twin(self.twin(account))),
            Request::PlanImport(entries) => Ok(Answer::Plan(plan(self.content(), entries))),
            Request::Trash => {
                let removed = self.content().accounts.iter();
                let removed = removed.filter(|account| !account.is_listed());
                Ok(Answer::Cards(self.cards(removed, Codes::Hidden)))
            }
            Request::PlanUndo => self.plan_undo().map(Answer::BroughtBack),
            Request::Backup => self.seal_backup().map(Answer::Backup),
            Request::Edit(edit) => self.carry_out(edit),
            // To remember is for afterwards.
            Request::Used { .. } => Ok(Answer::Done),
        }
    }

    /// What an answer shows.
    pub(crate) fn shown_by(&self, request: &Request, answer: &Answer) -> Vec<Shown> {
        match (request, answer) {
            (Request::Codes { at: None, .. }, Answer::Codes(shown)) => {
                self.shown_now(shown.iter().map(|shown| shown.id))
            }
            (Request::Used { ids }, _) => self.shown_now(ids.iter().copied()),
            _ => Vec::new(),
        }
    }
}

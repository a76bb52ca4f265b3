//! The use cases that a command asks for, whoever holds the vault open: its own process, or the agent.

use authr_core::account::AccountId;
use authr_otp::UnixSeconds;
use serde::{Deserialize, Serialize};

use super::card::{Card, Codes};
use super::codes::{ShownCode, Which};
use super::error::Error;
use super::listing::{Order, Wanted, listed};
use super::session::Session;
use super::wire;

/// The largest request.
pub(crate) const MAX_REQUEST_BYTES: usize = 64 * 1024;

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
}

/// What came of it.
#[derive(Serialize, Deserialize)]
pub(crate) enum Answer {
    /// To [`Request::Codes`].
    Codes(Vec<ShownCode>),
    /// To [`Request::List`].
    List(Listing),
    /// To [`Request::Find`].
    Cards(Vec<Card>),
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
            Request::Used { .. } => Ok(Answer::Done),
        }
    }

    /// Remembers what was shown, once it was.
    pub(crate) fn remember_answer(&self, request: &Request, answer: &Answer) {
        match (request, answer) {
            (Request::Codes { at: None, .. }, Answer::Codes(shown)) => {
                let ids: Vec<AccountId> = shown.iter().map(|shown| shown.id).collect();
                self.remember_use(&ids);
            }
            (Request::Used { ids }, _) => self.remember_use(ids),
            _ => {}
        }
    }
}

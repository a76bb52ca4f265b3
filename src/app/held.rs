//! The vault that an agent holds open: brought to what is on the disk before each request, its key out of the swap.

use std::path::Path;

use authr_crypto::secret::VaultKey;
use authr_sys::Pinned;

use super::error::Error;
use super::request::{Answer, Request};
use super::session::{Rollback, Session};
use super::usage::Shown;
use crate::context::Context;
use crate::store::{Paths, Stamp, Store};

/// How many codes that were shown are written down at once.
const MAX_SHOWN: usize = 64;

/// An open vault, kept for longer than one command.
pub(crate) struct Held<'a> {
    session: Session<'a>,
    /// The file as it was when it was last read.
    seen: Option<Stamp>,
    /// Which codes were shown, and not written down yet.
    shown: Vec<Shown>,
    /// The key's page: it holds nothing else, and the key stays there as long as it is the vault's.
    _pinned: Pinned,
}

impl<'a> Held<'a> {
    /// Opens the vault of a home, and what was set for it, with the key that its password gave.
    pub(crate) fn open(
        context: &'a Context,
        home: &Path,
        config: &Path,
        key: VaultKey,
    ) -> Result<Self, Error> {
        let pinned = Pinned::holding(key.expose_secret()).map_err(Error::KeyInSwap)?;
        let store = Store::new(Paths::of(home, config));
        let session = Session::open_with_key(context, store, key, Rollback::Refuse)?;
        Ok(Self {
            session,
            seen: None,
            shown: Vec::new(),
            _pinned: pinned,
        })
    }

    /// Carries out a request on the newest content.
    pub(crate) fn answer(&mut self, request: &Request) -> Result<Answer, Error> {
        self.refresh()?;
        if request.tells_usage() {
            self.write_usage();
        } else {
            self.session.know_names();
        }
        self.session.answer(request)
    }

    /// Remembers what an answer shows, once it was given.
    pub(crate) fn remember_answer(&mut self, request: &Request, answer: &Answer) {
        self.shown.extend(self.session.shown_by(request, answer));
        if self.shown.len() >= MAX_SHOWN {
            self.write_usage();
        }
    }

    /// Takes in what other processes saved, and writes down what was not yet.
    pub(crate) fn settle(&mut self) -> Result<(), Error> {
        self.refresh()?;
        self.write_usage();
        Ok(())
    }

    /// Writes down which codes were shown: only under a key that is the vault's. To bring that to the disk takes longer than to tell a code: it is done when nobody
    /// waits, and what an agent that is killed had not written is forgotten.
    fn write_usage(&mut self) {
        if !self.shown.is_empty() {
            self.session.remember(&self.shown);
            self.shown.clear();
        }
    }

    /// Takes in what other processes saved. An error that [`Error::ends_agent`] means that the key is one no more.
    pub(crate) fn refresh(&mut self) -> Result<(), Error> {
        // Looked at before it is read: what is saved in between is read again the next time.
        let stamp = self.session.store.stamp();
        if stamp.is_some() && stamp == self.seen {
            return Ok(());
        }
        self.session.reload()?;
        self.seen = stamp;
        Ok(())
    }
}

//! The vault that an agent holds open: brought to what is on the disk before each request, its key out of the swap.

use std::path::Path;

use authr_crypto::secret::VaultKey;
use authr_sys::Pinned;

use super::error::Error;
use super::request::{Answer, Request};
use super::session::Session;
use crate::context::Context;
use crate::store::{Paths, Stamp, Store};

/// An open vault, kept for longer than one command.
pub(crate) struct Held<'a> {
    session: Session<'a>,
    /// The file as it was when it was last read.
    seen: Option<Stamp>,
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
        let session = Session::open_with_key(context, store, key)?;
        Ok(Self {
            session,
            seen: None,
            _pinned: pinned,
        })
    }

    /// Carries out a request on the newest content.
    pub(crate) fn answer(&mut self, request: &Request) -> Result<Answer, Error> {
        self.refresh()?;
        self.session.answer(request)
    }

    /// Remembers what was shown, once it was.
    pub(crate) fn remember_answer(&self, request: &Request, answer: &Answer) {
        self.session.remember_answer(request, answer);
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

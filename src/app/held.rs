//! The vault that an agent holds open: brought to what is on the disk before each request, its key out of the swap.

use std::path::Path;

use authr_crypto::secret::VaultKey;
use authr_sys::Pinned;

use super::error::Error;
use super::request::{Answer, Request};
use super::session::Session;
use crate::context::Context;
use crate::store::Stamp;

/// An open vault, kept for longer than one command.
pub(crate) struct Held<'a> {
    session: Session<'a>,
    /// The file as it was when it was last read.
    seen: Option<Stamp>,
    pinned: Option<Pinned>,
}

impl<'a> Held<'a> {
    /// Opens the vault of a home with the key that its password gave.
    pub(crate) fn open(context: &'a Context, home: &Path, key: VaultKey) -> Result<Self, Error> {
        let session = Session::open_with_key(context, Session::store(Some(home))?, key)?;
        let mut held = Self {
            session,
            seen: None,
            pinned: None,
        };
        held.pin()?;
        Ok(held)
    }

    /// Carries out a request on the newest content.
    pub(crate) fn answer(&mut self, request: &Request) -> Result<Answer, Error> {
        self.refresh()?;
        let answer = self.session.answer(request);
        // A save has the key anew, in another place.
        self.pin()?;
        answer
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
        self.pin()
    }

    fn pin(&mut self) -> Result<(), Error> {
        let key = self.session.vault.key().expose_secret();
        if self.pinned.as_ref().is_some_and(|pinned| pinned.holds(key)) {
            return Ok(());
        }
        // The old pin goes first: it may be one for the same page, and would take the new one with it.
        self.pinned = None;
        let pinned = Pinned::holding(key).map_err(Error::KeyInSwap)?;
        self.pinned = Some(pinned);
        Ok(())
    }
}

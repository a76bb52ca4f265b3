//! The feed comes in: every step is verified against its device's chain, then decrypted, then merged.

use authr_api::chain::{ChainError, Chains, Step};
use authr_api::id::DeviceId;
use authr_api::record::{RecordError, SealedRecord};
use authr_api::sync::{Feed, FeedContent, PAGE_RECORDS};
use authr_core::sync::Incoming;
use zeroize::Zeroizing;

use super::Run;
use super::link::chain_ends;
use crate::app::error::Error;

/// How many pages are merged in one save.
const PAGES_A_SAVE: usize = 16;
/// How many pages a feed has at most: two million steps.
const PAGES: usize = 16_384;

/// A page as it was read.
struct Page {
    /// The newest revision there is.
    revision: u64,
    steps: Vec<(u64, FeedContent, Option<SealedRecord>)>,
}

impl Page {
    /// Reads a page of the feed after `cursor`.
    fn read(feed: Feed, cursor: u64) -> Result<Self, Error> {
        if feed.steps.len() > PAGE_RECORDS {
            return Err(Error::BadAnswer("more records than a page has"));
        }
        let mut last = cursor;
        let mut steps = Vec::with_capacity(feed.steps.len());
        for step in feed.steps {
            if step.revision <= last || step.revision > feed.revision {
                return Err(Error::BadAnswer("records out of their order"));
            }
            last = step.revision;
            let record = match &step.step {
                FeedContent::Record(bytes) => {
                    let record = SealedRecord::parse(bytes.as_slice());
                    Some(record.map_err(|_| Error::BadAnswer("a record that is none"))?)
                }
                FeedContent::Superseded(_) => None,
            };
            steps.push((step.revision, step.step, record));
        }
        if steps.is_empty() && feed.revision > cursor {
            return Err(Error::BadAnswer("fewer records than there are"));
        }
        Ok(Self {
            revision: feed.revision,
            steps,
        })
    }

    fn steps(&self) -> impl Iterator<Item = Step<'_>> {
        self.steps
            .iter()
            .filter_map(|(_, content, record)| match (content, record) {
                (_, Some(record)) => Some(Step::Record(record)),
                (FeedContent::Superseded(left), None) => Some(Step::Superseded(left)),
                (FeedContent::Record(_), None) => None,
            })
    }

    /// Whether a device that is newer than the list may have written of it.
    fn is_beyond(&self, run: &Run<'_, '_>) -> bool {
        self.steps.iter().any(|(_, content, record)| {
            let (device, epoch): (&DeviceId, u32) = match (content, record) {
                (_, Some(record)) => (&record.header().device, record.header().epoch),
                (FeedContent::Superseded(left), None) => (&left.device, 0),
                (FeedContent::Record(_), None) => return false,
            };
            run.list.device(device).is_none() || epoch > run.keys.newest()
        })
    }
}

impl Run<'_, '_> {
    /// Reads the feed to its end.
    pub(super) fn pull(&mut self) -> Result<(), Error> {
        let state = &self.session.identity()?.sync;
        let mut cursor = state.cursor;
        if self.status.revision < cursor {
            return Err(Error::RecordsWentBack);
        }
        let waiting = !state.set_aside.is_empty();
        let mut chains = self.chains()?;
        let mut incoming = Vec::new();
        let mut pages = 0;
        while self.status.revision > cursor {
            let page = Page::read(self.client.records(cursor)?, cursor)?;
            if page.is_beyond(self) {
                // A device was added, or an epoch begun, between the two answers.
                self.fetch_list()?;
            }
            chains.verify(&self.list, page.steps())?;
            self.decrypt(&page, &mut incoming)?;
            cursor = page.steps.last().map_or(cursor, |(revision, ..)| *revision);
            pages += 1;
            if pages == PAGES {
                return Err(Error::BadAnswer("records without an end"));
            }
            if page.revision <= cursor {
                // Read to its end, which may be beyond what the status said.
                self.status.revision = cursor;
            } else {
                self.status.revision = page.revision;
                if pages.is_multiple_of(PAGES_A_SAVE) {
                    self.take_in(cursor, &chains, std::mem::take(&mut incoming))?;
                }
            }
        }
        chains.complete(&self.list)?;
        if pages > 0 || waiting {
            self.take_in(cursor, &chains, incoming)?;
        }
        self.synced.set_aside = self.session.identity()?.sync.set_aside.len();
        Ok(())
    }

    fn decrypt(&self, page: &Page, incoming: &mut Vec<Incoming>) -> Result<(), Error> {
        for (revision, _, record) in &page.steps {
            let Some(record) = record else { continue };
            let plaintext = match record.open(&self.link.place.user, &self.keys) {
                Ok(plaintext) => plaintext,
                Err(error @ RecordError::NoKey { .. }) => return Err(Error::Record(error)),
                // Its device signed it, so the server did not change it: it is set aside, as what cannot be read.
                Err(_) => Zeroizing::new(Vec::new()),
            };
            incoming.push(Incoming {
                id: record.header().id.0,
                revision: *revision,
                plaintext,
            });
        }
        Ok(())
    }

    fn take_in(
        &mut self,
        cursor: u64,
        chains: &Chains,
        incoming: Vec<Incoming>,
    ) -> Result<(), Error> {
        let (link, server_now) = (self.link, self.status.time);
        let changes = self.session.edit(|content, _| {
            link.identity(content)?;
            let records = content.records(link.device.0, server_now);
            let changes = records.ok_or(Error::NotRegistered)?.take_in(incoming)?;
            let state = &mut link.identity(content)?.sync;
            state.cursor = cursor;
            state.chains = chain_ends(chains);
            Ok(changes)
        })?;
        let content = self.session.content();
        self.synced.received.extend(content, changes);
        Ok(())
    }
}

impl From<ChainError> for Error {
    fn from(error: ChainError) -> Self {
        Self::Chain(error)
    }
}

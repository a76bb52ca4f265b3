//! All about an account but what makes its codes: what lists and the agent's answers show.

use authr_core::account::{Account, AccountId};
use authr_otp::{Kind, Tag};
use serde::{Deserialize, Serialize};

use super::codes::ShownCode;
use super::session::Session;
use super::usage::Usage;
use super::wire;

/// Whether cards have the present codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Codes {
    /// They have; but for an account that counts, since showing its code uses it.
    Shown,
    /// They have none.
    Hidden,
}

/// An account, its secret left out.
#[derive(Serialize, Deserialize)]
pub(crate) struct Card {
    /// Its id.
    #[serde(with = "wire::id")]
    pub(crate) id: AccountId,
    /// Who issued it.
    pub(crate) issuer: String,
    /// Whose it is there.
    pub(crate) label: String,
    /// `issuer:label`.
    pub(crate) name: String,
    /// How its codes come about; where it came from the agent, without its PIN.
    #[serde(with = "wire::kind")]
    pub(crate) kind: Kind,
    /// Its tags.
    pub(crate) tags: Vec<String>,
    /// Whether it stands first in lists.
    pub(crate) pinned: bool,
    /// The name of its icon.
    pub(crate) icon: String,
    /// What the person wrote about it.
    pub(crate) note: String,
    /// When it was added, in seconds since 1970.
    pub(crate) created_at: u64,
    /// When it was last edited.
    pub(crate) changed_at: u64,
    /// When it was moved to the trash.
    pub(crate) trashed_at: Option<u64>,
    /// When its code was last shown here.
    pub(crate) last_used: Option<u64>,
    /// How often it was.
    pub(crate) uses: u64,
    /// Its present code.
    pub(crate) code: Option<ShownCode>,
}

impl Card {
    /// Of an account.
    fn new(account: &Account, usage: &Usage, code: Option<ShownCode>) -> Self {
        Self {
            id: account.id,
            issuer: account.issuer.as_str().to_owned(),
            label: account.label.as_str().to_owned(),
            name: account.name(),
            kind: account.otp.kind,
            tags: account
                .tags
                .iter()
                .map(Tag::as_str)
                .map(str::to_owned)
                .collect(),
            pinned: account.pinned,
            icon: account.icon.as_str().to_owned(),
            note: account.note.as_str().to_owned(),
            created_at: account.created_at,
            changed_at: account.changed_at,
            trashed_at: account.trashed_at,
            last_used: usage.last(account.id),
            uses: usage.times(account.id),
            code,
        }
    }
}

impl Session<'_> {
    /// The card of an account, without its code.
    pub(crate) fn card(&self, account: &Account) -> Card {
        Card::new(account, &self.usage(), None)
    }

    /// The cards of accounts.
    pub(crate) fn cards<'c>(
        &self,
        accounts: impl IntoIterator<Item = &'c Account>,
        codes: Codes,
    ) -> Vec<Card> {
        let usage = self.usage();
        let code = |account: &Account| {
            (codes == Codes::Shown && account.otp.kind.counter().is_none())
                .then(|| ShownCode::at(account, self.time_of(account)))
        };
        let accounts = accounts.into_iter();
        accounts
            .map(|account| Card::new(account, &usage, code(account)))
            .collect()
    }
}

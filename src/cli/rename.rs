use clap::Args;

use super::Invocation;
use super::add::name;
use crate::app::accounts::{Details, find};
use crate::failure::Failure;

/// Give an account another name
#[derive(Debug, Args)]
pub(super) struct Rename {
    /// Issuer, label, issuer:label, or the beginning of an id
    #[arg(value_name = "NAME")]
    account: String,
    /// The new issuer
    #[arg(long, value_name = "NAME")]
    issuer: Option<String>,
    /// The new label
    #[arg(long, value_name = "NAME")]
    label: Option<String>,
}

impl Rename {
    pub(super) fn run(&self, invocation: &Invocation<'_>) -> Result<(), Failure> {
        let mut issuer = self.issuer.as_deref().map(name).transpose()?;
        let mut label = self.label.as_deref().map(name).transpose()?;
        let mut session = invocation.unlock()?;
        let account = find(session.content(), &self.account)?;
        let (id, before) = (account.id, account.name());
        if issuer.is_none() && label.is_none() {
            let ask = |what: &str, present: &str, flag: &str| {
                let typed = invocation
                    .prompt
                    .line(&format!("{what} (Enter keeps {present})"), flag)?;
                if typed.is_empty() {
                    Ok(None)
                } else {
                    name(&typed).map(Some)
                }
            };
            let instead = "--issuer NAME or --label NAME";
            issuer = ask("New issuer", account.issuer.as_str(), instead)?;
            label = ask("New label", account.label.as_str(), instead)?;
            if issuer.is_none() && label.is_none() {
                return invocation.changed(&session, id, "Nothing was changed.");
            }
        }
        session.change(
            id,
            Details {
                issuer,
                label,
                ..Details::default()
            },
        )?;
        let after = session
            .content()
            .account(id)
            .map(authr_core::account::Account::name)
            .unwrap_or_default();
        invocation.changed(&session, id, &format!("Renamed {before} to {after}."))
    }
}

use clap::Args;

use super::Invocation;
use super::add::name;
use crate::app::accounts::Details;
use crate::app::edit::Edit;
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
        let mut keeper = invocation.keeper()?;
        let before = keeper.find_one(&self.account)?;
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
            issuer = ask("New issuer", &before.issuer, instead)?;
            label = ask("New label", &before.label, instead)?;
            if issuer.is_none() && label.is_none() {
                return invocation.changed(&before, "Nothing was changed.");
            }
        }
        let details = Details {
            issuer,
            label,
            ..Details::default()
        };
        let id = before.id;
        let after = keeper.edit_one(Edit::Change { id, details })?;
        let note = format!("Renamed {} to {}.", before.name, after.name);
        invocation.changed(&after, &note)
    }
}

use clap::Args;

use super::Invocation;
use super::output::Format;
use super::show;
use crate::app::Error;
use crate::app::edit::Edit;
use crate::failure::Failure;

/// Find the counter of an account that counts, from two codes in a row
#[derive(Debug, Args)]
pub(super) struct Resync {
    /// Issuer, label, issuer:label, or the beginning of an id
    #[arg(value_name = "NAME")]
    account: String,
    /// Two codes in a row, as another copy of the account showed them; without it they are asked for
    #[arg(long, num_args = 2, value_names = ["FIRST", "SECOND"])]
    codes: Option<Vec<String>>,
}

/// What answers the questions for the codes.
const INSTEAD: &str = "--codes FIRST SECOND";

impl Resync {
    pub(super) fn run(&self, invocation: &Invocation<'_>) -> Result<(), Failure> {
        let (output, prompt) = (&invocation.output, &invocation.prompt);
        let mut keeper = invocation.keeper()?;
        let card = keeper.find_one(&self.account)?;
        // Before anything is asked.
        if card.kind.counter().is_none() {
            return Err(Error::NoCounter { name: card.name }.into());
        }
        let [first, second] = match self.codes.as_deref() {
            Some([first, second]) => [first.clone(), second.clone()],
            _ => {
                let first =
                    prompt.line("A code that another copy of the account shows", INSTEAD)?;
                [first, prompt.line("The code after it", INSTEAD)?]
            }
        };
        let (id, name) = (card.id, card.name);
        let card = keeper.edit_one(Edit::Resync { id, first, second })?;
        if output.format() == Format::Json {
            return output.json(&show::as_json(&card));
        }
        output.note(&format!("{name} goes on after these two codes."));
        Ok(())
    }
}

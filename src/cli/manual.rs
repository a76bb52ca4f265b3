use clap::Args;

use super::{Invocation, definition};
use crate::failure::{Failure, Kind};

/// Print a page of the manual, for man to show
///
/// As in: authr man code | man -l -
#[derive(Debug, Args)]
pub(super) struct Man {
    /// The command that the page is about; none: the page of all
    #[arg(value_name = "COMMAND")]
    command: Vec<String>,
}

impl Man {
    pub(super) fn run(&self, invocation: &Invocation<'_>) -> Result<(), Failure> {
        let mut whole = definition();
        // What every command takes stands on the page of each.
        whole.build();
        let mut page = &whole;
        for name in &self.command {
            page = page.find_subcommand(name).ok_or_else(|| {
                let message = format!("there is no command 'authr {}'", self.command.join(" "));
                Failure::new(Kind::Usage, message).hint("authr --help")
            })?;
        }
        let mut roff = Vec::new();
        clap_mangen::Man::new(page.clone())
            .render(&mut roff)
            .map_err(Failure::writing_results)?;
        invocation.output.bytes(&roff)
    }
}

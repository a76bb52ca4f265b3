use clap::Args;
use clap_complete::{Shell, generate};

use super::{Invocation, definition};
use crate::failure::Failure;

/// Print what a shell completes commands and options by
///
/// Names of accounts are not among it: they lie in the vault, and pressing Tab must not ask for a password.
#[derive(Debug, Args)]
pub(super) struct Completions {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

impl Completions {
    pub(super) fn run(&self, invocation: &Invocation<'_>) -> Result<(), Failure> {
        let mut script = Vec::new();
        generate(self.shell, &mut definition(), "authr", &mut script);
        invocation.output.bytes(&script)
    }
}

use clap::Args;

use super::Invocation;
use super::registration;
use crate::app::registration::Intent;
use crate::failure::Failure;

/// Register this device as the first one of a phone number
#[derive(Debug, Args)]
pub(super) struct Register {
    /// The number with its country code, as in +12015550123
    #[arg(value_name = "PHONE")]
    phone: Option<String>,
    #[command(flatten)]
    options: registration::Options,
}

impl Register {
    pub(super) fn run(&self, invocation: &Invocation<'_>) -> Result<(), Failure> {
        self.options
            .run(invocation, Intent::Register, self.phone.as_deref())
    }
}

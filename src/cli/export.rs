use std::path::PathBuf;

use authr_otp::uri::UriAccount;
use clap::Args;

use super::Invocation;
use crate::app::files::{self, Existing};
use crate::failure::{Failure, Kind};

/// Write the accounts as a plain list of otpauth:// URIs
#[derive(Debug, Args)]
pub(super) struct Export {
    /// Where to write; - for standard output
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// Yes: whoever has the file has the accounts
    #[arg(long)]
    plaintext: bool,
}

impl Export {
    pub(super) fn run(&self, invocation: &Invocation<'_>) -> Result<(), Failure> {
        if !self.plaintext {
            let message = "the list would hold every secret in clear text";
            return Err(Failure::new(Kind::Usage, message)
                .hint("authr backup create FILE, for an encrypted copy")
                .hint("pass --plaintext if clear text is what you want"));
        }
        let session = invocation.unlock()?;
        let listed = || session.content().listed();
        let accounts: Vec<UriAccount> = listed()
            .filter(|account| !account.is_native())
            .map(|account| UriAccount {
                issuer: account.issuer.clone(),
                label: account.label.clone(),
                otp: account.otp.duplicate(),
                tags: account.tags.clone(),
            })
            .collect();
        let native = listed().count() - accounts.len();
        if native > 0 {
            invocation.output.warning("accounts that sites issue through the server belong to this device; they are left out");
        }
        let rendered = authr_formats::uri_list::render(&accounts);
        for left_out in &rendered.left_out {
            let name = accounts
                .get(left_out.index)
                .map(|account| format!("{}:{}", account.issuer, account.label));
            let name = name.unwrap_or_default();
            invocation
                .output
                .warning(&format!("{name} is left out: {}", left_out.reason));
        }
        let list = &rendered.text;
        if self.output.as_os_str() == "-" {
            return invocation.output.bytes(list.as_bytes());
        }
        if self.output.exists()
            && !invocation
                .prompt
                .confirm(&format!("Replace {}?", self.output.display()))?
        {
            return Err(Failure::new(Kind::Failed, "nothing was written"));
        }
        files::write(&self.output, list.as_bytes(), Existing::Replace)?;
        let written = accounts.len() - rendered.left_out.len();
        invocation.output.note(&format!(
            "Wrote {written} accounts in clear text to {}.",
            self.output.display()
        ));
        Ok(())
    }
}

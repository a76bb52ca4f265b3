use std::path::PathBuf;

use authr_core::account::Account;
use authr_otp::uri::UriAccount;
use clap::Args;

use super::Invocation;
use super::import::accounts as counted;
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
        let output = &invocation.output;
        let session = invocation.unlock()?;
        let (native, own): (Vec<&Account>, Vec<&Account>) =
            (session.content().listed()).partition(|account| account.is_native());
        if !native.is_empty() {
            let number = counted(native.len());
            output.warning(&format!(
                "{number} issued by a site through the server: left out, since they are this device's alone"
            ));
        }
        left_behind(&own)
            .iter()
            .for_each(|warning| output.warning(warning));
        let accounts: Vec<UriAccount> = own.iter().map(|account| as_uri(account)).collect();
        let rendered = authr_formats::uri_list::render(&accounts);
        for left_out in &rendered.left_out {
            let name = own.get(left_out.index).map(|account| account.name());
            let name = name.unwrap_or_default();
            output.warning(&format!("{name} is left out: {}", left_out.reason));
        }
        let list = &rendered.text;
        if self.output.as_os_str() == "-" {
            return output.bytes(list.as_bytes());
        }
        if self.output.exists()
            && !invocation
                .prompt
                .confirm(&format!("Replace {}?", self.output.display()))?
        {
            return Err(Failure::declined("Nothing was written."));
        }
        files::write(&self.output, list.as_bytes(), Existing::Replace)?;
        let written = accounts.len() - rendered.left_out.len();
        output.note(&format!(
            "Wrote {} in clear text to {}.",
            counted(written),
            self.output.display()
        ));
        Ok(())
    }
}

fn as_uri(account: &Account) -> UriAccount {
    UriAccount {
        issuer: account.issuer.clone(),
        label: account.label.clone(),
        otp: account.otp.duplicate(),
        tags: account.tags.clone(),
    }
}

/// What the accounts have that an otpauth:// URI has no place for.
fn left_behind(accounts: &[&Account]) -> Vec<String> {
    type Has = fn(&Account) -> bool;
    let kinds: [(&str, Has); 4] = [
        ("note", |account| !account.note.as_str().is_empty()),
        ("pin", |account| account.pinned),
        ("icon", |account| !account.icon.as_str().is_empty()),
        ("earlier secrets", |account| {
            !account.earlier_secrets.is_empty()
        }),
    ];
    let mut warnings = Vec::new();
    for (what, has) in kinds {
        let mut having = accounts.iter().filter(|account| has(account));
        let Some(first) = having.next() else { continue };
        let name = first.name();
        warnings.push(match having.count() {
            0 => format!("the list has no place for the {what} of {name}"),
            more => format!(
                "the list has no place for the {what} of {name} and {} more",
                counted(more)
            ),
        });
    }
    warnings
}

#[cfg(test)]
mod tests {
    use authr_core::account::{AccountId, Note};
    use authr_crypto::secret::OtpSecret;
    use authr_otp::{Algorithm, Digits, Kind as CodeKind, Name, Otp, Period};

    use super::*;

    fn account(label: &str) -> Account {
        let otp = Otp {
            secret: OtpSecret::new(vec![1; 20]).unwrap(),
            kind: CodeKind::Totp {
                algorithm: Algorithm::Sha1,
                digits: Digits::SIX,
                period: Period::new(30).unwrap(),
            },
        };
        let name = |text| Name::new(text).unwrap();
        Account::new(AccountId([1; 16]), name("Acme"), name(label), otp, 0)
    }

    #[test]
    fn what_a_list_has_no_place_for_is_named_with_the_account_that_has_it() {
        let (plain, mut ada, mut bob) = (account("eve"), account("ada"), account("bob"));
        assert!(left_behind(&[&plain]).is_empty());
        ada.note = Note::new("the blue card").unwrap();
        ada.pinned = true;
        bob.pinned = true;
        assert_eq!(
            left_behind(&[&plain, &ada, &bob]),
            [
                "the list has no place for the note of Acme:ada",
                "the list has no place for the pin of Acme:ada and 1 account more",
            ]
        );
        bob.earlier_secrets = vec![OtpSecret::new(vec![2; 20]).unwrap()];
        assert_eq!(
            left_behind(&[&bob])[1],
            "the list has no place for the earlier secrets of Acme:bob"
        );
    }

    #[test]
    fn a_tag_is_carried() {
        let mut ada = account("ada");
        ada.tags = vec![authr_otp::Tag::new("work").unwrap().unwrap()];
        assert!(left_behind(&[&ada]).is_empty());
        let uris = [as_uri(&ada)];
        let list = authr_formats::uri_list::render(&uris).text;
        assert!(list.contains("tags=work"), "the tag is not in the list");
    }
}

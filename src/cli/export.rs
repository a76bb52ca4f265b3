use std::path::PathBuf;

use authr_core::account::Account;
use authr_formats::write::{self, Exported, Extra, RANDOM_BYTES, Refusal, Seal, Target};
use authr_otp::uri::UriAccount;
use clap::Args;
use clap::builder::PossibleValuesParser;
use serde_json::json;
use zeroize::Zeroizing;

use super::Invocation;
use super::backup::{self, Written};
use super::batches::{self, Place};
use super::import::accounts as counted;
use super::output::Format;
use super::prompt::PasswordSource;
use crate::app::files::{self, Existing};
use crate::failure::{Failure, Kind};

/// Write the accounts to a file: an encrypted backup, a page to print, or a file of another program
#[derive(Debug, Args)]
pub(super) struct Export {
    /// Where to write; - for standard output. With --format google: a folder, or a name that ends in .png or .svg, for pictures of
    /// QR codes, and - on a terminal shows them
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// Whose file, encrypted where the program has encrypted files: authr for a backup, the default; paper for a backup as a
    /// page of QR codes to print; with --plaintext otpauth is the default
    #[arg(long, value_name = "FORMAT", value_parser = format_names())]
    format: Option<String>,
    /// Write every secret in clear text: whoever has the file has the accounts
    #[arg(long)]
    plaintext: bool,
    /// Read the password that the file is to get from FILE
    #[arg(long, value_name = "FILE", conflicts_with = "plaintext")]
    file_password_file: Option<PathBuf>,
}

/// The forms of a backup of our own.
const OURS: [(&str, Written); 2] = [("authr", Written::File), ("paper", Written::Paper)];

fn format_names() -> PossibleValuesParser {
    let ours = OURS.iter().map(|(name, _)| *name);
    PossibleValuesParser::new(ours.chain(Target::ALL.iter().map(|target| target.name())))
}

impl Export {
    pub(super) fn run(&self, invocation: &Invocation<'_>) -> Result<(), Failure> {
        let format = match &self.format {
            Some(format) => format,
            None if self.plaintext => Target::UriList.name(),
            None => OURS[0].0,
        };
        match OURS.iter().find(|(name, _)| *name == format) {
            Some((_, written)) => self.backup(invocation, *written),
            None => {
                let target = Target::named(format).expect("because clap knows the names");
                self.foreign(invocation, target)
            }
        }
    }

    fn backup(&self, invocation: &Invocation<'_>, written: Written) -> Result<(), Failure> {
        let refused = |message: &str, hint: &str| {
            Err(Failure::new(Kind::Usage, message.to_owned()).hint(hint))
        };
        if self.plaintext {
            let message = "a backup is encrypted, and --plaintext asks for clear text";
            return refused(message, "leave out one of --plaintext and --format");
        }
        if self.file_password_file.is_some() {
            let message = "a backup opens with the backups password, not with one of its own";
            return refused(message, "leave out --file-password-file");
        }
        backup::create(invocation, &self.output, written)
    }

    fn foreign(&self, invocation: &Invocation<'_>, target: Target) -> Result<(), Failure> {
        if !self.plaintext && !target.can_be_encrypted() {
            let message = "the file would hold every secret in clear text";
            return Err(Failure::new(Kind::Usage, message)
                .hint("authr export without --format, for an encrypted backup")
                .hint("pass --plaintext if clear text is what you want"));
        }
        let output = &invocation.output;
        if self.output.as_os_str() == "-" {
            output.refuse_json()?;
        }
        let session = invocation.unlock()?;
        let (native, own): (Vec<&Account>, Vec<&Account>) =
            (session.content().listed()).partition(|account| account.is_native());
        if !native.is_empty() {
            let number = counted(native.len());
            output.warning(&format!(
                "{number} issued by a site through the server: left out, since they are this device's alone"
            ));
        }
        let all: Vec<Exported> = own.iter().map(|account| exported(account)).collect();
        let refused = write::check(target, &all);
        for (at, reason) in &refused {
            let name = own.get(*at).map(|account| account.name());
            let name = name.unwrap_or_default();
            output.warning(&format!("{name} is left out: {reason}"));
        }
        let is_refused = |at: usize| refused.iter().any(|(refused, _)| *refused == at);
        let taken: Vec<&Account> = (0..)
            .zip(&own)
            .filter_map(|(at, account)| (!is_refused(at)).then_some(*account))
            .collect();
        left_behind(target, &taken)
            .iter()
            .for_each(|warning| output.warning(warning));
        let accounts: Vec<Exported> = taken.iter().map(|account| exported(account)).collect();
        if accounts.is_empty() {
            let message = format!("no account is left to write to {}", self.output.display());
            return Err(Failure::new(Kind::Failed, message));
        }
        let left_out = |(at, reason): &(usize, Refusal)| {
            let name = own.get(*at).map(|account| account.name());
            json!({ "name": name, "reason": reason.to_string() })
        };
        let mut told = json!({
            "format": target.name(),
            "encrypted": !self.plaintext,
            "accounts": accounts.len(),
            "left_out": refused.iter().map(left_out).collect::<Vec<_>>(),
        });
        if target == Target::Google
            && let Some(place) = Place::of(&self.output, invocation)
        {
            let files = batches::write(invocation, &place, &accounts)?;
            let names = files.iter().map(|path| path.display().to_string());
            told["files"] = names.collect::<Vec<_>>().into();
        } else if self.output.as_os_str() == "-" {
            return output.bytes(&self.written(invocation, target, &accounts)?);
        } else {
            self.write(invocation, target, &accounts)?;
            told["file"] = self.output.display().to_string().into();
        }
        match output.format() {
            Format::Json => output.json(&told),
            Format::Text => Ok(()),
        }
    }

    /// Writes the file, whole or not at all.
    fn write(
        &self,
        invocation: &Invocation<'_>,
        target: Target,
        accounts: &[Exported],
    ) -> Result<(), Failure> {
        if self.output.exists() {
            invocation.confirm_replacing(&self.output)?;
        }
        let file = self.written(invocation, target, accounts)?;
        files::write(&self.output, &file, Existing::Replace)?;
        let how = match self.plaintext {
            true => "in clear text",
            false => "under the file's own password",
        };
        let (number, path) = (counted(accounts.len()), self.output.display());
        let output = &invocation.output;
        output.note(&format!("Wrote {number} {how} to {path}."));
        Ok(())
    }

    /// The file's bytes, in plain text or sealed.
    fn written(
        &self,
        invocation: &Invocation<'_>,
        target: Target,
        accounts: &[Exported],
    ) -> Result<Zeroizing<Vec<u8>>, Failure> {
        let failed = |error: write::WriteError| Failure::new(Kind::Failed, error);
        if self.plaintext {
            return write::write(target, accounts, None).map_err(failed);
        }
        let password = self.password(invocation)?;
        let random = Zeroizing::new(invocation.context.random.bytes::<RANDOM_BYTES>());
        let seal = Seal {
            password: &password,
            random: &random,
        };
        let work = || write::write(target, accounts, Some(&seal));
        invocation
            .output
            .meanwhile("Encrypting", work)
            .map_err(failed)
    }

    /// The password that the file is to get: out of a file, or typed twice.
    fn password(&self, invocation: &Invocation<'_>) -> Result<Zeroizing<String>, Failure> {
        let (prompt, output) = (&invocation.prompt, &invocation.output);
        if let Some(file) = &self.file_password_file {
            let source = PasswordSource::File(file.clone());
            return source.text("password of the file", prompt, output);
        }
        let instead = "--file-password-file FILE";
        loop {
            let typed = prompt.secret("New password of the file", instead)?;
            let again = prompt.secret("The same again", instead)?;
            match (typed.is_empty(), *typed == *again) {
                (false, true) => return Ok(typed),
                (true, _) => {
                    output.warning("a file without a password is not encrypted; once more")
                }
                (false, false) => output.warning("the two differ; once more"),
            }
        }
    }
}

fn exported(account: &Account) -> Exported {
    Exported {
        account: UriAccount {
            issuer: account.issuer.clone(),
            label: account.label.clone(),
            otp: account.otp.duplicate(),
            tags: account.tags.clone(),
        },
        note: account.note.as_str().to_owned(),
        icon: account.icon.as_str().to_owned(),
        pinned: account.pinned,
    }
}

/// What the accounts have that the file has no place for.
fn left_behind(target: Target, accounts: &[&Account]) -> Vec<String> {
    type Has = fn(&Account) -> bool;
    let kinds: [(&str, Option<Extra>, Has); 6] = [
        ("note", Some(Extra::Note), |account| {
            !account.note.as_str().is_empty()
        }),
        ("pin", Some(Extra::Pinned), |account| account.pinned),
        ("icon", Some(Extra::Icon), |account| {
            !account.icon.as_str().is_empty()
        }),
        ("tags", Some(Extra::Tag), |account| !account.tags.is_empty()),
        ("second tag", Some(Extra::SecondTag), |account| {
            account.tags.len() > 1
        }),
        ("earlier secrets", None, |account| {
            !account.earlier_secrets.is_empty()
        }),
    ];
    let mut warnings = Vec::new();
    for (what, extra, has) in kinds {
        if extra.is_some_and(|extra| target.carries(extra)) {
            continue;
        }
        let mut having = accounts.iter().filter(|account| has(account));
        let Some(first) = having.next() else { continue };
        let name = first.name();
        warnings.push(match having.count() {
            0 => format!("the file has no place for the {what} of {name}"),
            more => format!(
                "the file has no place for the {what} of {name} and {} more",
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
        assert!(left_behind(Target::UriList, &[&plain]).is_empty());
        ada.note = Note::new("the blue card").unwrap();
        ada.pinned = true;
        bob.pinned = true;
        assert_eq!(
            left_behind(Target::UriList, &[&plain, &ada, &bob]),
            [
                "the file has no place for the note of Acme:ada",
                "the file has no place for the pin of Acme:ada and 1 account more",
            ]
        );
        bob.earlier_secrets = vec![OtpSecret::new(vec![2; 20]).unwrap()];
        assert_eq!(
            left_behind(Target::UriList, &[&bob])[1],
            "the file has no place for the earlier secrets of Acme:bob"
        );
    }

    #[test]
    fn a_tag_is_carried() {
        let mut ada = account("ada");
        ada.tags = vec![authr_otp::Tag::new("work").unwrap().unwrap()];
        assert!(left_behind(Target::UriList, &[&ada]).is_empty());
        let list = write::write(Target::UriList, &[exported(&ada)], None).unwrap();
        let list = std::str::from_utf8(&list).unwrap();
        assert!(list.contains("tags=work"), "the tag is not in the list");
        let warnings = left_behind(Target::Google, &[&ada]);
        assert_eq!(warnings, ["the file has no place for the tags of Acme:ada"]);
    }
}

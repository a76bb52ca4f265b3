use std::path::{Path, PathBuf};
use std::rc::Rc;

use authr_crypto::secret::OtpSecret;
use authr_otp::base32::{self, Base32Error};
use authr_otp::uri::{self, MAX_URI_BYTES, UriAccount};
use authr_otp::{Algorithm, Counter, Digits, Kind as CodeKind, Name, Otp, Period, Pin, yandex};
use clap::{Args, ValueEnum};
use serde_json::json;
use std::io::Read;
use zeroize::Zeroizing;

use super::Invocation;
use super::import::take_in;
use super::output::{Format as Shown, Lifetime};
use super::pictures::{Found, Pictures};
use crate::app::codes::ShownCode;
use crate::app::edit::Edit;
use crate::app::files;
use crate::failure::{Failure, Kind};

/// Add an account
#[derive(Debug, Args)]
pub(super) struct Add {
    /// An otpauth:// URI, or - to read one from standard input; without it the account is asked for
    #[arg(value_name = "URI")]
    uri: Option<String>,
    #[command(flatten)]
    pictures: Pictures,
    /// Who issued the account
    #[arg(long, value_name = "NAME", conflicts_with = "uri")]
    issuer: Option<String>,
    /// Whose account it is there
    #[arg(long, value_name = "NAME", conflicts_with = "uri")]
    label: Option<String>,
    /// Read the secret from FILE (- for standard input): Base32, or the key of an mOTP account
    #[arg(long, value_name = "FILE", conflicts_with = "uri")]
    secret_file: Option<PathBuf>,
    /// Read the PIN of an mOTP or Yandex account from FILE
    #[arg(long, value_name = "FILE", conflicts_with = "uri")]
    pin_file: Option<PathBuf>,
    /// How its codes come about
    #[arg(long, value_enum, default_value = "totp", conflicts_with = "uri")]
    kind: NewKind,
    /// SHA1, SHA256 or SHA512
    #[arg(long, default_value = "SHA1", conflicts_with = "uri")]
    algorithm: String,
    /// Digits of a code, 5 to 10
    #[arg(long, default_value_t = 6, conflicts_with = "uri")]
    digits: u8,
    /// Seconds that a code lives
    #[arg(long, default_value_t = 30, conflicts_with = "uri")]
    period: u32,
    /// The counter of the first code
    #[arg(long, default_value_t = 0, conflicts_with = "uri")]
    counter: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum NewKind {
    /// By the time
    Totp,
    /// By a counter
    Hotp,
    /// Steam Guard
    Steam,
    /// Mobile-OTP, with a PIN
    Motp,
    /// Yandex, with a PIN
    Yandex,
}

impl Add {
    pub(super) fn run(&self, invocation: &Invocation<'_>) -> Result<(), Failure> {
        let parsed = match self.pictures.read(invocation)? {
            None => self.account(invocation)?,
            Some(found) => match only(found) {
                Ok(account) => account,
                Err(found) => return take_in(invocation, found.parsed, &found.from),
            },
        };
        if parsed.otp.is_short() {
            invocation
                .output
                .warning("the secret is shorter than 80 bits: it can be found by trying");
        }
        let mut keeper = invocation.keeper_of_new_accounts()?;
        let parsed = Rc::new(parsed);
        if let Some(twin) = keeper.twin(&parsed)?
            && !invocation.prompt.confirm(&format!(
                "{twin} gives the same codes already. Add it all the same?"
            ))?
        {
            return Err(Failure::declined("Nothing was added."));
        }
        let card = keeper.edit_one(Edit::Add(parsed))?;
        let output = &invocation.output;
        if output.format() == Shown::Json {
            return output.json(&json!({
                "id": card.id.to_string(),
                "issuer": card.issuer,
                "label": card.label,
                "kind": card.kind.name(),
            }));
        }
        output.note(&format!("Added {}.", card.name));
        match card.code {
            Some(shown) if output.is_terminal() => {
                output.code(shown.code.expose_secret(), lifetime(&shown))
            }
            _ => Ok(()),
        }
    }

    fn account(&self, invocation: &Invocation<'_>) -> Result<UriAccount, Failure> {
        match self.uri.as_deref() {
            Some("-") => {
                let text = read_stdin(invocation, MAX_URI_BYTES)?;
                parse(text.trim())
            }
            Some(text) => {
                let account = parse(text)?;
                invocation.output.note(
                    "Other programs of this machine can see a secret on the command line; pass - and the URI on standard input instead.",
                );
                Ok(account)
            }
            None => self.asked(invocation),
        }
    }

    fn asked(&self, invocation: &Invocation<'_>) -> Result<UriAccount, Failure> {
        // What is wrong on the command line is said before anything is asked.
        let kind = self.code_kind()?;
        let prompt = &invocation.prompt;
        let text = |given: &Option<String>, question, flag| match given {
            Some(text) => Ok(text.clone()),
            None => prompt.line(question, flag),
        };
        let issuer = name(&text(
            &self.issuer,
            "Issuer (such as GitHub)",
            "--issuer NAME",
        )?)?;
        let label = name(&text(
            &self.label,
            "Label (your name or address there)",
            "--label NAME",
        )?)?;
        let secret = match &self.secret_file {
            None => typed_secret(invocation, kind)?,
            Some(path) => {
                let text = if path.as_os_str() == "-" {
                    read_stdin(invocation, MAX_URI_BYTES)?
                } else {
                    read_text(path)?
                };
                secret_of(text.trim(), kind).map_err(|error| Failure::new(Kind::Failed, error))?
            }
        };
        if matches!(kind, CodeKind::Yandex { .. }) {
            yandex::check(secret.expose_secret())
                .map_err(|error| Failure::new(Kind::Failed, error))?;
        }
        let kind = match kind {
            CodeKind::Motp { .. } => CodeKind::Motp {
                pin: self.pin(invocation)?,
            },
            CodeKind::Yandex { .. } => CodeKind::Yandex {
                pin: self.pin(invocation)?,
            },
            other => other,
        };
        Ok(UriAccount {
            issuer,
            label,
            otp: Otp { secret, kind },
            tags: Vec::new(),
        })
    }

    /// The PIN, from its file or typed.
    fn pin(&self, invocation: &Invocation<'_>) -> Result<Pin, Failure> {
        let text = match &self.pin_file {
            Some(path) => read_text(path)?,
            None => invocation.prompt.secret("PIN", "--pin-file FILE")?,
        };
        Pin::new(text.trim()).map_err(|error| Failure::new(Kind::Failed, error))
    }

    fn code_kind(&self) -> Result<CodeKind, Failure> {
        let usage = |error: &dyn std::fmt::Display| Failure::new(Kind::Usage, error.to_string());
        let algorithm = Algorithm::parse(&self.algorithm).map_err(|error| usage(&error))?;
        let digits = Digits::new(self.digits).map_err(|error| usage(&error))?;
        let pin = Pin::UNKNOWN;
        Ok(match self.kind {
            NewKind::Steam => CodeKind::Steam,
            NewKind::Motp => CodeKind::Motp { pin },
            NewKind::Yandex => CodeKind::Yandex { pin },
            NewKind::Totp => {
                let period = Period::new(self.period).map_err(|error| usage(&error))?;
                CodeKind::Totp {
                    algorithm,
                    digits,
                    period,
                }
            }
            NewKind::Hotp => {
                let counter = Counter::new(self.counter).map_err(|error| usage(&error))?;
                CodeKind::Hotp {
                    algorithm,
                    digits,
                    counter,
                }
            }
        })
    }
}

/// Asks for a secret until it is one: it was pasted where nobody sees it, and the wrong clipboard is soon pasted.
fn typed_secret(invocation: &Invocation<'_>, kind: CodeKind) -> Result<OtpSecret, Failure> {
    let question = match kind {
        CodeKind::Motp { .. } => "Key (hexadecimal, as the site shows it)",
        _ => "Secret (Base32, as the site shows it)",
    };
    loop {
        let typed = invocation.prompt.secret(question, "--secret-file FILE")?;
        match secret_of(typed.trim(), kind) {
            Ok(secret) => return Ok(secret),
            Err(error) => invocation.output.warning(&format!("{error}; once more")),
        }
    }
}

/// The one account that pictures hold; all that they hold, where it is not one account and nothing else.
fn only(mut found: Found) -> Result<UriAccount, Found> {
    let parsed = &mut found.parsed;
    let whole = parsed.rejected.is_empty() && parsed.missing_batches().is_empty();
    match parsed.accounts.pop() {
        Some(one) if whole && parsed.accounts.is_empty() => Ok(one.account),
        last => {
            parsed.accounts.extend(last);
            Err(found)
        }
    }
}

/// A secret in Base32, or the text of an mOTP key.
fn secret_of(text: &str, kind: CodeKind) -> Result<OtpSecret, SecretError> {
    if !matches!(kind, CodeKind::Motp { .. }) {
        return Ok(base32::decode(text)?);
    }
    if !text.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Err(SecretError::Key);
    }
    OtpSecret::new(text.as_bytes().to_vec()).map_err(|_| SecretError::Key)
}

/// What was typed is no secret.
#[derive(Debug, thiserror::Error)]
enum SecretError {
    #[error(transparent)]
    Base32(#[from] Base32Error),
    #[error("the key of an mOTP account has 1 to 128 letters and digits")]
    Key,
}

fn read_text(path: &Path) -> Result<Zeroizing<String>, Failure> {
    let bytes = Zeroizing::new(files::read(path, MAX_URI_BYTES)?);
    let text = std::str::from_utf8(&bytes)
        .map_err(|_| Failure::new(Kind::Failed, format!("{} is not text", path.display())))?;
    Ok(Zeroizing::new(text.to_owned()))
}

fn parse(text: &str) -> Result<UriAccount, Failure> {
    uri::parse(text).map_err(|error| Failure::new(Kind::Failed, error))
}

/// A name that was typed, within its limit.
pub(super) fn name(text: &str) -> Result<Name, Failure> {
    Name::new(text).map_err(|error| Failure::new(Kind::Usage, error))
}

/// What standard input holds, up to a limit.
pub(super) fn read_stdin(
    invocation: &Invocation<'_>,
    limit: usize,
) -> Result<Zeroizing<String>, Failure> {
    // With room from the start: a buffer that grows leaves a copy behind.
    let mut text = Zeroizing::new(String::with_capacity(limit + 2));
    let most = u64::try_from(limit + 2).unwrap_or(u64::MAX);
    let mut reader = invocation.context.terminal.stdin.reader();
    Read::take(&mut **reader, most)
        .read_to_string(&mut text)
        .map_err(|error| {
            Failure::new(Kind::Failed, format!("cannot read standard input: {error}"))
        })?;
    Ok(text)
}

/// The bar of a code that follows the time.
pub(super) fn lifetime(shown: &ShownCode) -> Option<Lifetime> {
    let period = shown.kind.period()?;
    Some(Lifetime {
        remaining: shown.remaining?,
        period: u64::from(period.seconds()),
    })
}

//! `app create`, `app list`.

use std::io::Write;

use authr_crypto::random::{OsRandom, Random};
use serde::Serialize;

use super::{Admin, AdminError, ForcedSmsChoice, TokenLifetime};
use crate::clock::{Clock, SystemClock};
use crate::storage::{Application, ApplicationId, ForcedSms, StorageError};
use crate::token::{self, PlainToken};

/// The longest name.
const MAX_NAME_CHARS: usize = 64;

#[derive(Serialize)]
struct Created<'a> {
    application: String,
    name: &'a str,
    api_key: &'a str,
}

#[derive(Serialize)]
struct Listed<'a> {
    application: String,
    name: &'a str,
    token_lifetime: Option<u32>,
    forced_sms: &'static str,
    created_at: String,
}

impl Admin {
    pub(crate) async fn create_application(
        &self,
        name: &str,
        token_lifetime: TokenLifetime,
        forced_sms: ForcedSmsChoice,
        json: bool,
        out: &mut dyn Write,
    ) -> Result<(), AdminError> {
        let name = name.trim();
        let length = name.chars().count();
        if !(1..=MAX_NAME_CHARS).contains(&length) || name.chars().any(char::is_control) {
            return Err(AdminError::BadName);
        }
        let random: &dyn Random = &OsRandom;
        let key = PlainToken::draw(random);
        let application = Application {
            application: ApplicationId(random.bytes()),
            name: name.to_owned(),
            token_lifetime: token_lifetime.0,
            forced_sms: forced_sms.into(),
            created_at: SystemClock.now(),
        };
        let created = Created {
            application: application.application.to_string(),
            name,
            api_key: key.expose_secret(),
        };
        self.storage
            .create_application(application.clone(), token::hashed(key.expose_secret()))
            .await
            .map_err(|error| match error {
                StorageError::Conflict(_) => AdminError::NameTaken,
                other => other.into(),
            })?;
        if json {
            serde_json::to_writer(&mut *out, &created).map_err(std::io::Error::from)?;
            writeln!(out)?;
        } else {
            writeln!(out, "application  {} ({name})", created.application)?;
            writeln!(out, "API key      {}", created.api_key)?;
            writeln!(out, "The key is shown this once.")?;
        }
        Ok(())
    }

    pub(crate) async fn list_applications(
        &self,
        json: bool,
        out: &mut dyn Write,
    ) -> Result<(), AdminError> {
        let applications = self.storage.applications().await?;
        let listed: Vec<Listed<'_>> = applications.iter().map(listed).collect();
        if json {
            serde_json::to_writer(&mut *out, &listed).map_err(std::io::Error::from)?;
            writeln!(out)?;
            return Ok(());
        }
        for one in listed {
            writeln!(out, "{}  {}", one.application, one.name)?;
        }
        Ok(())
    }
}

fn listed(application: &Application) -> Listed<'_> {
    let created_at =
        chrono::DateTime::from_timestamp(application.created_at, 0).unwrap_or_default();
    Listed {
        application: application.application.to_string(),
        name: &application.name,
        token_lifetime: application.token_lifetime,
        forced_sms: match application.forced_sms {
            ForcedSms::Allow => "allow",
            ForcedSms::Refuse => "refuse",
        },
        created_at: created_at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true),
    }
}

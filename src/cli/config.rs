use clap::builder::PossibleValuesParser;
use clap::{Args, Subcommand};
use serde_json::{Map, Value, json};

use super::Invocation;
use super::output::{Column, Format, Table};
use crate::app::settings::{self, Setting};
use crate::failure::{Failure, Kind};

/// See or change what is set
#[derive(Debug, Args)]
pub(super) struct Config {
    #[command(subcommand)]
    command: Option<ConfigCommand>,
}

#[derive(Debug, Subcommand)]
enum ConfigCommand {
    /// Show a setting, or all of them (the same as without a word)
    Get {
        /// Which one
        #[arg(value_name = "KEY", value_parser = keys())]
        key: Option<String>,
    },
    /// Change a setting
    Set {
        /// Which one
        #[arg(value_name = "KEY", value_parser = keys())]
        key: String,
        /// What it is from now on: a number, or a time as in 90s, 15m, 1h
        value: String,
    },
    /// Show where the settings are kept
    Path,
}

fn keys() -> PossibleValuesParser {
    PossibleValuesParser::new(Setting::ALL.map(Setting::key))
}

impl Config {
    pub(super) fn run(&self, invocation: &Invocation<'_>) -> Result<(), Failure> {
        let (output, store) = (&invocation.output, invocation.store()?);
        match &self.command {
            None | Some(ConfigCommand::Get { key: None }) => all(invocation),
            Some(ConfigCommand::Get { key: Some(key) }) => {
                let setting = named(key)?;
                let value = settings::settings(&store)?.value(setting);
                match output.format() {
                    Format::Json => output.json(&as_json(setting, value)),
                    Format::Text => output.line(&setting.text(value)),
                }
            }
            Some(ConfigCommand::Set { key, value }) => {
                let setting = named(key)?;
                let value = setting.parse(value).map_err(|allowed| {
                    Failure::new(Kind::Usage, format!("{} is {allowed}", setting.key()))
                })?;
                settings::set(&store, setting, value)?;
                if output.format() == Format::Json {
                    return output.json(&as_json(setting, value));
                }
                output.note(&format!("{} is {}.", setting.key(), setting.text(value)));
                Ok(())
            }
            Some(ConfigCommand::Path) => {
                let path = store.settings_path().display().to_string();
                match output.format() {
                    Format::Json => output.json(&json!({ "path": path })),
                    Format::Text => output.line(&path),
                }
            }
        }
    }
}

fn all(invocation: &Invocation<'_>) -> Result<(), Failure> {
    let (output, settings) = (
        &invocation.output,
        settings::settings(&invocation.store()?)?,
    );
    if output.format() == Format::Json {
        let all = Setting::ALL.map(|setting| {
            let value = json_value(setting, settings.value(setting));
            (setting.key().to_owned(), value)
        });
        return output.json(&Map::from_iter(all));
    }
    let columns = [
        Column::whole("KEY"),
        Column::whole("VALUE"),
        Column::whole("DEFAULT"),
    ];
    let mut table = Table::new(columns);
    for setting in Setting::ALL {
        let text = |value| setting.text(value);
        let (value, default) = (settings.value(setting), setting.default());
        table.row([setting.key().to_owned(), text(value), text(default)]);
    }
    output.table(&table)
}

fn named(key: &str) -> Result<Setting, Failure> {
    let message = || Failure::new(Kind::Usage, format!("there is no setting {key}"));
    Setting::named(key).ok_or_else(message)
}

fn as_json(setting: Setting, value: u64) -> Value {
    json!({ "key": setting.key(), "value": json_value(setting, value) })
}

fn json_value(setting: Setting, value: u64) -> Value {
    if setting.is_number() {
        value.into()
    } else {
        setting.text(value).into()
    }
}

//! What a person has set in `config.toml`. A key that is none, and a value outside of its range, are errors: what was written
//! there was meant.

use std::fmt;
use std::ops::RangeInclusive;
use std::path::Path;

use toml_edit::{Document, DocumentMut, Item, Table, TomlError, Value};

use super::atomic::{self, Existing};
use super::error::StoreError;
use super::paths::create_private_dir;

/// The largest `config.toml`.
const MAX_BYTES: usize = 64 * 1024;
const HOUR: u64 = 60 * 60;
const UNITS: [(char, u64); 3] = [('h', HOUR), ('m', 60), ('s', 1)];

/// One thing that can be set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Setting {
    /// After so long in which nobody used it, an unlocked vault locks.
    IdleLock,
    /// After so long it locks, whatever happened.
    LockAfter,
    /// How many earlier generations of the vault are kept.
    Generations,
    /// How long a copied code stays in the clipboard.
    ClearAfter,
}

/// What a value counts, from the least to the most.
enum Range {
    Seconds(RangeInclusive<u64>),
    Number(RangeInclusive<u64>),
}

impl Setting {
    /// All of them.
    pub(crate) const ALL: [Self; 4] = [
        Self::IdleLock,
        Self::LockAfter,
        Self::Generations,
        Self::ClearAfter,
    ];

    /// Section and name in the file.
    fn place(self) -> (&'static str, &'static str) {
        self.key()
            .split_once('.')
            .expect("because each key has a section")
    }

    /// `agent.idle_lock`, …
    pub(crate) fn key(self) -> &'static str {
        match self {
            Self::IdleLock => "agent.idle_lock",
            Self::LockAfter => "agent.lock_after",
            Self::Generations => "vault.generations",
            Self::ClearAfter => "clipboard.clear_after",
        }
    }

    /// The one with this key.
    pub(crate) fn named(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|setting| setting.key() == key)
    }

    /// What it is where nobody has set it.
    pub(crate) fn default(self) -> u64 {
        match self {
            Self::IdleLock => 15 * 60,
            Self::LockAfter => 12 * HOUR,
            Self::Generations => 10,
            Self::ClearAfter => 30,
        }
    }

    fn range(self) -> Range {
        match self {
            Self::IdleLock | Self::LockAfter => Range::Seconds(1..=24 * HOUR),
            Self::Generations => Range::Number(3..=100),
            Self::ClearAfter => Range::Seconds(5..=10 * 60),
        }
    }

    /// Reads a value as a person types it.
    pub(crate) fn parse(self, text: &str) -> Result<u64, NotAllowed> {
        let (value, range) = match self.range() {
            Range::Number(range) => (text.parse().ok(), range),
            Range::Seconds(range) => (seconds(text), range),
        };
        value
            .filter(|value| range.contains(value))
            .ok_or(NotAllowed(self))
    }

    /// A value as it is typed.
    pub(crate) fn text(self, value: u64) -> String {
        match self.range() {
            Range::Number(_) => value.to_string(),
            Range::Seconds(_) => in_units(value),
        }
    }

    /// Whether its value is a number in TOML and JSON.
    pub(crate) fn is_number(self) -> bool {
        matches!(self.range(), Range::Number(_))
    }

    fn read(self, value: Option<&Value>) -> Result<u64, NotAllowed> {
        let text = match value {
            Some(Value::String(text)) if !self.is_number() => text.value().clone(),
            Some(Value::Integer(number)) if self.is_number() => number.value().to_string(),
            _ => return Err(NotAllowed(self)),
        };
        self.parse(&text)
    }
}

/// `90s`, `15m`, `1h`.
fn seconds(text: &str) -> Option<u64> {
    UNITS.into_iter().find_map(|(unit, seconds)| {
        let number = text.strip_suffix(unit)?;
        let number: u64 = number
            .bytes()
            .all(|byte| byte.is_ascii_digit())
            .then(|| number.parse().ok())??;
        number.checked_mul(seconds)
    })
}

fn in_units(value: u64) -> String {
    let mut units = UNITS.into_iter();
    let found = units.find(|(_, seconds)| value != 0 && value.is_multiple_of(*seconds));
    let (unit, seconds) = found.unwrap_or(('s', 1));
    format!("{}{unit}", value / seconds)
}

/// A value that a setting cannot have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NotAllowed(Setting);

impl fmt::Display for NotAllowed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(setting) = self;
        match setting.range() {
            Range::Number(range) => write!(f, "a number from {} to {}", range.start(), range.end()),
            Range::Seconds(range) => {
                let (least, most) = (in_units(*range.start()), in_units(*range.end()));
                write!(f, "a time from {least} to {most}, as in 90s, 15m or 1h")
            }
        }
    }
}

impl std::error::Error for NotAllowed {}

/// What is wrong in the file.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SettingsError {
    /// It is no TOML.
    #[error("line {line}: {what}")]
    NotToml {
        /// Which line.
        line: usize,
        /// What the parser says.
        what: String,
    },
    /// Nothing of that name can be set.
    #[error("line {line}: there is no setting {key}")]
    Unknown {
        /// Which line.
        line: usize,
        /// What stands there.
        key: String,
    },
    /// The value is not allowed.
    #[error("line {line}: {} is {allowed}", allowed.0.key())]
    NotAllowed {
        /// Which line.
        line: usize,
        /// What is.
        allowed: NotAllowed,
    },
}

/// What was set, and the defaults of what was not.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Settings {
    set: [Option<u64>; Setting::ALL.len()],
}

impl Settings {
    /// Those of a file; one that is not there sets nothing.
    pub(crate) fn read(path: &Path) -> Result<Self, StoreError> {
        Self::parse(&text(path)?).map_err(|source| of_file(path, source))
    }

    /// The value of a setting: seconds, or a number.
    pub(crate) fn value(&self, setting: Setting) -> u64 {
        let mut all = Setting::ALL.into_iter().zip(self.set);
        let found = all.find(|(one, _)| *one == setting);
        found.and_then(|(_, set)| set).unwrap_or(setting.default())
    }

    fn parse(text: &str) -> Result<Self, SettingsError> {
        let line = |start: Option<usize>| 1 + text[..start.unwrap_or(0)].matches('\n').count();
        let document = Document::parse(text).map_err(|error| not_toml(text, &error))?;
        let mut settings = Self::default();
        for (section, item) in document.iter() {
            let start = |item: &Item, key: Option<&toml_edit::Key>| {
                let of_key = key.and_then(toml_edit::Key::span);
                of_key.or_else(|| item.span()).map(|span| span.start)
            };
            let Some(table) = item.as_table_like() else {
                let at = start(item, document.key(section));
                let (line, key) = (line(at), section.to_owned());
                return Err(SettingsError::Unknown { line, key });
            };
            let is_section = Setting::ALL
                .iter()
                .any(|setting| setting.place().0 == section);
            if table.is_empty() && !is_section {
                let at = start(item, document.key(section));
                let (line, key) = (line(at), section.to_owned());
                return Err(SettingsError::Unknown { line, key });
            }
            for (name, item) in table.iter() {
                let key = format!("{section}.{name}");
                let line = line(start(item, table.key(name)));
                let Some(setting) = Setting::named(&key) else {
                    return Err(SettingsError::Unknown { line, key });
                };
                let value = setting.read(item.as_value());
                let value = value.map_err(|allowed| SettingsError::NotAllowed { line, allowed })?;
                for (one, set) in Setting::ALL.iter().zip(&mut settings.set) {
                    if *one == setting {
                        *set = Some(value);
                    }
                }
            }
        }
        Ok(settings)
    }
}

/// Writes a value into the file, and leaves the rest of it as it is. One that is not understood is not written.
pub(super) fn write(path: &Path, setting: Setting, value: u64) -> Result<(), StoreError> {
    let before = text(path)?;
    Settings::parse(&before).map_err(|source| of_file(path, source))?;
    let after = with(&before, setting, value).map_err(|source| of_file(path, source))?;
    if let Some(folder) = path.parent() {
        create_private_dir(folder)?;
    }
    atomic::write(path, after.as_bytes(), Existing::Replace)
}

/// A text in which a value is set.
fn with(text: &str, setting: Setting, value: u64) -> Result<String, SettingsError> {
    let mut document: DocumentMut = text.parse().map_err(|error| not_toml(text, &error))?;
    let mut value = match i64::try_from(value) {
        Ok(number) if setting.is_number() => Value::from(number),
        _ => Value::from(setting.text(value)),
    };
    let (section, name) = setting.place();
    if !document.contains_key(section) {
        let mut table = Table::new();
        // A comment at the end stays above what is new.
        let end = document.trailing().as_str().unwrap_or_default().to_owned();
        if !end.is_empty() {
            table.decor_mut().set_prefix(end);
            document.set_trailing("");
        }
        document.insert(section, Item::Table(table));
    }
    let table = document.get_mut(section).and_then(Item::as_table_like_mut);
    let Some(table) = table else {
        let key = section.to_owned();
        return Err(SettingsError::Unknown { line: 1, key });
    };
    if let Some(before) = table.get(name).and_then(Item::as_value) {
        // What is said beside it stays.
        *value.decor_mut() = before.decor().clone();
    }
    table.insert(name, Item::Value(value));
    Ok(document.to_string())
}

fn text(path: &Path) -> Result<String, StoreError> {
    let bytes = match atomic::read_own(path, MAX_BYTES) {
        Ok(bytes) => bytes,
        Err(StoreError::Io { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => {
            return Ok(String::new());
        }
        Err(error) => return Err(error),
    };
    String::from_utf8(bytes).map_err(|error| {
        let before = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = 1 + before.iter().filter(|byte| **byte == b'\n').count();
        let what = "this is no text in UTF-8".to_owned();
        of_file(path, SettingsError::NotToml { line, what })
    })
}

fn not_toml(text: &str, error: &TomlError) -> SettingsError {
    let start = error.span().map_or(0, |span| span.start.min(text.len()));
    let before = &text.as_bytes()[..start];
    SettingsError::NotToml {
        line: 1 + before.iter().filter(|byte| **byte == b'\n').count(),
        what: error.message().lines().collect::<Vec<_>>().join(", "),
    }
}

fn of_file(path: &Path, source: SettingsError) -> StoreError {
    StoreError::Settings {
        path: path.to_owned(),
        source,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(text: &str) -> String {
        Settings::parse(text).unwrap_err().to_string()
    }

    #[test]
    fn what_is_not_set_has_its_default_and_a_default_is_allowed() {
        let settings = Settings::parse("# nothing\n[agent]\n").unwrap();
        for setting in Setting::ALL {
            let value = settings.value(setting);
            assert_eq!(value, setting.default());
            assert_eq!(setting.parse(&setting.text(value)), Ok(value));
            let (section, name) = setting.place();
            assert_eq!(setting.key(), format!("{section}.{name}"));
        }
    }

    #[test]
    fn every_way_to_write_toml_sets_the_same() {
        for text in [
            "[agent]\nidle_lock = \"90s\"\n[vault]\ngenerations = 20\n",
            "agent.idle_lock = '90s'\nvault.generations = 20",
            "agent = { idle_lock = \"90s\" }\nvault = { generations = 20 }\n",
        ] {
            let settings = Settings::parse(text).unwrap();
            assert_eq!(settings.value(Setting::IdleLock), 90, "{text}");
            assert_eq!(settings.value(Setting::Generations), 20, "{text}");
            assert_eq!(settings.value(Setting::LockAfter), 12 * HOUR, "{text}");
        }
    }

    #[test]
    fn what_is_no_setting_is_named_with_its_line() {
        for (text, expected) in [
            (
                "\n[agent]\nidel_lock = \"5m\"\n",
                "line 3: there is no setting agent.idel_lock",
            ),
            (
                "idle_lock = \"5m\"",
                "line 1: there is no setting idle_lock",
            ),
            ("# x\n[server]\n", "line 2: there is no setting server"),
            (
                "[agent.idle_lock]\nx = 1",
                "line 1: agent.idle_lock is a time from 1s to 24h, as in 90s, 15m or 1h",
            ),
        ] {
            assert_eq!(wrong(text), expected, "{text}");
        }
        assert!(wrong("[agent]\nidle_lock = 5m\n").starts_with("line 2: "));
        assert!(wrong("[agent]\nidle_lock = \"5m\"\nidle_lock = \"6m\"\n").starts_with("line 3: "));
    }

    #[test]
    fn a_value_one_beyond_its_range_or_of_another_type_is_named_with_its_range() {
        let time = "line 2: agent.idle_lock is a time from 1s to 24h, as in 90s, 15m or 1h";
        for value in [
            "\"0s\"",
            "\"25h\"",
            "\"86401s\"",
            "\"15\"",
            "15",
            "true",
            "\"+1s\"",
            "\"1.5h\"",
            "\"é\"",
            "\"\"",
            "[]",
        ] {
            assert_eq!(
                wrong(&format!("[agent]\nidle_lock = {value}\n")),
                time,
                "{value}"
            );
        }
        let number = "line 2: vault.generations is a number from 3 to 100";
        for value in ["2", "101", "-3", "\"10\"", "10.0"] {
            assert_eq!(
                wrong(&format!("[vault]\ngenerations = {value}\n")),
                number,
                "{value}"
            );
        }
        for (setting, text) in [
            (Setting::ClearAfter, "4s"),
            (Setting::ClearAfter, "601s"),
            (Setting::IdleLock, "99999999999999999999h"),
        ] {
            assert_eq!(setting.parse(text), Err(NotAllowed(setting)), "{text}");
        }
    }

    #[test]
    fn times_are_shown_as_they_are_typed() {
        for text in ["1s", "59s", "90s", "15m", "12h", "24h"] {
            assert_eq!(
                Setting::IdleLock.text(Setting::IdleLock.parse(text).unwrap()),
                text
            );
        }
    }

    #[test]
    fn a_value_that_is_set_leaves_everything_else_as_it_was() {
        let text =
            "# mine\n[agent]\nidle_lock = \"5m\" # short\n\n# more\n[vault]\ngenerations = 12\n";
        let after = with(text, Setting::IdleLock, 3600).unwrap();
        assert_eq!(after, text.replace("\"5m\"", "\"1h\""));
        let after = with(&after, Setting::ClearAfter, 45).unwrap();
        assert!(
            after.ends_with("generations = 12\n\n[clipboard]\nclear_after = \"45s\"\n"),
            "{after}"
        );
        let settings = Settings::parse(&after).unwrap();
        assert_eq!(settings.value(Setting::ClearAfter), 45);
        let commented = with("# mine\n", Setting::Generations, 3).unwrap();
        assert_eq!(commented, "# mine\n[vault]\ngenerations = 3\n");
        assert_eq!(
            with("", Setting::Generations, 3).unwrap(),
            "[vault]\ngenerations = 3\n"
        );
    }
}

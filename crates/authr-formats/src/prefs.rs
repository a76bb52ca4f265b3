//! Preferences of Android apps: `<map>` of `<string name="…">…</string>`.

use quick_xml::events::Event;
use quick_xml::{Reader, XmlVersion};
use zeroize::Zeroizing;

use crate::limits::MAX_ENTRIES;
use crate::{Damage, FormatError};

/// The strings of a file, in its order.
pub(crate) struct Prefs(Vec<(String, Zeroizing<String>)>);

impl Prefs {
    pub(crate) fn parse(text: &str) -> Result<Self, FormatError> {
        const DAMAGED: FormatError = FormatError::Damaged {
            what: Damage::NotXml,
        };
        let mut reader = Reader::from_str(text);
        let mut strings = Vec::new();
        let mut current: Option<(String, Zeroizing<String>)> = None;
        loop {
            match reader.read_event().map_err(|_| DAMAGED)? {
                Event::Start(tag) if tag.name().as_ref() == "string" => {
                    let name = tag.try_get_attribute("name").map_err(|_| DAMAGED)?;
                    let name = name.ok_or(DAMAGED)?;
                    let name = name
                        .normalized_value(XmlVersion::Implicit1_0)
                        .map_err(|_| DAMAGED)?;
                    current = Some((name.into_owned(), Zeroizing::default()));
                }
                Event::Text(text) => {
                    if let Some((_, value)) = &mut current {
                        value.push_str(&text);
                    }
                }
                Event::GeneralRef(reference) => {
                    if let Some((_, value)) = &mut current {
                        let character = reference.resolve_char_ref().map_err(|_| DAMAGED)?;
                        let named = named_character(&reference);
                        value.push(character.or(named).ok_or(DAMAGED)?);
                    }
                }
                Event::End(tag) if tag.name().as_ref() == "string" => {
                    strings.extend(current.take());
                    if strings.len() > 2 * MAX_ENTRIES {
                        return Err(FormatError::TooManyEntries);
                    }
                }
                Event::Eof if current.is_some() => return Err(DAMAGED),
                Event::Eof => return Ok(Self(strings)),
                _ => {}
            }
        }
    }

    /// The strings with their names.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The string whose name ends so.
    pub(crate) fn ending(&self, end: &str) -> Option<&str> {
        self.iter()
            .find(|(name, _)| name.ends_with(end))
            .map(|(_, value)| value)
    }
}

/// The five characters of XML that have names.
pub(crate) fn named_character(name: &str) -> Option<char> {
    match name {
        "quot" => Some('"'),
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "apos" => Some('\''),
        _ => None,
    }
}

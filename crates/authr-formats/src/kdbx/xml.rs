//! The XML: groups in groups, entries of named texts. Read element by element, since the stream goes on with each
//! protected text, those of old versions of an entry among them. An export has no stream: what is protected in it all the
//! same stays unread, and is named.

use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, XmlVersion};
use zeroize::Zeroizing;

use crate::crypto::Stream;
use crate::limits::MAX_ENTRIES;
use crate::{Damage, FormatError, base64};

/// How deep elements may stand in each other: groups to 30 levels.
const MAX_DEPTH: usize = 40;
/// How much of a group's name is looked at.
const MAX_GROUP_NAME_BYTES: usize = 256;
/// The most entries, those without a one-time password included.
const MAX_ITEMS: usize = 10 * MAX_ENTRIES;

const NOT_XML: FormatError = FormatError::Damaged {
    what: Damage::NotXml,
};

/// Whether a text is XML whose root is that of a KeePass database; what stands before a root may be there or not.
pub(crate) fn is_export(text: &str) -> bool {
    let text = text.trim_start();
    if !text.starts_with('<') {
        return false;
    }
    let mut reader = Reader::from_str(text);
    loop {
        match reader.read_event() {
            Ok(Event::Decl(_) | Event::PI(_) | Event::Comment(_) | Event::DocType(_)) => {}
            Ok(Event::Text(text)) if text.trim().is_empty() => {}
            Ok(Event::Start(root) | Event::Empty(root)) => {
                return root.name().as_ref() == "KeePassFile";
            }
            _ => return false,
        }
    }
}

/// One entry: its group's path, its tags, and its texts by name.
#[derive(Default)]
pub(super) struct Entry {
    pub(super) group: String,
    tags: Zeroizing<String>,
    texts: Vec<(String, Zeroizing<String>)>,
    sealed: Vec<String>,
}

impl Entry {
    pub(super) fn tags(&self) -> impl Iterator<Item = &str> {
        self.tags.split([';', ','])
    }

    /// The names of the texts that are under a stream which is not there.
    pub(super) fn sealed(&self) -> impl Iterator<Item = &str> {
        self.sealed.iter().map(String::as_str)
    }

    /// A text; `None` where there is none or it is empty.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let text = self.texts.iter().find(|(key, _)| key == name);
        text.map(|(_, text)| text.as_str())
            .filter(|text| !text.is_empty())
    }
}

/// Gives out the entries in their order, without those in the recycle bin.
pub(super) fn each_entry(
    xml: &[u8],
    stream: Option<Stream>,
    each: &mut dyn FnMut(usize, &Entry) -> Result<(), FormatError>,
) -> Result<(), FormatError> {
    let xml = std::str::from_utf8(xml).map_err(|_| NOT_XML)?;
    let mut reader = Reader::from_str(xml);
    reader.config_mut().expand_empty_elements = true;
    let mut walk = Walk {
        stream,
        open: Vec::new(),
        text: Zeroizing::default(),
        bin: None,
        groups: Vec::new(),
        count: 0,
        old: 0,
        current: Entry::default(),
        key: String::new(),
        value: Zeroizing::default(),
        is_sealed: false,
    };
    loop {
        match reader.read_event().map_err(|_| NOT_XML)? {
            Event::Start(tag) => walk.start(&tag)?,
            Event::Text(text) => walk.text.push_str(&text),
            Event::CData(text) => walk.text.push_str(&text),
            Event::GeneralRef(reference) => {
                let character = reference.resolve_char_ref().map_err(|_| NOT_XML)?;
                let named = crate::prefs::named_character(&reference);
                walk.text.push(character.or(named).ok_or(NOT_XML)?);
            }
            Event::End(_) => {
                if let Some(entry) = walk.end()? {
                    each(walk.count, &entry)?;
                }
            }
            Event::Eof if walk.open.is_empty() => return Ok(()),
            Event::Eof => return Err(NOT_XML),
            _ => {}
        }
    }
}

/// An element that has begun.
struct Open {
    name: String,
    is_protected: bool,
}

struct Group {
    name: String,
    is_bin: bool,
}

struct Walk {
    stream: Option<Stream>,
    open: Vec<Open>,
    /// What the innermost element holds so far.
    text: Zeroizing<String>,
    /// The UUID of the recycle bin.
    bin: Option<String>,
    groups: Vec<Group>,
    /// How many entries there were.
    count: usize,
    /// How many elements of old versions are open.
    old: usize,
    current: Entry,
    key: String,
    value: Zeroizing<String>,
    /// Whether the value is under a stream that is not there.
    is_sealed: bool,
}

impl Walk {
    fn start(&mut self, tag: &BytesStart<'_>) -> Result<(), FormatError> {
        if self.open.len() == MAX_DEPTH {
            return Err(NOT_XML);
        }
        let protected = tag.try_get_attribute("Protected").map_err(|_| NOT_XML)?;
        let protected = protected.and_then(|attribute| {
            let value = attribute.normalized_value(XmlVersion::Implicit1_0);
            Some(value.ok()?.eq_ignore_ascii_case("true"))
        });
        let name = tag.name().as_ref().to_owned();
        match name.as_str() {
            "Group" => self.groups.push(Group {
                name: String::new(),
                is_bin: false,
            }),
            "History" => self.old += 1,
            "Entry" if self.old == 0 => self.current = Entry::default(),
            "String" => {
                self.key = String::new();
                self.value = Zeroizing::default();
                self.is_sealed = false;
            }
            _ => {}
        }
        self.text.clear();
        self.open.push(Open {
            name,
            is_protected: protected.unwrap_or_default(),
        });
        Ok(())
    }

    /// Closes an element; the entry where it was one.
    fn end(&mut self) -> Result<Option<Entry>, FormatError> {
        let closed = self.open.pop().ok_or(NOT_XML)?;
        let mut text = std::mem::take(&mut self.text);
        let is_sealed = closed.is_protected && self.stream.is_none() && !text.trim().is_empty();
        if closed.is_protected {
            text = self.reveal(&text)?;
        }
        let parent = self.open.last().map_or("", |open| open.name.as_str());
        match (parent, closed.name.as_str()) {
            ("Meta", "RecycleBinUUID") => self.bin = Some(text.trim().to_owned()),
            ("Group", "UUID") => {
                let is_bin = self.bin.as_deref() == Some(text.trim());
                if let Some(group) = self.groups.last_mut() {
                    group.is_bin = is_bin;
                }
            }
            ("Group", "Name") => {
                if let Some(group) = self.groups.last_mut() {
                    // A group may hold many entries: what is beyond a tag is beyond it here already.
                    let end = text.floor_char_boundary(MAX_GROUP_NAME_BYTES);
                    text.get(..end)
                        .unwrap_or_default()
                        .trim()
                        .clone_into(&mut group.name);
                }
            }
            (_, "Group") => drop(self.groups.pop()),
            ("String", "Key") => self.key = text.to_string(),
            ("String", "Value") => {
                self.value = text;
                self.is_sealed = is_sealed;
            }
            ("Entry", "String") if self.old == 0 && self.is_sealed => {
                self.current.sealed.push(std::mem::take(&mut self.key));
            }
            ("Entry", "String") if self.old == 0 => {
                let pair = (
                    std::mem::take(&mut self.key),
                    std::mem::take(&mut self.value),
                );
                self.current.texts.push(pair);
            }
            ("Entry", "Tags") if self.old == 0 => self.current.tags = text,
            (_, "History") => self.old = self.old.saturating_sub(1),
            (_, "Entry") if self.old == 0 => return self.take(),
            _ => {}
        }
        Ok(None)
    }

    /// What a protected text says; nothing where the stream is not there.
    fn reveal(&mut self, text: &str) -> Result<Zeroizing<String>, FormatError> {
        let Some(stream) = &mut self.stream else {
            return Ok(Zeroizing::default());
        };
        let mut bytes = base64(text).ok_or(FormatError::content())?;
        stream.apply(&mut bytes);
        let plain = String::from_utf8(std::mem::take(&mut bytes));
        Ok(Zeroizing::new(plain.unwrap_or_default()))
    }

    /// The entry that has ended. What was thrown away stays away.
    fn take(&mut self) -> Result<Option<Entry>, FormatError> {
        let mut entry = std::mem::take(&mut self.current);
        if self.groups.iter().any(|group| group.is_bin) {
            return Ok(None);
        }
        if self.count == MAX_ITEMS {
            return Err(FormatError::TooManyEntries);
        }
        self.count += 1;
        // The first group is the database itself.
        let path = self.groups.iter().skip(1).map(|group| group.name.as_str());
        entry.group = path.collect::<Vec<_>>().join("/");
        Ok(Some(entry))
    }
}

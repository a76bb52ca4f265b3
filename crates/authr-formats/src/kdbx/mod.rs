//! KeePass databases, KDBX 3.1 and 4: a header in clear, a payload under a key of the password, XML in it whose protected
//! texts are under a stream cipher once more. What KeePass programs export as XML is the same, its texts in clear.
//!
//! Read here rather than by a crate: whatever the file states, nothing is derived, unpacked or indexed beyond a limit.

mod header;
mod payload;
mod xml;

use crate::entry::{Draft, Harvest, Reason};
use crate::keepass::{Attributes, makes_codes};
use crate::{Damage, Format, FormatError, Input, Parsed};

use header::Header;
use xml::Entry;

pub(crate) use xml::is_export;

/// How every KDBX file begins.
pub(crate) const MAGIC: &[u8] = &[0x03, 0xd9, 0xa2, 0x9a, 0x67, 0xfb, 0x4b, 0xb5];

const DAMAGED: FormatError = FormatError::Damaged {
    what: Damage::NotKeePass,
};

pub(crate) fn parse(input: &Input<'_>) -> Result<Parsed, FormatError> {
    let mut harvest = Harvest::new(Format::KeePass);
    let mut each = |position, entry: &Entry| take(position, entry, &mut harvest);
    if let Some(export) = input.text.filter(|text| is_export(text)) {
        xml::each_entry(export.as_bytes(), None, &mut each)?;
        return Ok(harvest.finish());
    }
    let header = Header::read(input.bytes)?;
    let password = input.password(Format::KeePass)?;
    let payload = payload::open(&header, password)?;
    let xml = payload.content.get(payload.xml..).unwrap_or_default();
    xml::each_entry(xml, Some(payload.stream), &mut each)?;
    Ok(harvest.finish())
}

fn take(position: usize, entry: &Entry, harvest: &mut Harvest) -> Result<(), FormatError> {
    let field = |name: &str| entry.get(name).unwrap_or_default();
    let mut draft = Draft::named(field("Title"), field("UserName"));
    draft.note(field("Notes"));
    for tag in entry.tags() {
        draft.tag(tag);
    }
    draft.tag(&entry.group);
    // Where a text of these stays unread, another one or a default would stand in for it, and the codes be wrong.
    if entry.sealed().any(makes_codes) {
        return harvest.take_at(position, draft, Err(Reason::InnerStream));
    }
    let attributes = Attributes {
        get: &|name| entry.get(name),
        uri: entry.get("otp"),
    };
    attributes.harvest(position, draft, harvest)
}

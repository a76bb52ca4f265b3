//! KeePassXC's CSV, and others with the columns of KeePass: a title, a user name, and a one-time password in one of the ways
//! that KeePass programs write it.

use csv::StringRecord;

use crate::entry::{Draft, Harvest};
use crate::keepass::Attributes;
use crate::{Damage, Format, FormatError, Input, Parsed};

pub(crate) fn parse(input: &Input<'_>) -> Result<Parsed, FormatError> {
    const DAMAGED: FormatError = FormatError::Damaged {
        what: Damage::NotCsv,
    };
    let mut reader = csv::ReaderBuilder::new()
        .flexible(true)
        .from_reader(input.text()?.as_bytes());
    let header = reader.headers().map_err(|_| DAMAGED)?.clone();
    let mut harvest = Harvest::new(Format::KeePassCsv);
    for (position, row) in (1..).zip(reader.records()) {
        let row = row.map_err(|_| DAMAGED)?;
        let of = |name: &str| column(&header, &row, name);
        let either = |one: &str, other: &str| of(one).or_else(|| of(other)).unwrap_or_default();
        let mut draft = Draft::named(
            of("Title").unwrap_or_default(),
            either("Username", "User Name"),
        );
        draft.note = of("Notes").unwrap_or_default().to_owned();
        // The first part is the database's own name.
        let group = of("Group").unwrap_or_default();
        let group = group.split_once('/').map_or("", |(_, group)| group);
        draft
            .tags
            .extend(Some(group.to_owned()).filter(|group| !group.is_empty()));
        let attributes = Attributes {
            get: &|name| of(name),
            uri: of("TOTP"),
        };
        attributes.harvest(position, draft, &mut harvest)?;
    }
    Ok(harvest.finish())
}

/// The value of a column; `None` where it is empty.
fn column<'a>(header: &StringRecord, row: &'a StringRecord, name: &str) -> Option<&'a str> {
    let at = header.iter().position(|column| column == name)?;
    row.get(at).filter(|value| !value.is_empty())
}

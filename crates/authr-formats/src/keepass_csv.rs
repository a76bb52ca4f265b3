//! KeePassXC's CSV, and others with the columns of KeePass: a title, a user name, and a one-time password in one of the ways
//! that KeePass programs write it.

use crate::columns::{Columns, table};
use crate::entry::{Draft, Harvest};
use crate::keepass::Attributes;
use crate::{Format, FormatError, Input, Parsed};

pub(crate) fn parse(input: &Input<'_>) -> Result<Parsed, FormatError> {
    let (header, rows) = table(input.text()?)?;
    let columns = Columns::new(&header);
    let mut harvest = Harvest::new(Format::KeePassCsv);
    for (position, row) in (1..).zip(rows) {
        let row = row?;
        let of = |name: &str| Some(columns.of(&row, name)).filter(|value| !value.is_empty());
        let either = |one: &str, other: &str| of(one).or_else(|| of(other)).unwrap_or_default();
        let mut draft = Draft::named(columns.of(&row, "Title"), either("Username", "User Name"));
        draft.note(columns.of(&row, "Notes"));
        // The first part is the database's own name.
        let group = columns.of(&row, "Group");
        draft.tag(group.split_once('/').map_or("", |(_, group)| group));
        let attributes = Attributes {
            get: &|name| of(name),
            uri: of("TOTP"),
        };
        attributes.harvest(position, draft, &mut harvest)?;
    }
    Ok(harvest.finish())
}

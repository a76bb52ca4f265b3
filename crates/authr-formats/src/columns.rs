//! Tables: what a row has in a column of that name.

use std::collections::HashMap;

use csv::StringRecord;

use crate::{Damage, FormatError};

/// A table whose rows may have fewer columns than its first, and what stands in that.
pub(crate) fn table(text: &str) -> Result<(StringRecord, Rows<'_>), FormatError> {
    let mut reader = csv::ReaderBuilder::new()
        .flexible(true)
        .from_reader(text.as_bytes());
    let header = reader.headers().map_err(|_| NOT_A_TABLE)?.clone();
    Ok((header, Rows(reader.into_records())))
}

/// What is no table, or not the one that it looked like.
pub(crate) const NOT_A_TABLE: FormatError = FormatError::Damaged {
    what: Damage::NotCsv,
};

/// The rows below the first.
pub(crate) struct Rows<'t>(csv::StringRecordsIntoIter<&'t [u8]>);

impl Iterator for Rows<'_> {
    type Item = Result<StringRecord, FormatError>;

    fn next(&mut self) -> Option<Self::Item> {
        Some(self.0.next()?.map_err(|_| NOT_A_TABLE))
    }
}

/// Where the columns of a table stand, looked up once: a row asks for many, and a table may have a million.
pub(crate) struct Columns<'a>(HashMap<&'a str, usize>);

impl<'a> Columns<'a> {
    pub(crate) fn new(header: &'a StringRecord) -> Self {
        // The first of those that share a name.
        let mut places: Vec<(&str, usize)> = header.iter().zip(0..).collect();
        places.reverse();
        Self(places.into_iter().collect())
    }

    /// Where a column stands.
    pub(crate) fn place(&self, name: &str) -> Option<usize> {
        self.0.get(name).copied()
    }

    /// What a row has there; empty where it has nothing.
    pub(crate) fn of<'r>(&self, row: &'r StringRecord, name: &str) -> &'r str {
        let value = self.place(name).and_then(|at| row.get(at));
        value.unwrap_or_default()
    }
}

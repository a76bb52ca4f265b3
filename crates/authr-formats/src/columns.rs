//! Tables: what a row has in a column of that name.

use std::collections::HashMap;

use csv::StringRecord;

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

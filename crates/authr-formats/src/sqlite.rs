//! SQLite databases out of memory: no file is opened, and nothing but plain tables is asked.

use rusqlite::types::ValueRef;
use rusqlite::{Connection, MAIN_DB, Row};
use zeroize::Zeroizing;

use crate::limits::MAX_ENTRIES;
use crate::wal;
use crate::{Damage, FormatError};

/// How every database begins.
pub(crate) const MAGIC: &[u8] = b"SQLite format 3\0";

const DAMAGED: FormatError = FormatError::Damaged {
    what: Damage::NotSqlite,
};

/// A database in memory.
pub(crate) struct Database(Connection);

impl Database {
    /// Takes a database in, and the write-ahead log that lay beside it.
    pub(crate) fn open(file: &[u8], log: Option<&[u8]>) -> Result<Self, FormatError> {
        let mut bytes = Zeroizing::new(file.to_vec());
        if let Some(log) = log {
            wal::apply(&mut bytes, log);
        }
        // A database in memory has no write-ahead log: these two bytes say that this one has none either.
        if let Some(versions) = bytes.get_mut(18..20) {
            versions.copy_from_slice(&[1, 1]);
        }
        let mut connection = Connection::open_in_memory().map_err(|_| DAMAGED)?;
        connection
            .deserialize_read_exact(MAIN_DB, bytes.as_slice(), bytes.len(), true)
            .map_err(|_| DAMAGED)?;
        connection
            .execute_batch("PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON;")
            .map_err(|_| DAMAGED)?;
        Ok(Self(connection))
    }

    /// Asks for a table of the file itself: a view or a computed column could run for ever.
    pub(crate) fn need(&self, table: &str, columns: &[&str]) -> Result<(), FormatError> {
        self.has(table, columns).then_some(()).ok_or(DAMAGED)
    }

    /// Whether there is a table, and no view, with these columns, none of them computed.
    pub(crate) fn has(&self, table: &str, columns: &[&str]) -> bool {
        let is_table: Result<i64, _> = self.0.query_row(
            "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = ?1
             AND sql NOT LIKE 'CREATE VIRTUAL%'",
            [table],
            |row| row.get(0),
        );
        let known = self.columns(table);
        is_table == Ok(1)
            && columns
                .iter()
                .all(|column| known.iter().any(|name| name == column))
    }

    /// The columns of a table, but those that are computed.
    pub(crate) fn columns(&self, table: &str) -> Vec<String> {
        let query = self.0.prepare("SELECT name FROM pragma_table_info(?1)");
        let Ok(mut query) = query else {
            return Vec::new();
        };
        let rows = query.query_map([table], |row| row.get(0));
        rows.map_or_else(|_| Vec::new(), |rows| rows.filter_map(Result::ok).collect())
    }

    /// Every row of a query.
    pub(crate) fn rows(
        &self,
        query: &str,
        mut each: impl FnMut(&Row<'_>) -> Result<(), FormatError>,
    ) -> Result<(), FormatError> {
        let mut query = self.0.prepare(query).map_err(|_| DAMAGED)?;
        let mut rows = query.query([]).map_err(|_| DAMAGED)?;
        let mut count = 0;
        while let Some(row) = rows.next().map_err(|_| DAMAGED)? {
            count += 1;
            if count > 4 * MAX_ENTRIES {
                return Err(FormatError::TooManyEntries);
            }
            each(row)?;
        }
        Ok(())
    }
}

/// The text of a column; empty where it is null or no text.
pub(crate) fn text(row: &Row<'_>, column: usize) -> String {
    match row.get_ref(column) {
        Ok(ValueRef::Text(text)) => String::from_utf8_lossy(text).into_owned(),
        Ok(ValueRef::Integer(number)) => number.to_string(),
        _ => String::new(),
    }
}

/// The number of a column; `None` where it is null or none.
pub(crate) fn number(row: &Row<'_>, column: usize) -> Option<i64> {
    row.get(column).ok()
}

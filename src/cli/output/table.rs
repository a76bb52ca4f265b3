//! Rows in columns that fit the terminal. A pipe gets every column whole.

use super::text;
use crate::terminal::Glyphs;

/// The gap between two columns.
const GAP: &str = "  ";
/// A column that has to give way keeps this much.
const NARROWEST: usize = 6;

/// One column of a table.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Column {
    title: &'static str,
    fit: Fit,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fit {
    Whole,
    GivesWay,
}

impl Column {
    /// A column that is always shown whole: codes, numbers, dates.
    pub(crate) const fn whole(title: &'static str) -> Self {
        let fit = Fit::Whole;
        Self { title, fit }
    }

    /// A column of names, cut where the terminal is too narrow.
    pub(crate) const fn names(title: &'static str) -> Self {
        let fit = Fit::GivesWay;
        Self { title, fit }
    }
}

/// Rows under titles.
#[derive(Debug)]
pub(crate) struct Table<const N: usize> {
    columns: [Column; N],
    rows: Vec<[String; N]>,
}

impl<const N: usize> Table<N> {
    pub(crate) fn new(columns: [Column; N]) -> Self {
        let rows = Vec::new();
        Self { columns, rows }
    }

    /// Adds a row; the cells may hold anything.
    pub(crate) fn row(&mut self, cells: [String; N]) {
        self.rows.push(cells);
    }

    /// Whether there is no row.
    pub(crate) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The lines, titles first, none wider than the terminal.
    pub(super) fn lines(&self, columns: Option<usize>, glyphs: Glyphs) -> Vec<String> {
        let titles = self.columns.map(|column| column.title.to_owned());
        let rows: Vec<[String; N]> = std::iter::once(&titles)
            .chain(&self.rows)
            .map(|row| std::array::from_fn(|at| text::clean(&row[at], glyphs).into_owned()))
            .collect();
        let widths = self.widths(&rows, columns);
        rows.iter()
            .map(|row| {
                let line = line(row, widths, glyphs);
                match columns {
                    Some(columns) => text::truncate(&line, columns, glyphs).into_owned(),
                    None => line,
                }
            })
            .collect()
    }

    /// What each column takes: its widest cell, less what the widest names must give up.
    fn widths(&self, rows: &[[String; N]], columns: Option<usize>) -> [usize; N] {
        let mut widths: [usize; N] = std::array::from_fn(|at| {
            let cells = rows.iter().map(|row| text::width(&row[at]));
            cells.max().unwrap_or(0)
        });
        let gaps = GAP.len() * N.saturating_sub(1);
        let room = columns.unwrap_or(usize::MAX);
        while widths.iter().sum::<usize>() + gaps > room {
            let widest = (0..N)
                .filter(|at| self.columns[*at].fit == Fit::GivesWay && widths[*at] > NARROWEST)
                .max_by_key(|at| widths[*at]);
            match widest {
                Some(at) => widths[at] -= 1,
                None => break,
            }
        }
        widths
    }
}

fn line<const N: usize>(row: &[String; N], widths: [usize; N], glyphs: Glyphs) -> String {
    let mut line = String::new();
    for (at, cell) in row.iter().enumerate() {
        if at > 0 {
            line.push_str(GAP);
        }
        let cell = text::truncate(cell, widths[at], glyphs);
        line.push_str(&cell);
        let padding = widths[at].saturating_sub(text::width(&cell));
        line.extend(std::iter::repeat_n(' ', padding));
    }
    line.truncate(line.trim_end().len());
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accounts() -> Table<3> {
        let mut table = Table::new([
            Column::names("Issuer"),
            Column::names("Label"),
            Column::whole("Code"),
        ]);
        table.row(["GitHub", "ada@example.org", "482 019"].map(str::to_owned));
        table.row(["東京電力ホールディングス", "a\x1b[2Jb", "4820193"].map(str::to_owned));
        table
    }

    #[test]
    fn a_pipe_gets_every_cell_whole() {
        assert_eq!(
            accounts().lines(None, Glyphs::Unicode),
            [
                "Issuer                    Label            Code",
                "GitHub                    ada@example.org  482 019",
                "東京電力ホールディングス  a\u{fffd}[2Jb           4820193",
            ]
        );
    }

    #[test]
    fn at_40_columns_the_names_give_way_and_the_codes_stay_whole() {
        assert_eq!(
            accounts().lines(Some(40), Glyphs::Unicode),
            [
                "Issuer           Label           Code",
                "GitHub           ada@example.o…  482 019",
                "東京電力ホール…  a\u{fffd}[2Jb          4820193",
            ]
        );
    }

    #[test]
    fn no_line_is_wider_than_the_terminal() {
        for columns in 1..60 {
            for line in accounts().lines(Some(columns), Glyphs::Unicode) {
                assert!(text::width(&line) <= columns, "{line:?} in {columns}");
            }
        }
    }
}

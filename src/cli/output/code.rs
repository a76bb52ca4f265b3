//! A code as a person reads it: in groups, with a bar and the seconds it has left.

use crate::terminal::Glyphs;

/// The cells of a full bar.
const BAR: u64 = 8;
/// A narrower terminal has no room for it beside the longest code.
const ROOM_FOR_BAR: usize = 32;
/// From here on the seconds are marked: typing the code takes about as long.
const LAST_SECONDS: u64 = 3;

/// How much longer a code is valid.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Lifetime {
    /// Seconds until the next code.
    pub(crate) remaining: u64,
    /// Seconds from one code to the next.
    pub(crate) period: u64,
}

/// One of the codes that are shown as they change.
#[derive(Clone, Copy)]
pub(crate) struct Watched<'a> {
    /// Whose it is.
    pub(crate) name: &'a str,
    /// The code.
    pub(crate) code: &'a str,
    /// How much longer it is valid.
    pub(crate) lifetime: Lifetime,
}

impl Lifetime {
    /// Whether the code should be typed now or not at all.
    pub(super) fn ends_soon(self) -> bool {
        self.remaining <= LAST_SECONDS
    }

    /// The bar, where the terminal has room for it, the seconds, and a mark in the last of them.
    pub(super) fn shown(self, glyphs: Glyphs, columns: Option<usize>) -> String {
        let (full, empty) = match glyphs {
            Glyphs::Unicode => ("█", "░"),
            Glyphs::Ascii => ("#", "."),
        };
        let cells = (self.remaining.saturating_mul(BAR))
            .div_ceil(self.period.max(1))
            .min(BAR);
        let bar: String = (0..BAR)
            .map(|cell| if cell < cells { full } else { empty })
            .collect();
        let mark = if self.ends_soon() { " !" } else { "" };
        let bar = match columns {
            Some(columns) if columns < ROOM_FOR_BAR => String::new(),
            _ => format!("{bar}  "),
        };
        format!("{bar}{} s{mark}", self.remaining)
    }
}

/// Groups the digits for the eye: `482 019`, `482 0193`, `4820 1935`. Codes of five and less stay whole.
pub(crate) fn grouped(code: &str) -> String {
    let digits = code.chars().count();
    let first = match digits {
        0..=5 => return code.to_owned(),
        6 | 7 => 3,
        8 => 4,
        9 => 3,
        _ => digits / 2,
    };
    let mut grouped = String::with_capacity(code.len() + 2);
    for (at, digit) in code.chars().enumerate() {
        if at == first || (digits == 9 && at == 6) {
            grouped.push(' ');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_stand_in_groups_that_can_be_read_at_once() {
        for (code, shown) in [
            ("R2D2X", "R2D2X"),
            ("482019", "482 019"),
            ("4820193", "482 0193"),
            ("48201935", "4820 1935"),
            ("482019352", "482 019 352"),
            ("4820193521", "48201 93521"),
        ] {
            assert_eq!(grouped(code), shown);
        }
    }

    #[test]
    fn the_bar_shrinks_to_its_last_cell_and_the_last_three_seconds_are_marked() {
        let shown =
            |remaining, period, glyphs| Lifetime { remaining, period }.shown(glyphs, Some(40));
        assert_eq!(shown(10, 10, Glyphs::Unicode), "████████  10 s");
        assert_eq!(shown(7, 10, Glyphs::Unicode), "██████░░  7 s");
        assert_eq!(shown(4, 30, Glyphs::Unicode), "██░░░░░░  4 s");
        assert_eq!(shown(3, 30, Glyphs::Unicode), "█░░░░░░░  3 s !");
        assert_eq!(shown(1, 30, Glyphs::Ascii), "#.......  1 s !");
        let narrow = Lifetime {
            remaining: 7,
            period: 30,
        };
        assert_eq!(narrow.shown(Glyphs::Unicode, Some(20)), "7 s");
        assert_eq!(
            shown(u64::MAX, u64::MAX, Glyphs::Ascii).len(),
            "########  18446744073709551615 s".len()
        );
    }
}

//! A QR code as a terminal shows it: dark on light, whichever of the two its text is.

use qrcode::{Color, QrCode};

use crate::terminal::Glyphs;

/// Light around the code, in modules: scanners need it (ISO/IEC 18004).
const QUIET: usize = 4;
/// Black text on a white ground, and back. Without colour the ground is taken for dark, as most are.
const DARK_ON_LIGHT: (&str, &str) = ("\x1b[30;107m", "\x1b[0m");

/// How a picture is drawn.
#[derive(Debug, Clone, Copy)]
pub(super) struct Canvas {
    pub(super) glyphs: Glyphs,
    pub(super) colour: bool,
    /// The width of the terminal; none where there is no end to a line.
    pub(super) columns: Option<usize>,
}

/// A terminal that is too narrow for the picture.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("the QR code takes {needed} columns, the terminal has {columns}")]
pub(super) struct TooNarrow {
    needed: usize,
    columns: usize,
}

/// The lines of the picture. Two modules stand above each other in a character, or two characters beside each other
/// make one where there is only ASCII.
pub(super) fn lines(code: &QrCode, canvas: Canvas) -> Result<Vec<String>, TooNarrow> {
    let side = code.width() + 2 * QUIET;
    let (across, down) = match canvas.glyphs {
        Glyphs::Unicode => (1, 2),
        Glyphs::Ascii => (2, 1),
    };
    let needed = side * across;
    if let Some(columns) = canvas.columns.filter(|columns| *columns < needed) {
        return Err(TooNarrow { needed, columns });
    }
    let inside = QUIET..QUIET + code.width();
    let is_dark = |x: usize, y: usize| {
        inside.contains(&x) && inside.contains(&y) && code[(x - QUIET, y - QUIET)] == Color::Dark
    };
    // Drawn is what the text's colour must show: the dark modules on a light ground, else the light ones.
    let drawn = |x, y| is_dark(x, y) == canvas.colour;
    let line = |y: usize| {
        let cells = (0..side).map(|x| match canvas.glyphs {
            Glyphs::Ascii if drawn(x, y) => "##",
            Glyphs::Ascii => "  ",
            Glyphs::Unicode => match (drawn(x, y), drawn(x, y + 1)) {
                (true, true) => "█",
                (true, false) => "▀",
                (false, true) => "▄",
                (false, false) => " ",
            },
        });
        let cells: String = cells.collect();
        if canvas.colour {
            let (begin, end) = DARK_ON_LIGHT;
            format!("{begin}{cells}{end}")
        } else {
            cells
        }
    };
    Ok((0..side).step_by(down).map(line).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn canvas(glyphs: Glyphs, colour: bool) -> Canvas {
        Canvas {
            glyphs,
            colour,
            columns: None,
        }
    }

    /// What an eye sees: whether the upper left of each module is light.
    fn seen(lines: &[String], glyphs: Glyphs, colour: bool) -> Vec<Vec<bool>> {
        let mut rows = Vec::new();
        for line in lines {
            let (begin, end) = DARK_ON_LIGHT;
            let line = line.trim_start_matches(begin).trim_end_matches(end);
            let cells: Vec<char> = line.chars().collect();
            let light = |drawn: bool| drawn != colour;
            match glyphs {
                Glyphs::Ascii => {
                    let row = cells.iter().step_by(2);
                    rows.push(row.map(|c| light(*c == '#')).collect());
                }
                Glyphs::Unicode => {
                    let row = cells.iter();
                    rows.push(row.clone().map(|c| light("█▀".contains(*c))).collect());
                    rows.push(row.map(|c| light("█▄".contains(*c))).collect());
                }
            }
        }
        rows
    }

    #[test]
    fn a_scanner_sees_dark_on_light_with_the_quiet_zone_light() {
        let code = QrCode::new(b"otpauth://totp/x?secret=AAAA").unwrap();
        for glyphs in [Glyphs::Unicode, Glyphs::Ascii] {
            for colour in [true, false] {
                let lines = lines(&code, canvas(glyphs, colour)).unwrap();
                let seen = seen(&lines, glyphs, colour);
                let side = code.width() + 2 * QUIET;
                for (y, row) in seen.iter().take(side).enumerate() {
                    assert_eq!(row.len(), side);
                    for (x, light) in row.iter().enumerate() {
                        let module = (x.checked_sub(QUIET)).zip(y.checked_sub(QUIET));
                        let module = module.filter(|(x, y)| (*x).max(*y) < code.width());
                        let dark = module.is_some_and(|at| code[at] == Color::Dark);
                        assert_eq!(*light, !dark, "{glyphs:?} {colour} {x},{y}");
                    }
                }
            }
        }
    }

    #[test]
    fn a_terminal_that_is_a_column_too_narrow_gets_an_error_and_no_broken_picture() {
        let code = QrCode::new(b"otpauth://totp/x?secret=AAAA").unwrap();
        let side = code.width() + 2 * QUIET;
        let narrow = |columns| {
            let columns = Some(columns);
            let canvas = canvas(Glyphs::Unicode, true);
            lines(&code, Canvas { columns, ..canvas }).map(|lines| lines.len())
        };
        assert_eq!(narrow(side), Ok(side.div_ceil(2)));
        let (needed, columns) = (side, side - 1);
        assert_eq!(narrow(columns), Err(TooNarrow { needed, columns }));
    }
}

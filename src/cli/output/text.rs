//! Text from outside, made safe to show: no control of the terminal, no reordering, no more columns than
//! there are.

use std::borrow::Cow;

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::terminal::Glyphs;

/// Replaces every character that steers a terminal or reorders or hides text.
pub(crate) fn clean(text: &str, glyphs: Glyphs) -> Cow<'_, str> {
    if !text.chars().any(steers) {
        return Cow::Borrowed(text);
    }
    let replacement = match glyphs {
        Glyphs::Unicode => '\u{FFFD}',
        Glyphs::Ascii => '?',
    };
    Cow::Owned(
        text.chars()
            .map(|c| if steers(c) { replacement } else { c })
            .collect(),
    )
}

/// Controls (C0, DEL, C1), bidirectional marks, embeddings, overrides and isolates, line and paragraph
/// separators, and characters that take no room and show nothing. The joiners stay: Persian and emoji need them.
pub(super) fn steers(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{00AD}' | '\u{061C}' | '\u{180E}' | '\u{200B}' | '\u{200E}' | '\u{200F}'
            | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FEFF}'
            | '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E007F}')
}

/// The columns that a text takes.
pub(super) fn width(text: &str) -> usize {
    text.width()
}

/// Cuts a text to a number of columns, with a mark where something is missing.
pub(super) fn truncate(text: &str, columns: usize, glyphs: Glyphs) -> Cow<'_, str> {
    if width(text) <= columns {
        return Cow::Borrowed(text);
    }
    let mark = match glyphs {
        Glyphs::Unicode => '…',
        Glyphs::Ascii => '~',
    };
    let mut kept = String::new();
    let mut room = columns.saturating_sub(1);
    for c in text.chars() {
        let taken = c.width().unwrap_or(0);
        if taken > room {
            break;
        }
        room -= taken;
        kept.push(c);
    }
    if columns > 0 {
        kept.push(mark);
    }
    Cow::Owned(kept)
}

/// Breaks a line between words where the terminal ends. A word that is wider than the terminal stays whole: it may be
/// a path that someone copies.
pub(crate) fn wrapped(line: &str, columns: Option<usize>) -> Cow<'_, str> {
    let Some(columns) = columns.filter(|columns| (1..width(line)).contains(columns)) else {
        return Cow::Borrowed(line);
    };
    let mut broken = String::with_capacity(line.len() + 8);
    let (mut taken, mut begun) = (0, false);
    for word in line.split_inclusive(' ') {
        // The space behind a word may stand beyond the end.
        let seen = width(word.trim_end());
        if begun && taken + seen > columns {
            broken.truncate(broken.trim_end().len());
            broken.push('\n');
            taken = 0;
        }
        // What stands before the first word of a line is its indent, and stays with it.
        begun |= seen > 0;
        broken.push_str(word);
        // What is wider than the terminal goes on in its next line.
        let end = taken + seen;
        taken = if end > columns { end % columns } else { end };
        taken += width(word) - seen;
    }
    Cow::Owned(broken)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_steers_a_terminal_survives() {
        let hostile =
            "a\x1b[2J\u{9b}31m\x07\r\n\u{202e}moc.elgoog\u{2066}\u{200f}\u{feff}\u{e0041}\x7fb";
        let shown = clean(hostile, Glyphs::Unicode);
        assert_eq!(
            shown,
            "a\u{fffd}[2J\u{fffd}31m\u{fffd}\u{fffd}\u{fffd}\u{fffd}moc.elgoog\u{fffd}\u{fffd}\u{fffd}\u{fffd}\u{fffd}b"
        );
        assert_eq!(clean("a\tb", Glyphs::Ascii), "a?b");
    }

    #[test]
    fn honest_names_are_shown_as_they_are() {
        for name in [
            "Zürich",
            "東京",
            "می\u{200c}خواهم",
            "👩\u{200d}🚀",
            "naïve@x.org",
        ] {
            assert!(matches!(clean(name, Glyphs::Unicode), Cow::Borrowed(_)));
        }
    }

    #[test]
    fn a_line_is_broken_between_words_and_never_within_one() {
        let broken = |line, columns| wrapped(line, Some(columns)).into_owned();
        assert_eq!(
            broken("Switch it off first, or", 10),
            "Switch it\noff first,\nor"
        );
        assert_eq!(broken("Remove it? [y/N]: ", 10), "Remove it?\n[y/N]: ");
        assert_eq!(
            broken("cannot open /a/long/path", 6),
            "cannot\nopen\n/a/long/path"
        );
        assert_eq!(broken("/a/long/path to", 9), "/a/long/path to");
        assert_eq!(broken("  /a/long/path", 9), "  /a/long/path");
        assert_eq!(broken("東京 東京", 8), "東京\n東京");
        assert_eq!(
            wrapped("as it is, however long", None),
            "as it is, however long"
        );
    }

    #[test]
    fn a_cut_name_never_takes_more_columns_than_it_has() {
        for name in [
            "GitHub",
            "東京電力ホールディングス",
            "e\u{301}e\u{301}e\u{301}e\u{301}",
            "a東b京",
        ] {
            for columns in 0..12 {
                let cut = truncate(name, columns, Glyphs::Unicode);
                assert!(width(&cut) <= columns, "{cut} in {columns}");
            }
        }
        assert_eq!(truncate("GitHub", 6, Glyphs::Unicode), "GitHub");
        assert_eq!(truncate("GitHub", 5, Glyphs::Unicode), "GitH…");
        assert_eq!(truncate("東京都", 4, Glyphs::Unicode), "東…");
        assert_eq!(truncate("GitHub", 5, Glyphs::Ascii), "GitH~");
    }
}

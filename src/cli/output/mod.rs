//! Prints: results to stdout, everything else to stderr. Nothing else in the program does.
//!
//! Whatever is printed as text passes through [`text::clean`], so that no name from outside, in whatever
//! message it turns up, steers the terminal. Only [`Output::bytes`] writes what it is given.

mod code;
mod picture;
mod table;
mod text;

use serde::Serialize;
use serde_json::json;

pub(crate) use self::code::{Lifetime, Watched, grouped};
use self::picture::Canvas;
pub(crate) use self::table::{Column, Table};
use self::text::steers;
use self::text::truncate;
pub(crate) use self::text::{clean, wrapped};
use crate::failure::{Failure, Kind};
use crate::terminal::{Glyphs, Stream, Terminal};

/// What results look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    /// For people, and for pipes that want lines.
    Text,
    /// `--json`: one JSON value, on one line; failures too.
    Json,
}

/// Whether notes are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Notes {
    /// Printed.
    Shown,
    /// `--quiet`: left out. Warnings and failures are not notes.
    Silenced,
}

/// Where one run prints.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Output<'a> {
    terminal: &'a Terminal,
    format: Format,
    notes: Notes,
    dress: Dress,
}

/// Whom the results on a terminal are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dress {
    /// The eye: groups, bars, titles, what changes in its place.
    ForTheEye,
    /// `--plain`: the ear. Whole lines, one after the other, and each said once.
    Plain,
}

#[derive(Clone, Copy)]
enum Colour {
    Red,
    Yellow,
    Bold,
    Dim,
}

impl<'a> Output<'a> {
    pub(crate) fn new(terminal: &'a Terminal, format: Format, notes: Notes) -> Self {
        Self {
            terminal,
            format,
            notes,
            dress: Dress::ForTheEye,
        }
    }

    /// The same, for whom it is meant.
    pub(crate) fn dressed(self, dress: Dress) -> Self {
        Self { dress, ..self }
    }

    /// What results look like in this run.
    pub(crate) fn format(&self) -> Format {
        self.format
    }

    /// Whether a terminal shows the results, to an eye: then they are dressed for it.
    pub(crate) fn is_terminal(&self) -> bool {
        self.dress == Dress::ForTheEye && self.terminal.stdout.is_terminal()
    }

    /// Whether a text is shown as it is, nothing of it replaced.
    pub(crate) fn shows(&self, text: &str) -> bool {
        clean(text, self.terminal.glyphs) == text
    }

    /// One line of results.
    pub(crate) fn line(&self, line: &str) -> Result<(), Failure> {
        let line = clean(line, self.terminal.glyphs);
        self.result(format!("{line}\n").as_bytes())
    }

    /// Several lines of results: help, the lines of a picture.
    pub(crate) fn lines(&self, lines: &str) -> Result<(), Failure> {
        lines.lines().try_for_each(|line| self.line(line))
    }

    /// A result as JSON, on one line. What steers a terminal is escaped, which leaves the value the same.
    pub(crate) fn json(&self, value: &impl Serialize) -> Result<(), Failure> {
        self.result(json_line(value).as_bytes())
    }

    /// Bytes exactly as they are, for a file that goes to stdout.
    pub(crate) fn bytes(&self, bytes: &[u8]) -> Result<(), Failure> {
        self.refuse_json()?;
        self.result(bytes)
    }

    /// Refuses `--json` where stdout gets a file: whoever asked for JSON would parse that. For commands that ask something
    /// before they have the file.
    pub(crate) fn refuse_json(&self) -> Result<(), Failure> {
        match self.format {
            Format::Text => Ok(()),
            Format::Json => {
                let message = "what goes to standard output here is a file as it is, not JSON";
                Err(Failure::new(Kind::Usage, message).hint("leave out --json"))
            }
        }
    }

    /// Rows; the titles only where a terminal shows them.
    pub(crate) fn table<const N: usize>(&self, table: &Table<N>) -> Result<(), Failure> {
        let columns = (self.terminal.stdout.columns()).filter(|_| self.is_terminal());
        let lines = table.lines(columns, self.terminal.glyphs);
        let (titles, rows) = lines.split_at(1);
        if self.is_terminal() {
            let titles = titles.join("\n");
            let titles = dressed(&self.terminal.stdout, Colour::Bold, &titles);
            self.result(format!("{titles}\n").as_bytes())?;
        }
        rows.iter().try_for_each(|row| self.line(row))
    }

    /// One code: bare to a pipe; grouped on a terminal, with the bar and the seconds it has left.
    pub(crate) fn code(&self, code: &str, lifetime: Option<Lifetime>) -> Result<(), Failure> {
        if !self.is_terminal() {
            return match lifetime.filter(|_| self.terminal.stdout.is_terminal()) {
                Some(Lifetime { remaining, .. }) => {
                    self.line(&format!("{code}, {remaining} seconds left"))
                }
                None => self.line(code),
            };
        }
        let line = self.code_line(code, lifetime);
        self.result(format!("{line}\n").as_bytes())
    }

    fn code_line(&self, code: &str, lifetime: Option<Lifetime>) -> String {
        let (stdout, glyphs) = (&self.terminal.stdout, self.terminal.glyphs);
        let code = grouped(&clean(code, glyphs));
        let mut line = dressed(stdout, Colour::Bold, &code);
        if let Some(lifetime) = lifetime {
            let colour = if lifetime.ends_soon() {
                Colour::Red
            } else {
                Colour::Dim
            };
            line.push_str("  ");
            let shown = lifetime.shown(glyphs, stdout.columns());
            line.push_str(&dressed(stdout, colour, &shown));
        }
        line
    }

    /// Whether codes can be shown in the place of those before.
    pub(crate) fn redraws(&self) -> bool {
        self.is_terminal() && self.terminal.stdout.erases()
    }

    /// Codes in the place of those before, a line each, after their names where there are several.
    pub(crate) fn redraw(&self, codes: &[Watched<'_>], first: bool) -> Result<(), Failure> {
        let mut lines = Vec::new();
        for watched in codes {
            if codes.len() > 1 {
                let name = clean(watched.name, self.terminal.glyphs);
                let columns = self.terminal.stdout.columns().unwrap_or(usize::MAX);
                lines.push(truncate(&name, columns, self.terminal.glyphs).into_owned());
            }
            lines.push(self.code_line(watched.code, Some(watched.lifetime)));
        }
        let mut text = String::new();
        if !first {
            text.push_str(&format!("\x1b[{}A", lines.len()));
        }
        for line in lines {
            text.push_str(&format!("\r\x1b[K{line}\n"));
        }
        self.result(text.as_bytes())?;
        self.finish()
    }

    /// A QR code.
    pub(crate) fn picture(&self, code: &qrcode::QrCode) -> Result<(), Failure> {
        let stdout = &self.terminal.stdout;
        let canvas = Canvas {
            glyphs: self.terminal.glyphs,
            colour: stdout.colour(),
            columns: stdout.columns(),
        };
        let lines = picture::lines(code, canvas).map_err(|error| {
            Failure::new(Kind::Failed, error).hint("make the terminal wider, or its font smaller")
        })?;
        (lines.iter()).try_for_each(|line| self.result(format!("{line}\n").as_bytes()))
    }

    /// Help, as clap made it: its own words, so its colours stay.
    pub(super) fn help(&self, help: &clap::builder::StyledStr) -> Result<(), Failure> {
        let text = if self.terminal.stdout.colour() {
            help.ansi().to_string()
        } else {
            help.to_string()
        };
        self.result(text.as_bytes())
    }

    /// Something good to know. Not printed with `--quiet`.
    pub(crate) fn note(&self, note: &str) {
        if self.notes == Notes::Shown {
            self.remark(None, note);
        }
    }

    /// Does what takes a moment. A terminal shows a word meanwhile, and afterwards is as it was.
    pub(crate) fn meanwhile<T>(&self, word: &str, work: impl FnOnce() -> T) -> T {
        let shown = self.notes == Notes::Shown
            && self.dress == Dress::ForTheEye
            && self.terminal.stderr.erases();
        if shown {
            let dots = match self.terminal.glyphs {
                Glyphs::Unicode => "…",
                Glyphs::Ascii => "...",
            };
            self.say(&format!("{word}{dots}"));
        }
        let done = work();
        if shown {
            self.say("\r\x1b[K");
        }
        done
    }

    /// Something that the person should act on.
    pub(crate) fn warning(&self, warning: &str) {
        self.remark(Some((Colour::Yellow, "warning:")), warning);
    }

    /// Why the run did not succeed, and what to try. Nothing where a reader merely stopped reading.
    pub(crate) fn failure(&self, failure: &Failure) {
        if failure.kind() == Kind::PipeClosed {
            return;
        }
        let message = failure.message();
        let declined = failure.kind() == Kind::Declined;
        if self.format == Format::Json {
            let error = json!({ "error": {
                "kind": failure.kind().name(),
                "message": message,
                "hints": failure.hints(),
            }});
            return self.say(&json_line(&error));
        }
        let word = (!declined).then_some((Colour::Red, "error:"));
        self.remark(word, &message);
        for hint in failure.hints() {
            self.remark(Some((Colour::Bold, "hint:")), hint);
        }
    }

    /// Hands on what is still held back; the end of a run.
    pub(super) fn finish(&self) -> Result<(), Failure> {
        self.terminal
            .stdout
            .flush()
            .map_err(Failure::writing_results)
    }

    fn result(&self, bytes: &[u8]) -> Result<(), Failure> {
        self.terminal
            .stdout
            .write(bytes)
            .map_err(Failure::writing_results)
    }

    /// Lines to stderr, the first of them after a word, broken between words where the terminal ends.
    fn remark(&self, word: Option<(Colour, &str)>, remark: &str) {
        let (stderr, glyphs) = (&self.terminal.stderr, self.terminal.glyphs);
        let plain = word.map(|(_, word)| format!("{word} ")).unwrap_or_default();
        let mut shown = String::new();
        for line in format!("{plain}{remark}").lines() {
            shown.push_str(&wrapped(&clean(line, glyphs), stderr.columns()));
            shown.push('\n');
        }
        if let Some((colour, word)) = word {
            // The word stands first, whatever was broken behind it.
            shown.replace_range(..word.len(), &dressed(stderr, colour, word));
        }
        self.say(&shown);
    }

    /// Writes to stderr. If that fails there is nobody left to tell.
    fn say(&self, text: &str) {
        // Results first, so that both stand in order where they go to the same place.
        let _ = self.terminal.stdout.flush();
        let _ = self.terminal.stderr.write(text.as_bytes());
        let _ = self.terminal.stderr.flush();
    }
}

fn dressed(stream: &Stream, colour: Colour, text: &str) -> String {
    if !stream.colour() {
        return text.to_owned();
    }
    let code = match colour {
        Colour::Bold => "1",
        Colour::Dim => "2",
        Colour::Red => "31",
        Colour::Yellow => "33",
    };
    format!("\x1b[{code}m{text}\x1b[0m")
}

fn json_line(value: &impl Serialize) -> String {
    let plain = serde_json::to_string(value)
        .expect("because results have text keys and no value that JSON cannot hold");
    let mut line = String::with_capacity(plain.len() + 1);
    for c in plain.chars() {
        if steers(c) {
            // Only a string can hold such a character, and there an escape means the same.
            let mut units = [0; 2];
            for unit in c.encode_utf16(&mut units) {
                line.push_str(&format!("\\u{unit:04x}"));
            }
        } else {
            line.push(c);
        }
    }
    line.push('\n');
    line
}

#[cfg(test)]
mod tests;

//! What a terminal, a pipe and a script get to see.

use std::io::{self, Write};

use super::*;
use crate::failure::Kind;
use crate::terminal::tests::Captured;
use crate::terminal::{Glyphs, Input};

fn on_a_terminal() -> (Terminal, Captured, Captured) {
    let (stdout, stderr) = (Captured::default(), Captured::default());
    let terminal = Terminal::unattended(40, stdout.clone(), stderr.clone());
    (terminal, stdout, stderr)
}

fn to_pipes() -> (Terminal, Captured, Captured) {
    let (stdout, stderr) = (Captured::default(), Captured::default());
    let terminal = Terminal {
        stdin: Input::new(io::empty()),
        stdout: Stream::pipe(stdout.clone()),
        stderr: Stream::pipe(stderr.clone()),
        glyphs: Glyphs::Ascii,
        asks: false,
    };
    (terminal, stdout, stderr)
}

#[test]
fn a_pipe_gets_the_bare_code_and_a_terminal_the_seconds_too() {
    let lifetime = Some(Lifetime {
        remaining: 7,
        period: 10,
    });
    let (terminal, shown, _) = on_a_terminal();
    let output = Output::new(&terminal, Format::Text, Notes::Shown);
    output.code("4820193", lifetime).unwrap();
    assert_eq!(shown.text(), "482 0193  ██████░░  7 s\n");

    let (pipes, piped, _) = to_pipes();
    let output = Output::new(&pipes, Format::Text, Notes::Shown);
    output.code("4820193", lifetime).unwrap();
    assert_eq!(piped.text(), "4820193\n");
}

#[test]
fn a_name_with_a_line_break_cannot_forge_a_line() {
    let (terminal, shown, _) = on_a_terminal();
    let output = Output::new(&terminal, Format::Text, Notes::Shown);
    output.line("GitHub\nerror: run `rm -rf ~`").unwrap();
    assert_eq!(shown.text(), "GitHub\u{fffd}error: run `rm -rf ~`\n");
}

#[test]
fn quiet_silences_notes_but_neither_warnings_nor_failures() {
    let (terminal, shown, said) = on_a_terminal();
    let output = Output::new(&terminal, Format::Text, Notes::Silenced);
    output.note("added GitHub");
    output.warning("the password is weak");
    output.failure(
        &Failure::new(Kind::NotFound, "no account is called \x1b[2Jgit").hint("authr list"),
    );
    assert_eq!(shown.text(), "");
    assert_eq!(
        said.text(),
        "warning: the password is weak\nerror: no account is called \u{fffd}[2Jgit\nhint: authr list\n"
    );
}

#[test]
fn with_json_a_failure_is_one_object_on_stderr() {
    let (pipes, piped, said) = to_pipes();
    let output = Output::new(&pipes, Format::Json, Notes::Shown);
    output.failure(&Failure::new(Kind::Locked, "wrong password").hint("try again"));
    assert_eq!(piped.text(), "");
    assert_eq!(
        said.text(),
        "{\"error\":{\"hints\":[\"try again\"],\"kind\":\"locked\",\"message\":\"wrong password\"}}\n"
    );
}

#[test]
fn json_escapes_what_steers_a_terminal_and_stays_the_same_value() {
    let name = "a\u{9b}2J\u{202e}b\u{e0041}";
    let line = json_line(&json!({ "label": name }));
    assert_eq!(line, "{\"label\":\"a\\u009b2J\\u202eb\\udb40\\udc41\"}\n");
    let back: serde_json::Value = serde_json::from_str(&line).unwrap();
    assert_eq!(back["label"], name);
}

#[test]
fn a_pipe_gets_rows_without_titles() {
    let mut table = Table::new([Column::names("Issuer"), Column::whole("Code")]);
    table.row(["GitHub".to_owned(), "482019".to_owned()]);
    let (pipes, piped, _) = to_pipes();
    let output = Output::new(&pipes, Format::Text, Notes::Shown);
    output.table(&table).unwrap();
    assert_eq!(piped.text(), "GitHub  482019\n");
}

struct Closed;

impl Write for Closed {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(io::ErrorKind::BrokenPipe.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_reader_that_left_is_no_failure() {
    let (mut terminal, _, said) = on_a_terminal();
    terminal.stdout = Stream::pipe(Closed);
    let output = Output::new(&terminal, Format::Text, Notes::Shown);
    let failure = output.line("482019").unwrap_err();
    output.failure(&failure);
    assert_eq!(failure.kind().exit_code(), 0);
    assert_eq!(said.text(), "");
}

#[test]
fn what_takes_a_moment_is_said_and_taken_back_and_a_pipe_never_sees_it() {
    let run = |terminal: &Terminal, notes| {
        Output::new(terminal, Format::Text, notes).meanwhile("Unlocking", || 7)
    };
    let (mut terminal, _, _) = on_a_terminal();
    let said = Captured::default();
    terminal.stderr = Stream::erasing(said.clone());
    assert_eq!(run(&terminal, Notes::Silenced), 7);
    assert_eq!(said.text(), "");
    assert_eq!(run(&terminal, Notes::Shown), 7);
    assert_eq!(said.text(), "Unlocking…\r\u{1b}[K");

    // A terminal that takes nothing back, as TERM=dumb, is left alone too.
    for (terminal, _, said) in [on_a_terminal(), to_pipes()] {
        assert_eq!(run(&terminal, Notes::Shown), 7);
        assert_eq!(said.text(), "");
    }
}

#[test]
fn an_answer_of_no_is_not_called_an_error() {
    let (terminal, _, said) = on_a_terminal();
    let output = Output::new(&terminal, Format::Text, Notes::Silenced);
    let failure = Failure::declined("Nothing was removed.");
    output.failure(&failure);
    assert_eq!(said.text(), "Nothing was removed.\n");
    assert_eq!(failure.kind().exit_code(), 1);
}

#[test]
fn what_is_said_breaks_between_words_where_the_terminal_ends() {
    let (terminal, _, said) = on_a_terminal();
    let output = Output::new(&terminal, Format::Text, Notes::Shown);
    output.warning("the password is weak, and guessed in a day");
    assert_eq!(
        said.text(),
        "warning: the password is weak, and\nguessed in a day\n"
    );
}

#[test]
fn who_listens_gets_whole_lines_each_once_and_no_picture_of_time() {
    let (terminal, shown, _) = on_a_terminal();
    let output = Output::new(&terminal, Format::Text, Notes::Shown).dressed(Dress::Plain);
    let lifetime = Some(Lifetime {
        remaining: 7,
        period: 10,
    });
    output.code("4820193", lifetime).unwrap();
    assert_eq!(shown.text(), "4820193, 7 seconds left\n");
    assert!(!output.redraws() && !output.is_terminal());

    let (terminal, shown, _) = on_a_terminal();
    let output = Output::new(&terminal, Format::Text, Notes::Shown).dressed(Dress::Plain);
    let mut table = Table::new([Column::names("ISSUER"), Column::whole("KIND")]);
    let long = "a name that is longer than the terminal is wide";
    table.row([long.to_owned(), "totp".to_owned()]);
    output.table(&table).unwrap();
    assert_eq!(shown.text(), format!("{long}  totp\n"));

    let (pipes, piped, _) = to_pipes();
    let output = Output::new(&pipes, Format::Text, Notes::Shown).dressed(Dress::Plain);
    output.code("4820193", lifetime).unwrap();
    assert_eq!(piped.text(), "4820193\n");
}

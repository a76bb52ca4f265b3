//! The command line as a whole: help, wrong usage, and what both look like.

use super::*;
use crate::terminal::Terminal;
use crate::terminal::tests::Captured;

fn authr(columns: usize, arguments: &[&str]) -> (u8, String, String) {
    let (stdout, stderr) = (Captured::default(), Captured::default());
    let terminal = Terminal::unattended(columns, stdout.clone(), stderr.clone());
    let context = Context::new(terminal, None);
    let arguments = std::iter::once("authr").chain(arguments.iter().copied());
    let code = run(arguments.map(OsString::from).collect(), &context);
    (code, stdout.text(), stderr.text())
}

#[test]
fn the_definition_of_the_command_line_is_sound() {
    CommandLine::command().debug_assert();
}

#[test]
fn authr_alone_explains_itself_in_under_15_lines_of_80_columns() {
    let (code, shown, said) = authr(80, &[]);
    assert_eq!((code, said.as_str()), (0, ""));
    assert!(shown.lines().count() < 15, "{shown}");
    assert!(
        shown.lines().all(|line| line.chars().count() <= 80),
        "{shown}"
    );
}

#[test]
fn in_40_columns_no_word_of_it_is_broken() {
    let (_, shown, _) = authr(40, &[]);
    assert!(
        shown.lines().all(|line| line.chars().count() <= 40),
        "{shown}"
    );
    let about = "Show the current code\n                  of an account\n";
    assert!(shown.contains(about), "{shown}");
}

#[test]
fn help_and_version_are_results() {
    for flag in ["--help", "-h", "--version"] {
        let (code, shown, said) = authr(80, &[flag]);
        assert_eq!((code, said.as_str()), (0, ""));
        assert!(!shown.is_empty());
    }
}

#[test]
fn the_long_help_has_the_table_of_exit_codes() {
    let (_, shown, _) = authr(80, &["--help"]);
    for kind in Kind::ALL {
        let line = format!("  {}  {}\n", kind.exit_code(), kind.meaning());
        assert!(shown.contains(&line), "{shown}");
    }
}

#[test]
fn wrong_usage_exits_2_and_says_what_is_right() {
    let (code, shown, said) = authr(80, &["--hoem", "/tmp"]);
    assert_eq!((code, shown.as_str()), (2, ""));
    assert!(
        said.starts_with("error: unexpected argument '--hoem' found\nhint: "),
        "{said}"
    );
    assert!(said.contains("'--home'"), "{said}");
}

#[test]
fn wrong_usage_cannot_steer_the_terminal() {
    let (code, _, said) = authr(80, &["fr\x1b[2Job"]);
    assert_eq!(code, 2);
    assert!(!said.contains('\x1b'), "{said:?}");
}

#[test]
fn wrong_usage_is_json_where_json_is_asked_for() {
    let (code, _, said) = authr(80, &["--json", "--hoem"]);
    let said: serde_json::Value = serde_json::from_str(&said).unwrap();
    assert_eq!(code, 2);
    assert_eq!(said["error"]["kind"], "usage");
    assert_eq!(
        said["error"]["message"],
        "unexpected argument '--hoem' found"
    );
}

#[test]
fn a_password_comes_from_one_place() {
    let (code, _, said) = authr(80, &["--password-file", "a", "--password-fd", "3"]);
    assert_eq!(code, 2, "{said}");
}

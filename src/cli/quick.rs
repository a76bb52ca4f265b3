//! The command line that is typed all day, understood without clap: to build its tree of all commands takes longer than
//! everything else that `authr code NAME` does.

use std::ffi::OsString;

use super::code::ShowCode;
use super::completions::CompleteNames;
use super::{Command, CommandLine, Options};

/// What clap would make of `[--home DIR] [--json] [--quiet] code NAME…`; none for every other command line, and for each that
/// clap might find wrong.
pub(super) fn parse(arguments: &[OsString]) -> Option<CommandLine> {
    let (_program, mut rest) = arguments.split_first()?;
    let mut options = Options::default();
    let mut names: Option<Vec<String>> = None;
    while let Some((argument, after)) = rest.split_first() {
        rest = after;
        match (argument.to_str()?, &mut names) {
            ("--home", _) => {
                let (folder, after) = rest.split_first()?;
                let folder = folder.to_str().filter(|folder| is_plain(folder))?;
                options
                    .home
                    .replace(folder.into())
                    .is_none()
                    .then_some(())?;
                rest = after;
            }
            ("--json", _) => once(&mut options.json)?,
            ("--quiet" | "-q", _) => once(&mut options.quiet)?,
            (name, Some(names)) if is_plain(name) => names.push(name.to_owned()),
            // Known to the completions of shells alone.
            ("complete-names", None) if arguments.len() == 2 => {
                return Some(CommandLine {
                    options,
                    command: Some(Command::CompleteNames(CompleteNames {})),
                });
            }
            ("code", None) => names = Some(Vec::new()),
            _ => return None,
        }
    }
    let names = names.filter(|names| !names.is_empty())?;
    Some(CommandLine {
        options,
        command: Some(Command::Code(ShowCode::of(names))),
    })
}

/// Neither an option nor nothing.
fn is_plain(argument: &str) -> bool {
    !argument.is_empty() && !argument.starts_with('-')
}

fn once(flag: &mut bool) -> Option<()> {
    let first = !*flag;
    *flag = true;
    first.then_some(())
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    fn quick(line: &[&str]) -> Option<String> {
        let arguments: Vec<OsString> = line.iter().map(OsString::from).collect();
        parse(&arguments).map(|line| format!("{line:?}"))
    }

    #[test]
    fn the_usual_lines_are_understood() {
        for line in [
            &["authr", "code", "drchrono"][..],
            &["authr", "code", "--json", "drchrono", "github"],
            &["authr", "--home", "/tmp/home", "-q", "code", "drchrono"],
            &["", "code", "drchrono", "--home", "home"],
        ] {
            assert!(quick(line).is_some(), "{line:?}");
        }
    }

    #[test]
    fn what_is_understood_is_what_clap_understands() {
        let words = [
            "code", "list", "ada", "", "-", "--", "--home", "--json", "-q", "--quiet", "--next",
            "--home=x", "-h",
        ];
        let mut lines: Vec<Vec<&str>> = vec![vec!["authr"]];
        let mut understood = 0;
        for _ in 0..4 {
            lines = lines
                .iter()
                .flat_map(|line| words.map(|word| [&line[..], &[word]].concat()))
                .collect();
            for line in &lines {
                let Some(quick) = quick(line) else { continue };
                let clap = CommandLine::try_parse_from(line);
                let clap = clap.map(|line| format!("{line:?}"));
                assert_eq!(quick, clap.unwrap_or_default(), "{line:?}");
                understood += 1;
            }
        }
        assert!(understood > 50, "{understood}");
    }
}

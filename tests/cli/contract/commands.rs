//! The commands that there are, as their help tells them.

use std::collections::BTreeSet;

use authr_testkit::Home;

use crate::AUTHR;

/// The help of a command.
pub(super) fn help(words: &[&str]) -> String {
    let home = Home::new();
    let program = home.program(AUTHR).args(words).arg("--help");
    program.run().succeeded()
}

/// Every command that can be run, as in `backup create`; `authr` alone is the empty one. Those that only other programs run
/// (`complete-names` of the shells, the agent's and the clipboard's own process) are in no help.
pub(super) fn all() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    walk(&mut Vec::new(), &mut found);
    found
}

fn walk(words: &mut Vec<String>, found: &mut BTreeSet<String>) {
    let help = help(&words.iter().map(String::as_str).collect::<Vec<_>>());
    let usage = help.lines().find(|line| line.starts_with("Usage: "));
    // Where a command behind it must be named, it does nothing by itself.
    if !usage.expect("help tells the usage").ends_with("<COMMAND>") {
        found.insert(words.join(" "));
    }
    let listed = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let listed = listed.take_while(|line| !line.is_empty());
    // Lines that go on from the one before begin further in.
    let names = listed.filter_map(|line| {
        line.strip_prefix("  ")
            .filter(|name| !name.starts_with(' '))
    });
    let names: Vec<&str> = names
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    for name in names {
        words.push(name.to_owned());
        walk(words, found);
        words.pop();
    }
}

/// The command that a command line runs: as many of its first words as name one.
pub(super) fn named_by(words: &[&str], commands: &BTreeSet<String>) -> String {
    let mut lengths = (0..=words.len()).rev();
    let names = |length: usize| words[..length].join(" ");
    let length = lengths.find(|length| commands.contains(&names(*length)));
    names(length.unwrap_or_default())
}

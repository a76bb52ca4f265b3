//! The rules of this repository that a machine can check. Each rule is a function from sources to
//! complaints; each has a sample that breaks it, so that a rule which finds nothing is known to look.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

/// Who may import whom within the app: the picture in ARCHITECTURE.md, top to bottom.
#[rustfmt::skip]
const LAYERS: [(&str, &[&str]); 16] = [
    ("lib", &["agent", "cli", "clipboard", "clock", "config", "context", "keyring", "screen", "terminal"]),
    ("cli", &["app", "clipboard", "context", "clock", "failure", "screen", "terminal"]),
    ("tui", &["app", "clipboard", "context", "clock", "failure", "terminal"]),
    ("agent", &["app", "context", "clock", "failure"]),
    ("app", &["store", "ipc", "remote", "keyring", "context", "clock"]),
    ("store", &[]),
    ("ipc", &[]),
    ("remote", &[]),
    ("context", &["clipboard", "clock", "config", "keyring", "screen", "terminal"]),
    ("terminal", &["config"]),
    ("clipboard", &["config"]),
    ("screen", &["config"]),
    ("keyring", &["config"]),
    ("failure", &[]),
    ("config", &[]),
    ("clock", &[]),
];

/// Which of our crates a crate may depend on. The tests' own, authr-testkit, is no one's but the tests'.
const CRATES: [(&str, &[&str]); 10] = [
    (
        "authr",
        &[
            "authr-api",
            "authr-core",
            "authr-crypto",
            "authr-formats",
            "authr-otp",
            "authr-sys",
        ],
    ),
    ("authr-formats", &["authr-crypto", "authr-otp"]),
    ("authr-core", &["authr-crypto", "authr-otp"]),
    ("authr-server", &["authr-api", "authr-crypto", "authr-otp"]),
    ("authr-api", &["authr-crypto", "authr-otp"]),
    ("authr-otp", &["authr-crypto"]),
    (
        "fuzz",
        &["authr-core", "authr-crypto", "authr-formats", "authr-otp"],
    ),
    ("authr-crypto", &["authr-sys"]),
    ("authr-sys", &[]),
    (
        "authr-testkit",
        &["authr-api", "authr-crypto", "authr-server"],
    ),
];

const MOST_LINES: usize = 500;
const MOST_LINES_OF_MAIN_AND_LIB: usize = 60;
const NAMES_THAT_SAY_NOTHING: &str = "util utils helper helpers common misc manager";

#[derive(Clone)]
struct Source {
    path: String,
    text: String,
}

impl Source {
    fn new(path: &str, text: &str) -> Self {
        let (path, text) = (path.to_owned(), text.to_owned());
        Self { path, text }
    }

    /// The lines that are code, with their numbers.
    fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        let lines = self.text.lines().enumerate();
        lines
            .filter(|(_, line)| !line.trim_start().starts_with("//"))
            .map(|(at, line)| (at + 1, line))
    }

    /// The module of the app that it belongs to.
    fn module(&self) -> Option<&str> {
        let path = self.path.strip_prefix("src/")?;
        path.split('/').next()?.split('.').next()
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every file of ours with one of these endings.
fn sources(endings: &[&str]) -> Vec<Source> {
    let mut found = Vec::new();
    let mut folders = vec!["src", "crates", "tests", "examples", "fuzz"]
        .into_iter()
        .map(|folder| root().join(folder))
        .filter(|folder| folder.is_dir())
        .collect::<Vec<_>>();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            let name = path.strip_prefix(root()).expect("because we began there");
            let name = name.to_str().expect("a name in UTF-8");
            if path.is_dir() && !name.ends_with("/target") {
                folders.push(path);
            } else if endings.iter().any(|ending| name.ends_with(ending)) {
                let text = fs::read_to_string(&path).expect("a text in UTF-8");
                found.push(Source::new(name, &text));
            }
        }
    }
    assert!(
        !found.is_empty(),
        "no source was found under {}",
        root().display()
    );
    found
}

/// Holds a rule against the repository, and against a sample that breaks it.
#[track_caller]
fn check(rule: impl Fn(&[Source]) -> Vec<String>, endings: &[&str], broken: &[Source]) {
    assert_ne!(
        rule(broken),
        [""; 0],
        "the rule does not see what breaks it"
    );
    let complaints = rule(&sources(endings));
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}

/// The first names of what a line imports from the root: `use crate::{a::b, c}` gives a and c.
fn imports(text: &str, prefix: &str) -> Vec<String> {
    let mut names = Vec::new();
    for (at, _) in text.match_indices(prefix) {
        let before = text[..at].chars().next_back();
        if before.is_some_and(|c| c.is_alphanumeric() || "_$:".contains(c)) {
            continue;
        }
        let rest = &text[at + prefix.len()..];
        let Some(group) = rest.strip_prefix('{') else {
            names.push(rest.to_owned());
            continue;
        };
        let mut depth = 1;
        let mut name = String::new();
        for c in group.chars() {
            match c {
                '{' => depth += 1,
                '}' => depth -= 1,
                ',' if depth == 1 => names.push(std::mem::take(&mut name)),
                _ if depth == 1 => name.push(c),
                _ => {}
            }
            if depth == 0 {
                break;
            }
        }
        names.push(name);
    }
    let first = |name: &String| {
        let name = name.trim_start();
        let end = name.find(|c: char| !c.is_alphanumeric() && c != '_');
        name[..end.unwrap_or(name.len())].to_owned()
    };
    names
        .iter()
        .map(first)
        .filter(|name| !name.is_empty())
        .collect()
}

fn layers(files: &[Source]) -> Vec<String> {
    let mut complaints = Vec::new();
    for file in files {
        let Some(module) = file.module().filter(|module| *module != "main") else {
            continue;
        };
        let Some((_, allowed)) = LAYERS.iter().find(|(name, _)| *name == module) else {
            complaints.push(format!("{}: {module} is not in the table", file.path));
            continue;
        };
        let text: String = file.code().map(|(_, line)| format!("{line}\n")).collect();
        let mut imported = imports(&text, "crate::");
        if text.contains("super::super::") {
            imported.push("super::super".to_owned());
        }
        // In the first file of a module, `super` is the root. Its own tests say `super` too, of the module.
        if file.path.matches('/').count() == 1 || file.path == format!("src/{module}/mod.rs") {
            let named = imports(&text, "super::").into_iter();
            imported.extend(named.filter(|name| LAYERS.iter().any(|(layer, _)| layer == name)));
        }
        for name in imported {
            if name != module && !allowed.contains(&&*name) {
                complaints.push(format!("{}: {module} may not import {name}", file.path));
            }
        }
    }
    complaints
}

#[test]
fn modules_import_downwards_only() {
    for broken in [
        ("src/app/codes.rs", "use crate::cli::output;"),
        (
            "src/store/mod.rs",
            "use crate::{clock::Clock, remote::{self, Client}};",
        ),
        ("src/store/mod.rs", "use super::ipc::Frame;"),
        ("src/store/vault.rs", "use super::super::ipc::Frame;"),
        (
            "src/cli/code.rs",
            "    let store = crate::store::Store::open();",
        ),
        ("src/extras.rs", ""),
    ] {
        check(layers, &[".rs"], &[Source::new(broken.0, broken.1)]);
    }
    let fine = "use crate::{app::{codes, names}, failure::Failure};\n// crate::store\n";
    assert_eq!(layers(&[Source::new("src/cli/code.rs", fine)]), [""; 0]);
}

/// Whether arrows of a table lead back to where they start.
fn goes_round(table: &[(&str, &[&str])], from: &str, looking_for: &str) -> bool {
    let below = table.iter().find(|(name, _)| *name == from);
    below.is_some_and(|(_, below)| {
        (below.iter()).any(|next| *next == looking_for || goes_round(table, next, looking_for))
    })
}

#[test]
fn the_tables_have_no_cycle_and_no_import_between_siblings() {
    assert!(goes_round(&[("a", &["b"]), ("b", &["a"])], "a", "a"));
    for (name, _) in LAYERS {
        assert!(!goes_round(&LAYERS, name, name), "{name}");
    }
    for (name, _) in CRATES {
        assert!(!goes_round(&CRATES, name, name), "{name}");
    }
    for siblings in [["cli", "tui", "agent"], ["store", "ipc", "remote"]] {
        for (name, below) in LAYERS.iter().filter(|(name, _)| siblings.contains(name)) {
            assert!(!below.iter().any(|next| siblings.contains(next)), "{name}");
        }
    }
}

fn crates(manifests: &[Source]) -> Vec<String> {
    let mut complaints = Vec::new();
    for manifest in manifests {
        let name = manifest.path.split('/').rev().nth(1).unwrap_or("authr");
        let Some((_, allowed)) = CRATES.iter().find(|(known, _)| *known == name) else {
            complaints.push(format!("{}: {name} is not in the table", manifest.path));
            continue;
        };
        let mut section = "";
        for line in manifest.text.lines() {
            if line.starts_with('[') {
                section = line;
            }
            let dependency = line.split(['.', ' ', '=']).next().unwrap_or("");
            let shipped = section.ends_with("dependencies]")
                && !section.contains("dev-")
                && !section.contains("workspace.");
            if shipped && dependency.starts_with("authr") && !allowed.contains(&dependency) {
                complaints.push(format!("{name} may not depend on {dependency}"));
            }
        }
    }
    complaints
}

#[test]
fn crates_depend_downwards_only() {
    let broken = "[dependencies]\nauthr-core.workspace = true\n";
    let manifest = Source::new("crates/authr-server/Cargo.toml", broken);
    check(crates, &["Cargo.toml"], &[manifest]);
    let testkit = "[dependencies]\nauthr-testkit.workspace = true\n";
    assert_ne!(crates(&[Source::new("Cargo.toml", testkit)]), [""; 0]);
    let own = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    assert_eq!(crates(&[Source::new("Cargo.toml", &own)]), [""; 0]);
}

#[test]
fn the_server_cannot_open_a_vault() {
    let tree = |package: &str| {
        let shape = ["-e", "normal", "--prefix", "none", "--locked", "--offline"];
        let mut command = Command::new(env!("CARGO"));
        let command = command.current_dir(root()).args(["tree", "-p", package]);
        let tree = command.args(shape).output().unwrap();
        let errors = String::from_utf8_lossy(&tree.stderr);
        assert!(tree.status.success(), "{errors}");
        String::from_utf8(tree.stdout).unwrap()
    };
    let opens_vaults = |tree: &str| tree.contains("authr-core") || tree.contains("authr-formats");
    assert!(
        opens_vaults(&tree("authr-core")),
        "the rule looks at the wrong thing"
    );
    assert!(!opens_vaults(&tree("authr-server")));
}

fn sizes(files: &[Source]) -> Vec<String> {
    let long = |file: &&Source| file.text.lines().count() > MOST_LINES;
    let mut complaints: Vec<_> = (files.iter().filter(long))
        .map(|file| format!("{}: more than {MOST_LINES} lines", file.path))
        .collect();
    let thin = |file: &&Source| ["src/main.rs", "src/lib.rs"].contains(&&*file.path);
    let lines: usize = (files.iter().filter(thin))
        .map(|file| file.text.lines().count())
        .sum();
    if lines > MOST_LINES_OF_MAIN_AND_LIB {
        complaints.push(format!("main.rs and lib.rs have {lines} lines together"));
    }
    complaints
}

#[test]
fn files_stay_small() {
    let long = Source::new("src/cli/list.rs", &"//\n".repeat(MOST_LINES + 1));
    check(sizes, &[".rs"], &[long]);
    let half = "//\n".repeat(MOST_LINES_OF_MAIN_AND_LIB / 2 + 1);
    let both = ["src/main.rs", "src/lib.rs"].map(|path| Source::new(path, &half));
    check(sizes, &[".rs"], &both);
}

fn names(files: &[Source]) -> Vec<String> {
    let says_nothing = |file: &&Source| {
        let path = file.path.trim_end_matches(".rs").split('/');
        path.into_iter()
            .any(|part| NAMES_THAT_SAY_NOTHING.split(' ').any(|name| name == part))
    };
    (files.iter().filter(says_nothing))
        .map(|file| format!("{}: the name says nothing", file.path))
        .collect()
}

#[test]
fn files_are_named_for_what_they_define() {
    check(names, &[".rs"], &[Source::new("src/store/util.rs", "")]);
    check(names, &[".rs"], &[Source::new("src/helpers/a.rs", "")]);
}

/// Text that may stand only in files whose path begins with one of these.
fn only_in<'a>(
    text: &'a [&'a str],
    within: &'a str,
    places: &'a [&'a str],
) -> impl Fn(&[Source]) -> Vec<String> + 'a {
    move |files| {
        let elsewhere = |file: &&Source| {
            file.path.starts_with(within)
                && file.path != "tests/tidy.rs"
                && !places.iter().any(|place| file.path.starts_with(place))
        };
        (files.iter().filter(elsewhere))
            .flat_map(|file| file.code().map(move |(at, line)| (file, at, line)))
            .filter(|(_, _, line)| text.iter().any(|text| line.contains(text)))
            .map(|(file, at, line)| format!("{}:{at}: {}", file.path, line.trim()))
            .collect()
    }
}

#[test]
fn one_place_prints_one_asks_one_reads_the_environment() {
    let sample = |line| [Source::new("src/app/codes.rs", line)];
    let print = [
        "println!(",
        "eprintln!(",
        "print!(",
        ".stdout.write",
        ".stderr.write",
    ];
    let rule = only_in(&print, "src/", &["src/cli/output/"]);
    check(rule, &[".rs"], &sample("    eprintln!(\"done\");"));

    let streams = ["io::stdout", "io::stderr", "io::stdin"];
    let rule = only_in(&streams, "src/", &["src/terminal.rs"]);
    check(
        rule,
        &[".rs"],
        &sample("    write!(io::stdout(), \"done\");"),
    );

    let ask = ["/dev/tty", "tcsetattr"];
    let rule = only_in(&ask, "src/", &["src/cli/prompt/"]);
    check(rule, &[".rs"], &sample("    File::open(\"/dev/tty\")"));

    let environment = ["env::var", "env::set_var", "env::vars"];
    let rule = only_in(&environment, "src/", &["src/config.rs"]);
    check(rule, &[".rs"], &sample("    std::env::var_os(\"HOME\")"));
}

#[test]
fn unsafe_code_stands_in_authr_sys_alone() {
    let forms = [
        "unsafe {",
        "unsafe fn",
        "unsafe impl",
        "unsafe extern",
        "(unsafe_code",
    ];
    let sample = [Source::new(
        "crates/authr-core/src/lib.rs",
        "    unsafe { go() }",
    )];
    check(
        only_in(&forms, "", &["crates/authr-sys/"]),
        &[".rs"],
        &sample,
    );
}

#[test]
fn nothing_is_left_to_be_done_later() {
    let later = |files: &[Source]| {
        let marks = [["FIX", "ME"].concat(), ["TO", "DO"].concat()];
        let marked = |file: &&Source| marks.iter().any(|mark| file.text.contains(mark));
        (files.iter().filter(marked))
            .map(|file| file.path.clone())
            .collect()
    };
    let sample = Source::new("src/a.rs", &["// FIX", "ME"].concat());
    check(later, &[".rs", ".toml", ".sql", ".py"], &[sample]);
}

/// Both databases have the same migrations, by number and name.
fn unpaired(files: &[Source]) -> Vec<String> {
    let of = |database: &str| -> BTreeSet<String> {
        let folder = format!("crates/authr-server/migrations/{database}/");
        let names = files
            .iter()
            .filter_map(|file| file.path.strip_prefix(&*folder));
        names.map(str::to_owned).collect()
    };
    let (sqlite, postgres) = (of("sqlite"), of("postgres"));
    if sqlite.is_empty() || postgres.is_empty() {
        return Vec::new(); // one database alone has no pair
    }
    sqlite.symmetric_difference(&postgres).cloned().collect()
}

#[test]
fn migrations_are_paired() {
    let sample = ["sqlite/0001_users.sql", "postgres/0001_people.sql"]
        .map(|name| Source::new(&format!("crates/authr-server/migrations/{name}"), ""));
    check(unpaired, &[".rs", ".sql"], &sample);
}

/// The names with an underscore in code type: in vault-format.md each is a vector.
fn vectors_named(text: &str) -> BTreeSet<String> {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    let parts = text.split('`').skip(1).step_by(2);
    let names = parts.filter(|part| part.contains('_') && part.chars().all(plain));
    names.map(str::to_owned).collect()
}

/// Specification and vectors name each other; each sentence that says what is refused names its own, or each item of the
/// list that it begins does.
fn unproved(text: &str, vectors: &BTreeSet<String>) -> Vec<String> {
    let named = vectors_named(text);
    let mut complaints: Vec<_> = named.symmetric_difference(vectors).cloned().collect();
    let text = text.replace("\n\n", "\n\u{0}").replace("\n   - ", "\n- ");
    let text = text.replace("\n- ", "\n\u{0}- ");
    let mut units = text.split('\u{0}').peekable();
    let mut listing = false;
    while let Some(unit) = units.next() {
        let item = unit.starts_with("- ");
        let refuses = unit.contains("MUST reject") || unit.contains("MUST refuse");
        let begins_list = !item && units.peek().is_some_and(|next| next.starts_with("- "));
        listing = item && listing || refuses && begins_list;
        let mut parts = unit.split("MUST re").skip(usize::from(refuses));
        let shown = parts.all(|part| !vectors_named(part).is_empty());
        if (refuses || listing) && !shown && !begins_list {
            complaints.push(unit.to_owned());
        }
    }
    complaints
}

#[test]
fn what_the_specification_refuses_a_vector_shows() {
    let known = BTreeSet::from(["cut_short", "cut_long"].map(str::to_owned));
    let rule = |text: &str| unproved(text, &known).len();
    let fine = "It MUST reject\n\n- one (`cut_short`);\n- two (`cut_long`).\n\nElse it opens.";
    assert_eq!(rule(fine), 0);
    assert_eq!(rule(&fine.replace("two (`cut_long`)", "two")), 2);
    assert_eq!(rule(&fine.replace("cut_long", "cut_wide")), 2);
    assert_eq!(rule(&format!("{fine}\n\nIt MUST refuse a third.")), 1);
    let text = fs::read_to_string(root().join("vault-format.md")).unwrap();
    let entries = fs::read_dir(root().join("tests/vectors/vault")).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name());
    let vectors = names.map(|name| name.into_string().unwrap()).collect();
    assert_eq!(unproved(&text, &vectors), [""; 0]);
}

//! What a terminal gets: nothing that steers it, whatever an account is called, and no more than it understands.

use authr_testkit::{Ended, Home};

use crate::{AUTHR, PASSWORD, add, authr, json, program};

/// What steers a terminal, reorders what it shows, or hides in it. A line end is not among it.
fn steers(c: char) -> bool {
    (c.is_control() && c != '\n')
        || matches!(c, '\u{200B}' | '\u{200E}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

/// A home with an account whose every text is hostile, and one that is wide and as long as a name gets.
fn hostile_home() -> Home {
    let home = Home::new();
    let evil = "otpauth://totp/%E2%80%AEevil%C2%9b31m:a%E2%80%8F%E2%81%A6b?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
    let wide = format!(
        "otpauth://totp/{}:{}?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJR",
        "%E6%9D%B1".repeat(85),
        "w".repeat(256)
    );
    for uri in [evil, &wide] {
        let _ = add(&home, uri).succeeded();
    }
    let note = "\u{1b}[2J\u{202e}note\n\u{9b}31m";
    let edit = [
        "edit",
        "evil",
        "--note",
        note,
        "--icon",
        "\u{1b}]0;title\u{7}",
    ];
    let _ = authr(&home, &edit).succeeded();
    let _ = authr(&home, &["tag", "evil", "+\u{202e}gat"]).succeeded();
    home
}

/// What a terminal of 40 columns showed.
fn on_40_columns(home: &Home, variables: &[(&str, &str)], arguments: &[&str]) -> Ended {
    let mut program = program(home, PASSWORD).args(arguments);
    for (name, value) in variables {
        program = program.env(name, value);
    }
    program.sit(40).end()
}

const PLAIN_TERMINALS: [&[(&str, &str)]; 2] = [&[("TERM", "dumb")], &[("NO_COLOR", "1")]];

#[test]
fn no_text_of_an_account_steers_the_terminal_in_any_command() {
    let home = hostile_home();
    for arguments in [
        &["list"][..],
        &["list", "--codes"],
        &["list", "evil"],
        &["show", "evil"],
        &["show", "evil", "--secret"],
        &["code", "evil", "ww"],
        &["code", "evil", "--at", "@59", "--next"],
        &["tag", "evil"],
        &["tag", "evil", "+b"],
        &["pin", "evil"],
        &["rename", "evil", "--label", "c\u{202e}"],
        &["edit", "evil", "--icon", "\u{1b}c"],
        &["code", "e\u{1b}[2J"],
        &["list", "--tag", "\u{202e}"],
        &["remove", "evil", "--yes"],
        &["trash"],
        &["trash", "restore", "evil"],
        &["undo", "--yes"],
    ] {
        let ran = authr(&home, arguments);
        let shown = format!("{}{}", ran.stdout, ran.stderr);
        assert!(!shown.is_empty(), "{arguments:?}");
        assert!(!shown.contains(steers), "{arguments:?}: {shown:?}");
        assert_ne!(ran.code, None, "{ran}");
    }
}

#[test]
fn json_keeps_a_hostile_text_as_it_is_and_escapes_it() {
    let home = hostile_home();
    let printed = authr(&home, &["show", "evil", "--json"]).succeeded();
    assert!(!printed.contains(steers), "{printed:?}");
    let shown = json(&home, &["show", "evil"]);
    assert_eq!(shown["note"], "\u{1b}[2J\u{202e}note\n\u{9b}31m");
}

/// The columns that a line takes; of wide characters there is this one.
fn columns(line: &str) -> usize {
    line.chars().map(|c| 1 + usize::from(c == '東')).sum()
}

#[test]
fn at_40_columns_no_line_of_a_table_is_broken() {
    let home = hostile_home();
    let list = "otpauth://totp/%E6%9D%B1%E6%9D%B1%E6%9D%B1%E6%9D%B1%E6%9D%B1%E6%9D%B1%E6%9D%B1:a-very-long-label-of-an-account?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJS";
    home.file("list.txt", list);
    let _ = authr(&home, &["pin", "evil"]).succeeded();
    let rows = |arguments: &[&str], rows: usize| {
        let ended = on_40_columns(&home, &[("NO_COLOR", "1")], arguments);
        let after_waiting = ended.text.rsplit("\x1b[K").next().expect("a piece");
        // A title, and the rows under it.
        let table = after_waiting.lines().take(rows + 1);
        assert_eq!(table.clone().count(), rows + 1, "{after_waiting}");
        for line in table {
            assert!(columns(line) <= 40, "{arguments:?}: {line:?}");
            assert!(!line.starts_with(' '), "{arguments:?}: {line:?}");
        }
        after_waiting.to_owned()
    };
    for arguments in [&["list"][..], &["list", "--codes"]] {
        let shown = rows(arguments, 2);
        assert_eq!(shown.lines().count(), 3, "{shown}");
    }
    rows(&["import", "list.txt", "--dry-run"], 1);
    rows(&["config"], 4);
    rows(&["backup", "list"], 4);
    let _ = authr(&home, &["remove", "evil", "ww", "--yes"]).succeeded();
    rows(&["trash"], 2);
}

#[test]
fn a_dumb_terminal_gets_no_escape_sequence_and_no_color_no_color() {
    let home = hostile_home();
    for variables in PLAIN_TERMINALS {
        for arguments in [
            &["list", "--codes"][..],
            &["show", "evil"],
            &["code", "evil"],
            &["code", "nobody"],
            &["backup", "list"],
            &["trash"],
            &["doctor"],
            &["--help"],
            &[],
        ] {
            let ended = on_40_columns(&home, variables, arguments);
            let shown = ended.text.replace("\r\x1b[K", "");
            assert!(!shown.contains('\x1b'), "{variables:?} {ended:?}");
            let erased = shown.len() < ended.text.len();
            assert!(!erased || variables[0].0 == "NO_COLOR", "{ended:?}");
            assert!(!shown.trim().is_empty(), "{arguments:?}");
        }
    }
}

#[test]
fn who_listens_hears_a_code_and_its_seconds_once() {
    let home = hostile_home();
    let ended = on_40_columns(&home, &[], &["--plain", "code", "evil"]);
    let (code, left) = ended.text.trim().split_once(", ").expect("two parts");
    assert!(code.len() == 6 && code.chars().all(|c| c.is_ascii_digit()));
    assert!(left.ends_with(" seconds left"), "{left}");
    let piped = authr(&home, &["--plain", "code", "evil"]).succeeded();
    assert_eq!(piped.trim().len(), 6);
    let _ = home
        .program(AUTHR)
        .args(["--plain", "list"])
        .run()
        .failed(3);
}

/// What each escape sequence asks of a terminal that does not only show text: `31m` a colour, `K` to erase.
fn sequences(text: &str) -> Vec<&str> {
    let after = text.split("\x1b").skip(1);
    after
        .map(|piece| {
            let body = piece.strip_prefix('[').unwrap_or(piece);
            let end = body.find(|c: char| c.is_ascii_alphabetic());
            if piece.starts_with('[') {
                &body[..=end.expect("a sequence has an end")]
            } else {
                piece
            }
        })
        .collect()
}

#[test]
fn colours_are_those_that_show_on_light_and_on_dark_and_no_title_is_set() {
    let home = hostile_home();
    // Off, bold, dim, underlined, reversed; red, green, yellow, blue, magenta, cyan. No white, black or grey, and no background.
    let shows: Vec<String> = [0, 1, 2, 4, 7, 31, 32, 33, 34, 35, 36, 39]
        .iter()
        .map(|code| format!("{code}m"))
        .collect();
    let mut coloured = 0;
    for arguments in [
        &["list", "--codes"][..],
        &["show", "evil"],
        &["code", "evil"],
        &["code", "nobody"],
        &["edit", "evil", "--note", "n"],
        &["backup", "list"],
        &["doctor"],
        &["import", "password"],
        &["list", "--no-such-option"],
        &["--help"],
        &["code", "--help"],
        &["remove", "evil", "--yes"],
        &["trash"],
        &["undo", "--yes"],
    ] {
        let ended = on_40_columns(&home, &[], arguments);
        for sequence in sequences(&ended.text) {
            let erases = sequence == "K";
            let shown = shows.iter().any(|shows| shows == sequence);
            assert!(erases || shown, "{arguments:?}: {sequence:?} {ended:?}");
            coloured += usize::from(shown);
        }
    }
    assert!(coloured > 20, "the test looks at colours");
}

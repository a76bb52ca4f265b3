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

#[test]
fn at_40_columns_no_line_of_a_list_is_broken() {
    let home = hostile_home();
    for arguments in [&["list"][..], &["list", "--codes"]] {
        let ended = on_40_columns(&home, &[("NO_COLOR", "1")], arguments);
        assert_eq!(ended.code, Some(0), "{ended:?}");
        let after_waiting = ended.text.rsplit("\x1b[K").next().expect("a piece");
        assert_eq!(after_waiting.lines().count(), 3, "{after_waiting}");
        for line in after_waiting.lines() {
            let columns: usize = line.chars().map(|c| 1 + usize::from(c == '東')).sum();
            assert!(columns <= 40, "{line:?}");
        }
    }
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

//! What is written about an account, and the order that accounts stand in.

use authr_testkit::Home;

use crate::{AUTHR, PASSWORD, authr, home_with_two, json, program};

const SECRET: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

fn labels(home: &Home, arguments: &[&str]) -> Vec<String> {
    let listed = json(home, &[&["list"], arguments].concat());
    let accounts = listed.as_array().expect("a list").iter();
    accounts
        .map(|account| account["label"].as_str().expect("a label").to_owned())
        .collect()
}

#[test]
fn show_tells_all_but_the_secret_and_the_secret_only_when_asked_for() {
    let home = home_with_two();
    for arguments in [&["show", "bob"][..], &["show", "bob", "--json"]] {
        let ran = authr(&home, arguments);
        assert!(!ran.to_string().contains(SECRET), "{ran}");
        let shown = ran.succeeded();
        for said in ["Acme", "bob", "hotp", "SHA1", "counter"] {
            assert!(shown.contains(said), "{shown}");
        }
    }
    let shown = authr(&home, &["show", "bob", "--secret"]).succeeded();
    assert!(
        shown.contains(&format!("\nsecret    {SECRET}\n")),
        "{shown}"
    );
    let shown = json(&home, &["show", "bob", "--secret"]);
    assert_eq!(
        (&shown["secret"], &shown["counter"]),
        (&SECRET.into(), &3.into())
    );
    // Looking moves no counter.
    assert_eq!(json(&home, &["show", "bob"])["counter"], 3);
}

#[test]
fn an_edit_changes_what_is_named_and_nothing_else() {
    let home = home_with_two();
    let note = ["edit", "ada", "--note", "the blue card", "--icon", "card"];
    let _ = authr(&home, &note).succeeded();
    let shown = json(&home, &["show", "ada"]);
    assert_eq!(shown["note"], "the blue card");
    assert_eq!(shown["icon"], "card");
    assert_eq!(shown["issuer"], "drchrono");
    let piped = program(&home, PASSWORD).args(["edit", "ada", "--note", "-"]);
    let _ = piped.stdin("two\nlines\n").run().succeeded();
    assert_eq!(json(&home, &["show", "ada"])["note"], "two\nlines");
    let shown = authr(&home, &["show", "ada"]).succeeded();
    assert!(
        shown.contains("note      two\nnote      lines\n"),
        "{shown}"
    );
    let edited = json(&home, &["edit", "ada", "--note", "", "--label", "eve"]);
    assert_eq!(
        (&edited["note"], &edited["label"]),
        (&"".into(), &"eve".into())
    );
    assert_eq!(edited["icon"], "card");
}

#[test]
fn an_edit_that_goes_too_far_changes_nothing() {
    let home = home_with_two();
    let before = std::fs::read(crate::vault(&home)).unwrap();
    let long = "n".repeat(4097);
    for arguments in [
        &["edit", "ada", "--note", &long][..],
        &["edit", "ada", "--icon", &long],
        &["edit", "ada", "--issuer", "", "--label", ""],
        &["rename", "ada", "--issuer", "", "--label", ""],
    ] {
        let _ = authr(&home, arguments).failed(2);
    }
    let piped = program(&home, PASSWORD).args(["edit", "ada", "--note", "-"]);
    let _ = piped.stdin(long).run().failed(2);
    let _ = authr(&home, &["edit", "ada"]).failed(3);
    let tags: Vec<String> = (0..33).map(|number| format!("+t{number}")).collect();
    let mut many = vec!["tag", "ada"];
    many.extend(tags.iter().map(String::as_str));
    let _ = authr(&home, &many).failed(2);
    assert_eq!(std::fs::read(crate::vault(&home)).unwrap(), before);
}

#[test]
fn tags_come_and_go_and_case_alone_makes_no_other() {
    let home = home_with_two();
    let _ = authr(&home, &["tag", "ada", "+Work", "+money"]).succeeded();
    let _ = authr(&home, &["tag", "ada", "+WORK"]).succeeded();
    assert_eq!(authr(&home, &["tag", "ada"]).succeeded(), "Work\nmoney\n");
    assert_eq!(labels(&home, &["--tag", "work"]), ["ada"]);
    let tagged = json(&home, &["tag", "ada", "-work", "+y"]);
    assert_eq!(tagged["tags"], serde_json::json!(["money", "y"]));
    let _ = authr(&home, &["tag", "ada", "--", "-y"]).succeeded();
    assert_eq!(authr(&home, &["tag", "ada"]).succeeded(), "money\n");
    for nonsense in ["work", "+", "+ "] {
        let _ = authr(&home, &["tag", "ada", nonsense]).failed(2);
    }
}

#[test]
fn a_list_is_sorted_as_it_is_asked_for() {
    let home = home_with_two();
    assert_eq!(labels(&home, &[]), ["bob", "ada"]);
    let _ = authr(&home, &["pin", "ada"]).succeeded();
    assert_eq!(labels(&home, &[]), ["ada", "bob"]);
    assert_eq!(labels(&home, &["--sort", "name"]), ["bob", "ada"]);
    let _ = authr(&home, &["unpin", "ada"]).succeeded();
    assert_eq!(labels(&home, &["--sort", "pinned"]), ["bob", "ada"]);
    for label in ["ada", "ada", "bob"] {
        let _ = authr(&home, &["code", label]).succeeded();
    }
    assert_eq!(labels(&home, &["--sort", "most-used"]), ["ada", "bob"]);
    assert_eq!(json(&home, &["show", "ada"])["uses"], 2);
}

#[test]
fn a_query_is_fuzzy_in_lists_and_nowhere_else() {
    let home = home_with_two();
    assert_eq!(labels(&home, &["drcn"]), ["ada"]);
    assert_eq!(labels(&home, &["ac", "bb"]), ["bob"]);
    assert_eq!(labels(&home, &["nobody"]), [""; 0]);
    let ran = authr(&home, &["list", "nobody"]);
    assert!(ran.stderr.contains("No account answers to that."), "{ran}");
    let _ = ran.succeeded();
    let _ = authr(&home, &["code", "drcn"]).failed(4);
    let _ = home.program(AUTHR).args(["list", "drcn"]).run().failed(3);
}

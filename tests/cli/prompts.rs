use authr_testkit::Home;

use crate::{ADA, AUTHR, PASSWORD, authr, home_with_two, vault};

#[test]
fn ctrl_c_at_each_prompt_gives_the_echo_back_and_leaves_all_as_it_was() {
    let before = [
        (&["list"][..], "Backups password: ", true),
        (&["add", ADA], "make one): ", true),
        (&["add"], "): ", false),
        (&["add", "--issuer", "i", "--label", "l"], "): ", true),
    ];
    for (arguments, question, hidden) in before {
        let home = if arguments == ["list"] {
            home_with_two()
        } else {
            Home::new()
        };
        let vault_before = std::fs::read(vault(&home)).ok();
        let mut sitting = home.program(AUTHR).args(arguments).sit(80);
        sitting.wait_for(question);
        assert_eq!(sitting.echoes(), !hidden, "{arguments:?}");
        sitting.press(b"halfway");
        sitting.press(b"\x03");
        let ended = sitting.end();
        assert_eq!(
            (ended.signal, ended.echoes),
            (Some(2), true),
            "{arguments:?} {ended:?}"
        );
        assert_eq!(
            std::fs::read(vault(&home)).ok(),
            vault_before,
            "{arguments:?}"
        );
    }
}

#[test]
fn the_first_add_asks_twice_for_a_password_and_shows_a_code() {
    let home = Home::new();
    let mut sitting = home.program(AUTHR).args(["add", ADA]).sit(80);
    sitting.wait_for("make one): ");
    sitting.type_line(PASSWORD);
    sitting.wait_for("again: ");
    sitting.type_line(PASSWORD);
    let ended = sitting.end();
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(ended.text.contains("Added drchrono:ada."), "{ended:?}");
    assert!(authr(&home, &["list"]).succeeded().contains("ada"));
}

#[test]
fn a_wrong_password_may_be_typed_again() {
    let home = home_with_two();
    let mut sitting = home.program(AUTHR).args(["list"]).sit(40);
    sitting.wait_for("Backups password: ");
    sitting.type_line("wrong");
    sitting.wait_for("try again");
    sitting.wait_for("Backups password: ");
    sitting.type_line(PASSWORD);
    let ended = sitting.end();
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(ended.text.contains("drchrono"), "{ended:?}");
}

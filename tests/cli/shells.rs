//! What another program reads: completions, and the manual.

use authr_testkit::Home;

use crate::{AUTHR, authr};

#[test]
fn shells_take_the_completions_and_every_command_has_a_page() {
    let home = Home::new();
    let said = |arguments: &[&str]| home.program(AUTHR).args(arguments).run().succeeded();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = said(&["completions", shell]);
        assert!(script.contains("min-remaining"), "{shell}");
    }
    let bash = home.file("authr.bash", said(&["completions", "bash"]));
    let ran = home.program("/bin/bash").arg("-n").arg(bash).run();
    assert_eq!(ran.succeeded(), "");
    assert!(said(&["man"]).contains("Exit codes:"));
    let page = said(&["man", "code"]);
    assert!(page.starts_with(".ie"), "{page}");
    for option in ["min\\-remaining", "password\\-file"] {
        assert!(page.contains(option), "{option}");
    }
    assert!(said(&["man", "backup", "verify"]).contains("authr\\-backup\\-verify"));
    let _ = authr(&home, &["man", "cod"]).failed(2);
    assert!(!home.authr().exists());
}

use authr_testkit::{ACCOUNTS, Canary, Home};

use crate::copy::{Desktop, command_lines};
use crate::{PASSWORD, authr, home_with_two, program};

#[test]
fn no_file_of_the_installation_holds_a_secret_an_issuer_or_a_label() {
    let home = Home::new();
    let list: String = ACCOUNTS
        .iter()
        .map(|account| format!("{}\n", account.uri))
        .collect();
    home.file("list.txt", list);
    let _ = authr(&home, &["import", "list.txt", "--yes"]).succeeded();
    let _ = authr(
        &home,
        &[
            "rename",
            ACCOUNTS[0].label,
            "--label",
            "another-label-entirely",
        ],
    )
    .succeeded();
    let _ = authr(&home, &["backup", "create", "authr/copy.authr"]).succeeded();
    let _ = authr(&home, &["code", ACCOUNTS[1].label]).succeeded();

    let mut canary = Canary::new().secret("password", PASSWORD);
    for account in &ACCOUNTS {
        canary = canary.secret("secret", account.secret());
        canary = canary
            .secret("issuer", account.issuer)
            .secret("label", account.label);
    }
    let files = canary.assert_absent_under(&home.authr());
    assert!(files >= 6, "only {files} files were searched");
}

#[test]
fn no_process_that_goes_on_has_a_secret_in_its_arguments_or_environment_or_a_file() {
    let (home, desktop) = (home_with_two(), Desktop::start());
    let unlock = ["unlock", "--idle", "2m", "--longest", "2m"];
    let _ = authr(&home, &unlock).succeeded();
    let copy = ["code", "ada", "--at", "@1111111109", "--copy"];
    let copied = program(&home, PASSWORD).args(copy);
    let _ = copied.env("DISPLAY", &desktop.display).run().succeeded();
    assert_eq!(desktop.clipboard(), "081804");
    let canary = Canary::new()
        .secret("password", PASSWORD)
        .secret("secret", "12345678901234567890")
        .secret("code", "081804");
    let (lines, processes) = command_lines(&home);
    assert!(processes >= 2, "the agent and the clipboard's: {lines}");
    canary.assert_absent("a process", lines);
    canary.assert_absent_under(&home.authr());
    let _ = authr(&home, &["lock"]).succeeded();
}

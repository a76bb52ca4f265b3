use authr_testkit::{ACCOUNTS, Canary, Home};

use crate::copy::Desktop;
use crate::{AUTHR, PASSWORD, authr, home_with_two};

const NEW: &str = "velvet-compass-otter-plinth-73";

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

/// Every program that a command line starts, itself among them, with arguments and environment, until the last has ended.
fn started(home: &Home, desktop: &Desktop, arguments: &[&str], stdin: &str) -> String {
    let strace = home.program("/usr/bin/strace").args([
        "-f",
        "-v",
        "-s",
        "65536",
        "-e",
        "trace=execve",
        "-o",
        "started",
        AUTHR,
        "--password-file",
        "password",
    ]);
    let ran = strace.args(arguments).stdin(stdin);
    let _ = ran.env("DISPLAY", &desktop.display).run().succeeded();
    std::fs::read_to_string(home.path().join("started")).expect("what was started")
}

#[test]
fn no_program_that_is_started_has_a_secret_in_its_arguments_or_environment() {
    let (home, desktop) = (home_with_two(), Desktop::start());
    home.file("new", NEW);
    let canary = Canary::new()
        .secret("password", PASSWORD)
        .secret("new password", NEW)
        .secret("secret", "12345678901234567890")
        .secret("other secret", "Hello!\u{1}\u{2}\u{3}\u{4}")
        .secret("code", "081804");
    let eve = "otpauth://totp/eve?secret=JBSWY3DPEEAQEAYE";
    let mut programs = 0;
    for (arguments, stdin) in [
        (&["config", "set", "clipboard.clear_after", "5s"][..], ""),
        (&["add", "-"], eve),
        (&["code", "ada", "--at", "@1111111109", "--copy"], ""),
        (&["unlock", "--idle", "1s", "--longest", "1s"], ""),
        (&["backup", "create", "copy.authr"], ""),
        (&["password", "change", "--new-password-file", "new"], ""),
    ] {
        let log = started(&home, &desktop, arguments, stdin);
        canary.assert_absent(&format!("{arguments:?}"), &log);
        programs += log.matches("execve(").count();
    }
    assert!(programs >= 8, "the agent and the clipboard's: {programs}");
    canary.assert_absent_under(&home.authr());
}

use authr_testkit::{ACCOUNTS, Canary, Home};

use crate::{PASSWORD, authr};

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

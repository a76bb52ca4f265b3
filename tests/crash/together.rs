//! Many processes that save one vault at once.

use authr_testkit::Home;

use crate::{AUTHR, PASSWORD};

const PROCESSES: usize = 20;
const EDITS: usize = 100;

#[test]
fn twenty_processes_with_a_hundred_edits_each_lose_none() {
    let home = Home::new();
    home.file("password", PASSWORD);
    let uri = |process: usize, edit: usize| {
        let secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
        format!(
            "otpauth://totp/p{process}:e{edit}?secret={secret}&digits=8&period={}",
            process * EDITS + edit + 1
        )
    };
    let with_password = |arguments: &[&str], stdin: &str| {
        let program = home.program(AUTHR).args(["--password-file", "password"]);
        program.args(arguments).stdin(stdin).run().succeeded()
    };
    with_password(
        &["add", "-"],
        "otpauth://totp/first?secret=MFRGGZDFMZTWQ2LK",
    );
    let code = with_password(&["recovery", "new"], "");
    home.file("code", code);
    let run = |arguments: &[&str], stdin: String| {
        let program = home
            .program(AUTHR)
            .args(["--quiet", "--recovery-code-file", "code"]);
        program.args(arguments).stdin(stdin).run().succeeded()
    };
    std::thread::scope(|scope| {
        for process in 0..PROCESSES {
            let run = &run;
            scope.spawn(move || {
                (0..EDITS).for_each(|edit| drop(run(&["add", "-"], uri(process, edit))))
            });
        }
    });
    let listed = run(&["list", "--json"], String::new());
    let listed: serde_json::Value = serde_json::from_str(&listed).unwrap();
    let listed = listed.as_array().unwrap();
    assert_eq!(listed.len(), 1 + PROCESSES * EDITS);
    for process in 0..PROCESSES {
        for edit in 0..EDITS {
            let is_it = |account: &serde_json::Value| {
                account["issuer"] == format!("p{process}") && account["label"] == format!("e{edit}")
            };
            assert!(listed.iter().any(is_it), "edit {edit} of process {process}");
        }
    }
}

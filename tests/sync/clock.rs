//! A machine whose clock is wrong, and a server that is away.

use super::*;

#[test]
fn a_server_that_is_away_is_named_and_nothing_changes() {
    let mut server = server();
    let laptop = Machine::new(&server);
    laptop.enrol(&server, "register");
    laptop.add_github();
    server.stop();
    let said = laptop.authr(&["sync"]).failed(6);
    assert!(
        said.contains(&server.url()) && said.contains("hint:"),
        "{said}"
    );
    // Everything else works without it.
    assert_eq!(
        laptop
            .authr(&["code", "GitHub", "--at", AT])
            .succeeded()
            .trim(),
        CODE
    );
    server.start_again();
    laptop.authr(&["sync"]).succeeded();
    let phone = Machine::new(&server);
    assert!(phone.enrol(&server, "restore").contains("GitHub"));
}

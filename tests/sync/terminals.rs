//! What is asked and shown on a terminal, of what the server has.

use super::*;

#[test]
fn ctrl_c_at_the_question_removes_no_device_and_the_table_fits_a_narrow_terminal() {
    let server = server();
    let (laptop, phone) = (Machine::new(&server), Machine::new(&server));
    laptop.enrol(&server, "register");
    phone.enrol(&server, "restore");
    let (_, lost) = phone.devices();
    let lost = lost.expect("the laptop");
    let mut sitting = phone
        .program(PASSWORD, &["devices", "remove", &lost])
        .sit(80);
    sitting.wait_for("? [y/N]: ");
    sitting.press(b"y\x03");
    let ended = sitting.end();
    assert_eq!((ended.signal, ended.echoes), (Some(2), true), "{ended:?}");
    assert_eq!(phone.devices().1, Some(lost.clone()));
    laptop.authr(&["sync"]).succeeded();

    let list = phone.program(PASSWORD, &["devices", "list"]);
    let ended = list.env("NO_COLOR", "1").sit(40).end();
    let shown = ended.text.rsplit("\x1b[K").next().expect("a piece");
    assert_eq!(shown.lines().count(), 3, "{shown}");
    for line in shown.lines() {
        assert!(line.chars().count() <= 40, "{line:?}");
    }
    assert!(
        shown.contains(&lost[..8]) && shown.contains("this device"),
        "{shown}"
    );
}

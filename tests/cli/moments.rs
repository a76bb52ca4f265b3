//! Codes at other moments than now: the next, the one before, and each as it comes.

use std::cell::Cell;
use std::ffi::OsString;
use std::io::{self, Write};
use std::rc::Rc;
use std::time::Duration;

use authr::{Clock, Context, Terminal};
use authr_testkit::{Captured, CheapKdf, Home};

use crate::{ADA, PASSWORD, add, authr, home_with_two, program};

/// A clock that moves only while something waits.
#[derive(Clone)]
struct Waiting(Rc<Cell<Duration>>);

impl Clock for Waiting {
    fn now(&self) -> u64 {
        self.0.get().as_secs()
    }

    fn wait(&self, time: Duration) {
        self.0.set(self.0.get() + time);
    }
}

/// A reader that stops after some lines.
struct Stops {
    lines: usize,
    shown: Captured,
}

impl Write for Stops {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.lines == 0 {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        self.lines -= 1;
        self.shown.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Runs the command line at a time, until a reader has some lines: the exit code, both streams, the time at the end.
fn at(home: &Home, time: u64, lines: usize, arguments: &[&str]) -> (u8, String, String, u64) {
    let (shown, said) = (Captured::default(), Captured::default());
    let stops = Stops {
        lines,
        shown: shown.clone(),
    };
    let terminal = Terminal::unattended(80, stops, said.clone());
    let mut context = Context::new(terminal, Some(home.authr()));
    let clock = Waiting(Rc::new(Cell::new(Duration::from_secs(time))));
    context.clock = Box::new(clock.clone());
    context.kdf = Box::new(CheapKdf);
    let password = home.file("password", PASSWORD);
    let password = password.to_str().expect("a path in UTF-8");
    let before = ["authr", "--password-file", password];
    let arguments: Vec<_> = before.iter().chain(arguments).map(OsString::from).collect();
    let code = authr::run(arguments, &context);
    (code, shown.take(), said.take(), clock.now())
}

#[test]
fn the_codes_beside_are_those_of_one_period_before_and_after() {
    let home = home_with_two();
    let code = |arguments: &[&str]| {
        let of_ada = [&["code", "ada", "--at"], arguments].concat();
        authr(&home, &of_ada).succeeded()
    };
    // RFC 6238 appendix B, the last six digits.
    assert_eq!(code(&["@59"]), "287082\n");
    assert_eq!(code(&["@89", "--previous"]), "287082\n");
    assert_eq!(code(&["@29", "--next"]), "287082\n");
    let first = authr(&home, &["code", "ada", "--at", "@29", "--previous"]);
    assert!(first.stderr.contains("there is no such code"), "{first}");
    let _ = first.failed(2);
    let _ = authr(&home, &["code", "ada", "--next", "--previous"]).failed(2);
}

#[test]
fn an_account_that_counts_gives_each_code_once_and_at_its_turn() {
    let home = home_with_two();
    let before = std::fs::read(crate::vault(&home)).unwrap();
    for flag in ["--next", "--previous", "--watch"] {
        let ran = authr(&home, &["code", "bob", flag]);
        assert!(ran.stderr.contains("counts"), "{ran}");
        let _ = ran.failed(2);
    }
    assert_eq!(std::fs::read(crate::vault(&home)).unwrap(), before);
}

#[test]
fn a_code_with_too_few_seconds_left_is_waited_over() {
    let home = Home::new();
    let (code, ..) = at(&home, 1, usize::MAX, &["add", ADA]);
    assert_eq!(code, 0);
    let wait = ["code", "ada", "--min-remaining", "5"];
    let (code, shown, said, now) = at(&home, 55, usize::MAX, &wait);
    assert_eq!((code, said.as_str(), now), (0, "", 55));
    assert!(shown.starts_with("287 082"), "{shown}");
    let (code, shown, said, now) = at(&home, 26, usize::MAX, &wait);
    assert_eq!((code, now), (0, 30), "{said}");
    assert_eq!(said, "Waiting 4 s for the next code.\n");
    assert!(shown.starts_with("287 082"), "{shown}");
    let never = ["code", "ada", "--min-remaining", "31"];
    let (code, _, said, now) = at(&home, 26, usize::MAX, &never);
    assert_eq!((code, now), (2, 26));
    assert!(said.contains("30 seconds at most"), "{said}");
}

#[test]
fn each_code_is_a_line_where_nothing_redraws_and_a_reader_who_leaves_ends_it() {
    let home = Home::new();
    let (code, ..) = at(&home, 1, usize::MAX, &["add", ADA]);
    assert_eq!(code, 0);
    let (code, shown, said, now) = at(&home, 59, 2, &["code", "ada", "--watch"]);
    assert_eq!((code, said.as_str()), (0, ""));
    assert_eq!(shown, "287082\n359152\n");
    assert_eq!(now, 90, "the third code found nobody");
}

#[test]
fn on_a_terminal_it_is_drawn_in_one_place_until_ctrl_c() {
    let home = Home::new();
    let quick = "otpauth://totp/quick?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&period=3";
    let _ = add(&home, quick).succeeded();
    let mut sitting = program(&home, PASSWORD)
        .args(["code", "quick", "--watch"])
        .sit(40);
    for seconds in ["3 s", "2 s", "1 s", "3 s"] {
        sitting.wait_for(seconds);
    }
    sitting.press(b"\x03");
    let ended = sitting.end();
    assert_eq!(ended.signal, Some(2), "{ended:?}");
    assert!(ended.text.contains("\x1b[1A\r\x1b[K"), "{ended:?}");
}

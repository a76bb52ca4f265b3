//! Commands through the agent do what they do without it.

use std::collections::BTreeSet;
use std::io::Write;
use std::os::unix::net::UnixStream;

use authr_testkit::Ran;

use crate::{AUTHR, DONE, PASSWORD, USE, Watched, asked, frame, hello, rest, text};

#[test]
fn what_the_agent_answers_is_what_the_program_answers_without_it() {
    let home = Watched::unlocked();
    let commands: [&[&str]; 17] = [
        &["code", "drchrono", "--at", "@59"],
        &["code", "bob", "ada", "--at", "@1111111109", "--json"],
        &["list"],
        &["list", "--json"],
        &["list", "--json", "--tag", "none"],
        &["list", "gthb"],
        &["list", "acm", "--json"],
        &["list", "--sort", "name"],
        &["code", "ada", "--next", "--at", "@59"],
        &["code", "ada", "--previous", "--at", "@1"],
        &["code", "bob", "--next"],
        &["show", "ada"],
        &["show", "bob", "--json"],
        &["code", "nobody"],
        &["code", "drchrona", "--json"],
        &["code", "b", "a", "--at", "@59"],
        &["code", "d", "", "--at", "@59"],
    ];
    for command in commands {
        let through_it = home.authr(command).to_string();
        let without = home.with_password(command).run().to_string();
        assert_eq!(through_it, without, "{command:?}");
    }
}

#[test]
fn while_the_vault_is_unlocked_nobody_asks_for_the_password() {
    let home = Watched::locked();
    assert!(
        home.authr(&["code", "ada"])
            .failed(3)
            .contains("no terminal")
    );
    home.unlock();
    assert_eq!(home.authr(&["code", "ada"]).succeeded().trim().len(), 6);
    assert_eq!(
        home.json(&["list", "--codes"])[1]["code"]
            .as_str()
            .unwrap()
            .len(),
        6
    );
}

#[test]
fn unlocking_twice_is_one_agent() {
    let home = Watched::unlocked();
    let agent = home.agent();
    let said = home.with_password(&["unlock"]).run();
    assert!(said.stderr.contains("unlocked already"), "{said}");
    assert_eq!(home.agent(), agent);
}

#[test]
fn a_password_that_is_given_is_the_one_that_opens() {
    let home = Watched::unlocked();
    home.0.file("password", "not-the-password-at-all");
    home.with_password(&["code", "ada"]).run().failed(3);
    home.0.file("password", PASSWORD);
}

#[test]
fn what_shows_a_secret_asks_for_the_password_all_the_same() {
    let home = Watched::unlocked();
    let out = home.0.path().join("out");
    let export = ["export", "--plaintext", "-o", out.to_str().unwrap()];
    for command in [&export[..], &["qr", "ada"], &["show", "ada", "--secret"]] {
        assert!(home.authr(command).failed(3).contains("password"));
    }
}

#[test]
fn no_answer_has_a_secret() {
    let home = Watched::unlocked();
    let names = [&[2][..], &text("ada"), &text("drchrono")].concat();
    let questions = [
        // The list: no tag, no query, no order; with codes.
        vec![USE, 1, 0, 0, 0, 0],
        // The next codes at 59.
        [&[USE, 0][..], &names, &[1, 59, 1]].concat(),
        // What these are, with codes.
        [&[USE, 2][..], &names, &[0]].concat(),
    ];
    for question in questions {
        let (kind, answer) = asked(&home.socket(), &question);
        let answer = String::from_utf8_lossy(&answer).into_owned();
        assert!(kind == DONE && answer.contains("drchrono"), "{answer}");
        let hex = "3132333435363738393031323334353637383930";
        for secret in [
            "GEZDGNBVGY3T",
            "gezdgnbvgy3t",
            crate::SECRET,
            hex,
            "MTIzNDU2Nzg5",
            "12345678901234567890",
        ] {
            assert!(!answer.contains(secret), "{answer}");
        }
    }
}

#[test]
fn twenty_clients_at_once_get_twenty_codes_in_a_row() {
    let home = Watched::unlocked();
    let ran: Vec<Ran> = std::thread::scope(|scope| {
        let one = || home.authr(&["code", "bob"]);
        let all: Vec<_> = (0..20).map(|_| scope.spawn(one)).collect();
        all.into_iter().map(|one| one.join().unwrap()).collect()
    });
    let codes: BTreeSet<String> = ran.into_iter().map(Ran::succeeded).collect();
    assert_eq!(codes.len(), 20, "no code was shown twice");
    // The counter has moved by twenty, for whoever opens the vault without the agent too.
    let next = home.authr(&["code", "bob", "--at", "@0"]).succeeded();
    let without = home.with_password(&["code", "bob", "--at", "@0"]).run();
    assert_eq!(without.succeeded(), next);
    assert!(!codes.contains(&next));
}

#[test]
fn who_comes_after_sixteen_that_say_nothing_waits_until_they_are_hung_up_on() {
    let home = Watched::unlocked();
    let silent: Vec<_> = (0..16)
        .map(|_| UnixStream::connect(home.socket()).unwrap())
        .collect();
    let asked = ["code", "ada", "--at", "@0"];
    let code = home.authr(&asked).succeeded();
    assert_eq!(code, home.with_password(&asked).run().succeeded());
    for stream in silent {
        assert_eq!(rest(stream), b"");
    }
}

#[test]
fn what_another_process_saves_is_seen_and_its_counters_are_kept() {
    let home = Watched::unlocked();
    let rename = ["rename", "ada", "--label", "countess"];
    home.with_password(&rename).run().succeeded();
    assert!(home.authr(&["list"]).succeeded().contains("countess"));
    let mut codes = BTreeSet::new();
    for turn in 0..6 {
        let ran = match turn % 2 {
            0 => home.authr(&["code", "bob"]),
            _ => home.with_password(&["code", "bob"]).run(),
        };
        codes.insert(ran.succeeded());
    }
    assert_eq!(codes.len(), 6);
}

#[test]
fn the_agent_remembers_when_a_code_was_shown() {
    let home = Watched::unlocked();
    home.authr(&["code", "ada"]).succeeded();
    let list = home.json(&["list"]);
    assert_eq!(list[0]["label"], "bob");
    assert!(list[0]["last_used"].is_null(), "{list}");
    assert!(list[1]["last_used"].is_string(), "{list}");
}

#[test]
fn waiting_and_watching_go_through_the_agent_too() {
    let home = Watched::unlocked();
    let wait = ["code", "ada", "--min-remaining", "1"];
    assert_eq!(home.authr(&wait).succeeded().trim().len(), 6);
    let run = home.0.path().join("run");
    let program = home.0.program(AUTHR).env("XDG_RUNTIME_DIR", run);
    let mut watching = program.args(["code", "ada", "--watch"]).sit(80);
    watching.wait_for(" s");
    watching.press(b"\x03");
    assert_eq!(watching.end().signal, Some(2));
    assert!(home.json(&["list"])[1]["last_used"].is_string());
}

#[test]
fn what_is_no_question_is_refused_and_the_next_one_answered() {
    let home = Watched::unlocked();
    let socket = home.socket();
    let version = env!("CARGO_PKG_VERSION");
    for nonsense in [&b""[..], b"null", b"{\"Use\":\"Everything\"}", b"\xff\xff"] {
        let mut stream = hello(&socket, version);
        stream.write_all(&frame(nonsense)).unwrap();
        let answer = String::from_utf8_lossy(&rest(stream)).into_owned();
        assert!(answer.contains("what is no message"), "{answer}");
    }
    let frames: [&[u8]; 4] = [
        // No hello; one that breaks off; frames above 64 KiB.
        b"GET / HTTP/1.1\r\n\r\n",
        b"\0\0\0\x09AUTH",
        b"\x7f\xff\xff\xff",
        b"\0\x01\0\0",
    ];
    for bytes in frames {
        let mut stream = UnixStream::connect(&socket).unwrap();
        stream.write_all(bytes).unwrap();
        stream.shutdown(std::net::Shutdown::Write).unwrap();
        assert_eq!(rest(stream), b"");
    }
    assert_eq!(home.authr(&["code", "ada"]).succeeded().trim().len(), 6);
}

#[test]
fn the_agents_own_argument_does_nothing_for_a_person() {
    let home = Watched::locked();
    let ran = home.0.program(AUTHR).arg("agent-process").run();
    assert_eq!((ran.code, &*ran.stdout), (Some(1), ""));
}

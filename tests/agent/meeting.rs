//! Where commands and the agent meet, and with whom they do not.

use std::fs::Permissions;
use std::io::{Read, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::os::unix::net::UnixListener;

use crate::{Watched, frame, hello, rest};

#[test]
fn folder_and_socket_are_the_users_alone() {
    let home = Watched::unlocked();
    let mode = |path| std::fs::symlink_metadata(path).unwrap().mode() & 0o777;
    assert_eq!(mode(home.sockets()), 0o700);
    assert_eq!(mode(home.socket()), 0o600);
}

#[test]
fn a_folder_that_someone_else_can_reach_holds_no_agent_and_commands_go_without() {
    let home = Watched::locked();
    std::fs::create_dir(home.sockets()).unwrap();
    std::fs::set_permissions(home.sockets(), Permissions::from_mode(0o755)).unwrap();
    let refused = home.with_password(&["unlock"]).run().failed(1);
    assert!(refused.contains("is open to other users"), "{refused}");
    let asks = home.authr(&["code", "ada"]).failed(3);
    assert!(asks.contains("warning: ") && asks.contains("open to other users"));

    std::fs::remove_dir(home.sockets()).unwrap();
    let own = home.0.path().join("own");
    std::fs::create_dir(&own).unwrap();
    std::fs::set_permissions(&own, Permissions::from_mode(0o700)).unwrap();
    symlink(&own, home.sockets()).unwrap();
    let refused = home.with_password(&["unlock"]).run().failed(1);
    assert!(refused.contains("is a symbolic link"), "{refused}");
    assert_eq!(std::fs::read_dir(own).unwrap().count(), 0);
}

#[test]
fn a_home_named_in_two_ways_has_one_agent_and_two_homes_have_two() {
    let home = Watched::unlocked();
    let code = home.authr(&["--home", "./authr/../authr", "code", "ada", "--at", "@59"]);
    assert_eq!(code.succeeded(), "287082\n");
    let other = home.authr(&["--home", "elsewhere", "code", "ada"]);
    assert!(other.failed(4).contains("no vault"));
}

#[test]
fn a_client_of_another_version_is_told_the_agents_and_answered_nothing() {
    let home = Watched::unlocked();
    let version = env!("CARGO_PKG_VERSION");
    let mut stream = hello(&home.socket(), "0.0.9");
    // It may have hung up by now.
    let _ = stream.write_all(&frame(b"\"Status\""));
    let expected = [b"AUTHRAGT\x01", version.as_bytes()].concat();
    assert_eq!(rest(stream), frame(&expected));
    assert!(home.is_unlocked());
}

#[test]
fn an_agent_of_another_version_is_told_of_and_ended() {
    let home = Watched::unlocked();
    let socket = home.socket();
    home.authr(&["lock"]).succeeded();
    let listener = UnixListener::bind(&socket).unwrap();
    // What an agent of another version does: it says hello, and hangs up.
    let other = std::thread::spawn(move || {
        let mut purposes = Vec::new();
        while purposes.last() != Some(&2) {
            let (mut stream, _) = listener.accept().unwrap();
            let mut head = [0; 4];
            stream.read_exact(&mut head).unwrap();
            let mut body = vec![0; usize::try_from(u32::from_be_bytes(head)).unwrap()];
            stream.read_exact(&mut body).unwrap();
            purposes.push(body[8]);
            stream.write_all(&frame(b"AUTHRAGT\x010.0.9")).unwrap();
        }
        std::fs::remove_file(socket).unwrap();
        purposes
    });
    let found = home.json(&["doctor"]);
    assert_eq!(
        (&found[0]["finding"], &found[0]["command"]),
        (&"other-agent".into(), &"authr lock".into())
    );
    let ran = home.with_password(&["unlock"]).run();
    assert_eq!(ran.code, Some(0), "{ran}");
    assert!(
        ran.stderr.contains("the agent of authr 0.0.9 ends"),
        "{ran}"
    );
    assert_eq!(other.join().unwrap(), [1, 1, 2]);
    assert!(home.is_unlocked());
}

#[test]
fn the_doctor_finds_an_agent_whose_vault_is_gone() {
    let home = Watched::unlocked();
    let named = |found: &serde_json::Value| found[0]["finding"].clone();
    assert_eq!(named(&home.json(&["doctor"])), "no-recovery-code");
    std::fs::remove_file(home.0.authr().join("vault.authr")).unwrap();
    let found = home.json(&["doctor"]);
    assert_eq!(named(&found), "agent-without-vault");
    assert_eq!(found[0]["command"], "authr lock");
    home.authr(&["lock"]).succeeded();
    assert_eq!(named(&home.json(&["doctor"])), "no-vault");
    // A folder that others can write to is nobody's to trust.
    std::fs::set_permissions(home.sockets(), PermissionsExt::from_mode(0o777)).unwrap();
    assert_eq!(named(&home.json(&["doctor"])), "socket-folder");
}

#[test]
fn a_command_that_meets_another_version_ends_it_and_starts_its_own() {
    let home = Watched::unlocked();
    let socket = home.socket();
    home.authr(&["lock"]).succeeded();
    let listener = UnixListener::bind(&socket).unwrap();
    let other = std::thread::spawn(move || {
        for _ in 0..2 {
            let (mut stream, _) = listener.accept().unwrap();
            let mut hello = [0; 13];
            stream.read_exact(&mut hello).unwrap();
            stream.write_all(&frame(b"AUTHRAGT\x010.0.9")).unwrap();
        }
    });
    let run = home.0.path().join("run");
    let program = home.0.program(crate::AUTHR).env("XDG_RUNTIME_DIR", run);
    let mut sitting = program.args(["code", "ada", "--at", "@59"]).sit(80);
    sitting.wait_for("the agent is of authr 0.0.9");
    sitting.wait_for("Backups password");
    sitting.type_line(crate::PASSWORD);
    sitting.wait_for("287 082");
    assert_eq!(sitting.end().code, Some(0));
    other.join().unwrap();
    assert!(home.is_unlocked());
}

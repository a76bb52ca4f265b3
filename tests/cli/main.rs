//! The program from outside: real processes, real files, a home of their own.

mod accounts;
mod codes;
mod commands;
mod config;
mod contract;
mod copy;
mod counting;
mod damage;
mod doctor;
mod drawn;
mod export;
mod foreign;
mod moments;
mod paper;
mod pictures;
mod places;
mod prompts;
mod recovery;
mod scripts;
mod secrecy;
mod shells;
mod terminals;
mod trash;
mod usage;

use std::path::PathBuf;

use authr_testkit::{Home, Program, Ran};

const AUTHR: &str = env!("CARGO_BIN_EXE_authr");
const PASSWORD: &str = "sunlit-harbour-quarry-lemon-41";
const ADA: &str =
    "otpauth://totp/drchrono:ada?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=drchrono";
const BOB: &str =
    "otpauth://hotp/Acme:bob?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Acme&counter=3";

/// `authr` in a home, about to run with a backups password.
fn program(home: &Home, password: &str) -> Program {
    let path = home.path().join("password");
    // Written where it is another: processes at once must not meet a file that is being written.
    if std::fs::read(&path).ok().as_deref() != Some(password.as_bytes()) {
        home.file("password", password);
    }
    home.program(AUTHR).arg("--password-file").arg(path)
}

/// Runs `authr` in a home, with the backups password.
fn authr(home: &Home, arguments: &[&str]) -> Ran {
    authr_with(home, PASSWORD, arguments)
}

/// Runs `authr` in a home, with any password.
fn authr_with(home: &Home, password: &str, arguments: &[&str]) -> Ran {
    program(home, password).args(arguments).run()
}

/// Adds the account of a URI.
fn add(home: &Home, uri: &str) -> Ran {
    program(home, PASSWORD).args(["add", "-"]).stdin(uri).run()
}

/// What `authr … --json` prints.
fn json(home: &Home, arguments: &[&str]) -> serde_json::Value {
    let ran = program(home, PASSWORD).arg("--json").args(arguments).run();
    serde_json::from_str(&ran.succeeded()).expect("--json prints JSON")
}

fn vault(home: &Home) -> PathBuf {
    home.authr().join("vault.authr")
}

/// A home with one account, and one that counts.
fn home_with_two() -> Home {
    let home = Home::new();
    for uri in [ADA, BOB] {
        assert_eq!(add(&home, uri).succeeded(), "");
    }
    home
}

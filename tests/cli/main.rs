//! The program from outside: real processes, real files, a home of their own.

mod codes;
mod commands;
mod crash;
mod damage;
mod prompts;
mod secrecy;

use std::path::PathBuf;

use authr_testkit::{Home, Ran};

const AUTHR: &str = env!("CARGO_BIN_EXE_authr");
const PASSWORD: &str = "sunlit-harbour-quarry-lemon-41";
const ADA: &str =
    "otpauth://totp/drchrono:ada?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=drchrono";
const BOB: &str =
    "otpauth://hotp/Acme:bob?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Acme&counter=3";

/// Runs `authr` in a home, with the backups password.
fn authr(home: &Home, arguments: &[&str]) -> Ran {
    authr_with(home, PASSWORD, arguments)
}

/// Runs `authr` in a home, with any password.
fn authr_with(home: &Home, password: &str, arguments: &[&str]) -> Ran {
    let password = home.file("password", password);
    home.program(AUTHR)
        .arg("--password-file")
        .arg(password)
        .args(arguments)
        .run()
}

fn vault(home: &Home) -> PathBuf {
    home.authr().join("vault.authr")
}

/// A home with one account, and one that counts.
fn home_with_two() -> Home {
    let home = Home::new();
    for uri in [ADA, BOB] {
        let password = home.file("password", PASSWORD);
        let ran = home
            .program(AUTHR)
            .arg("--password-file")
            .arg(password)
            .args(["add", "-"])
            .stdin(uri)
            .run();
        assert_eq!(ran.succeeded(), "");
    }
    home
}

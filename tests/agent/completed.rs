//! Names that a shell completes, typed at real shells.

use crate::{AUTHR, Watched};

/// Names that steer a shell, each with how it begins.
const NAMES: [(&str, &str); 5] = [
    ("Inn Corp:ada lovelace", "Inn"),
    ("$(touch pwned);x:`touch pwned`", "\\$"),
    ("quoted'\"\\:& touch pwned", "quoted"),
    ("eq=al:at@example.com", "eq=al:at@"),
    ("*?[a]~{b,c}:#!1<>|", "\\*"),
];

/// A home with these accounts, unlocked, and a folder in which the program is `authr`.
fn home() -> Watched {
    let home = Watched::locked();
    let bin = home.0.path().join("bin");
    std::fs::create_dir(&bin).expect("a folder");
    std::os::unix::fs::symlink(AUTHR, bin.join("authr")).expect("a link");
    for (name, _) in NAMES {
        let (issuer, label) = name.split_once(':').expect("a name of two parts");
        let secret = home.0.file("secret", "MFRGGZDFMZTWQ2LK");
        let add = [
            "--yes",
            "add",
            "--issuer",
            issuer,
            "--label",
            label,
            "--secret-file",
        ];
        home.with_password(&add).arg(secret).run().succeeded();
    }
    home.unlock();
    home
}

/// Types `authr show BEGINNING`, Tab and Enter for each name, and looks which account is shown.
fn completes(home: &Watched, shell: &str, arguments: &[&str], set_up: &str) {
    let path = format!("{}/bin:/usr/bin:/bin", home.0.path().display());
    let run = home.0.path().join("run");
    let program = home.0.program(shell).args(arguments).env("PATH", path);
    let mut sitting = program
        .env("XDG_RUNTIME_DIR", run)
        .env("PS1", "> ")
        .sit(120);
    sitting.type_line(set_up);
    sitting.type_line("echo rea''dy");
    sitting.wait_for("ready");
    for (name, begins) in NAMES {
        let (issuer, label) = name.split_once(':').expect("a name of two parts");
        sitting.type_line(&format!("authr show {begins}\t"));
        sitting.wait_for(&format!("issuer    {issuer}"));
        sitting.wait_for(&format!("label     {label}"));
    }
    sitting.type_line("exit");
    let _ = sitting.end();
    assert!(!home.0.path().join("pwned").exists());
}

#[test]
fn bash_completes_names_that_would_steer_it() {
    let home = home();
    let script = home.authr(&["completions", "bash"]).succeeded();
    home.0.file("authr.bash", script);
    completes(&home, "/bin/bash", &["--norc", "-i"], ". ./authr.bash");
}

#[test]
fn zsh_completes_names_that_would_steer_it() {
    let home = home();
    let script = home.authr(&["completions", "zsh"]).succeeded();
    home.0.file("authr.zsh", script);
    // Typed as fast as here, Tab would be a character of a text that is pasted.
    let typed = "zstyle ':completion:*' insert-tab false";
    let set_up = &format!("{typed}; autoload -U compinit && compinit -u && . ./authr.zsh");
    completes(&home, "/usr/bin/zsh", &["-f", "-i"], set_up);
}

#[test]
fn fish_completes_names_that_would_steer_it() {
    let home = home();
    let script = home.authr(&["completions", "fish"]).succeeded();
    home.0.file("authr.fish", script);
    let set_up = "source ./authr.fish";
    completes(&home, "/usr/bin/fish", &["--no-config", "-i"], set_up);
}

#[test]
fn a_locked_vault_has_no_names_and_asks_nobody() {
    let home = Watched::locked();
    let ran = home.authr(&["complete-names"]);
    assert_eq!(ran.to_string(), "exit 0\n");
    home.unlock();
    let names = home.authr(&["complete-names"]).succeeded();
    assert_eq!(names, "Acme:bob\ndrchrono:ada\n");
}

#[test]
fn a_name_that_cannot_be_typed_as_it_is_shown_is_not_offered() {
    let home = Watched::unlocked();
    for label in ["-rf", "a\u{202e}b", "a\u{200b}b"] {
        let rename = ["rename", "ada", "--issuer=", &format!("--label={label}")];
        let ran = home.authr(&rename);
        assert_eq!(ran.code, Some(0), "{ran}");
        assert_eq!(home.authr(&["complete-names"]).succeeded(), "Acme:bob\n");
        let id = home.json(&["list"])[0]["id"].as_str().map(str::to_owned);
        let other = home.json(&["list"])[1]["id"].as_str().map(str::to_owned);
        let bob = home.json(&["show", "bob"])["id"]
            .as_str()
            .map(str::to_owned);
        let this = if id == bob { other } else { id };
        home.authr(&["rename", &this.unwrap(), "--label", "ada"])
            .succeeded();
    }
}

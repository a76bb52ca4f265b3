//! What a person sets: where it is kept, what it may be, and that it holds.

use std::fs;
use std::os::unix::fs::{MetadataExt, symlink};

use authr_testkit::Home;

use crate::{AUTHR, authr, home_with_two, json};

fn write(home: &Home, text: &str) {
    let folder = home.authr();
    fs::create_dir_all(&folder).expect("a folder");
    let folder = folder.file_name().expect("a name");
    home.file(&format!("{}/config.toml", folder.display()), text);
}

#[test]
fn settings_are_shown_set_and_kept_for_their_owner_alone() {
    let home = Home::new();
    let config = |arguments: &[&str]| home.program(AUTHR).arg("config").args(arguments).run();
    assert_eq!(
        config(&[]).to_string(),
        "exit 0\n--- stdout\n\
         agent.idle_lock        15m    15m\n\
         agent.lock_after       12h    12h\n\
         vault.generations      10     10\n\
         clipboard.clear_after  30s    30s\n"
    );
    let path = home.authr().join("config.toml");
    assert_eq!(config(&["path"]).succeeded().trim(), path.to_str().unwrap());
    assert!(!path.exists(), "looking writes nothing");
    let said = config(&["set", "agent.idle_lock", "300s"]).to_string();
    assert_eq!(said, "exit 0\n--- stderr\nagent.idle_lock is 5m.\n");
    assert_eq!(config(&["get", "agent.idle_lock"]).succeeded(), "5m\n");
    assert_eq!(
        fs::read_to_string(&path).unwrap(),
        "[agent]\nidle_lock = \"5m\"\n"
    );
    assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
    let set = config(&["set", "vault.generations", "12", "--json"]);
    let set: serde_json::Value = serde_json::from_str(&set.succeeded()).unwrap();
    assert_eq!(
        set,
        serde_json::json!({ "key": "vault.generations", "value": 12 })
    );
    let all = json(&home, &["config", "get"]);
    assert_eq!(
        (&all["agent.idle_lock"], &all["vault.generations"]),
        (&"5m".into(), &12.into())
    );
}

#[test]
fn a_value_that_cannot_be_is_wrong_usage_and_changes_nothing() {
    let home = Home::new();
    write(&home, "# mine\n");
    for (key, value, allowed) in [
        ("agent.idle_lock", "0s", "a time from 1s to 24h"),
        ("clipboard.clear_after", "30", "a time from 5s to 10m"),
        ("vault.generations", "2", "a number from 3 to 100"),
    ] {
        let said = authr(&home, &["config", "set", key, value]).failed(2);
        assert!(said.contains(&format!("{key} is {allowed}")), "{said}");
    }
    let said = authr(&home, &["config", "set", "agent.idel_lock", "5m"]).failed(2);
    assert!(said.contains("agent.idle_lock"), "{said}");
    let text = fs::read_to_string(home.authr().join("config.toml")).unwrap();
    assert_eq!(text, "# mine\n");
}

#[test]
fn a_file_that_is_not_understood_is_named_with_its_line_and_nothing_is_guessed() {
    let home = home_with_two();
    let before = json(&home, &["list"]);
    write(
        &home,
        "[vault]\ngenerations = 10\n\n[agent]\nidle_lock = \"25h\"\n",
    );
    let expected = "$HOME/home/config.toml, line 5: agent.idle_lock is a time from 1s to 24h, as in 90s, 15m or 1h";
    for arguments in [
        &["config"][..],
        &["unlock"],
        &["pin", "ada"],
        &["config", "set", "vault.generations", "5"],
    ] {
        let ran = authr(&home, arguments);
        assert_eq!(ran.code, Some(1), "{ran}");
        let said = ran.to_string();
        let folder = home
            .authr()
            .file_name()
            .unwrap()
            .to_string_lossy()
            .into_owned();
        let expected = expected.replace("/home/", &format!("/{folder}/"));
        assert!(said.contains(&expected), "{said}");
        assert!(said.contains("authr config path"), "{said}");
    }
    // Codes need no setting, and nothing was saved.
    assert_eq!(json(&home, &["list"]), before);
    authr(&home, &["code", "ada"]).succeeded();
}

#[test]
fn as_many_generations_are_kept_as_are_set() {
    let home = home_with_two();
    authr(&home, &["config", "set", "vault.generations", "4"]).succeeded();
    for label in ["a", "b", "c", "d", "e"] {
        authr(&home, &["rename", "drchrono", "--label", label]).succeeded();
    }
    let kept = json(&home, &["backup", "list"]);
    assert_eq!(kept["generations"].as_array().unwrap().len(), 4);
}

#[test]
fn a_file_that_lies_elsewhere_stays_there() {
    let home = Home::new();
    let dotfiles = home.file("dotfiles.toml", "# everywhere\n");
    fs::create_dir_all(home.authr()).unwrap();
    let path = home.authr().join("config.toml");
    symlink(&dotfiles, &path).unwrap();
    authr(&home, &["config", "set", "vault.generations", "5"]).succeeded();
    assert!(fs::symlink_metadata(&path).unwrap().is_symlink());
    let text = fs::read_to_string(dotfiles).unwrap();
    assert_eq!(text, "# everywhere\n[vault]\ngenerations = 5\n");
}

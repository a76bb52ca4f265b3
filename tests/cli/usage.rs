use authr_testkit::Home;

use crate::{authr, authr_with, home_with_two, json, vault};

fn last_used(home: &Home, label: &str) -> serde_json::Value {
    let accounts = json(home, &["list"]);
    let accounts = accounts.as_array().expect("a list");
    let account = accounts.iter().find(|account| account["label"] == label);
    account.expect("the account is there")["last_used"].clone()
}

#[test]
fn a_code_that_is_shown_is_remembered_and_the_vault_is_not_written() {
    let home = home_with_two();
    assert!(last_used(&home, "ada").is_null());
    let before = std::fs::read(vault(&home)).unwrap();
    let _ = authr(&home, &["code", "ada", "--at", "@59"]).succeeded();
    let _ = authr(&home, &["list", "--codes"]).succeeded();
    assert!(last_used(&home, "ada").is_null());

    let _ = authr(&home, &["code", "ada"]).succeeded();
    let at = last_used(&home, "ada");
    assert!(at.as_str().is_some_and(|at| at.ends_with('Z')), "{at}");
    assert!(last_used(&home, "bob").is_null());
    assert_eq!(std::fs::read(vault(&home)).unwrap(), before);
}

#[test]
fn it_survives_a_change_of_the_password() {
    let home = home_with_two();
    let _ = authr(&home, &["code", "ada"]).succeeded();
    let at = last_used(&home, "ada");
    let new = "a-longer-and-newer-password-7";
    let file = home.file("new", new);
    let change = ["password", "change", "--new-password-file"];
    let _ = authr(&home, &[&change[..], &[file.to_str().unwrap()]].concat()).succeeded();
    let listed = authr_with(&home, new, &["list", "--json"]).succeeded();
    assert!(listed.contains(at.as_str().unwrap()), "{listed}");
}

#[test]
fn lost_damaged_or_unwritable_it_stands_in_nobodys_way() {
    let home = home_with_two();
    let file = home.authr().join("usage.authr");
    let _ = authr(&home, &["code", "ada"]).succeeded();
    let mut damaged = std::fs::read(&file).unwrap();
    let middle = damaged.len() / 2;
    damaged[middle] ^= 1;
    home.file("authr/usage.authr", damaged);
    assert!(last_used(&home, "ada").is_null());
    let _ = authr(&home, &["code", "ada"]).succeeded();
    assert!(last_used(&home, "ada").is_string());

    std::fs::remove_file(&file).unwrap();
    // A folder of that name cannot be replaced by a file.
    std::fs::create_dir(&file).unwrap();
    let ran = authr(&home, &["code", "ada"]);
    assert_eq!(ran.stderr, "");
    let _ = ran.succeeded();
    assert!(last_used(&home, "ada").is_null());
}

//! A vault that is damaged while an agent holds it open: it is not called a changed password, and the agent's key stays the right
//! one.

use std::path::PathBuf;

use crate::Watched;

impl Watched {
    fn vault(&self) -> PathBuf {
        self.0.authr().join("vault.authr")
    }

    /// Puts other bytes in the place of the vault, as a file of its own: the generations are not touched.
    fn put(&self, bytes: &[u8]) {
        std::fs::remove_file(self.vault()).expect("a vault");
        self.0.file("authr/vault.authr", bytes);
    }
}

/// A byte of the header, the MAC, the commitment and the payload.
fn places(vault: &[u8]) -> [usize; 5] {
    let end = 16 + usize::from(u16::from_be_bytes([vault[14], vault[15]]));
    [100, end + 32, end + 95, end + 104, vault.len() - 1]
}

#[test]
fn damage_is_told_by_the_agent_which_goes_on_once_it_is_mended() {
    let home = Watched::unlocked();
    home.authr(&["code", "ada"]).succeeded();
    let (agent, whole) = (home.agent(), std::fs::read(home.vault()).unwrap());
    for at in places(&whole) {
        let mut damaged = whole.clone();
        damaged[at] ^= 0x40;
        home.put(&damaged);
        for command in [&["code", "ada"][..], &["rename", "ada", "--label", "eve"]] {
            let said = home.authr(command).failed(5);
            assert!(
                said.contains("is damaged") && said.contains("hint: authr undo"),
                "byte {at}: {said}"
            );
        }
        // Nothing is saved over it.
        assert_eq!(std::fs::read(home.vault()).unwrap(), damaged);
        assert_eq!(home.agent(), agent);
        home.put(&whole);
        home.authr(&["code", "ada"]).succeeded();
        assert_eq!(home.agent(), agent);
    }
}

#[test]
fn damage_of_what_another_process_saved_is_no_changed_password() {
    let home = Watched::unlocked();
    let agent = home.agent();
    home.with_password(&["pin", "bob"]).run().succeeded();
    let mut damaged = std::fs::read(home.vault()).unwrap();
    let [_, mac, ..] = places(&damaged);
    damaged[mac] ^= 1;
    home.put(&damaged);
    let said = home.authr(&["code", "ada"]).failed(5);
    assert!(said.contains("is damaged"), "{said}");
    assert_eq!(home.agent(), agent);
}

#[test]
fn going_back_from_damage_needs_the_password_and_the_agent_goes_along() {
    let home = Watched::unlocked();
    home.authr(&["rename", "ada", "--label", "eve"]).succeeded();
    let agent = home.agent();
    let mut damaged = std::fs::read(home.vault()).unwrap();
    *damaged.last_mut().unwrap() ^= 1;
    home.put(&damaged);
    let said = home.authr(&["undo", "--yes"]).failed(3);
    assert!(said.contains("is damaged"), "{said}");
    assert_eq!(std::fs::read(home.vault()).unwrap(), damaged);
    home.with_password(&["undo", "--yes"]).run().succeeded();
    home.authr(&["code", "ada"]).succeeded();
    assert_eq!(home.agent(), agent);
}

#[test]
fn another_vault_in_the_place_of_the_one_it_holds_locks_the_agent() {
    let (home, other) = (Watched::unlocked(), Watched::locked());
    home.put(&std::fs::read(other.vault()).unwrap());
    let said = home.authr(&["code", "ada"]).failed(3);
    assert!(said.contains("locked"), "{said}");
    assert!(!home.is_unlocked());
    home.with_password(&["code", "ada"]).run().succeeded();
}

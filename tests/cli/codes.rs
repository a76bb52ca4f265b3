use std::fmt::Write as _;
use std::process::Command;

use authr_crypto::random::Random;
use authr_testkit::{CountingRandom, Home};
use data_encoding::BASE32_NOPAD;

use crate::{authr, home_with_two, json};

const TIMES: usize = 50;
const ACCOUNTS_A_TIME: usize = 20;

#[test]
fn oathtool_agrees_on_a_thousand_random_accounts_and_times() {
    let home = Home::new();
    let random = CountingRandom::new(6238);
    let random: &dyn Random = &random;
    let number = |below: u64| u64::from_be_bytes(random.bytes::<8>()) % below;
    let (mut list, mut expected) = (String::new(), Vec::new());
    for at in 0..TIMES {
        let time = number(4_000_000_000);
        let mut codes = String::new();
        for which in 0..ACCOUNTS_A_TIME {
            let mut secret = vec![0; usize::try_from(1 + number(64)).unwrap()];
            random.fill(&mut secret);
            let secret = BASE32_NOPAD.encode(&secret);
            let algorithm = ["SHA1", "SHA256", "SHA512"][usize::try_from(number(3)).unwrap()];
            let (digits, period) = (6 + number(3), 1 + number(120));
            writeln!(
                list,
                "otpauth://totp/t{at}n{which}x?secret={secret}&algorithm={algorithm}&digits={digits}&period={period}"
            )
            .unwrap();
            let output = Command::new("oathtool")
                .arg(format!("--totp={algorithm}"))
                .args(["-b", &secret, "-d", &digits.to_string()])
                .args(["-s", &format!("{period}s"), "-N", &format!("@{time}")])
                .output()
                .expect("oathtool is installed");
            assert!(
                output.status.success(),
                "{}",
                String::from_utf8_lossy(&output.stderr)
            );
            codes.push_str(&String::from_utf8(output.stdout).unwrap());
        }
        expected.push((time, codes));
    }
    home.file("list.txt", list);
    let _ = authr(&home, &["import", "list.txt", "--yes"]).succeeded();
    for (at, (time, codes)) in expected.into_iter().enumerate() {
        let names: Vec<String> = (0..ACCOUNTS_A_TIME)
            .map(|which| format!("t{at}n{which}x"))
            .collect();
        let time = format!("@{time}");
        let mut arguments = vec!["code", "--at", &time];
        arguments.extend(names.iter().map(String::as_str));
        assert_eq!(authr(&home, &arguments).succeeded(), codes, "at {time}");
    }
}

/// The codes of RFC 4226, appendix D, and the counter of `bob`, who begins at 3.
#[test]
fn two_codes_in_a_row_bring_a_counter_forward_and_never_back() {
    let home = home_with_two();
    let resync = |first: &str, second: &str| {
        let codes = ["resync", "bob", "--codes", first, second];
        authr(&home, &codes)
    };
    for (first, second) in [
        ("755224", "287082"), // 0 and 1: behind
        ("520489", "399871"), // 9 and 8: the wrong way round
        ("254676", "162583"), // 5 and 7
        ("12345", ""),
    ] {
        let ran = resync(first, second);
        let said = "the counter of Acme:bob stays as it is: these are not two codes in a row";
        assert!(ran.stderr.contains(said), "{ran}");
        let _ = ran.failed(1);
    }
    assert_eq!(json(&home, &["show", "bob"])["counter"], 3);
    let ran = resync("162 583", "399871");
    assert!(
        ran.stderr.contains("goes on after these two codes"),
        "{ran}"
    );
    let _ = ran.succeeded();
    assert_eq!(json(&home, &["show", "bob"])["counter"], 9);
    assert_eq!(authr(&home, &["code", "bob"]).succeeded(), "520489\n");
}

#[test]
fn an_account_that_follows_the_time_has_no_counter_to_find() {
    let home = home_with_two();
    let ran = authr(&home, &["resync", "ada"]);
    assert!(
        ran.stderr.contains("drchrono:ada follows the time"),
        "{ran}"
    );
    let _ = ran.failed(2);
    let ran = authr(&home, &["resync", "bob"]);
    assert!(
        ran.stderr.contains("hint: pass --codes FIRST SECOND\n"),
        "{ran}"
    );
    let _ = ran.failed(3);
}

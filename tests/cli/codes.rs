use std::fmt::Write as _;
use std::process::Command;

use authr_crypto::random::Random;
use authr_testkit::{CountingRandom, Home};
use data_encoding::BASE32_NOPAD;

use crate::authr;

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

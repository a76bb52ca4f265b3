//! A backup on paper: the page that is printed, and pictures of it.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use authr_testkit::{Home, Program, Ran};
use image::{GrayImage, Luma};

use crate::{AUTHR, PASSWORD, add, authr, home_with_two, json, program};

/// A home with two accounts, and the page of its kit.
fn home_with_a_kit() -> (Home, String) {
    let home = home_with_two();
    let _ = authr(&home, &["export", "--format", "paper", "-o", "kit.html"]).succeeded();
    let page = fs::read_to_string(home.path().join("kit.html")).expect("what a page has");
    (home, page)
}

/// A picture for each code of a page, of the squares that the page draws.
fn pictures(home: &Home, page: &str) -> Vec<String> {
    let mut names = Vec::new();
    for svg in page.split("<svg viewBox=\"0 0 ").skip(1) {
        let side: u32 = svg
            .split(' ')
            .next()
            .expect("what a page has")
            .parse()
            .expect("what a page has");
        let mut picture = GrayImage::from_pixel(side * 4, side * 4, Luma([255]));
        let path = svg.split("d=\"").nth(1).expect("what a page has");
        for square in path
            .split('"')
            .next()
            .expect("what a page has")
            .split('M')
            .skip(1)
        {
            let (x, y) = square
                .strip_suffix("h1v1h-1z")
                .expect("what a page has")
                .split_once(' ')
                .expect("what a page has");
            let (x, y): (u32, u32) = (
                x.parse().expect("what a page has"),
                y.parse().expect("what a page has"),
            );
            for at in 0..16 {
                picture.put_pixel(x * 4 + at % 4, y * 4 + at / 4, Luma([0]));
            }
        }
        let name = format!("code-{}.png", names.len() + 1);
        picture
            .save(home.path().join(&name))
            .expect("what a page has");
        names.push(name);
    }
    names
}

/// `authr` that has another folder for its files, in the same home.
fn elsewhere(home: &Home) -> Program {
    program(home, PASSWORD).args(["--home", "elsewhere"])
}

fn restore(home: &Home, pictures: &[String]) -> Ran {
    elsewhere(home).arg("restore").args(pictures).run()
}

#[test]
fn without_one_code_nothing_is_restored_and_the_code_is_named() {
    let (home, page) = home_with_a_kit();
    let mut pictures = pictures(&home, &page);
    let of = pictures.len();
    assert!(of > 3, "{of} codes");
    pictures.remove(1);
    let ran = restore(&home, &pictures);
    let missing = format!("1 of the {of} codes of kit ");
    assert!(ran.stderr.contains(&missing), "{ran}");
    assert!(ran.stderr.contains(" is missing: 2\n"), "{ran}");
    let _ = ran.failed(1);
    GrayImage::new(90, 90)
        .save(home.path().join("black.png"))
        .unwrap();
    pictures.push("black.png".to_owned());
    let ran = restore(&home, &pictures);
    assert!(
        ran.stderr.contains("no code was found in black.png"),
        "{ran}"
    );
    let _ = ran.failed(1);
    assert!(!home.path().join("elsewhere").join("vault.authr").exists());
}

#[test]
fn codes_of_two_kits_are_not_mixed() {
    let (home, page) = home_with_a_kit();
    let mut mixed = pictures(&home, &page);
    let again = ["export", "--format", "paper", "-o", "kit.html", "--yes"];
    let _ = authr(&home, &again).succeeded();
    let lines = fs::read_to_string(home.path().join("kit.html")).unwrap();
    home.file("other.txt", lines.split("data-code=\"").nth(1).unwrap());
    mixed.push("other.txt".to_owned());
    let ran = restore(&home, &mixed);
    assert!(ran.stderr.contains("there are codes of two kits"), "{ran}");
    let _ = ran.failed(1);
}

#[test]
fn a_damaged_code_is_named_and_is_exit_5() {
    let (home, page) = home_with_a_kit();
    let at = page.find("AUTHR-PAPER-1:3/").unwrap() + 60;
    let mut damaged = page.into_bytes();
    damaged[at] = if damaged[at] == b'A' { b'B' } else { b'A' };
    home.file("damaged.html", damaged);
    let ran = restore(&home, &["damaged.html".to_owned()]);
    assert!(ran.stderr.contains("code 3 of the kit is damaged"), "{ran}");
    let _ = ran.failed(5);
}

#[test]
fn a_kit_opens_with_its_password_alone() {
    let (home, page) = home_with_a_kit();
    assert!(!page.contains("drchrono") && !page.contains("GEZDGNBV"));
    home.file("wrong", "another password");
    let wrong = ["--file-password-file", "wrong"];
    let ran = elsewhere(&home)
        .args(["restore", "kit.html"])
        .args(wrong)
        .run();
    let _ = ran.failed(3);
}

#[test]
fn a_kit_among_other_files_is_wrong_usage() {
    let (home, _) = home_with_a_kit();
    let _ = authr(&home, &["export", "-o", "copy.authr"]).succeeded();
    let both = ["kit.html".to_owned(), "copy.authr".to_owned()];
    let ran = restore(&home, &both);
    assert!(
        ran.stderr
            .contains("copy.authr is no picture of a paper kit"),
        "{ran}"
    );
    let _ = ran.failed(2);
    let phone = ["+12015550123".to_owned(), "kit.html".to_owned()];
    let _ = restore(&home, &phone).failed(2);
    let ran = authr(&home, &["import", "kit.html"]);
    assert!(ran.stderr.contains("authr restore FILE takes it"), "{ran}");
}

#[test]
fn more_than_a_kit_has_room_for_is_refused_with_what_would_fit() {
    let home = Home::new();
    let account = |at: usize| format!("otpauth://totp/{at:0>250}?secret=GEZDGNBVGY3TQOJQ\n");
    home.file("list.txt", (0..250).map(account).collect::<String>());
    let _ = authr(&home, &["import", "list.txt", "--yes"]).succeeded();
    let ran = authr(&home, &["export", "--format", "paper", "-o", "kit.html"]);
    assert!(
        ran.stderr.contains("QR codes, and a kit has at most 200"),
        "{ran}"
    );
    assert!(ran.stderr.contains("accounts would fit"), "{ran}");
    let _ = ran.failed(1);
    assert!(!home.path().join("kit.html").exists());
}

#[test]
fn pictures_in_any_order_bring_every_account_back() {
    let (home, page) = home_with_a_kit();
    let mode = fs::metadata(home.path().join("kit.html")).unwrap();
    assert_eq!(mode.permissions().mode() & 0o777, 0o600);
    let mut pictures = pictures(&home, &page);
    pictures.reverse();
    pictures.push(pictures[1].clone());
    let verified = program(&home, PASSWORD).args(["backup", "verify"]);
    let verified = verified.args(&pictures).run().succeeded();
    assert!(
        verified.starts_with("the paper kit opens: 2 accounts"),
        "{verified}"
    );
    let ran = restore(&home, &pictures);
    assert!(ran.stderr.contains("Restored 2 accounts."), "{ran}");
    let _ = ran.succeeded();
    let at = ["code", "ada", "--at", "@59"];
    assert_eq!(elsewhere(&home).args(at).run().succeeded(), "287082\n");
    let last = json(&home, &["backup", "list"])["last_backup"].clone();
    assert_eq!(last["accounts"], 2);
}

#[test]
fn an_independent_reader_finds_in_the_codes_what_the_specification_says() {
    let (home, page) = home_with_a_kit();
    let pictures = pictures(&home, &page);
    let scan =
        home.program("/usr/bin/zbarimg")
            .args(["-q", "--raw", "-Sdisable", "-Sqrcode.enable"]);
    let lines = scan.args(&pictures).run().succeeded();
    let data = lines.lines().map(|line| line.split(':').nth(3).unwrap());
    let data: String = data.collect();
    let vault = data_encoding::BASE32_NOPAD.decode(data.as_bytes()).unwrap();
    home.file("copy.authr", &vault);
    let verify = ["backup", "verify", "copy.authr"];
    assert!(authr(&home, &verify).succeeded().contains("2 accounts"));
    home.file("lines.txt", lines);
    let ran = restore(&home, &["lines.txt".to_owned()]);
    let _ = ran.succeeded();
}

#[test]
fn export_without_a_format_is_a_backup_and_never_in_clear_text() {
    let home = home_with_two();
    let motp = "motp://VPN:me?secret=30edcc8edae50a60&pin=1234";
    assert_eq!(add(&home, motp).succeeded(), "");
    let ran = authr(&home, &["export", "-o", "copy.authr"]);
    assert!(ran.stderr.contains("and opened it again"), "{ran}");
    let _ = ran.succeeded();
    let path: PathBuf = home.path().join("copy.authr");
    assert!(fs::read(&path).unwrap().starts_with(b"AUTHRVLT"));
    let mode = fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let ran = restore(&home, &["copy.authr".to_owned()]);
    assert!(ran.stderr.contains("Restored 3 accounts."), "{ran}");
    for clear in [
        &["export", "-o", "x", "--format", "authr", "--plaintext"][..],
        &["export", "-o", "x", "--format", "paper", "--plaintext"],
        &["export", "-o", "x", "--file-password-file", "password"],
        &["export", "-o", "x", "--format", "otpauth"],
        &["export", "-o", "x", "--format", "json"],
    ] {
        let _ = authr(&home, clear).failed(2);
        assert!(!home.path().join("x").exists());
    }
    let piped = home.program("/bin/sh").args([
        "-c",
        "\"$0\" --password-file password export -o - > piped.authr",
        AUTHR,
    ]);
    let _ = piped.run().succeeded();
    let verify = ["backup", "verify", "piped.authr"];
    assert!(authr(&home, &verify).succeeded().contains("3 accounts"));
}

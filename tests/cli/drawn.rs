//! QR codes that authr draws, read back by a program that shares no code with it.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use authr_testkit::Home;
use image::{GrayImage, Luma};

use crate::{AUTHR, PASSWORD, authr, home_with_two, json, program};

/// What zbarimg reads in a picture.
fn scanned(home: &Home, picture: &Path) -> String {
    let scan = home.program("/usr/bin/zbarimg");
    let scan = scan.args(["-q", "--raw", "-Sdisable", "-Sqrcode.enable"]);
    scan.arg(picture).run().succeeded().trim_end().to_owned()
}

/// A picture of so many modules to each side, eight pixels a module.
fn picture(home: &Home, side: usize, is_dark: impl Fn(usize, usize) -> bool) -> std::path::PathBuf {
    let pixels = u32::try_from(side * 8).expect("a side");
    let module = |pixel: u32| usize::try_from(pixel / 8).expect("a module");
    let image = GrayImage::from_fn(pixels, pixels, |x, y| {
        Luma([if is_dark(module(x), module(y)) {
            0
        } else {
            255
        }])
    });
    let path = home.path().join("seen.png");
    image.save(&path).expect("a picture");
    path
}

fn uri(home: &Home) -> String {
    let shown = json(home, &["qr", "ada"]);
    shown["uri"].as_str().expect("a link").to_owned()
}

#[test]
fn an_account_in_a_png_is_what_a_scanner_reads_and_its_owners_alone() {
    let home = home_with_two();
    let ran = authr(&home, &["qr", "ada", "-o", "ada.PNG"]);
    assert!(ran.stderr.contains("Wrote ada.PNG."), "{ran}");
    assert_eq!(ran.succeeded(), "");
    let path = home.path().join("ada.PNG");
    assert_eq!(scanned(&home, &path), uri(&home));
    let mode = fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn an_account_in_an_svg_is_what_a_scanner_reads() {
    let home = home_with_two();
    let told = json(&home, &["qr", "ada", "--output", "ada.svg"]);
    assert_eq!(told, serde_json::json!({ "file": "ada.svg" }));
    let drawn = fs::read_to_string(home.path().join("ada.svg")).unwrap();
    let (_, side) = drawn.split_once("viewBox=\"0 0 ").unwrap();
    let side = side.split(' ').next().unwrap().parse().unwrap();
    let dark = |x: usize, y: usize| drawn.contains(&format!("M{x} {y}h1v1h-1z"));
    assert_eq!(scanned(&home, &picture(&home, side, dark)), uri(&home));
}

#[test]
fn a_name_that_tells_no_kind_of_picture_is_wrong_usage_before_any_question() {
    let home = home_with_two();
    for name in ["ada.jpg", "ada", "-", ".png", "png"] {
        let asked = home.program(AUTHR).args(["qr", "ada", "-o", name]).run();
        assert!(asked.stderr.contains("neither .png nor .svg"), "{asked}");
        let _ = asked.failed(2);
        assert!(!home.path().join(name).exists());
    }
}

#[test]
fn a_file_that_is_there_is_not_replaced_without_consent() {
    let home = home_with_two();
    let path = home.file("ada.png", "holiday");
    let qr = ["qr", "ada", "-o", "ada.png"];
    let ran = authr(&home, &qr);
    assert!(ran.stderr.contains("--yes"), "{ran}");
    let _ = ran.failed(3);
    assert_eq!(fs::read(&path).unwrap(), b"holiday");
    let _ = authr(&home, &[&["--yes"], &qr[..]].concat()).succeeded();
    assert_eq!(scanned(&home, &path), uri(&home));
}

#[test]
fn a_recovery_code_is_shown_in_groups_and_as_a_picture_of_the_same() {
    let home = home_with_two();
    // Without colour the blocks are what is light.
    let shown = program(&home, PASSWORD).env("NO_COLOR", "1");
    let shown = shown.args(["recovery", "new"]).sit(80).end();
    assert_eq!(shown.code, Some(0), "{shown:?}");
    // What was said meanwhile is erased.
    let text = shown.text.replace("\x1b[K", "\n");
    // The last of the nine is a check symbol, which may be one of *~$=.
    let mut words = text.split_whitespace();
    let groups = words.find(|word| word.len() == 41 && word.split('-').count() == 9);
    let groups = groups.expect("the code in groups");
    let rows: Vec<Vec<char>> = (text.lines())
        .map(|line| line.chars().collect())
        .filter(|line: &Vec<char>| line.len() > 20 && line.iter().all(|c| " █▀▄".contains(*c)))
        .collect();
    let side = rows.first().expect("a picture").len();
    let dark = |x: usize, y: usize| {
        let light = if y.is_multiple_of(2) {
            "█▀"
        } else {
            "█▄"
        };
        !rows[y / 2].get(x).is_some_and(|c| light.contains(*c))
    };
    assert_eq!(scanned(&home, &picture(&home, side, dark)), groups);
}

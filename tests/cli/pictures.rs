//! Accounts in pictures of QR codes: files, standard input, the clipboard, the screen.

use std::fs;
use std::io::Cursor;
use std::os::unix::fs::PermissionsExt;
use std::process::Stdio;

use authr_testkit::{Home, Ran};
use image::{GrayImage, ImageFormat, Luma};
use qrcode::{Color, QrCode};

use crate::copy::Desktop;
use crate::{ADA, BOB, PASSWORD, authr, home_with_two, json, program};

/// The PNG of codes beside each other, four pixels a module.
fn png(texts: &[&str]) -> Vec<u8> {
    let codes = texts.iter().map(|text| QrCode::new(text).expect("a code"));
    let codes: Vec<QrCode> = codes.collect();
    let width = codes.iter().map(QrCode::width).max().expect("a code") + 8;
    let side = |modules: usize| u32::try_from(modules * 4).expect("a side");
    let picture = GrayImage::from_fn(side(width * codes.len()), side(width), |x, y| {
        let module = |pixel: u32| usize::try_from(pixel / 4).expect("a module");
        let (x, y, code) = (module(x) % width, module(y), &codes[module(x) / width]);
        let inside = 4..4 + code.width();
        let dark =
            inside.contains(&x) && inside.contains(&y) && code[(x - 4, y - 4)] == Color::Dark;
        Luma([if dark { 0 } else { 255 }])
    });
    let mut file = Cursor::new(Vec::new());
    let written = picture.write_to(&mut file, ImageFormat::Png);
    written.expect("memory takes it");
    file.into_inner()
}

fn listed(home: &Home) -> usize {
    let list = json(home, &["list"]);
    list.as_array().expect("a list").len()
}

/// `authr add --screen` where the one program that takes pictures is this script.
fn add_screen(home: &Home, name: &str, script: &str) -> Ran {
    let path = home.file(name, format!("#!/bin/sh\n{script}\n"));
    fs::set_permissions(&path, fs::Permissions::from_mode(0o700)).expect("a script");
    let add = program(home, PASSWORD).args(["add", "--screen"]);
    add.env("DISPLAY", ":99").env("PATH", home.path()).run()
}

#[test]
fn a_picture_without_a_code_and_a_file_that_is_none_add_nothing() {
    let home = Home::new();
    home.file("blank.png", {
        let mut file = Cursor::new(Vec::new());
        let blank = GrayImage::from_pixel(50, 50, Luma([255]));
        blank.write_to(&mut file, ImageFormat::Png).unwrap();
        file.into_inner()
    });
    home.file("text.png", ADA);
    for (file, said) in [
        ("blank.png", "no QR code is found in the picture"),
        ("text.png", "it is no picture"),
        ("nothing.png", "nothing.png"),
    ] {
        let ran = authr(&home, &["add", "--qr", file]);
        assert!(ran.stderr.contains(said), "{ran}");
        let _ = ran.failed(1);
    }
    assert!(!home.authr().exists());
}

#[test]
fn two_places_for_a_picture_are_wrong_usage() {
    let home = Home::new();
    for arguments in [
        &["add", "--screen", "--clipboard"][..],
        &["add", "--qr", "a.png", "--screen"],
        &["add", ADA, "--screen"],
    ] {
        let _ = authr(&home, arguments).failed(2);
    }
}

#[test]
fn one_code_is_one_account_whether_in_a_file_or_by_standard_input() {
    let home = Home::new();
    home.file("ada.png", png(&[ADA]));
    let ran = authr(&home, &["add", "--qr", "ada.png"]);
    assert!(ran.stderr.contains("Added drchrono:ada."), "{ran}");
    let _ = ran.succeeded();
    let piped = program(&home, PASSWORD).args(["add", "--qr", "-"]);
    let ran = piped.stdin(png(&[BOB])).run();
    assert!(ran.stderr.contains("Added Acme:bob."), "{ran}");
    let _ = ran.succeeded();
    assert_eq!(listed(&home), 2);
}

#[test]
fn several_codes_are_shown_first_and_taken_in_after_one_question() {
    let home = Home::new();
    home.file("both.png", png(&[ADA, BOB]));
    let eve = "otpauth://totp/eve?secret=GEZDGNBVGY3TQOJS";
    home.file("eve.png", png(&[eve]));
    let add = ["add", "--qr", "both.png", "eve.png"];
    let ran = authr(&home, &add);
    assert!(
        ran.stdout.contains("ada") && ran.stdout.contains("new"),
        "{ran}"
    );
    assert!(ran.stderr.contains("hint: pass --yes"), "{ran}");
    assert_eq!(ran.code, Some(3), "{ran}");
    let ran = authr(&home, &[&add[..], &["--yes"]].concat());
    assert!(ran.stderr.contains("Imported 3 accounts."), "{ran}");
    assert_eq!(listed(&home), 3);
}

#[test]
fn batches_come_in_any_order_from_several_pictures_and_a_missing_one_is_named() {
    let home = Home::new();
    let line = |at: usize| {
        format!(
            "otpauth://totp/n{at}?secret=GEZDGNBVGY3TQOJQ{}\n",
            "A".repeat(at)
        )
    };
    home.file("list.txt", (0..23).map(line).collect::<String>());
    let _ = authr(&home, &["import", "list.txt", "--yes"]).succeeded();
    let google = ["export", "--format", "google", "--plaintext", "-o"];
    let _ = authr(&home, &[&google[..], &["lines.txt"]].concat()).succeeded();
    let lines = fs::read_to_string(home.path().join("lines.txt")).unwrap();
    let batches: Vec<&str> = lines.lines().collect();
    assert_eq!(batches.len(), 3);
    fs::create_dir(home.path().join("folder")).unwrap();
    for (output, first) in [
        ("folder", "folder/google-1-of-3.png"),
        ("out.png", "out-1-of-3.png"),
    ] {
        let told = json(&home, &[&google[..], &[output]].concat());
        let files = told["files"].as_array().unwrap();
        let mut files: Vec<&str> = files.iter().map(|file| file.as_str().unwrap()).collect();
        assert_eq!(files[0], first);
        let mode = fs::metadata(home.path().join(first))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
        files.reverse();
        let read = json(&home, &[&["import", "--dry-run"], &files[..]].concat());
        assert_eq!(read["missing_parts"], serde_json::json!([]));
        assert_eq!(read["accounts"].as_array().unwrap().len(), 23);
        let again = authr(&home, &[&google[..], &[output]].concat());
        assert!(
            again.stderr.contains(&format!("Replace {first}?")),
            "{again}"
        );
        let _ = again.failed(3);
    }
    home.file("2-and-1.png", png(&[batches[1], batches[0]]));
    home.file("3.png", png(&[batches[2]]));
    let part = json(&home, &["import", "3.png", "--dry-run"]);
    assert_eq!(part["missing_parts"], serde_json::json!([1, 2]));
    let ran = authr(&home, &["add", "--qr", "3.png"]);
    assert!(
        ran.stderr
            .contains("part 2 of an export in several codes is missing"),
        "{ran}"
    );
    let whole = json(&home, &["import", "3.png", "2-and-1.png", "--dry-run"]);
    assert_eq!(whole["missing_parts"], serde_json::json!([]));
    assert_eq!(whole["accounts"].as_array().unwrap().len(), 23);
}

#[test]
fn the_screen_is_read_by_whatever_program_takes_a_picture_of_it() {
    let home = home_with_two();
    let eve = "otpauth://totp/eve?secret=GEZDGNBVGY3TQOJS";
    home.file("screen.png", png(&[eve]));
    let here = home.path().display();
    let ran = add_screen(&home, "grim", &format!("/bin/cat {here}/screen.png"));
    assert!(ran.stderr.contains("Added eve."), "{ran}");
    let _ = ran.succeeded();
    // One that fails, and one that writes a file.
    home.file(
        "screen.png",
        png(&["otpauth://totp/mal?secret=GEZDGNBVGY3TQOJT"]),
    );
    home.file("grim", "#!/bin/sh\nexit 1\n");
    let shoot =
        format!("/bin/cat {here}/screen.png > \"$2\"; /bin/stat -c %a \"${{2%/*}}\" > {here}/mode");
    let ran = add_screen(&home, "gnome-screenshot", &shoot);
    assert!(ran.stderr.contains("Added mal."), "{ran}");
    assert_eq!(
        fs::read_to_string(home.path().join("mode")).unwrap(),
        "700\n"
    );
    let left = fs::read_dir(home.path()).unwrap();
    let mut left = left.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    assert!(!left.any(|name| name.contains("authr-screen")));
}

#[test]
fn without_a_screen_or_a_program_it_is_said_what_is_missing() {
    let home = home_with_two();
    let add = || program(&home, PASSWORD).args(["add", "--screen"]);
    let ran = add().run();
    assert!(ran.stderr.contains("no desktop is shown here"), "{ran}");
    let _ = ran.failed(1);
    let ran = add().env("DISPLAY", ":99").env("PATH", "/none").run();
    assert!(ran.stderr.contains("is installed: grim, "), "{ran}");
    let _ = ran.failed(1);
    let ran = add_screen(&home, "grim", "exit 1");
    assert!(ran.stderr.contains("came from grim\n"), "{ran}");
    let _ = ran.failed(1);
}

#[test]
fn the_clipboard_gives_a_picture_or_a_uri() {
    let (home, desktop) = (home_with_two(), Desktop::start());
    let add = || {
        let add = program(&home, PASSWORD).args(["add", "--clipboard"]);
        add.env("DISPLAY", &desktop.display).run()
    };
    let ran = program(&home, PASSWORD).args(["add", "--clipboard"]).run();
    assert!(ran.stderr.contains("no desktop is shown here"), "{ran}");
    let _ = ran.failed(1);
    let picture = home.file(
        "eve.png",
        png(&["otpauth://totp/eve?secret=GEZDGNBVGY3TQOJS"]),
    );
    let copy = |target: &str, file: &std::path::Path| {
        let mut copy = desktop.command("xclip");
        let copy = copy.args(["-selection", "clipboard", "-t", target, "-i"]);
        let copied = copy.arg(file).stdout(Stdio::null()).status();
        assert!(copied.expect("xclip").success());
    };
    copy("image/png", &picture);
    let ran = add();
    assert!(ran.stderr.contains("Added eve."), "{ran}");
    copy(
        "UTF8_STRING",
        &home.file("uri", "otpauth://totp/mal?secret=GEZDGNBVGY3TQOJT"),
    );
    let ran = add();
    assert!(ran.stderr.contains("Added mal."), "{ran}");
    copy("UTF8_STRING", &home.file("text", "a shopping list"));
    let ran = add();
    assert!(ran.stderr.contains("cannot import the clipboard"), "{ran}");
    let _ = ran.failed(1);
}

#[test]
fn accounts_with_the_longest_names_still_fit_into_codes() {
    let home = Home::new();
    let line = |at: usize| {
        let long = "n".repeat(256);
        format!(
            "otpauth://totp/{long}?secret={}&issuer={long}\n",
            "GEZDGNBVGY3TQOJQ".repeat(at + 1)
        )
    };
    home.file("list.txt", (0..5).map(line).collect::<String>());
    let _ = authr(&home, &["import", "list.txt", "--yes"]).succeeded();
    let google = [
        "export",
        "--format",
        "google",
        "--plaintext",
        "-o",
        "out.png",
    ];
    let told = json(&home, &google);
    let files = told["files"].as_array().unwrap();
    assert_eq!(files.len(), 5);
    let files: Vec<&str> = files.iter().map(|file| file.as_str().unwrap()).collect();
    let read = json(&home, &[&["import", "--dry-run"], &files[..]].concat());
    assert_eq!(read["accounts"].as_array().unwrap().len(), 5);
}

#[test]
fn an_export_without_any_account_writes_nothing() {
    let home = Home::new();
    home.file(
        "list.txt",
        "otpauth://totp/a?secret=GEZDGNBVGY3TQOJQ&digits=7\n",
    );
    let _ = authr(&home, &["import", "list.txt", "--yes"]).succeeded();
    let google = [
        "export",
        "--format",
        "google",
        "--plaintext",
        "-o",
        "out.png",
    ];
    let ran = authr(&home, &google);
    assert!(
        ran.stderr
            .contains("no account is left to write to out.png"),
        "{ran}"
    );
    let _ = ran.failed(1);
    assert!(!home.path().join("out.png").exists());
}

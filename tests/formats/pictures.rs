//! QR codes in pictures: one a picture, several, and batches.

use std::io::Cursor;

use authr_formats::write::{Target, write};
use authr_formats::{Damage, Format, FormatError, parse};
use image::{GrayImage, ImageFormat, Luma};
use qrcode::{Color, QrCode};

use crate::documents::uri;
use crate::reference::{comes_back, is_whole, reference};
use crate::written::accepted;

/// Codes side by side, four pixels a module.
fn picture(texts: &[String]) -> GrayImage {
    let codes: Vec<QrCode> = texts
        .iter()
        .map(|text| QrCode::new(text).unwrap())
        .collect();
    let width = codes.iter().map(QrCode::width).max().unwrap() + 8;
    let side = |modules: usize| u32::try_from(modules).unwrap() * 4;
    GrayImage::from_fn(side(width * codes.len()), side(width), |x, y| {
        let module = |pixel: u32| usize::try_from(pixel / 4).unwrap();
        let (x, y) = (module(x), module(y));
        let code = &codes[x / width];
        let inside = 4..4 + code.width();
        let (x, y) = (x % width, y);
        let dark =
            inside.contains(&x) && inside.contains(&y) && code[(x - 4, y - 4)] == Color::Dark;
        Luma([if dark { 0 } else { 255 }])
    })
}

fn encoded(picture: &GrayImage, format: ImageFormat) -> Vec<u8> {
    let mut file = Cursor::new(Vec::new());
    picture.write_to(&mut file, format).unwrap();
    file.into_inner()
}

#[test]
fn every_account_is_read_from_a_code_of_its_own_in_each_kind_of_picture() {
    for one in reference() {
        let picture = picture(&[uri(&one)]);
        for format in [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::WebP] {
            let file = encoded(&picture, format);
            comes_back(Format::Image, &file, None, std::slice::from_ref(&one));
        }
    }
}

#[test]
fn several_codes_in_one_picture_are_all_read() {
    let accounts = &reference()[..3];
    let texts: Vec<String> = accounts.iter().map(uri).collect();
    let parsed = parse(&encoded(&picture(&texts), ImageFormat::Png)).unwrap();
    assert_eq!((parsed.accounts.len(), parsed.rejected.len()), (3, 0));
}

#[test]
fn googles_batches_are_read_from_their_codes() {
    let accounts = accepted(Target::Google);
    let lines = write(Target::Google, &accounts, None).unwrap();
    let line = std::str::from_utf8(&lines).unwrap().trim().to_owned();
    let parsed = parse(&encoded(&picture(&[line]), ImageFormat::Png)).unwrap();
    is_whole(Format::Image, &parsed, &accounts);
}

#[test]
fn a_picture_of_a_pixel_more_than_the_most_is_refused_and_one_without_it_is_looked_at() {
    let refusal = |width: u32, height: u32| {
        let file = encoded(&GrayImage::new(width, height), ImageFormat::Png);
        parse(&file).unwrap_err()
    };
    let damaged = |what| FormatError::Damaged { what };
    assert_eq!(refusal(16_385, 1), damaged(Damage::NotPicture));
    assert_eq!(refusal(16_384, 1), damaged(Damage::NoCode));
    assert_eq!(refusal(16_384, 1025), damaged(Damage::NotPicture));
    assert_eq!(refusal(4097, 4096), damaged(Damage::NotPicture));
}

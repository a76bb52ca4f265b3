use image::imageops::{self, FilterType};
use image::{DynamicImage, GrayImage, ImageFormat, Luma};
use proptest::prelude::*;

use super::*;

fn file(length: usize) -> Vec<u8> {
    (0..length)
        .map(|at| u8::try_from(at * 7 % 251).unwrap())
        .collect()
}

fn taken<'a>(texts: impl IntoIterator<Item = &'a String>) -> Result<Vec<u8>, PaperError> {
    let mut parts = Parts::default();
    texts.into_iter().try_for_each(|text| parts.take(text))?;
    parts.file()
}

/// The text with another check, the right one.
fn forged(text: &str) -> String {
    let (text, _) = text.rsplit_once(':').unwrap();
    format!("{text}:{}", base32_of_hash(text.as_bytes(), CHECK_BYTES))
}

#[test]
fn a_missing_part_is_named_and_nothing_comes_of_the_others() {
    let texts = parts(&file(3000)).unwrap();
    assert_eq!(texts.len(), 9);
    for missing in 0..9 {
        let there = (0..).zip(&texts).filter(|(at, _)| *at != missing);
        let error = taken(there.map(|(_, text)| text)).unwrap_err();
        assert!(matches!(
            &error,
            PaperError::Missing { missing: named, of: 9, .. } if *named == [missing + 1]
        ));
    }
    let error = taken([&texts[1], &texts[7]]).unwrap_err().to_string();
    let kit = short(texts[0].split(':').nth(2).unwrap());
    assert_eq!(
        error,
        format!("7 of the 9 codes of kit {kit} are missing: 1, 3–7, 9")
    );
    assert_eq!(taken([]), Err(PaperError::NoPart));
}

#[test]
fn parts_of_two_kits_are_not_mixed() {
    let (one, mut other) = (file(900), file(900));
    other[700] ^= 1;
    let (one, other) = (parts(&one).unwrap(), parts(&other).unwrap());
    let error = taken([&one[0], &other[1], &one[2]]).unwrap_err();
    assert!(matches!(error, PaperError::OtherKit { .. }), "{error}");
    // Nor one file cut in two ways.
    let of_four = forged(&one[0].replacen("1/3", "1/4", 1));
    let error = taken([&one[1], &of_four]).unwrap_err();
    assert!(matches!(error, PaperError::OtherKit { .. }), "{error}");
}

#[test]
fn a_part_with_any_character_changed_or_left_out_is_refused() {
    let text = &parts(&file(60)).unwrap()[0];
    for at in 0..text.len() {
        let mut other = text.clone().into_bytes();
        other[at] = if other[at] == b'A' { b'B' } else { b'A' };
        let changed = String::from_utf8(other.clone()).unwrap();
        assert!(Parts::default().take(&changed).is_err(), "{changed}");
        other.remove(at);
        let shorter = String::from_utf8(other).unwrap();
        assert!(Parts::default().take(&shorter).is_err(), "{shorter}");
        assert!(Parts::default().take(&text[..at]).is_err(), "{at}");
    }
    assert!(Parts::default().take(&format!("{text}A")).is_err());
    assert!(Parts::default().take(&text.to_lowercase()).is_err());
}

#[test]
fn a_damaged_part_is_named() {
    let mut texts = parts(&file(900)).unwrap();
    texts[1] = texts[1].replacen("2/3", "3/3", 1);
    assert_eq!(taken(&texts), Err(PaperError::DamagedPart { number: 3 }));
}

#[test]
fn parts_that_are_swapped_or_replaced_with_a_right_check_give_no_file() {
    let texts = parts(&file(900)).unwrap();
    let swapped = [
        forged(&texts[1].replacen("2/3", "1/3", 1)),
        forged(&texts[0].replacen("1/3", "2/3", 1)),
        texts[2].clone(),
    ];
    assert_eq!(taken(&swapped), Err(PaperError::Damaged));
    let twice = [texts[0].clone(), swapped[0].clone()];
    assert_eq!(taken(&twice), Err(PaperError::DamagedPart { number: 1 }));
}

#[test]
fn numbers_are_written_in_one_way_and_stay_within_the_kit() {
    let text = parts(&file(60)).unwrap().remove(0);
    for place in [
        "0/1", "2/1", "1/0", "01/1", "+1/1", "1/201", "201/201", "1", "",
    ] {
        let other = forged(&text.replacen("1/1", place, 1));
        assert_eq!(Parts::default().take(&other), Err(PaperError::Malformed));
    }
    let newer = forged(&text.replacen("PAPER-1", "PAPER-2", 1));
    assert_eq!(
        Parts::default().take(&newer),
        Err(PaperError::UnknownVersion)
    );
}

#[test]
fn a_part_of_one_byte_more_than_a_code_has_is_refused() {
    let of = |bytes: usize| {
        let data = BASE32_NOPAD.encode(&file(bytes));
        let kit = base32_of_hash(b"", KIT_BYTES);
        forged(&format!("{PREFIX}1/1:{kit}:{data}:"))
    };
    assert_eq!(Parts::default().take(&of(MAX_PART_BYTES)), Ok(()));
    let longer = Parts::default().take(&of(MAX_PART_BYTES + 1));
    assert_eq!(longer, Err(PaperError::DamagedPart { number: 1 }));
    let longest = Parts::default().take(&of(MAX_PART_TEXT));
    assert_eq!(longest, Err(PaperError::Malformed));
}

#[test]
fn a_file_of_one_byte_more_than_a_kit_has_is_refused_with_what_would_fit() {
    let about = About {
        made: "today",
        accounts: 200,
    };
    let most = file(MAX_PARTS * MAX_PART_BYTES);
    let texts = parts(&most).unwrap();
    assert_eq!(texts.len(), MAX_PARTS);
    assert_eq!(taken(&texts), Ok(most));
    let refused = page(&file(MAX_PARTS * MAX_PART_BYTES + 1), &about);
    let refused = refused.unwrap_err();
    assert_eq!((refused.codes, refused.accounts_that_fit), (201, 199));
}

#[test]
fn a_page_runs_nothing_and_fetches_nothing() {
    let about = About {
        made: "today",
        accounts: 1,
    };
    let page = page(&file(2000), &about).unwrap();
    for active in [
        "<script", "http:", "https:", "src=", "href", "url(", "@import", "<link", "<img", " on",
    ] {
        let at = page.find(active).unwrap_or(page.len());
        let shown = page.get(at..).unwrap_or_default();
        assert!(
            shown.is_empty() || shown.starts_with(" one") || shown.starts_with(" on "),
            "{active}: {shown}"
        );
    }
    assert!(page.contains("default-src 'none'"));
    assert!(page.is_ascii(), "whatever a browser takes the encoding for");
}

#[test]
fn a_saved_page_and_the_lines_of_a_scanner_are_as_good_as_pictures() {
    let whole = file(3000);
    let about = About {
        made: "today",
        accounts: 3,
    };
    let mut parts = Parts::default();
    parts
        .take_file(page(&whole, &about).unwrap().as_bytes())
        .unwrap();
    assert_eq!(parts.file(), Ok(whole.clone()));
    let mut lines = super::parts(&whole).unwrap();
    lines.reverse();
    let lines = format!("scanned today\r\n{}\r\n", lines.join("\r\n"));
    assert!(is_recognised(lines.as_bytes()));
    let mut parts = Parts::default();
    parts.take_file(lines.as_bytes()).unwrap();
    assert_eq!(parts.file(), Ok(whole));
    for other in [&b"AUTHRVLT\0\x01"[..], b"AUTHR-PAPER-1", b"", b"\xff"] {
        assert!(!is_recognised(other));
        assert_eq!(Parts::default().take_file(other), Err(PaperError::NoPart));
    }
}

#[test]
fn who_imports_a_kit_is_told_to_restore_it() {
    let about = About {
        made: "today",
        accounts: 3,
    };
    let page = page(&file(100), &about).unwrap();
    let told = crate::parse(page.as_bytes()).unwrap_err();
    assert_eq!(told, NOT_AN_IMPORT);
    let told = crate::parse(&png(&sheet(&page, 4))).unwrap_err();
    assert_eq!(told, NOT_AN_IMPORT);
}

/// The codes of a page, three a row as on paper, from the squares that the page itself draws.
fn sheet(page: &str, pixels: u32) -> GrayImage {
    let mut codes = Vec::new();
    for svg in page.split("<svg viewBox=\"0 0 ").skip(1) {
        let side: u32 = svg.split(' ').next().unwrap().parse().unwrap();
        let mut code = GrayImage::from_pixel(side * pixels, side * pixels, Luma([255]));
        let path = svg.split("d=\"").nth(1).unwrap();
        let path = path.split('"').next().unwrap();
        for square in path.split('M').skip(1) {
            let square = square.strip_suffix("h1v1h-1z").unwrap();
            let (x, y) = square.split_once(' ').unwrap();
            let corner = |at: &str| at.parse::<u32>().unwrap() * pixels;
            for at in 0..pixels * pixels {
                let (right, down) = (at % pixels, at / pixels);
                code.put_pixel(corner(x) + right, corner(y) + down, Luma([0]));
            }
        }
        codes.push(code);
    }
    let side = codes[0].width() + 10;
    let rows = u32::try_from(codes.len()).unwrap().div_ceil(3);
    let mut sheet = GrayImage::from_pixel(3 * side + 40, rows * side + 40, Luma([255]));
    for (at, code) in (0u32..).zip(&codes) {
        let place = |at: u32| i64::from(20 + at * side);
        imageops::overlay(&mut sheet, code, place(at % 3), place(at / 3));
    }
    sheet
}

fn png(picture: &GrayImage) -> Vec<u8> {
    encoded(picture, ImageFormat::Png)
}

fn encoded(picture: &GrayImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    let picture = DynamicImage::ImageLuma8(picture.clone());
    picture.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

#[test]
fn a_sheet_is_read_from_one_picture_turned_soft_and_of_another_size() {
    let about = About {
        made: "today",
        accounts: 3,
    };
    let whole = file(1900);
    let sheet = sheet(&page(&whole, &about).unwrap(), 4);
    let smaller = imageops::resize(
        &sheet,
        sheet.width() * 3 / 4,
        sheet.height() * 3 / 4,
        FilterType::Triangle,
    );
    let pictures = [
        encoded(&sheet, ImageFormat::Png),
        encoded(&sheet, ImageFormat::WebP),
        encoded(&imageops::rotate90(&sheet), ImageFormat::Png),
        encoded(&imageops::rotate180(&sheet), ImageFormat::Jpeg),
        encoded(&imageops::blur(&sheet, 1.0), ImageFormat::Jpeg),
        encoded(&smaller, ImageFormat::Jpeg),
    ];
    for (at, picture) in pictures.iter().enumerate() {
        let mut parts = Parts::default();
        parts.take_file(picture).unwrap();
        match parts.file() {
            Ok(file) => assert!(file == whole, "picture {at} gives another file"),
            Err(error) => panic!("picture {at}: {error}"),
        }
    }
}

proptest! {
    #[test]
    fn a_kit_in_any_order_gives_its_file(length in 1usize..4000, turn in 0usize..9, twice in 0usize..9) {
        let whole = file(length);
        let mut texts = parts(&whole).unwrap();
        let count = texts.len();
        texts.rotate_left(turn % count);
        texts.push(texts[twice % count].clone());
        prop_assert_eq!(taken(&texts), Ok(whole));
    }

    #[test]
    fn any_text_is_refused_or_taken_without_a_panic(text in "AUTHR-PAPER-1:[0-9/:A-Z2-7]{0,60}", bytes in prop::collection::vec(any::<u8>(), 0..99)) {
        let _ = Parts::default().take(&text);
        let _ = Parts::default().take_file(text.as_bytes());
        let _ = Parts::default().take_file(&bytes);
    }
}

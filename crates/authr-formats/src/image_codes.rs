//! QR codes in pictures: screen shots and photographs, with one or several codes.

use std::io::Cursor;

use image::imageops::{self, FilterType};
use image::{DynamicImage, GrayImage, ImageFormat, ImageReader, Limits};

use crate::limits::MAX_IMAGE_SIDE;
use crate::uri_list::{self, Reader};
use crate::{Damage, Format, FormatError, Input, Parsed};

const NOT_PICTURE: FormatError = FormatError::Damaged {
    what: Damage::NotPicture,
};

/// The most codes that one picture may have.
const MAX_CODES: usize = 64;

/// Whether the first bytes are those of a picture that is read.
pub(crate) fn is_picture(file: &[u8]) -> bool {
    format(file).is_some()
}

fn format(file: &[u8]) -> Option<ImageFormat> {
    if file.starts_with(b"\x89PNG\r\n\x1a\n") {
        Some(ImageFormat::Png)
    } else if file.starts_with(b"\xff\xd8\xff") {
        Some(ImageFormat::Jpeg)
    } else if file.starts_with(b"RIFF") && file.get(8..12) == Some(b"WEBP") {
        Some(ImageFormat::WebP)
    } else {
        None
    }
}

pub(crate) fn parse(input: &Input<'_>) -> Result<Parsed, FormatError> {
    let codes = texts(input.bytes)?;
    if codes.is_empty() {
        return Err(FormatError::Damaged {
            what: Damage::NoCode,
        });
    }
    if !codes.iter().any(|code| uri_list::is_uri(code.trim())) {
        return Err(FormatError::NotRecognised);
    }
    let mut reader = Reader::new(Format::Image);
    for (position, code) in (1..).zip(&codes) {
        reader.line(position, code)?;
    }
    Ok(reader.finish())
}

/// The texts of the codes in a picture, each once.
pub(crate) fn texts(file: &[u8]) -> Result<Vec<String>, FormatError> {
    let picture = decode(file)?;
    // What helps one picture spoils another: as it is, larger, smaller, softer, and inverted.
    let mut found = Vec::new();
    let side = picture.width().max(picture.height());
    let attempts: [&dyn Fn() -> GrayImage; 6] = [
        &|| picture.clone(),
        &|| scaled(&picture, side.min(2048) * 2),
        &|| scaled(&picture, 1024),
        &|| scaled(&picture, 640),
        &|| imageops::blur(&picture, 1.5),
        &|| {
            let mut inverted = picture.clone();
            imageops::invert(&mut inverted);
            inverted
        },
    ];
    for attempt in attempts {
        let whole = read(&attempt(), &mut found);
        if whole && !found.is_empty() {
            break;
        }
    }
    Ok(found)
}

fn decode(file: &[u8]) -> Result<GrayImage, FormatError> {
    let format = format(file).ok_or(NOT_PICTURE)?;
    let mut reader = ImageReader::with_format(Cursor::new(file), format);
    let mut limits = Limits::default();
    limits.max_image_width = Some(MAX_IMAGE_SIDE);
    limits.max_image_height = Some(MAX_IMAGE_SIDE);
    limits.max_alloc = Some(128 << 20);
    reader.limits(limits);
    let picture = reader.decode().map_err(|_| NOT_PICTURE)?;
    Ok(on_white(&picture))
}

/// Gray, with white where the picture shows what is behind it.
fn on_white(picture: &DynamicImage) -> GrayImage {
    if !picture.color().has_alpha() {
        return picture.to_luma8();
    }
    let mut gray = picture.to_luma_alpha8();
    GrayImage::from_fn(gray.width(), gray.height(), |x, y| {
        let image::LumaA([shade, alpha]) = *gray.get_pixel_mut(x, y);
        let behind = u16::from(255 - alpha);
        let shade = (u16::from(shade) * u16::from(alpha) + 255 * behind) / 255;
        image::Luma([u8::try_from(shade).unwrap_or(255)])
    })
}

/// The picture with its longer side so long, in any case no longer than is read.
fn scaled(picture: &GrayImage, side: u32) -> GrayImage {
    let side = side.min(MAX_IMAGE_SIDE);
    let longer = u64::from(picture.width().max(picture.height())).max(1);
    let length = |of: u32| {
        u32::try_from(u64::from(of) * u64::from(side) / longer)
            .unwrap_or(side)
            .max(1)
    };
    let (width, height) = (length(picture.width()), length(picture.height()));
    imageops::resize(picture, width, height, FilterType::Triangle)
}

/// Reads every code; whether all that look like one could be read.
fn read(picture: &GrayImage, found: &mut Vec<String>) -> bool {
    let side = |length: u32| usize::try_from(length).unwrap_or(0);
    let shade = |x: usize, y: usize| {
        let at = |place: usize| u32::try_from(place).unwrap_or(0);
        picture.get_pixel(at(x), at(y)).0[0]
    };
    let (width, height) = (side(picture.width()), side(picture.height()));
    let mut prepared = rqrr::PreparedImage::prepare_from_greyscale(width, height, shade);
    let mut whole = true;
    for grid in prepared.detect_grids().iter().take(MAX_CODES) {
        match grid.decode() {
            Ok((_, text)) => {
                if !found.contains(&text) {
                    found.push(text);
                }
            }
            Err(_) => whole = false,
        }
    }
    whole
}

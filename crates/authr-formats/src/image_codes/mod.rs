//! QR codes in pictures: screen shots and photographs, with one or several codes.

mod effort;
mod regions;

use std::cell::Cell;
use std::io::Cursor;
use std::panic::{self, AssertUnwindSafe};

use image::imageops::{self, FilterType};
use image::{DynamicImage, GrayImage, ImageDecoder, ImageFormat, ImageReader, Limits};

use self::effort::{Corners, Effort, Metered};
use self::regions::Regions;
use crate::limits::{MAX_IMAGE_PIXELS, MAX_IMAGE_SIDE};
use crate::uri_list::{self, Reader};
use crate::{Damage, Format, FormatError, Input, Parsed, paper};

const NOT_PICTURE: FormatError = FormatError::Damaged {
    what: Damage::NotPicture,
};

/// The longest side of a picture that was made larger or smaller.
const MAX_SCALED_SIDE: u32 = 4096;

/// What the reader calls a dark pixel.
const DARK: u8 = 1;

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
    if codes.iter().any(|code| paper::is_part(code)) {
        return Err(paper::NOT_AN_IMPORT);
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
    let mut reading = Reading::default();
    let mut whole = true;
    for region in Regions::of(&picture).iter() {
        let before = reading.found.len();
        whole &= reading.try_hard(&region.picture);
        // What looks like a code and gives none may be one that touches another.
        whole &= !region.is_square || reading.found.len() > before;
    }
    if !whole || reading.found.is_empty() {
        reading.try_hard(&picture);
    }
    Ok(reading.found)
}

/// A file that is being read.
struct Reading {
    /// The texts of its codes, each once.
    found: Vec<String>,
    effort: Effort,
}

impl Default for Reading {
    fn default() -> Self {
        Self {
            found: Vec::new(),
            effort: Effort::for_one_file(),
        }
    }
}

impl Reading {
    /// Reads a picture in all the ways that may help, until every code in it is read; whether that came to pass.
    fn try_hard(&mut self, picture: &GrayImage) -> bool {
        // What helps one picture spoils another: as it is, larger, smaller, softer, and inverted.
        let side = picture.width().max(picture.height());
        let attempts: [&dyn Fn() -> GrayImage; 9] = [
            &|| picture.clone(),
            &|| scaled(picture, side.min(2048) * 2),
            &|| scaled(picture, 1024),
            &|| scaled(picture, 640),
            &|| imageops::blur(picture, 1.5),
            &|| {
                let mut inverted = picture.clone();
                imageops::invert(&mut inverted);
                inverted
            },
            &|| imageops::rotate90(picture),
            &|| scaled(picture, side * 3),
            &|| imageops::blur(picture, 0.8),
        ];
        let before = self.found.len();
        // The last ones help small codes; a large picture would take long. A fuzzer looks for what breaks a reader, and not for
        // codes that are hard to read.
        let most = match side {
            _ if cfg!(fuzzing) => usize::from(side <= 256),
            2049.. => 6,
            _ => attempts.len(),
        };
        attempts.iter().take(most).any(|attempt| {
            let whole = self.effort.goes_on() && self.read(&attempt());
            whole && self.found.len() > before
        })
    }

    /// Reads every code; whether all that look like one could be read.
    fn read(&mut self, picture: &GrayImage) -> bool {
        let pixels = u64::from(picture.width()) * u64::from(picture.height());
        if !self.effort.prepare(pixels) {
            return false;
        }
        // The reader panics at corners that make no square (rqrr's issue 54), which any picture may happen to have. So ends what
        // costs too much, too.
        READING.set(true);
        let codes = panic::catch_unwind(AssertUnwindSafe(|| codes(picture, &self.effort)));
        READING.set(false);
        let Ok(Some(codes)) = codes else {
            return false;
        };
        let mut whole = true;
        for code in codes {
            match code {
                Some(text) if self.found.contains(&text) => {}
                Some(text) => self.found.push(text),
                None => whole = false,
            }
        }
        whole
    }
}

fn decode(file: &[u8]) -> Result<GrayImage, FormatError> {
    let format = format(file).ok_or(NOT_PICTURE)?;
    let mut reader = ImageReader::with_format(Cursor::new(file), format);
    let mut limits = Limits::default();
    // Ten million large pictures would keep a fuzzer busy for days.
    let side = if cfg!(fuzzing) { 72 } else { MAX_IMAGE_SIDE };
    limits.max_image_width = Some(side);
    limits.max_image_height = Some(side);
    limits.max_alloc = Some(128 << 20);
    reader.limits(limits);
    let decoder = reader.into_decoder().map_err(|_| NOT_PICTURE)?;
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > MAX_IMAGE_PIXELS {
        return Err(NOT_PICTURE);
    }
    let picture = DynamicImage::from_decoder(decoder).map_err(|_| NOT_PICTURE)?;
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

/// The picture with its longer side so long, within a limit.
fn scaled(picture: &GrayImage, side: u32) -> GrayImage {
    let side = side.min(MAX_SCALED_SIDE);
    let longer = u64::from(picture.width().max(picture.height())).max(1);
    let length = |of: u32| {
        u32::try_from(u64::from(of) * u64::from(side) / longer)
            .unwrap_or(side)
            .max(1)
    };
    let (width, height) = (length(picture.width()), length(picture.height()));
    imageops::resize(picture, width, height, FilterType::Triangle)
}

thread_local! {
    static READING: Cell<bool> = const { Cell::new(false) };
}

/// Whether this thread reads a picture, so that a panic is caught, means that nothing is read in it, and need not be told.
#[must_use]
pub fn catches_panics() -> bool {
    READING.get()
}

/// The text of each code that is found, none where it cannot be read; nothing at all where to look would cost too much.
fn codes(picture: &GrayImage, effort: &Effort) -> Option<Vec<Option<String>>> {
    let mut prepared = rqrr::PreparedImage::prepare(Metered {
        picture: picture.clone(),
        effort,
    });
    let (width, height) = (prepared.width(), prepared.height());
    let corners = Corners::of(width, height, |x, y| prepared.get_pixel_at(x, y) == DARK);
    if !effort.allows(&corners) {
        return None;
    }
    let grids = prepared.detect_grids();
    let texts = grids.iter().take(MAX_CODES).map(|grid| grid.decode().ok());
    Some(texts.map(|text| text.map(|(_, text)| text)).collect())
}

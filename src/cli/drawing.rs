//! A QR code as a file that other programs show.

use std::ffi::OsStr;
use std::io::Cursor;

use image::{GrayImage, ImageFormat, Luma};
use qrcode::{Color, QrCode};
use zeroize::Zeroizing;

/// Light around the code, in modules: scanners need it (ISO/IEC 18004).
const QUIET: usize = 4;
/// Pixels of a module, to each side.
const PIXELS: usize = 8;

/// A kind of file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Drawing {
    /// Pixels.
    Png,
    /// Shapes.
    Svg,
}

impl Drawing {
    /// By the end of a file's name.
    pub(super) fn of_suffix(suffix: &OsStr) -> Option<Self> {
        match suffix.to_str()?.to_ascii_lowercase().as_str() {
            "png" => Some(Self::Png),
            "svg" => Some(Self::Svg),
            _ => None,
        }
    }

    /// The bytes of the file.
    pub(super) fn draw(self, code: &QrCode) -> Zeroizing<Vec<u8>> {
        match self {
            Self::Png => png(code),
            Self::Svg => svg(code),
        }
    }
}

/// The dark modules, each at its place with the light around the code counted in.
fn dark(code: &QrCode) -> impl Iterator<Item = (usize, usize)> {
    let width = code.width();
    (0..width)
        .flat_map(move |y| (0..width).map(move |x| (x, y)))
        .filter(|at| code[*at] == Color::Dark)
        .map(|(x, y)| (x + QUIET, y + QUIET))
}

fn png(code: &QrCode) -> Zeroizing<Vec<u8>> {
    let pixel = |at: usize| u32::try_from(at).expect("because no code has 1000 modules");
    let side = pixel((code.width() + 2 * QUIET) * PIXELS);
    let mut image = GrayImage::from_pixel(side, side, Luma([255]));
    for (x, y) in dark(code) {
        for at in 0..PIXELS * PIXELS {
            let (right, down) = (at % PIXELS, at / PIXELS);
            let place = (pixel(x * PIXELS + right), pixel(y * PIXELS + down));
            image.put_pixel(place.0, place.1, Luma([0]));
        }
    }
    let mut file = Cursor::new(Vec::new());
    image
        .write_to(&mut file, ImageFormat::Png)
        .expect("because memory takes every picture of this size");
    Zeroizing::new(file.into_inner())
}

fn svg(code: &QrCode) -> Zeroizing<Vec<u8>> {
    let side = code.width() + 2 * QUIET;
    let mut text = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {side} {side}\" shape-rendering=\"crispEdges\">\n\
         <path fill=\"#fff\" d=\"M0 0h{side}v{side}H0z\"/>\n<path d=\""
    );
    for (x, y) in dark(code) {
        text.push_str(&format!("M{x} {y}h1v1h-1z"));
    }
    text.push_str("\"/>\n</svg>\n");
    Zeroizing::new(text.into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_name_tells_the_kind_whatever_its_case() {
        let kind = |suffix: &str| Drawing::of_suffix(OsStr::new(suffix));
        assert_eq!(kind("PNG"), Some(Drawing::Png));
        assert_eq!(kind("svg"), Some(Drawing::Svg));
        for unknown in ["", "jpg", "png ", "svgz"] {
            assert_eq!(kind(unknown), None, "{unknown}");
        }
    }

    #[test]
    fn every_module_of_a_png_is_where_it_belongs_with_light_around() {
        let code = QrCode::new(b"otpauth://totp/x?secret=AAAA").unwrap();
        let image = image::load_from_memory(&Drawing::Png.draw(&code)).unwrap();
        let image = image.into_luma8();
        let dark: std::collections::HashSet<_> = dark(&code).collect();
        let side = (code.width() + 2 * QUIET) * PIXELS;
        assert_eq!(
            image.dimensions(),
            (side.try_into().unwrap(), side.try_into().unwrap())
        );
        for (x, y, pixel) in image.enumerate_pixels() {
            let module = |at: u32| usize::try_from(at).unwrap() / PIXELS;
            let expected = if dark.contains(&(module(x), module(y))) {
                0
            } else {
                255
            };
            assert_eq!(pixel.0, [expected], "{x} {y}");
        }
    }

    #[test]
    fn an_svg_has_a_square_for_each_dark_module_and_a_ground() {
        let code = QrCode::new(b"otpauth://totp/x?secret=AAAA").unwrap();
        let text = String::from_utf8(Drawing::Svg.draw(&code).to_vec()).unwrap();
        assert_eq!(text.matches("h1v1h-1z").count(), dark(&code).count());
        // The corner of the first finder pattern.
        assert!(text.contains("d=\"M4 4h1v1h-1zM5 4h1v1h-1z"), "{text}");
        assert!(text.contains("fill=\"#fff\""));
    }
}

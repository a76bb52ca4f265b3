//! What lies in the desktop's clipboard: a picture, or text.

use std::io::Cursor;

use arboard::Clipboard;
use image::{ImageFormat, RgbaImage};
use zeroize::Zeroizing;

/// Why nothing comes out of the clipboard.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReadError {
    /// A connection, or a console.
    #[error("no clipboard is within reach: no desktop is shown here")]
    NotShown,
    /// The desktop refused.
    #[error("the desktop's clipboard cannot be used: {0}")]
    Desktop(#[from] arboard::Error),
    /// Neither a picture nor text.
    #[error("the clipboard has neither a picture nor text")]
    Empty,
}

impl super::Clipboard {
    /// The content of a file that would hold the same: a PNG, or the text.
    pub(crate) fn content(&self) -> Result<Zeroizing<Vec<u8>>, ReadError> {
        if !self.desktop {
            return Err(ReadError::NotShown);
        }
        let mut clipboard = Clipboard::new()?;
        if let Some(picture) = clipboard.get_image().ok().and_then(png) {
            return Ok(picture);
        }
        match clipboard.get_text() {
            Ok(text) => Ok(Zeroizing::new(text.into_bytes())),
            Err(_) => Err(ReadError::Empty),
        }
    }
}

fn png(picture: arboard::ImageData<'_>) -> Option<Zeroizing<Vec<u8>>> {
    let side = |length: usize| u32::try_from(length).ok();
    let (width, height) = (side(picture.width)?, side(picture.height)?);
    let picture = RgbaImage::from_raw(width, height, picture.bytes.into_owned())?;
    let mut file = Cursor::new(Vec::new());
    picture.write_to(&mut file, ImageFormat::Png).ok()?;
    Some(Zeroizing::new(file.into_inner()))
}

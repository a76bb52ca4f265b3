//! A backup on paper (vault-format.md, section 15): a page to print with a file as QR codes, and the way back.
//!
//! ```text
//! part = "AUTHR-PAPER-1:" number "/" of ":" kit ":" data ":" check
//! ```
//!
//! All of it lies in the alphabet that QR codes set more densely than any other, and any scanner reads a code as one line
//! of text. What belongs together says `kit`, so the order of the parts does not matter.

mod page;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use data_encoding::BASE32_NOPAD;

pub use page::{About, TooManyCodes, page};

use crate::crypto::sha256;
use crate::{FormatError, image_codes};

/// The most parts of a kit: ten sheets.
pub const MAX_PARTS: usize = 200;
/// The most bytes of a part. With them a code has 77 modules a side: a larger one, printed as fine, would hold more, and
/// suffers more from paper that is not flat.
pub const MAX_PART_BYTES: usize = 340;
/// How the text of a part begins, whatever its version.
const MARK: &str = "AUTHR-PAPER-";
/// How it begins in this version.
const PREFIX: &str = "AUTHR-PAPER-1:";
/// Bytes of a file's SHA-256 that name its kit.
const KIT_BYTES: usize = 15;
/// Bytes of a part's SHA-256 that stand at its end.
const CHECK_BYTES: usize = 5;
/// The longest text of a part.
const MAX_PART_TEXT: usize = 1024;

/// What who wants to import a kit is told.
pub(crate) const NOT_AN_IMPORT: FormatError = FormatError::Sealed {
    why: "it is a paper kit of authr itself; authr restore FILE takes it",
};

/// Why parts are not, or not yet, a file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PaperError {
    /// A file as such.
    #[error(transparent)]
    File(#[from] FormatError),
    /// A file without any part.
    #[error("no code of a paper kit is found in it")]
    NoPart,
    /// A part of a newer kit.
    #[error("the kit is of a newer authr")]
    UnknownVersion,
    /// The text is none that authr writes.
    #[error("a code of the kit is damaged")]
    Malformed,
    /// The text is not as it was written.
    #[error("code {number} of the kit is damaged")]
    DamagedPart {
        /// Which one, from 1.
        number: usize,
    },
    /// Parts of two kits.
    #[error("there are codes of two kits, {} and {}", first, second)]
    OtherKit {
        /// The beginning of the one's name.
        first: String,
        /// The beginning of the other's.
        second: String,
    },
    /// Parts are missing.
    #[error("{} of the {of} codes of kit {kit} {} missing: {}", missing.len(), is_or_are(missing), list(missing))]
    Missing {
        /// The beginning of the kit's name.
        kit: String,
        /// Which ones, from 1.
        missing: Vec<usize>,
        /// How many there are.
        of: usize,
    },
    /// All parts are there, and they are not what the kit's name says.
    #[error("the codes do not give the file that the kit was made of")]
    Damaged,
}

fn is_or_are(missing: &[usize]) -> &'static str {
    if missing.len() == 1 { "is" } else { "are" }
}

/// `1, 4–9`: numbers in ascending order, those in a row together.
fn list(numbers: &[usize]) -> String {
    let mut text = String::new();
    for row in numbers.chunk_by(|one, next| one + 1 == *next) {
        let separator = if text.is_empty() { "" } else { ", " };
        let (first, last) = (row.first().unwrap_or(&0), row.last().unwrap_or(&0));
        // Writing to a String does not fail.
        let _ = match last - first {
            0 => write!(text, "{separator}{first}"),
            1 => write!(text, "{separator}{first}, {last}"),
            _ => write!(text, "{separator}{first}–{last}"),
        };
    }
    text
}

/// The beginning of a kit's name, as the page shows it.
fn short(kit: &str) -> String {
    kit.get(..8).unwrap_or(kit).to_owned()
}

fn base32_of_hash(text: &[u8], bytes: usize) -> String {
    BASE32_NOPAD.encode(sha256(text).get(..bytes).unwrap_or_default())
}

/// The texts of the parts of a file; none where it takes more than [`MAX_PARTS`].
fn parts(file: &[u8]) -> Option<Vec<String>> {
    let of = file.len().div_ceil(MAX_PART_BYTES).max(1);
    if of > MAX_PARTS {
        return None;
    }
    let kit = base32_of_hash(file, KIT_BYTES);
    // Codes of one size, each of whole Base32 groups: the data of all in order is the file in Base32.
    let size = file.len().div_ceil(of).next_multiple_of(5);
    let pieces = (1..).zip(file.chunks(size.max(1)));
    let of = pieces.clone().count();
    let part = |(number, piece): (usize, &[u8])| {
        let text = format!("{PREFIX}{number}/{of}:{kit}:{}", BASE32_NOPAD.encode(piece));
        let check = base32_of_hash(text.as_bytes(), CHECK_BYTES);
        format!("{text}:{check}")
    };
    Some(pieces.map(part).collect())
}

/// Whether a file may hold parts: a picture, or any text that holds the text of one.
#[must_use]
pub fn is_recognised(file: &[u8]) -> bool {
    image_codes::is_picture(file) || texts(file).next().is_some()
}

/// Whether a code is a part, whole or not.
pub(crate) fn is_part(code: &str) -> bool {
    code.starts_with(MARK)
}

/// Whether a text holds the text of a part.
pub(crate) fn is_in(text: &str) -> bool {
    texts(text.as_bytes()).next().is_some()
}

/// The texts of parts within a text: a page that was saved, or lines that a scanner wrote.
fn texts(file: &[u8]) -> impl Iterator<Item = &str> {
    let text = std::str::from_utf8(file).unwrap_or_default();
    let texts = text.match_indices(MARK).map(|(at, _)| {
        let rest = text.get(at..).unwrap_or_default();
        let belongs = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || "-/:".contains(c);
        let end = rest.find(|c| !belongs(c)).unwrap_or(rest.len());
        rest.get(..end).unwrap_or_default()
    });
    // The page speaks of the beginning alone.
    texts.filter(|text| text.contains(':'))
}

/// The parts of one kit, as they come in.
#[derive(Debug, Default)]
pub struct Parts {
    kit: Option<Kit>,
    pieces: BTreeMap<usize, Vec<u8>>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Kit {
    name: String,
    of: usize,
}

impl Parts {
    /// Takes in the parts that a file holds: a picture with codes, or a text.
    ///
    /// # Errors
    /// [`PaperError`]: of the file, or of a part of it.
    pub fn take_file(&mut self, file: &[u8]) -> Result<(), PaperError> {
        let mut any = false;
        if image_codes::is_picture(file) {
            // Other codes on the picture are none of ours.
            let codes = image_codes::texts(file)?;
            for code in codes.iter().filter(|code| is_part(code)) {
                self.take(code)?;
                any = true;
            }
        } else {
            for text in texts(file) {
                self.take(text)?;
                any = true;
            }
        }
        any.then_some(()).ok_or(PaperError::NoPart)
    }

    /// Takes in the text of one part; one that was taken in before changes nothing.
    ///
    /// # Errors
    /// [`PaperError`]: the part is damaged, or of another kit than those before.
    pub fn take(&mut self, text: &str) -> Result<(), PaperError> {
        let (number, kit, data) = read(text)?;
        match &self.kit {
            Some(known) if *known != kit => {
                return Err(PaperError::OtherKit {
                    first: short(&known.name),
                    second: short(&kit.name),
                });
            }
            _ => self.kit = Some(kit),
        }
        match self.pieces.insert(number, data.clone()) {
            Some(before) if before != data => Err(PaperError::DamagedPart { number }),
            _ => Ok(()),
        }
    }

    /// The file, once all parts are there.
    ///
    /// # Errors
    /// [`PaperError::Missing`] names those that are not.
    pub fn file(&self) -> Result<Vec<u8>, PaperError> {
        let kit = self.kit.as_ref().ok_or(PaperError::NoPart)?;
        let missing = (1..=kit.of).filter(|number| !self.pieces.contains_key(number));
        let missing: Vec<usize> = missing.collect();
        if !missing.is_empty() {
            return Err(PaperError::Missing {
                kit: short(&kit.name),
                missing,
                of: kit.of,
            });
        }
        let file: Vec<u8> = self.pieces.values().flatten().copied().collect();
        if base32_of_hash(&file, KIT_BYTES) != kit.name {
            return Err(PaperError::Damaged);
        }
        Ok(file)
    }
}

/// Number, kit and data of a part.
fn read(text: &str) -> Result<(usize, Kit, Vec<u8>), PaperError> {
    if text.len() > MAX_PART_TEXT || !text.starts_with(MARK) {
        return Err(PaperError::Malformed);
    }
    let Some(rest) = text.strip_prefix(PREFIX) else {
        return Err(PaperError::UnknownVersion);
    };
    let fields: Vec<&str> = rest.split(':').collect();
    let [place, kit, data, check] = fields[..] else {
        return Err(PaperError::Malformed);
    };
    let (number, of) = place.split_once('/').ok_or(PaperError::Malformed)?;
    let of = numeral(of).ok_or(PaperError::Malformed)?;
    let number = numeral(number).filter(|number| *number <= of);
    let number = number.ok_or(PaperError::Malformed)?;
    let damaged = PaperError::DamagedPart { number };
    let checked = text.len() - check.len() - 1;
    let checked = text.get(..checked).unwrap_or_default();
    if base32_of_hash(checked.as_bytes(), CHECK_BYTES) != check {
        return Err(damaged);
    }
    let is_name = |bytes: Vec<u8>| bytes.len() == KIT_BYTES;
    if !BASE32_NOPAD.decode(kit.as_bytes()).is_ok_and(is_name) {
        return Err(damaged);
    }
    let data = BASE32_NOPAD.decode(data.as_bytes());
    let data = data.ok().filter(|data| data.len() <= MAX_PART_BYTES);
    let kit = Kit {
        name: kit.to_owned(),
        of,
    };
    Ok((number, kit, data.ok_or(damaged)?))
}

/// A number from 1 to [`MAX_PARTS`], written in the one way that there is.
fn numeral(text: &str) -> Option<usize> {
    let number: usize = text.parse().ok()?;
    let fits = (1..=MAX_PARTS).contains(&number) && number.to_string() == text;
    fits.then_some(number)
}

#[cfg(test)]
mod tests;

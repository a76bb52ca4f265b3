//! As much of Java's object streams as a `HashMap<String, String>` takes, read by its grammar: no class is ever looked up.

use zeroize::Zeroizing;

use crate::limits::MAX_ENTRIES;
use crate::{Damage, FormatError};

/// How every stream begins.
pub(crate) const MAGIC: &[u8] = b"\xac\xed\x00\x05";

const DAMAGED: FormatError = FormatError::Damaged {
    what: Damage::NotJava,
};

/// A text, wiped when dropped.
pub(crate) type Text = Zeroizing<String>;

/// The pairs of the map that a stream is.
pub(crate) fn string_map(stream: &[u8]) -> Result<Vec<(Text, Text)>, FormatError> {
    Reader { rest: stream }.map().ok_or(DAMAGED)
}

struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    fn map(&mut self) -> Option<Vec<(Text, Text)>> {
        self.expect(MAGIC)?;
        // An object, of a class described here, named so, with a serial number and the flags writeObject ‖ serializable.
        self.expect(&[0x73, 0x72])?;
        (self.short_text()? == "java.util.HashMap").then_some(())?;
        self.take(8)?;
        self.expect(&[0x03])?;
        // Its fields, of four bytes each: float loadFactor and, in newer versions, int threshold.
        let fields = u16::from_be_bytes(self.take(2)?.try_into().ok()?);
        for _ in 0..fields {
            matches!(self.take(1)?, b"F" | b"I").then_some(())?;
            self.short_text()?;
        }
        // End of the class's notes; no class above it; the values.
        self.expect(&[0x78, 0x70])?;
        self.take(4 * usize::from(fields))?;
        // What writeObject wrote: 8 bytes, capacity and size, then the pairs.
        self.expect(&[0x77, 8])?;
        self.take(4)?;
        let pairs = usize::try_from(self.number()?).ok()?;
        if pairs > 2 * MAX_ENTRIES {
            return None;
        }
        let mut map = Vec::new();
        for _ in 0..pairs {
            map.push((self.text()?, self.text()?));
        }
        self.expect(&[0x78])?;
        self.rest.is_empty().then_some(map)
    }

    fn text(&mut self) -> Option<Text> {
        let length = match self.take(1)? {
            [0x74] => usize::from(u16::from_be_bytes(self.take(2)?.try_into().ok()?)),
            [0x7c] => usize::try_from(u64::from_be_bytes(self.take(8)?.try_into().ok()?)).ok()?,
            _ => return None,
        };
        modified_utf8(self.take(length)?).map(Zeroizing::new)
    }

    fn short_text(&mut self) -> Option<&'a str> {
        let length = u16::from_be_bytes(self.take(2)?.try_into().ok()?);
        std::str::from_utf8(self.take(usize::from(length))?).ok()
    }

    fn number(&mut self) -> Option<u32> {
        Some(u32::from_be_bytes(self.take(4)?.try_into().ok()?))
    }

    fn expect(&mut self, bytes: &[u8]) -> Option<()> {
        self.rest = self.rest.strip_prefix(bytes)?;
        Some(())
    }

    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        Some(taken)
    }
}

/// Java writes UTF-16 units, each as UTF-8 would write its number, and a zero in two bytes.
fn modified_utf8(bytes: &[u8]) -> Option<String> {
    let mut units = Zeroizing::new(Vec::with_capacity(bytes.len()));
    let mut rest = bytes;
    while let Some((first, after)) = rest.split_first() {
        let more = |at: usize| {
            let byte = after.get(at).filter(|byte| *byte & 0xc0 == 0x80)?;
            Some(u16::from(byte & 0x3f))
        };
        let first = u16::from(*first);
        let (unit, used) = match first {
            0x00..=0x7f => (first, 0),
            0xc0..=0xdf => ((first & 0x1f) << 6 | more(0)?, 1),
            0xe0..=0xef => ((first & 0x0f) << 12 | more(0)? << 6 | more(1)?, 2),
            _ => return None,
        };
        units.push(unit);
        rest = after.get(used..)?;
    }
    String::from_utf16(&units).ok()
}

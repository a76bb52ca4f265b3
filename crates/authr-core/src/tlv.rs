//! Fields: the one encoding of the vault's header, slots and content (vault-format.md section 2).
//!
//! ```text
//! field = tag u16 || length u32 || value[length]          all numbers big-endian
//! ```
//!
//! Fields stand in ascending order of their tags, so that one content has one encoding. The highest bit of a tag
//! marks a field that a reader must understand; a field without it that is not known is carried along.

use zeroize::Zeroizing;

/// The bit of a tag that says: refuse what you do not know.
pub const CRITICAL: u16 = 0x8000;
/// What a field costs beside its value, in bytes.
const FIELD_OVERHEAD: usize = 6;

/// Bytes that are no list of fields, or a field that is not what its tag promises.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldError {
    /// The bytes at this offset break the encoding, a limit or the meaning of a field.
    Malformed {
        /// Offset in bytes from the start of what was being read.
        at: usize,
    },
    /// A field that must be understood, and is not.
    Unknown {
        /// Its tag.
        tag: u16,
    },
}

/// A field of a newer version, carried along as it came. It may hold anything, a secret among it.
pub struct UnknownField {
    tag: u16,
    value: Zeroizing<Vec<u8>>,
}

impl UnknownField {
    /// Keeps a field that is not known, if its tag allows that.
    ///
    /// # Errors
    /// [`FieldError::Unknown`] where the tag has the critical bit.
    pub fn keep(field: &Field<'_>) -> Result<Self, FieldError> {
        if field.tag & CRITICAL != 0 {
            return Err(FieldError::Unknown { tag: field.tag });
        }
        Ok(Self {
            tag: field.tag,
            value: Zeroizing::new(field.value.to_vec()),
        })
    }

    /// The same field held twice.
    #[must_use]
    pub fn duplicate(&self) -> Self {
        Self {
            tag: self.tag,
            value: self.value.clone(),
        }
    }
}

/// One field as it stands in the bytes.
#[derive(Clone, Copy)]
pub struct Field<'a> {
    /// Its tag.
    pub tag: u16,
    /// Its value.
    pub value: &'a [u8],
    /// Where the value starts, in bytes from the start of the list.
    pub at: usize,
}

impl<'a> Field<'a> {
    /// The error for a value that is not what the tag promises.
    #[must_use]
    pub fn malformed(&self) -> FieldError {
        FieldError::Malformed { at: self.at }
    }

    /// An error from reading the value as a list of its own, with its offset counted from the start of this list.
    #[must_use]
    pub fn within(&self, error: FieldError) -> FieldError {
        match error {
            FieldError::Malformed { at } => FieldError::Malformed { at: self.at + at },
            unknown @ FieldError::Unknown { .. } => unknown,
        }
    }

    /// The error for a tag that is not known where nothing is carried along.
    #[must_use]
    pub fn unknown(&self) -> FieldError {
        FieldError::Unknown { tag: self.tag }
    }

    /// The value as exactly N bytes.
    ///
    /// # Errors
    /// [`FieldError::Malformed`] for another length.
    pub fn array<const N: usize>(&self) -> Result<[u8; N], FieldError> {
        self.value.try_into().map_err(|_| self.malformed())
    }

    /// The value as one byte.
    ///
    /// # Errors
    /// As [`Self::array`].
    pub fn u8(&self) -> Result<u8, FieldError> {
        self.array::<1>().map(|[byte]| byte)
    }

    /// The value as a 4-byte number.
    ///
    /// # Errors
    /// As [`Self::array`].
    pub fn u32(&self) -> Result<u32, FieldError> {
        self.array().map(u32::from_be_bytes)
    }

    /// The value as an 8-byte number.
    ///
    /// # Errors
    /// As [`Self::array`].
    pub fn u64(&self) -> Result<u64, FieldError> {
        self.array().map(u64::from_be_bytes)
    }

    /// The value as UTF-8 text of 1 to `limit` bytes (an empty text is written by leaving the field out).
    ///
    /// # Errors
    /// [`FieldError::Malformed`].
    pub fn text(&self, limit: usize) -> Result<&'a str, FieldError> {
        if self.value.is_empty() || self.value.len() > limit {
            return Err(self.malformed());
        }
        std::str::from_utf8(self.value).map_err(|_| self.malformed())
    }
}

/// Reads fields in order.
pub struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    last: u16,
    repeating: &'a [u16],
}

impl<'a> Reader<'a> {
    /// Starts at the first byte; only the tags of `repeating` may occur more than once.
    #[must_use]
    pub fn new(bytes: &'a [u8], repeating: &'a [u16]) -> Self {
        Self {
            bytes,
            at: 0,
            last: 0,
            repeating,
        }
    }

    /// The next field, or `None` at the end.
    ///
    /// # Errors
    /// [`FieldError::Malformed`] where a field is cut off or its tag does not ascend.
    #[expect(
        clippy::should_implement_trait,
        reason = "an iterator of results would let a caller go on after an error"
    )]
    pub fn next(&mut self) -> Result<Option<Field<'a>>, FieldError> {
        if self.at == self.bytes.len() {
            return Ok(None);
        }
        let malformed = FieldError::Malformed { at: self.at };
        let rest = self.bytes.get(self.at..).ok_or(malformed)?;
        let (tag, rest) = rest.split_first_chunk::<2>().ok_or(malformed)?;
        let (length, rest) = rest.split_first_chunk::<4>().ok_or(malformed)?;
        let tag = u16::from_be_bytes(*tag);
        let length = usize::try_from(u32::from_be_bytes(*length)).map_err(|_| malformed)?;
        let value = rest.get(..length).ok_or(malformed)?;
        // No tag is 0: it would stand before the fields that are known, where a writer carries nothing along.
        if tag < self.last || (tag == self.last && !self.repeating.contains(&tag)) {
            return Err(malformed);
        }
        let field = Field {
            tag,
            value,
            at: self.at + FIELD_OVERHEAD,
        };
        self.last = tag;
        self.at = field.at + length;
        Ok(Some(field))
    }
}

/// Writes fields; the buffer is wiped when it grows and when it is dropped.
pub struct Writer {
    bytes: Zeroizing<Vec<u8>>,
    last: u16,
}

impl Writer {
    /// Starts with room for so many bytes.
    #[must_use]
    pub fn with_capacity(bytes: usize) -> Self {
        Self {
            bytes: Zeroizing::new(Vec::with_capacity(bytes)),
            last: 0,
        }
    }

    /// Writes one field.
    ///
    /// # Panics
    /// Never for what this program writes: tags ascend, and a value is below the limit of the payload.
    pub fn field(&mut self, tag: u16, value: &[u8]) {
        assert!(
            tag >= self.last,
            "because fields are written in ascending order"
        );
        self.last = tag;
        let length =
            u32::try_from(value.len()).expect("because a value is below the limit of the payload");
        self.reserve(FIELD_OVERHEAD + value.len());
        self.bytes.extend_from_slice(&tag.to_be_bytes());
        self.bytes.extend_from_slice(&length.to_be_bytes());
        self.bytes.extend_from_slice(value);
    }

    /// Writes a text, or nothing where it is empty.
    pub fn text(&mut self, tag: u16, text: &str) {
        if !text.is_empty() {
            self.field(tag, text.as_bytes());
        }
    }

    /// Writes an 8-byte number.
    pub fn number(&mut self, tag: u16, number: u64) {
        self.field(tag, &number.to_be_bytes());
    }

    /// Writes the fields that are carried along. Known tags without the critical bit are numbered from 1 without gaps, so
    /// these come after them and before the critical ones.
    pub fn carried(&mut self, fields: &[UnknownField]) {
        for field in fields {
            self.field(field.tag, &field.value);
        }
    }

    /// The written bytes.
    #[must_use]
    pub fn finish(self) -> Zeroizing<Vec<u8>> {
        self.bytes
    }

    // A Vec that grows by itself would leave its old bytes behind.
    fn reserve(&mut self, additional: usize) {
        let needed = self.bytes.len() + additional;
        if needed > self.bytes.capacity() {
            let mut bigger =
                Zeroizing::new(Vec::with_capacity(needed.max(self.bytes.capacity() * 2)));
            bigger.extend_from_slice(&self.bytes);
            self.bytes = bigger;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(fields: &[(u16, &[u8])]) -> Vec<u8> {
        let mut writer = Writer::with_capacity(0);
        for (tag, value) in fields {
            writer.field(*tag, value);
        }
        writer.finish().to_vec()
    }

    fn read(bytes: &[u8], repeating: &[u16]) -> Result<Vec<(u16, Vec<u8>)>, FieldError> {
        let mut reader = Reader::new(bytes, repeating);
        let mut fields = Vec::new();
        while let Some(field) = reader.next()? {
            fields.push((field.tag, field.value.to_vec()));
        }
        Ok(fields)
    }

    #[test]
    fn what_was_written_is_read() {
        let bytes = written(&[(1, b"a"), (2, b""), (7, b"xyz"), (7, b"u")]);
        let fields = read(&bytes, &[7]).unwrap();
        assert_eq!(fields.len(), 4);
        assert_eq!(fields[2], (7, b"xyz".to_vec()));
    }

    #[test]
    fn every_truncation_is_malformed() {
        let bytes = written(&[(1, b"abc"), (2, b"defg")]);
        for cut in 1..bytes.len() {
            // After the first field the rest is a shorter list, and a whole one.
            assert_eq!(read(&bytes[..cut], &[]).is_ok(), cut == 9, "cut at {cut}");
        }
    }

    #[test]
    fn a_tag_out_of_order_or_twice_is_malformed() {
        let swapped = [written(&[(2, b"a")]), written(&[(1, b"b")])].concat();
        assert_eq!(read(&swapped, &[]), Err(FieldError::Malformed { at: 7 }));
        let twice = [written(&[(2, b"a")]), written(&[(2, b"b")])].concat();
        assert_eq!(read(&twice, &[]), Err(FieldError::Malformed { at: 7 }));
        assert!(read(&twice, &[2]).is_ok());
    }

    #[test]
    fn a_lying_length_is_malformed() {
        assert_eq!(
            read(&[0, 1, 0xff, 0xff, 0xff, 0xff, 1], &[]),
            Err(FieldError::Malformed { at: 0 })
        );
    }
}

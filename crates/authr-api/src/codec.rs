//! Canonical bytes: what is hashed, signed or sealed has one encoding. Numbers are big-endian, `lp(x) = u32 length || x`.

use zeroize::Zeroizing;

/// Bytes that are not what they should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("malformed at byte {at}")]
pub struct Malformed {
    /// Where reading stopped.
    pub at: usize,
}

/// Writes fields one after the other.
pub(crate) struct Writer(Zeroizing<Vec<u8>>);

impl Writer {
    /// Room for everything that is written, so that no copy of a secret stays behind in a buffer that grew.
    pub(crate) fn new(capacity: usize) -> Self {
        Self(Zeroizing::new(Vec::with_capacity(capacity)))
    }

    pub(crate) fn u8(self, number: u8) -> Self {
        self.raw(&[number])
    }

    pub(crate) fn u16(self, number: u16) -> Self {
        self.raw(&number.to_be_bytes())
    }

    pub(crate) fn u32(self, number: u32) -> Self {
        self.raw(&number.to_be_bytes())
    }

    pub(crate) fn u64(self, number: u64) -> Self {
        self.raw(&number.to_be_bytes())
    }

    pub(crate) fn raw(mut self, bytes: &[u8]) -> Self {
        self.0.extend_from_slice(bytes);
        self
    }

    /// `lp(bytes)`.
    pub(crate) fn long(self, bytes: &[u8]) -> Self {
        let length =
            u32::try_from(bytes.len()).expect("because every field has a limit far below 4 GiB");
        self.u32(length).raw(bytes)
    }

    pub(crate) fn finish(mut self) -> Vec<u8> {
        std::mem::take(&mut *self.0)
    }

    pub(crate) fn finish_secret(self) -> Zeroizing<Vec<u8>> {
        self.0
    }
}

/// Reads fields one after the other; what is left over is an error.
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes, at: 0 }
    }

    /// The error for what was read last.
    pub(crate) fn malformed(&self) -> Malformed {
        Malformed { at: self.at }
    }

    pub(crate) fn raw(&mut self, length: usize) -> Result<&'a [u8], Malformed> {
        let (field, rest) = self
            .rest
            .split_at_checked(length)
            .ok_or(Malformed { at: self.at })?;
        self.rest = rest;
        self.at += length;
        Ok(field)
    }

    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N], Malformed> {
        let field = self.raw(N)?;
        Ok(field.try_into().expect("because N bytes were read"))
    }

    pub(crate) fn u8(&mut self) -> Result<u8, Malformed> {
        self.array().map(u8::from_be_bytes)
    }

    pub(crate) fn u16(&mut self) -> Result<u16, Malformed> {
        self.array().map(u16::from_be_bytes)
    }

    pub(crate) fn u32(&mut self) -> Result<u32, Malformed> {
        self.array().map(u32::from_be_bytes)
    }

    pub(crate) fn u64(&mut self) -> Result<u64, Malformed> {
        self.array().map(u64::from_be_bytes)
    }

    /// Reads one byte that must be this one.
    pub(crate) fn expect(&mut self, byte: u8) -> Result<(), Malformed> {
        let at = self.at;
        if self.u8()? == byte {
            Ok(())
        } else {
            Err(Malformed { at })
        }
    }

    /// Reads one byte that says whether something follows.
    pub(crate) fn flag(&mut self) -> Result<bool, Malformed> {
        let at = self.at;
        match self.u8()? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(Malformed { at }),
        }
    }

    /// `lp(bytes)` of at most `limit` bytes.
    pub(crate) fn long(&mut self, limit: usize) -> Result<&'a [u8], Malformed> {
        let at = self.at;
        let length = usize::try_from(self.u32()?).map_err(|_| Malformed { at })?;
        if length > limit {
            return Err(Malformed { at });
        }
        self.raw(length)
    }

    pub(crate) fn rest(&mut self) -> &'a [u8] {
        self.at += self.rest.len();
        std::mem::take(&mut self.rest)
    }

    pub(crate) fn end(self) -> Result<(), Malformed> {
        if self.rest.is_empty() {
            Ok(())
        } else {
            Err(Malformed { at: self.at })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_over_its_limit_a_short_field_and_left_over_bytes_are_refused() {
        let bytes = Writer::new(16).u16(7).long(b"abc").finish();
        let mut reader = Reader::new(&bytes);
        assert_eq!(reader.u16(), Ok(7));
        assert_eq!(reader.long(2), Err(Malformed { at: 2 }));

        let mut reader = Reader::new(&bytes[..8]);
        assert_eq!(reader.u16(), Ok(7));
        assert_eq!(reader.long(3), Err(Malformed { at: 6 }));

        let mut reader = Reader::new(&bytes);
        assert_eq!(reader.u16(), Ok(7));
        assert_eq!(reader.end(), Err(Malformed { at: 2 }));
    }
}

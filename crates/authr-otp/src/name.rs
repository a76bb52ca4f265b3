//! Issuers, labels and tags: text from outside, within its limits.

use std::fmt;

/// An issuer or a label: at most 256 bytes, without space around it, possibly empty.
///
/// Characters stay as they are, and who shows a name makes it safe for its screen; only control characters
/// become spaces, since no site means one and a line break would end a line of a list.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name(String);

impl Name {
    /// The longest name, in bytes.
    pub const MAX_BYTES: usize = 256;

    /// Takes a name in.
    ///
    /// # Errors
    /// [`NameTooLong`] beyond [`Self::MAX_BYTES`].
    pub fn new(text: &str) -> Result<Self, NameTooLong> {
        clean(text, Self::MAX_BYTES).map(Self)
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether there is no text.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// A word that groups accounts: 1 to 64 bytes, otherwise as a [`Name`].
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tag(String);

impl Tag {
    /// The longest tag, in bytes.
    pub const MAX_BYTES: usize = 64;

    /// Takes a tag in; nothing but space is no tag, `None`.
    ///
    /// # Errors
    /// [`NameTooLong`] beyond [`Self::MAX_BYTES`].
    pub fn new(text: &str) -> Result<Option<Self>, NameTooLong> {
        let text = clean(text, Self::MAX_BYTES)?;
        Ok((!text.is_empty()).then_some(Self(text)))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// A name or tag beyond its limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{bytes} bytes of text, allowed are {max}")]
pub struct NameTooLong {
    /// How many bytes there were.
    pub bytes: usize,
    /// How many are allowed.
    pub max: usize,
}

fn clean(text: &str, max: usize) -> Result<String, NameTooLong> {
    let spaced: String = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    let text = spaced.trim();
    if text.len() > max {
        return Err(NameTooLong {
            bytes: text.len(),
            max,
        });
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_of_257_bytes_and_a_tag_of_65_are_refused() {
        assert_eq!(Name::new(&"é".repeat(128)).unwrap().as_str().len(), 256);
        assert_eq!(
            Name::new(&"a".repeat(257)),
            Err(NameTooLong {
                bytes: 257,
                max: 256
            })
        );
        assert!(Tag::new(&"a".repeat(64)).is_ok());
        assert_eq!(
            Tag::new(&"a".repeat(65)),
            Err(NameTooLong { bytes: 65, max: 64 })
        );
    }

    #[test]
    fn a_control_character_becomes_a_space_and_every_other_stays() {
        assert_eq!(
            Name::new("a\nb\u{1b}[31m\u{9b}\u{7f}c").unwrap().as_str(),
            "a b [31m  c"
        );
        assert_eq!(
            Name::new("ש\u{202e}\u{200d}😀").unwrap().as_str(),
            "ש\u{202e}\u{200d}😀"
        );
    }

    #[test]
    fn space_around_a_name_is_no_part_of_it_and_a_tag_of_space_is_no_tag() {
        assert_eq!(Name::new("\t  me \r\n").unwrap().as_str(), "me");
        assert!(Name::new(" ").unwrap().is_empty());
        assert_eq!(Tag::new(" \n"), Ok(None));
    }
}

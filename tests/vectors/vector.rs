//! A vector's file: lines `name: value`, an empty line, and the bytes of a vault.

use std::fmt::Write;

use authr_crypto::mac::sha256;
use data_encoding::HEXLOWER;

use crate::writer::{CODE_TEXT, GENERATION, SAVED_AT};

/// A file, what is offered to open it, and what must come of that.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Vector {
    pub(crate) name: String,
    pub(crate) comment: String,
    pub(crate) expect: String,
    /// What is offered: `password`, `recovery-code`, `keyring-secret`, `vault-key`, and its value.
    pub(crate) offer: (String, String),
    /// The highest generation that was seen.
    pub(crate) seen: Option<u64>,
    /// The length that the file has after zeros were added.
    pub(crate) extend_to: Option<usize>,
    pub(crate) bytes: Vec<u8>,
}

impl Vector {
    /// A file that opens to this content.
    pub(crate) fn opened(name: &str, comment: &str, content: &[u8], bytes: Vec<u8>) -> Self {
        Self::opened_as(name, comment, GENERATION, content, bytes)
    }

    pub(crate) fn opened_as(
        name: &str,
        comment: &str,
        generation: u64,
        content: &[u8],
        bytes: Vec<u8>,
    ) -> Self {
        let content = HEXLOWER.encode(&sha256(&[content]));
        let expect = format!("Opened {generation} {SAVED_AT} {content}");
        Self::refused(name, comment, &expect, bytes)
    }

    /// A file that is refused with this class.
    pub(crate) fn refused(name: &str, comment: &str, class: &str, bytes: Vec<u8>) -> Self {
        Self {
            name: name.to_owned(),
            comment: comment.to_owned(),
            expect: class.to_owned(),
            offer: ("recovery-code".to_owned(), CODE_TEXT.to_owned()),
            seen: None,
            extend_to: None,
            bytes,
        }
    }

    pub(crate) fn offered(mut self, what: &str, value: &str) -> Self {
        self.offer = (what.to_owned(), value.to_owned());
        self
    }

    pub(crate) fn seen(mut self, generation: u64) -> Self {
        self.seen = Some(generation);
        self
    }

    pub(crate) fn extended_to(mut self, length: usize) -> Self {
        self.extend_to = Some(length);
        self
    }

    pub(crate) fn render(&self) -> Vec<u8> {
        let (what, value) = &self.offer;
        let mut text = format!(
            "comment: {}\nexpect: {}\n{what}: {value}\n",
            self.comment, self.expect
        );
        if let Some(seen) = self.seen {
            writeln!(text, "seen: {seen}").unwrap();
        }
        if let Some(length) = self.extend_to {
            writeln!(text, "extend-to: {length}").unwrap();
        }
        text.push('\n');
        [text.as_bytes(), &self.bytes].concat()
    }

    pub(crate) fn parse(name: &str, file: &[u8]) -> Self {
        let end = file
            .windows(2)
            .position(|two| two == b"\n\n")
            .expect("an empty line");
        let text = std::str::from_utf8(&file[..end]).expect("lines in UTF-8");
        let mut vector = Self::refused(name, "", "", file[end + 2..].to_vec());
        vector.offer = Default::default();
        for line in text.lines() {
            let (what, value) = line.split_once(": ").expect("name: value");
            match what {
                "comment" => vector.comment = value.to_owned(),
                "expect" => vector.expect = value.to_owned(),
                "seen" => vector.seen = Some(value.parse().unwrap()),
                "extend-to" => vector.extend_to = Some(value.parse().unwrap()),
                _ => vector = vector.offered(what, value),
            }
        }
        vector
    }
}

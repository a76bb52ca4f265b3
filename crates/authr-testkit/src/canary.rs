//! Finds secrets where none may be: in files, their names, and printed text, in whatever encoding.

use std::fs;
use std::path::Path;

use data_encoding::{BASE32_NOPAD, BASE64_NOPAD, BASE64URL_NOPAD, Encoding, HEXLOWER, HEXUPPER};

/// A shorter secret, or piece of an encoded one, would be found by chance.
const SHORTEST: usize = 5;

/// What must not be found.
#[derive(Debug, Default)]
pub struct Canary(Vec<Needle>);

#[derive(Debug)]
struct Needle {
    name: String,
    encoding: String,
    bytes: Vec<u8>,
}

impl Canary {
    /// Looks for nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Looks for this too.
    ///
    /// # Panics
    /// For fewer than five bytes: they would be found by chance.
    #[must_use]
    pub fn secret(mut self, name: &str, bytes: impl AsRef<[u8]>) -> Self {
        let bytes = bytes.as_ref();
        assert!(bytes.len() >= SHORTEST, "{name} is too short to look for");
        for (encoding, bytes) in encodings(bytes) {
            self.0.push(Needle {
                name: name.to_owned(),
                encoding,
                bytes,
            });
        }
        self
    }

    /// Where something was found; none: all is well.
    #[must_use]
    pub fn find(&self, place: &str, bytes: &[u8]) -> Option<String> {
        self.0.iter().find_map(|needle| {
            let at = bytes
                .windows(needle.bytes.len())
                .position(|window| window == needle.bytes)?;
            let Needle { name, encoding, .. } = needle;
            Some(format!("{place}: {name} ({encoding}) at byte {at}"))
        })
    }

    /// Insists that a text holds nothing of it.
    ///
    /// # Panics
    /// Where it does.
    #[track_caller]
    pub fn assert_absent(&self, place: &str, bytes: impl AsRef<[u8]>) {
        assert!(!self.0.is_empty(), "the canary has nothing to look for");
        if let Some(found) = self.find(place, bytes.as_ref()) {
            panic!("{found}");
        }
    }

    /// Insists that no file under a folder, and no name of one, holds anything of it. Returns how many files
    /// it read, for a test to insist that there were some.
    ///
    /// # Panics
    /// Where one does, and where one cannot be read.
    #[track_caller]
    pub fn assert_absent_under(&self, folder: &Path) -> usize {
        let mut files = 0;
        let mut folders = vec![folder.to_owned()];
        while let Some(folder) = folders.pop() {
            let entries = fs::read_dir(&folder).expect("a folder that can be read");
            for entry in entries.map(|entry| entry.expect("an entry that can be read")) {
                let path = entry.path();
                let name = entry.file_name();
                self.assert_absent("a file name", name.as_encoded_bytes());
                let kind = entry.file_type().expect("an entry that has a type");
                if kind.is_dir() {
                    folders.push(path);
                } else if kind.is_file() {
                    let bytes = fs::read(&path).expect("a file that can be read");
                    self.assert_absent(&path.display().to_string(), bytes);
                    files += 1;
                }
            }
        }
        files
    }
}

/// A secret in every writing: itself, hexadecimal, Base32, cases changed; and each of these plain, in
/// Base64 at each alignment, in UTF-16, and backwards.
fn encodings(secret: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut first = vec![
        ("raw".to_owned(), secret.to_vec()),
        ("hex".to_owned(), HEXLOWER.encode(secret).into_bytes()),
        ("HEX".to_owned(), HEXUPPER.encode(secret).into_bytes()),
    ];
    for (alignment, piece) in pieces(&BASE32_NOPAD, 5, secret) {
        first.push((format!("Base32+{alignment}"), piece.clone().into_bytes()));
        let lower = piece.to_ascii_lowercase();
        first.push((format!("base32+{alignment}"), lower.into_bytes()));
    }
    if let Ok(text) = str::from_utf8(secret) {
        first.push(("lower case".to_owned(), text.to_lowercase().into_bytes()));
        first.push(("upper case".to_owned(), text.to_uppercase().into_bytes()));
    }
    let mut all = Vec::new();
    for (name, bytes) in first {
        for (variant, encoding) in [("Base64", BASE64_NOPAD), ("Base64url", BASE64URL_NOPAD)] {
            for (alignment, piece) in pieces(&encoding, 3, &bytes) {
                all.push((format!("{name}, {variant}+{alignment}"), piece.into_bytes()));
            }
        }
        if let Ok(text) = str::from_utf8(&bytes) {
            let units = || text.encode_utf16();
            let little = units().flat_map(u16::to_le_bytes).collect();
            let big = units().flat_map(u16::to_be_bytes).collect();
            all.push((format!("{name}, UTF-16LE"), little));
            all.push((format!("{name}, UTF-16BE"), big));
        }
        let backwards = bytes.iter().rev().copied().collect();
        all.push((format!("{name}, backwards"), backwards));
        all.push((name, bytes));
    }
    all
}

/// What an encoding makes of a secret that follows 0, 1, … bytes of something else: the characters that
/// depend on the secret alone.
fn pieces(encoding: &Encoding, group: usize, secret: &[u8]) -> Vec<(usize, String)> {
    let bits = encoding.bit_width();
    (0..group)
        .map(|alignment| {
            let mut bytes = vec![0; alignment];
            bytes.extend_from_slice(secret);
            let first = (alignment * 8).div_ceil(bits);
            let last = bytes.len() * 8 / bits;
            let text = encoding.encode(&bytes);
            (alignment, text.get(first..last).unwrap_or("").to_owned())
        })
        .filter(|(_, piece)| piece.len() >= SHORTEST)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Home;

    const SECRET: &[u8] = b"Lighthouse";

    fn finds(hidden: &[u8]) -> bool {
        let canary = Canary::new().secret("issuer", SECRET);
        let around = [b"\x00\xffsome{", hidden, b"}more"].concat();
        canary.find("file", &around).is_some()
    }

    #[test]
    fn a_secret_is_found_in_every_encoding() {
        let text = "Lighthouse";
        let base32 = BASE32_NOPAD.encode(SECRET);
        let mut hidden = vec![
            SECRET.to_vec(),
            HEXLOWER.encode(SECRET).into_bytes(),
            HEXUPPER.encode(SECRET).into_bytes(),
            base32.to_lowercase().into_bytes(),
            text.to_uppercase().into_bytes(),
            text.chars().rev().collect::<String>().into_bytes(),
            text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
            text.encode_utf16().flat_map(u16::to_be_bytes).collect(),
            BASE64_NOPAD.encode(base32.as_bytes()).into_bytes(),
            base32.into_bytes(),
        ];
        for before in 0..6 {
            let within = [vec![b'{'; before], SECRET.to_vec(), b"}}".to_vec()].concat();
            hidden.push(BASE64_NOPAD.encode(&within).into_bytes());
            hidden.push(BASE64URL_NOPAD.encode(&within).into_bytes());
            hidden.push(BASE32_NOPAD.encode(&within).into_bytes());
        }
        for hidden in hidden {
            assert!(finds(&hidden), "{:?}", String::from_utf8_lossy(&hidden));
        }
    }

    #[test]
    fn nothing_is_found_where_nothing_is() {
        assert!(!finds(b"lighthous and nothing else"));
        assert!(!finds(&[0; 4096]));
    }

    #[test]
    fn a_leak_is_named_by_file_secret_and_encoding() {
        let home = Home::new();
        let path = home.file("state.json", format!("[{}]", HEXLOWER.encode(SECRET)));
        let canary = Canary::new().secret("issuer", SECRET);
        let found = canary.find("state.json", &fs::read(path).unwrap());
        assert_eq!(found.unwrap(), "state.json: issuer (hex) at byte 1");
        let caught = std::panic::catch_unwind(|| canary.assert_absent_under(home.path()));
        assert!(caught.is_err());
    }

    #[test]
    fn clean_files_are_counted() {
        let home = Home::new();
        let canary = Canary::new().secret("issuer", SECRET);
        assert_eq!(canary.assert_absent_under(home.path()), 0);
        home.file("a", "nothing");
        home.file("b", "nothing");
        assert_eq!(canary.assert_absent_under(home.path()), 2);
    }

    #[test]
    #[should_panic(expected = "too short")]
    fn a_secret_that_chance_would_find_is_refused() {
        let _ = Canary::new().secret("pin", "1234");
    }
}

//! Accounts as URIs, a line each: the one format that nearly every program reads and writes. Google's batches may stand
//! among them, in any order, and Ente's `codeDisplay` is understood.
//!
//! Blank lines and lines that begin with `#` say nothing.

use std::borrow::Cow;

use authr_otp::migration;
use authr_otp::uri::{self, RenderError, UriAccount};
use percent_encoding::percent_decode_str;
use serde_json::Value;
use zeroize::Zeroizing;

use crate::entry::{Draft, Harvest, Reason};
use crate::json::{Json, flag, list, text};
use crate::zip_file::Zip;
use crate::{Batches, Damage, Format, FormatError, Input, Parsed, html};

/// How the lines begin that are accounts.
const SCHEMES: [&str; 5] = [
    "otpauth",
    "apple-otpauth",
    "otpauth-migration",
    "steam",
    "motp",
];

/// Whether any line begins as a URI of an account does.
pub(crate) fn is_recognised(text: &str) -> bool {
    lines(text).any(|(_, line)| is_uri(line))
}

/// Whether a line begins as a URI of an account does.
pub(crate) fn is_uri(line: &str) -> bool {
    line.split_once(':').is_some_and(|(scheme, rest)| {
        rest.starts_with("//")
            && SCHEMES
                .iter()
                .any(|known| scheme.eq_ignore_ascii_case(known))
    })
}

/// Reads a list: of lines, out of a page, or the texts of a JSON document.
pub(crate) fn parse_input(input: &Input<'_>) -> Result<Parsed, FormatError> {
    if input.json.is_some() {
        let mut reader = Reader::new(Format::UriList);
        for (position, uri) in (1..).zip(texts(input.json()?)) {
            reader.line(position, uri)?;
        }
        return Ok(reader.finish());
    }
    read(input.text()?, Format::UriList)
}

/// The URIs of a document: texts of a list, of its `items`, or in the `url` of a list's entries.
pub(crate) fn texts(document: &Value) -> Vec<&str> {
    let entries = match document.as_array() {
        Some(entries) => entries.as_slice(),
        None => list(document, "items"),
    };
    let uris = entries.iter().flat_map(|entry| match entry {
        Value::String(text) => [text.as_str(), ""],
        other => [text(other, "url"), text(other, "uri")],
    });
    uris.filter(|uri| is_uri(uri)).collect()
}

/// Reads the one list in a zip.
pub(crate) fn parse_zip(input: &Input<'_>) -> Result<Parsed, FormatError> {
    let mut zip = Zip::open(input.bytes)?;
    let member = zip.names().find(|name| name.ends_with(".txt"));
    let member = member
        .map(Cow::into_owned)
        .ok_or(FormatError::NotRecognised)?;
    let format = match member.as_str() {
        crate::authenticator_plus::MEMBER => Format::AuthenticatorPlus,
        _ => Format::WinAuth,
    };
    let password = match zip.is_encrypted(&member) {
        true => Some(input.password(format)?),
        false => None,
    };
    let content = zip.read(&member, password)?;
    let text = std::str::from_utf8(&content).map_err(|_| FormatError::Damaged {
        what: Damage::NotText,
    })?;
    read(text, format)
}

/// Reads every line, the bad ones into [`Parsed::rejected`].
pub(crate) fn read(text: &str, format: Format) -> Result<Parsed, FormatError> {
    let mut reader = Reader::new(format);
    if html::is_page(text) {
        for (position, uri) in (1..).zip(html::uris(text)) {
            reader.line(position, &uri)?;
        }
        return Ok(reader.finish());
    }
    for (position, line) in lines(text) {
        reader.line(position, line)?;
    }
    Ok(reader.finish())
}

/// The lines that say something, with their numbers; a line may have several URIs with commas between.
fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    (1..)
        .zip(text.lines())
        .flat_map(|(position, line)| pieces(line).map(move |piece| (position, piece.trim())))
        .filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
}

fn pieces(line: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(line);
    std::iter::from_fn(move || {
        let whole = rest?;
        let comma = whole.match_indices(',').find(|(at, _)| {
            whole
                .get(at + 1..)
                .is_some_and(|after| is_uri(after.trim_start()))
        });
        match comma {
            Some((at, _)) => {
                rest = whole.get(at + 1..);
                whole.get(..at)
            }
            None => {
                rest = None;
                Some(whole)
            }
        }
    })
}

/// What reads URIs one after the other, and keeps count of batches.
pub(crate) struct Reader {
    harvest: Harvest,
    batches: Vec<Batches>,
}

impl Reader {
    pub(crate) fn new(format: Format) -> Self {
        Self {
            harvest: Harvest::new(format),
            batches: Vec::new(),
        }
    }

    /// Takes a line.
    pub(crate) fn line(&mut self, position: usize, line: &str) -> Result<(), FormatError> {
        if migration::is_migration(line) {
            return self.batch(position, line);
        }
        let draft = display(line).map_or_else(Draft::default, |display| displayed(&display.0));
        self.harvest.take_uri(position, draft, line)
    }

    fn batch(&mut self, position: usize, line: &str) -> Result<(), FormatError> {
        let batch = match migration::parse(line) {
            Ok(batch) => batch,
            Err(error) => {
                let error = Err(Reason::from(error));
                return self.harvest.take_at(position, Draft::default(), error);
            }
        };
        let same = |known: &&mut Batches| (known.id, known.size) == (batch.id, batch.size);
        match self.batches.iter_mut().find(same) {
            // The same code scanned twice.
            Some(known) if batch.size > 1 && known.seen.contains(&batch.index) => return Ok(()),
            Some(known) => known.seen.push(batch.index),
            None => self.batches.push(Batches {
                id: batch.id,
                size: batch.size,
                seen: vec![batch.index],
            }),
        }
        for account in batch.accounts {
            match account {
                Ok(account) => {
                    let draft = Draft::named(account.issuer.as_str(), account.label.as_str());
                    self.harvest.take_at(position, draft, Ok(account.otp))?;
                }
                Err(error) => {
                    let name = error.name.as_ref().map_or("", |name| name.as_str());
                    let reason = Err(Reason::from(error.why));
                    self.harvest
                        .take_at(position, Draft::named("", name), reason)?;
                }
            }
        }
        Ok(())
    }

    pub(crate) fn finish(self) -> Parsed {
        let mut parsed = self.harvest.finish();
        parsed.batches = self.batches;
        parsed
    }
}

/// Ente's `codeDisplay` parameter.
fn display(uri: &str) -> Option<Json> {
    let (_, query) = uri.split_once('?')?;
    let encoded = query
        .split('&')
        .find_map(|piece| piece.strip_prefix("codeDisplay="))?;
    // A plus is a space, but in what this writer also encodes as %20 or %2B it never stands.
    let text = percent_decode_str(encoded).decode_utf8().ok()?;
    Json::parse(&text).ok()
}

fn displayed(display: &Value) -> Draft {
    let mut draft = Draft {
        icon: text(display, "iconID").to_owned(),
        pinned: flag(display, "pinned"),
        trashed: flag(display, "trashed"),
        ..Draft::default()
    };
    draft.note(&text(display, "note").replace('+', " "));
    for tag in list(display, "tags").iter().filter_map(Value::as_str) {
        draft.tag(&tag.replace('+', " "));
    }
    draft
}

/// A list, and what it could not say.
#[derive(Debug)]
pub struct Rendered {
    /// The list: secrets in plain text.
    pub text: Zeroizing<String>,
    /// The accounts that are not in it.
    pub left_out: Vec<LeftOut>,
}

/// An account that has no URI.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LeftOut {
    /// Which of the accounts, counted from 0.
    pub index: usize,
    /// Why.
    pub reason: RenderError,
}

/// Writes a list that [`crate::parse`] reads back; an account that has no URI is named, and not in it.
#[must_use]
pub fn render<'a>(accounts: impl IntoIterator<Item = &'a UriAccount>) -> Rendered {
    let mut lines = Vec::new();
    let mut left_out = Vec::new();
    for (index, account) in accounts.into_iter().enumerate() {
        match uri::render(account) {
            Ok(line) => lines.push(line),
            Err(reason) => left_out.push(LeftOut { index, reason }),
        }
    }
    // With room from the start: a buffer that grows leaves copies of secrets behind.
    let capacity = lines.iter().map(|line| line.len() + 1).sum();
    let mut text = Zeroizing::new(String::with_capacity(capacity));
    for line in lines {
        text.push_str(&line);
        text.push('\n');
    }
    Rendered { text, left_out }
}

#[cfg(test)]
mod tests {
    use authr_crypto::secret::OtpSecret;
    use authr_otp::uri::{MAX_URI_BYTES, UriError};
    use authr_otp::{Kind, Otp};
    use proptest::prelude::*;

    use super::*;
    use crate::{MAX_ENTRIES, MAX_FILE_BYTES, parse};

    const URI: &str = "otpauth://totp/Acme:me?secret=JBSWY3DPEHPK3PXP";

    fn refused(file: &[u8]) -> FormatError {
        parse(file).expect_err("because the file is no list")
    }

    #[test]
    fn a_file_without_any_uri_is_not_recognised() {
        for file in [
            &b""[..],
            b"\n\r\n  \n",
            b"# otpauth://totp/me?secret=AAAA\n",
            b"JBSWY3DPEHPK3PXP\nsome text\n",
            b"see otpauth://totp/me?secret=AAAA",
            b"https://example.org/\n",
            b"{\"accounts\":[]}",
        ] {
            assert_eq!(refused(file), FormatError::NotRecognised);
        }
    }

    #[test]
    fn a_file_that_is_no_utf_8_is_no_list() {
        let latin = [URI.as_bytes(), b"&issuer=\xe9\n"].concat();
        assert_eq!(refused(&latin), FormatError::PasswordWouldTell);
        let wide: Vec<u8> = URI.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let marked = [&b"\xff\xfe"[..], &wide].concat();
        assert_eq!(refused(&marked), FormatError::PasswordWouldTell);
    }

    #[test]
    fn a_file_of_16_mib_and_a_byte_is_too_large() {
        let file = |length: usize| {
            let mut file = format!("{URI}\n").into_bytes();
            file.resize(length, b'\n');
            file
        };
        assert_eq!(parse(&file(MAX_FILE_BYTES)).unwrap().accounts.len(), 1);
        assert_eq!(refused(&file(MAX_FILE_BYTES + 1)), FormatError::TooLarge);
    }

    #[test]
    fn the_entry_10_001_is_one_too_many_be_it_good_or_bad() {
        let list = format!("{URI}\n").repeat(MAX_ENTRIES);
        assert_eq!(parse(list.as_bytes()).unwrap().accounts.len(), MAX_ENTRIES);
        for line in [URI, "bad"] {
            let longer = format!("{list}{line}\n");
            assert_eq!(refused(longer.as_bytes()), FormatError::TooManyEntries);
        }
        // A line that says nothing is no entry.
        assert!(parse(format!("{list}\n# more\n").as_bytes()).is_ok());
    }

    #[test]
    fn a_line_of_4097_bytes_is_rejected_and_the_others_are_read() {
        let line = |length: usize| format!("{URI}&x={}", "x".repeat(length - URI.len() - 3));
        let file = format!(
            "{}\n{}\n{URI}",
            line(MAX_URI_BYTES),
            line(MAX_URI_BYTES + 1)
        );
        let parsed = parse(file.as_bytes()).unwrap();
        assert_eq!(parsed.accounts.len(), 2);
        assert_eq!(parsed.rejected.len(), 1);
        assert_eq!(parsed.rejected[0].position, 2);
        assert_eq!(parsed.rejected[0].reason, UriError::TooLong.into());
    }

    #[test]
    fn every_bad_line_is_named_with_its_place_and_reason() {
        let file = format!(
            "# accounts\n\n{URI}\nan intruder\notpauth://totp/Bank:me?secret=018\n{URI}\n\
             otpauth://xotp/Other:me?secret=AAAA\nsteam://JBSWY3DPEHPK3PX1\n"
        );
        let parsed = parse(file.as_bytes()).unwrap();
        assert_eq!(parsed.format.name(), "otpauth");
        let places: Vec<usize> = parsed.accounts.iter().map(|a| a.position).collect();
        assert_eq!(places, [3, 6]);
        let rejected: Vec<_> = parsed
            .rejected
            .iter()
            .map(|one| (one.position, one.name.as_ref().map(|name| name.as_str())))
            .collect();
        assert_eq!(
            rejected,
            [
                (4, None),
                (5, Some("Bank:me")),
                (7, Some("Other:me")),
                (8, None)
            ]
        );
        assert_eq!(parsed.rejected[0].reason, UriError::NotOtpauth.into());
        assert_eq!(parsed.rejected[2].reason, UriError::UnknownKind.into());
    }

    #[test]
    fn what_ente_says_beside_the_codes_survives() {
        let display = "%7B%22pinned%22%3Atrue%2C%22trashed%22%3Atrue%2C%22tags%22%3A%5B%22a%20b%22%5D%2C%22note%22%3A%22n%22%7D";
        let file = format!("{URI}&codeDisplay={display},{URI}\n{URI}&codeDisplay=%7B");
        let parsed = parse(file.as_bytes()).unwrap();
        let [full, comma, broken] = parsed.accounts.as_slice() else {
            panic!("three accounts: {:?}", parsed.rejected);
        };
        assert_eq!(
            (full.note.as_str(), full.pinned, full.trashed),
            ("n", true, true)
        );
        assert_eq!(full.account.tags[0].as_str(), "a b");
        assert_eq!((comma.position, comma.pinned), (1, false));
        assert_eq!((broken.position, broken.note.as_str()), (2, ""));
    }

    #[test]
    fn batches_may_come_in_any_order_and_twice_and_a_missing_one_is_named() {
        let one = parse(URI.as_bytes()).unwrap().accounts.remove(0).account;
        let accounts: Vec<UriAccount> = (0..25)
            .map(|_| UriAccount {
                issuer: one.issuer.clone(),
                label: one.label.clone(),
                otp: one.otp.duplicate(),
                tags: Vec::new(),
            })
            .collect();
        let batches = migration::render(&accounts, 7).unwrap();
        let list = |order: &[usize]| {
            let lines: Vec<&str> = order.iter().map(|at| batches[*at].as_str()).collect();
            parse(lines.join("\n").as_bytes()).unwrap()
        };
        let whole = list(&[2, 0, 1, 0]);
        assert_eq!(
            (whole.accounts.len(), whole.missing_batches()),
            (25, vec![])
        );
        let part = list(&[2, 0]);
        assert_eq!((part.accounts.len(), part.missing_batches()), (15, vec![2]));
    }

    #[test]
    fn a_byte_order_mark_and_line_ends_of_windows_change_nothing() {
        let file = format!("\u{feff}{URI}\r\n\r\n  # x\r\n\t{URI} \r\n");
        let parsed = parse(file.as_bytes()).unwrap();
        assert_eq!(parsed.accounts.len(), 2);
        assert!(parsed.rejected.is_empty());
        assert_eq!(parsed.accounts[1].account.label.as_str(), "me");
    }

    #[test]
    fn an_account_that_has_no_uri_is_left_out_by_name_and_not_in_silence() {
        let list = format!("{URI}\n{URI}&digits=8");
        let mut accounts: Vec<UriAccount> = parse(list.as_bytes())
            .unwrap()
            .accounts
            .into_iter()
            .map(|imported| imported.account)
            .collect();
        accounts[0].otp = Otp {
            secret: OtpSecret::new(b"canary of a native seed".to_vec()).unwrap(),
            kind: Kind::Native,
        };
        let rendered = render(&accounts);
        assert_eq!(
            rendered.left_out,
            [LeftOut {
                index: 0,
                reason: RenderError::Native
            }]
        );
        assert_eq!(
            *rendered.text,
            "otpauth://totp/Acme:me?secret=JBSWY3DPEHPK3PXP&issuer=Acme&algorithm=SHA1&digits=8&period=30\n"
        );
        assert_eq!(*render([]).text, "");
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused_and_never_a_panic(
            bytes in prop::collection::vec(any::<u8>(), 0..300),
            lines in prop::collection::vec("(otpauth://totp/.{0,9}[?]secret=)?.{0,20}", 0..9),
        ) {
            let _ = parse(&bytes);
            let _ = parse(lines.join("\n").as_bytes());
        }

        #[test]
        fn parse_of_render_is_the_list(
            one in prop::collection::vec((".{0,20}", "[^:]{0,20}", "[A-Z2-7]{2,40}", 5..=10), 1..20),
        ) {
            let accounts: Vec<UriAccount> = one
                .iter()
                .map(|(issuer, label, secret, digits)| {
                    let mut account = uri::parse(&format!("otpauth://hotp?secret={secret}&digits={digits}")).unwrap();
                    account.issuer = authr_otp::Name::new(issuer).unwrap();
                    account.label = authr_otp::Name::new(label).unwrap();
                    account
                })
                .collect();
            let rendered = render(&accounts);
            prop_assert!(rendered.left_out.is_empty());
            let parsed = parse(rendered.text.as_bytes()).unwrap();
            prop_assert!(parsed.rejected.is_empty());
            prop_assert_eq!(parsed.accounts.len(), accounts.len());
            for (number, (read, written)) in parsed.accounts.iter().zip(&accounts).enumerate() {
                prop_assert_eq!(read.position, number + 1);
                prop_assert_eq!(&read.account.issuer, &written.issuer);
                prop_assert_eq!(&read.account.label, &written.label);
                prop_assert_eq!(read.account.otp.kind, written.otp.kind);
                prop_assert!(read.account.otp.same_secret(&written.otp));
            }
        }
    }
}

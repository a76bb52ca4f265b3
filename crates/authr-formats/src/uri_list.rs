//! Accounts as `otpauth://` URIs, a line each: the one format that nearly every program reads and writes.
//!
//! Blank lines and lines that begin with `#` say nothing. A line is at most as long as a URI may be.

use authr_otp::uri::{self, RenderError, UriAccount};
use zeroize::Zeroizing;

use crate::{Format, FormatError, Imported, MAX_ENTRIES, Parsed, Rejected};

/// Whether any line begins as a URI of an account does, be it of a kind that is refused.
pub(crate) fn is_recognised(text: &str) -> bool {
    entries(text).any(|(_, line)| {
        line.split_once("://").is_some_and(|(scheme, _)| {
            [
                "otpauth",
                "apple-otpauth",
                "otpauth-migration",
                "steam",
                "motp",
            ]
            .iter()
            .any(|known| scheme.eq_ignore_ascii_case(known))
        })
    })
}

/// Reads every line, the bad ones into [`Parsed::rejected`].
pub(crate) fn parse(text: &str) -> Result<Parsed, FormatError> {
    let mut accounts = Vec::new();
    let mut rejected = Vec::new();
    for (position, line) in entries(text) {
        if accounts.len() + rejected.len() == MAX_ENTRIES {
            return Err(FormatError::TooManyEntries);
        }
        match uri::parse(line) {
            Ok(account) => accounts.push(Imported { position, account }),
            Err(reason) => rejected.push(Rejected {
                position,
                name: uri::name_hint(line),
                reason,
            }),
        }
    }
    Ok(Parsed {
        format: Format::UriList,
        accounts,
        rejected,
    })
}

/// The lines that say something, with their numbers.
fn entries(text: &str) -> impl Iterator<Item = (usize, &str)> {
    (1..)
        .zip(text.lines().map(str::trim))
        .filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
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
    use authr_otp::uri::{MAX_URI_BYTES, UnsupportedKind, UriError};
    use authr_otp::{Kind, Otp};
    use proptest::prelude::*;

    use super::*;
    use crate::{MAX_FILE_BYTES, parse};

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
    fn a_file_that_is_no_utf_8_is_not_recognised() {
        let latin = [URI.as_bytes(), b"&issuer=\xe9\n"].concat();
        assert_eq!(refused(&latin), FormatError::NotRecognised);
        let wide: Vec<u8> = URI.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let marked = [&b"\xff\xfe"[..], &wide].concat();
        assert_eq!(refused(&marked), FormatError::NotRecognised);
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
        assert_eq!(parsed.rejected[0].reason, UriError::TooLong);
    }

    #[test]
    fn every_bad_line_is_named_with_its_place_and_reason() {
        let file = format!(
            "# accounts\n\n{URI}\nan intruder\notpauth://totp/Bank:me?secret=018\n{URI}\n\
             otpauth://steam/Steam:me?secret=AAAA\nsteam://JBSWY3DPEHPK3PXP\n"
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
                (7, Some("Steam:me")),
                (8, None)
            ]
        );
        assert_eq!(parsed.rejected[0].reason, UriError::NotOtpauth);
        let steam = UriError::UnsupportedKind {
            kind: UnsupportedKind::Steam,
        };
        assert_eq!(parsed.rejected[2].reason, steam);
        assert_eq!(parsed.rejected[3].reason, steam);
    }

    #[test]
    fn a_list_of_kinds_that_come_later_is_recognised_and_says_so() {
        let parsed = parse(b"motp://Acme:me?secret=30edcc8edae50a60").unwrap();
        assert!(parsed.accounts.is_empty());
        assert_eq!(
            parsed.rejected[0].reason.to_string(),
            "mOTP accounts are not supported yet"
        );
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

//! What is written, and the laws of reading it back.

use authr_crypto::secret::OtpSecret;
use proptest::prelude::*;

use super::*;
use crate::base32::encode;

fn account(issuer: &str, label: &str, kind: Kind, tags: &[&str]) -> UriAccount {
    UriAccount {
        issuer: Name::new(issuer).unwrap(),
        label: Name::new(label).unwrap(),
        otp: Otp {
            secret: OtpSecret::new(b"12345678901234567890".to_vec()).unwrap(),
            kind,
        },
        tags: tags
            .iter()
            .filter_map(|tag| Tag::new(tag).unwrap())
            .collect(),
    }
}

#[test]
fn a_uri_says_everything_and_leaves_nothing_to_defaults() {
    let full = account(
        "Big & Co",
        "me+x@test",
        totp(Algorithm::Sha1, 6, 30),
        &["a b"],
    );
    assert_eq!(
        *render(&full).unwrap(),
        "otpauth://totp/Big%20%26%20Co:me%2Bx%40test?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ\
         &issuer=Big%20%26%20Co&algorithm=SHA1&digits=6&period=30&tags=a%20b"
    );
    assert_eq!(
        *render(&account("", "me", hotp(9), &[])).unwrap(),
        "otpauth://hotp/me?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&algorithm=SHA1&digits=6&counter=9"
    );
}

#[test]
fn what_could_not_be_read_back_is_not_written() {
    let kind = totp(Algorithm::Sha1, 6, 30);
    assert_eq!(
        render(&account("", "", Kind::Native, &[])).unwrap_err(),
        RenderError::Native
    );
    let steam = account("STEAM", "", totp(Algorithm::Sha256, 5, 30), &[]);
    assert_eq!(render(&steam).unwrap_err(), RenderError::ReadsAsSteam);
    assert_eq!(
        render(&account("", "", kind, &["a"; 33])).unwrap_err(),
        RenderError::TooManyTags
    );
    let long = "é".repeat(32);
    assert_eq!(
        render(&account("", "", kind, &[long.as_str(); 32])).unwrap_err(),
        RenderError::TooLong
    );
    let longest = "é".repeat(128);
    assert!(render(&account(&longest, &longest, kind, &[long.as_str(); 4])).is_ok());
}

fn any_account() -> impl Strategy<Value = UriAccount> {
    let digits = (5..=10_u8).prop_map(|digits| Digits::new(digits).unwrap());
    let algorithm =
        prop::sample::select(vec![Algorithm::Sha1, Algorithm::Sha256, Algorithm::Sha512]);
    let kind = (
        any::<bool>(),
        algorithm,
        digits,
        1..=Period::MAX_SECONDS,
        0..=Counter::MAX,
    )
        .prop_map(|(counts, algorithm, digits, period, counter)| {
            if counts {
                Kind::Hotp {
                    algorithm,
                    digits,
                    counter: Counter::new(counter).unwrap(),
                }
            } else {
                Kind::Totp {
                    algorithm,
                    digits,
                    period: Period::new(period).unwrap(),
                }
            }
        });
    // Half of them of the characters that separate and encode.
    let text = prop_oneof![".{0,60}", "[:&#?+%=/ 2A0é-]{0,60}"];
    let tags = prop::collection::vec(prop_oneof![".{0,15}", "[:&#+% =]{0,9}"], 0..5);
    let secret = prop::collection::vec(any::<u8>(), 1..=128);
    (text.clone(), text, kind, tags, secret).prop_map(|(issuer, label, kind, tags, secret)| {
        UriAccount {
            issuer: Name::new(&issuer).unwrap(),
            label: Name::new(&label).unwrap(),
            otp: Otp {
                secret: OtpSecret::new(secret).unwrap(),
                kind,
            },
            tags: tags
                .iter()
                .filter_map(|tag| Tag::new(tag).unwrap())
                .collect(),
        }
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn parse_of_render_is_the_account(one in any_account()) {
        let uri = render(&one).unwrap();
        prop_assert!(uri.is_ascii());
        let other = read(&uri);
        prop_assert_eq!((&one.issuer, &one.label, &one.tags), (&other.issuer, &other.label, &other.tags));
        prop_assert_eq!(one.otp.kind, other.otp.kind);
        prop_assert!(one.otp.same_secret(&other.otp));
    }

    #[test]
    fn any_text_is_an_account_or_an_error_and_never_a_panic(
        text in any::<String>(),
        uri in "otpauth://(totp|hotp|steam)?/?.{0,40}[?]?((secret|issuer|digits|tags|counter|period|algorithm)?=?.{0,9}&?){0,6}",
    ) {
        for text in [text, uri] {
            let _ = (parse(&text), name_hint(&text));
        }
    }

    #[test]
    fn an_error_and_a_hint_never_hold_the_secret(
        secret in prop::collection::vec(any::<u8>(), 20..=20),
        wrong in "[0189é]",
        at in 0..32_usize,
        more in "(&digits=x)?(&secret=A)?",
    ) {
        let good = encode(&OtpSecret::new(secret).unwrap());
        let bad = format!("{}{wrong}{}", &good[..at], &good[at..]);
        let uri = format!("otpauth://totp/me?secret={bad}{more}");
        let error = refused(&uri);
        let said = format!("{error} {error:?} {:?}", name_hint(&uri));
        for part in [&good[..at], &good[at..]].into_iter().filter(|part| part.len() > 3) {
            prop_assert!(!said.contains(part));
        }
    }
}

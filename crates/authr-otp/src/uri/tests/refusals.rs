//! What is refused, and how it is said.

use super::*;

#[test]
fn what_is_no_account_is_refused() {
    for text in [
        "",
        "?",
        "://",
        "otpauth",
        "otpauth:/totp/a?secret=AAAA",
        "not a URI",
        "https://example.org/?secret=AAAA",
        "key=AAAA&step=25",
        " otpauthx://totp/a?secret=AAAA",
    ] {
        assert_eq!(refused(text), UriError::NotOtpauth, "{text}");
    }
    for text in [
        "otpauth://",
        "otpauth://?secret=AAAA",
        "otpauth://other",
        "otpauth://totp:a?secret=AAAA",
    ] {
        assert_eq!(refused(text), UriError::UnknownKind, "{text}");
    }
}

#[test]
fn an_account_without_a_secret_is_refused() {
    for text in [
        "otpauth://totp",
        "otpauth://hotp/",
        "otpauth://totp/Acme:me?issuer=Acme",
        "otpauth://totp/me?secret",
        "otpauth://totp/me?secret=",
        "otpauth://totp/me?secret=====&digits=6",
        "otpauth://totp/me?secret=A",
        "otpauth://totp/me?xsecret=AAAA",
    ] {
        assert_eq!(refused(text), UriError::MissingSecret, "{text}");
    }
}

#[test]
fn a_wrong_character_of_the_secret_is_named_by_its_place() {
    let error = refused("otpauth://totp/me?secret=JBSWY3DP1HPK3PXP");
    assert_eq!(
        error,
        UriError::Secret(Base32Error::Character { position: 9 })
    );
}

#[test]
fn a_batch_of_accounts_is_no_single_account() {
    assert_eq!(
        refused("otpauth-migration://offline?data=CjE"),
        UriError::Migration
    );
}

#[test]
fn a_secret_that_its_kind_cannot_have_is_refused() {
    for (uri, error) in [
        ("steam://", UriError::MissingSecret),
        ("motp://Acme:me", UriError::MissingSecret),
        (
            "motp://Acme:me?secret=30ed-cc8e",
            UriError::KeyText { position: 5 },
        ),
        (
            "otpauth://yaotp/me?secret=AAAA",
            UriError::Yandex(YandexError::TooShort),
        ),
        (
            "otpauth://yaotp/me?secret=AA2V6KMCGYMWWVEW64RNP3JA3IAAAAAAHTSG4HRZPI",
            UriError::Yandex(YandexError::Checksum),
        ),
        (
            "motp://Acme:me?secret=30edcc8e&pin=12345678901234567",
            UriError::Pin(PinError),
        ),
        (
            "otpauth://hotp/me?secret=AAAA&encoder=steam",
            UriError::Encoder,
        ),
    ] {
        assert_eq!(refused(uri), error, "{uri}");
    }
}

#[test]
fn an_issuer_named_steam_with_other_than_five_digits_is_totp() {
    assert_eq!(
        read("otpauth://totp/Steam:me?secret=AAAA").otp.kind,
        totp(Algorithm::Sha1, 6, 30)
    );
}

#[test]
fn an_unknown_algorithm_length_period_or_encoder_is_never_a_default() {
    let uri = |more: &str| format!("otpauth://totp/me?secret=AAAA&{more}");
    for value in ["something", "MD5", "SHA2", "1", "nul"] {
        assert_eq!(
            refused(&uri(&format!("algorithm={value}"))),
            UriError::Algorithm(UnknownAlgorithm)
        );
    }
    for value in [
        "0",
        "4",
        "11",
        "256",
        "six",
        "-6",
        "+6",
        "6.0",
        "６",
        "99999999999999999999",
    ] {
        assert_eq!(
            refused(&uri(&format!("digits={value}"))),
            UriError::Digits(DigitsOutOfRange)
        );
    }
    for value in ["0", "-30", "+30", "86401", "4294967326", "long"] {
        assert_eq!(
            refused(&uri(&format!("period={value}"))),
            UriError::Period(PeriodOutOfRange)
        );
    }
    assert_eq!(refused(&uri("encoder=roman")), UriError::Encoder);
}

#[test]
fn a_counter_that_is_no_number_or_too_large_is_refused() {
    let uri = |counter: &str| format!("otpauth://hotp/me?secret=AAAA&counter={counter}");
    for counter in ["test", "-2", "+1", "1e3", "99999999999999999999"] {
        assert_eq!(
            refused(&uri(counter)),
            UriError::CounterNotANumber,
            "{counter}"
        );
    }
    assert_eq!(read(&uri("281474976710656")).otp.kind, hotp(Counter::MAX));
    assert_eq!(
        refused(&uri("281474976710657")),
        UriError::Counter(CounterTooLarge)
    );
}

#[test]
fn a_parameter_that_stands_twice_is_refused_and_not_chosen() {
    for parameter in [
        "secret",
        "issuer",
        "algorithm",
        "digits",
        "period",
        "counter",
        "encoder",
    ] {
        let upper = parameter.to_uppercase();
        let uri = format!("otpauth://totp/me?{parameter}=AAAA&{upper}=AAAA");
        assert_eq!(refused(&uri), UriError::Repeated { parameter });
    }
}

#[test]
fn a_uri_of_4097_bytes_is_refused() {
    let uri = |length: usize| {
        let start = "otpauth://totp/me?secret=AAAA&data=";
        format!("{start}{}", "x".repeat(length - start.len()))
    };
    assert!(parse(&uri(4096)).is_ok());
    assert_eq!(refused(&uri(4097)), UriError::TooLong);
}

#[test]
fn an_issuer_or_label_of_257_bytes_a_tag_of_65_and_the_33rd_tag_are_refused() {
    let part_of = |uri: &str| match refused(uri) {
        UriError::Name { part, .. } => part,
        other => panic!("{other}"),
    };
    let (longest, longer) = ("a".repeat(256), "a".repeat(257));
    read(&format!(
        "otpauth://totp/{longest}:{longest}?secret=AAAA&issuer={longest}"
    ));
    assert_eq!(
        part_of(&format!("otpauth://totp/{longer}?secret=AAAA")),
        "label"
    );
    assert_eq!(
        part_of(&format!("otpauth://totp/{longer}:me?secret=AAAA")),
        "issuer"
    );
    assert_eq!(
        part_of(&format!("otpauth://totp/me?secret=AAAA&issuer={longer}")),
        "issuer"
    );
    assert_eq!(
        part_of(&format!(
            "otpauth://totp/me?secret=AAAA&tags={}",
            "a".repeat(65)
        )),
        "tag"
    );
    let tags = |count| format!("otpauth://totp/me?secret=AAAA{}", "&tags=a".repeat(count));
    assert_eq!(read(&tags(32)).tags.len(), 32);
    assert_eq!(refused(&tags(33)), UriError::TooManyTags);
}

#[test]
fn percent_encoded_bytes_that_are_no_utf_8_are_refused() {
    for (uri, part) in [
        ("otpauth://totp/%ff?secret=AAAA", "label"),
        ("otpauth://totp/me?secret=AAAA%ff", "secret"),
        ("otpauth://totp/me?secret=AAAA&issuer=%c3", "issuer"),
        ("otpauth://totp/me?secret=AAAA&tags=%80", "tag"),
    ] {
        assert_eq!(refused(uri), UriError::NotUtf8 { part });
    }
}

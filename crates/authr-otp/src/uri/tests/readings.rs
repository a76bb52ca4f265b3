//! What is read where programs differ.

use super::*;
use crate::UnixSeconds;

#[test]
fn a_label_without_a_colon_is_the_label_and_never_the_issuer() {
    assert_eq!(names("otpauth://totp/me?secret=AAAA"), named("", "me"));
    assert_eq!(names("otpauth://totp/:me?secret=AAAA"), named("", "me"));
    assert_eq!(
        names("otpauth://totp/me?secret=AAAA&issuer=Big%20Company"),
        named("Big Company", "me")
    );
}

#[test]
fn the_prefix_of_the_label_is_the_issuer_where_no_parameter_says_one() {
    assert_eq!(
        names("otpauth://totp/Acme:me?secret=AAAA"),
        named("Acme", "me")
    );
    assert_eq!(
        names("otpauth://totp/Acme:me?secret=AAAA&issuer="),
        named("Acme", "me")
    );
    assert_eq!(
        names("otpauth://totp/Acme:me?secret=AAAA&issuer"),
        named("Acme", "me")
    );
    assert_eq!(
        names("otpauth://totp/Big%20Company%3Ame%40test?secret=AAAA"),
        named("Big Company", "me@test")
    );
}

#[test]
fn the_issuer_parameter_wins_over_the_label() {
    assert_eq!(
        names("otpauth://totp/ACME:me?issuer=OTHER&secret=AAAA"),
        named("OTHER", "me")
    );
}

#[test]
fn an_empty_account_name_or_no_label_at_all_is_accepted() {
    assert_eq!(names("otpauth://totp/Acme:?secret=AAAA"), named("Acme", ""));
    assert_eq!(names("otpauth://totp/?secret=AAAA"), named("", ""));
    assert_eq!(names("otpauth://totp?secret=AAAA"), named("", ""));
}

#[test]
fn a_colon_inside_the_issuer_is_kept_where_the_parameter_repeats_it() {
    let uri = "otpauth://totp/Host.org:%20Free%20code:me@mail.com?issuer=Host.org%3A+Free+code&secret=AAAA";
    assert_eq!(names(uri), named("Host.org: Free code", "me@mail.com"));
}

#[test]
fn a_raw_colon_separates_before_an_encoded_one() {
    assert_eq!(
        names("otpauth://totp/Big%3ACo:me?secret=AAAA"),
        named("Big:Co", "me")
    );
    assert_eq!(
        names("otpauth://totp/Matrix:@me_:example.org?secret=AAAA&issuer="),
        named("Matrix", "@me_:example.org")
    );
}

#[test]
fn space_around_names_is_dropped() {
    assert_eq!(
        names("otpauth://totp/A%20Site%3A%20%20%20me%40test?secret=AAAA"),
        named("A Site", "me@test")
    );
}

#[test]
fn names_keep_their_characters_whatever_their_script() {
    assert_eq!(
        names("otpauth://totp/%F0%9F%98%80%3A莎士比亚?secret=AAAA"),
        named("😀", "莎士比亚")
    );
    assert_eq!(
        names("otpauth://totp/a%zz%:100%?secret=AAAA"),
        named("a%zz%", "100%")
    );
    assert_eq!(
        names("otpauth://totp/a%0Ab%1B[31m?secret=AAAA"),
        named("", "a b [31m")
    );
}

#[test]
fn a_raw_number_sign_is_a_character() {
    let uri = "otpauth://totp/Org:me#EXT#@example.com?secret=AAAA&issuer=C# Corp";
    assert_eq!(names(uri), named("C# Corp", "me#EXT#@example.com"));
}

#[test]
fn a_raw_ampersand_belongs_to_the_issuer_it_stands_in() {
    assert_eq!(names("otpauth://totp/me?issuer=AT&T&secret=AAAA").0, "AT&T");
    assert_eq!(
        names("otpauth://totp/me?issuer=A & B&C&secret=AAAA").0,
        "A & B&C"
    );
    assert_eq!(names("otpauth://totp/me?issuer=A&x=1&B&secret=AAAA").0, "A");
    assert_eq!(names("otpauth://totp/me?issuer&B&secret=AAAA").0, "");
    assert_eq!(
        names("otpauth://totp/me?secret=AAAA&issuer=Acme&digits&period=60"),
        named("Acme", "me")
    );
}

#[test]
fn a_plus_is_a_plus_in_the_label_and_a_space_in_the_query_unless_it_writes_spaces_otherwise() {
    assert_eq!(
        names("otpauth://totp/me+tag@x?secret=AAAA&issuer=A+B"),
        named("A B", "me+tag@x")
    );
    assert_eq!(
        names("otpauth://totp/m%20e?secret=AAAA&issuer=A+B"),
        named("A B", "m e")
    );
    assert_eq!(
        names("otpauth://totp/me?secret=AAAA&issuer=A%2BB"),
        named("A+B", "me")
    );
    assert_eq!(
        names("otpauth://totp/me?secret=AAAA&issuer=Disney%2B%20and+more"),
        named("Disney+ and+more", "me")
    );
}

#[test]
fn the_spellings_of_the_algorithm_are_understood() {
    for name in ["SHA256", "sha256", "SHA-256", "HmacSHA256", "HMACSHA256"] {
        let account = read(&format!("otpauth://totp/me?secret=AAAA&algorithm={name}"));
        assert_eq!(account.otp.kind, totp(Algorithm::Sha256, 6, 30), "{name}");
    }
}

#[test]
fn null_and_empty_are_absent() {
    for value in ["null", "NULL", ""] {
        let more = format!(
            "algorithm={value}&digits={value}&period={value}&counter={value}&encoder={value}"
        );
        let account = read(&format!("otpauth://totp/me?secret=AAAA&{more}"));
        assert_eq!(account.otp.kind, totp(Algorithm::Sha1, 6, 30));
        assert_eq!(
            read(&format!("otpauth://hotp/me?secret=AAAA&{more}"))
                .otp
                .kind,
            hotp(0)
        );
    }
}

#[test]
fn a_counter_of_minus_one_or_none_is_zero() {
    assert_eq!(
        read("otpauth://hotp/me?secret=AAAA&counter=-1").otp.kind,
        hotp(0)
    );
    assert_eq!(read("otpauth://hotp/me?secret=AAAA").otp.kind, hotp(0));
    assert_eq!(
        read("otpauth://hotp/me?secret=AAAA&counter=10").otp.kind,
        hotp(10)
    );
}

#[test]
fn parameters_of_the_other_kind_and_unknown_ones_are_ignored() {
    let account = read(
        "otpauth://totp/me?secret=AAAA&counter=x&image=https%3A%2F%2Fexample.org&codeDisplay=%7B%7D&lock",
    );
    assert_eq!(account.otp.kind, totp(Algorithm::Sha1, 6, 30));
    assert_eq!(
        read("otpauth://hotp/me?secret=AAAA&period=x&counter=3")
            .otp
            .kind,
        hotp(3)
    );
}

#[test]
fn a_secret_is_read_as_people_write_it() {
    for secret in [
        "QWERTYUIOP",
        "qwer+tyui+op",
        "QWER%20TYUI%20OP",
        "QWER-TYUI_OP",
        "QWERTYUIOP======",
        "QWERTYUIOP%3D",
    ] {
        let account = read(&format!("otpauth://totp/?secret={secret}&issuer=a+b"));
        assert_eq!(
            account
                .otp
                .code_at(UnixSeconds(1_741_011_292))
                .expose_secret(),
            "419231",
            "{secret}"
        );
    }
    // The plus is a space in a secret even where the query writes spaces otherwise.
    read("otpauth://totp/?secret=QWER+TYUI&issuer=a%20b");
}

#[test]
fn a_secret_of_one_byte_is_accepted_and_short() {
    assert!(read("otpauth://totp/me?secret=AA").otp.is_short());
    assert!(
        read("otpauth://totp/me?secret=AAAAAAAAAAAAAAA")
            .otp
            .is_short()
    );
    assert!(
        !read("otpauth://totp/me?secret=AAAAAAAAAAAAAAAA")
            .otp
            .is_short()
    );
}

#[test]
fn names_of_scheme_kind_and_parameters_have_no_case() {
    let account = read(
        "  OTPAUTH://Totp/me?SECRET=AAAA&ALGORITHM=SHA512&Digits=8&PERIOD=60&tags=a%20b&Tags=c&tags=\r\n",
    );
    assert_eq!(account.otp.kind, totp(Algorithm::Sha512, 8, 60));
    assert_eq!(
        account.tags,
        ["a b", "c"].map(|tag| Tag::new(tag).unwrap().unwrap())
    );
    assert_eq!(
        names("apple-otpauth://totp/A:me?secret=AAAA"),
        named("A", "me")
    );
}

#[test]
fn seven_digits_in_ten_seconds_are_totp_and_never_native() {
    let account = read("otpauth://totp/me?secret=AAAA&digits=7&period=10");
    assert_eq!(account.otp.kind, totp(Algorithm::Sha1, 7, 10));
}

#[test]
fn a_refused_account_is_named_only_by_what_is_surely_a_name() {
    let hint = |uri| name_hint(uri).map(|name| name.to_string());
    assert_eq!(
        hint("otpauth://steam/Steam:me?secret=AAAA").as_deref(),
        Some("Steam:me")
    );
    assert_eq!(
        hint("otpauth://totp/A%20B%0A?secret=1").as_deref(),
        Some("A B")
    );
    for uri in [
        "JBSWY3DPEHPK3PXP",
        "steam://JBSWY3DPEHPK3PXP",
        "otpauth://totp/me&secret=JBSWY3DPEHPK3PXP",
        "otpauth://totp/me&SECRET%3DJBSWY3DPEHPK3PXP?digits=6",
        "otpauth://totp?secret=JBSWY3DPEHPK3PXP",
        "otpauth://totp/%ff?secret=AAAA",
    ] {
        assert_eq!(hint(uri), None, "{uri}");
    }
}

#[test]
fn every_way_to_say_steam_is_steam() {
    for uri in [
        "otpauth://steam/Acme:me?secret=AAAA",
        "otpauth://totp/Acme:me?secret=AAAA&digits=5&encoder=Steam",
        "otpauth://totp/Acme:me?secret=AAAA&steam",
        "otpauth://totp/Steam:me?secret=AAAA&digits=5",
        "otpauth://totp/me?secret=AAAA&digits=5&issuer=steam",
        "steam://AAAA",
    ] {
        assert_eq!(read(uri).otp.kind, Kind::Steam, "{uri}");
    }
    assert_eq!(names("steam://AAAA"), named("Steam", ""));
}

#[test]
fn an_motp_key_is_its_text_and_aegis_writes_its_bytes() {
    let text = read("motp://Acme:me?secret=30edcc8E&pin=1234");
    assert_eq!(text.otp.secret.expose_secret(), b"30edcc8E");
    let pin = Pin::new("1234").unwrap();
    assert_eq!(text.otp.kind, Kind::Motp { pin });
    assert_eq!(names("motp://Acme:me?secret=30edcc8E"), named("Acme", "me"));
    // GEZDGNA is the Base32 of 1234.
    let bytes = read("otpauth://motp/Acme:me?secret=GDW4ZDQ&pin=GEZDGNA");
    assert_eq!(bytes.otp.secret.expose_secret(), b"30edcc8e");
    assert_eq!(bytes.otp.kind, Kind::Motp { pin });
}

#[test]
fn a_yandex_account_without_an_issuer_is_from_yandex() {
    let uri = "otpauth://yaotp/me?secret=LA2V6KMCGYMWWVEW64RNP3JA3I&pin_length=4";
    assert_eq!(names(uri), named("Yandex", "me"));
    let pin = Pin::UNKNOWN;
    assert_eq!(read(uri).otp.kind, Kind::Yandex { pin });
}

//! Published values of every kind: of the RFCs' neighbours, and what real apps showed.

use authr_crypto::secret::OtpSecret;
use authr_otp::{Algorithm, Digits, Kind, Otp, Period, Pin, UnixSeconds, base32};

fn code(otp: &Otp, now: u64) -> String {
    otp.code_at(UnixSeconds(now)).expose_secret().to_owned()
}

fn totp(algorithm: &str, digits: u8, period: u32) -> Kind {
    Kind::Totp {
        algorithm: Algorithm::parse(algorithm).expect("a known name"),
        digits: Digits::new(digits).expect("5 to 10"),
        period: Period::new(period).expect("up to a day"),
    }
}

#[test]
fn time_based_codes() {
    let rows = [
        (
            "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ",
            1_234_567_890,
            "SHA1",
            10,
            30,
            "0689005924",
        ),
        (
            "hxdm vjec jjws rb3h wizr 4ifu gftm xboz",
            1_506_268_800,
            "SHA1",
            6,
            30,
            "488431",
        ),
        (
            "DEADBEEFDEADBEEFDEADBEEFDEADBEEF",
            1_777_799_540,
            "SHA1",
            6,
            60,
            "295439",
        ),
        (
            "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ",
            1_111_111_109,
            "SHA1",
            6,
            60,
            "360094",
        ),
        ("BASE32SECRET3232", 0, "SHA1", 9, 30, "455260182"),
        ("JBSWY3DPEHPK3PXP", 1_257_894_000, "SHA1", 6, 30, "528064"),
        ("QWERTYUIOP", 1_741_011_292, "SHA1", 6, 30, "419231"),
        ("QWERTYUIOP", 1_741_011_292, "SHA256", 6, 30, "878984"),
        ("QWERTYUIOP", 1_741_011_292, "SHA512", 6, 30, "560428"),
        (
            "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ",
            59,
            "SHA1",
            7,
            10,
            "8254676",
        ),
        (
            "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ",
            1_234_567_890,
            "SHA1",
            7,
            10,
            "1398914",
        ),
    ];
    for (secret, now, algorithm, digits, period, expected) in rows {
        let otp = Otp {
            secret: base32::decode(secret).unwrap(),
            kind: totp(algorithm, digits, period),
        };
        assert_eq!(code(&otp, now), expected, "{secret}");
    }
}

#[test]
fn steam_codes() {
    let rows = [
        ("63BEDWCQZKTQWPESARIERL5DTTQFCJTK", 1_511_200_518, "FR8RV"),
        ("63BEDWCQZKTQWPESARIERL5DTTQFCJTK", 1_511_200_714, "9P3VP"),
        ("STEAMKEY", 1_742_298_317, "VKFDN"),
        ("STEAMKEY", 1_742_298_622, "NTK5M"),
        ("ON2XAZLSMR2XAZLSONSWG4TFOQ", 3_000_030, "YRGQJ"),
    ];
    for (secret, now, expected) in rows {
        let otp = Otp {
            secret: base32::decode(secret).unwrap(),
            kind: Kind::Steam,
        };
        assert_eq!(code(&otp, now), expected, "{secret}");
    }
}

#[test]
fn mobile_otp_codes() {
    let rows = [
        ("e3152afee62599c8", "1234", 165_892_298, "e7d8b6"),
        ("e3152afee62599c8", "1234", 123_456_789, "4ebfb2"),
        ("bbb1912bb5c515be", "9999", 1_659_540_020, "ced7b1"),
        ("bbb1912bb5c515be", "9999", 1_659_540_022, "ced7b1"),
        ("bbb1912bb5c515be", "9999", 1_659_539_870, "1a14f8"),
        ("bbb1912bb5c515be", "9999", 1_659_539_878, "1a14f8"),
        ("7ac61d4736f51a2b", "5555", 0, "c42a26"),
        ("7ac61d4736f51a2b", "5555", 1_000_000_000, "4af383"),
    ];
    for (secret, pin, now, expected) in rows {
        let otp = Otp {
            secret: OtpSecret::new(secret.as_bytes().to_vec()).unwrap(),
            kind: Kind::Motp {
                pin: Pin::new(pin).unwrap(),
            },
        };
        assert_eq!(code(&otp, now), expected, "{secret}");
    }
}

#[test]
fn yandex_codes() {
    let rows = [
        (
            "6SB2IKNM6OBZPAVBVTOHDKS4FAAAAAAADFUTQMBTRY",
            "5239",
            1_641_559_648,
            "umozdicq",
        ),
        (
            "LA2V6KMCGYMWWVEW64RNP3JA3IAAAAAAHTSG4HRZPI",
            "7586",
            1_581_064_020,
            "oactmacq",
        ),
        (
            "LA2V6KMCGYMWWVEW64RNP3JA3IAAAAAAHTSG4HRZPI",
            "7586",
            1_581_090_810,
            "wemdwrix",
        ),
        (
            "JBGSAU4G7IEZG6OY4UAXX62JU4AAAAAAHTSG4HXU3M",
            "5210481216086702",
            1_581_091_469,
            "dfrpywob",
        ),
        (
            "JBGSAU4G7IEZG6OY4UAXX62JU4AAAAAAHTSG4HXU3M",
            "5210481216086702",
            1_581_093_059,
            "vunyprpd",
        ),
    ];
    for (secret, pin, now, expected) in rows {
        let otp = Otp {
            secret: base32::decode(secret).unwrap(),
            kind: Kind::Yandex {
                pin: Pin::new(pin).unwrap(),
            },
        };
        assert_eq!(code(&otp, now), expected, "{secret}");
    }
}

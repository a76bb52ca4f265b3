//! A secret and its kind, and the codes of the two.

use authr_crypto::secret::OtpSecret;
use md5::{Digest, Md5};
use totp_rs::Builder;
use zeroize::Zeroizing;

use crate::code::Code;
use crate::kind::{Algorithm, Kind, Period};
use crate::pin::Pin;
use crate::yandex;

/// A time in seconds since 1970, without leap seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct UnixSeconds(pub u64);

/// What gives the codes of one account. No field can be wrong, so both are open; the secret keeps it from
/// being cloned, compared with `==` or printed.
#[derive(Debug)]
pub struct Otp {
    /// The secret that the site and this account share.
    pub secret: OtpSecret,
    /// How codes come out of it.
    pub kind: Kind,
}

impl Otp {
    /// Below so many bytes (80 bits) a secret can be found by trying: it is used all the same, with a warning.
    pub const SHORT_BYTES: usize = 10;

    /// The code of a time. An account that counts gives the code of its present counter, whatever the time,
    /// and stays where it is: [`Kind::advanced`] moves on.
    #[must_use]
    pub fn code_at(&self, now: UnixSeconds) -> Code {
        self.code_of(self.moving_factor(now))
    }

    /// The code that follows the one of [`Self::code_at`].
    #[must_use]
    pub fn next_code_at(&self, now: UnixSeconds) -> Code {
        // After the last moment that 64 bits can name, no code follows: the last one stays.
        self.code_of(self.moving_factor(now).saturating_add(1))
    }

    /// How many seconds the code of `now` still lives, 1 to the whole period; `None` for an account that counts.
    #[must_use]
    pub fn remaining(&self, now: UnixSeconds) -> Option<u64> {
        let period = seconds(self.kind.period()?);
        Some(period - now.0 % period)
    }

    /// The moment from which the code of `now` is the old one; `None` for an account that counts.
    #[must_use]
    pub fn valid_until(&self, now: UnixSeconds) -> Option<UnixSeconds> {
        Some(UnixSeconds(now.0.saturating_add(self.remaining(now)?)))
    }

    /// Whether the secret is shorter than [`Self::SHORT_BYTES`].
    #[must_use]
    pub fn is_short(&self) -> bool {
        self.secret.expose_secret().len() < Self::SHORT_BYTES
    }

    /// Whether both have the same secret, in constant time for equal lengths.
    #[must_use]
    pub fn same_secret(&self, other: &Self) -> bool {
        self.secret.ct_eq(&other.secret)
    }

    /// Whether both give the same codes: same secret and kind, whatever the counters say.
    #[must_use]
    pub fn same_codes(&self, other: &Self) -> bool {
        let same_kind = match (self.kind, other.kind) {
            (
                Kind::Hotp {
                    algorithm, digits, ..
                },
                Kind::Hotp {
                    algorithm: other_algorithm,
                    digits: other_digits,
                    ..
                },
            ) => algorithm == other_algorithm && digits == other_digits,
            (one, other) => one == other,
        };
        same_kind && self.same_secret(other)
    }

    /// The same account held twice, where two owners need it.
    #[must_use]
    pub fn duplicate(&self) -> Self {
        Self {
            secret: self.secret.duplicate(),
            kind: self.kind,
        }
    }

    fn moving_factor(&self, now: UnixSeconds) -> u64 {
        match self.kind {
            Kind::Hotp { counter, .. } => counter.get(),
            Kind::Totp { period, .. } => now.0 / seconds(period),
            Kind::Native | Kind::Motp { .. } => now.0 / seconds(Period::TEN),
            Kind::Steam | Kind::Yandex { .. } => now.0 / seconds(Period::THIRTY),
        }
    }

    fn code_of(&self, moving_factor: u64) -> Code {
        let secret = self.secret.expose_secret();
        Code::new(match self.kind {
            Kind::Totp {
                algorithm, digits, ..
            }
            | Kind::Hotp {
                algorithm, digits, ..
            } => decimal(hotp(algorithm, secret, moving_factor), digits.get()),
            Kind::Native => decimal(hotp(Algorithm::Sha1, secret, moving_factor), 7),
            Kind::Steam => steam(hotp(Algorithm::Sha1, secret, moving_factor)),
            Kind::Motp { pin } => motp(secret, pin, moving_factor),
            Kind::Yandex { pin } => yandex::code(secret, pin, moving_factor),
        })
    }
}

/// `HOTP(K, C) = Truncate(HMAC(K, C))` (RFC 4226, section 5.3), before it is cut to its digits.
fn hotp(algorithm: Algorithm, secret: &[u8], moving_factor: u64) -> u32 {
    truncate(&hmac(algorithm, secret, moving_factor))
}

/// `HMAC(K, C)`, C as eight bytes.
pub(crate) fn hmac(algorithm: Algorithm, secret: &[u8], moving_factor: u64) -> Zeroizing<Vec<u8>> {
    // totp-rs finishes a code in 32 bits, which 10 digits overflow, and only for times. A step of 1 makes
    // its time the moving factor itself, and the rest is done here, once for every kind and length.
    let totp = Builder::new()
        .with_algorithm(match algorithm {
            Algorithm::Sha1 => totp_rs::Algorithm::SHA1,
            Algorithm::Sha256 => totp_rs::Algorithm::SHA256,
            Algorithm::Sha512 => totp_rs::Algorithm::SHA512,
        })
        .with_step_duration(1)
        .with_secret(secret)
        // Sites hand out secrets under the 128 bits that `build` asks for.
        .build_noncompliant();
    Zeroizing::new(totp.sign(moving_factor).as_ref().to_vec())
}

fn seconds(period: Period) -> u64 {
    u64::from(period.seconds())
}

/// `Truncate(H) = H[o..o + 4] without its first bit, where o = the low four bits of the last byte of H`.
fn truncate(hmac: &[u8]) -> u32 {
    let offset = usize::from(hmac.last().map_or(0, |last| last & 0x0f));
    let bytes = hmac
        .get(offset..offset + 4)
        .and_then(|four| four.try_into().ok())
        .expect("because an HMAC has at least 20 bytes and the offset is at most 15");
    u32::from_be_bytes(bytes) & 0x7fff_ffff
}

/// The value's last digits in decimal with their leading zeros, in a buffer that never grows.
fn decimal(value: u32, digits: u8) -> Zeroizing<String> {
    let value = u64::from(value);
    let mut text = Zeroizing::new(String::with_capacity(usize::from(digits)));
    for place in (0..u32::from(digits)).rev() {
        let digit = u8::try_from(value / 10_u64.pow(place) % 10).expect("because it is under 10");
        text.push(char::from(b'0' + digit));
    }
    text
}

/// Steam Guard writes the value to base 26 in these, the last place first, and cuts it after five.
const STEAM_ALPHABET: [char; 26] = [
    '2', '3', '4', '5', '6', '7', '8', '9', 'B', 'C', 'D', 'F', 'G', 'H', 'J', 'K', 'M', 'N', 'P',
    'Q', 'R', 'T', 'V', 'W', 'X', 'Y',
];

fn steam(value: u32) -> Zeroizing<String> {
    let mut rest = value;
    let mut text = Zeroizing::new(String::with_capacity(5));
    for _ in 0..5 {
        let place = usize::try_from(rest % 26).expect("because it is under 26");
        text.push(*STEAM_ALPHABET.get(place).expect("because it is under 26"));
        rest /= 26;
    }
    text
}

/// `hex(MD5(decimal(C) ‖ K ‖ PIN))`, its first six digits; the secret is the text of the key.
fn motp(secret: &[u8], pin: Pin, moving_factor: u64) -> Zeroizing<String> {
    let digest = Md5::new()
        .chain_update(moving_factor.to_string())
        .chain_update(secret)
        .chain_update(pin.expose_secret())
        .finalize();
    let mut text = Zeroizing::new(data_encoding::HEXLOWER.encode(&digest));
    text.truncate(6);
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::kind::{Counter, Digits};

    fn otp(secret: &[u8], kind: Kind) -> Otp {
        Otp {
            secret: OtpSecret::new(secret.to_vec()).unwrap(),
            kind,
        }
    }

    fn totp(algorithm: Algorithm, digits: u8, period: u32) -> Kind {
        Kind::Totp {
            algorithm,
            digits: Digits::new(digits).unwrap(),
            period: Period::new(period).unwrap(),
        }
    }

    fn hotp(digits: u8, counter: u64) -> Kind {
        Kind::Hotp {
            algorithm: Algorithm::Sha1,
            digits: Digits::new(digits).unwrap(),
            counter: Counter::new(counter).unwrap(),
        }
    }

    fn code(otp: &Otp, now: u64) -> String {
        otp.code_at(UnixSeconds(now)).expose_secret().to_owned()
    }

    /// The keys of both RFCs: this, repeated to the length of the hash.
    fn rfc_key(length: usize) -> Vec<u8> {
        b"1234567890".iter().copied().cycle().take(length).collect()
    }

    #[test]
    fn rfc_4226_appendix_d() {
        let codes = [
            "755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583",
            "399871", "520489",
        ];
        for (counter, expected) in (0..).zip(codes) {
            assert_eq!(code(&otp(&rfc_key(20), hotp(6, counter)), 0), expected);
        }
    }

    #[test]
    fn rfc_4226_appendix_d_whole_truncated_values() {
        let values = [
            "1284755224",
            "1094287082",
            "0137359152",
            "1726969429",
            "1640338314",
            "0868254676",
            "1918287922",
            "0082162583",
            "0673399871",
            "0645520489",
        ];
        for (counter, expected) in (0..).zip(values) {
            assert_eq!(code(&otp(&rfc_key(20), hotp(10, counter)), 0), expected);
            assert_eq!(code(&otp(&rfc_key(20), hotp(9, counter)), 0), expected[1..]);
        }
    }

    #[test]
    fn rfc_6238_appendix_b() {
        let rows = [
            (59, "94287082", "46119246", "90693936"),
            (1_111_111_109, "07081804", "68084774", "25091201"),
            (1_111_111_111, "14050471", "67062674", "99943326"),
            (1_234_567_890, "89005924", "91819424", "93441116"),
            (2_000_000_000, "69279037", "90698825", "38618901"),
            (20_000_000_000, "65353130", "77737706", "47863826"),
        ];
        for (now, sha1, sha256, sha512) in rows {
            // Each hash has a key of its own length (erratum 2866 of the RFC).
            for (algorithm, length, expected) in [
                (Algorithm::Sha1, 20, sha1),
                (Algorithm::Sha256, 32, sha256),
                (Algorithm::Sha512, 64, sha512),
            ] {
                assert_eq!(
                    code(&otp(&rfc_key(length), totp(algorithm, 8, 30)), now),
                    expected
                );
            }
        }
    }

    #[test]
    fn a_code_keeps_its_leading_zeros() {
        let ten = otp(&rfc_key(20), totp(Algorithm::Sha1, 10, 30));
        assert_eq!(code(&ten, 1_234_567_890), "0689005924");
    }

    #[test]
    fn a_native_account_gives_seven_digits_that_live_ten_seconds() {
        let secret = [
            0x5a, 0xe0, 0x0d, 0xa0, 0x39, 0xe2, 0xd3, 0x8c, 0x76, 0x59, 0xd6, 0x8a, 0x94, 0x54,
            0x50, 0x77,
        ];
        let native = otp(&secret, Kind::Native);
        for (now, expected) in [
            (1_680_033_312, "9735470"),
            (1_680_033_322, "8142428"),
            (1_680_033_332, "6063286"),
        ] {
            assert_eq!(code(&native, now), expected);
            assert_eq!(native.remaining(UnixSeconds(now)), Some(8));
        }
        assert_eq!(
            native
                .next_code_at(UnixSeconds(1_680_033_312))
                .expose_secret(),
            "8142428"
        );
        assert!(!native.same_codes(&otp(&secret, totp(Algorithm::Sha1, 7, 10))));
        assert_eq!(
            code(&otp(&secret, totp(Algorithm::Sha1, 7, 10)), 1_680_033_312),
            "9735470"
        );
    }

    #[test]
    fn a_code_lives_to_the_end_of_its_period_and_not_a_second_longer() {
        let otp = otp(&rfc_key(20), totp(Algorithm::Sha1, 6, 30));
        assert_eq!(otp.remaining(UnixSeconds(60)), Some(30));
        assert_eq!(otp.remaining(UnixSeconds(89)), Some(1));
        assert_eq!(otp.valid_until(UnixSeconds(60)), Some(UnixSeconds(90)));
        assert_eq!(code(&otp, 60), code(&otp, 89));
        assert_ne!(code(&otp, 89), code(&otp, 90));
        assert_eq!(
            otp.next_code_at(UnixSeconds(60)).expose_secret(),
            code(&otp, 90)
        );
    }

    #[test]
    fn a_counter_ignores_the_time_and_moves_only_when_told() {
        let mut otp = otp(&rfc_key(20), hotp(6, 0));
        assert_eq!(code(&otp, 0), "755224");
        assert_eq!(code(&otp, u64::MAX), "755224");
        assert_eq!(otp.remaining(UnixSeconds(0)), None);
        assert_eq!(otp.valid_until(UnixSeconds(0)), None);
        assert_eq!(otp.next_code_at(UnixSeconds(0)).expose_secret(), "287082");
        otp.kind = otp.kind.advanced().unwrap();
        assert_eq!(code(&otp, 0), "287082");
    }

    #[test]
    fn the_ends_of_time_and_counter_give_codes() {
        let last = otp(&[7], totp(Algorithm::Sha512, 10, 1));
        let end = UnixSeconds(u64::MAX);
        assert_eq!(last.code_at(end).expose_secret().len(), 10);
        assert_eq!(last.next_code_at(end).expose_secret().len(), 10);
        assert_eq!(last.valid_until(end), Some(end));
        let counted = otp(&[7; 128], hotp(5, Counter::MAX));
        assert_eq!(counted.next_code_at(end).expose_secret().len(), 5);
    }

    #[test]
    fn a_secret_under_80_bits_is_short_and_works() {
        let short = otp(&[1; 9], Kind::Native);
        assert!(short.is_short());
        assert_eq!(code(&short, 0).len(), 7);
        assert!(!otp(&[1; 10], Kind::Native).is_short());
    }

    #[test]
    fn the_same_codes_need_the_same_secret_kind_and_parameters() {
        let one = otp(&rfc_key(20), totp(Algorithm::Sha1, 6, 30));
        assert!(one.same_codes(&one.duplicate()));
        for other in [
            otp(&rfc_key(21), one.kind),
            otp(&rfc_key(20), totp(Algorithm::Sha256, 6, 30)),
            otp(&rfc_key(20), totp(Algorithm::Sha1, 7, 30)),
            otp(&rfc_key(20), totp(Algorithm::Sha1, 6, 31)),
            otp(&rfc_key(20), hotp(6, 0)),
        ] {
            assert!(!one.same_codes(&other), "{:?}", other.kind);
        }
        // The same account, further on.
        let counted = otp(&rfc_key(20), hotp(6, 1));
        assert!(counted.same_codes(&otp(&rfc_key(20), hotp(6, 9))));
        assert!(!counted.same_codes(&otp(&rfc_key(20), hotp(7, 1))));
        assert!(one.same_secret(&counted));
    }

    #[test]
    fn debug_shows_the_kind_and_nothing_of_the_secret() {
        let shown = format!("{:?}", otp(b"canary", Kind::Native));
        assert_eq!(shown, "Otp { secret: OtpSecret(..), kind: Native }");
    }

    proptest! {
        #[test]
        fn a_code_has_its_digits_and_the_shorter_ends_the_longer(
            secret in prop::collection::vec(any::<u8>(), 1..=128),
            now in any::<u64>(),
            period in 1..=Period::MAX_SECONDS,
            digits in 5..10_u8,
        ) {
            let short = code(&otp(&secret, totp(Algorithm::Sha256, digits, period)), now);
            let long = code(&otp(&secret, totp(Algorithm::Sha256, digits + 1, period)), now);
            prop_assert_eq!(short.len(), usize::from(digits));
            prop_assert!(long.ends_with(&short));
            prop_assert!(long.bytes().all(|b| b.is_ascii_digit()));
        }
    }
}

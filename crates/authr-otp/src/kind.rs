//! What an account counts with. Every value is checked when it is made, and unknown is an error: a wrong
//! default gives wrong codes and tells nobody.

use std::fmt;

use crate::pin::Pin;

/// How the codes of an account come about. It holds no secret but a PIN.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// From the time ([RFC 6238](https://www.rfc-editor.org/rfc/rfc6238)).
    Totp {
        /// The hash function of the HMAC.
        algorithm: Algorithm,
        /// The length of a code.
        digits: Digits,
        /// How long a code lives.
        period: Period,
    },
    /// From a counter ([RFC 4226](https://www.rfc-editor.org/rfc/rfc4226)).
    Hotp {
        /// The hash function of the HMAC.
        algorithm: Algorithm,
        /// The length of a code.
        digits: Digits,
        /// The counter of the code that comes next.
        counter: Counter,
    },
    /// Issued by a site through the server: SHA-1, 7 digits, 10 seconds, always.
    Native,
    /// Steam Guard: SHA-1, five letters and digits, 30 seconds.
    Steam,
    /// Mobile-OTP: MD5 of time, secret and PIN, six hexadecimal digits, 10 seconds.
    Motp {
        /// The PIN that is mixed in.
        pin: Pin,
    },
    /// Yandex: SHA-256, eight letters, 30 seconds.
    Yandex {
        /// The PIN that is mixed in.
        pin: Pin,
    },
}

impl Kind {
    /// The hash function of the HMAC; `None` for mOTP, which has none.
    #[must_use]
    pub fn algorithm(self) -> Option<Algorithm> {
        match self {
            Self::Totp { algorithm, .. } | Self::Hotp { algorithm, .. } => Some(algorithm),
            Self::Native | Self::Steam => Some(Algorithm::Sha1),
            Self::Yandex { .. } => Some(Algorithm::Sha256),
            Self::Motp { .. } => None,
        }
    }

    /// The length of a code.
    #[must_use]
    pub fn digits(self) -> Digits {
        match self {
            Self::Totp { digits, .. } | Self::Hotp { digits, .. } => digits,
            Self::Native => Digits::SEVEN,
            Self::Steam => Digits::FIVE,
            Self::Motp { .. } => Digits::SIX,
            Self::Yandex { .. } => Digits::EIGHT,
        }
    }

    /// How long a code lives; `None` for a kind that counts.
    #[must_use]
    pub fn period(self) -> Option<Period> {
        match self {
            Self::Totp { period, .. } => Some(period),
            Self::Native | Self::Motp { .. } => Some(Period::TEN),
            Self::Steam | Self::Yandex { .. } => Some(Period::THIRTY),
            Self::Hotp { .. } => None,
        }
    }

    /// The PIN of a kind that has one.
    #[must_use]
    pub fn pin(self) -> Option<Pin> {
        match self {
            Self::Motp { pin } | Self::Yandex { pin } => Some(pin),
            Self::Totp { .. } | Self::Hotp { .. } | Self::Native | Self::Steam => None,
        }
    }

    /// The counter of the code that comes next; `None` for a kind that follows the time.
    #[must_use]
    pub fn counter(self) -> Option<Counter> {
        match self {
            Self::Hotp { counter, .. } => Some(counter),
            _ => None,
        }
    }

    /// The kind after its present code was used: a counter moves on, time moves by itself.
    ///
    /// # Errors
    /// [`CounterTooLarge`] at the last counter.
    pub fn advanced(self) -> Result<Self, CounterTooLarge> {
        match self {
            Self::Hotp {
                algorithm,
                digits,
                counter,
            } => Ok(Self::Hotp {
                algorithm,
                digits,
                counter: counter.next()?,
            }),
            other => Ok(other),
        }
    }

    /// The name in JSON and on screen: `totp`, `hotp`, `native`, `steam`, `motp` or `yandex`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Totp { .. } => "totp",
            Self::Hotp { .. } => "hotp",
            Self::Native => "native",
            Self::Steam => "steam",
            Self::Motp { .. } => "motp",
            Self::Yandex { .. } => "yandex",
        }
    }
}

/// The hash function of the HMAC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    /// HMAC-SHA-1, which nearly every site uses.
    Sha1,
    /// HMAC-SHA-256.
    Sha256,
    /// HMAC-SHA-512.
    Sha512,
}

/// A name that is none of SHA1, SHA256 and SHA512.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("unknown algorithm, known are SHA1, SHA256 and SHA512")]
pub struct UnknownAlgorithm;

impl Algorithm {
    /// Reads a name as other programs write it: `SHA1`, `sha-1`, `HmacSHA1`, `HMAC-SHA-1`.
    ///
    /// # Errors
    /// [`UnknownAlgorithm`] for anything else, MD5 included.
    pub fn parse(name: &str) -> Result<Self, UnknownAlgorithm> {
        let name = name.trim().to_ascii_lowercase();
        let name = name.strip_prefix("hmac").unwrap_or(&name);
        let name = name.strip_prefix(['-', '_']).unwrap_or(name);
        let name = name.strip_prefix("sha").ok_or(UnknownAlgorithm)?;
        match name.strip_prefix(['-', '_']).unwrap_or(name) {
            "1" => Ok(Self::Sha1),
            "256" => Ok(Self::Sha256),
            "512" => Ok(Self::Sha512),
            _ => Err(UnknownAlgorithm),
        }
    }

    /// The name that every other program understands: `SHA1`, `SHA256` or `SHA512`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Sha1 => "SHA1",
            Self::Sha256 => "SHA256",
            Self::Sha512 => "SHA512",
        }
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The length of a code: 5 to 10.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Digits(u8);

/// A length outside [`Digits::MIN`] to [`Digits::MAX`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a code has {} to {} digits", Digits::MIN, Digits::MAX)]
pub struct DigitsOutOfRange;

impl Digits {
    /// The fewest digits.
    pub const MIN: u8 = 5;
    /// The most digits: the 31 bits of a truncated HMAC fill no more.
    pub const MAX: u8 = 10;
    /// Steam Guard.
    pub const FIVE: Self = Self(5);
    /// What a site means that says nothing.
    pub const SIX: Self = Self(6);
    /// Native accounts.
    pub const SEVEN: Self = Self(7);
    /// The other common length.
    pub const EIGHT: Self = Self(8);

    /// Checks a length.
    ///
    /// # Errors
    /// [`DigitsOutOfRange`] outside 5 to 10.
    pub fn new(digits: u8) -> Result<Self, DigitsOutOfRange> {
        if (Self::MIN..=Self::MAX).contains(&digits) {
            Ok(Self(digits))
        } else {
            Err(DigitsOutOfRange)
        }
    }

    /// The length as a number.
    #[must_use]
    pub fn get(self) -> u8 {
        self.0
    }
}

/// How long a code lives, in seconds: 1 to a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Period(u32);

/// A period of 0 seconds, or of more than [`Period::MAX_SECONDS`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a period has 1 to {} seconds", Period::MAX_SECONDS)]
pub struct PeriodOutOfRange;

impl Period {
    /// The longest period: a day.
    pub const MAX_SECONDS: u32 = 86_400;
    /// Native accounts.
    pub const TEN: Self = Self(10);
    /// What a site means that says nothing.
    pub const THIRTY: Self = Self(30);

    /// Checks a period.
    ///
    /// # Errors
    /// [`PeriodOutOfRange`] for 0, and for more than a day.
    pub fn new(seconds: u32) -> Result<Self, PeriodOutOfRange> {
        if (1..=Self::MAX_SECONDS).contains(&seconds) {
            Ok(Self(seconds))
        } else {
            Err(PeriodOutOfRange)
        }
    }

    /// The period in seconds.
    #[must_use]
    pub fn seconds(self) -> u32 {
        self.0
    }
}

/// The counter of an account that counts: 0 to 2^48.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Counter(u64);

/// A counter beyond [`Counter::MAX`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a counter is at most {}", Counter::MAX)]
pub struct CounterTooLarge;

impl Counter {
    /// The last counter: far beyond any honest use, and small enough to be exact in every JSON reader.
    pub const MAX: u64 = 1 << 48;
    /// Where a site starts that says nothing.
    pub const ZERO: Self = Self(0);

    /// Checks a counter.
    ///
    /// # Errors
    /// [`CounterTooLarge`] beyond 2^48.
    pub fn new(counter: u64) -> Result<Self, CounterTooLarge> {
        if counter <= Self::MAX {
            Ok(Self(counter))
        } else {
            Err(CounterTooLarge)
        }
    }

    /// The counter that follows.
    ///
    /// # Errors
    /// [`CounterTooLarge`] at the last one: a counter that wrapped would repeat codes.
    pub fn next(self) -> Result<Self, CounterTooLarge> {
        Self::new(self.0 + 1)
    }

    /// The counter as a number.
    #[must_use]
    pub fn get(self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_algorithm_is_an_error_and_never_sha_1() {
        for name in [
            "",
            "sha",
            "sha2",
            "sha-",
            "md5",
            "SHA224",
            "SHA384",
            "sha11",
            "1",
            "hmac",
            "something",
            "null",
            "SHA 1",
            "hmacmd5",
            "SHA--1",
        ] {
            assert_eq!(Algorithm::parse(name), Err(UnknownAlgorithm), "{name:?}");
        }
    }

    #[test]
    fn the_spellings_of_other_programs_mean_the_same_algorithm() {
        for (algorithm, number) in [
            (Algorithm::Sha1, "1"),
            (Algorithm::Sha256, "256"),
            (Algorithm::Sha512, "512"),
        ] {
            for prefix in [
                "SHA",
                "sha",
                "SHA-",
                "sha_",
                "HmacSHA",
                "HMACSHA",
                "HMAC-SHA-",
            ] {
                assert_eq!(
                    Algorithm::parse(&format!("{prefix}{number}")),
                    Ok(algorithm)
                );
            }
            assert_eq!(Algorithm::parse(algorithm.name()), Ok(algorithm));
        }
    }

    #[test]
    fn digits_are_5_to_10() {
        assert_eq!(Digits::new(4), Err(DigitsOutOfRange));
        assert_eq!(Digits::new(11), Err(DigitsOutOfRange));
        for digits in 5..=10 {
            assert_eq!(Digits::new(digits).unwrap().get(), digits);
        }
    }

    #[test]
    fn a_period_is_1_second_to_a_day() {
        assert_eq!(Period::new(0), Err(PeriodOutOfRange));
        assert_eq!(Period::new(86_401), Err(PeriodOutOfRange));
        assert_eq!(Period::new(1).unwrap().seconds(), 1);
        assert_eq!(Period::new(86_400).unwrap().seconds(), 86_400);
    }

    #[test]
    fn a_counter_never_wraps() {
        assert_eq!(Counter::new(Counter::MAX + 1), Err(CounterTooLarge));
        let last = Counter::new(Counter::MAX).unwrap();
        assert_eq!(last.next(), Err(CounterTooLarge));
        let kind = Kind::Hotp {
            algorithm: Algorithm::Sha1,
            digits: Digits::SIX,
            counter: last,
        };
        assert_eq!(kind.advanced(), Err(CounterTooLarge));
    }

    #[test]
    fn only_a_counting_kind_advances() {
        let hotp = |counter| Kind::Hotp {
            algorithm: Algorithm::Sha256,
            digits: Digits::EIGHT,
            counter: Counter::new(counter).unwrap(),
        };
        assert_eq!(hotp(7).advanced(), Ok(hotp(8)));
        assert_eq!(Kind::Native.advanced(), Ok(Kind::Native));
    }
}

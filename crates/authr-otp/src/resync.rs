//! Where an account that counts stands: found again from two codes in a row (RFC 4226, appendix E.4).

use crate::kind::{Counter, Kind};
use crate::otp::{Otp, UnixSeconds};

/// How many counters are tried.
pub const WINDOW: u64 = 1000;

/// Why a counter was not found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ResyncError {
    /// The account follows the time.
    #[error("only an HOTP account has a counter")]
    NoCounter,
    /// The two codes do not follow each other within [`WINDOW`].
    #[error("these are not two codes in a row within the next {WINDOW}")]
    NotFound,
}

impl Otp {
    /// The counter after two codes that another copy of the account, or the site, gave in a row. Only later
    /// counters are tried: to go back would show codes again.
    ///
    /// # Errors
    /// [`ResyncError`].
    pub fn resync(&self, first: &str, second: &str) -> Result<Counter, ResyncError> {
        let Kind::Hotp { counter, .. } = self.kind else {
            return Err(ResyncError::NoCounter);
        };
        let mut tried = self.duplicate();
        for ahead in 0..WINDOW {
            let at = |more: u64| {
                Counter::new(counter.get() + ahead + more).map_err(|_| ResyncError::NotFound)
            };
            let after = at(2)?;
            if let Kind::Hotp { counter, .. } = &mut tried.kind {
                *counter = at(0)?;
            }
            let now = UnixSeconds(0);
            if tried.code_at(now).matches(first) && tried.next_code_at(now).matches(second) {
                return Ok(after);
            }
        }
        Err(ResyncError::NotFound)
    }
}

#[cfg(test)]
mod tests {
    use authr_crypto::secret::OtpSecret;

    use super::*;
    use crate::kind::{Algorithm, Digits};

    fn counted(counter: u64) -> Otp {
        Otp {
            secret: OtpSecret::new(b"12345678901234567890".to_vec()).unwrap(),
            kind: Kind::Hotp {
                algorithm: Algorithm::Sha1,
                digits: Digits::SIX,
                counter: Counter::new(counter).unwrap(),
            },
        }
    }

    fn codes(from: u64) -> (String, String) {
        let otp = counted(from);
        let text = |code: crate::Code| code.expose_secret().to_owned();
        (
            text(otp.code_at(UnixSeconds(0))),
            text(otp.next_code_at(UnixSeconds(0))),
        )
    }

    #[test]
    fn two_codes_that_do_not_follow_each_other_are_no_place() {
        for (first, second) in [("755224", "359152"), ("287082", "755224"), ("", "")] {
            assert_eq!(counted(0).resync(first, second), Err(ResyncError::NotFound));
        }
    }

    #[test]
    fn a_counter_never_goes_back_and_never_beyond_the_window() {
        assert_eq!(
            counted(1).resync("755224", "287082"),
            Err(ResyncError::NotFound)
        );
        let (first, second) = codes(WINDOW - 1);
        assert_eq!(
            counted(0).resync(&first, &second).unwrap().get(),
            WINDOW + 1
        );
        let (first, second) = codes(WINDOW);
        assert_eq!(
            counted(0).resync(&first, &second),
            Err(ResyncError::NotFound)
        );
        assert_eq!(
            counted(Counter::MAX).resync("1", "2"),
            Err(ResyncError::NotFound)
        );
    }

    #[test]
    fn the_code_after_two_codes_in_a_row_comes_next() {
        assert_eq!(counted(0).resync("969429", "338314").unwrap().get(), 5);
    }

    #[test]
    fn an_account_that_follows_the_time_has_no_counter() {
        let mut otp = counted(0);
        otp.kind = Kind::Steam;
        assert_eq!(otp.resync("1", "2"), Err(ResyncError::NoCounter));
    }
}
